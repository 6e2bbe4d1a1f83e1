//! Who signs in with a browser that was not seen before is told; and the language that a letter is in.

use testkit::Visitor;

use super::{delivered, with_mailbox};

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn another_browser_is_told_of_in_the_language_of_its_person() {
    let (app, folder) = with_mailbox().await;
    let organisation = app.organisation("Acme").await;
    app.person_with_password("ann", &organisation, PASSWORD).await;

    let mut own = Visitor::new(&app);
    own.sign_in("ann@example.org", PASSWORD).await.expect(303);
    assert_eq!(delivered(&app, &folder).await, Vec::<String>::new(), "the first browser of all");
    let mut wrong = Visitor::new(&app);
    wrong.sign_in("ann@example.org", "not the password").await.expect(422);
    assert_eq!(delivered(&app, &folder).await, Vec::<String>::new(), "nobody signed in");

    let mut other = Visitor::new(&app);
    let firefox = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0";
    other.headers.push(("user-agent".to_owned(), firefox.to_owned()));
    other.sign_in("ann@example.org", PASSWORD).await.expect(303);
    let [told] = &delivered(&app, &folder).await[..] else { panic!("one letter") };
    assert!(told.contains("Signed in with another browser") && told.contains("Firefox, Windows"), "{told}");
    assert!(told.contains("https://poort.example.org/en/profile/sign-in"), "{told}");

    other.cookies.retain(|name, _| !name.ends_with("-session"));
    other.sign_in("ann@example.org", PASSWORD).await.expect(303);
    assert_eq!(delivered(&app, &folder).await, Vec::<String>::new(), "it is known by now");

    own.fill("/en/profile", &[("name", "Ann"), ("language", "nl"), ("theme", "dark")]).await.expect(303);
    let mut third = Visitor::new(&app);
    third.sign_in("ann@example.org", PASSWORD).await.expect(303);
    let [told] = &delivered(&app, &folder).await[..] else { panic!("one letter") };
    assert!(told.contains("Ingelogd in een andere browser") && told.contains("/nl/profile/sign-in"), "{told}");
    // What was chosen there holds here, where the address does not say otherwise.
    let page = third.get("/en/profile").await;
    assert!(page.text.contains("<html lang=\"en\" data-theme=\"dark\">"), "{}", page.text);
}

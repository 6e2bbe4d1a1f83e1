//! Inviting people to an organisation: the form, the list, sending once more, withdrawing.

use std::time::Duration;

use testkit::{App, Visitor};

use super::{journal, letter, letters, mail};
use crate::console::keys::{browser, person};

/// Acme with Olga, who owns it, and Mo, who is a member: its id.
async fn acme(app: &App) -> String {
    let acme = app.organisation("Acme").await;
    person(app, "olga", &acme, "owner").await;
    person(app, "mo", &acme, "member").await;
    acme
}

/// The address of the only open invitation.
fn open(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("/invitations/")?;
    Some(rest.split('"').next().expect("its id").to_owned())
}

#[tokio::test]
async fn who_may_invites_and_sees_what_is_open() {
    for app in App::start_each_with(mail).await {
        let acme = acme(&app).await;
        let mut olga = browser(&app, "olga").await;
        let (list, form) = (format!("/nl/o/{acme}/members"), format!("/nl/o/{acme}/members/invite"));
        assert!(olga.get(&list).await.expect(200).text.contains(&format!("href=\"{form}\"")));
        let lines = "nina@example.org\r\n\r\n  Bob@example.org\r\nNINA@example.org";
        olga.fill(&form, &[("emails", lines), ("roles", "member"), ("roles", "key_manager")]).await.expect(303);
        let page = olga.get(&list).await.expect(200).text;
        assert!(page.contains("Er zijn 2 uitnodigingen gestuurd.") && page.contains("Open uitnodigingen"), "{page}");
        assert!(page.contains("nina@example.org") && page.contains("Bob@example.org") && page.contains("Sleutelbeheerder"), "{page}");
        let mails = letters(&app).await;
        assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["Bob@example.org", "nina@example.org"]);
        assert!(mails.iter().all(|mail| mail.text.contains("Acme") && mail.text.contains("/nl/invitation/")), "{mails:#?}");
        let journal = journal(&app).await;
        assert!(journal.contains("member_invited") && !journal.contains("nina@") && !journal.contains("bob@"), "{journal}");

        // A member without the right is told who may; an outsider that there is no such page.
        let mut mo = browser(&app, "mo").await;
        assert!(mo.get(&form).await.expect(403).text.contains("Beheerders: olga"));
        person(&app, "eve", &app.organisation("Evil").await, "owner").await;
        let mut eve = browser(&app, "eve").await;
        eve.get(&form).await.expect(404);
        let one = open(&page).expect("an invitation");
        eve.get(&format!("/nl/o/{acme}/invitations/{one}")).await.expect(404);
        let own = app.operate("GET", "/api/v1/organisations").send().await.expect(200).json();
        let evil = own["items"].as_array().expect("some").iter().find(|one| one["name"] == "Evil").expect("there").clone();
        eve.get(&format!("/nl/o/{}/invitations/{one}", evil["id"].as_str().expect("an id"))).await.expect(404);
    }
}

#[tokio::test]
async fn what_is_not_right_is_said_and_nobody_is_invited() {
    let app = App::start_with(mail).await;
    let acme = acme(&app).await;
    let mut olga = browser(&app, "olga").await;
    let form = format!("/nl/o/{acme}/members/invite");
    for (emails, role, said) in [
        ("", "member", "Vul minstens één e-mailadres in."),
        ("nina@example.org", "", "Kies minstens één rol."),
        ("nina@example.org\nbob at example.org", "member", "Regel 2: ‘bob at example.org’ is geen e-mailadres."),
        ("<script>x</script>", "member", "is geen e-mailadres."),
        ("nina@example.org\nMO@example.org", "member", "MO@example.org is al lid."),
    ] {
        let page = olga.fill(&form, &[("emails", emails), ("roles", role)]).await.expect(422).text;
        assert!(page.contains(said) && !page.contains("<script>x"), "{page}");
    }
    let many: Vec<String> = (0..51).map(|number| format!("n{number}@example.org")).collect();
    olga.fill(&form, &[("emails", &many.join("\n")), ("roles", "member")]).await.expect(422);
    assert!(letters(&app).await.is_empty());
    assert!(open(&olga.get(&format!("/nl/o/{acme}/members")).await.text).is_none());
    olga.post(&form, &[("emails", "nina@example.org"), ("roles", "member")]).await.expect(403);
}

#[tokio::test]
async fn an_invitation_is_sent_once_more_or_withdrawn() {
    let app = App::start_with(mail).await;
    let acme = acme(&app).await;
    let mut olga = browser(&app, "olga").await;
    let list = format!("/en/o/{acme}/members");
    olga.fill(&format!("{list}/invite"), &[("emails", "nina@example.org"), ("roles", "member")]).await.expect(303);
    let first = letter(&app).await.link("/invitation/");
    let one = format!("/en/o/{acme}/invitations/{}", open(&olga.get(&list).await.text).expect("one"));
    let page = olga.get(&one).await.expect(200).text;
    assert!(page.contains("Invitation of nina@example.org") && page.contains("olga"), "{page}");
    app.clock.advance(Duration::from_secs(7 * 86_400));
    let mut olga = browser(&app, "olga").await;
    assert!(Visitor::new(&app).get(&first).await.expect(410).text.contains("This invitation worked for 7 days."));
    assert!(olga.get(&list).await.text.contains("over"), "it is still there to be sent once more");
    olga.fill(&one, &[("do", "send")]).await.expect(303);
    let second = letter(&app).await.link("/invitation/");
    Visitor::new(&app).get(&first).await.expect(404);
    Visitor::new(&app).get(&second).await.expect(200);
    olga.fill(&one, &[("do", "nothing")]).await.expect(403);
    olga.fill(&one, &[("do", "withdraw")]).await.expect(303);
    assert!(Visitor::new(&app).get(&second).await.expect(410).text.contains("was withdrawn"));
    olga.get(&one).await.expect(404);
    assert!(open(&olga.get(&list).await.text).is_none());
    // Invited anew, there is one invitation with one working link.
    for _ in 0..2 {
        olga.fill(&format!("{list}/invite"), &[("emails", "nina@example.org"), ("roles", "member")]).await.expect(303);
    }
    let links: Vec<String> = letters(&app).await.iter().map(|mail| mail.link("/invitation/")).collect();
    let mut statuses = Vec::new();
    for link in &links {
        statuses.push(Visitor::new(&app).get(link).await.status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
}

//! `/profile/sign-in`: one's own sessions, and nobody else's.

use testkit::{App, Visitor};

use super::{PASSWORD, SESSION, signed_in, with_ann};

const SESSIONS: &str = "/en/profile/sign-in";

/// The ids of the sessions on the page.
fn listed(html: &str) -> Vec<String> {
    let parts = html.split("name=\"end\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    parts.filter(|id| *id != "others").map(str::to_owned).collect()
}

/// The id of the browser's own session on the page.
fn own(html: &str) -> String {
    let row = html.split("<tr").find(|row| row.contains("tag new")).expect("this browser");
    listed(row).remove(0)
}

#[tokio::test]
async fn a_person_sees_and_ends_own_sessions_only() {
    for app in App::start_each().await {
        with_ann(&app).await;
        let organisation = app.organisation("Umbrella").await;
        app.person_with_password("bo", &organisation, PASSWORD).await;
        let (mut laptop, mut phone, mut desk) = (signed_in(&app).await, signed_in(&app).await, signed_in(&app).await);
        let mut bo = Visitor::new(&app);
        bo.headers.push(("user-agent".to_owned(), "<script>alert(1)</script> Bo's browser".to_owned()));
        bo.sign_in("bo@example.org", PASSWORD).await.expect(303);
        let bos = bo.get(SESSIONS).await.expect(200).text;
        assert!(bos.contains("script") && !bos.contains("<script>"), "{bos}");

        let all = listed(&laptop.get(SESSIONS).await.expect(200).text);
        assert_eq!(all.len(), 3);
        // Somebody else's session is not there to be ended.
        laptop.fill(SESSIONS, &[("end", &listed(&bos)[0])]).await.expect(303);
        bo.get(SESSIONS).await.expect(200);

        let phones = own(&phone.get(SESSIONS).await.expect(200).text);
        laptop.fill(SESSIONS, &[("end", &phones)]).await.expect(303);
        phone.get(SESSIONS).await.expect(303);
        desk.get(SESSIONS).await.expect(200);
        let done = laptop.fill(SESSIONS, &[("end", "others")]).await.expect(303);
        assert_eq!(done.header("location"), Some(SESSIONS));
        desk.get(SESSIONS).await.expect(303);
        let said = laptop.get(SESSIONS).await.expect(200).text;
        assert!(said.contains("That is signed out now"), "{said}");
        assert!(!laptop.get(SESSIONS).await.text.contains("That is signed out now"), "it is said once");
        let left = listed(&laptop.get(SESSIONS).await.text);
        assert_eq!(left.len(), 1);
        laptop.fill(SESSIONS, &[("end", &left[0])]).await.expect(303);
        assert!(!laptop.cookies.contains_key(SESSION));
    }
}

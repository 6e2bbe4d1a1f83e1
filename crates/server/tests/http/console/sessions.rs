//! `/sessions`: one's own sessions, and nobody else's.

use testkit::{App, Visitor};

use super::{PASSWORD, SESSION, signed_in, with_ann};

/// The ids of the sessions on the page.
fn listed(html: &str) -> Vec<String> {
    let parts = html.split("name=\"end\" value=\"").skip(1).filter_map(|rest| rest.split('"').next());
    parts.filter(|id| *id != "others").map(str::to_owned).collect()
}

/// The id of the browser's own session on the page.
fn own(html: &str) -> String {
    let row = html.split("<li").find(|row| row.contains("tag new")).expect("this browser");
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
        let bos = bo.get("/sessions").await.expect(200).text;
        assert!(bos.contains("script") && !bos.contains("<script>"), "{bos}");

        let all = listed(&laptop.get("/sessions").await.expect(200).text);
        assert_eq!(all.len(), 3);
        // Somebody else's session is not there to be ended.
        laptop.fill("/sessions", &[("end", &listed(&bos)[0])]).await.expect(303);
        bo.get("/sessions").await.expect(200);

        let phones = own(&phone.get("/sessions").await.expect(200).text);
        laptop.fill("/sessions", &[("end", &phones)]).await.expect(303);
        phone.get("/sessions").await.expect(303);
        desk.get("/sessions").await.expect(200);
        let done = laptop.fill("/sessions", &[("end", "others")]).await.expect(303);
        assert_eq!(done.header("location"), Some("/sessions?done=1"));
        desk.get("/sessions").await.expect(303);
        assert!(laptop.get("/sessions?done=1").await.expect(200).text.contains("role=\"status\""));
        let left = listed(&laptop.get("/sessions").await.text);
        assert_eq!(left.len(), 1);
        laptop.fill("/sessions", &[("end", &left[0])]).await.expect(303);
        assert!(!laptop.cookies.contains_key(SESSION));
    }
}

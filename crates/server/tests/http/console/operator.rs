//! Pages for who runs the installation: who gets in, what stands in whose log, and what is refused.

use std::time::Duration;

use serde_json::json;
use testkit::{App, Visitor, hidden};

use super::PASSWORD;
use super::keys::{browser, person};
use super::second_factors::set_up;

/// The pages, without what they are about.
const PAGES: [&str; 4] = ["/operator", "/operator/organisations", "/operator/keys", "/operator/health"];

/// A server whose operators need no second factor, with Acme, Olga, who owns it, and Quirine, who runs the installation and is no member.
async fn world(app: &App) -> String {
    let acme = app.organisation("Acme").await;
    person(app, "olga", &acme, "owner").await;
    let other = app.organisation("Riverside").await;
    person(app, "quirine", &other, "member").await;
    appoint(app, "quirine").await;
    acme
}

async fn start() -> App {
    App::start_with(|config| config.operators_need_second_factor = false).await
}

async fn id_of(app: &App, name: &str) -> String {
    app.operate("GET", &format!("/api/v1/people?email={name}@example.org")).send().await.expect(200).member("/items/0/id")
}

async fn appoint(app: &App, name: &str) {
    let id = id_of(app, name).await;
    app.operate("PUT", &format!("/api/v1/operators/{id}")).send().await.expect(200);
}

async fn dismiss(app: &App, name: &str) {
    let id = id_of(app, name).await;
    app.operate("DELETE", &format!("/api/v1/operators/{id}")).send().await.expect(200);
}

async fn text(visitor: &mut Visitor<'_>, path: &str) -> String {
    visitor.get(path).await.expect(200).text
}

#[tokio::test]
async fn only_operators_find_anything_there() {
    let app = start().await;
    let acme = world(&app).await;
    let (mut olga, mut quirine) = (browser(&app, "olga").await, browser(&app, "quirine").await);
    let below = [format!("/operator/organisations/{acme}"), "/operator/keys/sealing/rotate".to_owned()];
    for page in PAGES.into_iter().chain(below.iter().map(String::as_str)) {
        for language in ["/nl", "/en"] {
            let path = format!("{language}{page}");
            let refused = olga.get(&path).await.expect(404);
            assert!(!refused.text.contains("/operator\""), "{}", refused.text);
            let to = Visitor::new(&app).get(&path).await.expect(303);
            assert!(to.header("location").is_some_and(|to| to.starts_with("/sign-in?next=")), "{path}");
            let page = quirine.get(&path).await.expect(200);
            assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
            assert!(page.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
        }
    }
    assert!(!text(&mut olga, "/nl/profile").await.contains("/nl/operator"));
    assert!(text(&mut quirine, "/nl/profile").await.contains("<a href=\"/nl/operator\">Beheer</a>"));
    // A form of one's own, sent there, is no way in.
    let csrf = hidden(&text(&mut olga, "/en/profile").await, "csrf").expect("a token");
    for path in [format!("/en/operator/organisations/{acme}/suspend"), "/en/operator/keys/sealing/rotate".to_owned()] {
        olga.post(&path, &[("csrf", &csrf), ("reason", "mine now")]).await.expect(404);
    }
    // Dismissed, it is over at once, in the same session; so it is while suspended.
    dismiss(&app, "quirine").await;
    quirine.get("/en/operator").await.expect(404);
    assert!(!text(&mut quirine, "/en/profile").await.contains("/en/operator"));
}

#[tokio::test]
async fn an_operator_needs_a_second_factor_unless_configured_otherwise() {
    let app = App::start().await;
    world(&app).await;
    let mut quirine = browser(&app, "quirine").await;
    let refused = quirine.get("/en/operator").await.expect(403);
    assert!(refused.text.contains("second factor") && refused.text.contains("/en/profile/sign-in"), "{}", refused.text);
    set_up(&mut quirine, &app).await;
    quirine.get("/en/operator").await.expect(200);
}

#[tokio::test]
async fn tokens_of_an_operator_do_no_more_than_before_and_say_who_it_is() {
    let app = start().await;
    world(&app).await;
    let (quirine, olga) = (id_of(&app, "quirine").await, id_of(&app, "olga").await);
    for (person, is) in [(&quirine, true), (&olga, false)] {
        let (_, token) = app.token(person, None).await;
        let whoami = app.call("GET", "/api/v1/whoami").token(&token).send().await.expect(200).json();
        assert_eq!(whoami["operator"], is, "{whoami}");
        app.call("GET", "/api/v1/operators").token(&token).send().await.expect(403);
        app.call("PUT", &format!("/api/v1/operators/{olga}")).token(&token).send().await.expect(403);
    }
    let list = app.operate("GET", "/api/v1/operators").send().await.expect(200).json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!((&list["items"][0]["email"], &list["items"][0]["second_factor"]), (&json!("quirine@example.org"), &json!(false)));
    assert_eq!(app.operate("GET", "/api/v1/whoami").send().await.expect(200).json()["operator"], true);
    app.operate("DELETE", &format!("/api/v1/operators/{olga}")).send().await.expect(404);
}

#[tokio::test]
async fn whoever_used_the_set_up_link_is_the_first_operator() {
    let app = start().await;
    let mut visitor = Visitor::new(&app);
    let path = format!("/en/set-up/{}", app.set_up_code);
    let fields = [("organisation", "Acme"), ("name", "Ann"), ("email", "ann@example.org"), ("password", PASSWORD)];
    visitor.fill(&path, &fields).await.expect(200);
    let page = text(&mut visitor, "/en/operator").await;
    assert!(page.contains("You are the only operator.") && page.contains("made Ann an operator of this server."), "{page}");
}

#[tokio::test]
async fn an_organisation_is_found_suspended_with_a_reason_and_works_again() {
    let app = start().await;
    let acme = world(&app).await;
    app.organisation("<img src=x onerror=alert(1)>").await;
    let (_, token) = app.token(&id_of(&app, "olga").await, None).await;
    let (mut olga, mut quirine) = (browser(&app, "olga").await, browser(&app, "quirine").await);
    let list = text(&mut quirine, "/en/operator/organisations").await;
    assert!(list.contains("Acme") && list.contains("Riverside") && !list.contains("<img"), "{list}");
    let found = text(&mut quirine, "/en/operator/organisations?name=ACM").await;
    assert!(found.contains("Acme") && !found.contains("Riverside"), "{found}");
    let hostile = text(&mut quirine, "/en/operator/organisations?name=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%25&state=x").await;
    assert!(!hostile.contains("<script>alert") && hostile.contains("No organisation is called so."), "{hostile}");
    assert!(!text(&mut quirine, "/en/operator/organisations?state=suspended").await.contains("Acme"));

    let path = format!("/en/operator/organisations/{acme}/suspend");
    let missing = quirine.fill(&path, &[("reason", " ")]).await.expect(422);
    assert!(missing.text.contains("Say why"), "{}", missing.text);
    quirine.post(&path, &[("reason", "forged")]).await.expect(403);
    app.call("GET", "/api/v1/whoami").token(&token).send().await.expect(200);
    let done = quirine.fill(&path, &[("reason", "unpaid <b>bill</b>")]).await.expect(303);
    assert_eq!(done.header("location"), Some(format!("/en/operator/organisations/{acme}").as_str()));
    app.call("GET", "/api/v1/whoami").token(&token).send().await.expect(401);
    olga.get(&format!("/en/o/{acme}")).await.expect(403);
    let shown = text(&mut quirine, &format!("/en/operator/organisations/{acme}")).await;
    assert!(shown.contains("Acme is suspended.") && shown.contains("unpaid &#60;b&#62;bill"), "{shown}");
    assert!(text(&mut quirine, "/en/operator/organisations?state=suspended").await.contains("Acme"));

    quirine.fill(&format!("/en/operator/organisations/{acme}/resume"), &[("reason", "paid")]).await.expect(303);
    app.call("GET", "/api/v1/whoami").token(&token).send().await.expect(200);
    let log = text(&mut olga, &format!("/en/o/{acme}/audit")).await;
    assert!(
        log.contains("The operator of this server") && log.contains("Reason: unpaid &#60;b&#62;bill") && log.contains("Reason: paid."),
        "{log}"
    );
    assert!(!log.contains("quirine") && log.contains("operator page"), "{log}");
    // What matters needs a signing in of the last quarter of an hour.
    app.clock.advance(Duration::from_secs(16 * 60));
    let asked = quirine.get(&path).await.expect(303);
    assert!(asked.header("location").is_some_and(|to| to.starts_with("/en/confirm-identity?return=")), "{:?}", asked.header("location"));
}

#[tokio::test]
async fn looking_in_needs_a_reason_that_the_organisation_reads() {
    let app = start().await;
    let acme = world(&app).await;
    person(&app, "vera", &acme, "member").await;
    appoint(&app, "vera").await;
    let (mut olga, mut quirine, mut vera) = (browser(&app, "olga").await, browser(&app, "quirine").await, browser(&app, "vera").await);
    let home = format!("/en/operator/organisations/{acme}");
    assert!(!text(&mut quirine, &home).await.contains("olga@example.org"), "no member is shown before");
    quirine.fill(&home, &[("part", "members"), ("reason", "")]).await.expect(422);
    quirine.fill(&home, &[("part", "everything"), ("reason", "x")]).await.expect(422);
    let begun = quirine.fill(&home, &[("part", "members"), ("reason", "report 4711")]).await.expect(303);
    let view = begun.header("location").expect("a location").to_owned();
    let page = text(&mut quirine, &view).await;
    assert!(page.contains("You are looking in at Acme (read only)") && page.contains("olga@example.org"), "{page}");
    assert!(page.contains("report 4711") && !page.contains("method=\"post\""), "{page}");
    let dutch = text(&mut quirine, &view.replacen("/en/", "/nl/", 1)).await;
    assert!(dutch.contains("Je kijkt mee bij Acme (alleen lezen)"), "{dutch}");
    for part in ["tokens", "keys", "workspaces", "audit"] {
        let begun = quirine.fill(&home, &[("part", part), ("reason", "report 4711")]).await.expect(303);
        let shown = text(&mut quirine, begun.header("location").expect("a location")).await;
        assert!(shown.contains("(read only)"), "{part}: {shown}");
    }
    // It is this operator's, of this organisation, for an hour.
    vera.get(&view).await.expect(404);
    olga.get(&view).await.expect(404);
    let elsewhere = app.organisation("Elsewhere").await;
    quirine.get(&view.replace(&acme, &elsewhere)).await.expect(404);
    app.clock.advance(Duration::from_secs(61 * 60));
    quirine.get(&view).await.expect(404);

    let log = text(&mut olga, &format!("/nl/o/{acme}/audit?action=operator.acted")).await;
    let line = "De beheerder van deze server bekeek de leden van Acme. Reden: report 4711.";
    assert!(log.contains(line) && log.contains("bekeek het logboek van Acme") && !log.contains("quirine"), "{log}");
    // An operator who is a member there is not given away either.
    vera.fill(&home, &[("part", "members"), ("reason", "curious")]).await.expect(303);
    let by_vera = text(&mut olga, &format!("/en/o/{acme}/audit?person={}", id_of(&app, "vera").await)).await;
    assert!(!by_vera.contains("curious"), "{by_vera}");
    let own = text(&mut quirine, "/en/profile/audit").await;
    assert!(own.contains("quirine looked at the members of Acme. Reason: report 4711."), "{own}");
    let all = text(&mut quirine, "/en/operator").await;
    assert!(all.contains("vera looked at the members of Acme. Reason: curious."), "{all}");
}

#[tokio::test]
async fn a_server_key_gets_one_successor_however_often_the_form_is_sent() {
    let app = start().await;
    world(&app).await;
    let mut quirine = browser(&app, "quirine").await;
    let kid = app.operate("GET", "/api/v1/server-keys").send().await.expect(200).json();
    let kid = kid["items"].as_array().expect("keys").iter().find_map(|key| key["kid"].as_str()).expect("a kid").to_owned();
    let list = text(&mut quirine, "/en/operator/keys").await;
    assert!(list.contains(&kid) && list.contains("in use") && list.contains("0 days old"), "{list}");
    for purpose in ["signing_es256", "sealing"] {
        let path = format!("/en/operator/keys/{purpose}/rotate");
        let page = text(&mut quirine, &path).await;
        let (csrf, nonce) = (hidden(&page, "csrf").expect("a token"), hidden(&page, "nonce").expect("a number"));
        let count =
            async || app.operate("GET", "/api/v1/server-keys").send().await.expect(200).json()["items"].as_array().map_or(0, Vec::len);
        let before = count().await;
        for _ in 0..2 {
            quirine.post(&path, &[("csrf", &csrf), ("nonce", &nonce)]).await.expect(303);
        }
        quirine.post(&path, &[("nonce", &nonce)]).await.expect(403);
        assert_eq!(count().await, before + 1, "{purpose}");
    }
    let list = text(&mut quirine, "/en/operator/keys").await;
    assert!(list.contains("published, does not sign yet") && list.contains("reads only"), "{list}");
    quirine.get("/en/operator/keys/nothing/rotate").await.expect(404);
    assert!(text(&mut quirine, "/en/operator").await.contains("quirine made"));
}

#[tokio::test]
async fn health_says_what_was_measured_and_nothing_else() {
    for app in App::start_each_with(|config| config.operators_need_second_factor = false).await {
        let acme = world(&app).await;
        let mut quirine = browser(&app, "quirine").await;
        let page = text(&mut quirine, "/en/operator/health").await;
        let spread = |page: &str| {
            page.split_once("An ending, until every node has it").expect("a row").1.split("</tr>").next().expect("a row").to_owned()
        };
        let embedded = app.node.authority.store().is_embedded();
        assert!(page.contains(if embedded { "Database: SQLite." } else { "Database: PostgreSQL." }), "{page}");
        let count = app.node.authority.meters().endings.count();
        assert_eq!(spread(&page).contains("not measured yet"), count == 0, "{page}");
        app.operate("PUT", &format!("/api/v1/organisations/{acme}/suspension")).send().await.expect(200);
        let page = text(&mut quirine, "/en/operator/health").await;
        assert!(spread(&page).contains("at most") && page.contains("Changes that wait to be written"), "{page}");
    }
}

#[tokio::test]
async fn what_is_done_for_people_has_a_reason_that_they_read() {
    let app = start().await;
    world(&app).await;
    let (mut olga, mut quirine) = (browser(&app, "olga").await, browser(&app, "quirine").await);
    let id = id_of(&app, "olga").await;
    let found = quirine.get("/en/operator/people?email=OLGA%40example.org").await.expect(303);
    let page = format!("/en/operator/people/{id}");
    assert_eq!(found.header("location"), Some(page.as_str()));
    for nobody in ["nobody%40example.org", "x%3Cscript%3Ealert(1)%3C/script%3E"] {
        let missing = text(&mut quirine, &format!("/en/operator/people?email={nobody}")).await;
        assert!(missing.contains("Nobody has this e-mail address here.") && !missing.contains("<script>alert"), "{missing}");
    }
    let shown = text(&mut quirine, &page).await;
    assert!(shown.contains("olga@example.org") && shown.contains("Acme") && !shown.contains("remove-second-factors"), "{shown}");
    quirine.get(&format!("{page}/remove-second-factors")).await.expect(404);
    quirine.get(&format!("{page}/nothing")).await.expect(404);

    let (secret, _) = set_up(&mut olga, &app).await;
    assert!(!secret.is_empty());
    quirine.fill(&format!("{page}/remove-second-factors"), &[("reason", "")]).await.expect(422);
    quirine.post(&format!("{page}/remove-second-factors"), &[("reason", "forged")]).await.expect(403);
    quirine.fill(&format!("{page}/remove-second-factors"), &[("reason", "lost her phone")]).await.expect(303);
    olga.get("/en/profile").await.expect(303);
    let mut olga = browser(&app, "olga").await;
    quirine.fill(&format!("{page}/sign-out"), &[("reason", "laptop stolen")]).await.expect(303);
    olga.get("/en/profile").await.expect(303);
    quirine.fill(&format!("{page}/suspend"), &[("reason", "on leave")]).await.expect(303);
    Visitor::new(&app).sign_in("olga@example.org", PASSWORD).await.expect(422);
    quirine.fill(&format!("{page}/resume"), &[("reason", "back again")]).await.expect(303);

    let mut olga = browser(&app, "olga").await;
    let log = text(&mut olga, "/en/profile/audit").await;
    for reason in ["lost her phone", "laptop stolen", "on leave", "back again"] {
        assert!(log.contains(&format!("Reason: {reason}.")), "{reason}: {log}");
    }
    assert!(!log.contains("quirine"), "who it was is not theirs to know: {log}");
}

#[tokio::test]
async fn operators_appoint_and_dismiss_each_other_but_not_the_last() {
    let app = start().await;
    world(&app).await;
    let (mut olga, mut quirine) = (browser(&app, "olga").await, browser(&app, "quirine").await);
    let of = async |name: &str| format!("/en/operator/people/{}", id_of(&app, name).await);
    let (of_olga, of_quirine) = (of("olga").await, of("quirine").await);
    let last = quirine.fill(&format!("{of_quirine}/dismiss"), &[("reason", "tired")]).await.expect(409);
    assert!(last.text.contains("last operator"), "{}", last.text);
    quirine.get(&format!("{of_quirine}/suspend")).await.expect(404);
    quirine.fill(&format!("{of_olga}/appoint"), &[("reason", "second one")]).await.expect(303);
    assert!(text(&mut olga, "/en/operator/people").await.contains("quirine@example.org"));
    olga.fill(&format!("{of_quirine}/dismiss"), &[("reason", "left")]).await.expect(303);
    quirine.get("/en/operator").await.expect(404);
    let log = text(&mut olga, "/en/operator/audit?action=operator.appointed").await;
    assert!(log.contains("quirine made olga an operator of this server. Reason: second one."), "{log}");
    // The command line dismisses the last one, too.
    dismiss(&app, "olga").await;
    olga.get("/en/operator").await.expect(404);
}

#[tokio::test]
async fn apis_policies_and_the_whole_log_are_shown() {
    let app = start().await;
    let acme = world(&app).await;
    let asking = app.shop().await;
    let mut quirine = browser(&app, "quirine").await;
    assert!(text(&mut quirine, "/en/operator/apis").await.contains("<a href=\"/en/operator/apis/shop\">Shop</a>"));
    let shop = text(&mut quirine, "/en/operator/apis/shop").await;
    for shown in
        ["shop:things:write", "Change things", "Administrator", "GET /things/{id}", "nothing: it is public", "bare, bearer, api_key"]
    {
        assert!(shop.contains(shown), "{shown}: {shop}");
    }
    quirine.get("/en/operator/apis/nothing").await.expect(404);
    let end =
        shop.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|link| link.ends_with("/end")).expect("a link").to_owned();
    app.call("POST", "/api/v1/verify").token(&asking).json(&json!({"authorization": "Bearer x"})).send().await.expect(200);
    quirine.get(&end.replace("/shop/", "/poort/")).await.expect(404);
    quirine.fill(&end, &[("reason", "report 4711")]).await.expect(303);
    app.call("POST", "/api/v1/verify").token(&asking).json(&json!({"authorization": "Bearer x"})).send().await.expect(401);

    let policies = text(&mut quirine, "/nl/operator/policies").await;
    for shown in ["access_token_seconds", "3.600", "operators_need_second_factor", "plain_http", "<code>loopback</code>"] {
        assert!(policies.contains(shown), "{shown}: {policies}");
    }
    let log = text(&mut quirine, "/en/operator/audit").await;
    assert!(log.contains("The operator of this server made the organisation Acme.") && log.contains("Reason: report 4711."), "{log}");
    let csv = quirine.get("/en/operator/audit/file?format=csv&action=organisation.created").await.expect(200);
    assert!(csv.text.lines().count() == 3 && csv.text.contains(&acme), "{}", csv.text);
    let mut olga = browser(&app, "olga").await;
    olga.get("/en/operator/audit/file?format=csv").await.expect(404);
}

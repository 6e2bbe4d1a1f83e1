//! Attacks on people's browsers and accounts; the names are those of the list of attacks (`docs/attacks.md`).

use testkit::{App, Visitor};

use super::{PASSWORD, SESSION, signed_in, with_ann};

/// A page of another origin makes a browser send whatever such a page can send; the browser adds its cookies.
#[tokio::test]
async fn csrf_04_no_page_of_another_origin_makes_anything() {
    let app = App::start().await;
    let organisation = app.organisation("Acme").await;
    app.person_with_password("ann", &organisation, PASSWORD).await;
    let memberships = app.operate("GET", &format!("/api/v1/organisations/{organisation}/memberships")).send().await;
    if memberships.status == 200 {
        let path = format!("/api/v1/memberships/{}", memberships.member("/items/0/id"));
        app.operate("PATCH", &path).json(&serde_json::json!({"roles": ["owner", "member"]})).send().await.expect(200);
    }
    let ann = signed_in(&app).await;
    let cookies: Vec<String> = ann.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let before = app.node.authority.verifier().applied();
    let json = "{\"name\": \"evil\", \"description\": \"evil\", \"redirect_uris\": [\"https://evil.example/\"]}";
    let bodies = [
        ("application/x-www-form-urlencoded", "name=evil&description=evil&days=30&may=all&_method=POST&client_id=x"),
        ("text/plain", json),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nevil\r\n--x--\r\n"),
    ];
    let paths = [
        "/api/v1/people".to_owned(),
        "/api/v1/organisations".to_owned(),
        "/api/v1/delegations".to_owned(),
        format!("/api/v1/organisations/{organisation}/organisation-keys"),
        "/connect/par".to_owned(),
        "/connect/register".to_owned(),
        "/en/profile/tokens/new".to_owned(),
        format!("/en/organisations/{organisation}/keys/new"),
        format!("/en/organisations/{organisation}/delegations/new"),
    ];
    for path in &paths {
        for (kind, body) in bodies {
            for site in ["cross-site", "same-site"] {
                let call = app.call("POST", path).header("cookie", &cookies.join("; ")).header("content-type", kind);
                let call = call.header("origin", "https://evil.example").header("sec-fetch-site", site);
                let answer = call.bytes(body.as_bytes().to_vec()).send().await;
                assert!((400..500).contains(&answer.status), "{path} {kind}: {} {}", answer.status, answer.text);
            }
        }
        let with_query = format!("{path}?_method=POST&name=evil&description=evil&days=30&may=all");
        app.call("GET", &with_query).header("cookie", &cookies.join("; ")).send().await;
        app.call("GET", path).header("cookie", &cookies.join("; ")).header("x-http-method-override", "POST").send().await;
    }
    assert_eq!(app.node.authority.verifier().applied(), before);
}

/// A cookie that is none of ours is nobody at a proxy, and so is one that is: pages alone read it (FRM-05).
#[tokio::test]
async fn frm_05_a_cookie_lets_nobody_through_a_proxy() {
    let app = App::start().await;
    with_ann(&app).await;
    app.shop().await;
    let ann = signed_in(&app).await;
    let (good, long) = (ann.cookies[SESSION].clone(), "a".repeat(8_000));
    for value in [&*good, &good[1..], "", "%00", "eyJhbGciOiJub25lIn0.e30.", &long] {
        let call = app.call("GET", "/forward-auth/shop").header("x-forwarded-method", "GET").header("x-forwarded-uri", "/things/1");
        let answer = call.header("cookie", &format!("{SESSION}={value}; __Host-{SESSION}={value}")).send().await.expect(401);
        assert_eq!(answer.header("poort-subject"), None, "{value:.40}");
    }
}

/// By the work that is done, not by the clock: one password is hashed for each try, whoever it is for.
#[tokio::test]
async fn tim_02_every_try_to_sign_in_hashes_one_password() {
    let app = App::start().await;
    with_ann(&app).await;
    let organisation = app.organisation("Umbrella").await;
    app.person("passwordless", &organisation, &["member"]).await;
    for (name, ending) in [("suspended", "PUT"), ("gone", "DELETE")] {
        let person = app.person_with_password(name, &organisation, PASSWORD).await;
        let path = format!("/api/v1/people/{person}{}", if ending == "PUT" { "/suspension" } else { "" });
        assert!(app.operate(ending, &path).send().await.status < 300);
    }
    let hashed = || app.node.authority.passwords_hashed();
    let mut lengths = Vec::new();
    for (name, password) in [
        ("ann", "wrong"),
        ("nobody", PASSWORD),
        ("suspended", PASSWORD),
        ("gone", PASSWORD),
        ("passwordless", PASSWORD),
        ("no address", PASSWORD),
    ] {
        let email = if name == "no address" { name.to_owned() } else { format!("{name}@example.org") };
        let before = hashed();
        let answer = Visitor::new(&app).sign_in(&email, password).await.expect(422);
        assert_eq!(hashed() - before, 1, "{name}");
        lengths.push(answer.text.replace('@', "&#64;").len() - email.replace('@', "&#64;").len());
    }
    assert!(lengths.windows(2).all(|pair| pair[0] == pair[1]), "{lengths:?}");
    let before = hashed();
    Visitor::new(&app).sign_in("ann@example.org", PASSWORD).await.expect(303);
    assert_eq!(hashed() - before, 1, "and whoever is let in costs as much");
}

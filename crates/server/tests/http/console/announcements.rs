//! What was announced, on the pages of those whom it concerns, and of nobody else.

use serde_json::{Value, json};
use testkit::{App, Visitor};

use super::PASSWORD;
use super::keys::{browser, person};

const HOSTILE: &str = "<script>alert(1)</script>{{7*7}}";

fn announcement(api: &str) -> Value {
    json!({
        "api": api,
        "title": {"nl": "Versie 1 stopt", "en": format!("Version 1 stops {HOSTILE}")},
        "text": {"nl": "Gebruik versie 2.", "en": format!("Use version 2.\n{HOSTILE}")},
        "routes": [],
        "deprecated_at": "2027-03-01T00:00:00Z",
        "sunset_at": "2030-01-01T00:00:00Z",
        "link": "https://docs.example/v2?a=b&c='d'",
    })
}

async fn sees(visitor: &mut Visitor<'_>, path: &str) -> bool {
    visitor.get(path).await.expect(200).text.contains("id=\"told-1\"")
}

#[tokio::test]
async fn a_person_sees_it_on_the_pages_of_their_tokens() {
    let app = App::start().await;
    app.shop().await;
    let acme = app.organisation("Acme").await;
    let ann = app.person_with_password("ann", &acme, PASSWORD).await;
    app.person_with_password("ben", &acme, PASSWORD).await;
    app.token(&ann, Some(&["shop:things:read"])).await;
    let (mut ann, mut ben) = (browser(&app, "ann").await, browser(&app, "ben").await);
    let id = app.make("/api/v1/announcements", announcement("shop")).await.member("/id");
    app.node.tell_of_announcements().await;
    for path in ["/nl/profile", "/nl/profile/tokens"] {
        let page = ann.get(path).await.expect(200).text;
        let expected =
            ["Shop: Versie 1 stopt", "vanaf 1 mrt 2027", "Het stopt op 1 jan 2030.", "<p>Gebruik versie 2.</p>", "Meer hierover"];
        for said in expected {
            assert!(page.contains(said), "{path}: {said}: {page}");
        }
        assert!(
            page.contains("aria-labelledby=\"told-1\"") && page.contains("href=\"https://docs.example/v2?a=b&#38;c=&#39;d&#39;\""),
            "{page}"
        );
        let english = ann.get(&path.replace("/nl", "/en")).await.expect(200).text;
        assert!(english.contains("Version 1 stops &#60;script") && english.contains("It stops working on 1 Jan 2030."), "{english}");
        assert!(!english.contains("<script>alert") && !english.contains(">49<"), "{english}");
        assert!(!sees(&mut ben, path).await, "it does not concern him");
    }
    assert!(!sees(&mut ann, "/nl/profile/apps").await);
    app.operate("DELETE", &format!("/api/v1/announcements/{id}")).send().await.expect(200);
    assert!(!sees(&mut ann, "/nl/profile/tokens").await);
}

#[tokio::test]
async fn an_organisation_sees_it_where_its_keys_and_tokens_are() {
    let app = App::start().await;
    app.survey("survey").await;
    app.archive().await;
    let (acme, other) = (app.organisation("Acme").await, app.organisation("Other").await);
    for (name, organisation, role) in [("olga", &acme, "owner"), ("mia", &acme, "member"), ("kim", &other, "key_manager")] {
        person(&app, name, organisation, role).await;
    }
    app.organisation_token(&acme, "survey", "acme-field-01").await;
    app.organisation_key(&acme, json!({"name": "Loader", "permissions": ["archive:papers:read"]})).await;
    let (mut olga, mut mia, mut kim) = (browser(&app, "olga").await, browser(&app, "mia").await, browser(&app, "kim").await);
    for (api, title) in [("survey", "Survey: "), ("archive", "Archive: ")] {
        let id = app.make("/api/v1/announcements", announcement(api)).await.member("/id");
        app.node.tell_of_announcements().await;
        for page in ["", "/keys", "/options"] {
            let text = olga.get(&format!("/nl/o/{acme}{page}")).await.expect(200).text;
            assert!(text.contains("id=\"told-1\"") && text.contains(title), "{api} {page}: {text}");
            assert!(!sees(&mut kim, &format!("/nl/o/{other}{page}")).await, "{api} {page}");
        }
        assert!(!sees(&mut mia, &format!("/nl/o/{acme}")).await, "she manages none of it");
        app.operate("DELETE", &format!("/api/v1/announcements/{id}")).send().await.expect(200);
    }
}

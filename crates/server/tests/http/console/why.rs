//! `/activity/why`: why a request was refused, for those who may know.

use serde_json::json;
use testkit::{App, Visitor};

use super::{PASSWORD, signed_in, with_ann};

async fn why(visitor: &mut Visitor<'_>, language: &str, id: &str) -> String {
    visitor.get(&format!("/{language}/activity/why?id={id}")).await.expect(200).text
}

#[tokio::test]
async fn the_page_tells_its_owner_why_and_everybody_else_nothing() {
    let app = App::start().await;
    let ann = with_ann(&app).await;
    let shop = app.shop().await;
    let (token, secret) = app.token(&ann, None).await;
    app.operate("DELETE", &format!("/api/v1/tokens/{token}")).send().await.expect(200);
    let question =
        json!({"authorization": format!("Bearer {secret}"), "method": "GET", "path": "/things/<b>x</b>", "address": "192.0.2.7"});
    let refused = app.call("POST", "/api/v1/verify").token(&shop).json(&question).send().await.expect(200);
    let id = refused.member("/request_id");

    let mut anns = signed_in(&app).await;
    let page = why(&mut anns, "nl", &id).await;
    for text in
        ["Het token of de sleutel is ingetrokken", "Is het niet ingetrokken?", "niet meer bekeken", "De beheerder van deze installatie"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("<b>x") && !page.contains(&secret[6..]), "{page}");
    assert!(why(&mut anns, "en", &id).await.contains("The credential was ended"));
    for bad in ["01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f", "x", "%22%3E%3Cscript%3E", "%00"] {
        let page = why(&mut anns, "nl", bad).await;
        assert!(!page.contains("<script>") && page.contains("role=\"alert\""), "{bad}: {page}");
    }

    let other = app.organisation("Other").await;
    app.person_with_password("eve", &other, PASSWORD).await;
    let mut eves = Visitor::new(&app);
    eves.sign_in("eve@example.org", PASSWORD).await.expect(303);
    let page = why(&mut eves, "nl", &id).await;
    assert!(page.contains("Dit verzoek kennen we niet") && !page.contains("ingetrokken"), "{page}");
    Visitor::new(&app).get(&format!("/nl/activity/why?id={id}")).await.expect(303);
}

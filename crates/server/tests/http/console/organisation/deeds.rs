//! What either side decides about a delegation: accepted or declined, paused and resumed, taken back, changed, passed on.

use serde_json::json;

use super::{CREATE, Field, fill};

/// A delegation that was made by the operator: its id.
async fn made(field: &Field, more: serde_json::Value) -> String {
    let mut body = json!({
        "workspace": "1255", "api": "survey", "to": field.supplier, "kind": "delivering", "permissions": [CREATE],
        "description": "Sonderingen noord",
    });
    let members = more.as_object().expect("members").clone();
    body.as_object_mut().expect("a body").extend(members);
    field.app.make("/api/v1/delegations", body).await.member("/id")
}

#[tokio::test]
async fn what_is_offered_counts_once_the_receiver_accepts_it() {
    let field = Field::new().await;
    let (mut kees, mut piet, mut sanne) = (field.visitor("kees").await, field.visitor("piet").await, field.visitor("sanne").await);
    let basic = field.token(&mut kees, "veld-01").await;
    let fields = [
        ("to", "Peilwerk"),
        ("kind", "delivering"),
        ("permission", CREATE),
        ("pass_on", "no"),
        ("accept", "yes"),
        ("description", "Sonderingen noord"),
    ];
    fill(&mut sanne, &format!("{}/new", field.delegations()), &fields).await.expect(303);
    let page = sanne.get(&field.delegations()).await.expect(200).text;
    assert!(page.contains("De machtiging is aangeboden aan Peilwerk.") && page.contains("aangeboden"), "{page}");
    assert_eq!(field.says(&basic).await, "no_delegation");
    let received = piet.get(&format!("/nl/o/{}/received", field.supplier)).await.expect(200).text;
    let (_, rest) = received.split_once(&format!("/nl/o/{}/delegations/", field.supplier)).expect("an offer");
    let one = format!("/nl/o/{}/delegations/{}", field.supplier, &rest[..36]);
    let page = piet.get(&one).await.expect(200).text;
    assert!(page.contains("Machtiging aannemen") && page.contains("Machtiging afwijzen") && !page.contains("/pause"), "{page}");
    assert!(!kees.get(&one).await.expect(200).text.contains("/accept"), "whoever may not decide is not asked");
    kees.get(&format!("{one}/accept")).await.expect(403);
    fill(&mut piet, &format!("{one}/accept"), &[]).await.expect(303);
    let page = piet.get(&one).await.expect(200).text;
    assert!(page.contains("Je hebt de machtiging van Waterschap aangenomen.") && !page.contains("/accept"), "{page}");
    assert_eq!(field.says(&basic).await, "allowed");
    piet.get(&format!("{one}/decline")).await.expect(303);
}

#[tokio::test]
async fn what_is_declined_is_closed_with_the_reason() {
    let field = Field::new().await;
    let (mut piet, mut sanne) = (field.visitor("piet").await, field.visitor("sanne").await);
    let id = made(&field, json!({"invitation": true})).await;
    let one = format!("/nl/o/{}/delegations/{id}", field.supplier);
    let long = "x".repeat(501);
    fill(&mut piet, &format!("{one}/decline"), &[("reason", &long)]).await.expect(422);
    fill(&mut piet, &format!("{one}/decline"), &[("reason", "Geen tijd <b>")]).await.expect(303);
    let page = sanne.get(&field.page_of(&id)).await.expect(200).text;
    assert!(page.contains("Geen tijd &#60;b&#62;") && page.contains("gesloten"), "{page}");
}

#[tokio::test]
async fn a_pause_is_lifted_again_and_a_closing_taken_back() {
    let field = Field::new().await;
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    let basic = field.token(&mut kees, "veld-01").await;
    let id = made(&field, json!({})).await;
    let one = field.page_of(&id);
    fill(&mut sanne, &format!("{one}/pause"), &[("reason", "Even wachten")]).await.expect(303);
    assert_eq!(field.says(&basic).await, "delegation_paused");
    let page = sanne.get(&one).await.expect(200).text;
    assert!(page.contains("Machtiging hervatten") && page.contains("Even wachten") && !page.contains("/pause\""), "{page}");
    sanne.get(&format!("{one}/pause")).await.expect(303);
    fill(&mut sanne, &format!("{one}/resume"), &[]).await.expect(303);
    assert_eq!(field.says(&basic).await, "allowed");
    let close = format!("{one}/close");
    let day = sanne.get(&close).await.text;
    let day = day.split_once("type=\"date\" min=\"").map(|(_, rest)| rest[..10].to_owned()).expect("the first day");
    fill(&mut sanne, &close, &[("when", "later"), ("day", &day), ("sure", "yes")]).await.expect(303);
    let page = sanne.get(&one).await.expect(200).text;
    assert!(page.contains("sluit op") && page.contains("Sluiting intrekken"), "{page}");
    fill(&mut sanne, &format!("{one}/keep"), &[]).await.expect(303);
    let page = sanne.get(&one).await.expect(200).text;
    assert!(page.contains("De machtiging van Peilwerk blijft open.") && !page.contains("sluit op"), "{page}");
    field.app.clock.advance(std::time::Duration::from_secs(3 * 86_400));
    assert_eq!(field.says(&basic).await, "allowed");
}

#[tokio::test]
async fn description_end_and_passing_on_are_changed() {
    let field = Field::new().await;
    let (mut sanne, mut bo) = (field.visitor("sanne").await, field.visitor("bo").await);
    let id = made(&field, json!({})).await;
    let edit = format!("{}/edit", field.page_of(&id));
    bo.get(&edit).await.expect(403);
    let page = fill(&mut sanne, &edit, &[("description", "x"), ("pass_on", "maybe"), ("until", "gisteren")]).await.expect(422).text;
    for field in ["#description", "#pass_on", "#until"] {
        assert!(page.contains(&format!("href=\"{field}\"")), "{field}: {page}");
    }
    let fields = [("description", "Boringen <i>zuid</i>"), ("note", "derde"), ("until", "2099-12-31"), ("pass_on", "yes")];
    fill(&mut sanne, &edit, &fields).await.expect(303);
    let page = sanne.get(&field.page_of(&id)).await.expect(200).text;
    for part in ["Je wijzigingen zijn bewaard.", "Boringen &#60;i&#62;zuid", "derde", "31 dec 2099"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let stale = sanne.get(&edit).await.expect(200).text;
    fill(&mut sanne, &edit, &fields).await.expect(303);
    let page = super::send(&mut sanne, &edit, &stale, &fields).await.expect(422).text;
    assert!(page.contains("Iemand heeft dit intussen gewijzigd."), "{page}");
}

#[tokio::test]
async fn a_receiver_passes_on_no_more_than_it_got() {
    let field = Field::new().await;
    let (mut piet, mut sanne) = (field.visitor("piet").await, field.visitor("sanne").await);
    field.app.organisation("Boorwerk").await;
    let shut = made(&field, json!({})).await;
    let one = format!("/nl/o/{}/delegations/{shut}", field.supplier);
    assert!(!piet.get(&one).await.expect(200).text.contains("/pass-on"));
    piet.get(&format!("{one}/pass-on")).await.expect(303);
    fill(&mut sanne, &format!("{}/edit", field.page_of(&shut)), &[("description", "Sonderingen"), ("pass_on", "yes")]).await.expect(303);
    let on = format!("{one}/pass-on");
    let page = piet.get(&on).await.expect(200).text;
    assert_eq!(page.matches("name=\"permission\"").count(), 1, "what was got, and nothing else: {page}");
    let base = [("permission", CREATE), ("pass_on", "no"), ("description", "Onderaanneming")];
    let with = |to: &'static str| [("to", to)].into_iter().chain(base).collect::<Vec<_>>();
    for unknown in ["Niemand", "Waterschap"] {
        let page = fill(&mut piet, &on, &with(unknown)).await.expect(422).text;
        assert!(page.contains("We kennen deze organisatie nog niet."), "{unknown}: {page}");
    }
    assert!(fill(&mut piet, &on, &with("Peilwerk")).await.expect(422).text.contains("Dit is je eigen organisatie."));
    let more = [("to", "Boorwerk"), ("permission", "survey:nothing"), ("pass_on", "no"), ("description", "Onderaanneming")];
    fill(&mut piet, &on, &more).await.expect(422);
    fill(&mut piet, &on, &with("Boorwerk")).await.expect(303);
    let page = sanne.get(&field.page_of(&shut)).await.expect(200).text;
    assert!(page.contains(">Boorwerk</a>") && page.contains("doorgegeven door Peilwerk"), "{page}");
}

//! Delegations in the console: given, used, looked at before they are closed, closed, and explained to whoever is refused then.

use std::time::Duration;

use serde_json::json;
use testkit::Visitor;

use super::{CREATE, Field, fill, send};

#[tokio::test]
async fn a_token_works_while_the_delegation_is_open_and_the_refusal_after_is_explained() {
    let field = Field::new().await;
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    let basic = field.token(&mut kees, "veld-01").await;
    assert_eq!(field.says(&basic).await, "no_delegation");
    let projects = sanne.get(&format!("/nl/o/{}/projects", field.holder)).await.expect(200).text;
    assert!(projects.contains("Project 1255") && projects.contains(&field.delegations()), "{projects}");
    assert!(sanne.get(&field.delegations()).await.expect(200).text.contains("Nog niemand mag aanleveren."));

    let delegation = field.give(&mut sanne, "Peilwerk").await;
    assert_eq!(field.says(&basic).await, "allowed");
    field.app.node.authority.flush_usage(usize::MAX).await.expect("written");
    assert!(kees.get(&field.options()).await.text.contains("waarvoor je een machtiging hebt: 1 project."));
    let received = kees.get(&format!("/nl/o/{}/received", field.supplier)).await.expect(200).text;
    assert!(received.contains("Sonderingen noord") && received.contains("Waterschap"), "{received}");
    for hidden in ["Project 1255", "tweede contract", "sanne"] {
        assert!(!received.contains(hidden), "{hidden} is not for the supplier");
    }

    let close = format!("{}/close", field.page_of(&delegation));
    let page = sanne.get(&close).await.expect(200).text;
    for part in [
        "Machtiging van Peilwerk sluiten?",
        "<dt>tokens stoppen in dit project</dt><dd>1</dd>",
        "<dt>verzoeken in de laatste 7 dagen</dt><dd>1</dd>",
        "<code>veld-01</code>",
        "<td role=\"cell\" data-l=\"Werkt nog ergens anders?\">Nee</td>",
        "Ik weet dat dit de laatste 24 uur nog is gebruikt.",
        "Alleen even stoppen? <a href=",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let reason = ("reason", "Veldwerk\r\nafgerond");
    let unaware = send(&mut sanne, &close, &page, &[("when", "now"), reason]).await.expect(422);
    assert!(unaware.text.contains("Vink aan dat je dit weet."), "{}", unaware.text);
    assert_eq!(field.says(&basic).await, "allowed");
    let done = send(&mut sanne, &close, &unaware.text, &[("when", "now"), reason, ("sure", "yes")]).await.expect(303);
    assert_eq!(done.header("location"), Some(field.page_of(&delegation).as_str()));
    let page = sanne.get(&field.page_of(&delegation)).await.expect(200).text;
    assert!(page.contains("De machtiging van Peilwerk is gesloten. Nieuwe verzoeken worden geweigerd."), "{page}");
    assert!(page.contains("Veldwerk afgerond") && page.contains("tweede contract") && !page.contains(&close), "{page}");

    let refused = field.ask(&basic).await;
    assert_eq!(refused["reason"], "delegation_closed");
    let number = refused["request_id"].as_str().expect("a number");
    let why = kees.get(&format!("/nl/activity/why?id={number}")).await.expect(200).text;
    for part in ["De machtiging is gesloten", "Waterschap", "Veldwerk afgerond", "Sonderingen noord"] {
        assert!(why.contains(part), "{part} in {why}");
    }
    assert!(!why.contains("Project 1255") && !why.contains("sanne"), "{why}");
    let received = kees.get(&format!("/nl/o/{}/received", field.supplier)).await.expect(200).text;
    assert!(received.contains("door Waterschap. Reden: Veldwerk afgerond."), "{received}");
    sanne.get(&close).await.expect(303);
}

#[tokio::test]
async fn what_changed_since_the_page_was_shown_is_told_and_nothing_is_closed() {
    let field = Field::new().await;
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    let basic = field.token(&mut kees, "veld-01").await;
    let delegation = field.give(&mut sanne, "Peilwerk").await;
    let close = format!("{}/close", field.page_of(&delegation));
    let page = sanne.get(&close).await.expect(200).text;
    field.token(&mut kees, "veld-02").await;
    let changed = send(&mut sanne, &close, &page, &[("when", "now"), ("reason", "Klaar")]).await.expect(409);
    assert!(changed.text.contains("Er is iets veranderd sinds") && changed.text.contains(": 1 token erbij. Kijk nog eens."));
    assert!(changed.text.contains("<code>veld-02</code>") && changed.text.contains(">Klaar</textarea>"), "{}", changed.text);
    assert_eq!(field.says(&basic).await, "allowed");
    let without = sanne.get(&close).await.text.replace("name=\"impact\"", "name=\"none\"");
    send(&mut sanne, &close, &without, &[("when", "now")]).await.expect(409);
    assert_eq!(field.says(&basic).await, "allowed", "whoever saw nothing closes nothing");
    send(&mut sanne, &close, &changed.text, &[("when", "now")]).await.expect(303);
    assert_eq!(field.says(&basic).await, "delegation_closed");
}

#[tokio::test]
async fn a_closing_is_announced_for_a_day() {
    let field = Field::new().await;
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    let basic = field.token(&mut kees, "veld-01").await;
    let delegation = field.give(&mut sanne, "Peilwerk").await;
    let close = format!("{}/close", field.page_of(&delegation));
    for bad in ["", "2020-01-01", "x"] {
        let page = fill(&mut sanne, &close, &[("when", "later"), ("day", bad)]).await.expect(422).text;
        assert!(page.contains("href=\"#day\""), "{page}");
    }
    fill(&mut sanne, &close, &[("when", "")]).await.expect(422);
    let day = sanne.get(&close).await.text;
    let day = day.split_once("type=\"date\" min=\"").map(|(_, rest)| rest[..10].to_owned()).expect("the first day");
    fill(&mut sanne, &close, &[("when", "later"), ("day", &day)]).await.expect(303);
    assert!(sanne.get(&field.delegations()).await.text.contains("sluit op "));
    assert_eq!(field.says(&basic).await, "allowed");
    field.app.clock.advance(std::time::Duration::from_secs(2 * 86_400));
    assert_eq!(field.says(&basic).await, "delegation_closed");
}

#[tokio::test]
async fn what_was_passed_on_falls_with_it_and_is_told_before() {
    let field = Field::new().await;
    let mut sanne = field.visitor("sanne").await;
    let sub = field.app.organisation("Boorwerk").await;
    let body = json!({
        "workspace": "1255", "api": "survey", "to": field.supplier, "kind": "delivering", "permissions": [CREATE], "may_pass_on": true,
        "description": "Sonderingen",
    });
    let parent = field.app.make("/api/v1/delegations", body).await.member("/id");
    field.app.make("/api/v1/delegations", json!({"parent": parent, "to": sub, "description": "passed on"})).await;
    let page = sanne.get(&field.page_of(&parent)).await.expect(200).text;
    assert!(page.contains(">Boorwerk</a>") && page.contains("doorgegeven door Peilwerk"), "{page}");
    let close = format!("{}/close", field.page_of(&parent));
    let page = sanne.get(&close).await.expect(200).text;
    assert!(page.contains("Peilwerk heeft de machtiging doorgegeven aan Boorwerk. Die machtiging sluit dan ook."), "{page}");
    send(&mut sanne, &close, &page, &[("when", "now")]).await.expect(303);
    let list = sanne.get(&field.delegations()).await.text;
    assert_eq!(list.matches("<span class=\"tag bad\">gesloten</span>").count(), 2, "{list}");
}

#[tokio::test]
async fn what_is_wrong_with_a_new_delegation_is_told_beside_the_field() {
    let field = Field::new().await;
    let mut sanne = field.visitor("sanne").await;
    let new = format!("{}/new", field.delegations());
    let page = fill(&mut sanne, &new, &[("kind", "x"), ("until", "2020-01-01"), ("from", "yesterday")]).await.expect(422).text;
    for name in ["to", "kind", "permission", "pass_on", "description", "from", "until"] {
        assert!(page.contains(&format!("href=\"#{name}\"")), "{name} in {page}");
    }
    let rest = [("kind", "delivering"), ("permission", CREATE), ("pass_on", "no"), ("description", "Sonderingen")];
    for (to, said) in [("Nobody", "We kennen deze organisatie nog niet"), (" waterschap ", "Dit is je eigen organisatie")] {
        let fields: Vec<_> = [("to", to)].into_iter().chain(rest).collect();
        let page = fill(&mut sanne, &new, &fields).await.expect(422).text;
        assert!(page.contains(said) && page.contains("value=\"Sonderingen\""), "{page}");
    }
    field.give(&mut sanne, "Peilwerk").await;
    let fields: Vec<_> = [("to", "Peilwerk")].into_iter().chain(rest).collect();
    let page = fill(&mut sanne, &new, &fields).await.expect(422).text;
    assert!(page.contains("heeft in dit project al zo&#39;n machtiging") && page.contains("<option value=\"Peilwerk\">"), "{page}");
}

#[tokio::test]
async fn both_sides_see_when_it_was_last_used() {
    let field = Field::new().await;
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    let basic = field.token(&mut kees, "veld-01").await;
    let delegation = field.give(&mut sanne, "Peilwerk").await;
    let received = format!("/nl/o/{}/received", field.supplier);
    let own = format!("/nl/o/{}/delegations/{delegation}", field.supplier);
    let seen = async |kees: &mut Visitor<'_>, sanne: &mut Visitor<'_>, said: &str| {
        let pages = [sanne.get(&field.delegations()).await, sanne.get(&field.page_of(&delegation)).await];
        let others = [kees.get(&received).await, kees.get(&own).await];
        for page in pages.into_iter().chain(others) {
            let page = page.expect(200).text;
            assert!(page.contains(said) && page.contains("<svg class=\"spark"), "{said}: {page}");
        }
    };
    seen(&mut kees, &mut sanne, ">Nooit gebruikt<").await;
    assert_eq!(field.says(&basic).await, "allowed");
    field.app.node.authority.flush_usage(usize::MAX).await.expect("written");
    seen(&mut kees, &mut sanne, ">Vandaag<").await;
    let day = Duration::from_secs(86_400);
    field.app.clock.advance(day * 100);
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    seen(&mut kees, &mut sanne, ">Niet in de laatste 90 dagen<").await;
}

//! An organisation's settings, projects of all organisations, and what was ended.

use domain::time::Clock as _;
use serde_json::json;

use super::{Field, fill};

#[tokio::test]
async fn administrators_change_name_and_contact_and_nobody_else() {
    let field = Field::new().await;
    let (mut olga, mut sanne, mut kees) = (field.visitor("olga").await, field.visitor("sanne").await, field.visitor("kees").await);
    let path = format!("/nl/o/{}/settings", field.holder);
    kees.get(&path).await.expect(404);
    assert!(sanne.get(&path).await.expect(403).text.contains("Beheerders: olga."));
    let page = olga.get(&path).await.expect(200).text;
    assert!(page.contains("value=\"Waterschap\"") && page.contains("Er is maar één beheerder."), "{page}");
    olga.post(&path, &[("name", "Anders")]).await.expect(403);
    let page = fill(&mut olga, &path, &[("name", "peilwerk"), ("contact", "")]).await.expect(422).text;
    assert!(page.contains("Er is al een organisatie met deze naam."), "{page}");
    let page = fill(&mut olga, &path, &[("name", ""), ("contact", "nergens")]).await.expect(422).text;
    assert!(page.contains("href=\"#name\"") && page.contains("href=\"#contact\""), "{page}");
    fill(&mut olga, &path, &[("name", "Waterschap <b>"), ("contact", "kantoor@example.org")]).await.expect(303);
    let page = olga.get(&path).await.expect(200).text;
    assert!(page.contains("De instellingen zijn bewaard.") && page.contains("kantoor@example.org") && !page.contains("<b>"), "{page}");
    let log = olga.get(&format!("/nl/o/{}/audit", field.holder)).await.expect(200).text;
    assert!(log.contains("olga gaf de organisatie een andere naam") && log.contains("olga wijzigde de instellingen"), "{log}");
    assert!(!log.contains("kantoor@example.org"));
}

#[tokio::test]
async fn projects_of_all_organisations_stand_together() {
    let field = Field::new().await;
    let (mut sanne, mut bo) = (field.visitor("sanne").await, field.visitor("bo").await);
    field.give(&mut sanne, "Peilwerk").await;
    let page = sanne.get("/nl/projects").await.expect(200).text;
    assert!(page.contains("Project 1255") && page.contains("Waterschap") && page.contains(&field.delegations()), "{page}");
    assert!(page.contains("data-l=\"Open machtigingen\">1<") && page.contains("href=\"/nl/projects\" aria-current=\"page\""), "{page}");
    assert!(bo.get("/nl/projects").await.expect(200).text.contains("Nog geen projecten."));
}

#[tokio::test]
async fn what_was_ended_is_listed_for_thirteen_months() {
    let field = Field::new().await;
    let mut kees = field.visitor("kees").await;
    field.token(&mut kees, "veld-01").await;
    let list = field.options();
    let page = kees.get(&list).await.expect(200).text;
    assert!(!page.contains("<details>"), "{page}");
    let delete = page.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|link| link.ends_with("/delete")).expect("a link");
    kees.fill(delete, &[]).await.expect(303);
    let page = kees.get(&list).await.expect(200).text;
    assert!(page.contains("Verlopen en verwijderd (1)") && page.contains("veld-01") && page.contains("verwijderd op"), "{page}");
    let people = field.app.operate("GET", "/api/v1/people?email=kees@example.org").send().await.expect(200).member("/items/0/id");
    let made = field.app.operate("POST", &format!("/api/v1/people/{people}/tokens"));
    let soon = field.app.clock.now().saturating_add(std::time::Duration::from_secs(86_400));
    made.json(&json!({"description": "kort", "expires_at": domain::Timestamp::from_unix_seconds(soon.unix_seconds()).to_string()}))
        .send()
        .await
        .expect(201);
    field.app.clock.advance(std::time::Duration::from_secs(2 * 86_400));
    let mut kees = field.visitor("kees").await;
    let page = kees.get("/nl/profile/tokens").await.expect(200).text;
    assert!(page.contains("Verlopen en verwijderd (1)") && page.contains("kort") && page.contains("verlopen op"), "{page}");
    field.app.clock.advance(std::time::Duration::from_secs(400 * 86_400));
    let mut kees = field.visitor("kees").await;
    assert!(!kees.get(&list).await.expect(200).text.contains("Verlopen en verwijderd"));
}

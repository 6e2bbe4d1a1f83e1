//! Who may open the pages of organisations: strangers find nothing, members are told who can help, forms from elsewhere count nothing.

use testkit::Visitor;

use super::super::PASSWORD;
use super::{CREATE, Field, fill};

#[tokio::test]
async fn a_strangers_organisation_is_not_there_and_a_member_without_the_right_is_told() {
    let field = Field::new().await;
    let (mut sanne, mut kees) = (field.visitor("sanne").await, field.visitor("kees").await);
    let delegation = field.give(&mut sanne, "Peilwerk").await;
    let (token, _) = field.app.organisation_token(&field.supplier, "survey", "veld-09").await;
    let (own, project) = (format!("/nl/o/{}", field.holder), &field.project);
    let pages = [
        format!("{own}/projects"),
        format!("{own}/projects/{project}/delegations"),
        format!("{own}/projects/{project}/delegations/new"),
        format!("{own}/delegations/{delegation}/close"),
        format!("{own}/options"),
        format!("{own}/options/tokens/new"),
    ];
    let mut bo = field.visitor("bo").await;
    for page in &pages {
        kees.get(page).await.expect(404);
        let told = bo.get(page).await.expect(403).text;
        assert!(told.contains("Beheerders: olga."), "{told}");
        Visitor::new(&field.app).get(page).await.expect(303);
    }
    for page in [format!("{own}/received"), format!("{own}/delegations/{delegation}")] {
        kees.get(&page).await.expect(404);
        assert!(!bo.get(&page).await.expect(200).text.contains("/close\""), "a member sees, and closes nothing");
    }
    // Through another organisation's address nothing is reached either.
    let other = format!("/nl/o/{}", field.supplier);
    let mut piet = field.visitor("piet").await;
    let seen = piet.get(&format!("{other}/delegations/{delegation}")).await.expect(200).text;
    assert!(!seen.contains("tweede contract") && !seen.contains("Project 1255") && !seen.contains("/close\""), "{seen}");
    piet.get(&format!("{other}/delegations/{delegation}/close")).await.expect(403);
    piet.get(&format!("{other}/projects/{project}/delegations")).await.expect(404);
    sanne.get(&format!("{own}/delegations/{token}")).await.expect(404);
    let mut olga = field.visitor("olga").await;
    for page in &pages {
        assert!(olga.get(&page.replace("/nl/", "/en/")).await.expect(200).text.contains("<html lang=\"en\">"), "{page}");
    }
    olga.get(&format!("{own}/options/tokens/{token}/delete")).await.expect(404);
    olga.get(&format!("{own}/options/tokens/{token}/first-use")).await.expect(404);
    kees.get(&format!("{other}/options/tokens/{token}/first-use")).await.expect(204);
    for bad in ["x", "00000000-0000-7000-8000-000000000000"] {
        olga.get(&format!("{own}/delegations/{bad}")).await.expect(404);
        olga.get(&format!("/nl/o/{bad}/options")).await.expect(404);
    }
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let field = Field::new().await;
    let (mut sanne, mut kees) = (field.visitor("sanne").await, field.visitor("kees").await);
    let basic = field.token(&mut kees, "veld-01").await;
    let delegation = field.give(&mut sanne, "Peilwerk").await;
    let before = field.app.node.authority.verifier().applied();
    let close = format!("{}/close", field.page_of(&delegation));
    sanne.post(&close, &[("when", "now")]).await.expect(403);
    sanne.post(&format!("{}/new", field.delegations()), &[("to", "Peilwerk")]).await.expect(403);
    let new = format!("{}/tokens/new", field.options());
    let fields = [("nonce", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ("api", "survey"), ("description", "stolen"), ("days", "365")];
    kees.post(&new, &fields).await.expect(403);
    sanne.headers.push(("sec-fetch-site".to_owned(), "cross-site".to_owned()));
    fill(&mut sanne, &close, &[("when", "now")]).await.expect(403);
    assert_eq!((field.says(&basic).await.as_str(), field.app.node.authority.verifier().applied()), ("allowed", before));
}

#[tokio::test]
async fn hostile_text_is_text_on_every_page() {
    let evil = "\"><script>alert(1)</script>{{7*7}}\u{1f4a9}";
    let field = Field::named(evil).await;
    let (mut sanne, mut kees) = (field.visitor("sanne").await, field.visitor("kees").await);
    let token = [("description", evil), ("username", "veld-01"), ("permission", CREATE), ("days", "7")];
    fill(&mut kees, &format!("{}/tokens/new", field.options()), &token).await.expect(200);
    let mut pages = Vec::new();
    let given = [("to", evil), ("kind", "checking"), ("permission", CREATE), ("pass_on", "yes"), ("description", evil), ("note", evil)];
    fill(&mut sanne, &format!("{}/new", field.delegations()), &given).await.expect(303);
    let list = sanne.get(&field.delegations()).await.expect(200).text;
    let (_, rest) = list.rsplit_once(&format!("/nl/o/{}/delegations/", field.holder)).expect("a delegation");
    let delegation = field.page_of(&rest[..36]);
    let close = format!("{delegation}/close");
    for path in [format!("{}/new", field.delegations()), close.clone(), delegation.clone()] {
        pages.push(sanne.get(&path).await.expect(200).text);
    }
    pages.push(fill(&mut sanne, &close, &[("when", "later"), ("day", evil), ("reason", evil)]).await.expect(422).text);
    fill(&mut sanne, &close, &[("when", "now"), ("reason", evil)]).await.expect(303);
    pages.push(sanne.get(&delegation).await.expect(200).text);
    let mut piet = Visitor::new(&field.app);
    piet.sign_in("piet@example.org", PASSWORD).await.expect(303);
    for path in ["received", "projects"] {
        pages.push(piet.get(&format!("/nl/o/{}/{path}", field.supplier)).await.expect(200).text);
    }
    pages.extend([list, kees.get(&field.options()).await.expect(200).text]);
    for page in pages {
        assert!(!page.contains("<script>") && page.contains("script&#62;alert(1)"), "{page}");
        assert!(page.len() <= 15_000 && !page.contains(" style="), "{} bytes", page.len());
    }
}

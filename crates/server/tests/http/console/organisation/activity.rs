//! The pages of activity: what tokens did by day, for their owners and for whoever leads a project; the same as files; and taking away
//! the permissions that were not used.

use std::time::Duration;

use testkit::Visitor;

use super::{CREATE, Field, fill};

const DAY: Duration = Duration::from_secs(86_400);

impl Field {
    async fn flush(&self) {
        self.app.node.authority.flush_usage(usize::MAX).await.expect("written");
    }

    fn activity(&self, of: &str) -> String {
        format!("/nl/o/{of}/activity")
    }

    /// Somebody's browser, signed in anew: what asks for a fresh proof lets them through.
    async fn again(&self, name: &str) -> Visitor<'_> {
        self.visitor(name).await
    }
}

/// The seconds from now until the next midnight in the Netherlands.
fn until_midnight(field: &Field) -> Duration {
    let now = field.app.node.authority.clock().now();
    let next = domain::Day::of(now).plus(1).begin();
    Duration::from_secs(u64::try_from(next.unix_seconds() - now.unix_seconds()).expect("later"))
}

#[tokio::test]
async fn what_tokens_did_is_shown_by_day_to_those_who_may_know() {
    let field = Field::new().await;
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    let basic = field.token(&mut kees, "veld-01").await;
    let empty = kees.get(&field.activity(&field.supplier)).await.expect(200).text;
    assert!(empty.contains("Er is nog niets gebeurd."), "{empty}");
    assert_eq!(field.says(&basic).await, "no_delegation");
    field.give(&mut sanne, "Peilwerk").await;
    // Just before and just after midnight in the Netherlands: two days, whatever day it is in Greenwich.
    field.app.clock.advance(until_midnight(&field) - Duration::from_secs(60));
    assert_eq!([field.says(&basic).await, field.says(&basic).await], ["allowed"; 2]);
    field.flush().await;
    field.app.clock.advance(Duration::from_secs(120));
    assert_eq!(field.says(&basic).await, "allowed");
    field.flush().await;

    let (mut kees, mut sanne, mut bo) = (field.again("kees").await, field.again("sanne").await, field.again("bo").await);
    let page = kees.get(&field.activity(&field.supplier)).await.expect(200).text;
    for part in ["3 toegestaan, 1 geweigerd.", "Toon als tabel", "veld-01", "url(#hatch)", "no_delegation", "/nl/activity/why"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("style=") && !page.contains("Project 1255"), "{page}");
    let today = domain::Day::of(field.app.node.authority.clock().now());
    let yesterday = today.plus(-1);
    let one_day = format!("{}?from={today}&to={today}", field.activity(&field.supplier));
    assert!(kees.get(&one_day).await.expect(200).text.contains("1 toegestaan, 0 geweigerd."));

    // Exactly what the filter lets through, in each form.
    let file = |form: &str| format!("{}/download?from={yesterday}&to={today}&format={form}", field.activity(&field.supplier));
    let csv = kees.get(&file("csv")).await.expect(200);
    assert!(csv.header("content-type").is_some_and(|media| media.starts_with("text/csv")));
    let name = format!("attachment; filename=\"activity_{yesterday}_{today}.csv\"");
    assert_eq!((csv.header("content-disposition"), csv.header("cache-control")), (Some(name.as_str()), Some("no-store")));
    let lines: Vec<&str> = csv.text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 3 + usize::from(lines.iter().any(|line| line.ends_with("no_delegation,1"))), "{lines:?}");
    assert!(
        lines[0].starts_with("day,kind,id,name") && lines.iter().any(|line| line.starts_with(&format!("{yesterday},organisation_token,")))
    );
    let array: serde_json::Value = serde_json::from_str(&kees.get(&file("json")).await.expect(200).text).expect("JSON");
    assert_eq!(array.as_array().map(Vec::len), Some(lines.len() - 1));
    assert_eq!(kees.get(&file("ndjson")).await.expect(200).text.lines().count(), lines.len() - 1);
    kees.get(&file("exe")).await.expect(404);

    // Who leads the project sees which organisation, not with what; members see nothing; others find nothing.
    let theirs = sanne.get(&field.activity(&field.holder)).await.expect(200).text;
    assert!(theirs.contains("Peilwerk") && theirs.contains("3 toegestaan, 1 geweigerd.") && !theirs.contains("veld-01"), "{theirs}");
    let list = sanne.get(&field.delegations()).await.expect(200).text;
    assert!(list.contains("aria-label=\"0 tot 2 verzoeken per dag\""), "{list}");
    assert!(sanne.get(&format!("/nl/o/{}/projects", field.holder)).await.expect(200).text.contains(">3</td>"));
    bo.get(&field.activity(&field.holder)).await.expect(403);
    bo.get(&field.activity(&field.supplier)).await.expect(404);
    sanne.get(&format!("{}/download?format=csv", field.activity(&field.supplier))).await.expect(404);
    let options = kees.get(&field.options()).await.expect(200).text;
    assert!(options.contains("aria-label=\"0 tot 2 verzoeken per dag\""), "{options}");
}

#[tokio::test]
async fn a_filter_that_fits_nothing_is_told_beside_its_field() {
    let field = Field::new().await;
    let mut kees = field.visitor("kees").await;
    let page = field.activity(&field.supplier);
    for (query, told) in [
        ("from=gisteren", "Kies een dag van de afgelopen 13 maanden."),
        ("from=2020-01-01", "Kies een dag van de afgelopen 13 maanden."),
        ("to=2999-01-01", "Kies een dag van de afgelopen 13 maanden."),
        ("by=%3Cscript%3E", "Kies er een uit de lijst."),
        ("reason=because", "Kies er een uit de lijst."),
        ("workspace=x", "Kies er een uit de lijst."),
    ] {
        let answer = kees.get(&format!("{page}?{query}")).await.expect(422);
        assert!(answer.text.contains(told) && !answer.text.contains("<script>"), "{query}: {}", answer.text);
        kees.get(&format!("{page}/download?format=csv&{query}")).await.expect(422);
    }
    let today = domain::Day::of(field.app.node.authority.clock().now());
    let turned = kees.get(&format!("{page}?from={today}&to={}", today.plus(-1))).await.expect(422);
    assert!(turned.text.contains("Kies een laatste dag die niet voor de eerste ligt."), "{}", turned.text);
    // One's own page is there for everybody.
    assert!(kees.get("/nl/activity").await.expect(200).text.contains("Wat je tokens deden"));
}

#[tokio::test]
async fn permissions_that_were_not_used_go_with_one_click() {
    let field = Field::new().await;
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    let fields = [
        ("description", "veldploegen"),
        ("username", "veld-02"),
        ("permission", CREATE),
        ("permission", "survey:documents:validate"),
        ("days", "365"),
    ];
    let made = fill(&mut kees, &format!("{}/tokens/new", field.options()), &fields).await.expect(200).text;
    let basic = testkit::basic(&super::shown(&made, 1), &super::shown(&made, 2));
    field.give(&mut sanne, "Peilwerk").await;
    assert_eq!(field.says(&basic).await, "allowed");
    field.flush().await;
    let list = kees.get(&field.options()).await.expect(200).text;
    assert!(list.contains("gebruikte 1 van 2 rechten vandaag"), "{list}");
    let (_, rest) = list.split_once(&format!("{}/tokens/", field.options())).expect("a link");
    let (_, rest) = rest.split_once("/tokens/").expect("that of a token");
    let narrow = format!("{}/tokens/{}/narrow", field.options(), &rest[..36]);

    let validate = async || {
        let question = serde_json::json!({"authorization": basic, "permission": "survey:documents:validate", "workspace": "1255"});
        let answer = field.app.call("POST", "/api/v1/verify").token(&field.survey).json(&question).send().await.expect(200).json();
        answer["reason"].as_str().map(str::to_owned)
    };
    let page = kees.get(&narrow).await.expect(200).text;
    assert!(page.contains("<dt>Gaat weg</dt><dd>Validate documents</dd>") && page.contains("Create deliveries, gebruikt op"), "{page}");
    // Used meanwhile, as far as the delegation lets it: what the page has shown is no longer what would go.
    let stale =
        super::send(&mut kees, &narrow, &page.replace("name=\"nonce\" value=\"", "name=\"nonce\" value=\"0"), &[]).await.expect(303);
    assert_eq!(stale.header("location"), Some(narrow.as_str()));
    assert!(kees.get(&narrow).await.expect(200).text.contains("Er is intussen iets veranderd."));
    let done = super::send(&mut kees, &narrow, &page, &[]).await.expect(303);
    assert_eq!(done.header("location"), Some(field.options().as_str()));
    let list = kees.get(&field.options()).await.expect(200).text;
    assert!(list.contains("‘veld-02’ mag nu alleen nog wat het gebruikt.") && list.contains("gebruikte 1 van 1 rechten"), "{list}");
    assert_eq!(validate().await.as_deref(), Some("permission_missing"), "at once");
    assert_eq!(field.says(&basic).await, "allowed");
    kees.get(&narrow).await.expect(303);
    sanne.get(&narrow).await.expect(404);
    // Nobody narrows without having signed in lately.
    field.app.clock.advance(Duration::from_secs(16 * 60));
    assert!(kees.get(&narrow).await.expect(303).header("location").is_some_and(|to| to.contains("confirm-identity")));
}

#[tokio::test]
async fn what_was_unused_for_long_is_told_so() {
    let field = Field::new().await;
    let mut kees = field.visitor("kees").await;
    field.token(&mut kees, "veld-03").await;
    let list = kees.get(&field.options()).await.expect(200).text;
    assert!(list.contains("aria-label=\"Geen verzoeken\"") && !list.contains("Niet gebruikt sinds"), "{list}");
    field.app.clock.advance(92 * DAY);
    let list = field.again("kees").await.get(&field.options()).await.expect(200).text;
    assert!(list.contains("Niet gebruikt sinds") && list.contains("Verwijderen?"), "{list}");
}

#[tokio::test]
async fn the_api_tells_the_same() {
    let field = Field::new().await;
    let (mut kees, mut sanne) = (field.visitor("kees").await, field.visitor("sanne").await);
    let basic = field.token(&mut kees, "veld-04").await;
    field.says(&basic).await;
    field.give(&mut sanne, "Peilwerk").await;
    field.says(&basic).await;
    field.flush().await;
    let usage = format!("/api/v1/organisations/{}/usage", field.supplier);
    let told = field.app.operate("GET", &usage).send().await.expect(200).json();
    let lines: Vec<_> =
        told["lines"].as_array().expect("lines").iter().map(|line| (line["outcome"].clone(), line["requests"].clone())).collect();
    assert_eq!(lines, [("accepted".into(), 1.into()), ("refused".into(), 1.into())]);
    let credential = &told["credentials"][0];
    assert_eq!((credential["name"].as_str(), credential["kind"].as_str()), (Some("veld-04"), Some("organisation_token")));
    assert!(credential["permissions_used"][CREATE].is_string() && told["uncounted"] == 0, "{told}");
    let refused = field.app.operate("GET", &format!("{usage}?reason=no_delegation")).send().await.expect(200).json();
    assert_eq!(refused["lines"].as_array().map(Vec::len), Some(1));
    for bad in ["from=yesterday", "reason=x", "credential=x", "from=2020-01-01", "to=2999-01-01"] {
        assert!(matches!(field.app.operate("GET", &format!("{usage}?{bad}")).send().await.status, 400 | 422), "{bad}");
    }
    field.app.operate("GET", "/api/v1/organisations/00000000-0000-4000-8000-000000000000/usage").send().await.expect(404);
}

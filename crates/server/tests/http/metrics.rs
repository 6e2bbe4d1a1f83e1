//! `/metrics`, over real HTTP: what it counts, that both formats can be read, and that it tells nothing private.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use server::edge::{Edge, Limits, Site, Sites};
use server::metrics;
use testkit::App;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The listener of an application's metrics.
struct Monitor {
    url: String,
    client: reqwest::Client,
    _stop: watch::Sender<bool>,
}

impl Monitor {
    async fn of(app: &App) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/metrics", listener.local_addr().expect("an address"));
        let (stop, stopped) = watch::channel(false);
        let guard = server::serve::guard(&app.node).expect("a guard");
        let edge = Edge::new(app.clock.clone(), &server::system::SystemEntropy, Limits::default(), guard).expect("an edge");
        let site = Site::new(metrics::router(&app.node, &edge));
        tokio::spawn(Arc::clone(&edge).serve(listener, None, Sites::one(site), stopped));
        Self { url, client: reqwest::Client::builder().no_proxy().build().expect("a client"), _stop: stop }
    }

    /// The page and its media type.
    async fn page(&self, accept: &str) -> (String, String) {
        let answer = self.client.get(&self.url).header("accept", accept).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let media_type = answer.headers()["content-type"].to_str().expect("text").to_owned();
        (answer.text().await.expect("text"), media_type)
    }

    async fn samples(&self) -> BTreeMap<String, f64> {
        read(&self.page("text/plain").await.0, false)
    }
}

/// Reads a page as strictly as the formats ask (the Prometheus text format 0.0.4, OpenMetrics 1.0): each family once with
/// its help and type before its samples, every sample one of its family's, none twice, buckets that ascend.
fn read(page: &str, open_metrics: bool) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    let mut families = BTreeSet::new();
    let (mut family, mut kind, mut helped, mut last_bucket) = ("", "", "", 0.0);
    let mut ended = false;
    for line in page.lines() {
        assert!(!ended, "after the end: {line}");
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped = help.split_once(' ').expect("a help text").0;
            assert!(families.insert(helped), "{helped} stands twice");
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            (family, kind) = typed.split_once(' ').expect("a type");
            assert_eq!(family, helped);
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
        } else if line == "# EOF" {
            ended = true;
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            let name = series.split('{').next().expect("a name");
            let ending = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} is not of {family}"));
            let endings: &[&str] = match kind {
                "counter" if open_metrics => &["_total"],
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(endings.contains(&ending), "{line} of {family}, a {kind}");
            let value: f64 = if value == "+Inf" { f64::INFINITY } else { value.parse().expect("a number") };
            if ending == "_bucket" {
                last_bucket = if series.contains("le=\"0.0005\"") || series.contains("le=\"1\"") { 0.0 } else { last_bucket };
                assert!(value >= last_bucket || !series.contains("le="), "{line} is below {last_bucket}");
                last_bucket = value;
            }
            assert_eq!(samples.insert(series.to_owned(), value), None, "{series} stands twice");
        }
    }
    assert_eq!(ended, open_metrics);
    samples
}

#[tokio::test]
async fn checks_and_changes_are_counted_by_api_and_reason() {
    let app = App::start().await;
    let monitor = Monitor::of(&app).await;
    let shop = app.shop().await;
    let person = app.person("ada", &app.organisation("acme").await, &["member"]).await;
    let (id, secret) = app.token(&person, None).await;
    let verify = async |presented: &str, permission: &str| {
        let body = serde_json::json!({"authorization": format!("Bearer {presented}"), "permission": permission});
        app.call("POST", "/api/v1/verify").token(&shop).json(&body).send().await.expect(200);
    };
    verify(&secret, "shop:things:read").await;
    verify(&secret, "shop:things:read").await;
    verify(&secret, "shop:staff:admin").await;
    verify("not-ours", "shop:things:read").await;
    let before = monitor.samples().await;
    app.operate("DELETE", &format!("/api/v1/tokens/{id}")).send().await.expect(200);
    verify(&secret, "shop:things:read").await;
    app.call("GET", "/api/v1/whoami").send().await.expect(401);
    app.call("GET", "/forward-auth/nosuchapi").header("x-forwarded-method", "GET").header("x-forwarded-uri", "/").send().await;
    let samples = monitor.samples().await;
    let value = |series: &str| *samples.get(series).unwrap_or_else(|| panic!("no {series} in {samples:#?}"));
    assert_eq!(value("poort_checks_total{api=\"shop\",verdict=\"allowed\"}"), 2.0);
    assert_eq!(value("poort_refusals_total{api=\"shop\",reason=\"permission_missing\"}"), 1.0);
    assert_eq!(value("poort_refusals_total{api=\"shop\",reason=\"unknown_credential\"}"), 1.0);
    assert_eq!(value("poort_refusals_total{api=\"shop\",reason=\"revoked\"}"), 1.0);
    assert_eq!(value("poort_refusals_total{api=\"poort\",reason=\"missing_credential\"}"), 1.0);
    assert!(value("poort_checks_total{api=\"poort\",verdict=\"allowed\"}") > 5.0);
    assert_eq!(before["poort_live_credentials"] - value("poort_live_credentials"), 1.0);
    assert_eq!(
        value("poort_change_acknowledgement_seconds_count{class=\"ending\"}"),
        before["poort_change_acknowledgement_seconds_count{class=\"ending\"}"] + 1.0
    );
    assert_eq!(value("poort_journal_applied"), before["poort_journal_applied"] + 1.0);
    assert!(value("poort_writer_batch_changes_count") >= 5.0 && value("poort_journal_lag_changes") == 0.0);
    assert_eq!((value("poort_ready"), value("poort_index_distrusted")), (1.0, 0.0));
    assert_eq!(value("poort_lease_margin_seconds"), f64::INFINITY);
}

#[tokio::test]
async fn what_goes_wrong_shows() {
    let app = App::start().await;
    let monitor = Monitor::of(&app).await;
    app.node.authority.verifier().lease().end();
    app.call("GET", "/api/v1/whoami").token(&app.operator).send().await.expect(503);
    let samples = monitor.samples().await;
    assert_eq!((samples["poort_checks_unavailable_total"], samples["poort_ready"], samples["poort_lease_margin_seconds"]), (1.0, 0.0, 0.0));
}

#[tokio::test]
async fn both_formats_can_be_read_and_tell_nothing_private() {
    let app = App::start().await;
    let monitor = Monitor::of(&app).await;
    let shop = app.shop().await;
    let organisation = app.organisation("acme").await;
    let person = app.person("ada", &organisation, &["member"]).await;
    let (id, secret) = app.token(&person, None).await;
    for (accept, media_type, open_metrics) in [
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0; charset=utf-8", true),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8", false),
    ] {
        let (page, given) = monitor.page(accept).await;
        assert_eq!(given, media_type);
        let samples = read(&page, open_metrics);
        assert!(samples.len() > 60, "{samples:?}");
        for private in [&shop, &organisation, &person, &id, &secret, &app.operator, "acme", "ada", &*app.data().to_string_lossy()] {
            assert!(!page.contains(private), "{private} in {page}");
        }
    }
    // Not on the address that everybody reaches.
    app.operate("GET", "/metrics").send().await.expect(404);
}

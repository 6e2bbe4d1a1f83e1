//! What must hold behind every proxy.

use domain::announcement::Signal;
use domain::{AnnouncementId, Event, Timestamp};

use super::fault::Fault;
use super::process::{Kind, Proxy};
use super::upstream::Upstream;
use crate::gate::{Gate, ORGANISATION, PERSON};
use crate::raw::{Answer, header_values, request, send};

const READ: &str = "shop:things:read";
const IDENTITY: [&str; 8] = [
    "Poort-Subject",
    "Poort-Subject-Type",
    "Poort-Organisation",
    "Poort-Workspace",
    "Poort-Permissions",
    "Poort-Credential",
    "Poort-Delegation",
    "Poort-Request-Id",
];

struct Scene {
    gate: Gate,
    upstream: Upstream,
    proxy: Proxy,
}

impl Scene {
    async fn set(kind: &Kind) -> Self {
        let (gate, upstream) = (Gate::start().await, Upstream::start().await);
        let proxy = Proxy::start(kind, gate.address, upstream.address).await;
        Self { gate, upstream, proxy }
    }

    async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        request(self.proxy.address, method, target, headers).await
    }

    /// The one head that reached the upstream.
    fn reached(&self) -> String {
        let mut heads = self.upstream.take();
        assert_eq!(heads.len(), 1, "{heads:?}");
        heads.remove(0)
    }

    fn nothing_reached(&self, what: &str) {
        let heads = self.upstream.take();
        assert!(heads.is_empty(), "{what}: {heads:?}");
    }
}

/// Callers without, with a good, an ended and an insufficient credential.
pub(crate) async fn callers(kind: &Kind) {
    let scene = Scene::set(kind).await;
    let (reader, other) = (scene.gate.issue(&[READ]), scene.gate.issue(&["shop:things:write"]));

    let none = scene.ask("GET", "/things/1", &[]).await;
    assert_eq!(none.status, 401, "{none:?}");
    assert!(header_values(&none.head, "www-authenticate").any(|value| value.contains("Bearer realm=\"poort\"")), "{none:?}");
    for bad in ["Bearer prtp_wrong", "Bearer unknown", "Nonsense a b c"] {
        assert_eq!(scene.ask("GET", "/things/1", &[("Authorization", bad)]).await.status, 401, "{bad}");
        assert_eq!(scene.ask("GET", "/public", &[("Authorization", bad)]).await.status, 401, "{bad}: also where none is needed");
    }
    scene.nothing_reached("bad credentials");

    for (name, value) in [("Authorization", reader.bearer()), ("X-API-Key", reader.text.clone()), ("Authorization", reader.text.clone())] {
        let good = scene.ask("GET", "/things/1?x=%2F", &[(name, &value)]).await;
        assert_eq!(good.status, 200, "{good:?}");
        let head = scene.reached();
        assert!(head.starts_with("GET /things/1?x=%2F HTTP/1."), "{head}");
        for (name, expected) in [
            ("Poort-Subject", PERSON.to_string()),
            ("Poort-Subject-Type", "person".to_owned()),
            ("Poort-Organisation", ORGANISATION.to_string()),
            ("Poort-Permissions", READ.to_owned()),
            ("Poort-Credential", reader.id.to_string()),
        ] {
            assert_eq!(header_values(&head, name).collect::<Vec<_>>(), [expected], "{head}");
        }
    }
    let project = scene.ask("GET", "/projects/1255/things", &[("Authorization", &reader.bearer())]).await;
    assert_eq!(project.status, 200, "{project:?}");
    assert_eq!(header_values(&scene.reached(), "Poort-Workspace").collect::<Vec<_>>(), ["1255"]);
    let unknown = scene.ask("GET", "/projects/12%2055/things", &[("Authorization", &reader.bearer())]).await;
    assert_eq!(unknown.status, 403, "{unknown:?}");
    scene.nothing_reached("a workspace that does not exist");

    let insufficient = scene.ask("GET", "/things/1", &[("Authorization", &other.bearer())]).await;
    assert_eq!(insufficient.status, 403, "{insufficient:?}");
    assert_eq!(scene.ask("POST", "/things", &[("Authorization", &other.bearer()), ("Content-Length", "0")]).await.status, 200);
    assert!(scene.reached().starts_with("POST /things HTTP/1."));
    for (method, target) in [("POST", "/things/1"), ("DELETE", "/things/1"), ("GET", "/nowhere"), ("GET", "/admin")] {
        let answer = scene.ask(method, target, &[("Authorization", &reader.bearer()), ("Content-Length", "0")]).await;
        assert_eq!(answer.status, 403, "{method} {target}");
    }
    scene.nothing_reached("missing permissions");

    assert_eq!(scene.ask("GET", "/things/1", &[("Authorization", &reader.bearer())]).await.status, 200);
    scene.gate.revoke(&reader);
    assert_eq!(scene.ask("GET", "/things/1", &[("Authorization", &reader.bearer())]).await.status, 401, "the very next request");
    assert_eq!(scene.upstream.take().len(), 1);
}

/// What the API's owner has announced stands on the API's answer; without that nothing does, whatever the caller sends.
pub(crate) async fn announced(kind: &Kind) {
    let scene = Scene::set(kind).await;
    let reader = scene.gate.issue(&[READ]);
    let bearer = reader.bearer();
    let headers = [("Authorization", bearer.as_str()), ("Deprecation", "@1"), ("Sunset", "a lie"), ("Link", "<a-lie>")];
    let told = async || {
        let answer = scene.ask("GET", "/things/1", &headers).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        ["Deprecation", "Sunset", "Link"].map(|name| header_values(&answer.head, name).map(str::to_owned).collect::<Vec<_>>())
    };
    let nothing: [Vec<String>; 3] = Default::default();
    assert_eq!(told().await, nothing);
    let announcement = AnnouncementId::from_bytes([9; 16]);
    let at = |seconds| Some(Timestamp::from_unix_seconds(seconds));
    let (routes, link) = (vec![], Some("https://docs.example/v2".to_owned()));
    let signal = Signal { routes, deprecated_at: at(1_800_000_000), sunset_at: at(1_893_456_000), link };
    scene.gate.apply(&Event::AnnouncementMade { announcement, api: "shop".to_owned(), signal });
    let link = "<https://docs.example/v2>; rel=\"deprecation\", <https://docs.example/v2>; rel=\"sunset\"";
    assert_eq!(told().await, ["@1800000000", "Tue, 01 Jan 2030 00:00:00 GMT", link].map(|value| vec![value.to_owned()]));
    scene.gate.apply(&Event::AnnouncementWithdrawn { announcement, api: "shop".to_owned() });
    assert_eq!(told().await, nothing);
}

/// Headers by which a caller pretends to be someone, or to ask for something else.
pub(crate) async fn spoofed(kind: &Kind) {
    let scene = Scene::set(kind).await;
    let reader = scene.gate.issue(&[READ]);
    let lies: Vec<(String, &str)> = IDENTITY
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.to_uppercase(), name.to_lowercase(), name.replace('-', "_"), name.replacen('-', "_", 1)])
        .map(|name| (name, "a-lie"))
        .collect();
    let lies: Vec<(&str, &str)> = lies.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let bearer = reader.bearer();
    for credential in [None, Some(("Authorization", bearer.as_str()))] {
        let target = if credential.is_some() { "/things/1" } else { "/public" };
        // Ten at a time: proxies bound how many headers they take.
        for some in lies.chunks(10) {
            let headers: Vec<(&str, &str)> = credential.into_iter().chain(some.iter().copied()).collect();
            let answer = scene.ask("GET", target, &headers).await;
            for head in scene.upstream.take() {
                assert!(!head.contains("a-lie"), "{head}");
                let subject = credential.map(|_| PERSON.to_string());
                let told: Vec<&str> = header_values(&head, "poort-subject").filter(|value| !value.is_empty()).collect();
                assert_eq!(told, subject.iter().map(String::as_str).collect::<Vec<_>>(), "{head}");
            }
            assert!(matches!(answer.status, 200 | 400), "{answer:?}");
        }
    }

    // Another request than the one that is made: decided on what the proxy wrote.
    let elsewhere = [
        ("X-Forwarded-Uri", "/public"),
        ("X-Forwarded-Method", "GET"),
        ("X-Original-URI", "/public"),
        ("X-Original-URL", "/public"),
        ("X-Original-Method", "GET"),
        ("X-Rewrite-URL", "/public"),
        ("X-Forwarded-Prefix", "/public"),
        ("X-Forwarded-Host", "public.example"),
        ("Forwarded", "for=127.0.0.1;host=public.example;proto=https"),
        ("X-HTTP-Method-Override", "GET"),
    ];
    let pairs = [(0, 1), (2, 4), (3, 4), (0, 4), (2, 1)].map(|(one, other)| vec![elsewhere[one], elsewhere[other]]);
    for lies in elsewhere.map(|lie| vec![lie]).into_iter().chain(pairs).chain([elsewhere.to_vec()]) {
        for (method, target) in [("GET", "/admin"), ("DELETE", "/public"), ("GET", "/things/1")] {
            let answer = scene.ask(method, target, &lies).await;
            assert!(matches!(answer.status, 400..=503), "{lies:?} {answer:?}");
            scene.nothing_reached("a spoofed original request");
        }
        let public = scene.ask("GET", "/public", &lies).await;
        assert!(public.status == 200 || public.status >= 400, "{lies:?} {public:?}");
        scene.upstream.take();
    }

    // Two credentials are none.
    let two = scene.ask("GET", "/things/1", &[("Authorization", &bearer), ("Authorization", "Bearer x")]).await;
    assert!(two.status >= 400, "{two:?}");
    scene.nothing_reached("two credentials");
}

/// A caller that declares our headers to belong to its connection only, so that they are dropped on the way.
pub(crate) async fn hop_by_hop(kind: &Kind) {
    let scene = Scene::set(kind).await;
    let bearer = scene.gate.issue(&[READ]).bearer();
    for listed in [
        "Poort-Subject",
        "Poort-Permissions, Poort-Organisation",
        "X-Forwarded-Uri, X-Forwarded-Method",
        "X-Original-URI",
        "X-Forwarded-For",
    ] {
        let connection = format!("close, {listed}");
        for (target, headers) in [
            ("/things/1", vec![("Connection", connection.as_str()), ("Authorization", &bearer)]),
            ("/public", vec![("Connection", &connection), ("Poort-Subject", "a-lie")]),
            ("/admin", vec![("Connection", &connection), ("X-Forwarded-Uri", "/public"), ("X-Forwarded-Method", "GET")]),
        ] {
            let answer = scene.ask("GET", target, &headers).await;
            let heads = scene.upstream.take();
            assert!(target != "/admin" || heads.is_empty(), "{listed}: {heads:?}");
            for head in heads {
                assert!(!head.contains("a-lie"), "{head}");
                let told: Vec<&str> = header_values(&head, "poort-subject").filter(|value| !value.is_empty()).collect();
                let expected = if target == "/things/1" { vec![PERSON.to_string()] } else { vec![] };
                assert_eq!(told, expected, "{listed}: our headers were dropped: {head}");
            }
            assert!(matches!(answer.status, 200 | 400..=503), "{answer:?}");
        }
    }
    // Without its credential the request is anonymous, not somebody's.
    let dropped = scene.ask("GET", "/things/1", &[("Connection", "close, Authorization"), ("Authorization", &bearer)]).await;
    for head in scene.upstream.take() {
        assert_eq!(header_values(&head, "poort-subject").collect::<Vec<_>>(), [PERSON.to_string()], "{dropped:?}");
    }
}

/// Paths that servers read in different ways.
pub(crate) async fn paths(kind: &Kind) {
    let scene = Scene::set(kind).await;
    let bearer = scene.gate.issue(&[READ]).bearer();
    let attacks: [&[u8]; 38] = [
        b"/public/..;/admin",
        b"/public/%2e%2e/admin",
        b"/public/%2E%2E/admin",
        b"/public/.%2e/admin",
        b"/public/../admin",
        b"/public/x/../../admin",
        b"/public%2f..%2fadmin",
        b"/public/%2f../admin",
        b"/public/%252e%252e/admin",
        b"/%252e%252e/admin",
        b"//admin",
        b"///admin",
        b"/public//../admin",
        b"/./admin",
        b"/admin;x=1",
        b"/admin;x=1/../public",
        b"/ADMIN",
        b"/Admin/",
        b"/admin/",
        b"/admin%00",
        b"/admin%00/../public",
        b"/admin%0a",
        b"/admin%20",
        b"/admin%09",
        b"\\admin",
        b"/\\admin",
        b"/public\\..\\admin",
        b"/public/..%5cadmin",
        b"/%c0%afadmin",
        b"/public/%c0%ae%c0%ae/admin",
        b"/admin/.",
        b"/admin#x",
        b"/admin?x=/public",
        b"/%61dmin",
        b"/%2561dmin",
        b"http://localhost/admin",
        b"/admin\xff",
        b"/public/\x80/../../admin",
    ];
    for attack in attacks {
        for credential in ["", &format!("Authorization: {bearer}\r\n")] {
            let mut bytes = b"GET ".to_vec();
            bytes.extend_from_slice(attack);
            bytes.extend_from_slice(format!(" HTTP/1.1\r\nHost: localhost\r\n{credential}Connection: close\r\n\r\n").as_bytes());
            let answers = send(scene.proxy.address, &bytes).await;
            let shown = String::from_utf8_lossy(attack);
            for head in scene.upstream.take() {
                let target = head.split(' ').nth(1).expect("a target").to_owned();
                assert!(!readings(&target).iter().any(|path| path.starts_with("/admin")), "{shown}: {head}");
            }
            for answer in answers {
                assert!(matches!(answer.status, 200 | 301 | 308 | 400..=503), "{shown}: {answer:?}");
                if matches!(answer.status, 301 | 308) {
                    assert!(!answer.head.contains("poort"), "a proxy's own tidying up, not an answer of ours");
                }
            }
        }
    }
    assert_eq!(scene.ask("GET", "/public/a", &[]).await.status, 200, "and what is public still is");
}

/// The paths as which some server somewhere may read a target: decoded up to three times, without parameters,
/// with backslashes as slashes, dot segments resolved and letters in lower case.
fn readings(target: &str) -> Vec<String> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let path = path.strip_prefix("http://localhost").unwrap_or(path);
    let mut texts = vec![path.to_owned()];
    for _ in 0..3 {
        let decoded = decode(texts.last().expect("one"));
        texts.push(decoded);
    }
    texts.iter().map(|text| resolve(text)).collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::new();
    let mut place = 0;
    while place < bytes.len() {
        let hex = text.get(place + 1..place + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) if bytes[place] == b'%' => {
                decoded.push(byte);
                place += 3;
            }
            _ => {
                decoded.push(bytes[place]);
                place += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn resolve(text: &str) -> String {
    let mut segments: Vec<String> = Vec::new();
    for segment in text.to_lowercase().replace('\\', "/").split('/') {
        let segment = segment.split([';', '\0', '\n']).next().unwrap_or_default().trim();
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment.to_owned()),
        }
    }
    format!("/{}", segments.join("/"))
}

/// Without a clear yes nothing is let through, and nobody becomes somebody.
pub(crate) async fn outages(kind: &'static Kind) {
    let faults = [
        Fault::Gone,
        Fault::Silent,
        Fault::Says("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Fault::Says("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Fault::Says("HTTP/1.1 302 Found\r\nLocation: /public\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Fault::Says("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Fault::Says("HTTP/1.1 20"),
        Fault::Says("rubbish\r\n\r\n"),
    ];
    // Side by side: a proxy may be patient.
    let outages: Vec<_> = faults.into_iter().map(|fault| tokio::spawn(outage(kind, fault))).collect();
    for outage in outages {
        outage.await.expect("as it must be");
    }
    // A yes without a word about the caller: nobody, whatever the caller says of itself.
    let upstream = Upstream::start().await;
    let bare = Fault::Says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let proxy = Proxy::start(kind, bare.listen().await, upstream.address).await;
    request(proxy.address, "GET", "/public", &[("Poort-Subject", "a-lie"), ("Poort-Permissions", "a-lie")]).await;
    assert!(upstream.take().iter().all(|head| !head.contains("a-lie")));
}

async fn outage(kind: &'static Kind, fault: Fault) {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(kind, fault.listen().await, upstream.address).await;
    let headers = [("Authorization", "Bearer x")];
    let (public, admin) =
        tokio::join!(request(proxy.address, "GET", "/public", &headers), request(proxy.address, "GET", "/admin", &headers));
    for answer in [public, admin] {
        assert!(answer.status >= 300, "{fault:?}: {answer:?}");
    }
    assert_eq!(upstream.take(), Vec::<String>::new(), "{fault:?}: nothing is let through");
}

/// When the verifier cannot know, the answer is neither yes nor no.
pub(crate) async fn lease_over(kind: &Kind) {
    let scene = Scene::set(kind).await;
    let bearer = scene.gate.issue(&[READ]).bearer();
    assert_eq!(scene.ask("GET", "/things/1", &[("Authorization", &bearer)]).await.status, 200);
    scene.upstream.take();
    scene.gate.verifier.lease().end();
    for target in ["/things/1", "/public"] {
        let answer = scene.ask("GET", target, &[("Authorization", &bearer)]).await;
        assert!(matches!(answer.status, 500..=504), "{answer:?}");
    }
    scene.nothing_reached("the lease is over");
}

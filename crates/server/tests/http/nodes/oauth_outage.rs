//! The database is gone: no endpoint says no, none says yes wrongly, and what needs no database goes on.

use super::oauth::*;
use super::*;

use ::http::Method;
use domain::client::GrantType;
use futures_util::future::join_all;
use server::connect::{ROUTES, Route};
use testkit::{Answer, Wire};

/// Long enough for all requests of a round on a busy machine.
const LONG: Duration = Duration::from_secs(12);
/// In a form that a session has; of none that is known.
const COOKIE: &str = "poort-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What was made while the database was there.
struct Before {
    client: Party,
    access: String,
    refresh: String,
    code: String,
    registered: (String, String),
}

impl Before {
    async fn made(cloud: &Cloud) -> Self {
        let node = &cloud.nodes[0];
        let client = cloud
            .client(|client| {
                client.rotates_refresh_tokens = Some(Some(true));
                client.grant_types.get_or_insert_default().push(GrantType::DeviceCode);
            })
            .await;
        let tokens = node.redeem(&client, &cloud.code(&client, None).await).await.expect(200);
        let body = r#"{"client_name": "Notes", "redirect_uris": ["https://notes.example/cb"]}"#.to_owned();
        let registered = node.send("POST", "/connect/register", &[("content-type", "application/json")], body).await.expect(201);
        Self {
            access: tokens.member("/access_token"),
            refresh: tokens.member("/refresh_token"),
            code: cloud.code(&client, None).await,
            registered: (registered.member("/client_id"), registered.member("/registration_access_token")),
            client,
        }
    }
}

/// A request that would be answered otherwise if the database were there.
struct Asked {
    what: String,
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
    /// Whether it is answered from memory for as long as the lease lasts.
    from_memory: bool,
    /// Whether it is answered whatever happens: what everybody may know.
    always: bool,
}

fn authorization(client_id: &str) -> [(&str, &str); 7] {
    [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", REDIRECT),
        ("scope", "shop"),
        ("state", "st"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]
}

fn exchange(access: &str) -> [(&str, &str); 3] {
    [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", access),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ]
}

/// Requests for a row of the table. One that is not named here is asked as a signed-in person and as a client: a new route that
/// answers anything but an outage then fails by its name, and gets its line here.
fn requests(route: &'static Route, before: &Before) -> Vec<Asked> {
    let (method, path) = (route.method.as_str(), route.path);
    let filled = path
        .replace("{client_id}", &before.registered.0)
        .replace("{interaction}", "01890a5d-ac96-774b-bcce-b302099a8057")
        .replace("{*path}", "v1");
    let asked = |what: &str, headers: &[(&'static str, &str)], fields: &[(&str, &str)]| {
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let (mut path, mut body) = (filled.clone(), testkit::encoded(fields));
        if route.method == Method::GET {
            path = if fields.is_empty() { path } else { format!("{path}?{body}") };
            body = String::new();
        } else {
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        }
        let what = format!("{method} {} {what}", route.path);
        Asked { what, method: route.method.as_str(), path, headers, body, from_memory: false, always: false }
    };
    let memory = |asked: Asked| Asked { from_memory: true, ..asked };
    let as_client = before.client.basic();
    let client = ("authorization", as_client.as_str());
    let bearer = format!("Bearer {}", before.access);
    let registration = format!("Bearer {}", before.registered.1);
    let json = |mut asked: Asked| {
        asked.headers.retain(|(name, _)| *name != "content-type");
        asked.headers.push(("content-type", "application/json".to_owned()));
        asked.body = r#"{"client_name": "Notes", "redirect_uris": ["https://notes.example/cb"]}"#.to_owned();
        asked
    };
    let authorization = authorization(&before.client.id);
    let cookie = ("cookie", COOKIE);
    match path {
        "/connect/authorize" => vec![asked("new browser", &[], &authorization), asked("session", &[cookie], &authorization)],
        "/connect/token" => {
            vec![
                memory(asked("client_credentials", &[client], &[("grant_type", "client_credentials"), ("scope", "shop")])),
                memory(asked("token exchange", &[client], &exchange(&before.access))),
                asked("code", &[client], &redemption(&before.code)),
                asked("unknown code", &[client], &redemption("prtc_unknown")),
                asked("refresh", &[client], &[("grant_type", "refresh_token"), ("refresh_token", &before.refresh)]),
                asked("unknown device", &[client], &[("grant_type", GrantType::DeviceCode.name()), ("device_code", "prtd_unknown")]),
                asked("unknown refresh", &[client], &[("grant_type", "refresh_token"), ("refresh_token", "prtr_unknown")]),
            ]
        }
        "/connect/register" => vec![json(asked("", &[], &[]))],
        "/connect/register/{client_id}" if route.method == Method::PUT => {
            vec![json(asked("", &[("authorization", &registration)], &[]))]
        }
        "/connect/register/{client_id}" => vec![asked("", &[("authorization", &registration)], &[])],
        "/connect/introspect" => vec![
            memory(asked("access token", &[client], &[("token", &before.access)])),
            asked("refresh token", &[client], &[("token", &before.refresh)]),
        ],
        "/connect/revocation" | "/connect/revoke" => vec![
            asked("access token", &[client], &[("token", &before.access)]),
            asked("refresh token", &[client], &[("token", &before.refresh)]),
        ],
        "/connect/par" => vec![asked("", &[client], &authorization)],
        "/connect/userinfo" => vec![asked("", &[("authorization", &bearer)], &[])],
        _ if path.starts_with("/.well-known/") || path == "/connect/jwks" => vec![Asked { always: true, ..asked("", &[], &[]) }],
        // They set a cookie and lead on.
        "/en/device" | "/nl/device" => vec![Asked { always: true, ..asked("", &[], &[]) }],
        _ if route.method == Method::GET => vec![asked("session", &[cookie], &[])],
        "/connect/deviceauthorization" => vec![asked("", &[client], &[("scope", "shop")])],
        _ => vec![asked("session", &[cookie], &[])],
    }
}

/// An outage is told as one: the status, when to ask again, and a body of the endpoint's kind that says neither yes nor no.
#[track_caller]
fn is_outage(asked: &Asked, answer: &Answer) {
    let what = &asked.what;
    assert_eq!(answer.status, 503, "{what}: {} {:?}", answer.text, answer.headers);
    assert!(answer.header("retry-after").is_some_and(|value| value.parse::<u32>().is_ok()), "{what}: {:?}", answer.headers);
    assert_eq!(answer.header("location"), None, "{what}");
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{what}: {:?}", answer.headers);
    for word in ["invalid_grant", "invalid_client", "invalid_token", "\"active\""] {
        assert!(!answer.text.contains(word), "{what}: {}", answer.text);
    }
    if !answer.header("content-type").is_some_and(|value| value.starts_with("text/html")) {
        assert_eq!(answer.member("/error"), "temporarily_unavailable", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_endpoint_says_no_while_the_database_is_away_and_what_needs_none_goes_on() {
    let cluster = Cluster::start();
    let wire = Wire::to(&cluster.postgres.url()).await;
    let member = cluster
        .member_with(&wire.url(), |config| {
            config.lease_milliseconds = LONG.as_millis() as u64;
            config.database_timeout_milliseconds = 1_000;
            config.registration_open = true;
        })
        .await;
    let cloud = Cloud::of(cluster, vec![member]).await;
    let node = &cloud.nodes[0];
    let before = Before::made(&cloud).await;
    let all: Vec<Asked> = ROUTES.iter().flat_map(|route| requests(route, &before)).collect();
    let ask = async |asked: &Asked| {
        let headers: Vec<_> = asked.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        node.send(asked.method, &asked.path, &headers, asked.body.clone()).await
    };
    let public: Vec<&Asked> = all.iter().filter(|asked| asked.always).collect();
    let told = async || join_all(public.iter().map(|asked| ask(asked))).await.into_iter().map(|answer| answer.status).collect::<Vec<_>>();
    let usual = told().await;
    assert!(usual.contains(&200) && usual.iter().all(|status| *status < 500), "{usual:?}");
    wire.cut(true);
    let answers = join_all(all.iter().map(&ask)).await;
    for (asked, answer) in all.iter().zip(&answers) {
        if asked.always {
            continue;
        }
        if asked.from_memory {
            assert_eq!(answer.status, 200, "{}: {}", asked.what, answer.text);
            assert!(!answer.text.contains("\"active\":false"), "{}", asked.what);
        } else {
            is_outage(asked, answer);
        }
    }
    assert!(node.is_active(&cloud.shop, &before.access).await, "to its API, too");
    assert_eq!(told().await, usual);
    // When the lease has run out, memory says nothing any more.
    let began = Instant::now();
    while node.post("/connect/introspect", &[("authorization", &before.client.basic())], &[("token", &before.access)]).await.status == 200 {
        assert!(began.elapsed() < LONG * 4);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let answers = join_all(all.iter().map(&ask)).await;
    for (asked, answer) in all.iter().zip(&answers) {
        if !asked.always {
            is_outage(asked, answer);
        }
    }
    assert_eq!(told().await, usual, "what everybody may know");
    // Nothing was used up by asking.
    wire.cut(false);
    let began = Instant::now();
    while !node.redeem(&before.client, &before.code).await.text.contains("access_token") {
        assert!(began.elapsed() < LONG * 4);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    node.refresh(&before.client, &before.refresh).await.expect(200);
    assert!(node.is_active(&cloud.shop, &before.access).await);
}

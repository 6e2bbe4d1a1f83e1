//! Pages for people under load: the form for signing in, a list of tokens, and the page on which a person consents.

use serde_json::json;

use super::browser::Browser;
use super::process::median;
use super::wrk::{self, Load};
use super::{Row, Table, checks};
use crate::Outcome;
use crate::http::Connection;
use crate::server::{Server, text};

/// Tokens in the list.
const TOKENS: usize = 20;
const EMAIL: &str = "ann@example.org";
const PASSWORD: &str = "correct horse battery";
const REDIRECT: &str = "https://app.example/callback";

/// Measures each of them in turn, and adds a row for each.
pub(super) fn measure(server: &Server, table: &mut Table) -> Outcome {
    let (cookies, consent) = signed_in(server)?;
    let mut pages = [
        Page { what: "form for signing in", path: "/sign-in", cookies: "", runs: Vec::new() },
        Page { what: "list of 20 tokens", path: "/en/profile/tokens", cookies: &cookies, runs: Vec::new() },
        Page { what: "consent", path: &consent, cookies: &cookies, runs: Vec::new() },
    ];
    for Page { path, cookies, .. } in &pages {
        let seen = Connection::open(&server.address)
            .and_then(|mut connection| connection.exchange("GET", path, &format!("Cookie: {cookies}\r\n"), ""));
        if seen.map_err(|error| format!("{path}: {error}"))?.status != 200 {
            return Err(format!("{path} is no page"));
        }
    }
    for _ in 0..checks::RUNS {
        for page in &mut pages {
            page.runs.push(load(server, page)?);
        }
    }
    for page in pages {
        let of = |what: fn(&Load) -> f64| median(page.runs.iter().map(what).collect());
        let (cost, pace) = (of(|run| run.microseconds), of(|run| run.pace));
        table.push(Row::of(format!("page: {}", page.what), format!("{cost:.0} µs CPU a request, {pace:.0} requests/s")));
    }
    Ok(())
}

/// A page, and the cookies of who looks at it.
struct Page<'p> {
    what: &'static str,
    path: &'p str,
    cookies: &'p str,
    runs: Vec<Load>,
}

/// The cookies of Ann, who has some tokens, and the address of the page on which she is asked for consent.
fn signed_in(server: &Server) -> Outcome<(String, String)> {
    let mut operator = server.operator()?;
    operator.create_api()?;
    let organisation = operator.create_organisation("Bench")?;
    let person = json!({ "name": "Ann", "email": EMAIL, "organisation": organisation, "roles": ["member"], "password": PASSWORD });
    let person = text(&operator.must("POST", "/api/v1/people", &person)?, "id")?;
    for number in 0..TOKENS {
        let token = json!({ "description": format!("program {number}"), "permissions": "all" });
        operator.must("POST", &format!("/api/v1/people/{person}/tokens"), &token)?;
    }
    let key = json!({ "name": "Bench app", "grant_types": ["authorization_code"], "permissions": "all", "redirect_uris": [REDIRECT] });
    let key = operator.must("POST", &format!("/api/v1/organisations/{organisation}/organisation-keys"), &key)?;
    let mut browser = Browser::open(&server.address)?;
    browser.fill("/sign-in", &[("email", EMAIL), ("password", PASSWORD)])?;
    let client = text(&key, "client_id")?;
    let request = format!("/connect/authorize?response_type=code&client_id={client}&redirect_uri={REDIRECT}&scope=openid");
    let page = browser.exchange("GET", &request, "")?;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let waiting = page.split('"').find(|text| text.starts_with("/connect/authorize/")).ok_or("no page asks for consent")?;
    Ok((browser.cookie_header(), waiting.to_owned()))
}

fn load(server: &Server, page: &Page<'_>) -> Outcome<Load> {
    let mut command = wrk::wrk();
    if !page.cookies.is_empty() {
        command.args(["--header", &format!("Cookie: {}", page.cookies)]);
    }
    command.arg(format!("http://{}{}", server.address, page.path));
    let load = wrk::load(&mut command, server.id()).map_err(|error| format!("{}: {error}", page.what))?;
    if load.refused > 0.0 { Err(format!("{}: {:.1} % were refused", page.what, load.refused * 100.0)) } else { Ok(load) }
}

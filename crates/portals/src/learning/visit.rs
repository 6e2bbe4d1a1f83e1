//! One request after its check: who is calling, in which language and format, for what.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Query};
use domain::refusal::Outward;
use domain::verify::Owner;
use domain::{CredentialId, PersonId, RequestId, path};
use http::{HeaderMap, Uri, header, request};
use verifier::{Asked, Question, Verdict};

use super::Shared;
use super::address::{Links, Locale};
use super::answer::{Failure, Format};
use super::route::{self, Route};
use super::user::{self, User};
use super::view::{self, View};
use crate::tokens::Caller;

/// What somebody is told whose token is good, but not for this.
pub(super) const PERMISSION_MISSING: &str = "This token does not have the permission that is needed here.";
/// The rows of a page.
const PAGE_ROWS: i64 = 30;
/// The last page that is looked for.
const MAX_PAGE: i64 = 1_000_000;

/// A checked request.
pub(super) struct Visit {
    pub(super) login: Option<Login>,
    pub(super) view: View,
    pub(super) locale: Locale,
    pub(super) format: Format,
    /// The name of the sentence that the answer before this one left.
    pub(super) flash: Option<String>,
    address: Option<IpAddr>,
    request_id: RequestId,
    query: Vec<(String, String)>,
    names: Vec<(&'static str, String)>,
}

/// Whoever is logged in.
pub(super) struct Login {
    pub(super) user: User,
    pub(super) may_read_profile: bool,
    pub(super) may_read_courses: bool,
    credential: CredentialId,
}

/// A request's path without its language and format.
pub(super) struct Target {
    pub(super) path: String,
    pub(super) locale: Option<Locale>,
    pub(super) format: Format,
    canonical: String,
}

impl Target {
    /// Reads a request's target. One that can be read in two ways is refused.
    pub(super) fn read(uri: &Uri, headers: &HeaderMap) -> Result<Self, Failure> {
        let canonical = path::canonical(uri.path()).map_err(|_| Failure::BadRequest)?.into_owned();
        let first = canonical[1..].split('/').next().unwrap_or_default();
        let locale = Locale::read(first);
        let mut rest = if locale.is_some() { &canonical[1 + first.len()..] } else { canonical.as_str() };
        if rest.is_empty() {
            rest = "/";
        }
        let mut format = accepted(headers);
        // As the definition's optional suffixes: a format stands after a name.
        for (suffix, named) in [(".json", Format::Json), (".js", Format::Script)] {
            if let Some(name) = rest.strip_suffix(suffix).filter(|name| !name.is_empty() && !name.ends_with('/')) {
                (rest, format) = (name, named);
                break;
            }
        }
        let path = rest.to_owned();
        Ok(Self { path, locale, format, canonical })
    }
}

/// The first format of `Accept` that is offered anywhere; quality values are not weighed, as the original has it.
fn accepted(headers: &HeaderMap) -> Format {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("*/*");
    let named = accept.split(',').find_map(|range| match range.split(';').next().unwrap_or_default().trim() {
        "application/json" => Some(Format::Json),
        "text/javascript" | "application/javascript" => Some(Format::Script),
        "text/html" | "application/xhtml+xml" => Some(Format::Html),
        _ => None,
    });
    named.unwrap_or(Format::Any)
}

/// Checks a request: first its credential, then whether there is such a page, then whether it may be seen.
pub(super) async fn check(
    shared: &Shared,
    parts: &request::Parts,
    base: &str,
    target: &Target,
    request_id: RequestId,
) -> Result<(Route, Visit), Failure> {
    let now = shared.clock.now();
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_canonical());
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter().map(http::HeaderValue::as_bytes);
    let authorization = values.next();
    if values.next().is_some() {
        return Err(Failure::BadCredential);
    }
    let asked = Asked::Request { method: parts.method.as_str(), path: &target.canonical };
    let question =
        Question { api: "learning", authorization, api_key: None, proof: None, asked, workspace: None, address, now, request: request_id };
    let found = route::find(&parts.method, &target.path);
    let holder = match shared.verifier.check(&question).map_err(|_| Failure::Unavailable)? {
        Verdict::Anonymous { .. } => None,
        Verdict::Allow(allowed) => {
            let holds = |name: &str| allowed.api.permission_bit(name).is_some_and(|bit| allowed.permissions >> bit & 1 == 1);
            let Owner::Member { person, .. } = allowed.facts.owner else {
                return Err(Failure::BadCredential);
            };
            Some((person, allowed.facts.id, holds("learning:profile:read"), holds("learning:courses:read")))
        }
        Verdict::Deny(denied) => {
            return Err(match (denied.refusal.outward(), &found) {
                (Outward::InvalidToken, _) => Failure::BadCredential,
                (_, None) => Failure::NotFound,
                (Outward::Unauthenticated, _) => Failure::LoginNeeded,
                (Outward::InsufficientScope | Outward::InsecureTransport, _) => Failure::Forbidden(PERMISSION_MISSING),
            });
        }
    };
    let (route, names) = found.ok_or(Failure::NotFound)?;
    let login = match holder {
        None => None,
        Some((person, credential, may_read_profile, may_read_courses)) => {
            let user = account(shared, person).await?;
            Some(Login { user, may_read_profile, may_read_courses, credential })
        }
    };
    let user = login.as_ref().map(|login| &login.user);
    let locale = target.locale.or(user.map(|user| user.lang)).unwrap_or(Locale::Nl);
    let zone = view::zone(user.map_or("Brussels", |user| &user.time_zone));
    let view = View { links: Links::new(base, locale), now, zone };
    let query = query(&parts.uri)?;
    Ok((route, Visit { login, view, locale, format: target.format, flash: flash(&parts.headers), address, request_id, query, names }))
}

async fn account(shared: &Shared, person: PersonId) -> Result<User, Failure> {
    let user = shared.database().read(move |tx| Ok(user::of_person(tx, person)?)).await?;
    user.ok_or(Failure::Forbidden("You do not have an account on this learning platform."))
}

fn query(uri: &Uri) -> Result<Vec<(String, String)>, Failure> {
    Query::try_from_uri(uri).map(|Query(pairs)| pairs).map_err(|_| Failure::BadRequest)
}

fn flash(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    cookies.flat_map(|cookies| cookies.split(';')).find_map(|cookie| cookie.trim().strip_prefix("flash=")).map(str::to_owned)
}

impl Visit {
    /// Whoever is logged in; the routes of the API's definition let nobody else come so far.
    pub(super) fn user(&self) -> Result<&User, Failure> {
        self.login.as_ref().map(|login| &login.user).ok_or(Failure::LoginNeeded)
    }

    /// Who asks, as whoever keeps the tokens wants to know it.
    pub(super) fn caller(&self) -> Result<Caller, Failure> {
        let login = self.login.as_ref().ok_or(Failure::LoginNeeded)?;
        Ok(Caller { person: login.user.person, credential: login.credential, address: self.address, request_id: self.request_id })
    }

    pub(super) fn require_self_or_zeus(&self, user: i64) -> Result<(), Failure> {
        let caller = self.user()?;
        if caller.id == user || caller.is_zeus() { Ok(()) } else { Err(Failure::Forbidden("This belongs to somebody else.")) }
    }

    /// The first value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How many rows stand before the page that `?page=` names; junk is the first page.
    pub(super) fn offset(&self) -> i64 {
        let page = self.query("page").and_then(|page| page.parse::<i64>().ok()).filter(|page| *page > 0).unwrap_or(1);
        (page.min(MAX_PAGE) - 1) * PAGE_ROWS
    }

    /// A parameter of the path.
    pub(super) fn text(&self, name: &str) -> Result<&str, Failure> {
        self.names.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()).ok_or(Failure::NotFound)
    }

    /// A parameter of the path that is an id. Other text names nothing.
    pub(super) fn id(&self, name: &str) -> Result<i64, Failure> {
        let text = self.text(name)?;
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().map_err(|_| Failure::NotFound) } else { Err(Failure::NotFound) }
    }

    /// As [`Visit::id`], where the route may have the parameter or not.
    pub(super) fn maybe_id(&self, name: &str) -> Result<Option<i64>, Failure> {
        if self.text(name).is_err() { Ok(None) } else { self.id(name).map(Some) }
    }
}

//! One request after its check: who is calling, in which project, for what.

use axum::extract::Query;
use domain::{RequestId, Timestamp};
use http::Uri;

use super::access::Caller;
use super::answer::Failure;

/// The most rows of a page, and as many as there are where nobody says how many.
const MAX_ROWS: i64 = 1_000;
/// The last row that is looked for.
const MAX_OFFSET: i64 = 1_000_000_000;

/// A checked request.
pub(super) struct Visit {
    pub(super) caller: Caller,
    pub(super) now: Timestamp,
    pub(super) request_id: RequestId,
    /// Scheme and host of the URLs in the answer.
    base: String,
    query: Vec<(String, String)>,
    names: Vec<(&'static str, String)>,
}

/// What of a request does not come from its caller's credential.
pub(super) struct Request<'r> {
    pub(super) uri: &'r Uri,
    pub(super) base: &'r str,
    pub(super) names: Vec<(&'static str, String)>,
    pub(super) now: Timestamp,
    pub(super) request_id: RequestId,
}

/// Which rows of a list are asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub(super) limit: i64,
    pub(super) offset: i64,
}

/// The projects that a list is of, as JSON texts for `json_each`.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    own: String,
    delegated: String,
}

impl Reach {
    /// Those in which all is seen.
    pub(super) fn own(&self) -> &str {
        &self.own
    }

    /// Those in which only the caller's own is seen.
    pub(super) fn delegated(&self) -> &str {
        &self.delegated
    }
}

impl Visit {
    pub(super) fn new(request: Request<'_>, caller: Caller) -> Result<Self, Failure> {
        let Request { uri, base, names, now, request_id } = request;
        let query = Query::try_from_uri(uri).map(|Query(pairs)| pairs);
        let query = query.map_err(|_| Failure::BadRequest("De query van dit verzoek kan niet gelezen worden.".to_owned()))?;
        Ok(Self { caller, now, request_id, base: base.to_owned(), query, names })
    }

    /// The first value of a query parameter.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.queries(name).next()
    }

    /// All values of a query parameter.
    pub(super) fn queries(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the path.
    pub(super) fn text(&self, name: &str) -> Result<&str, Failure> {
        let found = self.names.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        found.ok_or_else(|| Failure::NotFound("Deze pagina bestaat niet.".to_owned()))
    }

    /// A parameter of the path that is a number. Other text names nothing.
    pub(super) fn id(&self, name: &str) -> Result<i64, Failure> {
        let text = self.text(name)?;
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number.ok_or_else(|| Failure::NotFound("Dit nummer bestaat niet.".to_owned()))
    }

    /// The project that the path names.
    pub(super) fn project(&self) -> Result<&str, Failure> {
        self.text("project")
    }

    /// As [`Visit::project`], where the path may name one or not.
    pub(super) fn maybe_project(&self) -> Option<&str> {
        self.project().ok()
    }

    /// The absolute URL of something in the request's project, without a slash at its end: clients take its last part.
    pub(super) fn url(&self, path: &str) -> Result<String, Failure> {
        Ok(format!("{}/api/v2/{}/{path}", self.base, self.project()?))
    }

    /// Which rows of a list are asked for.
    pub(super) fn page(&self) -> Result<Page, Failure> {
        let number = |name: &str, default: i64, most: i64| match self.query(name).filter(|text| !text.is_empty()) {
            None => Ok(default),
            Some(text) => text
                .parse::<i64>()
                .ok()
                .filter(|number| (0..=most).contains(number))
                .ok_or_else(|| Failure::BadRequest(format!("{name} moet een getal van 0 tot en met {most} zijn."))),
        };
        Ok(Page { limit: number("limit", MAX_ROWS, MAX_ROWS)?, offset: number("offset", 0, MAX_OFFSET)? })
    }

    /// The projects that a list is of: the one that the path names, or all that the caller reaches.
    pub(super) fn reach(&self) -> Reach {
        let list = |owned: bool| -> serde_json::Value {
            self.caller.reach.iter().filter(|(_, own)| *own == owned).map(|(number, _)| number.as_str()).collect()
        };
        Reach { own: list(true).to_string(), delegated: list(false).to_string() }
    }
}

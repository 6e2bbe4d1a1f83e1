//! Who calls: reads the credential that a request presents and asks the index about it.

use authority::{Caller, Error, OWN_API, PersonCaller, RIGHTS, Right, With};
use domain::presentation::{self, Presentation};
use domain::refusal::Outward;
use domain::verify::{Facts, Owner};
use domain::{Refusal, Timestamp};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};
use verifier::Verifier;

use crate::edge::{Code, Problem};

/// Who may use a route.
#[derive(Debug, Clone, Copy)]
pub enum Who {
    /// Anybody, without a credential.
    Anyone,
    /// An API, with its API credential.
    Api,
    /// Whoever runs the installation, with an operator token.
    Operator,
    /// A person whose personal token has one of these permissions; operators too.
    Holder(&'static [Right]),
    /// Any operator or person, to learn what the own credential is.
    Known,
}

/// Reads who presents a good credential. One answer for every credential that does not count, so that nobody can find
/// out by asking whether a text was ever one.
pub(super) fn authenticate(verifier: &Verifier, headers: &HeaderMap, now: Timestamp, who: Who) -> Result<Facts, Problem> {
    let value = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let presented =
        presentation::read(value(AUTHORIZATION.as_str()), value("x-api-key")).map_err(|_| refused(Refusal::MalformedCredential))?;
    if presented.as_ref().is_some_and(|presented| presented.presentation != Presentation::Bearer) {
        return Err(refused(Refusal::MalformedCredential));
    }
    // What a route lets in counts as used: which of its rights the use case looks at is not told apart.
    let uses = if let Who::Holder(rights) = who { names(rights) } else { Vec::new() };
    let answer = verifier.authenticate(presented.as_ref(), now, &uses).map_err(|_| Problem::new(Code::Unavailable))?;
    answer.map_err(refused)
}

/// The caller of a management route; refuses whom the route is not for.
pub(super) fn admit(verifier: &Verifier, facts: &Facts, who: Who) -> Result<Caller, Problem> {
    let caller = caller(verifier, facts)?;
    let admitted = match (who, &caller) {
        (Who::Api, _) => false,
        (Who::Operator, caller) => caller.is_operator(),
        (Who::Holder(rights), Caller::Person(person)) => rights.iter().any(|right| person.rights.contains(right)),
        _ => true,
    };
    if admitted { Ok(caller) } else { Err(forbidden(who)) }
}

/// What is told to a person who must set up a second factor before they manage anything in their organisation.
pub(super) fn without_second_factor(error: Error) -> Problem {
    match error {
        Error::Conflict { code, detail } => Problem::new(Code::Forbidden).detail(detail).member("code", code),
        other => other.into(),
    }
}

/// The permissions of the built-in API that are meant by these rights.
pub(super) fn names(rights: &[Right]) -> Vec<&'static str> {
    RIGHTS.iter().filter(|(right, _)| rights.contains(right)).map(|(_, name)| *name).collect()
}

fn caller(verifier: &Verifier, facts: &Facts) -> Result<Caller, Problem> {
    match facts.owner {
        Owner::Operator => Ok(Caller::Operator { credential: facts.id }),
        Owner::Member { person, organisation, roles, .. } => {
            let own = verifier.api(OWN_API);
            let held =
                |name: &str| own.as_ref().and_then(|own| own.permission_bit(name)).is_some_and(|bit| facts.permissions >> bit & 1 == 1);
            let rights = RIGHTS.iter().filter(|(_, name)| held(name)).map(|(right, _)| *right).collect();
            Ok(Caller::Person(PersonCaller { id: person, with: With::Token(facts.id), organisation, roles, rights }))
        }
        // The index does not let an organisation token in here.
        Owner::Organisation { .. } => Err(Problem::new(Code::Forbidden).detail("an organisation token is for its API only")),
        Owner::Api(_) => Err(Problem::new(Code::Forbidden).detail("an API credential is for POST /api/v1/verify only")),
    }
}

/// RFC 6750 section 3.1: the refusal of a good credential names what it lacks.
fn forbidden(who: Who) -> Problem {
    match who {
        Who::Holder(rights) => {
            let scope = names(rights).join(" ");
            let challenge = format!("Bearer realm=\"poort\", error=\"insufficient_scope\", scope=\"{scope}\"");
            let problem = Problem::new(Code::InsufficientScope).detail(format!("this needs one of: {scope}"));
            match HeaderValue::from_str(&challenge) {
                Ok(challenge) => problem.header(WWW_AUTHENTICATE, challenge),
                Err(_) => problem,
            }
        }
        Who::Api => Problem::new(Code::Forbidden).detail("this needs an API credential"),
        _ => Problem::new(Code::Forbidden).detail("this needs an operator token"),
    }
}

/// RFC 6750 section 3: without a credential no error code, with a bad one `invalid_token`.
fn refused(refusal: Refusal) -> Problem {
    let (code, challenge) = match refusal.outward() {
        Outward::Unauthenticated => (Code::Unauthenticated, "Bearer realm=\"poort\""),
        Outward::InvalidToken | Outward::InsufficientScope | Outward::InsecureTransport => {
            (Code::InvalidToken, "Bearer realm=\"poort\", error=\"invalid_token\"")
        }
    };
    Problem::new(code).header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}

//! `/forward-auth/{api}`: what proxies ask before they let a request through.
//!
//! Never a redirect and never 404: nginx turns every answer but 2xx, 401 and 403 into 500.

use std::sync::Arc;

use bytes::Bytes;
use domain::Refusal;
use domain::refusal::Outward;
use gateway::{Call, NoOriginal, Refused, Trust};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Response};
use verifier::Verifier;

use super::headers::REQUEST_ID;
use super::{Code, Context, Direct, Head, Problem, Scheme, transport};

/// Answers forward-auth before the router is asked: it is the hottest path of all.
pub struct ForwardAuth {
    verifier: Arc<Verifier>,
    trust: Trust,
}

impl ForwardAuth {
    /// Decides with this verifier, for trusted proxies only.
    pub const fn new(verifier: Arc<Verifier>, trust: Trust) -> Self {
        Self { verifier, trust }
    }
}

impl Direct for ForwardAuth {
    fn answer(&self, head: Head<'_>, context: &Context) -> Option<Response<Bytes>> {
        let target = head.uri.path_and_query()?.as_str();
        gateway::target(target)?;
        let Context { request_id, now, peer, scheme } = context;
        let tls = *scheme == Scheme::Https;
        let call = Call { method: head.method, target, headers: head.headers, peer: peer.ip(), tls, now: *now, request_id };
        let mut headers = HeaderMap::with_capacity(24);
        Some(match gateway::decide(&self.verifier, &self.trust, &call, &mut headers) {
            Ok(()) => {
                // The same id under the name that every answer of ours has, in the same piece of memory.
                if let Some(id) = headers.get(&gateway::HEADERS[7]).cloned() {
                    headers.insert(REQUEST_ID, id);
                }
                let mut response = Response::new(Bytes::new());
                *response.headers_mut() = headers;
                response
            }
            Err(refused) => {
                let problem = problem(refused);
                problem.response(problem.body(Some(request_id)))
            }
        })
    }
}

fn problem(refused: Refused) -> Problem {
    match refused {
        Refused::UntrustedPeer => Problem::new(Code::UntrustedProxy)
            .detail("nothing was decided: this address is not among the trusted proxies of the configuration"),
        Refused::NoOriginal(NoOriginal::Path(ambiguous)) => Problem::new(Code::AmbiguousPath).detail(ambiguous.0),
        Refused::NoOriginal(other) => Problem::new(Code::AmbiguousRequest).detail(other.to_string()),
        Refused::Denied { refusal, basic } => {
            let problem = if refusal == Refusal::InsecureTransport { transport::problem() } else { Problem::new(code(refusal)) };
            gateway::challenges(refusal, basic).fold(problem, |problem, challenge| problem.header(WWW_AUTHENTICATE, challenge))
        }
        Refused::Unavailable => Code::Unavailable.into(),
    }
}

/// What the caller outside is told of a refusal.
fn code(refusal: Refusal) -> Code {
    match refusal.outward() {
        Outward::Unauthenticated => Code::Unauthenticated,
        Outward::InvalidToken => Code::InvalidToken,
        Outward::InsufficientScope if refusal == Refusal::WrongApi => Code::WrongApi,
        Outward::InsufficientScope => Code::InsufficientScope,
        Outward::InsecureTransport => Code::InsecureTransport,
    }
}

//! From a call to its answer: every path that is not a clear yes is a refusal.

use domain::Refusal;
use domain::presentation::Presentation;
use domain::refusal::Outward;
use http::{HeaderMap, HeaderValue};
use verifier::{Asked, Proof, Question, Verdict, Verifier};

use crate::announced;
use crate::call::{Call, Read, Single, target};
use crate::granted::{Granted, Subject};
use crate::original::{NoOriginal, Original};
use crate::transport::{Transport, Trust};

/// Why a call is not answered with yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The peer is not among the trusted proxies: nothing was decided.
    UntrustedPeer,
    /// The call names no request that can be decided on.
    NoOriginal(NoOriginal),
    /// The credential, or its absence, does not allow the request.
    Denied {
        /// Why; the caller outside is told less, see [`Refusal::outward`].
        refusal: Refusal,
        /// Whether the API takes `Basic`, so that a browser may ask for it.
        basic: bool,
    },
    /// It cannot be known now: 503, neither yes nor no.
    Unavailable,
}

/// Answers a call of forward-auth: on yes, the headers that tell of the caller are written to `answer`, and those that the API's owner
/// has announced for its answer.
pub fn decide(verifier: &Verifier, trust: &Trust, call: &Call<'_>, answer: &mut HeaderMap) -> Result<(), Refused> {
    if !trust.proxies.contains(call.peer) {
        return Err(Refused::UntrustedPeer);
    }
    let (api, appended) = target(call.target).unwrap_or_default();
    let read = Read::of(call.headers);
    let denied = |refusal| Refused::Denied { refusal, basic: takes_basic(verifier, api) };
    let once = (at_most_once(read.authorization), at_most_once(read.api_key), at_most_once(read.dpop));
    let (Some(authorization), Some(api_key), Some(dpop)) = once else { return Err(denied(Refusal::MalformedCredential)) };
    let transport = trust.as_told(read.told, call.peer, call.tls, || read.told_address(call, &trust.proxies));
    let original = Original::of(call, appended, &read);
    let question = Question {
        api,
        authorization,
        api_key,
        proof: None,
        asked: original.as_ref().map_or(Asked::Identity, |original| Asked::Request { method: original.method, path: &original.path }),
        // Only a route says what a path names.
        workspace: None,
        address: Some(read.address(call, &trust.proxies)),
        now: call.now,
        request: *call.request_id,
    };
    if transport == Transport::Plain && verifier.expose(&question) {
        return Err(denied(Refusal::InsecureTransport));
    }
    let original = original.as_ref().map_err(|cause| Refused::NoOriginal(*cause))?;
    let url = dpop.and_then(|_| public_url(verifier, api, &original.path));
    let proof = dpop.zip(url.as_deref()).map(|(value, uri)| Proof { value, method: original.method, uri });
    let question = Question { proof, ..question };
    match verifier.check(&question).map_err(|_| Refused::Unavailable)? {
        Verdict::Allow(allowed) => {
            let subject = Subject::of(&allowed.facts);
            let credential = Some(allowed.facts.id);
            let delegation = allowed.place.delegation();
            let granted = Granted { credential, subject, workspace: allowed.workspace, delegation, permissions: allowed.permissions };
            granted.write(Some(&allowed.api), call.request_id, answer);
            announced::write(allowed.api.announced(Some((original.method, &original.path))), answer);
            Ok(())
        }
        Verdict::Anonymous { workspace } => {
            Granted { credential: None, subject: None, workspace, delegation: None, permissions: 0 }.write(None, call.request_id, answer);
            announced::write(verifier.announced(api, Some((original.method, &original.path))), answer);
            Ok(())
        }
        Verdict::Deny(refused) => Err(denied(refused.refusal)),
    }
}

/// The URL of a request as its caller knows it: at the origin of the API's resource identifier. What a proxy says of the host is not
/// asked, as it may be its caller's word.
fn public_url(verifier: &Verifier, api: &str, path: &str) -> Option<String> {
    let api = verifier.api(api)?;
    let (scheme, rest) = api.definition().resource.as_deref()?.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    Some(format!("{scheme}://{authority}{path}"))
}

/// The values of `WWW-Authenticate` that go with a refusal (RFC 9110 section 11.6.1, RFC 6750 section 3); every
/// reason why a credential does not count has the same ones, but for an access token whose key was not proven (RFC 9449 section 7.1).
pub fn challenges(refusal: Refusal, basic: bool) -> impl Iterator<Item = HeaderValue> {
    const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"poort\", charset=\"UTF-8\"");
    const DPOP: HeaderValue = HeaderValue::from_static("DPoP realm=\"poort\", error=\"invalid_token\", algs=\"ES256 EdDSA RS256 PS256\"");
    let first = match refusal.outward() {
        _ if refusal == Refusal::ProofMissing => DPOP,
        Outward::Unauthenticated => HeaderValue::from_static("Bearer realm=\"poort\""),
        Outward::InvalidToken => HeaderValue::from_static("Bearer realm=\"poort\", error=\"invalid_token\""),
        Outward::InsufficientScope => HeaderValue::from_static("Bearer realm=\"poort\", error=\"insufficient_scope\""),
        Outward::InsecureTransport => HeaderValue::from_static(
            "Bearer realm=\"poort\", error=\"invalid_request\", error_description=\"credentials are not taken over plain HTTP\"",
        ),
    };
    let is_about_credentials = matches!(refusal.outward(), Outward::Unauthenticated | Outward::InvalidToken);
    std::iter::once(first).chain((basic && is_about_credentials).then_some(BASIC))
}

fn takes_basic(verifier: &Verifier, api: &str) -> bool {
    verifier.api(api).is_some_and(|api| api.takes(Presentation::Basic))
}

fn at_most_once(header: Single<'_>) -> Option<Option<&[u8]>> {
    match header {
        Single::Absent => Some(None),
        Single::Once(value) => Some(Some(value)),
        Single::Repeated => None,
    }
}

//! Refusals of the endpoints, on their way to whoever explains them: what is told of each, beside the answer.
//!
//! An endpoint says why in its [`ConnectError`], or in the extensions of a page. [`tell`] sees every answer, so that none is without an
//! explanation: what an endpoint says nothing about is told as what its status means.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::response::Response;
use domain::refused_request::{MAX_ANSWER_BYTES, RefusedRequest};
use domain::verify::{Facts, Owner};
use domain::{Because, Cause, ClientRefusal, CredentialId, Flow, Kind, OrganisationId, PersonId, Refusal, RequestId};
use http::StatusCode;
use verifier::{Client, network};

use super::client::Authenticated;
use super::error::Code;
use super::{Connect, Route};
use crate::console::failure::Detail;
use crate::edge;

/// Why an endpoint refuses, with what is known by then; in the extensions of its answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) cause: Option<Cause>,
    pub(super) flow: Option<Flow>,
    pub(super) whose: Whose,
    /// The person who had consented, or sits at the browser.
    pub(super) person: Option<PersonId>,
    pub(super) about: Option<[u8; 16]>,
    /// The error as the client is told it, and in which words.
    pub(super) answer: Option<(&'static str, Cow<'static, str>)>,
}

/// Whose client it is, or whose access token.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Whose {
    credential: Option<(CredentialId, Kind)>,
    organisation: Option<OrganisationId>,
    /// Whether it was proved: a name anybody can send.
    is_proven: bool,
}

impl Whose {
    /// A client that was named.
    pub(super) fn named(client: &Client) -> Self {
        Self { credential: Some((client.id, Kind::OrganisationKey)), organisation: client.organisation, is_proven: false }
    }

    /// A client that has authenticated, or a public one.
    pub(super) fn authenticated(authenticated: &Authenticated) -> Self {
        Self { is_proven: authenticated.method.is_some(), ..Self::named(&authenticated.client) }
    }

    /// It was proved.
    #[must_use]
    pub(super) fn proven(self) -> Self {
        Self { is_proven: true, ..self }
    }
}

impl Told {
    /// A cause with nothing more to tell.
    pub(super) fn because(cause: impl Into<Cause>) -> Self {
        Self { cause: Some(cause.into()), ..Self::default() }
    }

    /// As a use case says.
    pub(super) fn of(because: Because) -> Self {
        let Because { refusal, person, about } = because;
        Self { person, about, ..Self::because(refusal) }
    }

    /// About an access token, ended or not.
    pub(super) fn access_token(cause: impl Into<Cause>, facts: &Facts) -> Self {
        let (person, organisation) = match facts.owner {
            Owner::Member { person, organisation, .. } => (Some(person), Some(organisation)),
            Owner::Organisation { organisation, .. } => (None, Some(organisation)),
            Owner::Api(_) | Owner::Operator => (None, None),
        };
        let whose = Whose { credential: Some((facts.id, facts.kind)), organisation, is_proven: true };
        Self { whose, person, ..Self::because(cause) }
    }

    /// Put beside an answer.
    pub(super) fn beside(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}

/// What a request to an endpoint was, without anything that stood in it.
pub(super) struct Asked {
    pub(super) edge: edge::Context,
    pub(super) address: IpAddr,
}

/// What the endpoints are for; nothing for documents, and for the pages where people type a device's code.
pub(super) fn flow(path: &str) -> Option<Flow> {
    Some(match path {
        "/connect/token" => Flow::Token,
        "/connect/par" => Flow::Par,
        "/connect/deviceauthorization" => Flow::DeviceAuthorization,
        "/connect/introspect" => Flow::Introspection,
        "/connect/revocation" | "/connect/revoke" => Flow::Revocation,
        "/connect/userinfo" => Flow::Userinfo,
        "/connect/endsession" => Flow::EndSession,
        _ if path.starts_with("/connect/authorize") => Flow::Authorize,
        _ if path.starts_with("/connect/register") => Flow::Registration,
        _ => return None,
    })
}

/// What an error means of which an endpoint says no more; nothing where it is no refusal.
pub(super) const fn cause(code: Code) -> Option<Cause> {
    Some(Cause::Client(match code {
        Code::InvalidRequest
        | Code::UnsupportedResponseType
        | Code::UnsupportedTokenType
        | Code::InvalidRequestObject
        | Code::RequestNotSupported
        | Code::RegistrationNotSupported
        | Code::InvalidRedirectUri
        | Code::InvalidClientMetadata
        | Code::InvalidSoftwareStatement
        | Code::UnapprovedSoftwareStatement
        | Code::MethodNotAllowed
        | Code::TooLarge => ClientRefusal::RequestWrong,
        Code::InvalidClient => ClientRefusal::ClientUnreadable,
        Code::InvalidGrant => ClientRefusal::NotIssued,
        Code::UnauthorizedClient => ClientRefusal::GrantTypeNotAllowed,
        Code::UnsupportedGrantType => ClientRefusal::GrantTypeUnknown,
        Code::InvalidScope => ClientRefusal::ScopeWrong,
        Code::InvalidTarget => ClientRefusal::ResourceWrong,
        Code::InvalidDpopProof | Code::UseDpopNonce => ClientRefusal::ProofWrong,
        Code::AccessDenied => ClientRefusal::PersonRefused,
        Code::ExpiredToken => ClientRefusal::DeviceExpired,
        Code::TooManyRequests => ClientRefusal::TooMany,
        Code::InvalidToken => return Some(Cause::Check(Refusal::UnknownCredential)),
        Code::InsufficientScope => return Some(Cause::Check(Refusal::PermissionMissing)),
        Code::AuthorizationPending | Code::SlowDown | Code::Internal | Code::Unavailable => return None,
    }))
}

/// What the client is told.
pub(super) fn code(refusal: ClientRefusal) -> Code {
    let named = Code::ALL.iter().copied().find(|code| code.as_str() == refusal.error());
    named.unwrap_or(Code::InvalidRequest)
}

/// Where people read why.
pub(super) fn page(issuer: &str, request: &RequestId) -> String {
    format!("{issuer}/activity/why?id={request}")
}

/// Hands a refusal to whoever explains it. What is kept is made only where there is room for it; nobody waits.
pub(super) fn tell(connect: &Connect, route: &Route, asked: &Asked, response: &mut Response) {
    let told: Option<Told> = response.extensions_mut().remove();
    let status = response.status();
    let (Some(flow), true) = (flow(route.path), told.is_some() || is_refused(status)) else { return };
    let mut told = told.unwrap_or_else(|| {
        let detail: Option<Detail> = response.extensions_mut().remove();
        Told { answer: detail.map(|Detail(words)| ("", Cow::Owned(words))), ..Told::because(of_page(status)) }
    });
    let Some(mut cause) = told.cause else { return };
    if cause == ClientRefusal::RequestWrong.into() && told.whose.credential.is_some() {
        // Whoever it is from was looked at before the rest of it.
        cause = ClientRefusal::ParameterWrong.into();
    }
    let answer = told.answer.take();
    connect.authority.verifier().tell_refused(told.whose.is_proven, || RefusedRequest {
        request: asked.edge.request_id,
        at: asked.edge.now,
        cause,
        flow: told.flow.or(Some(flow)),
        answer: answer.map(|(error, words)| written(error, &words)),
        about: told.about,
        api: None,
        asked: Some((route.method.as_str().to_owned(), route.path.to_owned())),
        permission: None,
        workspace: None,
        credential: told.whose.credential.map(|(id, _)| id),
        kind: told.whose.credential.map(|(_, kind)| kind),
        person: told.person,
        organisation: told.whose.organisation,
        address: Some(network(asked.address)),
    });
}

/// 422 is a form that is shown once more, not a refusal.
fn is_refused(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::UNPROCESSABLE_ENTITY
}

fn of_page(status: StatusCode) -> ClientRefusal {
    match status {
        StatusCode::TOO_MANY_REQUESTS => ClientRefusal::TooMany,
        StatusCode::FORBIDDEN => ClientRefusal::PageOver,
        _ => ClientRefusal::RequestWrong,
    }
}

fn written(error: &str, words: &str) -> String {
    let mut text = if error.is_empty() { words.to_owned() } else { format!("{error}: {words}") };
    text.truncate(text.floor_char_boundary(MAX_ANSWER_BYTES));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::ROUTES;

    #[test]
    fn every_refusal_is_answered_with_the_error_of_the_table() {
        // These are told by a redirect or on a page only.
        let of_people = ["invalid_request_uri", "login_required", "unmet_authentication_requirements"];
        for refusal in ClientRefusal::ALL {
            let code = code(*refusal);
            assert!(code.as_str() == refusal.error() || of_people.contains(&refusal.error()), "{refusal:?}");
            assert_eq!(code.status().as_u16(), refusal.status(), "{refusal:?}");
        }
    }

    #[test]
    fn every_endpoint_for_clients_is_explained() {
        for route in ROUTES.iter().filter(|route| route.path.starts_with("/connect/") && route.path != "/connect/jwks") {
            assert!(flow(route.path).is_some(), "{}", route.path);
        }
    }
}

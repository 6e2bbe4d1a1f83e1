//! The checks of the table, one function each.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::client::{ClientDefinition, GrantType, Profile};

use super::pipeline::{AuthorizationRequest, ErrorCode, Given, ObjectState, Prompt, Refused, Reply, ResponseMode};
use super::scope as scopes;

type Checked = Result<(), Refused>;

/// What may stand once at most. `resource` may repeat (RFC 8707 section 2).
const ONCE: [&str; 20] = [
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "display",
    "prompt",
    "max_age",
    "ui_locales",
    "claims_locales",
    "claims",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "request",
    "request_uri",
    "registration",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
];
/// The longest `state`, in bytes: a browser must be able to carry it in a URL.
const MAX_STATE_BYTES: usize = 8_192;
/// FAPI 2.0 section 5.3.2.2 asks for 64 characters at least.
const MAX_NONCE_BYTES: usize = 512;
const MAX_RESOURCES: usize = 4;
const MAX_LOGIN_HINT_BYTES: usize = 320;

fn invalid(description: &'static str) -> Refused {
    ErrorCode::InvalidRequest.because(description)
}

fn definition<'a>(given: &Given<'a>) -> Result<&'a ClientDefinition, Refused> {
    given.client.map(|known| &*known.client.definition).ok_or(ErrorCode::InvalidClient.because("client_id is unknown"))
}

/// `client_id` names a client that works.
pub(super) fn client(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    let named = given.parameters.one("client_id").map_err(|_| invalid("client_id stands twice"))?;
    named.ok_or(invalid("client_id is missing"))?;
    definition(given)?;
    match given.client {
        Some(known) if known.works.is_ok() => Ok(()),
        _ => Err(ErrorCode::InvalidClient.because("the client does not work now")),
    }
}

/// `redirect_uri` is a registered one. It may be left out where one only is registered (OAuth 2.1 section 2.3.2); pushed requests
/// of FAPI 2.0 always name it.
pub(super) fn redirect_uri(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    let definition = definition(given)?;
    let sent = given.parameters.one("redirect_uri").map_err(|_| invalid("redirect_uri stands twice"))?;
    request.redirect_uri = match (sent, definition.redirect_uris.as_slice()) {
        (Some(sent), _) => {
            definition.redirect_uri(sent).ok_or(invalid("redirect_uri is not registered for this client"))?;
            sent.to_owned()
        }
        (None, [only]) if definition.profile == Profile::Default => only.clone(),
        (None, _) => return Err(invalid("redirect_uri is missing")),
    };
    request.sent_redirect_uri = sent.map(str::to_owned);
    Ok(())
}

/// From here on the client is told. A mode or state that is wrong is told without it.
pub(super) fn reply(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    let mode = given.parameters.get("response_mode").and_then(ResponseMode::named).unwrap_or_default();
    let state = given.parameters.get("state").filter(|state| state.len() <= MAX_STATE_BYTES).map(str::to_owned);
    request.reply = Some(Reply { redirect_uri: request.redirect_uri.clone(), mode, state });
    Ok(())
}

/// RFC 6749 section 3.1.
pub(super) fn each_once(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    let doubled = ONCE.into_iter().any(|name| given.parameters.one(name).is_err());
    if doubled { Err(invalid("a parameter stands twice")) } else { Ok(()) }
}

/// A request object is right, and the parameters are its own (RFC 9101 section 6.3).
pub(super) fn request_object(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    match given.object {
        ObjectState::None | ObjectState::Good => Ok(()),
        ObjectState::NotSupported => Err(ErrorCode::RequestNotSupported.because("this client has no keys for request objects")),
        ObjectState::Wrong => Err(ErrorCode::InvalidRequestObject.because("the request object is not right")),
    }
}

/// Nothing is ever fetched. A `request_uri` of ours never gets here: what was pushed stands in its place.
pub(super) fn request_uri(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    match given.parameters.get("request_uri") {
        Some(_) => {
            Err(ErrorCode::RequestUriNotSupported.because("only a request_uri of the pushed_authorization_request_endpoint is taken"))
        }
        None => Ok(()),
    }
}

pub(super) fn registration(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    match given.parameters.get("registration") {
        Some(_) => Err(ErrorCode::RegistrationNotSupported.because("registration is not taken here")),
        None => Ok(()),
    }
}

pub(super) fn grant_type(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    if definition(given)?.may(GrantType::AuthorizationCode) {
        return Ok(());
    }
    Err(ErrorCode::UnauthorizedClient.because("this client may not use authorization codes"))
}

/// RFC 9126 section 6.
pub(super) fn pushed(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    if definition(given)?.requires_pushed_requests && !given.is_pushed {
        return Err(invalid("this client must push its requests (RFC 9126)"));
    }
    Ok(())
}

pub(super) fn response_type(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    match given.parameters.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(ErrorCode::UnsupportedResponseType.because("response_type must be code")),
        None => Err(invalid("response_type is missing")),
    }
}

pub(super) fn response_mode(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    match given.parameters.get("response_mode").map(ResponseMode::named) {
        Some(None) => Err(invalid("response_mode must be query or form_post")),
        _ => Ok(()),
    }
}

pub(super) fn state(given: &Given<'_>, _: &mut AuthorizationRequest) -> Checked {
    let long = given.parameters.get("state").is_some_and(|state| state.len() > MAX_STATE_BYTES);
    if long { Err(invalid("state is longer than 8192 bytes")) } else { Ok(()) }
}

/// RFC 7636 section 4.4.1: `S256` only; whoever cannot keep a secret, and every profile, must use it (RFC 9700 section 2.1.1). A
/// challenge without a method would be `plain`.
pub(super) fn code_challenge(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    let definition = definition(given)?;
    let (challenge, method) = (given.parameters.get("code_challenge"), given.parameters.get("code_challenge_method"));
    let Some(challenge) = challenge else {
        return match (method, definition.requires_code_challenge()) {
            (_, true) => Err(invalid("code_challenge is missing: this client must use PKCE (RFC 7636)")),
            (Some(_), false) => Err(invalid("code_challenge is missing")),
            (None, false) => Ok(()),
        };
    };
    if method != Some("S256") {
        return Err(invalid("code_challenge_method must be S256"));
    }
    thumbprint(challenge).ok_or(invalid("code_challenge must be 43 characters of base64url"))?;
    request.code_challenge = Some(challenge.to_owned());
    Ok(())
}

/// RFC 9449 section 10.
pub(super) fn dpop_jkt(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    let Some(text) = given.parameters.get("dpop_jkt") else { return Ok(()) };
    request.key_thumbprint = Some(thumbprint(text).ok_or(invalid("dpop_jkt must be 43 characters of base64url"))?);
    Ok(())
}

/// The 32 bytes of SHA-256 that 43 characters of base64url are.
fn thumbprint(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// RFC 8707 section 2: letter by letter the resource of an API.
pub(super) fn resource(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    for resource in given.parameters.all("resource") {
        let known = given.apis.iter().any(|api| api.definition().resource.as_deref() == Some(resource) && scopes::takes_access_tokens(api));
        if !known || request.resources.len() == MAX_RESOURCES {
            return Err(ErrorCode::InvalidTarget.because("resource is unknown, or there are more than 4"));
        }
        request.resources.push(resource.to_owned());
    }
    Ok(())
}

pub(super) fn scope(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    let asked = scopes::asked(definition(given)?, given.parameters.get("scope"), &request.resources, given.apis);
    request.scope = asked.map_err(|description| ErrorCode::InvalidScope.because(description))?;
    Ok(())
}

pub(super) fn nonce(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    request.nonce = given.parameters.get("nonce").map(str::to_owned);
    let long = request.nonce.as_ref().is_some_and(|nonce| nonce.len() > MAX_NONCE_BYTES);
    if long { Err(invalid("nonce is longer than 512 bytes")) } else { Ok(()) }
}

/// OpenID Connect Core section 3.1.2.1: `none` stands alone.
pub(super) fn prompt(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    let values: Vec<&str> = given.parameters.get("prompt").unwrap_or_default().split(' ').filter(|value| !value.is_empty()).collect();
    if values.iter().any(|value| !Prompt::ALL.contains(value)) {
        return Err(invalid("prompt must be made of none, login, consent, select_account"));
    }
    let has = |value| values.contains(&value);
    let prompt = Prompt { none: has("none"), login: has("login"), consent: has("consent"), select_account: has("select_account") };
    if prompt.none && values.len() > 1 {
        return Err(invalid("prompt=none stands alone"));
    }
    request.prompt = prompt;
    Ok(())
}

pub(super) fn max_age(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    let Some(text) = given.parameters.get("max_age") else { return Ok(()) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    request.max_age = Some(text.parse().ok().filter(|_| digits).ok_or(invalid("max_age must be a number of seconds"))?);
    Ok(())
}

pub(super) fn acr_values(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    let values = given.parameters.get("acr_values").unwrap_or_default();
    request.acr_values = values.split(' ').filter(|value| !value.is_empty()).map(str::to_owned).collect();
    Ok(())
}

/// An ID token of ours; that it has expired does not matter.
pub(super) fn id_token_hint(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    request.hinted = given.hinted.map(str::to_owned);
    let is_wrong = given.parameters.get("id_token_hint").is_some() && request.hinted.is_none();
    if is_wrong { Err(invalid("id_token_hint is no ID token of this server for this client")) } else { Ok(()) }
}

pub(super) fn login_hint(given: &Given<'_>, request: &mut AuthorizationRequest) -> Checked {
    let hint = given.parameters.get("login_hint").filter(|hint| hint.len() <= MAX_LOGIN_HINT_BYTES);
    request.login_hint = hint.map(str::to_owned);
    Ok(())
}

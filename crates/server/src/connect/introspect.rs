//! `POST /connect/introspect`: what a token is worth at this moment (RFC 7662), as JSON or signed (RFC 9701).

use std::sync::Arc;

use authority::{Caller, Introspected};
use axum::body::Body;
use axum::response::Response;
use domain::api::Api;
use domain::presentation::{self, Presentation, Presented};
use domain::verify::Owner;
use domain::{ClientRefusal, Refusal};
use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use jose::claims::{Audience, NumericDate};
use jose::response::IntrospectionClaims;
use serde_json::{Map, Value};
use verifier::Client;

use super::call::Call;
use super::error::{Code, ConnectError, JSON, NO_STORE};
use super::form::Form;
use super::refusal::Whose;
use super::{Connect, authenticate};

const SIGNED: &str = "application/token-introspection+jwt";
/// An answer about an access token is seldom longer.
const USUAL_BYTES: usize = 768;
const INACTIVE: &str = "{\"active\":false}";
const BEARER: (HeaderName, HeaderValue) = (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"poort\""));
const BASIC: (HeaderName, HeaderValue) = (WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"poort\", charset=\"UTF-8\""));

/// Who may ask: an API about what is shown to it, a client about what it got.
enum Asker {
    Api(Arc<Api>),
    Client(Arc<Client>),
}

impl Asker {
    fn whose(&self) -> Whose {
        match self {
            Self::Api(_) => Whose::default(),
            Self::Client(client) => Whose::named(client).proven(),
        }
    }
}

/// Answers an API or a client. What a token is, its text tells: `token_type_hint` changes nothing.
pub(super) async fn answer(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let form = Form::read(&call.parts.headers, &call.body)?;
    let asker = match api(&connect, &call)? {
        Some(api) => Asker::Api(api),
        // In a place of its own: what it needs to wait is not moved about for the many that ask with an API's credential.
        None => Asker::Client(Box::pin(client(&connect, &call, &form)).await?),
    };
    let text = form.required("token").map_err(|error| error.by(asker.whose()))?;
    let (now, issuer) = (call.edge.now, &connect.issuer);
    let found = match &asker {
        Asker::Api(api) => connect.authority.introspect_for_api(api, text, issuer, (call.edge.request_id, now))?,
        Asker::Client(client) => Box::pin(connect.authority.introspect_for_client(client, text, issuer, now)).await?,
    };
    let body = match &found {
        Some(found) => {
            let mut body = Vec::with_capacity(USUAL_BYTES);
            write(&mut body, found).map_err(|_| Code::Internal)?;
            body
        }
        None => INACTIVE.into(),
    };
    let accepts_signed = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains(SIGNED));
    let (body, content_type) = if call.parts.headers.get_all(ACCEPT).iter().any(accepts_signed) {
        (Box::pin(sign(&connect, &asker, &body, &call)).await?.into_bytes(), HeaderValue::from_static(SIGNED))
    } else {
        (body, JSON)
    };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.reserve(12);
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, NO_STORE);
    Ok(response)
}

fn presented(call: &Call) -> Option<Presented<'_>> {
    presentation::read(call.parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes), None).ok().flatten()
}

/// The API that asks, if it is one: it shows its credential as `Bearer`, or with `Basic` beside its name.
fn api(connect: &Connect, call: &Call) -> Result<Option<Arc<Api>>, ConnectError> {
    let presented = presented(call);
    let facts = match &presented {
        Some(presented) if matches!(presented.presentation, Presentation::Bearer | Presentation::Basic) => {
            connect.authority.verifier().authenticate(Some(presented), call.edge.now, &[])?.ok()
        }
        _ => None,
    };
    if let (Some(Owner::Api(number)), Some(presented)) = (facts.map(|facts| facts.owner), &presented)
        && let Some(api) = connect.authority.verifier().api_by_number(number)
        && presented.username.as_ref().is_none_or(|username| username == api.name())
    {
        return Ok(Some(api));
    }
    Ok(None)
}

/// The client that asks: it authenticates as everywhere.
async fn client(connect: &Connect, call: &Call, form: &Form<'_>) -> Result<Arc<Client>, ConnectError> {
    let header = call.parts.headers.get(AUTHORIZATION);
    let is_basic = presented(call).is_some_and(|presented| presented.presentation == Presentation::Basic);
    if is_basic || header.is_none() && (form.get("client_secret").is_some() || form.get("client_assertion").is_some()) {
        let authenticated = authenticate(connect, call, form).await?;
        if authenticated.method.is_some() {
            return Ok(authenticated.client);
        }
        return Err(no_credential().because(ClientRefusal::ClientUnproven).by(Whose::authenticated(&authenticated)));
    } else if header.is_some() {
        let refused = super::client::refuse(connect, "introspection", call);
        if refused.code() == Code::TooManyRequests {
            return Err(refused);
        }
    }
    let refusal = if header.is_some() { Refusal::UnknownCredential } else { Refusal::MissingCredential };
    Err(no_credential().because(refusal))
}

fn no_credential() -> ConnectError {
    ConnectError::new(Code::InvalidToken)
        .describe("this needs an API credential, or a client")
        .header(BEARER.0, BEARER.1)
        .header(BASIC.0, BASIC.1)
}

/// The same as `serde_json` writes, member by member: most of them are text in which nothing needs an escape.
fn write(body: &mut Vec<u8>, found: &Introspected) -> Result<(), serde_json::Error> {
    let Introspected { active, scope, client_id, token_type, exp, iat, nbf, sub, aud, iss, jti, organisation, cnf, act } = found;
    let mut before: &[u8] = b"{\"";
    let mut name = |body: &mut Vec<u8>, name: &str| {
        body.extend_from_slice(std::mem::replace(&mut before, b",\""));
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"\":");
    };
    name(body, "active");
    serde_json::to_writer(&mut *body, active)?;
    let texts = [("scope", Some(&**scope)), ("client_id", client_id.as_deref()), ("token_type", *token_type), ("sub", Some(sub))];
    let more = [("iss", Some(&**iss)), ("jti", Some(jti)), ("organisation", organisation.as_deref())];
    for (member, value) in texts.into_iter().chain(more) {
        let Some(value) = value else { continue };
        name(body, member);
        text(body, value)?;
    }
    for (member, value) in [("exp", exp), ("iat", iat), ("nbf", nbf)] {
        let Some(value) = value else { continue };
        name(body, member);
        serde_json::to_writer(&mut *body, value)?;
    }
    if let Some(aud) = aud {
        name(body, "aud");
        match aud {
            Audience::One(aud) => text(body, aud)?,
            Audience::Several(_) => serde_json::to_writer(&mut *body, aud)?,
        }
    }
    if let Some(cnf) = cnf {
        name(body, "cnf");
        serde_json::to_writer(&mut *body, cnf)?;
    }
    if let Some(act) = act {
        name(body, "act");
        serde_json::to_writer(&mut *body, act)?;
    }
    body.push(b'}');
    Ok(())
}

fn text(body: &mut Vec<u8>, value: &str) -> Result<(), serde_json::Error> {
    if !value.bytes().fold(true, |plain, byte| plain & (byte >= b' ' && byte != b'"' && byte != b'\\')) {
        return serde_json::to_writer(body, value);
    }
    body.push(b'"');
    body.extend_from_slice(value.as_bytes());
    body.push(b'"');
    Ok(())
}

/// RFC 9701 section 5: the answer stands within, so that nobody takes it for a token.
async fn sign(connect: &Connect, asker: &Asker, body: &[u8], call: &Call) -> Result<String, ConnectError> {
    let token_introspection: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Code::Internal)?;
    let (aud, algorithm) = match asker {
        Asker::Api(api) => {
            let resource = api.definition().resource.as_deref();
            (resource.unwrap_or(api.name()).to_owned(), api.definition().access_token_algorithm)
        }
        Asker::Client(client) => (client.definition.client_id.clone(), client.definition.id_token_algorithm),
    };
    let algorithm = authority::signing_algorithm(algorithm);
    connect.authority.ensure_signing_key(&call.context(Caller::System), algorithm).await?;
    let claims = IntrospectionClaims { iss: connect.issuer.clone(), aud, iat: NumericDate::from(call.edge.now), token_introspection };
    Ok(connect.authority.sign(algorithm, &claims)?)
}

#[cfg(test)]
mod tests {
    use jose::claims::{Actor, Confirmation};

    use super::*;

    #[test]
    fn it_is_written_as_serde_would() {
        let actor = Actor { sub: "prtk_x".to_owned(), act: None };
        let all = Introspected {
            active: true,
            scope: "a \"b\" \\ \u{e9}\n".to_owned(),
            client_id: Some("prtk_x".to_owned()),
            token_type: Some("Bearer"),
            exp: Some(-1),
            iat: Some(1_800_000_000),
            nbf: Some(0),
            sub: "\u{1}".to_owned(),
            aud: Some(Audience::Several(vec!["https://a.example/\"".to_owned(), "b".to_owned()])),
            iss: "https://account.example".to_owned(),
            jti: "x".to_owned(),
            organisation: Some("y".to_owned()),
            cnf: Some(Confirmation { jkt: "z".to_owned() }),
            act: Some(actor),
        };
        let few = Introspected {
            client_id: None,
            token_type: None,
            exp: None,
            iat: None,
            nbf: None,
            aud: Some(Audience::One("a\u{7f}".to_owned())),
            organisation: None,
            cnf: None,
            act: None,
            ..all.clone()
        };
        for found in [all, few] {
            let mut body = Vec::new();
            write(&mut body, &found).expect("written");
            let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
            assert_eq!(read(&body), read(serde_json::to_string(&found).expect("written").as_bytes()));
        }
    }
}

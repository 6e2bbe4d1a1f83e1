//! Which parameters of an authorization request count: those of the request itself, of a request object, or of a pushed request.

use std::sync::Arc;

use authority::authorize::{self, AuthorizationRequest, Failed, Given, ObjectState, Parameters, REQUEST_URI, Reply};
use authority::{Error, Outage};
use domain::{ClientRefusal, Digest, Timestamp};
use http::Method;
use jose::{JwkSet, id_token_hint, request_object};
use serde::{Deserialize, Serialize};
use verifier::{Client, KnownClient, Unavailable};

use crate::connect::client_keys::{NoKeys, algorithms};
use crate::connect::form::decoded;
use crate::connect::{Call, Connect};

/// The longest query or body that is read, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Reads the parameters: of a `POST` from its query and its body (a parameter that stands in both stands twice). `None` where they
/// cannot be read.
pub(super) fn read(call: &Call) -> Option<Parameters> {
    let mut pairs = Vec::new();
    decode(call.parts.uri.query().unwrap_or_default(), &mut pairs)?;
    if call.parts.method == Method::POST {
        let is_form = crate::connect::form::is_form(&call.parts.headers);
        decode(std::str::from_utf8(&call.body).ok().filter(|_| is_form)?, &mut pairs)?;
    }
    Parameters::new(pairs)
}

fn decode(text: &str, pairs: &mut Vec<(String, String)>) -> Option<()> {
    if text.len() > MAX_BYTES {
        return None;
    }
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((decoded(name).ok()?.into_owned(), decoded(value).ok()?.into_owned()));
    }
    Some(())
}

/// A request with the parameters that count, as it waits for a person.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) parameters: Parameters,
    /// The pushed request that it was, by its digest.
    pub(super) pushed: Option<Digest>,
    object: ObjectState,
    /// What its code is made from, besides the browser's secret.
    pub(super) seed: String,
}

/// Why there are no parameters.
pub(super) enum Unreadable {
    /// The `request_uri` is none of ours, of another client, used or over.
    NotPushed,
    Outage(Error),
}

impl From<Error> for Unreadable {
    fn from(error: Error) -> Self {
        Self::Outage(error)
    }
}

impl Pending {
    /// Finds the parameters that count.
    pub(super) async fn of(connect: &Connect, parameters: Parameters, now: Timestamp) -> Result<Self, Unreadable> {
        let seed = super::seed(connect).map_err(Error::from)?;
        if let Some(request_uri) = parameters.get("request_uri").filter(|uri| uri.starts_with(REQUEST_URI)) {
            let pushed = connect.authority.pushed_request(request_uri, now).await?.ok_or(Unreadable::NotPushed)?;
            // RFC 9126 section 4: whoever names it must be the client that pushed it.
            if parameters.get("client_id").is_none() || parameters.get("client_id") != pushed.parameters.get("client_id") {
                return Err(Unreadable::NotPushed);
            }
            return Ok(Self { parameters: pushed.parameters, pushed: Some(pushed.digest), object: ObjectState::None, seed });
        }
        let known = known(connect, &parameters).map_err(Error::from)?;
        let (parameters, object) = match known {
            Some(known) => match read_object(connect, &known.client, parameters.clone(), now).await {
                Ok(read) => read,
                Err(NoKeys::Unusable) => (parameters, ObjectState::Wrong),
                Err(NoKeys::Unreachable) => {
                    return Err(Error::Unavailable(Outage::Internal("the keys of a client cannot be fetched")).into());
                }
            },
            None => (parameters, ObjectState::None),
        };
        Ok(Self { parameters, pushed: None, object, seed })
    }
}

fn known(connect: &Connect, parameters: &Parameters) -> Result<Option<KnownClient>, Unavailable> {
    match parameters.get("client_id") {
        Some(client_id) => connect.authority.verifier().client(client_id),
        None => Ok(None),
    }
}

/// The parameters of the request object in `request`, if there is one; where it is not right, those beside it, to tell the client.
pub(crate) async fn read_object(
    connect: &Connect,
    client: &Client,
    parameters: Parameters,
    now: Timestamp,
) -> Result<(Parameters, ObjectState), NoKeys> {
    let Some(object) = parameters.get("request") else { return Ok((parameters, ObjectState::None)) };
    let definition = &client.definition;
    let judge = |keys: &JwkSet| {
        let algorithms = algorithms(definition);
        let rules = request_object::Rules { client_id: &definition.client_id, keys, algorithms, issuer: &connect.issuer, now };
        request_object::verify(object, &rules)
    };
    let Some(judged) = connect.client_keys.judge(connect.console.outbound(), client, now, judge).await? else {
        return Ok((parameters, ObjectState::NotSupported));
    };
    Ok(match judged {
        Ok(read) => match Parameters::new(read.parameters) {
            Some(inside) => (inside, ObjectState::Good),
            None => (parameters, ObjectState::Wrong),
        },
        Err(cause) => {
            tracing::debug!(client_id = %definition.client_id, %cause, "a request object was refused");
            (parameters, ObjectState::Wrong)
        }
    })
}

/// What the first table looks at.
pub(crate) struct Effective<'p> {
    /// The client, if it is known.
    pub(crate) known: Option<KnownClient>,
    parameters: &'p Parameters,
    is_pushed: bool,
    object: ObjectState,
    hinted: Option<String>,
    apis: Vec<Arc<domain::api::Api>>,
}

impl<'p> Effective<'p> {
    /// Of a request that came to the authorization endpoint.
    pub(super) fn of(connect: &Connect, pending: &'p Pending, now: Timestamp) -> Result<Self, Unavailable> {
        let known = known(connect, &pending.parameters)?;
        Ok(Self { is_pushed: pending.pushed.is_some(), object: pending.object, ..Self::pushed(connect, known, &pending.parameters, now) })
    }

    /// Of a request that a client pushes.
    pub(crate) fn pushed(connect: &Connect, known: Option<KnownClient>, parameters: &'p Parameters, now: Timestamp) -> Self {
        let hint = parameters.get("id_token_hint").zip(parameters.get("client_id"));
        let hinted = hint.and_then(|(hint, client_id)| {
            let hint = id_token_hint::verify(hint, &connect.authority.jwks(now), &connect.issuer, now).ok()?;
            hint.is_for(client_id).then_some(hint.sub)
        });
        let apis = connect.authority.verifier().apis();
        Self { known, parameters, is_pushed: true, object: ObjectState::None, hinted, apis }
    }

    /// With what became of the request object.
    #[must_use]
    pub(crate) fn with_object(self, object: ObjectState) -> Self {
        Self { object, ..self }
    }

    /// Runs the table.
    pub(crate) fn run(&self) -> Result<(Arc<Client>, AuthorizationRequest, Reply), Failed> {
        let request = authorize::run(&Given {
            parameters: self.parameters,
            client: self.known.as_ref(),
            is_pushed: self.is_pushed,
            object: self.object,
            hinted: self.hinted.as_deref(),
            apis: &self.apis,
        })?;
        match (self.known.as_ref(), request.reply.clone()) {
            (Some(known), Some(reply)) => Ok((known.client.clone(), request, reply)),
            // The first checks of the table prove both.
            _ => Err(Failed {
                reply: None,
                refused: authorize::ErrorCode::InvalidClient.because("client_id is unknown"),
                refusal: ClientRefusal::ClientUnknown,
            }),
        }
    }
}

//! `POST /connect/revocation` and `/connect/revoke`: a client ends a token of its own (RFC 7009).

use std::sync::Arc;

use authority::{Caller, Revoked};
use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};

use super::call::Call;
use super::error::{Code, ConnectError, NO_STORE};
use super::form::Form;
use super::refusal::Whose;
use super::{Connect, authenticate};

/// Answers when no node takes the token any more. `token_type_hint` changes nothing: what a token is, its text tells.
pub(super) async fn answer(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let form = Form::read(&call.parts.headers, &call.body)?;
    let token = form.required("token")?;
    let client = authenticate(&connect, &call, &form).await?;
    let context = call.context(Caller::Client { key: client.client.id });
    let whose = Whose::authenticated(&client);
    let revoked = connect.authority.revoke(&context, &client.client, token).await;
    match revoked.map_err(|error| ConnectError::from(error).by(whose))? {
        Revoked::Unsupported => Err(ConnectError::new(Code::UnsupportedTokenType).by(whose)),
        Revoked::Done => {
            let mut response = Response::new(Body::empty());
            // Clients break on an answer without a type, and on 204.
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
            Ok(response)
        }
    }
}

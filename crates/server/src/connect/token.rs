//! `POST /connect/token`: tokens for what a client has been granted (RFC 6749 section 3.2).

use std::sync::Arc;

use axum::response::Response;
use domain::client::GrantType;

use super::call::Call;
use super::error::{Code, ConnectError};
use super::form::Form;
use super::{Connect, authenticate, dpop};

const PATH: &str = "/connect/token";

/// Answers a request for tokens.
pub(super) async fn answer(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let form = Form::read(&call.parts.headers, &call.body)?;
    let grant_type = form.required("grant_type")?;
    let client = authenticate(&connect, &call, &form).await?;
    let grant_type = GrantType::named(grant_type).ok_or(Code::UnsupportedGrantType)?;
    if !client.client.definition.may(grant_type) {
        return Err(Code::UnauthorizedClient.into());
    }
    let _key = dpop::proven_key(&connect, &call, PATH).await?;
    Err(Code::UnsupportedGrantType.into())
}

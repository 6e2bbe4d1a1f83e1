//! One request to an endpoint, before anything of it was looked at by the endpoint itself.

use std::net::IpAddr;

use authority::{Caller, Context};
use axum::RequestExt as _;
use axum::extract::{RawPathParams, Request};
use bytes::Bytes;
use http::Method;
use http::request::Parts;

use super::error::{Code, ConnectError};
use super::{Connect, Route, form};
use crate::edge::{self, body};

/// A request to an endpoint.
pub struct Call {
    /// What the edge knows of it.
    pub edge: edge::Context,
    /// From where it came, as far as that can be known.
    pub address: IpAddr,
    /// Its line and headers.
    pub parts: Parts,
    /// The value of the path's parameter, empty where it has none.
    pub parameter: String,
    /// Its body: for [`super::Form::read`].
    pub body: Bytes,
}

impl Call {
    /// Reads it to its end. Refuses a URL with a secret in it, where the parameters are to be in the body.
    pub(super) async fn open(connect: &Connect, route: &Route, mut request: Request) -> Result<Self, ConnectError> {
        let edge: edge::Context = request.extensions().get().copied().ok_or(Code::Internal)?;
        let parameter = if route.path.ends_with('}') {
            let parameters: Option<RawPathParams> = request.extract_parts().await.ok();
            parameters.iter().flatten().next().map(|(_, value)| value.to_owned()).unwrap_or_default()
        } else {
            String::new()
        };
        let (parts, body) = request.into_parts();
        if route.method == Method::POST {
            form::refuse_secrets(parts.uri.query())?;
        }
        let address = gateway::caller_address(&parts.headers, edge.peer.ip(), &connect.trust.proxies);
        let body = body::read(body).await.map_err(|problem| match problem.code() {
            edge::Code::BodyTooLarge => Code::TooLarge.into(),
            _ => ConnectError::new(Code::InvalidRequest).describe("the body could not be read"),
        })?;
        Ok(Self { edge, address, parts, parameter, body })
    }

    /// In what a use case runs.
    pub fn context(&self, caller: Caller) -> Context {
        let address = Some(self.address.to_canonical().to_string());
        Context { caller, request: self.edge.request_id, now: self.edge.now, address, idempotency: None, reason: None }
    }
}

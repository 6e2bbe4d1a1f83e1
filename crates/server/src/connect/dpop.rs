//! The proof of a key beside a request (RFC 9449 section 5): judged, and used up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::client::ClientDefinition;
use jose::dpop::{self, LONGEST_AGE, Rules};

use super::Connect;
use super::call::Call;
use super::client_keys::algorithms;
use super::error::{Code, ConnectError};

/// The thumbprint of the key that a request proves, if it has a `DPoP` header. A proof counts once, on all nodes together. Nonces are
/// not asked for: what they are to stop, a used proof, is stopped by that.
pub(super) async fn proven_key(
    connect: &Connect,
    client: &ClientDefinition,
    call: &Call,
    path: &str,
) -> Result<Option<[u8; 32]>, ConnectError> {
    let mut values = call.parts.headers.get_all("dpop").iter();
    let proof = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(_), Some(_)) => return Err(wrong("there is more than one DPoP header")),
        (Some(proof), None) => proof.to_str().map_err(|_| Code::InvalidDpopProof)?,
    };
    let rules = Rules {
        method: call.parts.method.as_str(),
        url: &connect.url(path),
        algorithms: algorithms(client),
        access_token: None,
        key: None,
        nonces: &[],
        longest_age: LONGEST_AGE,
        now: call.edge.now,
    };
    let proof = dpop::verify(proof, &rules).map_err(|refusal| wrong(refusal.public()))?;
    if !connect.authority.use_once("dpop", &format!("{} {}", proof.key, proof.jti), proof.expires_at).await? {
        return Err(wrong("the proof was used before"));
    }
    let thumbprint = URL_SAFE_NO_PAD.decode(&proof.key).ok().and_then(|bytes| bytes.try_into().ok());
    thumbprint.map(Some).ok_or_else(|| Code::Internal.into())
}

fn wrong(words: &'static str) -> ConnectError {
    ConnectError::new(Code::InvalidDpopProof).describe(words)
}

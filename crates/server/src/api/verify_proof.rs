//! What an API tells of a DPoP proof that it was sent, in a question of `POST /api/v1/verify`.

use serde::Deserialize;
use utoipa::ToSchema;
use verifier::Proof;

use super::verify::Text;

/// The proof of a key, and of which request (RFC 9449 section 4.3). That a proof is used once only is not looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DpopProof)]
pub(super) struct Dpop<'a> {
    /// The value of the one `DPoP` header that the API was sent.
    #[serde(borrow)]
    #[schema(value_type = String)]
    proof: Text<'a>,
    /// The method of the request that the API was sent.
    #[serde(borrow)]
    #[schema(value_type = String)]
    method: Text<'a>,
    /// Its URL as the caller knows it; query and fragment do not count.
    #[serde(borrow)]
    #[schema(value_type = String)]
    uri: Text<'a>,
}

impl<'a> Dpop<'a> {
    /// As the check takes it.
    pub(super) fn proof(&'a self) -> Proof<'a> {
        Proof { value: self.proof.as_str().as_bytes(), method: self.method.as_str(), uri: self.uri.as_str() }
    }
}

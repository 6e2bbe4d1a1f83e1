//! `id_token_hint`: an ID token of ours that a client sends back (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2).

use domain::Timestamp;

use crate::algorithm::Algorithm;
use crate::claims::{Audience, ClaimSet};
use crate::jwk_set::JwkSet;
use crate::jws::{self, TypeRule};
use crate::refusal::Refusal;

const TYPE: TypeRule = TypeRule::or_none(&["JWT"]);

/// What a hint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTokenHint {
    /// The person, as the client knows them.
    pub sub: String,
    /// The clients that it was for.
    pub audience: Audience,
    /// The client that it was issued to, if it says so.
    pub azp: Option<String>,
    /// The session.
    pub sid: Option<String>,
}

impl IdTokenHint {
    /// Whether it was issued to this client.
    pub fn is_for(&self, client_id: &str) -> bool {
        self.audience.contains(client_id) && self.azp.as_deref().is_none_or(|azp| azp == client_id)
    }
}

/// Judges a hint: ours, signed by a key of ours, an ID token. That it has expired does not count against it: logging out is what
/// somebody does at the end.
pub fn verify(hint: &str, keys: &JwkSet, issuer: &str, now: Timestamp) -> Result<IdTokenHint, Refusal> {
    let verified = jws::verify(hint, TYPE, &Algorithm::ALL, keys)?;
    let claims = ClaimSet::read(&verified.payload)?;
    if claims.required("iss")? != issuer {
        return Err(Refusal::Issuer);
    }
    // What a signed userinfo answer lacks, which has the same type.
    claims.time("exp")?.ok_or(Refusal::Missing("exp"))?;
    claims.time("iat")?.ok_or(Refusal::Missing("iat"))?;
    claims.check_not_ahead(now)?;
    let text = |name| Ok::<_, Refusal>(claims.text(name)?.map(str::to_owned));
    Ok(IdTokenHint { sub: claims.required("sub")?.to_owned(), audience: claims.audience()?, azp: text("azp")?, sid: text("sid")? })
}

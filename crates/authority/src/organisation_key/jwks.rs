//! The public keys that a client registers: none that cannot be used, or that do not protect.

use domain::client::{ClientDefinition, Profile};
use jose::{Algorithm, JwkSet};

/// What is wrong with the keys of a client, if anything is. What a `jwks_uri` gives is looked at when it is fetched.
pub(super) fn problem(definition: &ClientDefinition) -> Option<(String, String)> {
    let told = |problem: String| Some(("jwks".to_owned(), problem));
    let keys = match JwkSet::parse(definition.jwks.as_ref()?.to_string().as_bytes()) {
        Ok(keys) => keys,
        Err(cause) => return told(cause.to_string()),
    };
    // FAPI 2.0 section 5.4.1.
    let is_strict = definition.profile == Profile::Fapi2;
    if is_strict && !keys.keys().iter().any(|key| Algorithm::FAPI.into_iter().any(|algorithm| key.is_for(algorithm))) {
        return told("fapi2 needs a key for ES256, EdDSA or PS256 (FAPI 2.0 section 5.4.1)".to_owned());
    }
    None
}

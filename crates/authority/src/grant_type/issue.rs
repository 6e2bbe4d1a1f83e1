//! The access token itself: what it says, sealed or signed. Nothing is written.

use std::time::Duration;

use domain::access_token::{AccessToken, Few, Parent};
use domain::authorization::Authorization;
use domain::client::{ClientDefinition, Profile, SigningAlgorithm};
use domain::scope::ScopeSet;
use domain::{ClientRefusal, CredentialId, FamilyId, GrantId, PersonId, Secret, Timestamp};
use jose::Algorithm;
use jose::access_token::AccessTokenClaims;
use jose::claims::{Audience, Confirmation};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Asking, GrantError};
use crate::{Authority, id_token};

/// The consent that a token comes from.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) grant: GrantId,
    pub(super) family: FamilyId,
    pub(super) person: PersonId,
    pub(super) authorization: &'a Authorization,
}

/// An access token and how long it lasts.
pub(super) struct IssuedAccess {
    pub(super) text: Secret<String>,
    pub(super) expires_in: u32,
}

impl Authority {
    /// Makes an access token. It lasts no longer than the private key that the client authenticated with.
    pub(super) fn issue_access_token(
        &self,
        asking: &Asking<'_>,
        scopes: &ScopeSet,
        from: Option<From<'_>>,
    ) -> Result<IssuedAccess, GrantError> {
        let issued_at = Timestamp::from_unix_seconds(asking.now.unix_seconds());
        let end = issued_at.saturating_add(self.lifetimes.access_of(&asking.client, from.is_some()));
        let end = asking.private_key.and_then(|key| key.not_after).map_or(end, |not_after| not_after.min(end));
        let expires_at = Timestamp::from_unix_seconds(end.unix_seconds());
        let expires_in = u32::try_from(expires_at.unix_seconds() - issued_at.unix_seconds()).unwrap_or(0);
        let token = AccessToken {
            serial: CredentialId::generate(asking.now, &*self.entropy)?,
            issued_at,
            expires_at,
            key: Parent { id: asking.client.id, generation: asking.client.generation },
            secret: asking.private_key.map(|key| key.id),
            grant: from.map(|from| Parent { id: from.grant, generation: 0 }),
            subject: None,
            exchanged: Few::EMPTY,
            exchanged_secrets: Few::EMPTY,
            session: from.and_then(|from| from.authorization.session),
            family: from.map(|from| from.family),
            key_thumbprint: asking.key_thumbprint,
            identity: scopes.identity,
            audiences: Few::of(scopes.audiences.iter().map(|(_, granted)| *granted)).ok_or(ClientRefusal::ScopeWrong)?,
            actors: Few::EMPTY,
        };
        let text = match signed_with(&asking.client.definition, scopes) {
            None => self.seal_access_token(&token)?,
            Some(algorithm) => self.sign_for(asking, &token, claims(asking, scopes, from, &token), algorithm)?,
        };
        Ok(IssuedAccess { text, expires_in })
    }

    /// Signs a token for a client. Under `nlgov` its name has 128 random bits beside the serial (section 3.2.1), which has 74.
    pub(super) fn sign_for(
        &self,
        asking: &Asking<'_>,
        token: &AccessToken,
        mut claims: AccessTokenClaims,
        algorithm: Algorithm,
    ) -> Result<Secret<String>, GrantError> {
        if asking.client.definition.profile == Profile::Nlgov {
            let mut random = [0; 16];
            self.entropy.fill(&mut random)?;
            claims.jti = format!("{}.{}", claims.jti, URL_SAFE_NO_PAD.encode(random));
        }
        Ok(self.sign_access_token(token, claims, algorithm)?)
    }
}

/// A JWT where every API that it is for wants one; the first says which algorithm, but for RS256 under FAPI 2.0 (section 5.4.1). Under
/// `nlgov` always a JWT (section 3.2.1), with the client's own algorithm where the APIs name none.
pub(super) fn signed_with(client: &ClientDefinition, scopes: &ScopeSet) -> Option<Algorithm> {
    let mut wanted = scopes.audiences.iter().map(|(api, _)| api.definition().access_token_algorithm);
    let first = wanted.next().flatten();
    let is_wanted = first.is_some() && wanted.all(|other| other.is_some());
    match (client.profile, first) {
        (Profile::Nlgov, first) => Some(id_token::signing_algorithm(first.or(client.id_token_algorithm))),
        (Profile::Fapi2, Some(SigningAlgorithm::Rs256)) if is_wanted => Some(Algorithm::ES256),
        (_, first) => is_wanted.then_some(id_token::signing_algorithm(first)),
    }
}

/// RFC 9068 section 2.2. `sub` of a client that acts for itself is its public id, which is no person's id.
pub(super) fn claims(asking: &Asking<'_>, scopes: &ScopeSet, from: Option<From<'_>>, token: &AccessToken) -> AccessTokenClaims {
    let client_id = asking.client.definition.client_id.clone();
    let mut audiences: Vec<String> = scopes.audiences.iter().map(|(api, _)| super::scope::audience(api).to_owned()).collect();
    if audiences.is_empty() {
        // For userinfo only (RFC 9068 section 3: a default).
        audiences.push(asking.issuer.to_owned());
    }
    let authorization = from.map(|from| from.authorization);
    AccessTokenClaims {
        iss: asking.issuer.to_owned(),
        sub: from.map_or_else(|| client_id.clone(), |from| from.person.to_string()),
        aud: Audience::of(audiences),
        azp: client_id.clone(),
        client_id,
        iat: token.issued_at.into(),
        exp: token.expires_at.into(),
        jti: token.serial.to_string(),
        // Only what means something at those APIs (RFC 9068 section 2.2.3).
        scope: Some(scopes.audiences.iter().flat_map(|(api, granted)| api.granted_names(granted)).collect::<Vec<_>>().join(" ")),
        auth_time: authorization.map(|authorization| authorization.auth_time.into()),
        acr: authorization.and_then(|authorization| authorization.acr.clone()),
        amr: authorization.map(|authorization| id_token::means(&asking.client.definition, authorization)).unwrap_or_default(),
        cnf: token.key_thumbprint.map(|key| Confirmation { jkt: URL_SAFE_NO_PAD.encode(key) }),
        act: None,
    }
}

/// How long something lasts from a moment on, within bounds.
pub(super) fn until(now: Timestamp, life: Duration, bound: Timestamp) -> Timestamp {
    now.saturating_add(life).min(bound)
}

//! ID tokens: who has signed in, for a client (OpenID Connect Core section 2), and what userinfo tells.

use std::time::Duration;

use domain::authorization::Authorization;
use domain::client::{ClientDefinition, Profile, SigningAlgorithm};
use domain::scope::{Identity, ScopeSet};
use domain::{CredentialId, PersonId, Secret};
use jose::Algorithm;
use jose::claims::Audience;
use jose::id_token::{IdTokenClaims, at_hash};
use serde::Serialize;

use crate::grant_type::Asking;
use crate::{Authority, Context, Error};

/// How long an ID token counts. The Dutch government's profile asks for five minutes at most.
pub const ID_TOKEN_LIFE: Duration = Duration::from_secs(300);

/// What an ID token is about.
#[derive(Debug, Clone, Copy)]
pub struct NewIdToken<'a> {
    /// Our issuer identifier.
    pub issuer: &'a str,
    /// The client.
    pub client: &'a ClientDefinition,
    /// The person.
    pub person: PersonId,
    /// What was consented to.
    pub authorization: &'a Authorization,
    /// The access token beside it.
    pub access_token: Option<&'a str>,
    /// Whether it is issued for a refresh token: then without the nonce (section 12.2).
    pub refreshed: bool,
}

/// Whose ID token stands beside an access token.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    /// The person.
    pub(crate) person: PersonId,
    /// What was consented to.
    pub(crate) authorization: &'a Authorization,
    /// The access token beside it.
    pub(crate) access_token: &'a Secret<String>,
    /// Whether it is issued for a refresh token.
    pub(crate) refreshed: bool,
}

/// What userinfo tells of a person (section 5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserClaims {
    /// The person.
    pub sub: String,
    /// With the scope `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// With the scope `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// With the scope `email`: whether it was proven that the address is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
}

/// How a person is called by clients: the same at all of them, and never another person's.
pub fn subject(person: PersonId) -> String {
    person.to_string()
}

impl Authority {
    /// Signs an ID token. Touches no database, but for the first one of an algorithm.
    pub async fn id_token(&self, context: &Context, new: NewIdToken<'_>) -> Result<Secret<String>, Error> {
        let algorithm = signing_algorithm(new.client.id_token_algorithm);
        self.ensure_signing_key(context, algorithm).await?;
        let NewIdToken { issuer, client, person, authorization, access_token, refreshed } = new;
        let now = context.now;
        let strict = client.profile == Profile::Nlgov;
        let jti = if strict { Some(CredentialId::generate(now, &*self.entropy)?.to_string()) } else { None };
        let claims = IdTokenClaims {
            iss: issuer.to_owned(),
            sub: subject(person),
            aud: Audience::of(vec![client.client_id.clone()]),
            azp: client.client_id.clone(),
            iat: now.into(),
            exp: now.saturating_add(ID_TOKEN_LIFE).into(),
            nbf: strict.then(|| now.into()),
            jti,
            nonce: authorization.nonce.clone().filter(|_| !refreshed),
            auth_time: Some(authorization.auth_time.into()),
            acr: authorization.acr.clone(),
            amr: means(client, authorization),
            at_hash: access_token.map(|text| at_hash(text, algorithm)),
            sid: authorization.session.map(|session| session.to_string()),
        };
        self.sign(algorithm, &claims).map(Secret::new)
    }

    /// The ID token beside an access token, where `openid` was granted (section 3.1.3.3).
    pub(crate) async fn id_token_beside(
        &self,
        context: &Context,
        asking: &Asking<'_>,
        scopes: &ScopeSet,
        about: About<'_>,
    ) -> Result<Option<String>, Error> {
        if !Identity::Openid.is_in(scopes.identity) {
            return Ok(None);
        }
        let About { person, authorization, access_token, refreshed } = about;
        let (issuer, client, access_token) = (asking.issuer, &asking.client.definition, Some(access_token.expose().as_str()));
        let new = NewIdToken { issuer, client, person, authorization, access_token, refreshed };
        Ok(Some(self.id_token(context, new).await?.expose().clone()))
    }

    /// What userinfo tells with these scopes of a person who is neither suspended nor erased.
    pub async fn user_claims(&self, person: PersonId, identity: u8) -> Result<Option<UserClaims>, Error> {
        let found = self.store.read(move |reader| Box::pin(async move { reader.person(person).await })).await?;
        let found = found.filter(|person| person.suspended_at.is_none() && person.erased_at.is_none());
        Ok(found.map(|person| {
            let email = person.email.filter(|_| Identity::Email.is_in(identity)).map(String::from);
            UserClaims {
                sub: subject(person.id),
                name: person.name.filter(|_| Identity::Profile.is_in(identity)).map(String::from),
                email_verified: email.as_ref().map(|_| person.email_verified),
                email,
            }
        }))
    }
}

/// By which means the person proved who they are. Clients of the government are told the level only, `acr` (NL GOV Assurance profile
/// for OpenID Connect, "Authentication Context").
pub(crate) fn means(client: &ClientDefinition, authorization: &Authorization) -> Vec<String> {
    if client.profile == Profile::Nlgov { Vec::new() } else { authorization.amr.clone() }
}

/// The algorithm that somebody has chosen, if anybody has.
pub fn signing_algorithm(chosen: Option<SigningAlgorithm>) -> Algorithm {
    match chosen {
        None | Some(SigningAlgorithm::Es256) => Algorithm::ES256,
        Some(SigningAlgorithm::Rs256) => Algorithm::RS256,
        Some(SigningAlgorithm::EdDsa) => Algorithm::EdDSA,
    }
}

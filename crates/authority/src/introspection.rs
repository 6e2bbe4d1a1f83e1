//! What a token is worth at this moment, for the API that it was shown to, or for the client that it was issued to (RFC 7662).
//!
//! From memory, as every check; only a client that asks about its refresh token is answered from the database. Whoever else asks is
//! told nothing: what is over, unknown or not for them looks the same.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access_token::{AccessToken, Granted};
use domain::api::Api;
use domain::credential::{ParsedText, format};
use domain::verify::Owner;
use domain::{Digest, Kind, RequestId, Timestamp};
use jose::claims::{Actor, Audience, Confirmation};
use serde::Serialize;
use verifier::{Asked, Client, Question, Verdict};

use crate::grant_type::audience;
use crate::{Authority, Error, access_token};

/// What is told of a token that is worth something (RFC 7662 section 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Introspected {
    /// Always true here.
    pub active: bool,
    /// What it allows.
    pub scope: String,
    /// The client that it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `Bearer` or `DPoP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// When it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// The same: it counts from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// The person, or the client that acts for itself.
    pub sub: String,
    /// Whom it is for, as far as the asker is concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// Us.
    pub iss: String,
    /// Its id.
    pub jti: String,
    /// The organisation that it acts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The key that must be proven with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Who acts for the subject, after an exchange (RFC 8693 section 4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
}

impl Authority {
    /// What a credential that was shown to this API as `Bearer` is worth there. Counted as a use.
    pub fn introspect_for_api(
        &self,
        api: &Api,
        text: &str,
        issuer: &str,
        (request, now): (RequestId, Timestamp),
    ) -> Result<Option<Introspected>, Error> {
        let header = ["Bearer ", text].concat();
        let question = Question {
            api: api.name(),
            authorization: Some(header.as_bytes()),
            api_key: None,
            asked: Asked::Introspection,
            workspace: None,
            proof: None,
            address: None,
            now,
            request,
        };
        let Verdict::Allow(allowed) = self.verifier.check(&question)? else { return Ok(None) };
        let (facts, permissions, token) = (allowed.facts, allowed.permissions, allowed.access_token.as_deref());
        let key = token.map(|token| token.key.id).or((facts.kind == Kind::OrganisationKey).then_some(facts.id));
        let client = match key {
            Some(key) => self.verifier.client_of(&key)?.map(|known| known.client),
            None => None,
        };
        let client_id = client.as_ref().map(|client| client.definition.client_id.as_str());
        let scope = match token.and_then(|token| token.granted(api.tag())) {
            Some(granted) => granted_text(api, &granted, permissions),
            None => api.permission_names(permissions).collect::<Vec<_>>().join(" "),
        };
        let (for_whom, act) = self.acting(token, client_id)?;
        let (sub, organisation) = subject(&facts.owner, for_whom.as_deref());
        Ok(Some(Introspected {
            active: true,
            scope,
            client_id: client_id.map(str::to_owned),
            token_type: Some(token_type(token)),
            exp: facts.not_after.map(Timestamp::unix_seconds),
            iat: token.map(|token| token.issued_at.unix_seconds()),
            nbf: token.map(|token| token.issued_at.unix_seconds()),
            sub,
            aud: Some(Audience::One(audience(api).to_owned())),
            iss: issuer.to_owned(),
            jti: access_token::name(text, &facts.id),
            organisation,
            cnf: token.and_then(confirmation),
            act,
        }))
    }

    /// What an access or refresh token of this client is worth.
    pub async fn introspect_for_client(
        &self,
        client: &Client,
        text: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Option<Introspected>, Error> {
        if let ParsedText::Own { kind: Kind::RefreshToken, .. } = format::parse(text, self.verifier.installations()) {
            return self.introspect_refresh_token(client, text, issuer, now).await;
        }
        let Some(looked) = self.verifier.look_into(text, now)?.filter(|looked| looked.works.is_ok()) else { return Ok(None) };
        let token = looked.token;
        if token.key.id != client.id {
            return Ok(None);
        }
        let apis = self.verifier.apis();
        let known: Vec<(&Api, Granted)> =
            token.audiences.iter().filter_map(|granted| Some((&**apis.iter().find(|api| api.tag() == granted.api)?, granted))).collect();
        let scope = known.iter().map(|(api, granted)| granted_text(api, granted, u64::MAX)).collect::<Vec<_>>().join(" ");
        let client_id = client.definition.client_id.as_str();
        let (for_whom, act) = self.acting(Some(&token), Some(client_id))?;
        let (sub, organisation) = subject(&looked.facts.owner, for_whom.as_deref());
        Ok(Some(Introspected {
            active: true,
            scope,
            client_id: Some(client_id.to_owned()),
            token_type: Some(token_type(Some(&token))),
            exp: Some(token.expires_at.unix_seconds()),
            iat: Some(token.issued_at.unix_seconds()),
            nbf: Some(token.issued_at.unix_seconds()),
            sub,
            aud: (!known.is_empty()).then(|| Audience::of(known.iter().map(|(api, _)| audience(api).to_owned()).collect())),
            iss: issuer.to_owned(),
            jti: access_token::name(text, &token.serial),
            organisation,
            cnf: confirmation(&token),
            act,
        }))
    }

    /// The public id of the client for which a token acts, and who acts.
    fn acting<'c>(&self, token: Option<&AccessToken>, client_id: Option<&'c str>) -> Result<(Option<Cow<'c, str>>, Option<Actor>), Error> {
        let exchanged = token.filter(|token| !token.exchanged.is_empty());
        let (Some(token), Some(named)) = (exchanged, client_id) else { return Ok((client_id.map(Cow::Borrowed), None)) };
        let act = self.actors(token, named.to_owned())?;
        let subject = match &token.subject {
            Some(subject) => self.public_id(&subject.id)?,
            None => None,
        };
        Ok((subject.map(Cow::Owned), act))
    }

    async fn introspect_refresh_token(
        &self,
        client: &Client,
        text: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Option<Introspected>, Error> {
        let digest = Digest::of(text.as_bytes());
        let found = self.store.read(move |reader| Box::pin(async move { reader.refresh_token(&digest).await })).await?;
        let Some(found) = found.filter(|found| found.family.key == client.id) else { return Ok(None) };
        let over = found.rotated_at.is_some() || found.ended_at.is_some() || found.grant_ended_at.is_some();
        let end = found.idle_until.min(found.family.expires_at);
        if over || end <= now || self.verifier.grant_owner(&found.family.grant)?.is_none() {
            return Ok(None);
        }
        Ok(Some(Introspected {
            active: true,
            scope: found.family.request.scope,
            client_id: Some(client.definition.client_id.clone()),
            token_type: None,
            exp: Some(end.unix_seconds()),
            iat: Some(found.family.created_at.unix_seconds()),
            nbf: None,
            sub: found.person.to_string(),
            aud: None,
            iss: issuer.to_owned(),
            jti: found.family.id.to_string(),
            organisation: None,
            cnf: found.family.request.key_thumbprint.map(|key| Confirmation { jkt: URL_SAFE_NO_PAD.encode(key) }),
            act: None,
        }))
    }
}

/// The scopes that still allow something, and the single permissions that are still there.
fn granted_text(api: &Api, granted: &Granted, permissions: u64) -> String {
    let still = |one: Granted| api.granted_mask(&one) & permissions != 0;
    let bits = |set: u64| (0..u64::BITS).map(|place| 1 << place).filter(move |bit| set & bit != 0);
    let scopes =
        bits(granted.scopes).filter(|bit| still(Granted { scopes: *bit, permissions: 0, ..*granted })).fold(0, |set, bit| set | bit);
    let narrowed = Granted { scopes, permissions: granted.permissions & permissions, ..*granted };
    api.granted_names(&narrowed).collect::<Vec<_>>().join(" ")
}

fn subject(owner: &Owner, client_id: Option<&str>) -> (String, Option<String>) {
    match owner {
        Owner::Member { person, organisation, .. } => (person.to_string(), Some(organisation.to_string())),
        Owner::Organisation { organisation, .. } => {
            (client_id.map_or_else(|| organisation.to_string(), str::to_owned), Some(organisation.to_string()))
        }
        Owner::Api(_) | Owner::Operator => (String::new(), None),
    }
}

fn token_type(token: Option<&AccessToken>) -> &'static str {
    if token.is_some_and(|token| token.key_thumbprint.is_some()) { "DPoP" } else { "Bearer" }
}

fn confirmation(token: &AccessToken) -> Option<Confirmation> {
    token.key_thumbprint.map(|key| Confirmation { jkt: URL_SAFE_NO_PAD.encode(key) })
}

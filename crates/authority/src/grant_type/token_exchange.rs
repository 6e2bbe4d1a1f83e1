//! `token-exchange`: a client that got an access token asks one for itself, to act for the same (RFC 8693).
//!
//! The rule: the client belongs to the organisation for which the token acts, and sees no other workspace than the client that the token
//! was issued to. So nothing ever crosses from one organisation to another, whatever is presented. What is given is never wider than
//! what was presented or than what the client's own key may do, never lasts longer, and ends with all that it came from: the
//! tokens before it, their grant, and the keys of all who act. Only access tokens are exchanged, for access tokens.

use std::sync::Arc;

use domain::access_token::{AccessToken, Few, Parent};
use domain::api::Api;
use domain::scope::ScopeSet;
use domain::verify::Owner;
use domain::{ClientRefusal, CredentialId, OrganisationId, Secret, Timestamp};
use jose::access_token::AccessTokenClaims;
use jose::claims::Actor;
use verifier::{Client, Looked};

use super::{Asking, GrantError, Tokens, issue, scope};
use crate::{Authority, Error};

/// How an access token is named (RFC 8693 section 3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What is asked for an exchange (RFC 8693 section 2.1).
pub struct ExchangeRequest {
    /// The token for whose subject the client is to act.
    pub subject_token: Secret<String>,
    /// What that is.
    pub subject_token_type: String,
    /// A token of whoever is to act, with what it is.
    pub actor_token: Option<(Secret<String>, String)>,
    /// What is asked for.
    pub requested_token_type: Option<String>,
    /// For which APIs, by their names or resources.
    pub audiences: Vec<String>,
    /// For which APIs, by their resources.
    pub resources: Vec<String>,
    /// What it is to be able to do; all that is possible where it is left out.
    pub scope: Option<String>,
}

/// Whether the exchange may be made, whatever is to be in it.
struct Presented<'a> {
    subject: &'a Looked,
    actor: Option<&'a Looked>,
    /// The client that the subject token was issued to.
    holder: Option<&'a Client>,
}

impl Authority {
    /// Exchanges an access token. Writes nothing.
    pub fn exchange_token(&self, asking: &Asking<'_>, request: &ExchangeRequest) -> Result<Tokens, GrantError> {
        check_types(request)?;
        let subject = self.presented(&request.subject_token, asking.now)?;
        let actor = match &request.actor_token {
            Some((text, _)) => Some(self.presented(text, asking.now)?),
            None => None,
        };
        let holder = self.verifier.client_of(&subject.token.key.id)?;
        let holder = holder.as_ref().map(|known| &*known.client);
        decide(asking, &Presented { subject: &subject, actor: actor.as_ref(), holder })?;
        let scopes = self.exchanged_scopes(asking, &subject.token, request)?;
        let token = self.exchanged_token(asking, &subject.token, &scopes)?;
        let text = match issue::signed_with(&asking.client.definition, &scopes) {
            None => self.seal_access_token(&token)?,
            Some(algorithm) => self.sign_for(asking, &token, self.exchanged_claims(asking, &subject, (&scopes, &token))?, algorithm)?,
        };
        let expires_in = u32::try_from(token.expires_at.unix_seconds() - token.issued_at.unix_seconds()).unwrap_or(0);
        Ok(Tokens {
            access_token: text,
            expires_in,
            is_bound: asking.key_thumbprint.is_some(),
            refresh_token: None,
            id_token: None,
            scope: scopes.text(),
        })
    }

    /// A token of ours that works at this moment. What is wrong with one is not told (RFC 8693 section 2.2.2).
    fn presented(&self, text: &Secret<String>, now: Timestamp) -> Result<Looked, GrantError> {
        let looked = self.verifier.look_into(text.expose(), now)?;
        Ok(looked.filter(|looked| looked.works.is_ok()).ok_or(ClientRefusal::NotExchangeable)?)
    }

    /// Of what was presented, what was asked for and the client's own key can have. Nothing about the person: who they are is between
    /// them and the client that they know.
    fn exchanged_scopes(&self, asking: &Asking<'_>, subject: &AccessToken, request: &ExchangeRequest) -> Result<ScopeSet, ClientRefusal> {
        let apis = self.verifier.apis();
        let permissions = &asking.client.definition.permissions;
        let granted = apis.into_iter().filter_map(|api| {
            let granted = subject.granted(api.tag())?;
            let mask = api.granted_mask(&granted);
            (mask & api.mask(permissions) != 0).then_some((api, granted))
        });
        let audiences: Vec<(Arc<Api>, _)> = granted.collect();
        let is_named = |api: &Api, name: &String| scope::audience(api) == name || api.name() == name;
        let is_resource = |api: &Api, resource: &String| api.definition().resource.as_ref() == Some(resource);
        let known = request.audiences.iter().all(|name| audiences.iter().any(|(api, _)| is_named(api, name)))
            && request.resources.iter().all(|resource| audiences.iter().any(|(api, _)| is_resource(api, resource)));
        if !known || audiences.is_empty() {
            return Err(ClientRefusal::ResourceWrong);
        }
        let all = request.audiences.is_empty() && request.resources.is_empty();
        let is_asked = |api: &Api| {
            all || request.audiences.iter().any(|name| is_named(api, name))
                || request.resources.iter().any(|resource| is_resource(api, resource))
        };
        let granted = ScopeSet { identity: 0, audiences: audiences.into_iter().filter(|(api, _)| is_asked(api)).collect() };
        let Some(text) = &request.scope else { return Ok(granted) };
        let apis: Vec<Arc<Api>> = granted.audiences.iter().map(|(api, _)| api.clone()).collect();
        let narrowed = scope::named(text, &asking.client.definition, &apis)?;
        if !narrowed.audiences.is_empty() && narrowed.is_within(&granted) { Ok(narrowed) } else { Err(ClientRefusal::ScopeWrong) }
    }

    fn exchanged_token(&self, asking: &Asking<'_>, subject: &AccessToken, scopes: &ScopeSet) -> Result<AccessToken, GrantError> {
        let issued_at = Timestamp::from_unix_seconds(asking.now.unix_seconds());
        let life = self.lifetimes.access_of(&asking.client, subject.grant.is_some());
        let end = issued_at.saturating_add(life).min(subject.expires_at);
        let end = asking.private_key.and_then(|key| key.not_after).map_or(end, |not_after| not_after.min(end));
        // Who had the token that is exchanged acts from now on before this client; who exchanges an own one does so as before.
        let before = Some(subject.key.id).filter(|holder| !subject.exchanged.is_empty() && *holder != asking.client.id);
        let too_long = ClientRefusal::NotExchangeable;
        Ok(AccessToken {
            serial: CredentialId::generate(asking.now, &*self.entropy)?,
            issued_at,
            expires_at: Timestamp::from_unix_seconds(end.unix_seconds()),
            key: Parent { id: asking.client.id, generation: asking.client.generation },
            secret: asking.private_key.map(|key| key.id),
            grant: subject.grant,
            subject: if subject.grant.is_some() { None } else { subject.subject.or(Some(subject.key)) },
            exchanged: Few::of([subject.serial].into_iter().chain(subject.exchanged.iter())).ok_or(too_long)?,
            exchanged_secrets: Few::of(subject.secret.into_iter().chain(subject.exchanged_secrets.iter())).ok_or(too_long)?,
            session: subject.session,
            family: subject.family,
            key_thumbprint: asking.key_thumbprint,
            identity: 0,
            audiences: Few::of(scopes.audiences.iter().map(|(_, granted)| *granted)).ok_or(ClientRefusal::ScopeWrong)?,
            actors: Few::of(before.into_iter().chain(subject.actors.iter())).ok_or(too_long)?,
        })
    }

    /// RFC 9068 section 2.2, with who acts for whom (RFC 8693 section 4.1).
    fn exchanged_claims(
        &self,
        asking: &Asking<'_>,
        subject: &Looked,
        (scopes, token): (&ScopeSet, &AccessToken),
    ) -> Result<AccessTokenClaims, GrantError> {
        let sub = match (&subject.facts.owner, &token.subject) {
            (Owner::Member { person, .. }, _) => Some(person.to_string()),
            (_, Some(parent)) => self.public_id(&parent.id)?,
            (_, None) => None,
        };
        let act = self.actors(token, asking.client.definition.client_id.clone())?;
        Ok(AccessTokenClaims { sub: sub.ok_or(ClientRefusal::NotExchangeable)?, act, ..issue::claims(asking, scopes, None, token) })
    }

    /// Who acts: the client with this public id, and those before it (RFC 8693 section 4.1).
    pub(crate) fn actors(&self, token: &AccessToken, client_id: String) -> Result<Option<Actor>, Error> {
        let (mut act, actors): (_, Vec<CredentialId>) = (None, token.actors.iter().collect());
        for actor in actors.iter().rev() {
            act = self.public_id(actor)?.map(|sub| Box::new(Actor { sub, act }));
        }
        Ok(Some(Actor { sub: client_id, act }))
    }

    pub(crate) fn public_id(&self, key: &CredentialId) -> Result<Option<String>, Error> {
        Ok(self.verifier.client_of(key)?.map(|known| known.client.definition.client_id.clone()))
    }
}

fn check_types(request: &ExchangeRequest) -> Result<(), ClientRefusal> {
    let actor = request.actor_token.as_ref().map(|(_, name)| name);
    let types = [Some(&request.subject_token_type), actor, request.requested_token_type.as_ref()];
    let known = types.into_iter().flatten().all(|name| name == ACCESS_TOKEN_TYPE);
    if known { Ok(()) } else { Err(ClientRefusal::NotExchangeable) }
}

fn decide(asking: &Asking<'_>, presented: &Presented<'_>) -> Result<(), ClientRefusal> {
    let (client, token) = (&asking.client, &presented.subject.token);
    // Nobody vouches for a client without an organisation, and who cannot authenticate could be anybody.
    let Some(organisation) = client.organisation.filter(|_| client.definition.is_confidential()) else {
        return Err(ClientRefusal::GrantTypeNotAllowed);
    };
    let is_at_home = organisation_of(&presented.subject.facts.owner) == Some(organisation);
    let sees_the_same = client.workspace.is_none() || presented.holder.is_some_and(|holder| holder.workspace == client.workspace);
    // One that is bound to a key is worth something with the proof of that key only (RFC 9449 section 7).
    let is_proven = |token: &AccessToken| token.key_thumbprint.is_none() || token.key_thumbprint == asking.key_thumbprint;
    // The client acts as itself: a token of somebody else, or one to act for somebody, says nothing about that.
    let acts_itself = presented.actor.is_none_or(|actor| {
        let token = &actor.token;
        token.key.id == client.id && token.grant.is_none() && token.exchanged.is_empty() && is_proven(token)
    });
    if is_at_home && sees_the_same && is_proven(token) && acts_itself { Ok(()) } else { Err(ClientRefusal::NotExchangeable) }
}

fn organisation_of(owner: &Owner) -> Option<OrganisationId> {
    match owner {
        Owner::Member { organisation, .. } | Owner::Organisation { organisation, .. } => Some(*organisation),
        Owner::Api(_) | Owner::Operator => None,
    }
}

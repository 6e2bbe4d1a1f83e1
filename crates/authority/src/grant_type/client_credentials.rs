//! `client_credentials`: a client acts for its own organisation (RFC 6749 section 4.4). Pure memory.

use domain::ClientRefusal;

use super::{Asking, GrantError, Tokens, scope};
use crate::Authority;

impl Authority {
    /// An access token for the client itself. Without a scope: all that its key may do. Never a refresh token, never anything about a
    /// person.
    pub fn client_credentials(&self, asking: &Asking<'_>, named: Option<&str>, resources: &[String]) -> Result<Tokens, GrantError> {
        let client = &asking.client;
        // Nobody vouches for a client without an organisation: it acts for people only.
        if !client.definition.is_confidential() || client.organisation.is_none() {
            return Err(ClientRefusal::GrantTypeNotAllowed.into());
        }
        let apis = scope::meant(self.verifier.apis(), resources)?;
        let scopes = match named {
            Some(text) => scope::named(text, &client.definition, &apis)?,
            None => scope::all(&client.definition, &apis),
        };
        if scopes.identity != 0 || scopes.audiences.is_empty() {
            return Err(ClientRefusal::ScopeWrong.into());
        }
        let access = self.issue_access_token(asking, &scopes, None)?;
        Ok(Tokens {
            access_token: access.text,
            expires_in: access.expires_in,
            is_bound: asking.key_thumbprint.is_some(),
            refresh_token: None,
            id_token: None,
            scope: scopes.text(),
        })
    }
}

//! Ending single tokens at the wish of their client (RFC 7009).

use domain::credential::{ParsedText, format};
use domain::{Digest, Event, Kind};
use store::{Outcome, RefreshToken};
use verifier::Client;

use crate::grant_type::end_family;
use crate::{Authority, Context, Error};

/// What became of the wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// The token is ended, or was, or is none, or is another's and lives on: which is not told.
    Done,
    /// Credentials of this kind are ended elsewhere.
    Unsupported,
}

impl Authority {
    /// Ends a token of this client: an access token alone, a refresh token with its family and the family's access tokens. When this
    /// returns, no node takes it any more.
    pub async fn revoke(&self, context: &Context, client: &Client, text: &str) -> Result<Revoked, Error> {
        match format::parse(text, self.verifier.installations()) {
            ParsedText::Own { kind: Kind::RefreshToken, .. } => self.revoke_refresh_token(context, client, text).await,
            ParsedText::Own { kind: Kind::AccessToken, .. } | ParsedText::Foreign => self.revoke_access_token(context, client, text).await,
            ParsedText::Own { .. } => Ok(Revoked::Unsupported),
            ParsedText::Malformed => Ok(Revoked::Done),
        }
    }

    async fn revoke_access_token(&self, context: &Context, client: &Client, text: &str) -> Result<Revoked, Error> {
        let Some(looked) = self.verifier.look_into(text, context.now)? else { return Ok(Revoked::Done) };
        let token = looked.token;
        // One that is over by itself need not be remembered.
        if token.key.id != client.id || token.expires_at <= context.now {
            return Ok(Revoked::Done);
        }
        let (serial, until) = (token.serial, token.expires_at);
        let ended = self.commit(context, move |tx, by| {
            Box::pin(async move {
                if !tx.keep_ended(serial.as_bytes(), until).await? {
                    return Ok(Outcome::Unchanged(()));
                }
                let recorded = tx.record(by, Event::AccessTokenRevoked { serial, until }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        });
        ended.await?;
        Ok(Revoked::Done)
    }

    async fn revoke_refresh_token(&self, context: &Context, client: &Client, text: &str) -> Result<Revoked, Error> {
        let digest = Digest::of(text.as_bytes());
        let found = self.store.read(move |reader| Box::pin(async move { reader.refresh_token(&digest).await })).await?;
        let Some(RefreshToken { family, .. }) = found.filter(|found| found.family.key == client.id) else { return Ok(Revoked::Done) };
        let ended = self.commit(context, move |tx, by| {
            Box::pin(async move {
                Ok(match end_family(tx, by, family.id).await? {
                    Some(recorded) => Outcome::Changed((), recorded),
                    None => Outcome::Unchanged(()),
                })
            })
        });
        ended.await?;
        Ok(Revoked::Done)
    }
}

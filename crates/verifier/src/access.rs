//! Access tokens at a check: opened by whoever has the keys, then looked up; and clients as the OAuth endpoints ask for them.

use std::sync::Arc;

use domain::access_token::AccessToken;
use domain::client::Profile;
use domain::credential::{Digest, Kind, ParsedText, format};
use domain::presentation::{Presentation, Presented};
use domain::verify::{Facts, decide_own};
use domain::{CredentialId, GrantId, Refusal, Timestamp};

use crate::Unavailable;
use crate::check::{Asked, Question, Text};
use crate::clients::Client;
use crate::credential::words;
use crate::index::{Found, Index};
use crate::places::{has_number, number};
use crate::verifier::Verifier;

/// Opens access tokens: whoever has the keys. The checks themselves know none.
pub trait AccessTokens: Send + Sync {
    /// What the text says, if it was issued here: sealed, or a signed JWT (RFC 9068). Says nothing about whether it still works.
    fn open(&self, text: &str) -> Option<AccessToken>;

    /// The thumbprint of the key that was proven with a request that presents this text (RFC 9449 section 4.3).
    fn prove(&self, proof: &Proof<'_>, about: &Proving<'_>) -> Option<[u8; 32]>;
}

/// What a request proves (RFC 9449 section 4.1).
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// The value of the `DPoP` header.
    pub value: &'a [u8],
    /// The request's method.
    pub method: &'a str,
    /// The request's URI, without query and fragment.
    pub uri: &'a str,
}

/// What a proof is about, and by whose rules it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Proving<'a> {
    /// The text of the access token.
    pub text: &'a str,
    /// The profile of the client that it was given to.
    pub profile: Profile,
    /// When.
    pub now: Timestamp,
}

/// An access token as introspection shows it, whatever its state.
#[derive(Debug)]
pub struct Looked {
    /// What it says.
    pub token: AccessToken,
    /// Whose it is, what state it is in. The permissions are those of no API.
    pub facts: Facts,
    /// Whether it works, on whatever API it is for.
    pub works: Result<(), Refusal>,
}

impl Verifier {
    pub(crate) fn open(&self, text: &str) -> Text {
        let opened = self.settings.access_tokens.as_ref().and_then(|keys| keys.0.open(text));
        // What cannot be opened is looked up like any other text, and not found.
        opened.map_or_else(|| Text::Own(words(&Digest::of(text.as_bytes()))), |token| Text::Access(Arc::new(token)))
    }

    /// Whether what was found is of whom was named: a private key with `Basic` belongs to the public id beside it. Some clients
    /// send the private key twice.
    pub(crate) fn is_of(&self, found: &Found, presented: &Presented<'_>) -> bool {
        if found.facts.kind != Kind::OrganisationKey {
            return true;
        }
        let Some(username) = &presented.username else { return presented.presentation != Presentation::Basic };
        let named = self.index.clients.by_client_id.pin().get(username.as_str()).copied();
        named == Some(found.facts.id) || *username == presented.text
    }

    /// The access token, if it is one: one that is bound to a key counts with the proof of that key only, one that is not bound is no
    /// `DPoP` token (RFC 9449 section 7.2).
    pub(crate) fn proven(
        &self,
        text: &Text,
        presented: &Presented<'_>,
        question: &Question<'_>,
    ) -> Result<Option<Arc<AccessToken>>, Refusal> {
        let Text::Access(token) = text else { return Ok(None) };
        let proven = match (token.key_thumbprint, presented.presentation) {
            (None, presentation) => presentation != Presentation::Dpop,
            _ if question.asked == Asked::Introspection => true,
            (Some(bound), Presentation::Dpop) => {
                let keys = self.settings.access_tokens.as_ref();
                let profile = self.index.clients.get(&token.key.id).map(|client| client.definition.profile).unwrap_or_default();
                let about = Proving { text: &presented.text, profile, now: question.now };
                let prove = |proof| keys.and_then(|keys| keys.0.prove(proof, &about));
                question.proof.as_ref().and_then(prove) == Some(bound)
            }
            (Some(_), _) => false,
        };
        if proven { Ok(Some(token.clone())) } else { Err(Refusal::ProofMissing) }
    }

    /// The client with this public id, and whether it works at this moment.
    pub fn client(&self, client_id: &str) -> Result<Option<KnownClient>, Unavailable> {
        self.read_consistently(|| {
            let id = self.index.clients.by_client_id.pin().get(client_id).copied()?;
            let client = self.index.clients.get(&id)?;
            let works = self.index.client_works(&self.index.load(), &client);
            Some(KnownClient { client, works })
        })
    }

    /// Whether a client that is not revoked has registered this origin of pages. Nothing hangs from it but what a browser shows to a
    /// page, so the lease is not asked.
    pub fn knows_origin(&self, origin: &str) -> bool {
        self.index.clients.origins.pin().contains_key(origin)
    }

    /// The client of this organisation key, as [`Self::client`].
    pub fn client_of(&self, key: &CredentialId) -> Result<Option<KnownClient>, Unavailable> {
        self.read_consistently(|| {
            let client = self.index.clients.get(key)?;
            let works = self.index.client_works(&self.index.load(), &client);
            Some(KnownClient { client, works })
        })
    }

    /// The private key of this client that the text is: its id, and when it ends. A refusal says why it does not count. Counted as used.
    pub fn authenticate_client(&self, client: &Client, text: &str, now: Timestamp) -> Result<Result<PrivateKeyUse, Refusal>, Unavailable> {
        let digest = Digest::of(text.as_bytes());
        let found = self.read_consistently(|| {
            let snapshot = self.index.load();
            let found = self.index.gather(&snapshot, &words(&digest), None).filter(|found| found.facts.kind == Kind::OrganisationKey);
            found.map(|found| (found, client.private_keys.iter().find(|key| key.digest == digest).map(|key| key.id)))
        })?;
        let Some((found, private_key)) = found.filter(|(found, _)| found.facts.id == client.id) else { return Ok(Err(Refusal::WrongCode)) };
        if let Err(refusal) = decide_own(&found.facts, now) {
            return Ok(Err(refusal));
        }
        let Some(id) = private_key else { return Ok(Err(Refusal::Revoked)) };
        self.count(found.slot, now, None);
        Ok(Ok(PrivateKeyUse { id, not_after: found.facts.not_after }))
    }

    /// Whether a grant has not ended, its person is an active member, and the client may use it. Gives the owner.
    pub fn grant_owner(&self, grant: &GrantId) -> Result<Option<domain::verify::Owner>, Unavailable> {
        self.read_consistently(|| {
            let granting = self.index.clients.grants.pin().get(grant).copied()?;
            Some(self.index.member_owner(granting.membership).0)
        })
    }

    /// What an access token says and whether it works at this moment. `None`: not one of ours, as far as one can tell.
    pub fn look_into(&self, text: &str, now: Timestamp) -> Result<Option<Looked>, Unavailable> {
        let opened = match format::parse(text, &self.settings.installations) {
            ParsedText::Own { installation, kind: Kind::AccessToken } if self.settings.installations.contains(&installation) => {
                self.open(text)
            }
            ParsedText::Foreign if text.starts_with("eyJ") => self.open(text),
            _ => return Ok(None),
        };
        let Text::Access(token) = opened else { return Ok(None) };
        let found = self.read_consistently(|| self.index.gather_access(&self.index.load(), &token, None))?;
        let works = decide_own(&found.facts, now).and_then(|()| crate::own::owner_works(&found.facts));
        Ok(Some(Looked { token: Arc::unwrap_or_clone(token), facts: found.facts, works }))
    }

    /// Whether this access token, family or session was ended (by a revocation that is still remembered).
    pub fn was_ended(&self, id: &[u8; 16]) -> Result<bool, Unavailable> {
        self.read_consistently(|| self.index.clients.ended.pin().contains_key(id))
    }

    /// Reads while no event is being applied.
    fn read_consistently<T>(&self, read: impl Fn() -> T) -> Result<T, Unavailable> {
        self.compare_lease()?;
        loop {
            let begin = self.begin()?;
            let found = read();
            if self.index.epoch.unchanged(begin) {
                return Ok(found);
            }
        }
    }
}

/// A client as the OAuth endpoints ask for it.
#[derive(Debug, Clone)]
pub struct KnownClient {
    /// The client.
    pub client: Arc<Client>,
    /// Whether it works at this moment, its organisation included.
    pub works: Result<(), Refusal>,
}

/// The private key that a client authenticated with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrivateKeyUse {
    /// Its id.
    pub id: CredentialId,
    /// When it ends: nothing that comes of it lasts longer.
    pub not_after: Option<Timestamp>,
}

impl Index {
    /// Whether the number is that of the one workspace that is seen; 0 is no limit.
    #[inline]
    pub(crate) fn is_within(&self, limit: u32, text: &str) -> bool {
        limit == 0 || number(text).is_some_and(|number| has_number(self.places.workspaces.row(limit), &number))
    }
}

/// Whoever opens access tokens, in settings that can be printed.
#[derive(Clone)]
pub struct Opener(pub Arc<dyn AccessTokens>);

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opener")
    }
}

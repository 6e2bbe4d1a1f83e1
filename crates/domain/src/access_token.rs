//! Access tokens: what one says, in the bytes that are sealed. Issuing one writes nothing anywhere; whatever it hangs from is
//! looked up when it is presented.

use sha2::Digest as _;

use crate::credential::Digest;
use crate::id::{CredentialId, FamilyId, GrantId, SessionId};
use crate::time::Timestamp;

/// The most APIs that one access token is for.
pub const MAX_AUDIENCES: usize = 4;
/// The most actors that one access token names (RFC 8693 section 4.1).
pub const MAX_ACTORS: usize = 4;
/// The longest access token, in bytes before it is sealed.
pub const MAX_BYTES: usize = 480;
/// The longest life of an access token: how long the ending of a single one is remembered.
pub const MAX_LIFE_SECONDS: u32 = 24 * 3_600;

const VERSION: u8 = 1;

/// An API as an access token names it: the first 8 bytes of SHA-256 of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiTag(pub u64);

impl ApiTag {
    /// The tag of an API's name.
    pub fn of(name: &str) -> Self {
        let hash: [u8; 32] = sha2::Sha256::digest(name.as_bytes()).into();
        Self(u64::from_le_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]]))
    }
}

/// Under which digest it is noted that access tokens of this organisation key came over plain HTTP: they have no row themselves.
pub fn exposure(key: CredentialId) -> Digest {
    Digest::of(&[b"access tokens of ".as_slice(), key.as_bytes()].concat())
}

/// What was granted on one API, by the places of its scopes and permissions in the API's definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// Which API.
    pub api: ApiTag,
    /// Which scopes of [`crate::api::ApiDefinition::scopes`].
    pub scopes: u64,
    /// Which single permissions.
    pub permissions: u64,
    /// The check value of the lists that the two are places in ([`crate::api::Api::vocabulary`]); with another one nothing is granted.
    pub vocabulary: u32,
}

/// Something that is looked up when the token is presented, with the generation that it had when the token was issued:
/// "end all tokens of this" raises it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent<T> {
    /// Which.
    pub id: T,
    /// Its generation at that time.
    pub generation: u32,
}

/// A list of few, without an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Few<T, const N: usize> {
    items: [Option<T>; N],
}

impl<T: Copy, const N: usize> Few<T, N> {
    /// None.
    pub const EMPTY: Self = Self { items: [None; N] };

    /// These, or nothing if they are too many.
    pub fn of(items: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut few = Self::EMPTY;
        let mut places = few.items.iter_mut();
        for item in items {
            *places.next()? = Some(item);
        }
        Some(few)
    }

    /// Each.
    pub fn iter(&self) -> impl Iterator<Item = T> {
        self.items.iter().copied().flatten()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.first().is_none_or(Option::is_none)
    }
}

/// An access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessToken {
    /// Its id, `jti`: what names it when it alone is ended.
    pub serial: CredentialId,
    /// When it was issued; a whole second.
    pub issued_at: Timestamp,
    /// From this moment on it does not work; a whole second.
    pub expires_at: Timestamp,
    /// The organisation key whose client got it.
    pub key: Parent<CredentialId>,
    /// The private key that the client authenticated with, if with one.
    pub secret: Option<CredentialId>,
    /// The grant: then it acts for that person, else for the key's organisation.
    pub grant: Option<Parent<GrantId>>,
    /// After a token exchange: the organisation key for whose organisation it acts, where there is no grant.
    pub subject: Option<Parent<CredentialId>>,
    /// After token exchanges: the tokens that were exchanged, latest first; each ends this one with it.
    pub exchanged: Few<CredentialId, MAX_ACTORS>,
    /// After token exchanges: the private keys that the tokens before this one came with, latest first; each ends this one with it.
    pub exchanged_secrets: Few<CredentialId, MAX_ACTORS>,
    /// The session that the consent was given in.
    pub session: Option<SessionId>,
    /// The family of refresh tokens that it came with.
    pub family: Option<FamilyId>,
    /// The thumbprint of the key that must be proven with it (RFC 9449 section 6).
    pub key_thumbprint: Option<[u8; 32]>,
    /// Scopes of OpenID Connect, see [`crate::scope::Identity`].
    pub identity: u8,
    /// What was granted on which API.
    pub audiences: Few<Granted, MAX_AUDIENCES>,
    /// Who acted before `key` in the chain of exchanges, latest first.
    pub actors: Few<CredentialId, MAX_ACTORS>,
}

impl AccessToken {
    /// Writes it, filled up to a multiple of 8 bytes. Gives how many bytes that are.
    pub fn write(&self, buffer: &mut [u8; MAX_BYTES]) -> usize {
        let mut out = Out { buffer, at: 0 };
        let flags = u8::from(self.secret.is_some())
            | u8::from(self.grant.is_some()) << 1
            | u8::from(self.subject.is_some()) << 2
            | u8::from(!self.exchanged.is_empty()) << 3
            | u8::from(self.session.is_some()) << 4
            | u8::from(self.family.is_some()) << 5
            | u8::from(self.key_thumbprint.is_some()) << 6
            | u8::from(!self.exchanged_secrets.is_empty()) << 7;
        out.put(&[VERSION, flags, self.identity, self.audiences.len() as u8 | (self.actors.len() as u8) << 4]);
        out.put(self.serial.as_bytes());
        out.put(&(self.issued_at.unix_seconds() as u32).to_le_bytes());
        out.put(&(self.expires_at.unix_seconds() as u32).to_le_bytes());
        out.parent(self.key.id.as_bytes(), self.key.generation);
        out.option(self.secret.as_ref().map(CredentialId::as_bytes));
        if let Some(grant) = &self.grant {
            out.parent(grant.id.as_bytes(), grant.generation);
        }
        if let Some(subject) = &self.subject {
            out.parent(subject.id.as_bytes(), subject.generation);
        }
        for ids in [&self.exchanged, &self.exchanged_secrets].into_iter().filter(|ids| !ids.is_empty()) {
            out.put(&[ids.len() as u8]);
            ids.iter().for_each(|id| out.put(id.as_bytes()));
        }
        out.option(self.session.as_ref().map(SessionId::as_bytes));
        out.option(self.family.as_ref().map(FamilyId::as_bytes));
        if let Some(thumbprint) = &self.key_thumbprint {
            out.put(thumbprint);
        }
        for granted in self.audiences.iter() {
            out.put(&granted.api.0.to_le_bytes());
            out.put(&granted.scopes.to_le_bytes());
            out.put(&granted.permissions.to_le_bytes());
            out.put(&granted.vocabulary.to_le_bytes());
        }
        for actor in self.actors.iter() {
            out.put(actor.as_bytes());
        }
        let filled = out.at.next_multiple_of(8);
        out.buffer[out.at..filled].fill(0);
        filled
    }

    /// Reads what [`Self::write`] wrote. `None`: another version, or not such bytes.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = In(bytes);
        let [version, flags, identity, counts] = rest.take::<4>()?;
        let has = |bit: u8| flags >> bit & 1 == 1;
        if version != VERSION {
            return None;
        }
        let serial = CredentialId::from_bytes(rest.take()?);
        let (issued_at, expires_at) = (rest.second()?, rest.second()?);
        let key = Parent { id: CredentialId::from_bytes(rest.take()?), generation: u32::from_le_bytes(rest.take()?) };
        let secret = rest.option(has(0))?.map(CredentialId::from_bytes);
        let grant = rest.parent(has(1))?.map(|(id, generation)| Parent { id: GrantId::from_bytes(id), generation });
        let subject = rest.parent(has(2))?.map(|(id, generation)| Parent { id: CredentialId::from_bytes(id), generation });
        let (exchanged, exchanged_secrets) = (rest.ids(has(3))?, rest.ids(has(7))?);
        let session = rest.option(has(4))?.map(SessionId::from_bytes);
        let family = rest.option(has(5))?.map(FamilyId::from_bytes);
        let key_thumbprint = if has(6) { Some(rest.take()?) } else { None };
        let mut audiences = Few::EMPTY;
        for place in audiences.items.get_mut(..usize::from(counts & 0x0f))? {
            *place = Some(Granted {
                api: ApiTag(u64::from_le_bytes(rest.take()?)),
                scopes: u64::from_le_bytes(rest.take()?),
                permissions: u64::from_le_bytes(rest.take()?),
                vocabulary: u32::from_le_bytes(rest.take()?),
            });
        }
        let mut actors = Few::EMPTY;
        for place in actors.items.get_mut(..usize::from(counts >> 4))? {
            *place = Some(CredentialId::from_bytes(rest.take()?));
        }
        if rest.0.len() >= 8 || rest.0.iter().any(|byte| *byte != 0) {
            return None;
        }
        Some(Self {
            serial,
            issued_at,
            expires_at,
            key,
            secret,
            grant,
            subject,
            exchanged,
            exchanged_secrets,
            session,
            family,
            key_thumbprint,
            identity,
            audiences,
            actors,
        })
    }

    /// What was granted on the API with this tag.
    pub fn granted(&self, api: ApiTag) -> Option<Granted> {
        self.audiences.iter().find(|granted| granted.api == api)
    }
}

struct Out<'b> {
    buffer: &'b mut [u8; MAX_BYTES],
    at: usize,
}

impl Out<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.buffer[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    fn option(&mut self, id: Option<&[u8; 16]>) {
        if let Some(id) = id {
            self.put(id);
        }
    }

    fn parent(&mut self, id: &[u8; 16], generation: u32) {
        self.put(id);
        self.put(&generation.to_le_bytes());
    }
}

struct In<'b>(&'b [u8]);

impl In<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn second(&mut self) -> Option<Timestamp> {
        Some(Timestamp::from_unix_seconds(u32::from_le_bytes(self.take()?).into()))
    }

    fn option(&mut self, there: bool) -> Option<Option<[u8; 16]>> {
        if there { self.take().map(Some) } else { Some(None) }
    }

    fn ids(&mut self, there: bool) -> Option<Few<CredentialId, MAX_ACTORS>> {
        let [count] = if there { self.take()? } else { [0] };
        let mut ids = Few::EMPTY;
        for place in ids.items.get_mut(..usize::from(count))? {
            *place = Some(CredentialId::from_bytes(self.take()?));
        }
        Some(ids)
    }

    fn parent(&mut self, there: bool) -> Option<Option<([u8; 16], u32)>> {
        let Some(id) = self.option(there)? else { return Some(None) };
        Some(Some((id, u32::from_le_bytes(self.take()?))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(all: bool) -> AccessToken {
        let id = |byte: u8| CredentialId::from_bytes([byte; 16]);
        let granted = |tag| Granted { api: ApiTag(tag), scopes: 1 << 63, permissions: 5, vocabulary: 7 };
        AccessToken {
            serial: id(1),
            issued_at: Timestamp::from_unix_seconds(1_800_000_000),
            expires_at: Timestamp::from_unix_seconds(1_800_003_600),
            key: Parent { id: id(2), generation: 3 },
            secret: all.then(|| id(3)),
            grant: all.then(|| Parent { id: GrantId::from_bytes([4; 16]), generation: 9 }),
            subject: all.then(|| Parent { id: id(5), generation: 1 }),
            exchanged: Few::of((0..if all { 4 } else { 0 }).map(|place| id(60 + place))).expect("few"),
            exchanged_secrets: Few::of((0..if all { 4 } else { 0 }).map(|place| id(70 + place))).expect("few"),
            session: all.then(|| SessionId::from_bytes([7; 16])),
            family: all.then(|| FamilyId::from_bytes([8; 16])),
            key_thumbprint: all.then_some([9; 32]),
            identity: 3,
            audiences: Few::of((0..if all { 4 } else { 1 }).map(granted)).expect("few"),
            actors: Few::of((0..if all { 4 } else { 0 }).map(id)).expect("few"),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for all in [false, true] {
            let mut buffer = [0xff; MAX_BYTES];
            let length = token(all).write(&mut buffer);
            assert_eq!(AccessToken::read(&buffer[..length]), Some(token(all)));
            assert_eq!(length % 8, 0);
            for short in 0..length - 7 {
                assert_eq!(AccessToken::read(&buffer[..short]), None, "{short} of {length}");
            }
        }
    }

    #[test]
    fn more_than_few_are_not_taken() {
        assert!(Few::<u8, 2>::of([1, 2, 3]).is_none());
        assert!(Few::<u8, 2>::EMPTY.is_empty());
    }
}

//! Passkeys (Web Authentication Level 3): what an authenticator says when it makes a key pair and when it uses one, and how that is judged.
//!
//! Pure functions: the challenge, the expected origin and the kept public key are handed in. No attestation is asked for: which make an
//! authenticator is decides nothing here, so that its statement is not read either.

mod cbor;
mod cose;
#[cfg(test)]
mod tests;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

pub use cose::ALGORITHMS;

use crate::{base64url, json};

/// The longest answer of an authenticator that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 16_384;
/// The longest name of a credential (section 4, "credential ID").
const MAX_CREDENTIAL_BYTES: usize = 1_023;

/// The flags of authenticator data (section 6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const MAY_BE_SYNCED: u8 = 0x08;
const IS_SYNCED: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// Why an answer does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyRefusal {
    /// It cannot be read.
    #[error("the answer is malformed: {0}")]
    Malformed(&'static str),
    /// It is of the other ceremony.
    #[error("the answer is of another ceremony")]
    WrongType,
    /// It answers another challenge.
    #[error("the answer is to another challenge")]
    WrongChallenge,
    /// It was made for another site, or in a frame of one.
    #[error("the answer was made for another origin")]
    WrongOrigin,
    /// Nobody was there, or nobody proved who they are to the authenticator.
    #[error("the authenticator verified nobody")]
    NotVerified,
    /// A kind of key that is not used here, or a weak one.
    #[error("the key is of a kind that is not taken")]
    Unsupported,
    /// It is signed with another key.
    #[error("the signature is not right")]
    WrongSignature,
}

/// Who asks: passkeys are bound to it (section 5.1.2, "relying party identifier").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

impl RelyingParty {
    /// The one at this address, `https://host` or `http://localhost`, with a port perhaps. There is none where the host is a bare
    /// network address, or where others can read along: browsers make no passkeys there.
    pub fn at(base_url: &str) -> Option<Self> {
        let (scheme, rest) = base_url.split_once("://")?;
        let authority = rest.split('/').next()?;
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        let is_local = host == "localhost" || host.ends_with(".localhost");
        let is_name = host.bytes().any(|byte| byte.is_ascii_alphabetic()) && !host.contains([':', '[', '@']);
        let fits = is_name && (scheme == "https" || (scheme == "http" && is_local));
        fits.then(|| Self { id: host.to_ascii_lowercase(), origin: format!("{scheme}://{}", authority.to_ascii_lowercase()) })
    }

    /// Its name towards authenticators.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The origin that its pages have.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// A passkey that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// The authenticator's name for it.
    pub credential: Vec<u8>,
    /// Its public half, as it was sent (RFC 9052 section 7).
    pub public_key: Vec<u8>,
    /// What it counts from; 0 where it does not count.
    pub counter: u32,
    /// Whether it may be on several devices.
    pub is_synced: bool,
    /// How a browser reaches it, with spaces between; nothing where the browser does not say.
    pub transports: String,
}

/// The use of a passkey, not judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The authenticator's name for the passkey.
    pub credential: Vec<u8>,
    /// Whose it is, in the words that it was made with; absent where the authenticator does not keep them.
    pub user_handle: Option<Vec<u8>>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

/// An answer to the making of a passkey, not judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    client_data: Vec<u8>,
    object: Vec<u8>,
    transports: String,
}

/// `RegistrationResponseJSON` and `AuthenticationResponseJSON` (section 5.1.8), as a browser's `toJSON` gives them.
struct Answer {
    credential: Vec<u8>,
    response: Map<String, Value>,
}

impl Answer {
    fn read(text: &str) -> Result<Self, PasskeyRefusal> {
        if text.len() > MAX_ANSWER_BYTES {
            return Err(PasskeyRefusal::Malformed("too long"));
        }
        let mut answer = json::object(text.as_bytes()).ok_or(PasskeyRefusal::Malformed("not a JSON object"))?;
        let credential = bytes(&answer, "rawId")?;
        if credential.is_empty() || credential.len() > MAX_CREDENTIAL_BYTES {
            return Err(PasskeyRefusal::Malformed("rawId"));
        }
        match answer.remove("response") {
            Some(Value::Object(response)) => Ok(Self { credential, response }),
            _ => Err(PasskeyRefusal::Malformed("response")),
        }
    }
}

impl Attestation {
    /// Reads it.
    pub fn read(text: &str) -> Result<Self, PasskeyRefusal> {
        let Answer { response, .. } = Answer::read(text)?;
        let transports = match response.get("transports") {
            Some(Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).filter(|name| is_transport(name)).collect::<Vec<_>>().join(" ")
            }
            _ => String::new(),
        };
        Ok(Self { client_data: bytes(&response, "clientDataJSON")?, object: bytes(&response, "attestationObject")?, transports })
    }

    /// The challenge that it says it answers.
    pub fn challenge(&self) -> Option<Vec<u8>> {
        challenge_of(&self.client_data)
    }

    /// Judges it (section 7.1).
    pub fn verify(&self, rp: &RelyingParty, challenge: &[u8]) -> Result<NewPasskey, PasskeyRefusal> {
        check_client_data(&self.client_data, "webauthn.create", rp, challenge)?;
        let object = cbor::map(&self.object).ok_or(PasskeyRefusal::Malformed("attestationObject"))?;
        let Some(cbor::Value::Bytes(data)) = object.text("authData") else { return Err(PasskeyRefusal::Malformed("authData")) };
        let (data, rest) = AuthenticatorData::read(data, rp)?;
        data.check_person()?;
        let (credential, public_key) = made(&data, rest)?;
        Ok(NewPasskey {
            credential: credential.to_vec(),
            public_key: public_key.to_vec(),
            counter: data.counter,
            is_synced: data.flags & MAY_BE_SYNCED != 0,
            transports: self.transports.clone(),
        })
    }
}

/// What was made, after authenticator data: the name of the credential, and its key (section 6.5.1).
fn made<'d>(data: &AuthenticatorData, rest: &'d [u8]) -> Result<(&'d [u8], &'d [u8]), PasskeyRefusal> {
    if data.flags & HAS_CREDENTIAL == 0 {
        return Err(PasskeyRefusal::Malformed("no credential"));
    }
    // The make (16 bytes), the length of the name (2), the name, the key.
    let length = rest.get(16..18).map(|length| usize::from(u16::from_be_bytes([length[0], length[1]])));
    let length = length.filter(|length| (1..=MAX_CREDENTIAL_BYTES).contains(length)).ok_or(PasskeyRefusal::Malformed("credential"))?;
    let (credential, rest) = rest[18..].split_at_checked(length).ok_or(PasskeyRefusal::Malformed("credential"))?;
    let length = cbor::length(rest).ok_or(PasskeyRefusal::Malformed("key"))?;
    let (public_key, extensions) = rest.split_at(length);
    check_extensions(data.flags, extensions)?;
    cose::PublicKey::read(public_key)?;
    Ok((credential, public_key))
}

impl Assertion {
    /// Reads it.
    pub fn read(text: &str) -> Result<Self, PasskeyRefusal> {
        let Answer { credential, response } = Answer::read(text)?;
        let user_handle = match response.get("userHandle") {
            None | Some(Value::Null) => None,
            Some(_) => Some(bytes(&response, "userHandle")?),
        };
        let (client_data, authenticator_data) = (bytes(&response, "clientDataJSON")?, bytes(&response, "authenticatorData")?);
        Ok(Self { credential, user_handle, client_data, authenticator_data, signature: bytes(&response, "signature")? })
    }

    /// The challenge that it says it answers.
    pub fn challenge(&self) -> Option<Vec<u8>> {
        challenge_of(&self.client_data)
    }

    /// Judges it by the kept public key (section 7.2); gives what was counted. Whether that is more than before is looked at where it is
    /// kept.
    pub fn verify(&self, rp: &RelyingParty, challenge: &[u8], public_key: &[u8]) -> Result<u32, PasskeyRefusal> {
        check_client_data(&self.client_data, "webauthn.get", rp, challenge)?;
        let (data, rest) = AuthenticatorData::read(&self.authenticator_data, rp)?;
        data.check_person()?;
        if data.flags & HAS_CREDENTIAL != 0 {
            return Err(PasskeyRefusal::Malformed("a credential that nobody asked for"));
        }
        check_extensions(data.flags, rest)?;
        if is_signed((&self.authenticator_data, &self.client_data), &self.signature, public_key)? {
            Ok(data.counter)
        } else {
            Err(PasskeyRefusal::WrongSignature)
        }
    }
}

/// What an authenticator says of itself each time (section 6.1).
struct AuthenticatorData {
    flags: u8,
    counter: u32,
}

impl AuthenticatorData {
    fn read<'d>(data: &'d [u8], rp: &RelyingParty) -> Result<(Self, &'d [u8]), PasskeyRefusal> {
        let (head, rest) = data.split_first_chunk::<37>().ok_or(PasskeyRefusal::Malformed("authenticatorData"))?;
        if head[..32] != *digest(&SHA256, rp.id.as_bytes()).as_ref() {
            return Err(PasskeyRefusal::WrongOrigin);
        }
        let flags = head[32];
        if flags & IS_SYNCED != 0 && flags & MAY_BE_SYNCED == 0 {
            return Err(PasskeyRefusal::Malformed("synced, and cannot be"));
        }
        Ok((Self { flags, counter: u32::from_be_bytes([head[33], head[34], head[35], head[36]]) }, rest))
    }

    /// Somebody was there, and proved to the authenticator who they are: with a finger, a face or a PIN.
    fn check_person(&self) -> Result<(), PasskeyRefusal> {
        let both = PRESENT | VERIFIED;
        if self.flags & both == both { Ok(()) } else { Err(PasskeyRefusal::NotVerified) }
    }
}

/// Section 6.3.3: what is signed is the data, and the digest of the client's.
fn is_signed((data, client_data): (&[u8], &[u8]), signature: &[u8], public_key: &[u8]) -> Result<bool, PasskeyRefusal> {
    let signed = [data, digest(&SHA256, client_data).as_ref()].concat();
    Ok(cose::PublicKey::read(public_key)?.verify(&signed, signature))
}

fn check_client_data(text: &[u8], kind: &str, rp: &RelyingParty, challenge: &[u8]) -> Result<(), PasskeyRefusal> {
    let data = json::object(text).ok_or(PasskeyRefusal::Malformed("clientDataJSON"))?;
    let said = |name: &str| data.get(name).and_then(Value::as_str);
    if said("type") != Some(kind) {
        return Err(PasskeyRefusal::WrongType);
    }
    if said("challenge") != Some(base64url::encode(challenge).as_str()) {
        return Err(PasskeyRefusal::WrongChallenge);
    }
    // In a frame of another site nobody sees where they are.
    let is_framed = data.contains_key("topOrigin") || data.get("crossOrigin").is_some_and(|crossing| *crossing != Value::Bool(false));
    if said("origin") != Some(rp.origin.as_str()) || is_framed {
        return Err(PasskeyRefusal::WrongOrigin);
    }
    Ok(())
}

fn challenge_of(client_data: &[u8]) -> Option<Vec<u8>> {
    base64url::decode(json::object(client_data)?.get("challenge")?.as_str()?)
}

/// None was asked for; what comes all the same is whole, and not looked at.
fn check_extensions(flags: u8, rest: &[u8]) -> Result<(), PasskeyRefusal> {
    let fits = if flags & HAS_EXTENSIONS == 0 { rest.is_empty() } else { cbor::length(rest) == Some(rest.len()) };
    if fits { Ok(()) } else { Err(PasskeyRefusal::Malformed("what follows the data")) }
}

fn bytes(object: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, PasskeyRefusal> {
    object.get(name).and_then(Value::as_str).and_then(base64url::decode).ok_or(PasskeyRefusal::Malformed(name))
}

/// Names are kept as they are said, for the browser that asks next time: letters and hyphens (section 5.8.4).
fn is_transport(name: &str) -> bool {
    (1..=20).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

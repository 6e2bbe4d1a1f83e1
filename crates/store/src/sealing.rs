//! Keys of the server under the master key: sealed with AES-256-GCM, bound to their id and purpose.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use domain::Secret;
use domain::credential::Digest;
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::event::Event;
use domain::time::Timestamp;

use crate::error::{Abort, StoreError, WriteError};
use crate::server_key::{KeyState, ServerKeyRow};
use crate::setting::MASTER_KEY_FINGERPRINT;
use crate::totp::Totp;
use crate::transaction::{By, Committed, Outcome, Tx};
use crate::{Store, setting};

/// The length of a master key, in bytes.
pub const MASTER_KEY_BYTES: usize = 32;
/// What the fingerprint is derived with: it must tell nothing about what the key seals.
const FINGERPRINT_LABEL: &[u8] = b"poort master key fingerprint 1";
/// What the key that backups are sealed with is derived with.
const BACKUP_LABEL: &[u8] = b"poort backup seal 1";
/// What the secrets of people's apps are sealed for ([`Totp`]), each under the id of its person.
pub const TOTP: &str = "totp";
/// The longest file that is read as a master key.
const MAX_FILE_BYTES: u64 = 4_096;

/// Why a key could not be sealed, opened or loaded.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// The file cannot be read or made.
    #[error("the master key file: {0}")]
    File(#[from] std::io::Error),
    /// The file does not hold 32 bytes, or 44 characters of Base64 or 64 hexadecimal digits for them.
    #[error("the master key must be 32 bytes, or those in Base64 or hexadecimal digits")]
    NotAKey,
    /// Others than the owner may read the file.
    #[error("the master key file may be read by others: its mode must be 0600 or stricter")]
    Readable,
    /// What was sealed was changed, or is under another key, or belongs to another id or purpose.
    #[error("a server key cannot be opened with this master key")]
    Broken,
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyUnavailable),
    /// The store failed, or refuses another master key.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WriteError<SealingError>> for SealingError {
    fn from(error: WriteError<SealingError>) -> Self {
        match error {
            WriteError::Refused(error) => error,
            WriteError::Unavailable(error) => Self::Store(error),
        }
    }
}

impl From<SealingError> for Abort<SealingError> {
    fn from(error: SealingError) -> Self {
        Self::Refused(error)
    }
}

/// The key that all server keys are sealed under. It is never in the database.
#[derive(Clone)]
pub struct MasterKey {
    bytes: Secret<[u8; MASTER_KEY_BYTES]>,
}

impl MasterKey {
    /// The key with these bytes.
    pub fn from_bytes(bytes: [u8; MASTER_KEY_BYTES]) -> Self {
        Self { bytes: Secret::new(bytes) }
    }

    /// Reads a key file, which only its owner may read: 32 bytes, or those in Base64 or hexadecimal digits.
    pub fn load(path: &Path) -> Result<Self, SealingError> {
        Self::load_unless(path, 0o077)
    }

    /// Reads a key that systemd keeps as a credential. Its folder is for the service only; the bits of the group stand for
    /// an access list there.
    pub fn load_credential(path: &Path) -> Result<Self, SealingError> {
        Self::load_unless(path, 0o007)
    }

    fn load_unless(path: &Path, others: u32) -> Result<Self, SealingError> {
        use std::os::unix::fs::PermissionsExt as _;
        let file = File::open(path)?;
        if file.metadata()?.permissions().mode() & others != 0 {
            return Err(SealingError::Readable);
        }
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
        let content = Secret::new(bytes);
        let content = content.expose();
        if let Ok(bytes) = <[u8; MASTER_KEY_BYTES]>::try_from(content.as_slice()) {
            return Ok(Self::from_bytes(bytes));
        }
        // The two written forms of a digest are those of any 32 bytes.
        let text = std::str::from_utf8(content).map_err(|_| SealingError::NotAKey)?;
        let bytes = Digest::parse(text.trim_end()).ok_or(SealingError::NotAKey)?;
        Ok(Self::from_bytes(*bytes.as_bytes()))
    }

    /// Makes a key file of mode 0600 that was not there before; when this returns it is on the disk.
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, SealingError> {
        let mut bytes = [0; MASTER_KEY_BYTES];
        entropy.fill(&mut bytes)?;
        let key = Self::from_bytes(bytes);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(key.bytes.expose())?;
        file.sync_all()?;
        // The name is on the disk when its folder is: a key that is lost takes all server keys with it.
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent)?.sync_all()?;
        Ok(key)
    }

    /// Reads the key file, or makes it at the first start.
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, SealingError> {
        match Self::create(path, entropy) {
            Err(SealingError::File(error)) if error.kind() == std::io::ErrorKind::AlreadyExists => Self::load(path),
            other => other,
        }
    }

    /// What tells one master key from another without telling anything else: 64 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.bytes.expose()), FINGERPRINT_LABEL);
        Digest::of(derived.as_ref()).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The key's id in rows: the first 16 digits of its fingerprint.
    pub fn id(&self) -> String {
        let mut id = self.fingerprint();
        id.truncate(16);
        id
    }

    /// What says of a backup with this checksum that it was made by who holds the key.
    pub(crate) fn sign_backup(&self, checksum: &[u8]) -> Vec<u8> {
        hmac::sign(&self.backup_key(), checksum).as_ref().to_vec()
    }

    /// Whether this is what [`MasterKey::sign_backup`] gives. In constant time.
    pub(crate) fn signed_backup(&self, checksum: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.backup_key(), checksum, signature).is_ok()
    }

    fn backup_key(&self) -> hmac::Key {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.bytes.expose()), BACKUP_LABEL);
        hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
    }

    /// Seals a server key: the nonce, then the ciphertext with its tag. `key` and `purpose` must be given again to open it.
    pub fn seal(&self, key: &str, purpose: &str, plain: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, SealingError> {
        // Random nonces are safe for 2^32 seals under one key (NIST SP 800-38D section 8.3); a server makes dozens.
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce)?;
        let mut sealed = plain.to_vec();
        let aad = Aad::from(associated(key, purpose));
        self.cipher()?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed).map_err(|_| SealingError::Broken)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a sealed server key.
    pub fn open(&self, key: &str, purpose: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealingError> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(SealingError::Broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealingError::Broken)?;
        let mut plain = sealed.to_vec();
        let aad = Aad::from(associated(key, purpose));
        let length = self.cipher()?.open_in_place(nonce, aad, &mut plain).map_err(|_| SealingError::Broken)?.len();
        plain.truncate(length);
        Ok(Secret::new(plain))
    }

    fn cipher(&self) -> Result<LessSafeKey, SealingError> {
        let key = UnboundKey::new(&AES_256_GCM, self.bytes.expose()).map_err(|_| SealingError::Broken)?;
        Ok(LessSafeKey::new(key))
    }
}

/// A server key that is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewServerKey<'k> {
    /// Its id.
    pub id: &'k str,
    /// What it is for.
    pub purpose: &'k str,
    /// Its algorithm.
    pub algorithm: &'k str,
    /// The key itself.
    pub plain: &'k [u8],
}

impl NewServerKey<'_> {
    /// Seals it, ready for [`Tx::insert_server_key`]: published, not active yet.
    pub fn seal(&self, master: &MasterKey, entropy: &dyn Entropy, now: Timestamp) -> Result<ServerKeyRow, SealingError> {
        Ok(ServerKeyRow {
            id: self.id.to_owned(),
            purpose: self.purpose.to_owned(),
            algorithm: self.algorithm.to_owned(),
            sealed: master.seal(self.id, self.purpose, self.plain, entropy)?,
            master_key_id: master.id(),
            created_at: now,
            activated_at: None,
            retired_at: None,
        })
    }
}

impl Store {
    /// Remembers the fingerprint of the master key at the first start; `Refused` where the database knows another one.
    pub async fn check_master_key(&self, master: &MasterKey) -> Result<(), SealingError> {
        let fingerprint = master.fingerprint();
        let known = self.read(|reader| Box::pin(async move { reader.setting(MASTER_KEY_FINGERPRINT).await })).await?;
        match known {
            Some(known) if known == fingerprint => Ok(()),
            Some(_) => Err(SealingError::Store(another())),
            None => Ok(self.keep(move |executor| Box::pin(setting::keep_first(executor, fingerprint.clone()))).await?),
        }
    }

    /// Seals all server keys, and what people's apps count from, anew under another master key, in one transaction with its event; says
    /// how many keys. From then
    /// on the old master key is refused. Whoever calls this replaces the key file afterwards, and keeps the old one until
    /// this has returned.
    pub async fn rotate_master_key(
        &self,
        old: MasterKey,
        new: MasterKey,
        entropy: &dyn Entropy,
        by: By,
    ) -> Result<Committed<u32>, SealingError> {
        // Nonces are drawn before, because the change may run twice: then it writes the same.
        let keys = self.read(|reader| Box::pin(async move { reader.all_server_keys().await })).await?;
        let mut rows = Vec::with_capacity(keys.len());
        for key in keys {
            let sealed = if key.state() == KeyState::Ended {
                Vec::new()
            } else {
                let plain = old.open(&key.id, &key.purpose, &key.sealed)?;
                new.seal(&key.id, &key.purpose, plain.expose(), entropy)?
            };
            rows.push((key, sealed));
        }
        let mut totps = Vec::new();
        for totp in self.read(|reader| Box::pin(async move { reader.all_totps().await })).await? {
            let (name, plain) = (totp.person.to_string(), old.open(&totp.person.to_string(), TOTP, &totp.sealed)?);
            totps.push((totp, new.seal(&name, TOTP, plain.expose(), entropy)?));
        }
        let rows = std::sync::Arc::new((rows, totps));
        let done = self.write(move |tx| {
            let (rows, old, new, by) = (rows.clone(), old.clone(), new.clone(), by.clone());
            Box::pin(async move { reseal(tx, &rows, (&old, &new), &by).await })
        });
        Ok(done.await?)
    }
}

/// What is sealed now, each with how it is sealed anew.
type Resealed = (Vec<(ServerKeyRow, Vec<u8>)>, Vec<(Totp, Vec<u8>)>);

async fn reseal(
    tx: &mut Tx<'_>,
    (rows, totps): &Resealed,
    (old, new): (&MasterKey, &MasterKey),
    by: &By,
) -> Result<Outcome<u32>, Abort<SealingError>> {
    if tx.setting(MASTER_KEY_FINGERPRINT).await?.is_some_and(|known| known != old.fingerprint()) {
        return Err(another().into());
    }
    let there = tx.all_server_keys().await?;
    if there.len() != rows.len() || !there.iter().all(|key| rows.iter().any(|(known, _)| known == key)) {
        return Err(StoreError::unavailable("the server keys changed meanwhile").into());
    }
    for (key, sealed) in rows {
        tx.replace_sealed(&key.id, sealed, &new.id()).await?;
    }
    let there = tx.all_totps().await?;
    if there.len() != totps.len() || !there.iter().all(|totp| totps.iter().any(|(known, _)| known.sealed == totp.sealed)) {
        return Err(StoreError::unavailable("second factors changed meanwhile").into());
    }
    for (totp, sealed) in totps {
        tx.reseal_totp(totp.person, sealed).await?;
    }
    tx.put_setting(MASTER_KEY_FINGERPRINT, &new.fingerprint()).await?;
    let keys = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    Ok(Outcome::Changed(keys, tx.record(by, Event::MasterKeyRotated { keys }).await?))
}

/// Bound to id and purpose: a row that is put in another's place cannot be opened.
fn associated(key: &str, purpose: &str) -> Vec<u8> {
    let length = (key.len() as u64).to_be_bytes();
    [b"poort server key 1".as_slice(), &length, key.as_bytes(), purpose.as_bytes()].concat()
}

pub(crate) fn another() -> StoreError {
    StoreError::Refused("this database's server keys are sealed under another master key".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
            for byte in buffer {
                *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
            Ok(())
        }
    }

    #[test]
    fn a_sealed_key_opens_only_in_its_own_place() {
        let (entropy, master) = (Counting(0.into()), MasterKey::from_bytes([7; 32]));
        let sealed = master.seal("k1", "answers", b"the key", &entropy).expect("sealed");
        assert_eq!(master.open("k1", "answers", &sealed).expect("opened").expose(), b"the key");
        assert!(!sealed.windows(7).any(|part| part == b"the key"));
        assert!(master.open("k2", "answers", &sealed).is_err());
        assert!(master.open("k1", "signing", &sealed).is_err());
        assert!(master.open("k1a", "nswers", &sealed).is_err());
        assert!(MasterKey::from_bytes([8; 32]).open("k1", "answers", &sealed).is_err());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(master.open("k1", "answers", &changed).is_err(), "byte {place}");
            assert!(master.open("k1", "answers", &sealed[..place]).is_err(), "{place} bytes");
        }
    }

    #[test]
    fn a_key_file_is_made_once_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master-key");
        let entropy = Counting(0.into());
        let made = MasterKey::load_or_create(&path, &entropy).expect("made");
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(MasterKey::load_or_create(&path, &entropy).expect("read").fingerprint(), made.fingerprint());
        assert!(matches!(MasterKey::create(&path, &entropy), Err(SealingError::File(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changed");
        assert!(matches!(MasterKey::load(&path), Err(SealingError::Readable)));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("changed");
        std::fs::write(&path, "short").expect("written");
        assert!(matches!(MasterKey::load(&path), Err(SealingError::NotAKey)));
        std::fs::write(&path, format!("{}\n", "0a".repeat(32))).expect("written");
        assert_eq!(MasterKey::load(&path).expect("hex").id(), MasterKey::from_bytes([10; 32]).id());
    }
}

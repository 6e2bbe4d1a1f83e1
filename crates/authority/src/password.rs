//! Passwords: Argon2id (RFC 9106), off the async threads, bounded in number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use domain::Secret;
use domain::entropy::Entropy;
use tokio::sync::Semaphore;

use crate::Error;
use crate::error::Outage;

/// 19 MiB, two passes, one lane: OWASP's first choice for Argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Each hash takes 19 MiB for some 20 ms: this many at once, the others wait.
const AT_ONCE: usize = 2;
const MIN_CHARACTERS: usize = 10;
const MAX_BYTES: usize = 512;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    hashed: Arc<AtomicU64>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// With the bound on how many are hashed at once.
    pub fn new() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_ONCE)), hashed: Arc::default() }
    }

    /// Hashes a password of at least 10 characters and at most 512 bytes.
    pub async fn hash(&self, password: Secret<String>, entropy: &dyn Entropy) -> Result<String, Error> {
        let length = password.expose().chars().count();
        if length < MIN_CHARACTERS || password.expose().len() > MAX_BYTES {
            return Err(Error::invalid("password", "must be at least 10 characters and at most 512 bytes long"));
        }
        let mut salt = [0; 16];
        entropy.fill(&mut salt)?;
        self.run(move || hash(password.expose(), &salt)).await?.ok_or(Error::Unavailable(Outage::Internal("password hashing failed")))
    }

    /// Whether the password is the one that was hashed. Without a hash it works as long and says no, so that nobody
    /// can tell by the time it takes whether an account exists.
    pub async fn matches(&self, password: Secret<String>, hash: Option<String>) -> Result<bool, Error> {
        const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        if password.expose().len() > MAX_BYTES {
            return Ok(false);
        }
        self.run(move || matches(password.expose(), hash.as_deref().unwrap_or(NOBODYS))).await
    }

    /// How many passwords were hashed since the start, right or not.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        const STOPPED: Error = Error::Unavailable(Outage::Internal("password hashing stopped"));
        let _slot = self.slots.acquire().await.map_err(|_| STOPPED)?;
        self.hashed.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(work).await.map_err(|_| STOPPED)
    }
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &str, salt: &[u8]) -> Option<String> {
    use argon2::PasswordHasher as _;
    Some(argon2()?.hash_password_with_salt(password.as_bytes(), salt).ok()?.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    use argon2::PasswordVerifier as _;
    let Some((argon2, hash)) = argon2().zip(PasswordHash::new(hash).ok()) else { return false };
    argon2.verify_password(password.as_bytes(), &hash).is_ok()
}

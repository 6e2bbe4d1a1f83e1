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
const MIN_CHARACTERS: usize = 12;
const MAX_BYTES: usize = 512;
/// Only the beginning of a long one is looked at for what is common: the work grows with the square of the length.
const JUDGED_CHARACTERS: usize = 64;

/// Why a password is not taken. There are no rules about what it is made of (NIST SP 800-63B section 5.1.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Fewer than 12 characters.
    Short,
    /// More than 512 bytes.
    Long,
    /// Among those that are guessed first: common passwords, and what is made of them, of rows of keys, of repetitions, or of what is
    /// known of the person.
    Common,
}

impl PasswordProblem {
    const fn words(self) -> &'static str {
        match self {
            Self::Short | Self::Long => "must be at least 12 characters and at most 512 bytes long",
            Self::Common => "is among the passwords that are guessed first",
        }
    }
}

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

    /// What is wrong with a password of somebody of whom this is known, such as name and mail address; nothing, if it is fit.
    pub fn problem(password: &Secret<String>, known: &[&str]) -> Option<PasswordProblem> {
        let text = password.expose();
        if text.chars().count() < MIN_CHARACTERS {
            return Some(PasswordProblem::Short);
        }
        if text.len() > MAX_BYTES {
            return Some(PasswordProblem::Long);
        }
        let parts: Vec<&str> = known.iter().flat_map(|known| known.split(['@', '.', ' ', '-'])).filter(|part| part.len() > 2).collect();
        let judged: String = text.chars().take(JUDGED_CHARACTERS).collect();
        let is_guessed = zxcvbn::zxcvbn(&judged, &parts).score() < zxcvbn::Score::Two;
        is_guessed.then_some(PasswordProblem::Common)
    }

    /// Hashes a password that [`Self::problem`] finds fit.
    pub async fn hash(&self, password: Secret<String>, entropy: &dyn Entropy) -> Result<String, Error> {
        if let Some(problem) = Self::problem(&password, &[]) {
            return Err(Error::invalid("password", problem.words()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_first_is_no_password() {
        let problem =
            |text: &str| Passwords::problem(&Secret::new(text.to_owned()), &["Sanne de Vries", "sanne.devries@waterschap.example"]);
        for common in
            ["password1234", "passwordpassword", "aaaaaaaaaaaaa", "qwertyuiop12", "123456789012", "Administrator1", "sannedevries"]
        {
            assert_eq!(problem(common), Some(PasswordProblem::Common), "{common}");
        }
        for good in ["correct horse battery", "een lange zin met fietsen", "kT9-vv2-Wq0-m", "ééntwaalftekens"] {
            assert_eq!(problem(good), None, "{good}");
        }
        assert_eq!(problem("kT9-vv2-Wq0"), Some(PasswordProblem::Short));
        assert_eq!(problem(&"kT9-vv2-Wq0".repeat(50)), Some(PasswordProblem::Long));
    }
}

//! Rotation: a new secret for a credential, the one before with an end, those of earlier rotations ended.

use std::time::Duration;

use crate::credential::Digest;
use crate::event::SecretState;
use crate::time::Timestamp;

/// What a rotation does to the secrets of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The secret before, and its end.
    pub old: SecretState,
    /// The secret from now on.
    pub new: SecretState,
    /// Secrets of earlier rotations, ended at once.
    pub ended: Vec<Digest>,
    /// When the secret before ends: the end of the overlap, or the credential's own expiry where that comes first.
    pub old_ends_at: Timestamp,
}

impl Rotation {
    /// The rotation to `new` at `at`. `secrets` are those that there are, the current one first; none where there is none to rotate.
    /// The end of the overlap is a whole second, rounded down.
    pub fn of(secrets: &[SecretState], new: SecretState, at: Timestamp, overlap: Duration) -> Option<Self> {
        let (current, earlier) = secrets.split_first()?;
        let end = Timestamp::from_unix_seconds(at.saturating_add(overlap).unix_seconds());
        let old_ends_at = current.not_after.map_or(end, |expiry| expiry.min(end));
        let old = SecretState { digest: current.digest, not_after: Some(old_ends_at) };
        Some(Self { old, new, ended: earlier.iter().map(|secret| secret.digest).collect(), old_ends_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_before_ends_with_the_overlap_or_with_its_credential() {
        let at = Timestamp::parse("2026-11-21T12:00:00.9Z").expect("a time");
        let secret = |text: &str, end: Option<i64>| SecretState {
            digest: Digest::of(text.as_bytes()),
            not_after: end.map(|seconds| Timestamp::from_unix_seconds(at.unix_seconds() + seconds)),
        };
        let new = secret("new", None);
        let rotate = |secrets: &[SecretState]| Rotation::of(secrets, new, at, Duration::from_secs(60));
        assert_eq!(rotate(&[]), None);
        for (expiry, expected) in [(None, 60), (Some(10), 10), (Some(90), 60)] {
            let rotation = rotate(&[secret("old", expiry), secret("older", Some(5))]).expect("rotated");
            assert_eq!(rotation.old, secret("old", Some(expected)));
            assert_eq!(rotation.ended, [Digest::of(b"older")]);
            assert_eq!(Some(rotation.old_ends_at), rotation.old.not_after);
        }
    }
}

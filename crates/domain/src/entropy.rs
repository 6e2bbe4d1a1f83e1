//! Randomness, handed in.

/// The source of randomness failed; nothing may be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness is not available")]
pub struct EntropyUnavailable;

/// A source of random bytes: the operating system's in production, a seeded one in tests.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer with independent, uniformly distributed bytes.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable>;
}

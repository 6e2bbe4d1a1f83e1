//! The signature algorithms that exist here. There is no `none` and nothing symmetric to fall back to.

use aws_lc_rs::signature;

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256; what this server signs with unless told otherwise.
    ES256,
    /// Ed25519.
    EdDSA,
    /// RSASSA-PKCS1-v1_5 with SHA-256. Not under `fapi2`.
    RS256,
    /// RSASSA-PSS with SHA-256. Verified only: nothing is signed with it here.
    PS256,
}

impl Algorithm {
    /// All that are verified.
    pub const ALL: [Self; 4] = [Self::ES256, Self::EdDSA, Self::RS256, Self::PS256];
    /// What FAPI 2.0 allows (Security Profile section 5.4.1).
    pub const FAPI: [Self; 3] = [Self::ES256, Self::EdDSA, Self::PS256];

    /// As `alg` says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
        }
    }

    /// The algorithm that `alg` names; the case counts. `Ed25519` is the fully specified name of the one EdDSA that there is here
    /// (RFC 9864 section 2.2).
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "Ed25519" => Some(Self::EdDSA),
            _ => Self::ALL.into_iter().find(|algorithm| algorithm.name() == name),
        }
    }

    pub(crate) const fn rsa_parameters(self) -> Option<&'static signature::RsaParameters> {
        match self {
            Self::RS256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
            Self::PS256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
            Self::ES256 | Self::EdDSA => None,
        }
    }
}

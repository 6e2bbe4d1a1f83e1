//! Other providers of OpenID Connect with which people sign in: what was configured, and what each says of itself.

mod exchange;
mod flow;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{Secret, Timestamp};
use jose::JwkSet;
use serde::{Deserialize, Serialize};

use crate::outbound::{Outbound, OutboundError};

pub(super) use flow::{callback, start};

/// For how long what a provider says of itself is taken for true.
const KNOWN_FOR: Duration = Duration::from_secs(600);

/// A provider, as configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInProvider {
    /// Its name in URLs: small letters, digits and hyphens.
    pub name: String,
    /// Its name on the button.
    pub label: String,
    /// Its issuer, exactly as it says it of itself; an https URL.
    pub issuer: String,
    /// How it knows this server.
    pub client_id: String,
    /// A file with the secret by which it knows this server; without one, this server is a public client to it.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// The scopes that are asked for.
    #[serde(default = "usual_scopes")]
    pub scopes: String,
}

fn usual_scopes() -> String {
    "openid email profile".to_owned()
}

impl SignInProvider {
    pub(crate) fn fit(all: &[Self]) -> bool {
        let is_good = |one: &Self| {
            let name =
                !one.name.is_empty() && one.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            let issuer =
                one.issuer.starts_with("https://") || one.issuer.starts_with("http://127.0.0.1") || one.issuer.starts_with("http://[::1]");
            name && issuer
                && !one.label.trim().is_empty()
                && !one.client_id.is_empty()
                && one.scopes.split(' ').any(|scope| scope == "openid")
        };
        let is_single = |one: &Self| all.iter().filter(|other| other.name == one.name || other.issuer == one.issuer).count() == 1;
        all.iter().all(|one| is_good(one) && is_single(one))
    }
}

/// A provider at work.
pub(super) struct Provider {
    pub(super) configured: SignInProvider,
    secret: Option<Secret<String>>,
    known: Mutex<Option<Known>>,
}

/// What a provider says of itself (OpenID Connect Discovery section 3).
#[derive(Debug, Clone, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

#[derive(Clone)]
struct Known {
    metadata: Metadata,
    keys: JwkSet,
    since: Timestamp,
}

/// Why a provider signed nobody in.
#[derive(Debug, thiserror::Error)]
enum Failed {
    /// It cannot be asked now.
    #[error("{0}")]
    Away(#[from] OutboundError),
    /// What it said does not count.
    #[error("{0}")]
    Refused(String),
}

impl Provider {
    /// Reads the secret's file.
    pub(super) fn open(configured: SignInProvider) -> Result<Self, (PathBuf, std::io::Error)> {
        let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(|error| (path.clone(), error));
        let secret = configured.client_secret_file.as_ref().map(read).transpose()?;
        let secret = secret.map(|text| Secret::new(text.trim_end().to_owned()));
        Ok(Self { configured, secret, known: Mutex::default() })
    }

    /// Where it begins here.
    pub(super) fn path(&self) -> String {
        format!("/sign-in/providers/{}", self.configured.name)
    }

    /// Its metadata and keys: kept for a while, asked anew when they are older, or at once.
    async fn known(&self, outbound: &Outbound, now: Timestamp, anew: bool) -> Result<Known, Failed> {
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = kept.filter(|known| !anew && now < known.since.saturating_add(KNOWN_FOR)) {
            return Ok(known);
        }
        let issuer = &self.configured.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata: Metadata = outbound.get(&url).await?;
        if metadata.issuer != *issuer {
            return Err(Failed::Refused(format!("it calls itself {:?}", metadata.issuer)));
        }
        outbound.url(&metadata.authorization_endpoint)?;
        let keys = JwkSet::parse(&outbound.get_bytes(&metadata.jwks_uri).await?).map_err(|refusal| Failed::Refused(refusal.to_string()))?;
        let known = Known { metadata, keys, since: now };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_have_names_and_issuers_of_their_own() {
        let one = SignInProvider {
            name: "work".to_owned(),
            label: "Work".to_owned(),
            issuer: "https://id.example".to_owned(),
            client_id: "poort".to_owned(),
            client_secret_file: None,
            scopes: usual_scopes(),
        };
        let with = |change: fn(&mut SignInProvider)| {
            let mut other = one.clone();
            change(&mut other);
            SignInProvider::fit(&[other])
        };
        assert!(SignInProvider::fit(std::slice::from_ref(&one)) && SignInProvider::fit(&[]));
        assert!(!SignInProvider::fit(&[one.clone(), one.clone()]));
        assert!(!with(|one| one.name = "Work!".to_owned()) && !with(|one| one.issuer = "http://id.example".to_owned()));
        assert!(!with(|one| one.scopes = "email".to_owned()) && !with(|one| one.label = " ".to_owned()));
    }
}

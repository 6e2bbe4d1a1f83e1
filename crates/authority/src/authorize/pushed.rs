//! Pushed authorization requests (RFC 9126): kept under a name that nobody can guess, for the client that pushed them.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{CredentialId, Digest, Timestamp};
use store::PushedRequest;
use verifier::Client;

use super::parameters::Parameters;
use crate::allowance::pushing;
use crate::error::Outage;
use crate::interaction::WAITS_FOR;
use crate::{Authority, Error};

/// How long a pushed request can be taken up. FAPI 2.0 section 5.3.2.2 asks for less than 600 s.
pub const PUSHED_SECONDS: u32 = 90;
/// How a `request_uri` of ours begins (RFC 9126 section 2.2).
pub const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
/// 256 bits.
const NAME_BYTES: usize = 32;
/// The longest text that is looked up as a name.
const NAME_CHARACTERS: usize = 43;

/// A pushed request that was taken up.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// What it is used up by.
    pub digest: Digest,
    /// The organisation key of the client that pushed it.
    pub key: CredentialId,
    /// Its parameters.
    pub parameters: Parameters,
}

impl Authority {
    /// Keeps the parameters of a client that asks from this address. Gives the `request_uri`, or when there is room again.
    pub async fn push_request(
        &self,
        (client, address): (&Client, IpAddr),
        parameters: &Parameters,
        now: Timestamp,
    ) -> Result<Result<String, Timestamp>, Error> {
        if let Some(until) = self.store.spend(vec![pushing(client, address)], now).await? {
            return Ok(Err(until));
        }
        let mut bytes = [0; NAME_BYTES];
        self.entropy.fill(&mut bytes)?;
        let name = URL_SAFE_NO_PAD.encode(bytes);
        let request =
            serde_json::to_string(parameters).map_err(|_| Error::Unavailable(Outage::Internal("parameters could not be written")))?;
        let expires_at = now.saturating_add(Duration::from_secs(PUSHED_SECONDS.into()));
        self.store.insert_pushed_request(digest(&name), PushedRequest { key: client.id, request }, expires_at).await?;
        Ok(Ok(format!("{REQUEST_URI}{name}")))
    }

    /// What was pushed under this `request_uri`: nothing where it is not one of ours, unknown, used or over.
    pub async fn pushed_request(&self, request_uri: &str, now: Timestamp) -> Result<Option<Pushed>, Error> {
        let Some(name) = request_uri.strip_prefix(REQUEST_URI).filter(|name| name.len() == NAME_CHARACTERS) else { return Ok(None) };
        let digest = digest(name);
        let found = self.store.read(move |reader| Box::pin(async move { reader.pushed_request(&digest, now).await })).await?;
        let Some(PushedRequest { key, request }) = found else { return Ok(None) };
        let parameters =
            serde_json::from_str(&request).map_err(|_| Error::Unavailable(Outage::Internal("a pushed request cannot be read")))?;
        Ok(Some(Pushed { digest, key, parameters }))
    }

    /// Forgets pushed requests that nobody can finish any more.
    pub async fn forget_old_pushed_requests(&self, now: Timestamp) -> Result<(), Error> {
        Ok(self.store.drop_old_pushed_requests(now.saturating_sub(WAITS_FOR)).await?)
    }
}

/// As rows name it: not what is in the client's URL.
fn digest(name: &str) -> Digest {
    Digest::of(&[b"poort pushed request\0".as_slice(), name.as_bytes()].concat())
}

//! What is sent to a provider and what it answers: the request, the code, the ID token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Digest, Timestamp};
use jose::upstream_id_token::{self, Expected, UpstreamIdToken};
use jose::{JwsRefusal, Refusal};
use serde::{Deserialize, Serialize};

use super::{Failed, Known, Provider};
use crate::outbound::{Outbound, encoded};

/// What a signing in at a provider must come back with; kept here for the browser that began it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Begun {
    /// Proves that whoever redeems the code began it (RFC 7636).
    pub(super) verifier: String,
    /// Ties the ID token to it.
    pub(super) nonce: String,
    /// The sign-in page's own query, to go on with.
    pub(super) query: String,
    /// Whether the person must prove now who they are, from this moment on.
    pub(super) fresh_since: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    email: Option<String>,
    #[serde(default)]
    email_verified: serde_json::Value,
}

/// One exchange with a provider.
pub(super) struct Exchange<'e> {
    pub(super) provider: &'e Provider,
    pub(super) outbound: &'e Outbound,
    pub(super) redirect_uri: &'e str,
    pub(super) now: Timestamp,
}

impl Exchange<'_> {
    /// The URL to send the browser to; `state` is the name under which the signing in waits here.
    pub(super) async fn request(&self, begun: &Begun, state: &str, locale: &str, login_hint: Option<&str>) -> Result<String, Failed> {
        let known = self.provider.known(self.outbound, self.now, false).await?;
        let challenge = URL_SAFE_NO_PAD.encode(Digest::of(begun.verifier.as_bytes()).as_bytes());
        let configured = &self.provider.configured;
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", configured.client_id.as_str()),
            ("redirect_uri", self.redirect_uri),
            ("scope", configured.scopes.as_str()),
            ("state", state),
            ("nonce", begun.nonce.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("ui_locales", locale),
        ];
        if begun.fresh_since.is_some() {
            pairs.extend([("prompt", "login"), ("max_age", "0")]);
        }
        pairs.extend(login_hint.map(|hint| ("login_hint", hint)));
        let endpoint = &known.metadata.authorization_endpoint;
        let separator = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{separator}{}", encoded(&pairs)))
    }

    /// Whether an answer says that it is from this provider, where it has to (RFC 9207 section 2.4).
    pub(super) async fn check_issuer(&self, iss: Option<&str>) -> Result<(), Failed> {
        let known = self.provider.known(self.outbound, self.now, false).await?;
        match iss {
            Some(iss) if iss == known.metadata.issuer => Ok(()),
            None if !known.metadata.authorization_response_iss_parameter_supported => Ok(()),
            _ => Err(Failed::Refused("the answer is from another issuer".to_owned())),
        }
    }

    /// Redeems a code for what the provider says of the account.
    pub(super) async fn redeem(&self, begun: &Begun, code: &str) -> Result<UpstreamIdToken, Failed> {
        let known = self.provider.known(self.outbound, self.now, false).await?;
        let tokens = self.tokens(&known, begun, code).await?;
        let expected =
            Expected { issuer: &known.metadata.issuer, client_id: &self.provider.configured.client_id, nonce: &begun.nonce, now: self.now };
        let refused = |refusal: Refusal| Failed::Refused(refusal.to_string());
        let mut token = match upstream_id_token::verify(&tokens.id_token, &known.keys, expected) {
            // It may have begun to sign with another key a moment ago (OpenID Connect Core section 10.1.1).
            Err(Refusal::Jws(JwsRefusal::UnknownKey)) => {
                let anew = self.provider.known(self.outbound, self.now, true).await?;
                upstream_id_token::verify(&tokens.id_token, &anew.keys, expected).map_err(refused)?
            }
            other => other.map_err(refused)?,
        };
        if token.email.is_none()
            && let (Some(endpoint), Some(access_token)) = (&known.metadata.userinfo_endpoint, &tokens.access_token)
        {
            match self.outbound.get_with_token::<UserInfo>(endpoint, access_token).await {
                Ok(info) if info.sub == token.subject => {
                    (token.email, token.email_verified) = (info.email, info.email_verified == serde_json::Value::Bool(true));
                }
                // Core section 5.3.2: it may be about somebody else.
                Ok(_) => return Err(Failed::Refused("its userinfo is about another account".to_owned())),
                // An account that is linked needs no address.
                Err(cause) => tracing::warn!(%cause, provider = self.provider.configured.name, "the address of an account is not known"),
            }
        }
        if begun.fresh_since.is_some_and(|since| token.auth_time.is_none_or(|at| at.saturating_add(jose::claims::CLOCK_SKEW) < since)) {
            return Err(Failed::Refused("the person did not sign in anew".to_owned()));
        }
        Ok(token)
    }

    async fn tokens(&self, known: &Known, begun: &Begun, code: &str) -> Result<Tokens, Failed> {
        let client_id = self.provider.configured.client_id.as_str();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri),
            ("code_verifier", begun.verifier.as_str()),
        ];
        let methods = &known.metadata.token_endpoint_auth_methods_supported;
        // Discovery section 3: what says nothing takes `client_secret_basic`.
        let takes_basic = methods.is_empty() || methods.iter().any(|method| method == "client_secret_basic");
        let secret = self.provider.secret.as_ref().map(|secret| secret.expose().as_str());
        let login = secret.filter(|_| takes_basic).map(|secret| (client_id, secret));
        if login.is_none() {
            form.push(("client_id", client_id));
            form.extend(secret.map(|secret| ("client_secret", secret)));
        }
        Ok(self.outbound.post_form(&known.metadata.token_endpoint, &form, login).await?)
    }
}

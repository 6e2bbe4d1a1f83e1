//! `authorization_code`: tokens for a code, once (RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9700 section 4.5).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::authorization::Authorization;
use domain::client::GrantType;
use domain::scope::Identity;
use domain::{Because, ClientRefusal, Digest, Kind, Secret, Timestamp};
use store::{AuthorizationCode, By, Outcome, RefreshFamily, Tx};

use super::issue::{From, until};
use super::{Asking, GrantError, Tokens, replayed, scope, session_ended};
use crate::change::Work;
use crate::id_token::About;
use crate::{Authority, Context, session};

/// What comes with a code.
#[derive(Clone)]
pub struct CodeRequest {
    /// The code.
    pub code: Secret<String>,
    /// The redirect URI, where it is sent once more.
    pub redirect_uri: Option<String>,
    /// The verifier of the challenge.
    pub code_verifier: Option<String>,
    /// Which of the resources that were granted the access token is to be for.
    pub resources: Vec<String>,
}

/// What is to be done about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// Nothing: there is no such code for this client, or it is over.
    Refuse(ClientRefusal),
    /// It was used before: what came of it ends.
    Replay,
    /// What must go with it does not: it is used up, so that nobody can try again.
    Burn(ClientRefusal),
    /// It is redeemed.
    Redeem,
}

/// How it ended.
enum Taking {
    Refused(Because),
    Redeemed(Box<AuthorizationCode>),
}

/// What is written for a new family; drawn before the transaction.
#[derive(Clone)]
struct Draft {
    digest: Digest,
    client: domain::CredentialId,
    key_thumbprint: Option<[u8; 32]>,
    refresh: Option<Digest>,
    /// Whether refresh tokens are bound to the key (RFC 9449 section 5: those of public clients).
    binds: bool,
    family_end: Timestamp,
    idle_until: Timestamp,
    request: CodeRequest,
}

impl Authority {
    /// Redeems a code.
    pub async fn redeem_code(&self, context: &Context, asking: &Asking<'_>, request: CodeRequest) -> Result<Tokens, GrantError> {
        if asking.client.definition.requires_dpop && asking.key_thumbprint.is_none() {
            return Err(ClientRefusal::ProofNeeded.into());
        }
        let refresh = self.installation.generate(Kind::RefreshToken, &*self.entropy)?;
        let family_end = asking.now.saturating_add(self.lifetimes.refresh_of(&asking.client));
        let draft = Draft {
            digest: Digest::of(request.code.expose().as_bytes()),
            client: asking.client.id,
            key_thumbprint: asking.key_thumbprint,
            refresh: asking.client.definition.may(GrantType::RefreshToken).then(|| Digest::of(refresh.expose().as_bytes())),
            binds: !asking.client.definition.is_confidential(),
            family_end,
            idle_until: until(asking.now, self.lifetimes.idle_of(&asking.client), family_end),
            request: request.clone(),
        };
        let taken = self.commit(context, move |tx, by| {
            let draft = draft.clone();
            Box::pin(async move { take(tx, by, draft).await })
        });
        let code = match taken.await?.value {
            Taking::Redeemed(code) => code,
            Taking::Refused(because) => return Err(because.into()),
        };
        let authorization = &code.request;
        let inactive = || ClientRefusal::PersonInactive.because().of(code.person);
        let owner = self.verifier.grant_owner(&code.grant)?.filter(super::is_active).ok_or_else(inactive)?;
        let apis = scope::granted(self.verifier.apis(), authorization, &request.resources)?;
        let scopes = scope::consented(&authorization.scope, &apis, &owner);
        let from = From { grant: code.grant, family: code.family, person: code.person, authorization };
        let access = self.issue_access_token(asking, &scopes, Some(from))?;
        let about = About { person: code.person, authorization, access_token: &access.text, refreshed: false };
        let id_token = self.id_token_beside(context, asking, &scopes, about).await?;
        let may_refresh = has_refresh(&asking.client.definition, authorization);
        Ok(Tokens {
            access_token: access.text,
            expires_in: access.expires_in,
            is_bound: asking.key_thumbprint.is_some(),
            refresh_token: may_refresh.then_some(refresh),
            id_token,
            scope: scopes.text(),
        })
    }
}

fn has_refresh(definition: &domain::client::ClientDefinition, authorization: &Authorization) -> bool {
    definition.may(GrantType::RefreshToken)
        && authorization.scope.split(' ').any(|name| Identity::named(name) == Some(Identity::OfflineAccess))
}

async fn take(tx: &mut Tx<'_>, by: &By, draft: Draft) -> Work<Taking> {
    let refused = |because: Because| Ok(Outcome::Kept(Taking::Refused(because)));
    let Some(code) = tx.authorization_code(&draft.digest).await? else { return refused(ClientRefusal::NotIssued.into()) };
    let used = ClientRefusal::CodeUsed.because().of(code.person).about(code.family.as_bytes());
    match decide(&code, &draft, by.at) {
        Decision::Refuse(refusal) => refused(told(refusal, &code)),
        Decision::Replay => replayed(tx, by, code.family, Taking::Refused(used)).await,
        Decision::Burn(refusal) => {
            tx.redeem_authorization_code(&draft.digest, by.at).await?;
            refused(told(refusal, &code))
        }
        Decision::Redeem => {
            if session::has_ended(tx, &code.request).await? {
                return refused(session_ended(&code.request, code.person));
            }
            if !tx.redeem_authorization_code(&draft.digest, by.at).await? {
                return replayed(tx, by, code.family, Taking::Refused(used)).await;
            }
            let offline = code.request.scope.split(' ').any(|name| Identity::named(name) == Some(Identity::OfflineAccess));
            if let Some(refresh) = draft.refresh.filter(|_| offline) {
                let key_thumbprint = if draft.binds { draft.key_thumbprint } else { None };
                let request = Authorization { key_thumbprint, ..code.request.clone() };
                let (id, grant, key) = (code.family, code.grant, code.key);
                let family = RefreshFamily { id, grant, key, request, created_at: by.at, expires_at: draft.family_end };
                tx.insert_refresh_family(&family).await?;
                tx.insert_refresh_token(&refresh, id, draft.idle_until).await?;
            }
            Ok(Outcome::Kept(Taking::Redeemed(Box::new(code))))
        }
    }
}

/// What is known of a code that is refused. Of another client's, nothing: whoever shows it is not told that it is one.
fn told(refusal: ClientRefusal, code: &AuthorizationCode) -> Because {
    match refusal {
        ClientRefusal::NotIssued => refusal.because(),
        ClientRefusal::GrantEnded => refusal.because().of(code.person).about(code.grant.as_bytes()),
        _ => refusal.because().of(code.person),
    }
}

fn decide(code: &AuthorizationCode, draft: &Draft, now: Timestamp) -> Decision {
    // Another client's try leaves the code as it is: it proves nothing about whose it is.
    if code.key != draft.client {
        return Decision::Refuse(ClientRefusal::NotIssued);
    }
    if code.redeemed_at.is_some() {
        return Decision::Replay;
    }
    if code.expires_at <= now {
        return Decision::Refuse(ClientRefusal::CodeExpired);
    }
    if code.grant_ended_at.is_some() {
        return Decision::Refuse(ClientRefusal::GrantEnded);
    }
    if !is_verified(&code.request, draft.request.code_verifier.as_deref()) {
        return Decision::Burn(ClientRefusal::VerifierWrong);
    }
    if !is_redirect(&code.request, draft.request.redirect_uri.as_deref()) {
        return Decision::Burn(ClientRefusal::RedirectOther);
    }
    let bound = code.request.key_thumbprint.is_none_or(|bound| draft.key_thumbprint == Some(bound));
    if bound { Decision::Redeem } else { Decision::Burn(ClientRefusal::KeyOther) }
}

/// RFC 7636 section 4.6. A verifier where there was no challenge is refused, too: somebody has taken the challenge away (RFC 9700
/// section 4.8.2).
fn is_verified(authorization: &Authorization, verifier: Option<&str>) -> bool {
    match (&authorization.code_challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => is_verifier(verifier) && *challenge == challenge_of(verifier),
        _ => false,
    }
}

/// RFC 7636 section 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

/// RFC 7636 section 4.2.
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// Clients of OAuth 2.0 send it once more (RFC 6749 section 4.1.3); those of OAuth 2.1 do not, and have a challenge instead.
fn is_redirect(authorization: &Authorization, sent: Option<&str>) -> bool {
    match (&authorization.redirect_uri, sent) {
        (Some(asked), Some(sent)) => asked == sent,
        (Some(_), None) => authorization.code_challenge.is_some(),
        (None, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use domain::{CredentialId, FamilyId, GrantId, PersonId};

    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn code() -> AuthorizationCode {
        AuthorizationCode {
            grant: GrantId::from_bytes([1; 16]),
            key: CredentialId::from_bytes([2; 16]),
            family: FamilyId::from_bytes([3; 16]),
            request: Authorization {
                redirect_uri: Some("https://app.example/cb".to_owned()),
                scope: "api1".to_owned(),
                resources: vec![],
                nonce: None,
                code_challenge: Some(CHALLENGE.to_owned()),
                key_thumbprint: None,
                session: None,
                auth_time: Timestamp::from_unix_seconds(0),
                acr: None,
                amr: vec![],
            },
            expires_at: Timestamp::from_unix_seconds(100),
            redeemed_at: None,
            person: PersonId::from_bytes([4; 16]),
            grant_ended_at: None,
        }
    }

    fn draft(code_verifier: Option<&str>, redirect_uri: Option<&str>) -> Draft {
        Draft {
            digest: Digest::of(b"code"),
            client: CredentialId::from_bytes([2; 16]),
            key_thumbprint: None,
            refresh: None,
            binds: false,
            family_end: Timestamp::from_unix_seconds(1_000),
            idle_until: Timestamp::from_unix_seconds(1_000),
            request: CodeRequest {
                code: Secret::new("code".to_owned()),
                redirect_uri: redirect_uri.map(str::to_owned),
                code_verifier: code_verifier.map(str::to_owned),
                resources: vec![],
            },
        }
    }

    fn decided(change: impl FnOnce(&mut AuthorizationCode), draft: &Draft) -> Decision {
        let mut code = code();
        change(&mut code);
        decide(&code, draft, Timestamp::from_unix_seconds(50))
    }

    #[test]
    fn a_code_is_redeemed_by_whom_it_was_made_for_only() {
        let good = draft(Some(VERIFIER), Some("https://app.example/cb"));
        let ended = Some(Timestamp::from_unix_seconds(1));
        assert_eq!(decided(|_| {}, &good), Decision::Redeem);
        assert_eq!(decided(|code| code.key = CredentialId::from_bytes([9; 16]), &good), Decision::Refuse(ClientRefusal::NotIssued));
        assert_eq!(decided(|code| code.expires_at = Timestamp::from_unix_seconds(50), &good), Decision::Refuse(ClientRefusal::CodeExpired));
        assert_eq!(decided(|code| code.grant_ended_at = ended, &good), Decision::Refuse(ClientRefusal::GrantEnded));
        assert_eq!(decided(|code| code.redeemed_at = ended, &good), Decision::Replay);
        assert_eq!(decided(|code| code.request.key_thumbprint = Some([1; 32]), &good), Decision::Burn(ClientRefusal::KeyOther));
    }

    #[test]
    fn what_goes_with_it_must_be_there() {
        for bad in [None, Some(""), Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj"), Some(&*format!("{VERIFIER}="))] {
            assert_eq!(
                decided(|_| {}, &draft(bad, Some("https://app.example/cb"))),
                Decision::Burn(ClientRefusal::VerifierWrong),
                "{bad:?}"
            );
        }
        assert_eq!(decided(|_| {}, &draft(Some(VERIFIER), Some("https://app.example/cb/"))), Decision::Burn(ClientRefusal::RedirectOther));
        assert_eq!(decided(|_| {}, &draft(Some(VERIFIER), None)), Decision::Redeem, "as OAuth 2.1 has it");
        let without = |code: &mut AuthorizationCode| code.request.code_challenge = None;
        assert_eq!(
            decided(without, &draft(Some(VERIFIER), Some("https://app.example/cb"))),
            Decision::Burn(ClientRefusal::VerifierWrong),
            "a downgrade"
        );
        assert_eq!(decided(without, &draft(None, None)), Decision::Burn(ClientRefusal::RedirectOther));
        assert_eq!(decided(without, &draft(None, Some("https://app.example/cb"))), Decision::Redeem);
    }

    #[test]
    fn verifiers_are_43_to_128_unreserved_characters() {
        assert_eq!(challenge_of(VERIFIER), CHALLENGE);
        for (length, good) in [(42, false), (43, true), (128, true), (129, false), (10_000, false)] {
            assert_eq!(is_verifier(&"a".repeat(length)), good, "{length}");
        }
        for bad in ["+", "/", "=", "é", "\0", " "] {
            assert!(!is_verifier(&format!("{}{bad}", "a".repeat(60))), "{bad:?}");
        }
    }
}

//! Client authentication (RFC 6749 section 2.3, RFC 7523): who asks, by exactly one method, and only by those that the client has.
//!
//! Whether a client is unknown, ended or gave a wrong secret is not told: one answer, made with the same work.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::client::{ClientAuthentication, Profile};
use domain::{ClientRefusal, Digest, Timestamp};
use http::HeaderMap;
use http::header::{AUTHORIZATION, ORIGIN};
use jose::JwkSet;
use jose::client_assertion::{self, ASSERTION_TYPE};
use verifier::{Client, KnownClient, PrivateKeyUse};

use super::call::Call;
use super::client_keys::algorithms;
use super::error::{Code, ConnectError};
use super::form::{Form, decoded};
use super::refusal::Whose;
use super::{Connect, cors};

/// The longest `Authorization` header that is looked at, in bytes.
const MAX_HEADER_BYTES: usize = 4_096;
const IN_BROWSER: &str = "a private key came from a page in a browser, where everybody can read it: replace that key, and let the page be \
    a public client with PKCE";

/// A client that was authenticated, or a public one that named itself.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// The client.
    pub client: Arc<Client>,
    /// How; nothing for a public one.
    pub method: Option<ClientAuthentication>,
    /// The private key that it used, if one.
    pub private_key: Option<PrivateKeyUse>,
}

/// What a request presents.
struct Presented<'f> {
    client_id: String,
    proof: Proof<'f>,
}

enum Proof<'f> {
    None,
    /// The secret; with `Basic` also as it was before decoding, for clients that do not encode it.
    Secret {
        method: ClientAuthentication,
        secret: String,
        raw: Option<String>,
    },
    Assertion(&'f str),
}

/// A client that was not authenticated. The answer says nothing of this.
struct NotProven {
    refusal: ClientRefusal,
    client: Option<Arc<Client>>,
}

/// Authenticates the client of a request. One that cannot be authenticated costs time: see [`super::tries`].
pub async fn authenticate(connect: &Connect, call: &Call, form: &Form<'_>) -> Result<Authenticated, ConnectError> {
    let headers = &call.parts.headers;
    let presented = read(headers, form)?;
    let known = connect.authority.verifier().client(&presented.client_id)?;
    let named = known.as_ref().map(|known| Whose::named(&known.client)).unwrap_or_default();
    refuse_browsers(headers, &presented.proof).map_err(|error| error.by(named))?;
    let now = call.edge.now;
    if let Some(until) = connect.tries.until(&presented.client_id, call.address, now) {
        return Err(ConnectError::too_many(until, now).by(named));
    }
    match check(connect, known, &presented, now).await.map_err(|error| error.by(named))? {
        Ok(authenticated) => Ok(authenticated),
        Err(NotProven { refusal, client }) => {
            let whose = client.as_deref().map(Whose::named).unwrap_or_default();
            let error = refuse(connect, &presented.client_id, call).by(whose);
            Err(if error.code() == Code::InvalidClient { error.because(refusal) } else { error })
        }
    }
}

/// Counts a try that was not right. Also for APIs, that authenticate by their name.
pub(super) fn refuse(connect: &Connect, client_id: &str, call: &Call) -> ConnectError {
    let now = call.edge.now;
    match connect.tries.count(client_id, call.address, now) {
        None => Code::InvalidClient.into(),
        Some(until) => ConnectError::too_many(until, now),
    }
}

/// RFC 6749 section 2.3: a client must not use more than one method in a request.
fn read<'f>(headers: &HeaderMap, form: &'f Form<'_>) -> Result<Presented<'f>, ConnectError> {
    let named = form.get("client_id");
    let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
    let basic = match headers.get(AUTHORIZATION) {
        Some(value) => Some(read_basic(value.as_bytes()).ok_or(Code::InvalidClient)?),
        None => None,
    };
    let methods = [basic.is_some(), secret.is_some(), assertion.is_some() || form.get("client_assertion_type").is_some()];
    if methods.into_iter().filter(|used| *used).count() > 1 {
        return Err(ConnectError::new(Code::InvalidRequest).describe("a client authenticates by one method, not by several"));
    }
    let presented = if let Some((id, secret)) = basic {
        let proof = match secret {
            (secret, _) if secret.is_empty() => Proof::None,
            (secret, raw) => Proof::Secret { method: ClientAuthentication::ClientSecretBasic, secret, raw },
        };
        Presented { client_id: id, proof }
    } else if let Some(assertion) = assertion {
        if form.get("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(ConnectError::new(Code::InvalidRequest).describe("the client_assertion_type is not jwt-bearer"));
        }
        let client_id = match named {
            Some(named) => named.to_owned(),
            None => client_assertion::claimed_client(assertion).ok_or(Code::InvalidClient)?,
        };
        Presented { client_id, proof: Proof::Assertion(assertion) }
    } else {
        let client_id = form.required("client_id")?.to_owned();
        let method = ClientAuthentication::ClientSecretPost;
        let proof = secret.map_or(Proof::None, |secret| Proof::Secret { method, secret: secret.to_owned(), raw: None });
        Presented { client_id, proof }
    };
    if named.is_some_and(|named| named != presented.client_id) {
        return Err(ConnectError::new(Code::InvalidRequest).describe("the client_id is not that of the authentication"));
    }
    Ok(presented)
}

/// The id, and the secret with its text before decoding where that differs. Both halves are form-encoded before they are joined
/// (RFC 6749 section 2.3.1).
type BasicHalves = (String, (String, Option<String>));

fn read_basic(value: &[u8]) -> Option<BasicHalves> {
    let value = std::str::from_utf8(value).ok().filter(|value| value.len() <= MAX_HEADER_BYTES)?;
    let (scheme, encoded) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let halves = String::from_utf8(STANDARD.decode(encoded.trim_start_matches(' ')).ok()?).ok()?;
    let (id, secret) = halves.split_once(':').filter(|(id, _)| !id.is_empty())?;
    let plain = decoded(secret).map_or_else(|_| secret.to_owned(), |plain| plain.into_owned());
    let raw = (plain != secret).then(|| secret.to_owned());
    Some((decoded(id).ok()?.into_owned(), (plain, raw)))
}

/// A page that knows a private key has given it to everybody.
fn refuse_browsers(headers: &HeaderMap, proof: &Proof<'_>) -> Result<(), ConnectError> {
    match proof {
        Proof::Secret { .. } if headers.contains_key(ORIGIN) => {
            let error = ConnectError::new(Code::InvalidRequest).describe(IN_BROWSER).mark(cors::NotForPages);
            Err(error.because(ClientRefusal::PrivateKeyInBrowser))
        }
        _ => Ok(()),
    }
}

/// The client, if the proof is right.
async fn check(
    connect: &Connect,
    known: Option<KnownClient>,
    presented: &Presented<'_>,
    now: Timestamp,
) -> Result<Result<Authenticated, NotProven>, ConnectError> {
    match &presented.proof {
        Proof::None => Ok(working(known).and_then(|client| {
            if client.definition.is_confidential() {
                return Err(not_proven(ClientRefusal::ClientUnproven, client));
            }
            Ok(Authenticated { client, method: None, private_key: None })
        })),
        Proof::Secret { method, secret, raw } => check_secret(connect, known, *method, (secret, raw.as_deref()), now),
        Proof::Assertion(assertion) => check_assertion(connect, known, assertion, now).await,
    }
}

/// The client, if it is known and works.
fn working(known: Option<KnownClient>) -> Result<Arc<Client>, NotProven> {
    match known {
        None => Err(NotProven { refusal: ClientRefusal::ClientUnknown, client: None }),
        Some(KnownClient { client, works: Err(refusal) }) => Err(not_proven(ClientRefusal::of_client(refusal), client)),
        Some(KnownClient { client, works: Ok(()) }) => Ok(client),
    }
}

fn not_proven(refusal: ClientRefusal, client: Arc<Client>) -> NotProven {
    NotProven { refusal, client: Some(client) }
}

fn check_secret(
    connect: &Connect,
    known: Option<KnownClient>,
    method: ClientAuthentication,
    (secret, raw): (&str, Option<&str>),
    now: Timestamp,
) -> Result<Result<Authenticated, NotProven>, ConnectError> {
    let verifier = connect.authority.verifier();
    let Some(known) = known else {
        // What a wrong secret costs.
        let digest = Digest::of(secret.as_bytes());
        let id = digest.as_bytes().first_chunk::<16>().copied().unwrap_or_default();
        std::hint::black_box(verifier.was_ended(&id)?);
        return Ok(working(None).map(|client| Authenticated { client, method: None, private_key: None }));
    };
    let mut found = verifier.authenticate_client(&known.client, secret, now)?;
    if let (Err(_), Some(raw)) = (found, raw) {
        found = verifier.authenticate_client(&known.client, raw, now)?;
    }
    Ok(working(Some(known)).and_then(|client| match found {
        _ if !client.definition.authenticates_by(method) => Err(not_proven(ClientRefusal::ClientMethod, client)),
        Err(refusal) => Err(not_proven(ClientRefusal::of_private_key(refusal), client)),
        Ok(private_key) => Ok(Authenticated { client, method: Some(method), private_key: Some(private_key) }),
    }))
}

async fn check_assertion(
    connect: &Connect,
    known: Option<KnownClient>,
    assertion: &str,
    now: Timestamp,
) -> Result<Result<Authenticated, NotProven>, ConnectError> {
    let method = ClientAuthentication::PrivateKeyJwt;
    let client = match working(known) {
        Ok(client) if client.definition.authenticates_by(method) => client,
        Ok(client) => return Ok(Err(not_proven(ClientRefusal::ClientMethod, client))),
        Err(not_proven) => return Ok(Err(not_proven)),
    };
    let definition = &client.definition;
    let token_endpoint = connect.url("/connect/token");
    let judge = |keys: &JwkSet| {
        let rules = client_assertion::Rules {
            client_id: &definition.client_id,
            keys,
            algorithms: algorithms(definition),
            issuer: &connect.issuer,
            token_endpoint: (definition.profile == Profile::Nlgov).then_some(token_endpoint.as_str()),
            now,
        };
        client_assertion::verify(assertion, &rules)
    };
    let judged = connect.client_keys.judge(connect.console.outbound(), &client, now, judge).await;
    let judged = judged.map_err(|cause| ConnectError::from(cause).because(ClientRefusal::AssertionWrong))?;
    let verified = match judged {
        Some(Ok(verified)) => verified,
        refused => {
            if let Some(Err(cause)) = refused {
                tracing::debug!(client_id = %definition.client_id, %cause, "a client assertion was refused");
            }
            return Ok(Err(not_proven(ClientRefusal::AssertionWrong, client)));
        }
    };
    let id = format!("{} {}", definition.client_id, verified.jti);
    if !connect.authority.use_once("client assertion", &id, verified.expires_at).await? {
        return Ok(Err(not_proven(ClientRefusal::AssertionUsed, client)));
    }
    Ok(Ok(Authenticated { client, method: Some(method), private_key: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(text: &str) -> Option<BasicHalves> {
        read_basic(format!("Basic {}", STANDARD.encode(text)).as_bytes())
    }

    #[test]
    fn both_halves_of_basic_are_decoded() {
        assert_eq!(basic("id:secret"), Some(("id".to_owned(), ("secret".to_owned(), None))));
        assert_eq!(basic("a%3Ab:x%2By:z"), Some(("a:b".to_owned(), ("x+y:z".to_owned(), Some("x%2By:z".to_owned())))));
        assert_eq!(basic("id:a+b"), Some(("id".to_owned(), ("a b".to_owned(), Some("a+b".to_owned())))));
        assert_eq!(basic("id:100%"), Some(("id".to_owned(), ("100%".to_owned(), None))));
        assert_eq!(basic("id:"), Some(("id".to_owned(), (String::new(), None))));
    }

    #[test]
    fn malformed_basic_is_none() {
        assert!(read_basic(b"basic aWQ6eA==").is_some(), "a scheme has no case");
        for bad in ["Basic", "Basic ", "Basic !!!", "Basic aWQ", "Bearer x", "Basic aWQ6eA==, Bearer x", "Basic aWQ_eA=="] {
            assert_eq!(read_basic(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(read_basic(&[b'B', 0xff]), None);
        assert_eq!(basic("no colon"), None);
        assert_eq!(basic(":secret"), None);
        assert_eq!(read_basic(format!("Basic {}", "a".repeat(100_000)).as_bytes()), None);
    }
}

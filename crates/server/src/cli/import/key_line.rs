//! One line of an import of organisation keys.

use domain::organisation_token::Username;
use domain::text::{Email, Name};
use domain::{Digest, OrganisationId, WorkspaceId};
use serde_json::{Map, Value, json};

use super::line::{Reject, member, needed, object};

/// The members that are looked at here.
const MEMBERS: [&str; 6] = ["organisation", "workspace", "client_id", "digest", "name", "contact"];
/// Those of the OAuth side, which the server looks at.
const CLIENT: [&str; 18] = [
    "application_type",
    "redirect_uris",
    "post_logout_redirect_uris",
    "cors_origins",
    "grant_types",
    "permissions",
    "default_scopes",
    "authentication",
    "profile",
    "jwks",
    "jwks_uri",
    "id_token_algorithm",
    "requires_pushed_requests",
    "requires_dpop",
    "rotates_refresh_tokens",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "client_uri",
];

/// Reads a line into what the API takes; nothing for an empty one.
pub(super) fn read_line(bytes: &[u8]) -> Result<Option<Value>, Reject> {
    let Some(members) = object(bytes, &[&MEMBERS[..], &CLIENT[..]].concat())? else { return Ok(None) };
    let organisation: OrganisationId = needed(&members, "organisation", "an id of 36 lower-case characters")?;
    let workspace: Option<WorkspaceId> = member(&members, "workspace", "an id of 36 lower-case characters")?;
    let client_id: Username = needed(&members, "client_id", "1 to 100 visible characters without a colon")?;
    let digest: Digest = needed(&members, "digest", super::line::DIGEST_FORM)?;
    let name: Name = needed(&members, "name", "1 to 100 visible characters")?;
    let contact: Option<Email> = member(&members, "contact", "a mail address")?;
    let own = [
        ("organisation", Some(json!(organisation))),
        ("workspace", workspace.map(|id| json!(id))),
        ("client_id", Some(json!(client_id))),
        ("digest", Some(json!(digest))),
        ("name", Some(json!(name))),
        ("contact", contact.map(|to| json!(to))),
    ];
    let client = CLIENT.iter().map(|name| (*name, members.get(*name).cloned()));
    let all = own.into_iter().chain(client).filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Ok(Some(Map::from_iter(all).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_line_is_sent_and_a_bad_one_is_not_repeated() {
        let good = json!({
            "organisation": "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f", "client_id": "dastra-widget", "name": "Widget",
            "digest": "264c8c381bf16c982a4e59b0dd4c6f7808c51a05f64c35db42cc78a2a72875bb", "redirect_uris": ["https://app.example/cb"],
        });
        let key = read_line(good.to_string().as_bytes()).expect("good").expect("a key");
        assert_eq!((&key["client_id"], &key["redirect_uris"]), (&good["client_id"], &good["redirect_uris"]));
        assert_eq!(read_line(b""), Ok(None));
        let secret = "a-very-secret-key";
        for (name, value) in [("digest", secret), ("organisation", secret), ("client_id", "a:very-secret-key"), ("private_key", secret)] {
            let mut bad = good.clone();
            bad[name] = json!(value);
            let reject = read_line(bad.to_string().as_bytes()).expect_err(name);
            assert!(!reject.detail.contains("very-secret"), "{reject:?}");
        }
    }
}

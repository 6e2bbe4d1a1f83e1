//! One line of an import of organisation tokens.

use domain::organisation_token::Username;
use domain::text::Description;
use domain::{Digest, OrganisationId, Timestamp};
use serde_json::{Map, Value, json};

use super::line::{Reject, member, needed, object};

const MEMBERS: [&str; 7] = ["organisation", "api", "username", "description", "digest", "expires_at", "permissions"];

/// Reads a line into what the API takes; nothing for an empty one.
pub(super) fn read_line(bytes: &[u8]) -> Result<Option<Value>, Reject> {
    let Some(members) = object(bytes, &MEMBERS)? else { return Ok(None) };
    let organisation: OrganisationId = needed(&members, "organisation", "an id of 36 lower-case characters")?;
    let api: String = needed(&members, "api", "the name of an API")?;
    let username: Username = needed(&members, "username", "1 to 100 visible characters without a colon")?;
    let description: Description = needed(&members, "description", "3 to 255 visible characters")?;
    let digest: Digest = needed(&members, "digest", super::line::DIGEST_FORM)?;
    let expires_at: Option<Timestamp> = member(&members, "expires_at", super::line::TIME_FORM)?;
    let permissions: Option<Value> = member(&members, "permissions", super::line::PERMISSIONS_FORM)?;
    let all = [
        ("organisation", Some(json!(organisation))),
        ("api", Some(json!(api))),
        ("username", Some(json!(username))),
        ("description", Some(json!(description))),
        ("digest", Some(json!(digest))),
        ("expires_at", expires_at.map(|at| json!(at))),
        ("permissions", permissions),
    ];
    Ok(Some(Map::from_iter(all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_line_is_sent_and_a_bad_one_is_not_repeated() {
        let digest = "264c8c381bf16c982a4e59b0dd4c6f7808c51a05f64c35db42cc78a2a72875bb";
        let good = json!({
            "organisation": "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f", "api": "subsurface", "username": "0dce6fc98256|123456789|1234",
            "description": "field teams", "digest": digest
        });
        let token = read_line(good.to_string().as_bytes()).expect("good").expect("a token");
        assert_eq!((&token["username"], &token["api"]), (&good["username"], &good["api"]));
        assert_eq!(read_line(b""), Ok(None));
        let secret = "a-very-secret-code";
        for (name, value) in [("digest", secret), ("organisation", secret), ("username", "a:very-secret-code"), ("code", secret)] {
            let mut bad = good.clone();
            bad[name] = json!(value);
            let reject = read_line(bad.to_string().as_bytes()).expect_err(name);
            assert!(!reject.detail.contains("very-secret"), "{reject:?}");
        }
        let mut bad = good.clone();
        bad.as_object_mut().expect("an object").remove("api");
        assert!(read_line(bad.to_string().as_bytes()).is_err());
    }
}

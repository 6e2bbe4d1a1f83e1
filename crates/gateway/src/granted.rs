//! What is told about a caller that is let in: as data, and as the headers that a proxy hands to its upstream.

use std::borrow::Cow;

use bytes::Bytes;
use domain::api::Api;
use domain::verify::{Facts, Owner};
use domain::{CredentialId, DelegationId, OrganisationId, PersonId, RequestId};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

const SUBJECT: HeaderName = HeaderName::from_static("poort-subject");
const SUBJECT_TYPE: HeaderName = HeaderName::from_static("poort-subject-type");
const ORGANISATION: HeaderName = HeaderName::from_static("poort-organisation");
const WORKSPACE: HeaderName = HeaderName::from_static("poort-workspace");
const PERMISSIONS: HeaderName = HeaderName::from_static("poort-permissions");
const CREDENTIAL: HeaderName = HeaderName::from_static("poort-credential");
const DELEGATION: HeaderName = HeaderName::from_static("poort-delegation");
const REQUEST_ID: HeaderName = HeaderName::from_static("poort-request-id");

/// The headers of an answer that lets a caller in. All are always there, empty where there is nothing to say, so
/// that a proxy that copies them overwrites whatever its caller sent under these names.
pub const HEADERS: [HeaderName; 8] = [SUBJECT, SUBJECT_TYPE, ORGANISATION, WORKSPACE, PERMISSIONS, CREDENTIAL, DELEGATION, REQUEST_ID];

const EMPTY: HeaderValue = HeaderValue::from_static("");
const ID_LENGTH: usize = 36;
/// A workspace comes from a decoded path: percent-encoded again, it is one visible word whatever it holds.
const WORKSPACE_ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// On whose behalf a credential acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Who; none: the organisation itself.
    pub person: Option<PersonId>,
    /// Where.
    pub organisation: OrganisationId,
}

impl Subject {
    /// The word for its kind on the wire.
    pub const fn kind(&self) -> &'static str {
        if self.person.is_some() { "person" } else { "organisation" }
    }

    /// Whose a credential is; none for those of Poort's own surfaces.
    pub fn of(facts: &Facts) -> Option<Self> {
        match facts.owner {
            Owner::Member { person, organisation, .. } => Some(Self { person: Some(person), organisation }),
            Owner::Organisation { organisation, .. } => Some(Self { person: None, organisation }),
            Owner::Api(_) | Owner::Operator => None,
        }
    }

    fn encode<'b>(&self, buffer: &'b mut [u8; ID_LENGTH]) -> &'b str {
        match &self.person {
            Some(person) => person.encode(buffer),
            None => self.organisation.encode(buffer),
        }
    }
}

/// A caller that is let in.
#[derive(Debug)]
pub struct Granted<'v> {
    /// With which credential; none: anonymously, on a public route.
    pub credential: Option<CredentialId>,
    /// On whose behalf.
    pub subject: Option<Subject>,
    /// The workspace that the path names.
    pub workspace: Option<Cow<'v, str>>,
    /// The delegation by which it works there, if by one.
    pub delegation: Option<DelegationId>,
    /// What the credential may do on this API, as the API's mask.
    pub permissions: u64,
}

impl Granted<'_> {
    /// Writes [`HEADERS`]. `api` is the one whose permissions are told.
    pub fn write(&self, api: Option<&Api>, request_id: &RequestId, headers: &mut HeaderMap) {
        // All values share one piece of memory.
        let mut text = Text(Vec::with_capacity(5 * ID_LENGTH + 128));
        let mut id = [0; ID_LENGTH];
        let request = text.push(request_id.encode(&mut id));
        let credential = self.credential.map(|credential| text.push(credential.encode(&mut id)));
        let subject = self.subject.map(|subject| text.push(subject.encode(&mut id)));
        let delegation = self.delegation.map(|delegation| text.push(delegation.encode(&mut id)));
        let organisation = self.subject.map(|subject| text.push(subject.organisation.encode(&mut id)));
        let workspace = self.workspace.as_deref().map(|workspace| text.push_escaped(workspace));
        let permissions = api.map(|api| text.push_words(api.permission_names(self.permissions)));

        let text = Bytes::from(text.0);
        let value = |range: Option<std::ops::Range<usize>>| match range {
            // Ids, names of permissions and percent-encoded text are visible ASCII.
            Some(range) => HeaderValue::from_maybe_shared(text.slice(range)).unwrap_or(EMPTY),
            None => EMPTY,
        };
        let kind = self.subject.map_or(EMPTY, |subject| HeaderValue::from_static(subject.kind()));
        headers.insert(SUBJECT, value(subject));
        headers.insert(SUBJECT_TYPE, kind);
        headers.insert(ORGANISATION, value(organisation));
        headers.insert(WORKSPACE, value(workspace));
        headers.insert(PERMISSIONS, value(permissions));
        headers.insert(CREDENTIAL, value(credential));
        headers.insert(DELEGATION, value(delegation));
        headers.insert(REQUEST_ID, value(Some(request)));
    }
}

struct Text(Vec<u8>);

impl Text {
    fn push(&mut self, part: &str) -> std::ops::Range<usize> {
        let start = self.0.len();
        self.0.extend_from_slice(part.as_bytes());
        start..self.0.len()
    }

    fn push_escaped(&mut self, part: &str) -> std::ops::Range<usize> {
        let start = self.0.len();
        for piece in percent_encode(part.as_bytes(), WORKSPACE_ESCAPED) {
            self.push(piece);
        }
        start..self.0.len()
    }

    fn push_words<'w>(&mut self, words: impl Iterator<Item = &'w str>) -> std::ops::Range<usize> {
        let start = self.0.len();
        for word in words {
            if self.0.len() > start {
                self.0.push(b' ');
            }
            self.push(word);
        }
        start..self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(granted: &Granted<'_>) -> HeaderMap {
        let definition = serde_json::from_value(serde_json::json!({
            "name": "a", "title": "A", "presentations": ["bare"],
            "permissions": [{"name": "a:b:read", "title": "Read"}, {"name": "a:b:x", "title": "X"}, {"name": "a:b:write", "title": "Write"}]
        }));
        let api = Api::new(definition.expect("a definition")).expect("valid");
        let mut headers = HeaderMap::new();
        granted.write(Some(&api), &RequestId::from_bytes([9; 16]), &mut headers);
        headers
    }

    #[test]
    fn a_caller_is_told_in_headers() {
        let subject = Subject { person: Some(PersonId::from_bytes([1; 16])), organisation: OrganisationId::from_bytes([2; 16]) };
        let headers = written(&Granted {
            credential: Some(CredentialId::from_bytes([3; 16])),
            subject: Some(subject),
            workspace: Some(" é\u{1}1255,".into()),
            delegation: Some(DelegationId::from_bytes([4; 16])),
            permissions: 0b101,
        });
        assert_eq!(headers[SUBJECT], "01010101-0101-0101-0101-010101010101");
        assert_eq!(headers[SUBJECT_TYPE], "person");
        assert_eq!(headers[ORGANISATION], "02020202-0202-0202-0202-020202020202");
        assert_eq!(headers[CREDENTIAL], "03030303-0303-0303-0303-030303030303");
        assert_eq!(headers[DELEGATION], "04040404-0404-0404-0404-040404040404");
        assert_eq!(headers[WORKSPACE], "%20%C3%A9%011255%2C");
        assert_eq!(headers[PERMISSIONS], "a:b:read a:b:write");
        assert_eq!(headers[REQUEST_ID], "09090909-0909-0909-0909-090909090909");
    }

    #[test]
    fn of_nobody_every_header_is_there_and_empty() {
        let headers = written(&Granted { credential: None, subject: None, workspace: None, delegation: None, permissions: 0 });
        for name in HEADERS {
            assert_eq!(headers[&name].is_empty(), name != REQUEST_ID, "{name}");
        }
    }
}

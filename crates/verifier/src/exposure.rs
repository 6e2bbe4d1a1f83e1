//! Secrets that came over plain HTTP: noted by their digests until they are written down for their owners to see.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::credential::{Digest, ParsedText, format};
use domain::presentation::{self, Presented};
use domain::verify::{Facts, State};
use domain::{Refusal, Timestamp, access_token, organisation_token};

use crate::check::{Denied, Question};
use crate::credential::words;
use crate::verifier::Verifier;

/// The most that are kept at a time. Only secrets of known credentials are.
const MAX_KEPT: usize = 10_000;

/// A secret that came over plain HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exposure {
    /// The digest under which it is known.
    pub digest: Digest,
    /// The first time that it came since this is kept.
    pub at: Timestamp,
}

/// What was noted; none where it is written down already, so that a client that goes on for months is written down once.
#[derive(Default)]
pub(crate) struct Exposures(Mutex<HashMap<Digest, Option<Timestamp>>>);

impl Exposures {
    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Option<Timestamp>>> {
        // Nothing that can panic runs under the lock, and no check takes it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, digest: Digest, at: Timestamp) {
        let mut kept = self.lock();
        if kept.len() >= MAX_KEPT {
            kept.retain(|_, at| at.is_some());
        }
        if kept.len() < MAX_KEPT {
            kept.entry(digest).or_insert(Some(at));
        }
    }
}

impl Verifier {
    /// Of a request to an API that came over plain HTTP from another machine: notes the credential that it presents, if that
    /// is known. Gives whether it presents one, known or not: then it is refused with [`Refusal::InsecureTransport`], and that can be
    /// explained.
    pub fn expose(&self, question: &Question<'_>) -> bool {
        let Some(credential) = self.note_question(question.authorization, question.api_key, question.now) else { return false };
        let snapshot = self.index.load();
        let known = snapshot.catalogue.place(question.api).and_then(|place| snapshot.catalogue.get(place));
        known.map_or(&self.index.tallies.nameless, |known| &known.tally).refused(Refusal::InsecureTransport);
        self.tell_refusal(question, &Denied { refusal: Refusal::InsecureTransport, credential });
        true
    }

    /// Of a request that is refused because it came over plain HTTP and that no check was asked about: notes what its headers
    /// `Authorization` and `X-API-Key` present. Gives the credential, if it is a known one.
    pub fn expose_presented(&self, authorization: Option<&[u8]>, api_key: Option<&[u8]>, now: Timestamp) -> Option<Facts> {
        let (bearer, key) = (self.note_question(authorization, None, now), self.note_question(None, api_key, now));
        if bearer.or(key).is_some() {
            self.index.tallies.nameless.refused(Refusal::InsecureTransport);
        }
        bearer.flatten().or(key.flatten())
    }

    /// Notes what is presented. `None`: nothing is; otherwise the credential, if it is a known one.
    fn note_question(&self, authorization: Option<&[u8]>, api_key: Option<&[u8]>, now: Timestamp) -> Option<Option<Facts>> {
        Some(match presentation::read(authorization, api_key) {
            Ok(None) => return None,
            Ok(Some(presented)) => self.note_presented(&presented, now),
            // Perhaps two at once: what can be found in them is noted.
            Err(_) => authorization.into_iter().chain(api_key).fold(None, |first, value| {
                let found = self.expose_all_in(value, now);
                first.or(found)
            }),
        })
    }

    /// Notes whatever credentials of this installation stand in these bytes. Gives the first of them that is known.
    pub fn expose_all_in(&self, bytes: &[u8], now: Timestamp) -> Option<Facts> {
        format::find(bytes, &self.settings.installations).fold(None, |first, text| {
            let found = self.note(Digest::of(text.as_bytes()), now);
            let access = self.note_access_token(text, now);
            first.or(found).or(access)
        })
    }

    /// Whether a text in the form of this installation's credentials stands in these bytes.
    pub fn is_credential_in(&self, bytes: &[u8]) -> bool {
        format::find(bytes, &self.settings.installations).next().is_some()
    }

    /// What was noted and is not written down yet.
    pub fn exposures(&self) -> Vec<Exposure> {
        let kept = self.index.exposures.lock();
        kept.iter().filter_map(|(digest, at)| Some(Exposure { digest: *digest, at: (*at)? })).collect()
    }

    /// These are written down.
    pub fn exposures_written(&self, written: &[Exposure]) {
        let mut kept = self.index.exposures.lock();
        for exposure in written {
            kept.insert(exposure.digest, None);
        }
    }

    fn note_presented(&self, presented: &Presented<'_>, now: Timestamp) -> Option<Facts> {
        if format::parse(&presented.text, &self.settings.installations) == ParsedText::Malformed {
            return None;
        }
        let digest = Digest::of(presented.text.as_bytes());
        let mut found = self.note(digest, now);
        found = found.or(self.note_access_token(&presented.text, now));
        if let Some(username) = &presented.username {
            // Whoever refuses it need not know for which API it is.
            let apis: Vec<_> = self.index.load().catalogue.iter().map(|known| known.api.clone()).collect();
            for api in apis {
                let bound = self.note(organisation_token::bound(&digest, api.name(), username), now);
                found = found.or(bound);
            }
        }
        found
    }

    /// Notes at its organisation key that an access token came so, if the text is one that still works: it has no row of its own.
    fn note_access_token(&self, text: &str, now: Timestamp) -> Option<Facts> {
        let looked = self.look_into(text, now).ok()??;
        looked.works.ok()?;
        self.index.exposures.note(access_token::exposure(looked.token.key.id), now);
        Some(looked.facts)
    }

    /// Notes the secret with this digest, if it is that of a credential that has not ended. While a snapshot is being loaded
    /// nothing is noted.
    fn note(&self, digest: Digest, now: Timestamp) -> Option<Facts> {
        let words = words(&digest);
        while let Some(begin) = self.index.epoch.begin() {
            let found = self.index.gather(&self.index.load(), &words, None);
            if self.index.epoch.unchanged(begin) {
                let found = found.filter(|found| found.facts.state != State::Revoked)?;
                self.index.exposures.note(digest, now);
                return Some(found.facts);
            }
        }
        None
    }
}

//! The check: reads what was presented, gathers the facts and lets the domain decide.

use std::borrow::Cow;
use std::net::IpAddr;

use domain::credential::{Digest, Kind, ParsedText, format};
use domain::presentation::{self, Presented};
use domain::verify::{Facts, Owner, Wanted, decide, decide_own};
use domain::{Refusal, Timestamp};

use crate::Unavailable;
use crate::catalogue::{ApiGuard, Catalogue, Known};
use crate::credential::{Words, words};
use crate::index::Found;
use crate::tally::Tally;
use crate::verifier::Verifier;

/// The API that stands for Poort's own surfaces: what a personal token may do there are its permissions.
pub(crate) const OWN_API: &str = "poort";

/// May the caller of this request do what it asks of this API?
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The API's name.
    pub api: &'a str,
    /// The value of the request's `Authorization` header.
    pub authorization: Option<&'a [u8]>,
    /// The value of its `X-API-Key` header.
    pub api_key: Option<&'a [u8]>,
    /// What it asks for.
    pub asked: Asked<'a>,
    /// Where it comes from, for the token's owner to see.
    pub address: Option<IpAddr>,
    /// When it came.
    pub now: Timestamp,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// Only whose credential it is.
    Identity,
    /// This permission.
    Permission(&'a str),
    /// This request, of which the API's routes say what it needs.
    Request {
        /// The method, upper case.
        method: &'a str,
        /// The path in canonical form (see [`domain::path::canonical`]).
        path: &'a str,
    },
}

/// The answer.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// Yes, with this credential.
    Allow(Allowed<'a>),
    /// Yes, though no credential was presented: the route is public.
    Anonymous {
        /// The workspace that the path names.
        workspace: Option<Cow<'a, str>>,
    },
    /// No.
    Deny(Denied),
}

/// A request that is allowed.
#[derive(Debug)]
pub struct Allowed<'a> {
    /// The credential and its owner.
    pub facts: Facts,
    /// The permissions that it has on this API at this moment, as the API's mask.
    pub permissions: u64,
    /// The API that was decided with.
    pub api: ApiGuard,
    /// The workspace that the path names.
    pub workspace: Option<Cow<'a, str>>,
}

/// A request that is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// Why.
    pub refusal: Refusal,
    /// The credential, if it is a known one. For the explanation; the caller outside is not told.
    pub credential: Option<Facts>,
}

impl Verifier {
    /// Decides. An unknown API is [`Refusal::WrongApi`]; a permission or route that the API does not have is
    /// [`Refusal::PermissionMissing`]; a credential that is presented must be good also where none is needed.
    pub fn check<'a>(&self, question: &Question<'a>) -> Result<Verdict<'a>, Unavailable> {
        self.compare_lease()?;
        let presented = presentation::read(question.authorization, question.api_key);
        let text = match &presented {
            Ok(Some(presented)) => Some(self.read_text(&presented.text)),
            _ => None,
        };
        loop {
            let begin = self.begin()?;
            let snapshot = self.index.load();
            let catalogue = &snapshot.catalogue;
            let place = catalogue.place(question.api);
            let Some((place, known)) = place.and_then(|place| Some((place, catalogue.get(place)?))) else {
                return Ok(deny(&self.index.tallies.nameless, Refusal::WrongApi, None));
            };
            let presented = match &presented {
                Err(_) => return Ok(deny(&known.tally, Refusal::MalformedCredential, None)),
                Ok(None) => return Ok(anonymous(known, &question.asked)),
                Ok(Some(presented)) => presented,
            };
            if !known.api.takes(presented.presentation) {
                return Ok(deny(&known.tally, Refusal::MalformedCredential, None));
            }
            let found = match &text {
                None | Some(Text::Malformed) => return Ok(deny(&known.tally, Refusal::MalformedCredential, None)),
                Some(Text::Foreign(_)) if !known.api.definition().accepts_imported => {
                    return Ok(deny(&known.tally, Refusal::UnknownCredential, None));
                }
                Some(Text::Own(digest) | Text::Foreign(digest)) => self.index.gather(&snapshot, digest, Some(known)),
            };
            if self.index.epoch.unchanged(begin) {
                return Ok(match found {
                    Some(found) => self.decide(question, presented, &found, ApiGuard { snapshot, place }),
                    None => deny(&known.tally, Refusal::UnknownCredential, None),
                });
            }
        }
    }

    /// Looks up who presents a credential to Poort itself: an operator, an API, or a person with a token of their
    /// own, whose permissions are then those on the API `poort`, as far as the roles let them.
    pub fn authenticate(&self, presented: Option<&Presented<'_>>, now: Timestamp) -> Result<Result<Facts, Refusal>, Unavailable> {
        let answer = self.look_up_caller(presented, now)?;
        match &answer {
            Ok(_) => self.index.tallies.own.allowed(),
            Err(refusal) => self.index.tallies.own.refused(*refusal),
        }
        Ok(answer)
    }

    fn look_up_caller(&self, presented: Option<&Presented<'_>>, now: Timestamp) -> Result<Result<Facts, Refusal>, Unavailable> {
        self.compare_lease()?;
        let Some(presented) = presented else { return Ok(Err(Refusal::MissingCredential)) };
        let text = self.read_text(&presented.text);
        loop {
            let begin = self.begin()?;
            let snapshot = self.index.load();
            let catalogue = &snapshot.catalogue;
            let own = catalogue.place(OWN_API).and_then(|place| catalogue.get(place));
            let found = match &text {
                Text::Malformed => return Ok(Err(Refusal::MalformedCredential)),
                Text::Foreign(_) if !own.is_some_and(|own| own.api.definition().accepts_imported) => None,
                Text::Own(digest) | Text::Foreign(digest) => self.index.gather(&snapshot, digest, own),
            };
            if self.index.epoch.unchanged(begin) {
                let Some(mut found) = found else { return Ok(Err(Refusal::UnknownCredential)) };
                let decided = own_facts(&mut found.facts, catalogue, own).and_then(|()| decide_own(&found.facts, now));
                let decided = decided.and_then(|()| owner_works(&found.facts));
                return Ok(decided.map(|()| {
                    self.count(found.slot, now, None);
                    found.facts
                }));
            }
        }
    }

    fn decide<'a>(&self, question: &Question<'a>, presented: &Presented<'_>, found: &Found, api: ApiGuard) -> Verdict<'a> {
        let (wanted, workspace) = wanted(&api, &question.asked);
        match decide(&api, &found.facts, presented.presentation, wanted, question.now) {
            Ok(permissions) => {
                self.count(found.slot, question.now, question.address);
                api.tally().allowed();
                Verdict::Allow(Allowed { facts: found.facts, permissions, api, workspace })
            }
            Err(refusal) => deny(api.tally(), refusal, Some(found.facts)),
        }
    }

    #[inline]
    fn compare_lease(&self) -> Result<(), Unavailable> {
        self.lease.compare(&*self.clock).inspect_err(|_| self.index.tallies.unavailable())
    }

    #[inline]
    fn begin(&self) -> Result<u64, Unavailable> {
        self.index.epoch.begin().ok_or_else(|| {
            self.index.tallies.unavailable();
            Unavailable
        })
    }

    #[inline]
    fn count(&self, slot: u32, now: Timestamp, address: Option<IpAddr>) {
        if let Some((_, used)) = self.index.entries.get(slot)
            && used.count(now, address)
        {
            self.index.entries.mark_fresh(slot);
        }
    }

    #[inline]
    fn read_text(&self, text: &str) -> Text {
        let known = &self.settings.installations;
        match format::parse(text, known) {
            ParsedText::Malformed => Text::Malformed,
            ParsedText::Own { installation, .. } if known.contains(&installation) => Text::Own(digest(text)),
            // In the form that we share with others, but not one of ours.
            ParsedText::Own { .. } | ParsedText::Foreign => Text::Foreign(digest(text)),
        }
    }
}

/// What the text alone tells.
enum Text {
    Malformed,
    Own(Words),
    Foreign(Words),
}

fn digest(text: &str) -> Words {
    words(&Digest::of(text.as_bytes()))
}

fn deny<'a>(tally: &Tally, refusal: Refusal, credential: Option<Facts>) -> Verdict<'a> {
    tally.refused(refusal);
    Verdict::Deny(Denied { refusal, credential })
}

fn anonymous<'a>(known: &Known, asked: &Asked<'a>) -> Verdict<'a> {
    match wanted(&known.api, asked) {
        (Wanted::Rule(domain::api::Rule::Public), workspace) => {
            known.tally.anonymous();
            Verdict::Anonymous { workspace }
        }
        _ => deny(&known.tally, Refusal::MissingCredential, None),
    }
}

fn wanted<'a>(api: &domain::api::Api, asked: &Asked<'a>) -> (Wanted, Option<Cow<'a, str>>) {
    match asked {
        Asked::Identity => (Wanted::Identity, None),
        Asked::Permission(name) => {
            (api.permission_bit(name).map_or(Wanted::Uncovered, |bit| Wanted::Rule(domain::api::Rule::Permission(bit))), None)
        }
        Asked::Request { method, path } => match api.rule(method, path) {
            Some(matched) => (Wanted::Rule(matched.rule), matched.workspace),
            None => (Wanted::Uncovered, None),
        },
    }
}

/// Sets the permissions on Poort's own surfaces, and refuses what they do not take.
fn own_facts(facts: &mut Facts, catalogue: &Catalogue, own: Option<&Known>) -> Result<(), Refusal> {
    match facts.owner {
        Owner::Operator => facts.permissions = u64::MAX,
        Owner::Api(number) => {
            facts.permissions = 0;
            let known = catalogue.iter().any(|known| known.number == number);
            // A revoked one of a removed API is told to be revoked.
            if !known && facts.state == domain::verify::State::Live {
                return Err(Refusal::UnknownCredential);
            }
        }
        Owner::Member { roles, .. } => {
            facts.permissions &= own.map_or(0, |own| own.api.allowed_by_roles(roles));
            if facts.imported && !own.is_some_and(|own| own.api.definition().accepts_imported) {
                return Err(Refusal::UnknownCredential);
            }
        }
    }
    debug_assert!(facts.kind == Kind::PersonalToken || !facts.imported);
    Ok(())
}

fn owner_works(facts: &Facts) -> Result<(), Refusal> {
    match facts.owner {
        Owner::Member { active: false, .. } => Err(Refusal::OwnerInactive),
        Owner::Member { organisation_active: false, .. } => Err(Refusal::OrganisationSuspended),
        _ => Ok(()),
    }
}

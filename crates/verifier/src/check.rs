//! The check: reads what was presented, gathers the facts and lets the domain decide.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use domain::access_token::AccessToken;
use domain::credential::{Digest, Kind, ParsedText, format};
use domain::delegation::Place;
use domain::organisation_token;
use domain::presentation::{self, Presented};
use domain::refusal::Outward;
use domain::verify::{Facts, Owner, Request, Wanted, decide, mask};
use domain::{Refusal, RequestId, Timestamp};

use crate::Unavailable;
use crate::access::Proof;
use crate::catalogue::{ApiGuard, Known};
use crate::credential::{Words, split, words};
use crate::index::{Found, Snapshot, party};
use crate::places::{Reached, Wish};
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
    /// The number of the workspace that it is about, where the path does not tell. The path's wins.
    pub workspace: Option<&'a str>,
    /// What it proves beside an access token that is bound to a key.
    pub proof: Option<Proof<'a>>,
    /// Where it comes from, for the token's owner to see.
    pub address: Option<IpAddr>,
    /// When it came.
    pub now: Timestamp,
    /// Its id, by which a refusal is explained.
    pub request: RequestId,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// Only whose credential it is.
    Identity,
    /// The same, for an API that judges itself whether a key was proven with it (RFC 7662 section 2.2, RFC 9449 section 6.2).
    Introspection,
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
    /// How its organisation stands to the workspace.
    pub place: Place,
    /// The permissions that it has on this API at this moment, as the API's mask.
    pub permissions: u64,
    /// The API that was decided with.
    pub api: ApiGuard,
    /// The workspace that the request names.
    pub workspace: Option<Cow<'a, str>>,
    /// The access token, if it is one.
    pub access_token: Option<Arc<AccessToken>>,
    /// The slot of the organisation that the credential acts for.
    organisation: u32,
    /// The slot of the one workspace that it sees, 0 if it sees more.
    limit: u32,
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
        let verdict = self.judge(question)?;
        if let Verdict::Deny(denied) = &verdict {
            self.tell_refusal(question, denied);
        }
        Ok(verdict)
    }

    #[inline]
    fn judge<'a>(&self, question: &Question<'a>) -> Result<Verdict<'a>, Unavailable> {
        self.compare_lease()?;
        let presented = presentation::read(question.authorization, question.api_key);
        let text = match &presented {
            Ok(Some(presented)) => Some(self.read_text(question.api, presented)),
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
                Ok(None) => return Ok(anonymous(known, question)),
                Ok(Some(presented)) => presented,
            };
            if !known.api.takes(presented.presentation) {
                return Ok(deny(&known.tally, Refusal::MalformedCredential, None));
            }
            let Some(text) = text.as_ref().filter(|text| !matches!(text, Text::Malformed)) else {
                return Ok(deny(&known.tally, Refusal::MalformedCredential, None));
            };
            let (wanted, workspace) = wanted(&known.api, question);
            let mut found = self.find(&snapshot, text, known).filter(|found| self.is_of(found, presented));
            let standing = match (&mut found, &workspace) {
                (Some(found), Some(workspace)) if !self.index.is_within(found.limit, workspace) => Place::Unknown,
                (Some(found), Some(workspace)) => {
                    let wish = Wish { known, wanted: mask(wanted), now: question.now };
                    let (standing, slot) = self.index.place(&snapshot, found.organisation, workspace, wish);
                    found.workspace = slot;
                    standing
                }
                _ => Place::Anywhere,
            };
            let knows_username = found.is_none() && self.knows_username(&snapshot, question.api, presented);
            if self.index.epoch.unchanged(begin) {
                return Ok(match found {
                    Some(found) => {
                        let guard = ApiGuard { snapshot, place };
                        let (presentation, place, now) = (presented.presentation, standing, question.now);
                        let request = Request { presentation, wanted, place, now };
                        let verdict = self.decide(&found, &request, (text, presented, question), (guard, workspace));
                        if matches!(&verdict, Verdict::Deny(denied) if denied.refusal.outward() == Outward::InvalidToken) {
                            // What a miss costs: an ended credential must not be refused sooner than an unknown one.
                            std::hint::black_box(self.knows_username(&self.index.load(), question.api, presented));
                        }
                        verdict
                    }
                    None if knows_username => deny(&known.tally, Refusal::WrongCode, None),
                    None => deny(&known.tally, Refusal::UnknownCredential, None),
                });
            }
        }
    }

    /// The workspaces in which the credential of an allowed request may do this at this moment, sorted: those of
    /// its own organisation, and others' by open delegations. For a request that names no workspace.
    pub fn workspaces(&self, allowed: &Allowed<'_>, permission: &str, now: Timestamp) -> Result<Vec<Reached>, Unavailable> {
        self.compare_lease()?;
        let id = match allowed.facts.owner {
            Owner::Member { organisation, .. } | Owner::Organisation { organisation, .. } => organisation,
            Owner::Api(_) | Owner::Operator => return Ok(Vec::new()),
        };
        loop {
            let begin = self.begin()?;
            let snapshot = self.index.load();
            let catalogue = &snapshot.catalogue;
            let Some(known) = catalogue.place(allowed.api.name()).and_then(|place| catalogue.get(place)) else { return Ok(Vec::new()) };
            let bit = known.api.permission_bit(permission).filter(|bit| allowed.permissions >> bit & 1 == 1);
            let Some(bit) = bit else { return Ok(Vec::new()) };
            let wish = Wish { known, wanted: 1 << bit, now };
            let mut numbers = self.index.reach(&snapshot, allowed.organisation, wish);
            numbers.retain(|reached| self.index.is_within(allowed.limit, &reached.number));
            let (owner, active) = party(&self.index.organisations, allowed.organisation);
            if self.index.epoch.unchanged(begin) {
                // The index was loaded anew since the check: the slot may be another's.
                let is_same = owner == *id.as_bytes();
                return if is_same { Ok(if active { numbers } else { Vec::new() }) } else { Err(Unavailable) };
            }
        }
    }

    /// The entry of a text on an API. A foreign text with a username may be an organisation token or a personal one.
    #[inline(always)]
    fn find(&self, snapshot: &Snapshot, text: &Text, known: &Known) -> Option<Found> {
        let (mut digest, mut other) = match text {
            Text::Malformed => return None,
            Text::Access(token) => return Some(self.index.gather_access(snapshot, token, Some(known))),
            Text::Own(digest) => (digest, None),
            Text::Foreign(..) if !known.api.definition().accepts_imported => return None,
            Text::Foreign(digest, None) => (digest, None),
            Text::Foreign(digest, Some(bound)) => (bound, Some(digest)),
        };
        // One place that calls `gather`, so that it becomes part of the check.
        loop {
            let found = self.index.gather(snapshot, digest, Some(known));
            match (found, other.take()) {
                (None, Some(next)) => digest = next,
                (found, _) => return found,
            }
        }
    }

    /// Whether a username that was presented is known: looked up after every miss, so that one takes as long as the other.
    #[cold]
    fn knows_username(&self, snapshot: &Snapshot, api: &str, presented: &Presented<'_>) -> bool {
        presented.username.as_ref().is_some_and(|username| {
            if self.index.clients.by_client_id.pin().contains_key(username.as_str()) {
                return true;
            }
            let key = split(&organisation_token::username_key(api, username));
            self.index.knows_username(snapshot, key)
        })
    }

    /// What the credential may do, and after that whether its key was proven: only what is allowed after both was used.
    fn decide<'a>(
        &self,
        found: &Found,
        request: &Request,
        (text, presented, question): (&Text, &Presented<'_>, &Question<'_>),
        (api, workspace): (ApiGuard, Option<Cow<'a, str>>),
    ) -> Verdict<'a> {
        let decided = decide(&api, &found.facts, request);
        match decided.and_then(|permissions| Ok((permissions, self.proven(text, presented, question)?))) {
            Ok((permissions, access_token)) => {
                self.count(found.slot, request.now, question.address);
                api.counts().note(found.slot, api.known(), request.wanted);
                api.counts().count(found, api.known(), None);
                api.tally().allowed();
                let Found { facts, organisation, limit, .. } = *found;
                Verdict::Allow(Allowed { facts, place: request.place, permissions, api, workspace, access_token, organisation, limit })
            }
            Err(refusal) => {
                api.counts().count(found, api.known(), Some(refusal));
                deny(api.tally(), refusal, Some(found.facts))
            }
        }
    }

    #[inline]
    pub(crate) fn compare_lease(&self) -> Result<(), Unavailable> {
        self.lease.compare(&*self.clock).inspect_err(|_| self.index.tallies.unavailable())
    }

    #[inline]
    pub(crate) fn begin(&self) -> Result<u64, Unavailable> {
        self.index.epoch.begin().ok_or_else(|| {
            self.index.tallies.unavailable();
            Unavailable
        })
    }

    #[inline]
    pub(crate) fn count(&self, slot: u32, now: Timestamp, address: Option<IpAddr>) {
        if slot == 0 {
            return;
        }
        if let Some((_, used)) = self.index.entries.get(slot)
            && used.count(now, address)
        {
            self.index.entries.mark_fresh(slot);
        }
    }

    #[inline]
    pub(crate) fn read_text(&self, api: &str, presented: &Presented<'_>) -> Text {
        let known = &self.settings.installations;
        let digest = || Digest::of(presented.text.as_bytes());
        let bound = |digest: &Digest| presented.username.as_ref().map(|username| organisation_token::bound(digest, api, username));
        match format::parse(&presented.text, known) {
            ParsedText::Malformed => Text::Malformed,
            ParsedText::Own { installation, kind: Kind::AccessToken } if known.contains(&installation) => self.open(&presented.text),
            ParsedText::Own { installation, kind } if known.contains(&installation) => {
                let digest = digest();
                let bound = bound(&digest).filter(|_| kind == Kind::OrganisationToken);
                Text::Own(words(&bound.unwrap_or(digest)))
            }
            // A JWT begins with the Base64 of `{"`.
            ParsedText::Foreign if presented.text.starts_with("eyJ") => self.open(&presented.text),
            // In the form that we share with others, but not one of ours.
            ParsedText::Own { .. } | ParsedText::Foreign => {
                let digest = digest();
                Text::Foreign(words(&digest), bound(&digest).as_ref().map(words))
            }
        }
    }
}

/// What the text alone tells.
pub(crate) enum Text {
    Malformed,
    /// An access token that could be opened.
    Access(Arc<AccessToken>),
    /// The digest under which one of ours is found.
    Own(Words),
    /// The digest of the text, and that of an organisation token with the username that came with it.
    Foreign(Words, Option<Words>),
}

fn deny<'a>(tally: &Tally, refusal: Refusal, credential: Option<Facts>) -> Verdict<'a> {
    tally.refused(refusal);
    Verdict::Deny(Denied { refusal, credential })
}

fn anonymous<'a>(known: &Known, question: &Question<'a>) -> Verdict<'a> {
    match wanted(&known.api, question) {
        (Wanted::Rule(domain::api::Rule::Public), workspace) => {
            known.tally.anonymous();
            Verdict::Anonymous { workspace }
        }
        _ => deny(&known.tally, Refusal::MissingCredential, None),
    }
}

pub(crate) fn wanted<'a>(api: &domain::api::Api, question: &Question<'a>) -> (Wanted, Option<Cow<'a, str>>) {
    let (wanted, named) = match question.asked {
        Asked::Identity | Asked::Introspection => (Wanted::Identity, None),
        Asked::Permission(name) => {
            (api.permission_bit(name).map_or(Wanted::Uncovered, |bit| Wanted::Rule(domain::api::Rule::Permission(bit))), None)
        }
        Asked::Request { method, path } => match api.rule(method, path) {
            Some(matched) => (Wanted::Rule(matched.rule), matched.workspace),
            None => (Wanted::Uncovered, None),
        },
    };
    (wanted, named.or(question.workspace.map(Cow::Borrowed)))
}

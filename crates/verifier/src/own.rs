//! Poort's own surfaces: who presents a credential to Poort itself.

use domain::presentation::Presented;
use domain::verify::{Facts, Owner, decide_own};
use domain::{Refusal, Timestamp};

use crate::Unavailable;
use crate::catalogue::{Catalogue, Known};
use crate::check::{OWN_API, Text};
use crate::counts::Cells;
use crate::index::Found;
use crate::verifier::Verifier;

impl Verifier {
    /// Looks up who presents a credential to Poort itself: an operator, an API, or a person with a token of their
    /// own, whose permissions are then those on the API `poort`, as far as the roles let them. `uses` are those of its permissions that
    /// count as used by this.
    pub fn authenticate(
        &self,
        presented: Option<&Presented<'_>>,
        now: Timestamp,
        uses: &[&str],
    ) -> Result<Result<Facts, Refusal>, Unavailable> {
        let answer = self.look_up_caller(presented, now, uses)?;
        match &answer {
            Ok(_) => self.index.tallies.own.allowed(),
            Err(refusal) => self.index.tallies.own.refused(*refusal),
        }
        Ok(answer)
    }

    fn look_up_caller(
        &self,
        presented: Option<&Presented<'_>>,
        now: Timestamp,
        uses: &[&str],
    ) -> Result<Result<Facts, Refusal>, Unavailable> {
        self.compare_lease()?;
        let Some(presented) = presented else { return Ok(Err(Refusal::MissingCredential)) };
        let text = self.read_text(OWN_API, presented);
        loop {
            let begin = self.begin()?;
            let snapshot = self.index.load();
            let catalogue = &snapshot.catalogue;
            let own = catalogue.place(OWN_API).and_then(|place| catalogue.get(place));
            let found = match &text {
                Text::Malformed => return Ok(Err(Refusal::MalformedCredential)),
                Text::Foreign(..) if !own.is_some_and(|own| own.api.definition().accepts_imported) => None,
                Text::Own(digest) | Text::Foreign(digest, _) => self.index.gather(&snapshot, digest, own),
                // Poort's own surfaces take none: what a client may do there is at the OAuth endpoints.
                Text::Access(_) => None,
            };
            if self.index.epoch.unchanged(begin) {
                let Some(mut found) = found else { return Ok(Err(Refusal::UnknownCredential)) };
                let decided = own_facts(&mut found.facts, catalogue, own).and_then(|()| decide_own(&found.facts, now));
                let decided = decided.and_then(|()| owner_works(&found.facts));
                if let Some(own) = own {
                    count(&found, (own, &snapshot.counts), decided, uses);
                }
                return Ok(decided.map(|()| {
                    self.count(found.slot, now, None);
                    found.facts
                }));
            }
        }
    }
}

fn count(found: &Found, (own, counts): (&Known, &Cells), decided: Result<(), Refusal>, uses: &[&str]) {
    match decided {
        Ok(()) => {
            let held = uses.iter().filter_map(|name| own.api.permission_bit(name)).filter(|bit| found.facts.permissions >> bit & 1 == 1);
            held.for_each(|bit| counts.note_bit(found.slot, own, bit));
        }
        Err(refusal) => counts.count(found, own, Some(refusal)),
    }
}

/// Sets the permissions on Poort's own surfaces, and refuses what they do not take.
fn own_facts(facts: &mut Facts, catalogue: &Catalogue, own: Option<&Known>) -> Result<(), Refusal> {
    match facts.owner {
        Owner::Operator => facts.permissions = u64::MAX,
        // It is for its API.
        Owner::Organisation { .. } => return Err(Refusal::UnknownCredential),
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
    Ok(())
}

pub(crate) fn owner_works(facts: &Facts) -> Result<(), Refusal> {
    match facts.owner {
        Owner::Member { active: false, .. } => Err(Refusal::OwnerInactive),
        Owner::Member { organisation_active: false, .. } | Owner::Organisation { organisation_active: false, .. } => {
            Err(Refusal::OrganisationSuspended)
        }
        _ => Ok(()),
    }
}

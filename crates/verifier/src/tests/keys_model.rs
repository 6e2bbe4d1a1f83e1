//! Random histories of organisation keys, grants and what hangs from them: the verifier and a naive model say the same, event by event
//! and after a reload.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::access_token::{AccessToken, Parent};
use domain::event::{Event, Sequence};
use domain::grant::GrantRecord;
use domain::organisation_key::{OrganisationKeyRecord, PrivateKeyState};
use domain::permission::Permissions;
use domain::{FamilyId, Timestamp};
use proptest::prelude::*;

use super::keys_support::{Keyed, definition, grant, private_key, private_text, token, vault, workspace};
use super::support::{TOMBSTONE_SECONDS, api, credential, member, membership, only, organisation, person};
use crate::{MembershipRecord, WorkspaceRecord};

/// A step: what, and three numbers that choose on what.
type Step = (u8, u32, u32, u32);

struct Key {
    number: u32,
    /// The organisation, and the workspace that alone is seen.
    organisation: u32,
    only: Option<u8>,
    permissions: Permissions,
    generation: u32,
    suspended: bool,
    revoked_at: Option<Timestamp>,
    /// Each private key: its number, when it stops, and since when it is ended.
    private_keys: Vec<(u32, Option<Timestamp>, Option<Timestamp>)>,
}

struct Sealed {
    text: String,
    says: AccessToken,
    key: u32,
    secret: Option<u32>,
    grant: Option<usize>,
}

/// The state that the events make, as plainly as it can be said.
#[derive(Default)]
struct Model {
    keys: Vec<Key>,
    /// Each grant: its key, and whether it has ended.
    grants: Vec<(u32, bool)>,
    tokens: Vec<Sealed>,
    ended: BTreeSet<[u8; 16]>,
    families: u32,
    suspended: [bool; 2],
    person_away: bool,
    turned: bool,
    made: u32,
}

/// Marked as ended without an event, because it had stopped by itself.
const SILENTLY: Timestamp = Timestamp::from_unix_seconds(1);
const NAMES: [&str; 2] = ["k:x:read", "k:x:write"];

fn permissions(number: u32) -> Permissions {
    match number % 4 {
        0 | 1 => Permissions::All,
        2 => only(&[NAMES[0]]),
        _ => only(&[NAMES[1]]),
    }
}

impl Model {
    fn step(&mut self, keyed: &Keyed, (what, a, b, c): Step) -> Option<Event> {
        let now = keyed.fed.now();
        match what {
            0..=3 => Some(self.create(a, b, c)),
            4..=9 => self.issue(keyed, (a, b, c)),
            10..=19 => self.change_key((what, a, b, c), now),
            20..=23 => self.end(what, a),
            24 => {
                let place = a as usize % 2;
                self.suspended[place] = b.is_multiple_of(2);
                let organisation = organisation(place as u32);
                Some(if b.is_multiple_of(2) {
                    Event::OrganisationSuspended { organisation }
                } else {
                    Event::OrganisationResumed { organisation }
                })
            }
            25 => {
                self.person_away = a.is_multiple_of(2);
                let person = person(0);
                Some(if self.person_away { Event::PersonSuspended { person } } else { Event::PersonResumed { person } })
            }
            26 => {
                self.turned = a.is_multiple_of(3);
                Some(Event::ApiDefined { definition: vault(self.turned) })
            }
            _ => None,
        }
    }

    fn next(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    fn create(&mut self, a: u32, b: u32, c: u32) -> Event {
        let organisation = a % 2;
        let only = (b.is_multiple_of(3)).then_some(7 + organisation as u8);
        let (number, private) = (self.next(), self.next());
        let first = (!c.is_multiple_of(5)).then_some(private);
        let private_keys = first.map(|number| (number, None, None)).into_iter().collect();
        let permissions = permissions(c);
        let definition = definition(number, permissions.clone());
        self.keys.push(Key { number, organisation, only, permissions, generation: 0, suspended: false, revoked_at: None, private_keys });
        Event::OrganisationKeyCreated {
            key: credential(number),
            organisation: Some(self::organisation(organisation)),
            workspace: only.map(workspace),
            definition,
            private_key: first.map(|number| private_key(number, None)),
            imported: false,
        }
    }

    /// Gives out an access token; or makes a grant, for the next one.
    fn issue(&mut self, keyed: &Keyed, (a, b, c): (u32, u32, u32)) -> Option<Event> {
        let key = self.keys.get(a as usize % self.keys.len().max(1)).filter(|key| key.revoked_at.is_none())?;
        let (number, generation, organisation) = (key.number, key.generation, key.organisation);
        let secret = key.private_keys.iter().filter(|(.., ended)| ended.is_none()).map(|(number, ..)| *number).nth(b as usize % 2);
        if c.is_multiple_of(4) {
            self.grants.push((number, false));
            let id = self.grants.len() as u32;
            return Some(Event::GrantMade { grant: grant(id), membership: membership(0), key: credential(number) });
        }
        let of_key = |(place, (key, _)): (usize, &(u32, bool))| (*key == number).then_some(place);
        let place = self.grants.iter().enumerate().rev().find_map(of_key).filter(|_| c.is_multiple_of(2));
        let serial = self.next();
        let mut says = token(&keyed.fed, serial, number, generation, secret);
        if self.turned {
            let granted = says.audiences.iter().map(|granted| {
                let vocabulary = domain::api::Api::new(vault(true)).expect("valid").vocabulary();
                domain::access_token::Granted { vocabulary, ..granted }
            });
            says.audiences = domain::access_token::Few::of(granted).expect("few");
        }
        says.grant = place.map(|place| Parent { id: grant(place as u32 + 1), generation: 0 });
        says.subject =
            (b.is_multiple_of(7) && place.is_none()).then(|| Parent { id: credential(number), generation }).filter(|_| organisation == 0);
        self.families += 1;
        says.family = Some(family(self.families % 5));
        let text = keyed.seal(serial, says);
        self.tokens.push(Sealed { text, says, key: number, secret, grant: place });
        None
    }

    fn change_key(&mut self, (what, a, b, c): Step, now: Timestamp) -> Option<Event> {
        let fresh = self.next();
        let count = self.keys.len().max(1);
        let key = self.keys.get_mut(a as usize % count).filter(|key| key.revoked_at.is_none())?;
        let id = credential(key.number);
        let state = |(number, not_after, _): &(u32, Option<Timestamp>, Option<Timestamp>)| private_key(*number, *not_after);
        Some(match what {
            10 | 11 => {
                key.suspended = what == 10;
                if key.suspended { Event::OrganisationKeySuspended { key: id } } else { Event::OrganisationKeyResumed { key: id } }
            }
            12 => {
                key.generation += 1;
                Event::AccessTokensOfKeyEnded { key: id, generation: key.generation }
            }
            13 if c.is_multiple_of(2) => {
                let digests = key.private_keys.iter().filter(|(.., ended)| ended.is_none()).map(|kept| state(kept).digest).collect();
                key.private_keys.iter_mut().for_each(|(.., ended)| *ended = ended.or(Some(now)));
                key.revoked_at = Some(now);
                Event::OrganisationKeysRevoked { keys: vec![id], digests }
            }
            14 | 15 => {
                (key.permissions, key.only) = (permissions(b), (c.is_multiple_of(3)).then_some(7 + key.organisation as u8));
                let definition = definition(key.number, key.permissions.clone());
                Event::OrganisationKeyChanged { key: id, workspace: key.only.map(workspace), definition }
            }
            16 => {
                let kept = key.private_keys.iter_mut().find(|(.., ended)| ended.is_none())?;
                kept.2 = Some(now);
                Event::PrivateKeyRevoked { key: id, private_key: state(kept) }
            }
            _ => {
                // As the use case does it: what is over is marked, the newest stays for the overlap, the others end.
                let over = |end: Option<Timestamp>| end.is_some_and(|end| end <= now);
                let end = now.saturating_add(Duration::from_secs(u64::from(b % 50)));
                key.private_keys.iter_mut().filter(|kept| over(kept.1)).for_each(|kept| kept.2 = kept.2.or(Some(SILENTLY)));
                let mut live: Vec<_> = key.private_keys.iter_mut().rev().filter(|(.., ended)| ended.is_none()).collect();
                let ended: Vec<PrivateKeyState> = live.iter().skip(1).map(|kept| state(kept)).collect();
                live.iter_mut().skip(1).for_each(|kept| kept.2 = Some(now));
                let old = live.first_mut().map(|kept| {
                    kept.1 = Some(kept.1.map_or(end, |own| own.min(end)));
                    state(kept)
                });
                key.private_keys.push((fresh, None, None));
                Event::OrganisationKeyRotated { key: id, old, new: private_key(fresh, None), ended }
            }
        })
    }

    fn end(&mut self, what: u8, a: u32) -> Option<Event> {
        if what == 20 {
            let place = a as usize % self.grants.len().max(1);
            let found = self.grants.get_mut(place).filter(|(_, ended)| !ended)?;
            found.1 = true;
            return Some(Event::GrantsEnded { grants: vec![grant(place as u32 + 1)] });
        }
        let says = self.tokens.get(a as usize % self.tokens.len().max(1))?.says;
        let until = says.expires_at;
        if what == 21 {
            let family = says.family?;
            self.ended.insert(*family.as_bytes());
            // Until the last token of it is over: longer than any history here.
            return Some(Event::FamiliesEnded { families: vec![family], until: until.saturating_add(Duration::from_secs(100_000)) });
        }
        self.ended.insert(*says.serial.as_bytes());
        Some(Event::AccessTokenRevoked { serial: says.serial, until })
    }

    fn key(&self, number: u32) -> &Key {
        self.keys.iter().find(|key| key.number == number).expect("a key")
    }

    fn holds(&self, key: &Key, permission: &str) -> bool {
        match &key.permissions {
            Permissions::All => true,
            Permissions::Only(names) => names.iter().any(|name| name.as_str() == permission),
        }
    }

    /// What a private key is answered.
    fn private(&self, number: u32, permission: &str, now: Timestamp) -> &'static str {
        let found = self.keys.iter().find_map(|key| Some((key, key.private_keys.iter().find(|(known, ..)| *known == number)?)));
        let Some((key, (_, not_after, ended))) = found else { return "unknown_credential" };
        match () {
            () if key.revoked_at.is_some() => "revoked",
            () if *ended == Some(SILENTLY) => "expired",
            () if ended.is_some() => "revoked",
            () if not_after.is_some_and(|end| end <= now) => "expired",
            () if key.suspended => "suspended",
            () if self.suspended[key.organisation as usize] => "organisation_suspended",
            () if !self.holds(key, permission) => "permission_missing",
            () => "allow",
        }
    }

    /// What an access token is answered.
    fn bearer(&self, sealed: &Sealed, permission: &str, now: Timestamp) -> &'static str {
        let key = self.key(sealed.key);
        let says = &sealed.says;
        let kept = |number: u32| key.private_keys.iter().any(|(known, _, ended)| *known == number && ended.is_none());
        let over = [Some(*says.serial.as_bytes()), says.family.map(|family| *family.as_bytes())];
        let gone = key.revoked_at.is_some()
            || key.generation != says.key.generation
            || sealed.secret.is_some_and(|number| !kept(number))
            || sealed.grant.is_some_and(|place| self.grants[place].1)
            || over.into_iter().flatten().any(|id| self.ended.contains(&id));
        let vocabulary = domain::api::Api::new(vault(self.turned)).expect("valid").vocabulary();
        let granted = says.audiences.iter().any(|granted| granted.vocabulary == vocabulary);
        match () {
            () if gone => "revoked",
            () if says.expires_at <= now => "expired",
            () if key.suspended => "suspended",
            () if sealed.grant.is_some() && self.person_away => "owner_inactive",
            () if self.suspended[key.organisation as usize] || sealed.grant.is_some() && self.suspended[0] => "organisation_suspended",
            () if !granted || !self.holds(key, permission) => "permission_missing",
            () => "allow",
        }
    }

    /// Fills the verifier anew with this state, as the store would.
    fn load(&self, keyed: &Keyed) {
        let mut loader = keyed.fed.verifier.loader();
        for number in 0..2 {
            loader.organisation(organisation(number), self.suspended[number as usize]);
            let (id, organisation, text) = (workspace(7 + number as u8), organisation(number), (7 + number).to_string());
            loader.workspace(&WorkspaceRecord { id, organisation, number: &text, closed: false });
        }
        loader.person(person(0), !self.person_away);
        for definition in [api("a", false, false), api("b", false, true), vault(self.turned)] {
            loader.api(definition);
        }
        loader.membership(&MembershipRecord { id: membership(0), person: person(0), organisation: organisation(0), roles: member() });
        for key in &self.keys {
            let newest = key.private_keys.iter().map(|(number, ..)| *number).max();
            let live = key.private_keys.iter().rev().filter(|(.., ended)| ended.is_none() && key.revoked_at.is_none());
            loader.organisation_key(&OrganisationKeyRecord {
                id: credential(key.number),
                organisation: Some(organisation(key.organisation)),
                workspace: key.only.map(workspace),
                definition: definition(key.number, key.permissions.clone()),
                private_keys: live.map(|(number, end, _)| (private_key(*number, *end), Some(*number) != newest)).collect(),
                generation: key.generation,
                suspended: key.suspended,
                imported: false,
                revoked_at: key.revoked_at,
            });
        }
        for (place, (key, _)) in self.grants.iter().enumerate().filter(|(_, (_, ended))| !ended) {
            loader.grant(&GrantRecord { id: grant(place as u32 + 1), membership: membership(0), key: credential(*key) });
        }
        let until = keyed.fed.now().saturating_add(Duration::from_secs(100_000));
        for id in &self.ended {
            loader.ended(*id, until);
        }
        loader.finish(Sequence(keyed.fed.verifier.applied().0 + 10));
    }
}

fn family(number: u32) -> FamilyId {
    FamilyId::from_bytes(*credential(40_000 + number).as_bytes())
}

/// Asks both about every private key and every token that ever was.
fn compare(keyed: &Keyed, model: &Model, swept: bool) -> Result<(), TestCaseError> {
    let now = keyed.fed.now();
    // What stopped long ago, and what was ended before a reload, is told from what never was for a time only.
    let gone = |word: &'static str| if matches!(word, "revoked" | "expired" | "unknown_credential") { "gone" } else { word };
    for permission in NAMES {
        for number in model.keys.iter().flat_map(|key| key.private_keys.iter().map(|(number, ..)| *number)) {
            let given = keyed.ask((None, Some(&private_text(number))), None, permission);
            let expected = model.private(number, permission, now);
            let (given, expected) = if swept { (gone(given), gone(expected)) } else { (given, expected) };
            prop_assert_eq!(given, expected, "private key {} {}", number, permission);
        }
        for sealed in &model.tokens {
            let given = keyed.ask((Some(&format!("Bearer {}", sealed.text)), None), None, permission);
            let expected = model.bearer(sealed, permission, now);
            let (given, expected) = if swept { (gone(given), gone(expected)) } else { (given, expected) };
            prop_assert_eq!(given, expected, "token {:?} {}", sealed.says.serial, permission);
            let looked = keyed.fed.verifier.look_into(&sealed.text, now).expect("a lease").expect("ours");
            let works = matches!(expected, "allow" | "permission_missing");
            prop_assert_eq!(looked.works.is_ok(), works, "looked into {:?}", sealed.says.serial);
        }
    }
    Ok(())
}

fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let (keyed, mut model) = (Keyed::new(), Model::default());
    let mut swept = false;
    for step in steps {
        match step.0 {
            27 => {
                keyed.fed.hands.advance(step.1 % 80);
                swept |= step.1 % 2 == 0;
                if step.1 % 2 == 0 {
                    keyed.fed.verifier.sweep(keyed.fed.now());
                }
            }
            28 => {
                compare(&keyed, &model, swept)?;
                model.load(&keyed);
                swept = true;
                compare(&keyed, &model, swept)?;
            }
            _ => {
                if let Some(event) = model.step(&keyed, step) {
                    keyed.fed.apply(&event);
                }
            }
        }
    }
    compare(&keyed, &model, swept)?;
    if !swept {
        prop_assert_eq!(keyed.fed.verifier.anomalies().unknown, 0);
    }
    // A reload says the same as the events did.
    model.load(&keyed);
    compare(&keyed, &model, true)?;
    keyed.fed.hands.advance(10 * TOMBSTONE_SECONDS);
    keyed.fed.verifier.sweep(keyed.fed.now());
    compare(&keyed, &model, true)
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let any = prop::collection::vec((0..29_u8, 0..1_000_u32, 0..1_000_u32, 0..1_000_u32), 1..most);
    any.prop_map(|steps| [(0, 0, 1, 1), (0, 1, 0, 2), (4, 0, 0, 1)].into_iter().chain(steps).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_of_keys_are_decided_as_the_model_does(steps in steps(60)) {
        run(steps)?;
    }
}

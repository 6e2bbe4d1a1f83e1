//! Random histories of workspaces and delegations: the verifier and a naive model give the same answers, also after a reload.

use domain::Timestamp;
use domain::credential::Digest;
use domain::delegation::{MAX_CHAIN, Place, Standing};
use domain::event::{Event, SecretState, Sequence};
use domain::organisation_token::{bound, username_key};
use domain::permission::Permissions;
use proptest::prelude::*;

use super::places::{APIS, ORGANISATIONS, WORKSPACES, ask, basic, code, definition, delegation, furnished, number, username, workspace};
use super::support::{Fed, REQUEST, TOMBSTONE_SECONDS, credential, only, organisation};
use crate::{Asked, DelegationRecord, OrganisationTokenRecord, Question, Reached, Verdict, WorkspaceRecord};

/// A delegation as the events make it, as plainly as it can be said.
#[derive(Debug, Clone)]
struct Row {
    workspace: u32,
    from: u32,
    to: u32,
    parent: Option<usize>,
    api: usize,
    mask: u64,
    standing: Standing,
    opens_at: Timestamp,
    not_after: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    swept: bool,
}

#[derive(Debug, Default)]
struct Model {
    rows: Vec<Row>,
    suspended: [bool; ORGANISATIONS as usize],
    closed_workspaces: [bool; WORKSPACES as usize],
}

type Step = (u8, u32, u32, u32);

fn permissions(api: usize, mask: u64) -> Permissions {
    let names: Vec<String> =
        [(1, "read"), (2, "write")].iter().filter(|(bit, _)| mask & bit != 0).map(|(_, verb)| format!("{}:x:{verb}", APIS[api])).collect();
    only(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

impl Model {
    fn depth(&self, row: usize) -> usize {
        1 + self.rows[row].parent.map_or(0, |parent| self.depth(parent))
    }

    fn below(&self, row: usize) -> Vec<usize> {
        let children = (0..self.rows.len()).filter(|child| self.rows[*child].parent == Some(row) && self.rows[*child].closed_at.is_none());
        std::iter::once(row).chain(children.flat_map(|child| self.below(child))).collect()
    }

    fn step(&mut self, (what, a, b, c): Step, now: Timestamp) -> Option<Event> {
        let chosen = a as usize % self.rows.len().max(1);
        let live = self.rows.get(chosen).is_some_and(|row| row.closed_at.is_none());
        match what {
            0..=9 => self.open((a, b, c), now),
            10..=15 if live => self.change((what, b, c), chosen, now),
            16 | 17 if live => {
                let closed = self.below(chosen);
                for row in &closed {
                    (self.rows[*row].closed_at, self.rows[*row].standing) = (Some(now), Standing::Closed);
                }
                Some(Event::DelegationsClosed { delegations: closed.into_iter().map(|row| delegation(row as u32)).collect() })
            }
            18 => {
                let who = a % ORGANISATIONS;
                self.suspended[who as usize] = b % 2 == 0;
                let organisation = organisation(who);
                Some(if b % 2 == 0 { Event::OrganisationSuspended { organisation } } else { Event::OrganisationResumed { organisation } })
            }
            19 if c % 4 == 0 => {
                self.closed_workspaces[(a % WORKSPACES) as usize] = true;
                Some(Event::WorkspaceClosed { workspace: workspace(a % WORKSPACES) })
            }
            _ => None,
        }
    }

    fn open(&mut self, (a, b, c): (u32, u32, u32), now: Timestamp) -> Option<Event> {
        let chosen = a as usize % self.rows.len().max(1);
        let live = self.rows.get(chosen).is_some_and(|row| row.closed_at.is_none());
        let later = |seconds: u32| now.saturating_add(std::time::Duration::from_secs(seconds.into()));
        let end = (c % 3 == 0).then(|| later(c % 90));

        let parent = (b % 2 == 0 && live && self.depth(chosen) < MAX_CHAIN).then_some(chosen);
        let (workspace, from, api) = match parent.map(|parent| &self.rows[parent]) {
            Some(above) => (above.workspace, above.to, above.api),
            None => (a % WORKSPACES, a % WORKSPACES, (c % 2) as usize),
        };
        let to = b / 2 % ORGANISATIONS;
        let (mask, opens_at) = (u64::from(c / 4 % 4), if c % 7 == 0 { later(30) } else { now });
        let standing = if c % 5 == 0 { Standing::Invited } else { Standing::Open };
        if to == workspace || self.closed_workspaces[workspace as usize] {
            return None;
        }
        let id = self.rows.len() as u32;
        self.rows.push(Row { workspace, from, to, parent, api, mask, standing, opens_at, not_after: end, closed_at: None, swept: false });
        Some(Event::DelegationOpened {
            delegation: delegation(id),
            api: APIS[api].to_owned(),
            workspace: self::workspace(workspace),
            from: organisation(from),
            to: organisation(to),
            parent: parent.map(|parent| delegation(parent as u32)),
            permissions: permissions(api, mask),
            standing,
            opens_at,
            not_after: end,
        })
    }

    fn change(&mut self, (what, b, c): (u8, u32, u32), chosen: usize, now: Timestamp) -> Option<Event> {
        let later = |seconds: u32| now.saturating_add(std::time::Duration::from_secs(seconds.into()));
        let end = (c % 3 == 0).then(|| later(c % 90));

        let id = delegation(chosen as u32);
        let row = &mut self.rows[chosen];
        Some(match what {
            10 if row.standing == Standing::Invited => {
                row.standing = Standing::Open;
                Event::DelegationAccepted { delegation: id }
            }
            11 if row.standing == Standing::Open => {
                row.standing = Standing::Paused;
                Event::DelegationPaused { delegation: id }
            }
            12 if row.standing == Standing::Paused => {
                row.standing = Standing::Open;
                Event::DelegationResumed { delegation: id }
            }
            13 => {
                (row.mask, row.opens_at, row.not_after) = (u64::from(b % 4), later(b % 3), end);
                let permissions = permissions(row.api, row.mask);
                Event::DelegationChanged { delegation: id, permissions, opens_at: row.opens_at, not_after: end }
            }
            14 => {
                row.not_after = end;
                Event::DelegationConfirmed { delegation: id, not_after: end }
            }
            15 => {
                row.not_after = Some(later(c % 60));
                Event::DelegationClosingAnnounced { delegation: id, not_after: later(c % 60) }
            }
            _ => return None,
        })
    }

    fn sweep(&mut self, now: Timestamp) {
        let end = now.saturating_sub(std::time::Duration::from_secs(TOMBSTONE_SECONDS.into()));
        for row in &mut self.rows {
            row.swept |= row.closed_at.is_some_and(|at| at <= end);
        }
    }

    fn judge(&self, row: &Row, now: Timestamp) -> Result<u64, &'static str> {
        if row.closed_at.is_some() || row.not_after.is_some_and(|end| now >= end) {
            return Err("delegation_closed");
        }
        if row.standing == Standing::Invited || now < row.opens_at {
            return Err("no_delegation");
        }
        if row.standing == Standing::Paused || self.suspended[row.from as usize] {
            return Err("delegation_paused");
        }
        row.parent.map_or(Ok(row.mask), |parent| Ok(row.mask & self.judge(&self.rows[parent], now)?))
    }

    /// What the organisation's token for the API may do in the workspace.
    fn held(&self, owner: u32, api: usize, place: u32, now: Timestamp) -> Result<u64, &'static str> {
        if self.suspended[owner as usize] {
            return Err("organisation_suspended");
        }
        if self.closed_workspaces[place as usize] {
            return Err("wrong_workspace");
        }
        if place == owner {
            return Ok(u64::MAX);
        }
        let its = self.rows.iter().filter(|row| !row.swept && (row.workspace, row.to, row.api) == (place, owner, api));
        let judged: Vec<_> = its.map(|row| self.judge(row, now)).collect();
        let union = judged.iter().filter_map(|judged| judged.ok()).reduce(|one, other| one | other);
        let worst = ["delegation_paused", "delegation_closed"].into_iter().find(|refusal| judged.contains(&Err(refusal)));
        union.ok_or(worst.unwrap_or("no_delegation"))
    }

    fn load(&self, fed: &Fed) {
        let mut loader = fed.verifier.loader();
        for (owner, suspended) in self.suspended.iter().enumerate() {
            loader.organisation(organisation(owner as u32), *suspended);
        }
        APIS.iter().for_each(|api| loader.api(definition(api)));
        for place in 0..WORKSPACES {
            let (number, closed) = (number(place), self.closed_workspaces[place as usize]);
            loader.workspace(&WorkspaceRecord { id: workspace(place), organisation: organisation(place), number: &number, closed });
        }
        for (id, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.swept) {
            loader.delegation(&DelegationRecord {
                id: delegation(id as u32),
                api: APIS[row.api],
                workspace: workspace(row.workspace),
                from: organisation(row.from),
                to: organisation(row.to),
                parent: row.parent.map(|parent| delegation(parent as u32)),
                permissions: &permissions(row.api, row.mask),
                standing: row.standing,
                opens_at: row.opens_at,
                not_after: row.not_after,
                closed_at: row.closed_at,
            });
        }
        for (owner, api) in (0..ORGANISATIONS).flat_map(|owner| [(owner, 0), (owner, 1)]) {
            loader.organisation_token(&OrganisationTokenRecord {
                id: credential(owner * 10 + api as u32),
                organisation: organisation(owner),
                api: APIS[api],
                username_key: username_key(APIS[api], &username(owner)),
                secret: SecretState {
                    digest: bound(&Digest::of(code(owner, api).as_bytes()), APIS[api], &username(owner)),
                    not_after: None,
                },
                superseded: false,
                permissions: &Permissions::All,
                imported: false,
                suspended: false,
                revoked_at: None,
            });
        }
        loader.finish(Sequence(fed.verifier.applied().0 + 10));
    }
}

fn compare(fed: &Fed, model: &Model) -> Result<(), TestCaseError> {
    let now = fed.now();
    for (owner, api) in (0..ORGANISATIONS).flat_map(|owner| [(owner, 0), (owner, 1)]) {
        let header = basic(&username(owner), &code(owner, api));
        let mut reached = Vec::new();
        for place in 0..WORKSPACES {
            let held = model.held(owner, api, place, now);
            let given = ask(fed, APIS[api], &header, Some(&number(place)), Asked::Identity);
            prop_assert_eq!(given, held, "{} on {} in {}: {:?}", owner, APIS[api], place, model);
            if held.is_ok_and(|held| held & 1 == 1) {
                reached.push(Reached { number: number(place), own: place == owner, organisation: organisation(place) });
            }
        }
        let authorization = Some(header.as_bytes());
        let question = Question {
            api: APIS[api],
            authorization,
            api_key: None,
            proof: None,
            asked: Asked::Identity,
            workspace: None,
            address: None,
            now,
            request: REQUEST,
        };
        if let Verdict::Allow(allowed) = fed.verifier.check(&question).expect("a lease") {
            prop_assert_eq!(allowed.place, Place::Anywhere);
            let reach = fed.verifier.workspaces(&allowed, &format!("{}:x:read", APIS[api]), now).expect("a lease");
            prop_assert_eq!(reach, reached, "{} on {}", owner, APIS[api]);
        }
    }
    prop_assert_eq!(fed.verifier.anomalies().unknown, 0);
    Ok(())
}

fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let fed = furnished();
    let mut model = Model::default();
    for (count, step) in steps.into_iter().enumerate() {
        match step.0 {
            20 | 21 => {
                fed.hands.advance(step.1 % 70);
                fed.verifier.sweep(fed.now());
                model.sweep(fed.now());
            }
            22 => model.load(&fed),
            _ => {
                if let Some(event) = model.step(step, fed.now()) {
                    fed.apply(&event);
                }
            }
        }
        if count % 16 == 0 {
            compare(&fed, &model)?;
        }
    }
    compare(&fed, &model)
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..23_u8, 0..1_000_u32, 0..1_000_u32, 0..1_000_u32), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_are_decided_as_the_model_does(steps in steps(60)) {
        run(steps)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn long_histories_too(steps in steps(1_500)) {
        run(steps)?;
    }
}

//! Delegations. A row stays when its delegation is over, for the audit trail.

use std::sync::Arc;

use domain::delegation::{Delegation, DelegationKind, Standing};
use domain::id::{DelegationId, OrganisationId, WorkspaceId};
use domain::permission::Permissions;
use domain::text::{Description, Note, Reason};
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::executor::RawRow;
use crate::permissions;
use crate::record::DelegationRecord;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT id, api, workspace, owner, giver, receiver, parent, depth, kind, permissions, may_pass_on, description, note,
         created_at, opens_at, ends_at, closing_announced, review_at, accepted_at, paused_at, closed_at, over_at, decided_by,
         reason, revision FROM delegation "
    };
}

/// Itself and everything that passes it on, as far as not over before: what passes one on that is over is over, too.
macro_rules! subtree {
    () => {
        "id IN (WITH RECURSIVE below (id) AS (SELECT id FROM delegation WHERE id = $1 AND over_at IS NULL
            UNION ALL SELECT child.id FROM delegation child JOIN below ON child.parent = below.id WHERE child.over_at IS NULL)
         SELECT id FROM below) "
    };
}

macro_rules! listed {
    ($base:literal) => {
        concat!(
            columns!(),
            "WHERE ",
            $base,
            " AND id > $2 AND COALESCE(over_at, -1) < $3
            AND (giver = $4 OR receiver = $4 OR owner = $4 OR $4 IS NULL)
            AND (workspace = $5 OR $5 IS NULL) AND (giver = $6 OR $6 IS NULL) AND (receiver = $7 OR $7 IS NULL)
            ORDER BY id LIMIT $8"
        )
    };
}

statements! {
    INSERT_DELEGATION = "INSERT INTO delegation (id, api, workspace, owner, giver, receiver, parent, depth, kind, permissions, may_pass_on,
            description, note, created_at, opens_at, ends_at, closing_announced, review_at, accepted_at, paused_at, closed_at, over_at,
            decided_by, reason, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)";
    UPDATE_DELEGATION = "UPDATE delegation SET permissions = $3, may_pass_on = $4, description = $5, note = $6, opens_at = $7, ends_at = $8,
            closing_announced = $9, review_at = $10, accepted_at = $11, paused_at = $12, decided_by = $13, reason = $14, revision = $15
        WHERE id = $1 AND revision = $2 AND over_at IS NULL";
    CLOSE_SUBTREE = concat!("UPDATE delegation SET closed_at = $2, over_at = $2, revision = revision + 1 WHERE ", subtree!());
    EXPLAIN_CLOSING = "UPDATE delegation SET reason = $2, decided_by = $3 WHERE id = $1";
    END_SUBTREE = concat!("UPDATE delegation SET over_at = $2, revision = revision + 1 WHERE ", subtree!());
    END_PAST = concat!("UPDATE delegation SET over_at = $2, revision = revision + 1 WHERE ", subtree!(),
        "AND EXISTS (SELECT 1 FROM delegation past WHERE past.id = $1 AND (past.ends_at <= $2 OR past.review_at <= $2))");
    DELEGATION = concat!(columns!(), "WHERE id = $1");
    CHAIN = concat!(columns!(), "WHERE id IN (WITH RECURSIVE above (id, parent) AS (SELECT id, parent FROM delegation WHERE id = $1
            UNION ALL SELECT p.id, p.parent FROM delegation p JOIN above ON p.id = above.parent)
         SELECT id FROM above) ORDER BY depth");
    SUBTREE = concat!(columns!(), "WHERE ", subtree!(), "ORDER BY depth, id");
    PASSED_ON = concat!(columns!(), "WHERE parent = $1 AND id > $2 ORDER BY id LIMIT $3");
    LIVE_DELEGATION = concat!(columns!(), "WHERE workspace = $1 AND receiver = $2 AND giver = $3 AND api = $4 AND kind = $5 AND over_at IS NULL");
    // $1 stands in each of these, so that each has as many parameters.
    DELEGATIONS = listed!("id <> $1");
    DELEGATIONS_OF_WORKSPACE = listed!("workspace = $1");
    DELEGATIONS_BY = listed!("giver = $1");
    DELEGATIONS_TO = listed!("receiver = $1");
    DELEGATIONS_OF_SIDE = listed!("(giver = $1 OR receiver = $1 OR owner = $1)");
    API_HAS_DELEGATIONS = "SELECT id FROM delegation WHERE api = $1 AND over_at IS NULL LIMIT 1";
    DUE_FOR_REVIEW = concat!(columns!(), "WHERE over_at IS NULL AND review_at <= $1 ORDER BY review_at, id LIMIT $2");
    PAST_THEIR_END = "SELECT id FROM delegation WHERE over_at IS NULL AND ends_at <= $1
        UNION SELECT id FROM delegation WHERE over_at IS NULL AND review_at <= $1 ORDER BY id LIMIT $2";
}

/// How many delegations are marked as over at once.
const ENDED_AT_ONCE: u32 = 200;

/// Which delegations of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DelegationFilter {
    /// Only those that concern this organisation: it gives or gets them, or they are about a workspace of it.
    pub side: Option<OrganisationId>,
    /// Only for this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Only those that this organisation gives.
    pub from: Option<OrganisationId>,
    /// Only those that this organisation gets.
    pub to: Option<OrganisationId>,
    /// Leave out those that are known to be over.
    pub live: bool,
}

/// A [`DelegationRecord`] on its way.
pub(crate) struct KeptDelegation {
    id: DelegationId,
    api: String,
    workspace: WorkspaceId,
    from: OrganisationId,
    to: OrganisationId,
    parent: Option<DelegationId>,
    permissions: Arc<Permissions>,
    standing: Standing,
    opens_at: Timestamp,
    not_after: Option<Timestamp>,
    closed_at: Option<Timestamp>,
}

impl KeptDelegation {
    /// Reads a row of the snapshot, whose permissions were read.
    pub(crate) fn read(row: &RawRow<'_>, permissions: Arc<Permissions>) -> Result<Self, StoreError> {
        let time = |column| Ok::<_, StoreError>(row.optional_int(column)?.map(Timestamp::from_unix_microseconds));
        let (accepted_at, paused_at, closed_at) = (time(10)?, time(11)?, time(12)?);
        let standing = match (closed_at, accepted_at, paused_at) {
            (Some(_), ..) => Standing::Closed,
            (_, None, _) => Standing::Invited,
            (_, _, Some(_)) => Standing::Paused,
            _ => Standing::Open,
        };
        Ok(Self {
            id: DelegationId::from_bytes(row.bytes(0)?),
            api: row.text(1)?.to_owned(),
            workspace: WorkspaceId::from_bytes(row.bytes(2)?),
            from: OrganisationId::from_bytes(row.bytes(3)?),
            to: OrganisationId::from_bytes(row.bytes(4)?),
            parent: row.optional_bytes(5)?.map(DelegationId::from_bytes),
            permissions,
            standing,
            opens_at: Timestamp::from_unix_microseconds(row.int(7)?),
            not_after: time(8)?.into_iter().chain(time(9)?).min(),
            closed_at,
        })
    }

    pub(crate) fn record(&self) -> DelegationRecord<'_> {
        DelegationRecord {
            id: self.id,
            api: &self.api,
            workspace: self.workspace,
            from: self.from,
            to: self.to,
            parent: self.parent,
            permissions: &self.permissions,
            standing: self.standing,
            opens_at: self.opens_at,
            not_after: self.not_after,
            closed_at: self.closed_at,
        }
    }
}

impl Reader<'_> {
    /// A delegation, over or not.
    pub async fn delegation(&mut self, id: DelegationId) -> Result<Option<Delegation>, StoreError> {
        self.executor.row(&DELEGATION, &params![&id]).await?.map(delegation).transpose()
    }

    /// The chain that a delegation ends: the one that the workspace's organisation gave first, itself last. Empty where
    /// there is no such delegation.
    pub async fn delegation_chain(&mut self, id: DelegationId) -> Result<Vec<Delegation>, StoreError> {
        self.executor.rows(&CHAIN, &params![&id]).await?.into_iter().map(delegation).collect()
    }

    /// A delegation and everything that passes it on, each after the one that it passes on; without what is over.
    pub async fn delegations_under(&mut self, id: DelegationId) -> Result<Vec<Delegation>, StoreError> {
        self.executor.rows(&SUBTREE, &params![&id]).await?.into_iter().map(delegation).collect()
    }

    /// The delegations that pass this one on directly, a part at a time.
    pub async fn delegations_passed_on(&mut self, id: DelegationId, page: Page) -> Result<Vec<Delegation>, StoreError> {
        let rows = self.executor.rows(&PASSED_ON, &params![&id, page.start(), page.limit]).await?;
        rows.into_iter().map(delegation).collect()
    }

    /// The delegation for the same from the same to the same that is not known to be over.
    pub async fn live_delegation(&mut self, like: &Delegation) -> Result<Option<Delegation>, StoreError> {
        let params = params![&like.workspace, &like.to, &like.from, &like.api, like.kind.name()];
        self.executor.row(&LIVE_DELEGATION, &params).await?.map(delegation).transpose()
    }

    /// Delegations, a part at a time.
    pub async fn delegations(&mut self, filter: DelegationFilter, page: Page) -> Result<Vec<Delegation>, StoreError> {
        let DelegationFilter { side, workspace, from, to, live } = filter;
        let bases = [
            (workspace.map(|id| *id.as_bytes()), &DELEGATIONS_OF_WORKSPACE),
            (to.map(|id| *id.as_bytes()), &DELEGATIONS_TO),
            (from.map(|id| *id.as_bytes()), &DELEGATIONS_BY),
            (side.map(|id| *id.as_bytes()), &DELEGATIONS_OF_SIDE),
        ];
        // What the fewest have comes first: it is what an index is asked for.
        let base = bases.into_iter().find_map(|(key, statement)| key.map(|key| (key, statement)));
        let (key, statement) = base.unwrap_or(([0; 16], &DELEGATIONS));
        let over_before = if live { 0 } else { i64::MAX };
        let optional = params![side.as_ref(), workspace.as_ref(), from.as_ref(), to.as_ref()];
        let params = params![&key, page.start(), over_before, optional[0], optional[1], optional[2], optional[3], page.limit];
        self.executor.rows(statement, &params).await?.into_iter().map(delegation).collect()
    }

    /// Whether any delegation for this API is not known to be over.
    pub async fn api_has_delegations(&mut self, api: &str) -> Result<bool, StoreError> {
        self.executor.exists(&API_HAS_DELEGATIONS, &params![api]).await
    }

    /// Those that lapse at `until` or before unless they are confirmed, the first to lapse first.
    pub async fn delegations_due(&mut self, until: Timestamp, limit: u32) -> Result<Vec<Delegation>, StoreError> {
        self.executor.rows(&DUE_FOR_REVIEW, &params![until, limit]).await?.into_iter().map(delegation).collect()
    }

    /// Those whose own time is over at `now` without being marked as over.
    pub async fn delegations_past_their_end(&mut self, now: Timestamp, limit: u32) -> Result<Vec<DelegationId>, StoreError> {
        let rows = self.executor.rows(&PAST_THEIR_END, &params![now, limit]).await?;
        rows.into_iter().map(|mut row| row.take()).collect()
    }
}

impl Tx<'_> {
    /// Makes a delegation. Owner and depth are not looked at. Conflicts: `delegation_live`, `id`, `parent`.
    pub async fn insert_delegation(&mut self, delegation: &Delegation) -> Result<(), StoreError> {
        let d = delegation;
        let permissions = permissions::text(&d.permissions)?;
        let params = params![
            &d.id,
            &d.api,
            &d.workspace,
            &d.owner,
            &d.from,
            &d.to,
            d.parent.as_ref(),
            u32::from(d.depth),
            d.kind.name(),
            permissions.as_ref(),
            d.may_pass_on,
            d.description.as_str(),
            d.note.as_ref().map(Note::as_str),
            d.created_at,
            d.opens_at,
            d.ends_at,
            d.closing_announced,
            d.review_at,
            d.accepted_at,
            d.paused_at,
            d.closed_at,
            d.over_at,
            d.decided_by.as_ref(),
            d.reason.as_ref().map(Reason::as_str),
            d.revision,
        ];
        self.executor.execute(&INSERT_DELEGATION, &params).await.map(drop)
    }

    /// Writes everything that may change of a delegation that still has the expected revision and is not over; says
    /// whether it did. It is closed by [`Tx::close_delegation`] only.
    pub async fn update_delegation(&mut self, delegation: &Delegation, expected_revision: i64) -> Result<bool, StoreError> {
        let d = delegation;
        let permissions = permissions::text(&d.permissions)?;
        let params = params![
            &d.id,
            expected_revision,
            permissions.as_ref(),
            d.may_pass_on,
            d.description.as_str(),
            d.note.as_ref().map(Note::as_str),
            d.opens_at,
            d.ends_at,
            d.closing_announced,
            d.review_at,
            d.accepted_at,
            d.paused_at,
            d.decided_by.as_ref(),
            d.reason.as_ref().map(Reason::as_str),
            d.revision,
        ];
        Ok(self.executor.execute(&UPDATE_DELEGATION, &params).await? > 0)
    }

    /// Closes what [`Reader::delegations_under`] gives for this delegation; `delegation` says why and who. Says how many.
    pub async fn close_delegation(&mut self, delegation: &Delegation, at: Timestamp) -> Result<u64, StoreError> {
        let closed = self.executor.execute(&CLOSE_SUBTREE, &params![&delegation.id, at]).await?;
        if closed > 0 {
            let params = params![&delegation.id, delegation.reason.as_ref().map(Reason::as_str), delegation.decided_by.as_ref()];
            self.executor.execute(&EXPLAIN_CLOSING, &params).await?;
        }
        Ok(closed)
    }

    /// Marks as over what [`Reader::delegations_under`] gives for this delegation, whose time is over. Says how many.
    pub async fn end_delegation(&mut self, id: DelegationId, at: Timestamp) -> Result<u64, StoreError> {
        self.executor.execute(&END_SUBTREE, &params![&id, at]).await
    }
}

impl Store {
    /// Marks delegations as over whose time is over, and what passes them on; some hundred at most, says how many. Not
    /// journalled: they do not count any more since their time.
    pub async fn end_delegations_past_their_end(&self, now: Timestamp) -> Result<usize, StoreError> {
        let past = self.read(move |reader| Box::pin(async move { reader.delegations_past_their_end(now, ENDED_AT_ONCE).await })).await?;
        let count = past.len();
        if count > 0 {
            self.keep(move |executor| {
                let past = past.clone();
                Box::pin(async move {
                    for id in &past {
                        // Whoever gave it a later end meanwhile is right.
                        executor.execute(&END_PAST, &params![id, now]).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        }
        Ok(count)
    }
}

fn delegation(mut row: Row) -> Result<Delegation, StoreError> {
    let unknown = || StoreError::corrupt("a delegation");
    Ok(Delegation {
        id: row.take()?,
        api: row.take()?,
        workspace: row.take()?,
        owner: row.take()?,
        from: row.take()?,
        to: row.take()?,
        parent: row.take()?,
        depth: u8::try_from(row.take::<i64>()?).map_err(|_| unknown())?,
        kind: row.parse(|text| DelegationKind::named(text).ok_or(()))?,
        permissions: row.json()?,
        may_pass_on: row.take()?,
        description: row.parse(Description::new)?,
        note: row.parse_optional(Note::new)?,
        created_at: row.take()?,
        opens_at: row.take()?,
        ends_at: row.take()?,
        closing_announced: row.take()?,
        review_at: row.take()?,
        accepted_at: row.take()?,
        paused_at: row.take()?,
        closed_at: row.take()?,
        over_at: row.take()?,
        decided_by: row.take()?,
        reason: row.parse_optional(Reason::new)?,
        revision: row.take()?,
    })
}

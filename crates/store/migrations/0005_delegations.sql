-- Delegations: workspace W of organisation A lets organisation B do P, from opening until closing. A row stays when its
-- delegation is over, for the audit trail. `giver` and `receiver` are its from and to, `owner` is the workspace's organisation,
-- `depth` its place in its chain, so that parents can be read before their children; `parent` is one of the same table, which
-- is not enforced here: a backup is read back row by row.
-- What the index of a server needs comes first, as with tokens.
CREATE TABLE delegation (
    id BYTEA NOT NULL PRIMARY KEY,
    api TEXT NOT NULL,
    workspace BYTEA NOT NULL REFERENCES workspace (id),
    giver BYTEA NOT NULL REFERENCES organisation (id),
    receiver BYTEA NOT NULL REFERENCES organisation (id),
    parent BYTEA,
    permissions TEXT NOT NULL,
    opens_at BIGINT NOT NULL,
    ends_at BIGINT,
    review_at BIGINT,
    accepted_at BIGINT,
    paused_at BIGINT,
    closed_at BIGINT,
    over_at BIGINT,
    depth BIGINT NOT NULL,
    owner BYTEA NOT NULL,
    kind TEXT NOT NULL,
    may_pass_on BIGINT NOT NULL,
    closing_announced BIGINT NOT NULL,
    description TEXT NOT NULL,
    note TEXT,
    reason TEXT,
    decided_by BYTEA,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
) {KEYED};
CREATE UNIQUE INDEX delegation_live ON delegation (workspace, receiver, giver, api, kind) WHERE over_at IS NULL;
CREATE INDEX delegation_workspace ON delegation (workspace, id);
CREATE INDEX delegation_owner ON delegation (owner, id);
CREATE INDEX delegation_giver ON delegation (giver, id);
CREATE INDEX delegation_receiver ON delegation (receiver, id);
CREATE INDEX delegation_parent ON delegation (parent) WHERE parent IS NOT NULL;
CREATE INDEX delegation_depth ON delegation (depth, id);
CREATE INDEX delegation_ends ON delegation (ends_at) WHERE over_at IS NULL AND ends_at IS NOT NULL;
CREATE INDEX delegation_review ON delegation (review_at) WHERE over_at IS NULL AND review_at IS NOT NULL;

-- How often an organisation token was used on a day (days since 1970, UTC), give or take the flush interval; for a few weeks.
CREATE TABLE usage_day (
    credential BYTEA NOT NULL,
    day BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    PRIMARY KEY (credential, day)
) {KEYED};
CREATE INDEX usage_day_day ON usage_day (day);

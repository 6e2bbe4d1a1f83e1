-- Backups that are restored. `incarnation` is another random number after each restore: what a node has read before
-- under another one is not this database. Old nodes do not read the new columns and tables.

ALTER TABLE journal_head ADD COLUMN incarnation BIGINT NOT NULL DEFAULT 0;

-- After a restore, one row: everything that was in the backup, which is every id up to `newest`, is refused until it is
-- confirmed, because it may have been ended since the backup. Times are for people.
CREATE TABLE fence (
    id BIGINT NOT NULL PRIMARY KEY,
    newest BYTEA NOT NULL,
    backup_at BIGINT NOT NULL,
    backup_seq BIGINT NOT NULL,
    raised_at BIGINT NOT NULL
) {ROWS};

-- What works again although the fence stands: `organisation:ID` or `api:NAME`.
CREATE TABLE fence_confirmed (
    scope TEXT NOT NULL PRIMARY KEY
) {KEYED};

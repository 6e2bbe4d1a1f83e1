-- Many nodes on one database. Nothing of the tables before is changed: `holder` and `held` of journal_head are not read
-- any more.

-- A running process of the server; a fresh id at each start. `lease` is how long it may answer after a renewal, in
-- microseconds; `lease_no` counts its renewals; `live` is 1 from the first renewal until it leaves or is lapsed;
-- `ack` is the last change that its index holds. Times are those of its own wall clock, for people only.
CREATE TABLE node (
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    lease BIGINT NOT NULL,
    lease_no BIGINT NOT NULL,
    live BIGINT NOT NULL,
    ack BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    renewed_at BIGINT
) {KEYED};

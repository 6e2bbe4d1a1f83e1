-- Whose audit log each change of the journal stands in: an organisation's, a person's, and, under an owner of zeros, that of the
-- installation. Made from the journal after the change, up to `audit_head`. `action` is the change's name; `actor` the person who
-- made it; `acting` the organisation for which they did, where the log's owner is told no more of them than that.
CREATE TABLE audit_line (
    owner BYTEA NOT NULL,
    at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor BYTEA,
    acting BYTEA,
    PRIMARY KEY (owner, at, seq)
) {KEYED};
CREATE INDEX audit_line_action ON audit_line (owner, action, at, seq);
CREATE INDEX audit_line_actor ON audit_line (owner, actor, at, seq) WHERE actor IS NOT NULL;

CREATE TABLE audit_head (
    id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL
) {KEYED};
INSERT INTO audit_head (id, seq) VALUES (1, 0);

-- The people who run the installation.
CREATE TABLE operator (
    person BYTEA NOT NULL PRIMARY KEY REFERENCES person (id),
    appointed_at BIGINT NOT NULL
) {KEYED};

-- How an organisation is reached, and why it was suspended.
ALTER TABLE organisation ADD COLUMN contact TEXT;
ALTER TABLE organisation ADD COLUMN suspended_reason TEXT;

-- How many requests of an organisation were refused today.
CREATE INDEX refused_request_organisation ON refused_request (organisation, at) WHERE organisation IS NOT NULL;

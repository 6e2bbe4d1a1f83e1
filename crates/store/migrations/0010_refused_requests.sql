-- Requests that a check refused, kept for a while to explain them. Nothing in it is secret; the oldest go first.
CREATE TABLE refused_request (
    request BYTEA NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    refusal TEXT NOT NULL,
    api TEXT,
    method TEXT,
    path TEXT,
    permission TEXT,
    workspace TEXT,
    credential BYTEA,
    kind TEXT,
    person BYTEA,
    organisation BYTEA,
    address TEXT
) {KEYED};
CREATE INDEX refused_request_at ON refused_request (at);

-- People in browsers: their sessions, what waits for them, how often anybody may try to sign in, and with which accounts of
-- other providers.

-- One signing-in of a person in a browser. `digest` is that of the cookie's secret.
CREATE TABLE session (
    id BYTEA NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL,
    person BYTEA NOT NULL REFERENCES person (id),
    created_at BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    method TEXT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address TEXT,
    user_agent TEXT,
    ended_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX session_digest ON session (digest);
CREATE INDEX session_person ON session (person, id);
CREATE INDEX session_expires ON session (expires_at);

-- What waits until a person has signed in or answered. `visit` is the digest of the cookie of the browser that it belongs to,
-- `request` is what waits, in the words of the endpoint at `resume`. It is taken by the one who deletes its row.
CREATE TABLE interaction (
    id BYTEA NOT NULL PRIMARY KEY,
    visit BYTEA NOT NULL,
    resume TEXT NOT NULL,
    request TEXT NOT NULL,
    client TEXT,
    leads_to TEXT,
    login_hint TEXT,
    sign_in_again BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) {KEYED};
CREATE INDEX interaction_expires ON interaction (expires_at);

-- How much of an allowance is spent: all of it is there again at `spent_until`.
CREATE TABLE allowance (
    name BYTEA NOT NULL PRIMARY KEY,
    spent_until BIGINT NOT NULL
) {KEYED};
CREATE INDEX allowance_spent_until ON allowance (spent_until);

-- With which account of another provider a person may sign in.
CREATE TABLE upstream_account (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person BYTEA NOT NULL REFERENCES person (id),
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
) {KEYED};
CREATE UNIQUE INDEX upstream_account_person ON upstream_account (person, issuer);

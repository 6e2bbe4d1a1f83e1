-- Who is told that a session has ended (OpenID Connect Back-Channel Logout).

-- The clients that a person has signed in to in a session. Goes with the session.
CREATE TABLE session_client (
    session BYTEA NOT NULL REFERENCES session (id),
    organisation_key BYTEA NOT NULL REFERENCES organisation_key (id),
    PRIMARY KEY (session, organisation_key)
) {KEYED};

-- A client that is still to be told. Whoever raises `attempts` sends; until `next_at` nobody else does.
CREATE TABLE logout_notice (
    session BYTEA NOT NULL,
    organisation_key BYTEA NOT NULL REFERENCES organisation_key (id),
    person BYTEA NOT NULL REFERENCES person (id),
    ended_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (session, organisation_key)
) {KEYED};
CREATE INDEX logout_notice_next ON logout_notice (next_at);

-- The first tables. Column kinds: text, 64-bit integer (times in microseconds since 1970), bytes, null.
-- BYTEA, BIGINT, {ROWS} and {KEYED} are replaced for SQLite (see src/migration.rs). Unique indexes have the names that
-- errors carry (see src/error.rs).

-- The head of the journal, one row. Its lock is taken first by every transaction that writes, so that the order
-- of commits is the order of the journal. `holder` counts the servers that have held this database; `held` is 1
-- while one does, 0 after a clean stop.
CREATE TABLE journal_head (
    id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    holder BIGINT NOT NULL,
    held BIGINT NOT NULL
) {ROWS};
INSERT INTO journal_head (id, seq, holder, held) VALUES (1, 0, 0, 0);

-- Every change: who, what, when, in which request. No names, no addresses, no secrets.
CREATE TABLE journal (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    request BYTEA NOT NULL,
    actor TEXT NOT NULL,
    event TEXT NOT NULL
) {ROWS};

-- From which address a change was asked for, and by which person if by one. Beside the journal, so that it can be erased.
CREATE TABLE journal_origin (
    seq BIGINT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    person BYTEA
) {ROWS};
CREATE INDEX journal_origin_person ON journal_origin (person) WHERE person IS NOT NULL;

-- What a change is about, for the audit trail of one organisation, person, membership or credential.
CREATE TABLE journal_subject (
    subject BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (subject, seq)
) {KEYED};

CREATE TABLE organisation (
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    suspended_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX organisation_name ON organisation (name_folded);

-- The only place of a person's name, mail address and password hash: erasing is clearing these columns.
CREATE TABLE person (
    id BYTEA NOT NULL PRIMARY KEY,
    name TEXT,
    email TEXT,
    email_folded TEXT,
    password_hash TEXT,
    created_at BIGINT NOT NULL,
    suspended_at BIGINT,
    erased_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX person_email ON person (email_folded);

-- One person in one organisation. An ended one stays, for the audit trail of its tokens.
CREATE TABLE membership (
    id BYTEA NOT NULL PRIMARY KEY,
    person BYTEA NOT NULL REFERENCES person (id),
    organisation BYTEA NOT NULL REFERENCES organisation (id),
    roles BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    ended BIGINT NOT NULL DEFAULT 0
) {KEYED};
CREATE UNIQUE INDEX membership_of_person ON membership (person, organisation) WHERE ended = 0;
CREATE INDEX membership_organisation ON membership (organisation, id);

-- What the index of a server needs comes first: SQLite then reads no further in each row when it loads.
CREATE TABLE personal_token (
    id BYTEA NOT NULL PRIMARY KEY,
    membership BYTEA NOT NULL REFERENCES membership (id),
    digest BYTEA NOT NULL,
    expires_at BIGINT,
    permissions TEXT NOT NULL,
    imported BIGINT NOT NULL,
    suspended_at BIGINT,
    revoked_at BIGINT,
    person BYTEA NOT NULL,
    description TEXT NOT NULL,
    description_key BYTEA NOT NULL,
    prefix TEXT,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
) {KEYED};
CREATE UNIQUE INDEX secret_digest_of_token ON personal_token (digest);
-- The key is the first 16 bytes of SHA-256 of the folded description.
CREATE UNIQUE INDEX personal_token_description ON personal_token (person, description_key) WHERE revoked_at IS NULL;

-- The secret before the last rotation, while it still works; at most one for a token.
CREATE TABLE overlap_secret (
    token BYTEA NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL,
    not_after BIGINT NOT NULL
) {KEYED};
CREATE UNIQUE INDEX secret_digest_of_overlap ON overlap_secret (digest);

CREATE TABLE api (
    name TEXT NOT NULL PRIMARY KEY,
    definition TEXT NOT NULL,
    revision BIGINT NOT NULL
) {KEYED};

CREATE TABLE api_credential (
    id BYTEA NOT NULL PRIMARY KEY,
    api TEXT NOT NULL,
    description TEXT NOT NULL,
    prefix TEXT NOT NULL,
    digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX secret_digest_of_api_credential ON api_credential (digest);
CREATE INDEX api_credential_api ON api_credential (api, id);

CREATE TABLE operator_token (
    id BYTEA NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    prefix TEXT NOT NULL,
    digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX secret_digest_of_operator_token ON operator_token (digest);

-- When, from where and how often a credential of any kind was used, give or take the flush interval.
CREATE TABLE credential_usage (
    credential BYTEA NOT NULL PRIMARY KEY,
    last_used_at BIGINT NOT NULL,
    last_used_from TEXT,
    uses BIGINT NOT NULL
) {KEYED};

-- Answers to repeat for a repeated Idempotency-Key, sealed under a key made from it.
CREATE TABLE idempotent_answer (
    key_digest BYTEA NOT NULL PRIMARY KEY,
    request_digest BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    kept_at BIGINT NOT NULL
) {KEYED};

-- Keys of the server, sealed under the master key.
CREATE TABLE server_key (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    master_key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
) {KEYED};

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) {KEYED};

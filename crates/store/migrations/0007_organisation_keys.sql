-- Organisation keys and their OAuth side, grants, and what hangs from them. Access tokens are not rows.

-- `definition` is the OAuth side as the index needs it (domain::client::ClientDefinition); its `client_id` and `name` stand beside it.
-- No organisation: a client that registered itself. `registration_digest` is of the token that it manages itself with (RFC 7592),
-- `unused_until` when it is removed unless it was used.
CREATE TABLE organisation_key (
    id BYTEA NOT NULL PRIMARY KEY,
    organisation BYTEA REFERENCES organisation (id),
    workspace BYTEA REFERENCES workspace (id),
    client_id TEXT NOT NULL,
    definition TEXT NOT NULL,
    contact TEXT,
    generation BIGINT NOT NULL,
    imported BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    suspended_at BIGINT,
    revoked_at BIGINT,
    registration_digest BYTEA,
    unused_until BIGINT,
    revision BIGINT NOT NULL
) {KEYED};
CREATE UNIQUE INDEX organisation_key_client_id ON organisation_key (client_id);
CREATE INDEX organisation_key_organisation ON organisation_key (organisation, id);
CREATE INDEX organisation_key_unused ON organisation_key (unused_until) WHERE unused_until IS NOT NULL;

-- `ended_at`: revoked, or ended by a later rotation. One that is over by its `ends_at` is not marked.
CREATE TABLE private_key (
    id BYTEA NOT NULL PRIMARY KEY,
    organisation_key BYTEA NOT NULL REFERENCES organisation_key (id),
    digest BYTEA NOT NULL,
    prefix TEXT,
    created_at BIGINT NOT NULL,
    ends_at BIGINT,
    superseded BIGINT NOT NULL,
    ended_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX secret_digest_of_private_key ON private_key (digest);
CREATE INDEX private_key_organisation_key ON private_key (organisation_key, id);

-- What a person, as a member of an organisation, has authorised a client to do.
CREATE TABLE client_grant (
    id BYTEA NOT NULL PRIMARY KEY,
    person BYTEA NOT NULL REFERENCES person (id),
    membership BYTEA NOT NULL,
    organisation BYTEA NOT NULL REFERENCES organisation (id),
    organisation_key BYTEA NOT NULL REFERENCES organisation_key (id),
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX client_grant_live ON client_grant (membership, organisation_key) WHERE ended_at IS NULL;
CREATE INDEX client_grant_person ON client_grant (person, id);
CREATE INDEX client_grant_organisation_key ON client_grant (organisation_key, id);

-- Single access tokens, families and sessions that were ended, until the last access token of them is over by itself.
CREATE TABLE ended_access (
    id BYTEA NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
) {KEYED};
CREATE INDEX ended_access_until ON ended_access (until);

-- Taken once, by the update that sets `redeemed_at`. `request` is what the client asked and the person consented to.
CREATE TABLE authorization_code (
    digest BYTEA NOT NULL PRIMARY KEY,
    client_grant BYTEA NOT NULL REFERENCES client_grant (id),
    organisation_key BYTEA NOT NULL,
    family BYTEA NOT NULL,
    request TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    redeemed_at BIGINT
) {KEYED};
CREATE INDEX authorization_code_expires ON authorization_code (expires_at);

-- All refresh tokens that came from one code, device code or exchange.
CREATE TABLE refresh_family (
    id BYTEA NOT NULL PRIMARY KEY,
    client_grant BYTEA NOT NULL REFERENCES client_grant (id),
    organisation_key BYTEA NOT NULL,
    session BYTEA,
    request TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
) {KEYED};
CREATE INDEX refresh_family_grant ON refresh_family (client_grant);
CREATE INDEX refresh_family_session ON refresh_family (session) WHERE session IS NOT NULL;
CREATE INDEX refresh_family_expires ON refresh_family (expires_at);

-- Rotated once, by the update that sets `rotated_at`; `successor` is the next one, sealed under a key made from this one.
CREATE TABLE refresh_token (
    digest BYTEA NOT NULL PRIMARY KEY,
    family BYTEA NOT NULL REFERENCES refresh_family (id),
    idle_until BIGINT NOT NULL,
    rotated_at BIGINT,
    successor BYTEA
) {KEYED};
CREATE INDEX refresh_token_family ON refresh_token (family);

-- Authorization requests that were pushed (RFC 9126), or that wait while a person signs in.
CREATE TABLE pushed_request (
    digest BYTEA NOT NULL PRIMARY KEY,
    organisation_key BYTEA NOT NULL,
    request TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
) {KEYED};
CREATE INDEX pushed_request_expires ON pushed_request (expires_at);

-- Ids of assertions and proofs that may be used once.
CREATE TABLE used_once (
    digest BYTEA NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
) {KEYED};
CREATE INDEX used_once_expires ON used_once (expires_at);

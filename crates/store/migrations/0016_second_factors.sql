-- What people prove who they are with besides a password.

-- The app that shows a person codes (RFC 6238). `sealed` is what it counts from, under the master key. A code is taken by the update
-- that moves `last_step`: none of that step or an earlier one counts again.
CREATE TABLE totp (
    person BYTEA NOT NULL PRIMARY KEY REFERENCES person (id),
    sealed BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
) {KEYED};

-- Ten codes for who lost the rest, as digests. A code is taken by the update that sets `used_at`.
CREATE TABLE recovery_code (
    person BYTEA NOT NULL REFERENCES person (id),
    number BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (person, number)
) {KEYED};

-- Passkeys (Web Authentication). `credential` is the authenticator's name for the key pair, `public_key` its public half (COSE),
-- `counter` the last that it counted. `suspected_at`: when it counted backwards, as a copy would.
CREATE TABLE passkey (
    id BYTEA NOT NULL PRIMARY KEY,
    person BYTEA NOT NULL REFERENCES person (id),
    credential BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    name TEXT NOT NULL,
    transports TEXT NOT NULL,
    is_synced BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    suspected_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX passkey_credential ON passkey (credential);
CREATE INDEX passkey_person ON passkey (person, id);

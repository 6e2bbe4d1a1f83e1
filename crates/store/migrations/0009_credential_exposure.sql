-- Secrets that came over plain HTTP from another machine, by their digests: the mark of a credential is that of the secret that it has now,
-- so that a rotation takes it away.
CREATE TABLE credential_exposure (
    digest BYTEA NOT NULL PRIMARY KEY,
    exposed_at BIGINT NOT NULL
) {KEYED};

-- What people were told of credentials that end by themselves, and how they want pages to be.

-- Once for each credential, end and number of days before it; 0 days: that an old private key is still used.
CREATE TABLE notice (
    credential BYTEA NOT NULL,
    ends_at BIGINT NOT NULL,
    days BIGINT NOT NULL,
    PRIMARY KEY (credential, ends_at, days)
) {KEYED};
CREATE INDEX notice_ends ON notice (ends_at);
CREATE INDEX personal_token_expires ON personal_token (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX organisation_token_expires ON organisation_token (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX private_key_ends ON private_key (ends_at) WHERE ends_at IS NOT NULL;

-- `light` or `dark`. Without one: as the system has it.
ALTER TABLE person ADD COLUMN theme TEXT;
-- When the person signed in for the first time.
ALTER TABLE person ADD COLUMN signed_in_at BIGINT;

-- Devices without a browser that wait for a person (RFC 8628). `user_code` is the digest of what the person types, `asked` what the device
-- asked for, from where. `decision` is 0 while nobody has answered, 1 allowed, 2 refused. Taken once, by the update that sets `redeemed_at`.
CREATE TABLE device_code (
    digest BYTEA NOT NULL PRIMARY KEY,
    user_code BYTEA NOT NULL,
    organisation_key BYTEA NOT NULL,
    asked TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    interval_seconds BIGINT NOT NULL,
    polled_at BIGINT,
    decision BIGINT NOT NULL,
    client_grant BYTEA REFERENCES client_grant (id),
    family BYTEA,
    request TEXT,
    redeemed_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX device_code_user_code ON device_code (user_code);
CREATE INDEX device_code_expires ON device_code (expires_at);

-- Links that somebody gets by mail. Each works once: it is taken by the update that sets `used_at`. `digest` is that of its secret,
-- `purpose` what it is for, as JSON, of which the kind, the person and the organisation stand in columns as well. An invitation is such
-- a link; sent once more, it has another secret.
CREATE TABLE mail_link (
    id BYTEA NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    kind TEXT NOT NULL,
    purpose TEXT NOT NULL,
    person BYTEA,
    organisation BYTEA,
    created_at BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    withdrawn_at BIGINT
) {KEYED};
CREATE UNIQUE INDEX mail_link_digest ON mail_link (digest);
CREATE INDEX mail_link_organisation ON mail_link (organisation, id);
CREATE INDEX mail_link_email ON mail_link (email_folded);
CREATE INDEX mail_link_person ON mail_link (person);
CREATE INDEX mail_link_expires ON mail_link (expires_at);

-- Whether it was proven that the mail address is the person's.
ALTER TABLE person ADD COLUMN email_verified BIGINT NOT NULL DEFAULT 0;

-- Since when the person does not want to sign in with the account any more: it is not linked again because of its address.
ALTER TABLE upstream_account ADD COLUMN unlinked_at BIGINT;

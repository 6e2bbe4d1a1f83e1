-- Workspaces, and the tokens of organisations. Rotated organisation tokens keep their secret before in overlap_secret, as
-- personal tokens do.

-- A part of an organisation that access can be limited to. A number is never given to another workspace.
CREATE TABLE workspace (
    id BYTEA NOT NULL PRIMARY KEY,
    organisation BYTEA NOT NULL REFERENCES organisation (id),
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT,
    revision BIGINT NOT NULL
) {KEYED};
CREATE UNIQUE INDEX workspace_number ON workspace (number);
CREATE INDEX workspace_organisation ON workspace (organisation, id);

-- What the index of a server needs comes first. `digest` binds code, API and username together; `username_key` is what the
-- index knows of the username.
CREATE TABLE organisation_token (
    id BYTEA NOT NULL PRIMARY KEY,
    organisation BYTEA NOT NULL REFERENCES organisation (id),
    digest BYTEA NOT NULL,
    expires_at BIGINT,
    permissions TEXT NOT NULL,
    imported BIGINT NOT NULL,
    suspended_at BIGINT,
    revoked_at BIGINT,
    api TEXT NOT NULL,
    username_key BYTEA NOT NULL,
    username TEXT NOT NULL,
    description TEXT NOT NULL,
    prefix TEXT,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
) {KEYED};
CREATE UNIQUE INDEX secret_digest_of_organisation_token ON organisation_token (digest);
CREATE UNIQUE INDEX organisation_token_username ON organisation_token (api, username) WHERE revoked_at IS NULL;
CREATE INDEX organisation_token_organisation ON organisation_token (organisation, id);

-- What the project's source holder has set; a project without a row has the defaults.
CREATE TABLE projects (
    number TEXT PRIMARY KEY,
    accountable_party TEXT,
    checks_itself INTEGER NOT NULL DEFAULT 1,
    establishes_itself INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE uploads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    organisation TEXT NOT NULL,
    credential TEXT NOT NULL,
    delegation TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    upload_id INTEGER NOT NULL REFERENCES uploads (id),
    filename TEXT NOT NULL,
    -- As the sender named it, empty if it did not: a repeated request is known by it.
    given_name TEXT NOT NULL,
    -- SHA-256 of the bytes: the name of the file that holds them.
    digest TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    status TEXT NOT NULL,
    errors TEXT NOT NULL DEFAULT '[]',
    domain TEXT,
    kind TEXT,
    source_document TEXT,
    starts INTEGER NOT NULL DEFAULT 0,
    request_reference TEXT,
    accountable_party TEXT,
    quality_regime TEXT,
    object_id TEXT,
    -- What the document names, and what the register gave or confirmed.
    named_bro_id TEXT,
    bro_id TEXT,
    transaction_id TEXT,
    description TEXT,
    reference TEXT,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (upload_id, digest, given_name)
) STRICT;
CREATE INDEX documents_of_digest ON documents (digest);

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    upload_id INTEGER NOT NULL UNIQUE REFERENCES uploads (id),
    project TEXT NOT NULL,
    organisation TEXT NOT NULL,
    delegation TEXT,
    labels TEXT NOT NULL,
    description TEXT,
    status TEXT NOT NULL,
    -- The step that is done next, from this moment on; both null when there is none.
    next_step TEXT,
    due_at INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_under_way ON deliveries (delegation) WHERE next_step IS NOT NULL;
CREATE INDEX deliveries_of_project ON deliveries (project, id);

CREATE TABLE steps (
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    step TEXT NOT NULL,
    status TEXT NOT NULL,
    note TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, step)
) STRICT, WITHOUT ROWID;

-- The last number given out, by register and kind of number: raised in the transaction that uses it, so there is no gap.
CREATE TABLE numbers (name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE registrations (
    bro_id TEXT PRIMARY KEY,
    domain TEXT NOT NULL,
    project TEXT NOT NULL,
    organisation TEXT NOT NULL,
    accountable_party TEXT,
    object_id TEXT,
    quality_regime TEXT,
    completed_at INTEGER,
    registered_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    last_transaction TEXT NOT NULL
) STRICT;
CREATE INDEX registrations_of_project ON registrations (project, bro_id);

CREATE TABLE transactions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    document_id INTEGER NOT NULL REFERENCES documents (id),
    delivery_id INTEGER NOT NULL REFERENCES deliveries (id),
    project TEXT NOT NULL,
    organisation TEXT NOT NULL,
    bro_id TEXT,
    status TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX transactions_of_object ON transactions (bro_id);
CREATE INDEX transactions_of_project ON transactions (project, number);

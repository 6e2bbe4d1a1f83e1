-- The numbers by which this API knows organisations: given out when one is first seen, never changed.
CREATE TABLE tenants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organisation TEXT NOT NULL UNIQUE
) STRICT;

-- What a workspace has been given; which workspaces there are, and whose, is known elsewhere. Without a row: the defaults.
CREATE TABLE workspaces (
    id INTEGER PRIMARY KEY,
    label TEXT NOT NULL,
    logo_url TEXT,
    primary_color TEXT,
    secondary_color TEXT,
    state TEXT NOT NULL,
    retention_days INTEGER
) STRICT;

-- Entities, and the areas that they are divided into.
CREATE TABLE areas (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace INTEGER NOT NULL,
    type TEXT NOT NULL,
    parent_id INTEGER REFERENCES areas (id),
    ref TEXT,
    label TEXT NOT NULL,
    -- In lower case, to search in.
    folded TEXT NOT NULL,
    description TEXT,
    city TEXT,
    country_code TEXT
) STRICT;
CREATE INDEX areas_of_workspace ON areas (workspace, id);
CREATE INDEX areas_of_parent ON areas (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE data_processings (
    id TEXT PRIMARY KEY,
    workspace INTEGER NOT NULL,
    area_id INTEGER REFERENCES areas (id),
    ref TEXT,
    label TEXT NOT NULL,
    folded TEXT NOT NULL,
    description TEXT,
    state TEXT NOT NULL,
    processing_state TEXT NOT NULL,
    processing_type TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    archived_at INTEGER
) STRICT;
CREATE INDEX data_processings_of_workspace ON data_processings (workspace, created_at, id);
CREATE INDEX data_processings_of_area ON data_processings (area_id) WHERE area_id IS NOT NULL;

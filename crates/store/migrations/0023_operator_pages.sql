-- What the pages for operators keep.

-- Why a change was made, where whoever made it had to say so: beside the journal, by the request, as it is a person's own words.
CREATE TABLE change_reason (
    request BYTEA NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL
) {KEYED};

-- An operator's look at a part of what is an organisation's, which is open for a while. Why stands in `change_reason`.
CREATE TABLE organisation_view (
    id BYTEA NOT NULL PRIMARY KEY,
    organisation BYTEA NOT NULL REFERENCES organisation (id),
    person BYTEA NOT NULL REFERENCES person (id),
    part TEXT NOT NULL,
    reason TEXT NOT NULL,
    begun_at BIGINT NOT NULL
) {KEYED};
CREATE INDEX organisation_view_begun ON organisation_view (begun_at);

-- What owners of APIs announce, and who was told.

-- `title` and `text` are JSON, in both languages; `signal` is what programs are told. People are told until `told_until`.
CREATE TABLE announcement (
    id BYTEA NOT NULL PRIMARY KEY,
    api TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    signal TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    told_until BIGINT NOT NULL,
    withdrawn_at BIGINT
) {KEYED};
CREATE INDEX announcement_api ON announcement (api, id);

-- Who was told, and sees it on their pages: a person, an organisation, or the first 16 bytes of the digest of a contact's address.
CREATE TABLE announcement_reader (
    reader BYTEA NOT NULL,
    announcement BYTEA NOT NULL REFERENCES announcement (id),
    PRIMARY KEY (reader, announcement)
) {KEYED};
CREATE INDEX announcement_reader_announcement ON announcement_reader (announcement);

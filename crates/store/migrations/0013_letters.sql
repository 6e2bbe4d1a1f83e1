-- Letters that wait to be sent, and the language that people read them in.

-- `sealed` is the letter, under a server key: it may hold a link that works once. Whoever raises `attempts` sends; until `next_at`
-- nobody else does. The row goes with the letter, or at `give_up_at`. `person` is whom it is for, where that is a person.
CREATE TABLE letter (
    id BYTEA NOT NULL PRIMARY KEY,
    person BYTEA REFERENCES person (id),
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    give_up_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL
) {KEYED};
CREATE INDEX letter_next ON letter (next_at);
CREATE INDEX letter_person ON letter (person);

-- `nl` or `en`. Without one: not known.
ALTER TABLE person ADD COLUMN language TEXT;

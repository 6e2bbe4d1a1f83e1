-- What credentials did by day: days of the Netherlands since 1970 (domain::day), give or take the flush interval; for 13 months.
-- `usage_day` has the uses of every credential from here on; those of a private key stand under its own id.

-- How checks of a credential ended on a day. `ending` is the code of a refusal; empty: they were allowed, in that workspace. Where there
-- is no workspace, 16 zeros; no API, nothing. `organisation` is the credential's.
CREATE TABLE check_day (
    credential BYTEA NOT NULL,
    day BIGINT NOT NULL,
    workspace BYTEA NOT NULL,
    api TEXT NOT NULL,
    ending TEXT NOT NULL,
    organisation BYTEA,
    checks BIGINT NOT NULL,
    PRIMARY KEY (credential, day, workspace, api, ending)
) {KEYED};
CREATE INDEX check_day_day ON check_day (day);
CREATE INDEX check_day_workspace ON check_day (workspace, day);

-- The last day on which a credential used a permission.
CREATE TABLE permission_use (
    credential BYTEA NOT NULL,
    permission TEXT NOT NULL,
    day BIGINT NOT NULL,
    PRIMARY KEY (credential, permission)
) {KEYED};
CREATE INDEX permission_use_day ON permission_use (day);

-- How many checks of a day found no room to be counted, whosever they were.
CREATE TABLE uncounted_day (
    day BIGINT NOT NULL PRIMARY KEY,
    checks BIGINT NOT NULL
) {KEYED};

-- The first day that was counted: before it nothing is known.
CREATE TABLE counted_since (
    one BIGINT NOT NULL PRIMARY KEY,
    day BIGINT NOT NULL
) {KEYED};

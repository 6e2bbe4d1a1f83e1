CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    person_id TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL,
    permission TEXT NOT NULL CHECK (permission IN ('student', 'staff', 'zeus')),
    institution TEXT,
    time_zone TEXT NOT NULL,
    lang TEXT NOT NULL CHECK (lang IN ('nl', 'en'))
) STRICT;

CREATE TABLE courses (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    teacher TEXT NOT NULL,
    color TEXT NOT NULL,
    year TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('visible_for_all', 'visible_for_institution', 'hidden')),
    registration TEXT NOT NULL,
    institution TEXT,
    featured INTEGER NOT NULL CHECK (featured IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE course_members (
    course_id INTEGER NOT NULL REFERENCES courses (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    status TEXT NOT NULL CHECK (status IN ('student', 'course_admin')),
    PRIMARY KEY (course_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    course_id INTEGER NOT NULL REFERENCES courses (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('open', 'hidden', 'closed', 'timed')),
    visibility_start INTEGER,
    position INTEGER NOT NULL,
    deadline INTEGER,
    access_token TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX series_course ON series (course_id, position);

CREATE TABLE activities (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('Exercise', 'ContentPage')),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    staff_only INTEGER NOT NULL CHECK (staff_only IN (0, 1)),
    boilerplate TEXT,
    language TEXT,
    model_answer TEXT,
    expected_output TEXT
) STRICT;

CREATE TABLE series_activities (
    series_id INTEGER NOT NULL REFERENCES series (id),
    activity_id INTEGER NOT NULL REFERENCES activities (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (series_id, activity_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX series_activities_activity ON series_activities (activity_id);

CREATE TABLE activity_reads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    activity_id INTEGER NOT NULL REFERENCES activities (id),
    user_id INTEGER NOT NULL REFERENCES users (id),
    course_id INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    UNIQUE (user_id, activity_id, course_id)
) STRICT;

CREATE TABLE submissions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id),
    exercise_id INTEGER NOT NULL REFERENCES activities (id),
    course_id INTEGER REFERENCES courses (id),
    series_id INTEGER REFERENCES series (id),
    code TEXT NOT NULL,
    status TEXT NOT NULL,
    accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    summary TEXT,
    result TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX submissions_user ON submissions (user_id, exercise_id, id);
CREATE INDEX submissions_course ON submissions (course_id, id);
CREATE INDEX submissions_unjudged ON submissions (id) WHERE status IN ('queued', 'running');

-- From what the demo hall was made, so that its secrets can be worked out again from the seed.
CREATE TABLE demo_halls (
    hall_id   TEXT NOT NULL PRIMARY KEY REFERENCES halls,
    seed      TEXT NOT NULL,
    cases     INTEGER NOT NULL,
    seeded_at INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
    hall_id       TEXT NOT NULL REFERENCES halls,
    user          TEXT NOT NULL,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('window', 'guide', 'back_room', 'help_desk',
        'admin')),
    password_hash TEXT NOT NULL,
    failed_logins INTEGER NOT NULL DEFAULT 0,
    locked_until  INTEGER,
    PRIMARY KEY (hall_id, user)
) STRICT;

CREATE TABLE sessions (
    hall_id    TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    user       TEXT NOT NULL,
    form_key   TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (hall_id, token_hash),
    FOREIGN KEY (hall_id, user) REFERENCES accounts ON DELETE CASCADE
) STRICT;

-- Who looked at or did what on the staff pages.
CREATE TABLE audit (
    hall_id TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    user    TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (hall_id, seq)
) STRICT;

-- Version 1. What the kiosk keeps, and nothing else; names are masked and numbers hashed before
-- they come here.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE compartments (
    number INTEGER PRIMARY KEY,
    -- A delivery lies in one compartment at most (I2).
    delivery TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL
) STRICT;
CREATE TABLE expected (delivery TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE finished (delivery TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
-- The event log only grows and is chained by hash (I9).
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER journal_only_grows_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;
CREATE TRIGGER journal_only_grows_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL
) STRICT;
CREATE TABLE prints (
    job INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    document TEXT NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE TABLE locks (subject TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE cases (
    hall_id      TEXT NOT NULL,
    case_id      TEXT NOT NULL,
    item_id      TEXT NOT NULL,
    id_hash      TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('accepted', 'to_supplement', 'tolerated',
        'refused', 'under_review', 'approved', 'producing', 'ready_for_pickup', 'handed_over',
        'withdrawn')),
    promised_by  TEXT,
    delivery_way TEXT NOT NULL CHECK (delivery_way IN ('locker', 'window', 'post')),
    supplement   TEXT,
    voucher      TEXT,
    submitted_at INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (hall_id, case_id),
    FOREIGN KEY (hall_id, item_id) REFERENCES items,
    FOREIGN KEY (hall_id, id_hash) REFERENCES persons
) STRICT;

CREATE INDEX cases_by_person ON cases (hall_id, id_hash, updated_at);
CREATE INDEX cases_by_state ON cases (hall_id, state, updated_at);
CREATE INDEX cases_by_age ON cases (hall_id, updated_at);

CREATE TABLE case_steps (
    hall_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    step    INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    at      INTEGER NOT NULL,
    note    TEXT NOT NULL,
    PRIMARY KEY (hall_id, case_id, step),
    FOREIGN KEY (hall_id, case_id) REFERENCES cases
) STRICT, WITHOUT ROWID;

-- Exactly one custody state; a compartment holds one delivery at most.
CREATE TABLE deliveries (
    hall_id       TEXT NOT NULL,
    delivery_id   TEXT NOT NULL,
    case_id       TEXT NOT NULL,
    document_name TEXT NOT NULL,
    copies        INTEGER NOT NULL CHECK (copies > 0),
    size          TEXT NOT NULL CHECK (size IN ('small', 'medium', 'large')),
    id_hash       TEXT NOT NULL,
    kiosk_id      TEXT,
    state         TEXT NOT NULL CHECK (state IN ('expected', 'in_compartment', 'handed_over',
        'recalled', 'uncertain')),
    compartment   INTEGER,
    was_deposited INTEGER NOT NULL DEFAULT 0,
    locator       TEXT,
    code_hash     TEXT,
    hold_until    TEXT,
    look_because  TEXT,
    updated_at    INTEGER NOT NULL,
    PRIMARY KEY (hall_id, delivery_id),
    FOREIGN KEY (hall_id, case_id) REFERENCES cases,
    FOREIGN KEY (hall_id, kiosk_id) REFERENCES kiosks,
    CHECK ((state IN ('in_compartment', 'uncertain')) = (compartment IS NOT NULL)),
    CHECK (compartment IS NULL OR kiosk_id IS NOT NULL),
    CHECK ((locator IS NULL) = (code_hash IS NULL)),
    CHECK (state <> 'in_compartment' OR locator IS NOT NULL)
) STRICT;

CREATE INDEX deliveries_by_case ON deliveries (hall_id, case_id);
CREATE INDEX deliveries_by_state ON deliveries (hall_id, state, hold_until);
CREATE UNIQUE INDEX deliveries_one_per_compartment
    ON deliveries (hall_id, kiosk_id, compartment) WHERE compartment IS NOT NULL;
CREATE UNIQUE INDEX deliveries_one_per_locator
    ON deliveries (hall_id, kiosk_id, locator) WHERE locator IS NOT NULL;

-- Who had a compartment open, when, and what it did to the custody. It only grows.
CREATE TABLE custody_records (
    hall_id        TEXT NOT NULL,
    kiosk_id       TEXT NOT NULL,
    event_id       TEXT NOT NULL,
    delivery_id    TEXT,
    compartment    INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    by_whom        TEXT NOT NULL,
    staff_id       TEXT,
    receipt_number TEXT,
    note           TEXT NOT NULL,
    at             INTEGER NOT NULL,
    PRIMARY KEY (hall_id, kiosk_id, event_id)
) STRICT;

CREATE INDEX custody_by_delivery ON custody_records (hall_id, delivery_id, at);

CREATE TABLE events (
    hall_id     TEXT NOT NULL,
    kiosk_id    TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    at          INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    body        TEXT NOT NULL,
    accepted    INTEGER NOT NULL,
    because     TEXT,
    PRIMARY KEY (hall_id, kiosk_id, event_id),
    CHECK (accepted = (because IS NULL))
) STRICT;

CREATE INDEX events_by_age ON events (hall_id, received_at);
CREATE INDEX events_rejected ON events (hall_id, received_at) WHERE accepted = 0;

CREATE TRIGGER events_only_grow BEFORE UPDATE ON events BEGIN
    SELECT RAISE(ABORT, 'an event stays as it was taken');
END;
CREATE TRIGGER custody_only_grows BEFORE UPDATE ON custody_records BEGIN
    SELECT RAISE(ABORT, 'a custody record stays as it was written');
END;
CREATE TRIGGER custody_is_kept BEFORE DELETE ON custody_records BEGIN
    SELECT RAISE(ABORT, 'a custody record is kept');
END;

CREATE TABLE code_locks (
    hall_id  TEXT NOT NULL,
    kiosk_id TEXT NOT NULL,
    locator  TEXT NOT NULL,
    until    INTEGER NOT NULL,
    PRIMARY KEY (hall_id, kiosk_id, locator),
    FOREIGN KEY (hall_id, kiosk_id) REFERENCES kiosks
) STRICT;

CREATE TABLE ratings (
    hall_id  TEXT NOT NULL,
    kiosk_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    journey  TEXT NOT NULL,
    grade    INTEGER NOT NULL CHECK (grade BETWEEN 1 AND 5),
    reasons  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (hall_id, kiosk_id, event_id)
) STRICT;

CREATE TABLE help_calls (
    hall_id     TEXT NOT NULL,
    kiosk_id    TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    screen      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    answered_at INTEGER,
    answered_by TEXT,
    PRIMARY KEY (hall_id, kiosk_id, event_id)
) STRICT;

CREATE TABLE notifications (
    hall_id         TEXT NOT NULL REFERENCES halls,
    notification_id TEXT NOT NULL,
    delivery_id     TEXT,
    channel         TEXT NOT NULL CHECK (channel IN ('sms')),
    recipient       TEXT NOT NULL,
    name_masked     TEXT NOT NULL,
    body            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    PRIMARY KEY (hall_id, notification_id)
) STRICT;

CREATE INDEX notifications_by_age ON notifications (hall_id, created_at);

-- What a kiosk has to learn. One row a subject and kiosk, with the number of its latest change;
-- the value is read when it is asked for.
CREATE TABLE feed (
    hall_id  TEXT NOT NULL,
    kiosk_id TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('catalogue', 'staff', 'delivery')),
    subject  TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    gone     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (hall_id, kiosk_id, kind, subject),
    FOREIGN KEY (hall_id, kiosk_id) REFERENCES kiosks
) STRICT;

CREATE UNIQUE INDEX feed_in_order ON feed (hall_id, kiosk_id, seq);

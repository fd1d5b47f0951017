-- A slot's places are counted by triggers and bounded by a CHECK: whatever the program does, no
-- statement that would take one place too many can commit.

CREATE TABLE slots (
    hall_id        TEXT NOT NULL,
    slot_id        TEXT NOT NULL,
    window_type_id TEXT NOT NULL,
    date           TEXT NOT NULL,
    starts         TEXT NOT NULL,
    minutes        INTEGER NOT NULL CHECK (minutes > 0),
    capacity       INTEGER NOT NULL CHECK (capacity > 0),
    extended       INTEGER NOT NULL,
    taken          INTEGER NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND capacity),
    PRIMARY KEY (hall_id, slot_id),
    UNIQUE (hall_id, window_type_id, date, starts),
    FOREIGN KEY (hall_id, window_type_id) REFERENCES window_types
) STRICT;

-- One taken place: a hold while expires_at is set, an appointment's place afterwards.
CREATE TABLE places (
    hall_id    TEXT NOT NULL,
    place_id   TEXT NOT NULL,
    slot_id    TEXT NOT NULL,
    item_id    TEXT NOT NULL,
    id_hash    TEXT NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (hall_id, place_id),
    FOREIGN KEY (hall_id, slot_id) REFERENCES slots,
    FOREIGN KEY (hall_id, item_id) REFERENCES items
) STRICT;

CREATE INDEX places_by_slot ON places (hall_id, slot_id);
CREATE INDEX places_by_expiry ON places (hall_id, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX places_by_person ON places (hall_id, id_hash) WHERE expires_at IS NOT NULL;

CREATE TRIGGER places_taken AFTER INSERT ON places BEGIN
    UPDATE slots SET taken = taken + 1 WHERE hall_id = NEW.hall_id AND slot_id = NEW.slot_id;
END;

CREATE TRIGGER places_given_back AFTER DELETE ON places BEGIN
    UPDATE slots SET taken = taken - 1 WHERE hall_id = OLD.hall_id AND slot_id = OLD.slot_id;
END;

CREATE TRIGGER places_do_not_move BEFORE UPDATE OF hall_id, slot_id ON places BEGIN
    SELECT RAISE(ABORT, 'a place stays in its slot');
END;

CREATE TABLE appointments (
    hall_id        TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    number         TEXT NOT NULL,
    date           TEXT NOT NULL,
    starts         TEXT NOT NULL,
    slot_id        TEXT NOT NULL,
    place_id       TEXT,
    item_id        TEXT NOT NULL,
    id_hash        TEXT NOT NULL,
    name_masked    TEXT NOT NULL,
    state          TEXT NOT NULL
        CHECK (state IN ('booked', 'checked_in', 'cancelled', 'missed', 'done')),
    channel        TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (hall_id, appointment_id),
    UNIQUE (hall_id, date, number),
    UNIQUE (hall_id, place_id),
    CHECK ((state = 'cancelled') = (place_id IS NULL)),
    FOREIGN KEY (hall_id, place_id) REFERENCES places,
    FOREIGN KEY (hall_id, slot_id) REFERENCES slots,
    FOREIGN KEY (hall_id, item_id) REFERENCES items
) STRICT;

CREATE INDEX appointments_by_person ON appointments (hall_id, id_hash);
CREATE INDEX appointments_by_day ON appointments (hall_id, date, starts);
CREATE UNIQUE INDEX appointments_one_open_per_item ON appointments (hall_id, id_hash, item_id)
    WHERE state = 'booked';

-- The answer to a request that changed something, for when the same request comes again.
CREATE TABLE answers (
    hall_id      TEXT NOT NULL REFERENCES halls,
    asker        TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    answer       TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (hall_id, asker, key)
) STRICT;

CREATE INDEX answers_by_age ON answers (hall_id, at);

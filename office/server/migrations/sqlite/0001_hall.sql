-- Every key begins with the hall, so that a city of halls can be split by hall without change.
-- Times are UTC in milliseconds since 1970, dates and times of day are text (YYYY-MM-DD, HH:MM).

CREATE TABLE halls (
    hall_id           TEXT NOT NULL PRIMARY KEY,
    name              TEXT NOT NULL,
    time_zone         TEXT NOT NULL,
    day_change_hour   INTEGER NOT NULL CHECK (day_change_hour BETWEEN 0 AND 23),
    holding_days      INTEGER NOT NULL CHECK (holding_days > 0),
    help_phone        TEXT NOT NULL,
    hours             TEXT NOT NULL,
    catalogue_version INTEGER NOT NULL,
    catalogue_day     TEXT NOT NULL,
    feed_seq          INTEGER NOT NULL DEFAULT 0,
    id_hash_key       BLOB NOT NULL CHECK (length(id_hash_key) = 32)
) STRICT;

CREATE TABLE kiosks (
    hall_id      TEXT NOT NULL REFERENCES halls,
    kiosk_id     TEXT NOT NULL,
    number       INTEGER NOT NULL CHECK (number BETWEEN 1 AND 99),
    place        TEXT NOT NULL,
    enrolled_at  INTEGER,
    last_seen_at INTEGER,
    PRIMARY KEY (hall_id, kiosk_id),
    UNIQUE (hall_id, number)
) STRICT;

CREATE TABLE device_states (
    hall_id  TEXT NOT NULL,
    kiosk_id TEXT NOT NULL,
    device   TEXT NOT NULL,
    state    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (hall_id, kiosk_id, device),
    FOREIGN KEY (hall_id, kiosk_id) REFERENCES kiosks
) STRICT;

CREATE TABLE window_types (
    hall_id        TEXT NOT NULL REFERENCES halls,
    window_type_id TEXT NOT NULL,
    name           TEXT NOT NULL,
    place          TEXT NOT NULL,
    windows        INTEGER NOT NULL CHECK (windows > 0),
    extended       INTEGER NOT NULL CHECK (extended >= 0),
    PRIMARY KEY (hall_id, window_type_id)
) STRICT;

CREATE TABLE items (
    hall_id        TEXT NOT NULL,
    item_id        TEXT NOT NULL,
    position       INTEGER NOT NULL,
    window_type_id TEXT NOT NULL,
    body           TEXT NOT NULL,
    search         TEXT NOT NULL,
    in_force       INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (hall_id, item_id),
    FOREIGN KEY (hall_id, window_type_id) REFERENCES window_types
) STRICT;

CREATE TABLE staff (
    hall_id         TEXT NOT NULL REFERENCES halls,
    staff_id        TEXT NOT NULL,
    name            TEXT NOT NULL,
    card_number     TEXT NOT NULL,
    card_public_key TEXT NOT NULL,
    pin_hash        TEXT NOT NULL,
    roles           TEXT NOT NULL,
    PRIMARY KEY (hall_id, staff_id),
    UNIQUE (hall_id, card_number)
) STRICT;

CREATE TABLE persons (
    hall_id TEXT NOT NULL REFERENCES halls,
    id_hash TEXT NOT NULL CHECK (length(id_hash) = 64),
    name    TEXT NOT NULL,
    phone   TEXT NOT NULL,
    PRIMARY KEY (hall_id, id_hash)
) STRICT;

CREATE TABLE counters (
    hall_id TEXT NOT NULL REFERENCES halls,
    name    TEXT NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (hall_id, name)
) STRICT;

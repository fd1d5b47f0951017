-- What kiosks tell of their cabinets and of those who look after them.

CREATE TABLE alarms (
    hall_id  TEXT NOT NULL,
    kiosk_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    -- door, tamper or vibration.
    input    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    -- When somebody saw to it: at the kiosk with a card, or here.
    ended_at INTEGER,
    ended_by TEXT,
    PRIMARY KEY (hall_id, kiosk_id, event_id)
) STRICT;
CREATE INDEX alarms_open ON alarms (hall_id, kiosk_id) WHERE ended_at IS NULL;

CREATE TABLE inspections (
    hall_id    TEXT NOT NULL,
    kiosk_id   TEXT NOT NULL,
    event_id   TEXT NOT NULL,
    number     TEXT NOT NULL,
    staff      TEXT NOT NULL,
    -- well, repaired or follow_up.
    conclusion TEXT NOT NULL,
    -- JSON: how every device was and whether its test went well.
    findings   TEXT NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (hall_id, kiosk_id, event_id)
) STRICT;
CREATE INDEX inspections_by_kiosk ON inspections (hall_id, kiosk_id, at);
CREATE TRIGGER inspections_stay BEFORE UPDATE ON inspections BEGIN
    SELECT RAISE(ABORT, 'an inspection stays as it was signed');
END;
CREATE TRIGGER inspections_are_kept BEFORE DELETE ON inspections BEGIN
    SELECT RAISE(ABORT, 'an inspection is kept');
END;

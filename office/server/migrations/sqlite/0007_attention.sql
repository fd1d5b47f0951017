-- What the home page asks for whenever somebody opens it.

CREATE INDEX cases_to_supplement ON cases (hall_id, json_extract(supplement, '$.deadline'))
    WHERE state = 'to_supplement';
CREATE INDEX custody_by_kind ON custody_records (hall_id, kind, kiosk_id, compartment);
CREATE INDEX custody_by_compartment ON custody_records (hall_id, kiosk_id, compartment, at);

-- A person looked at what a kiosk reported wrongly, and it is cleared up.
CREATE TABLE cleared_rejections (
    hall_id  TEXT NOT NULL,
    kiosk_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    at       INTEGER NOT NULL,
    user     TEXT NOT NULL,
    PRIMARY KEY (hall_id, kiosk_id, event_id),
    FOREIGN KEY (hall_id, kiosk_id, event_id) REFERENCES events
) STRICT;

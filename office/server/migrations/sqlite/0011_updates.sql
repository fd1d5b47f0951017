-- Versions of the appliance, and which kiosk is to run which.

CREATE TABLE updates (
    -- What it is made for, such as hall24-amd64.
    compatible TEXT NOT NULL,
    version    TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256     TEXT NOT NULL,
    -- Where the office keeps it.
    path       TEXT NOT NULL,
    added_at   INTEGER NOT NULL,
    PRIMARY KEY (compatible, version)
) STRICT;

CREATE TABLE update_offers (
    -- Never given twice, so that an offer made again is tried again.
    offer_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    hall_id    TEXT NOT NULL,
    kiosk_id   TEXT NOT NULL,
    compatible TEXT NOT NULL,
    version    TEXT NOT NULL,
    offered_at INTEGER NOT NULL,
    -- See `wire::UpdateState`; null until the kiosk has heard of it.
    state      TEXT,
    because    TEXT,
    state_at   INTEGER,
    -- A new one takes the former one's place.
    UNIQUE (hall_id, kiosk_id),
    FOREIGN KEY (hall_id, kiosk_id) REFERENCES kiosks (hall_id, kiosk_id),
    FOREIGN KEY (compatible, version) REFERENCES updates (compatible, version)
) STRICT;

-- What each kiosk runs, as it said itself.
ALTER TABLE kiosks ADD COLUMN version TEXT;
ALTER TABLE kiosks ADD COLUMN compatible TEXT;

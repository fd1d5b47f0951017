-- What new kiosks are given, readable only with the codes that technicians carry.

CREATE TABLE invitations (
    hall_id    TEXT NOT NULL,
    kiosk_id   TEXT NOT NULL,
    -- The first four signs of the code; they are no secret.
    locator    TEXT NOT NULL,
    -- JSON, see `wire::SealedInvitation`.
    sealed     TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    -- A new one for the same kiosk takes the former one's place.
    PRIMARY KEY (hall_id, kiosk_id)
) STRICT;
CREATE UNIQUE INDEX invitations_by_locator ON invitations (hall_id, locator);

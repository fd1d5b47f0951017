-- A session ends after some time without a page, and at the end of a shift whatever happens: for
-- that it has to be known when it began. Those that are open now end.

DELETE FROM sessions;
ALTER TABLE sessions ADD COLUMN begun_at INTEGER NOT NULL DEFAULT 0;

-- Version 2: documents lie apart from what is known of their printing, so that they can be removed.
ALTER TABLE prints DROP COLUMN document;
CREATE TABLE documents (
    job INTEGER PRIMARY KEY REFERENCES prints (job) ON DELETE CASCADE,
    -- When it was stored, in seconds since 1970.
    stored_s INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

//! The back office: database, HTTPS, staff pages.

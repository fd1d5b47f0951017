//! The back office's rules: calendar, slots, cases, custody, codes; no I/O.

//! The back office's rules: calendar, slots, bookings, custody, codes, search, roles; no I/O, no
//! clock, no random source. What a rule needs is handed in, what follows comes out as a value.

pub mod attention;
pub mod booking;
pub mod calendar;
pub mod case;
pub mod code;
pub mod custody;
pub mod login;
pub mod message;
pub mod person;
pub mod role;
pub mod search;
pub mod slot;

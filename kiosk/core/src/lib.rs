//! The kiosk's rules: sessions, journeys, custody, screens and receipts as values.
//!
//! Pure: no I/O, no clock, no async, no random source. See [`Kiosk`].

pub mod action;
pub mod screen;

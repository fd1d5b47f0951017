//! The kiosk's rules: sessions, journeys, custody, screens and receipts as values.
//!
//! Pure: no I/O, no clock, no async, no random source. The app drives a [`Kiosk`] like this:
//!
//! 1. open the store and give [`Event::Restored`];
//! 2. carry out the returned [`Effect`]s one after the other, in order;
//! 3. turn whatever happens (and what became of the effects) into further events;
//! 4. draw [`Kiosk::screen`] when it changed, and send [`Event::Tick`] at [`Kiosk::next_wakeup`].
//!
//! The same events give the same effects.

pub mod action;
mod alarm;
mod catalogue;
pub mod code;
pub mod config;
pub mod custody;
mod darkness;
mod devices;
pub mod diagnosis;
pub mod effect;
pub mod event;
mod grace;
mod journey;
mod kiosk;
pub mod language;
pub mod meters;
mod operation;
mod power;
mod prints;
mod prompts;
mod receipt;
pub mod screen;
mod session;
pub mod setup;
mod signals;
pub mod store;
mod test_opening;
pub mod time;
mod view;

pub use action::Action;
pub use alarm::Alarm;
pub use config::{BatteryLevels, Config, Darkness, HallKey, Limits};
pub use devices::{Devices, Missing};
pub use effect::Effect;
pub use event::{Event, Now};
pub use journey::{Conclusion, Service, id_hash};
pub use kiosk::Kiosk;
pub use language::{Language, Languages};
pub use power::{Power, UpsTrouble};
pub use screen::Screen;

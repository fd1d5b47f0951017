//! Device interfaces, codecs, drivers and simulators of the hall's hardware.
//!
//! One folder per device class, each with the same four rooms: `mod.rs` is the domain interface (what
//! the kiosk asks and what it learns), `<protocol>.rs` a codec (bytes ↔ frames, pure), `driver.rs` the
//! one task that owns the port, `sim.rs` the device at the other end of the wire.
//!
//! Without features this crate holds domain types and codecs only: no I/O, no clock, no async.

pub mod camera;
pub mod card;
#[cfg(feature = "drivers")]
pub mod certify;
#[cfg(feature = "drivers")]
pub mod commands;
pub mod document_printer;
pub mod evaluator;
pub mod fault;
pub mod hex;
pub mod id_reader;
pub mod input;
pub mod locker;
pub mod mask;
pub mod panel;
pub mod port;
pub mod printer;
pub mod scanner;
pub mod signature;
pub mod speaker;
pub mod status_display;
pub mod ups;
pub mod watchdog;

#[cfg(feature = "sim")]
pub mod sim;
#[cfg(test)]
mod testing;

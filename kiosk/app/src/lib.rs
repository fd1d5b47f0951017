//! The kiosk program: runtime, store, drivers, office client, bench.
//!
//! Thin shells around [`kiosk_core`]: what is decided is decided there.

#[cfg(feature = "bench")]
pub mod bench;
mod brightness;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crash;
#[cfg(feature = "demo")]
pub mod demo;
mod device;
mod diag;
pub mod drivers;
pub mod logs;
mod network;
pub mod office_client;
mod office_clock;
mod panics;
mod pem;
pub mod power_off;
pub mod quiet;
pub mod rotation;
pub mod runtime;
pub mod secrets;
mod serial_login;
mod setup;
pub mod sign;
pub mod start;
pub mod store;
mod store_command;
mod supervisor;
mod update;
mod upkeep;
mod watch;
mod whole;

//! A machine that QEMU plays, spoken with over its machine protocol.

mod client;
pub mod stick;

pub use client::{Qmp, QmpError};

//! The back office: database, HTTPS for kiosks, pages for staff.
//!
//! Three layers that know each other in one direction only: [`api`] and [`pages`] speak HTTP and
//! know no SQL, [`store`] speaks SQL and knows no HTTP, and both take their rules from
//! `office-rules`. Time and chance are handed in ([`Clock`], [`Random`]).

pub mod api;
pub mod cli;
mod clock;
pub mod demo;
mod invite;
mod pages;
mod secret;
mod serve;
pub mod store;
pub mod tls;
mod update_command;

pub use clock::{Clock, Random};
pub use invite::{Guest, InviteError, invite, stick_file};
pub use serve::{KioskListener, Running, ServeError, Settings, serve};
pub use store::{Database, DatabaseError, update::Update};
pub use update_command::{UpdateError, describe_update};

//! The program's log: to stderr, as much as `HALL24_LOG` asks for.
//!
//! What is logged are states, ids and errors; names, numbers and codes have no way in: the types that
//! hold them show nothing in `Debug`, and a test reads what every other test made the program log.

use tracing_subscriber::EnvFilter;

/// Starts logging, `usual` where the environment asks for nothing. Does nothing when it was started
/// before.
pub fn start(usual: &str) {
    let filter = EnvFilter::try_from_env("HALL24_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start is a test's in the same process; the first one stays.
    let _ = log.with_ansi(false).try_init();
}

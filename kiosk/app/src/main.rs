//! The `kiosk` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    kiosk::cli::main()
}

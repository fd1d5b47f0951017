//! The `office` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    office::cli::main()
}

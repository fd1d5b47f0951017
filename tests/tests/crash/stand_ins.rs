//! Programs in the place of those that the appliance's scripts call, in a folder of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../images/files/usr/lib/hall24");

pub(crate) struct StandIns {
    folder: tempfile::TempDir,
}

impl StandIns {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("programs")).expect("a folder");
        Self { folder }
    }

    /// A file beside the programs, for what scripts read and write.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// This program does so, in the words of a shell.
    pub(crate) fn program(&self, name: &str, does: &str) {
        let program = self.path("programs").join(name);
        fs::write(&program, format!("#!/bin/sh\n{does}\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its own");
    }

    /// One of the appliance's scripts, read by this shell.
    pub(crate) fn script(&self, shell: &str, name: &str) -> Command {
        let system = std::env::var("PATH").expect("there is one");
        let mut command = Command::new(shell);
        command
            .arg(Path::new(SCRIPTS).join(name))
            .env("PATH", format!("{}:{system}", self.path("programs").display()));
        command
    }
}

//! What the appliance makes of its data partition at a start (`prepare-data` in `images/files`): a fault that
//! passes never costs what lies on it. The tools for file systems are stand-ins.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Command;

const SCRIPT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../images/files/usr/lib/hall24/prepare-data");
/// An ext4's number, in its superblock and in the first copy of that.
const SUPERBLOCKS: [u64; 2] = [1080, 32768 * 4096 + 56];

struct Appliance {
    folder: tempfile::TempDir,
}

impl Appliance {
    /// A box whose data partition has its number at these places.
    fn with(superblocks: &[u64]) -> Self {
        let it = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::create_dir(it.path("programs")).expect("a folder");
        let disk = File::create(it.path("data")).expect("a file");
        disk.set_len(200 << 20).expect("a sparse file");
        for place in superblocks {
            disk.write_all_at(&[0x53, 0xef], *place).expect("written");
        }
        it.tool("mount", "exit 0");
        it.tool("mkfs.ext4", &format!("touch {}", it.path("made-anew").display()));
        it
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tool(&self, name: &str, does: &str) {
        let program = self.path("programs").join(name);
        fs::write(&program, format!("#!/bin/sh\n{does}\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its own");
    }

    /// Starts, with a check that ends so; what is said of the partition.
    fn start(&self, check: i32) -> String {
        self.tool("e2fsck", &format!("exit {check}"));
        let system = std::env::var("PATH").expect("there is one");
        let programs = self.path("programs");
        let status = Command::new("sh")
            .arg(SCRIPT)
            .args(["data", "var", "run", "log"].map(|it| self.path(it)))
            .env("PATH", format!("{}:{system}", programs.display()))
            .status();
        assert!(status.expect("sh is there").success(), "it never keeps the system from starting");
        fs::read_to_string(self.path("run/data")).expect("it says so").trim().to_owned()
    }

    fn is_made_anew(&self) -> bool {
        self.path("made-anew").exists()
    }
}

#[test]
fn what_cannot_be_read_now_is_kept_until_three_starts_in_a_row_could_not() {
    let appliance = Appliance::with(&SUPERBLOCKS);
    for starts in 1..=2 {
        let said = appliance.start(8);
        assert!(said.starts_with(&format!("unreadable at {starts} starts")), "{said}");
        assert!(!appliance.is_made_anew());
    }
    assert_eq!(appliance.start(0), "sound");
    assert!(appliance.start(8).starts_with("unreadable at 1 starts"), "it begins anew");
    // The check was killed, for want of memory.
    assert!(appliance.start(137).starts_with("unreadable at 2 starts"));
    assert_eq!(appliance.start(8), "made anew");
    assert!(appliance.is_made_anew());
}

#[test]
fn one_copy_of_the_superblock_is_reason_enough_to_wait() {
    let appliance = Appliance::with(&SUPERBLOCKS[1..]);
    assert!(appliance.start(8).starts_with("unreadable at 1 starts"));
    assert!(!appliance.is_made_anew());
}

#[test]
fn where_nothing_of_a_file_system_is_left_there_is_a_new_one_at_once() {
    let appliance = Appliance::with(&[]);
    assert_eq!(appliance.start(8), "made anew");
    assert!(appliance.is_made_anew());
}

#[test]
fn a_sound_one_is_left_alone_also_when_mounting_it_fails_once() {
    let appliance = Appliance::with(&SUPERBLOCKS);
    let once = appliance.path("once");
    appliance.tool("mount", &format!("[ -e {0} ] || {{ touch {0}; exit 32; }}", once.display()));
    assert_eq!(appliance.start(1), "repaired");
    assert!(once.exists() && !appliance.is_made_anew());
    let disk = File::open(appliance.path("data")).expect("it is there");
    let mut begins = [0; 6];
    disk.read_exact_at(&mut begins, 0).expect("it can be read");
    assert_eq!(begins, [0; 6], "nothing is noted where nothing failed");
}

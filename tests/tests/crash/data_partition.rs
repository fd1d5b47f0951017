//! What the appliance makes of its data partition at a start (`prepare-data` in `images/files`): a fault that
//! passes never costs what lies on it. The tools for file systems are stand-ins.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::stand_ins::StandIns;

/// An ext4's number, in its superblock and in the first copy of that.
const SUPERBLOCKS: [u64; 2] = [1080, 32768 * 4096 + 56];

struct Appliance {
    stand_ins: StandIns,
}

impl Appliance {
    /// A box whose data partition has its number at these places.
    fn with(superblocks: &[u64]) -> Self {
        let it = Self { stand_ins: StandIns::new() };
        let disk = File::create(it.path("data")).expect("a file");
        disk.set_len(200 << 20).expect("a sparse file");
        for place in superblocks {
            disk.write_all_at(&[0x53, 0xef], *place).expect("written");
        }
        it.stand_ins.program("mount", "exit 0");
        it.stand_ins.program("mkfs.ext4", &format!("touch {}", it.path("made-anew").display()));
        it
    }

    fn path(&self, name: &str) -> PathBuf {
        self.stand_ins.path(name)
    }

    /// Starts from this slot, with a check that ends so; what is said of the partition.
    fn start(&self, slot: &str, check: i32) -> String {
        self.stand_ins.program("e2fsck", &format!("exit {check}"));
        self.start_with_tools(slot)
    }

    fn start_with_tools(&self, slot: &str) -> String {
        // What is in memory is gone at a start.
        fs::remove_dir_all(self.path("run")).ok();
        let mut script = self.stand_ins.script("sh", "prepare-data");
        script.args(["data", "var", "run", "log"].map(|it| self.path(it))).arg(slot);
        let status = script.status();
        assert!(status.expect("sh is there").success(), "it never keeps the system from starting");
        fs::read_to_string(self.path("run/data")).expect("it says so").trim().to_owned()
    }

    fn is_in_memory(&self) -> bool {
        self.path("run/data-in-memory").exists()
    }

    fn asks_other_slot(&self) -> bool {
        self.path("run/other-slot-untried").exists()
    }

    fn is_made_anew(&self) -> bool {
        self.path("made-anew").exists()
    }
}

#[test]
fn what_cannot_be_read_now_is_kept_until_three_starts_in_a_row_could_not() {
    let appliance = Appliance::with(&SUPERBLOCKS);
    for (starts, slot) in ["A", "B"].into_iter().enumerate() {
        let said = appliance.start(slot, 8);
        let starts = starts + 1;
        assert!(said.starts_with(&format!("unreadable at {starts} starts")), "{said}");
        assert!(appliance.is_in_memory(), "the plain page is for it");
        assert_eq!(appliance.asks_other_slot(), slot == "A");
        assert!(!appliance.is_made_anew());
    }
    assert_eq!(appliance.start("B", 0), "sound");
    assert!(!appliance.is_in_memory());
    assert!(appliance.start("A", 8).starts_with("unreadable at 1 starts"), "it begins anew");
    // The check was killed, for want of memory.
    assert!(appliance.start("B", 137).starts_with("unreadable at 2 starts"));
    assert_eq!(appliance.start("B", 8), "made anew");
    assert!(appliance.is_made_anew());
}

#[test]
fn the_version_of_the_other_slot_has_its_try_first() {
    let appliance = Appliance::with(&SUPERBLOCKS);
    for _ in 0..4 {
        assert!(appliance.start("A", 8).ends_with("of A, /var is in memory until the next start"));
        assert!(appliance.asks_other_slot());
    }
    assert_eq!(appliance.start("B", 0), "sound", "somebody pulled the plug again and again");
    for _ in 0..5 {
        assert!(appliance.start("A", 8).starts_with("unreadable"));
    }
    assert_eq!(appliance.start("A", 8), "made anew", "the other slot cannot be started");
}

#[test]
fn a_repair_does_not_write_over_blocks_that_cannot_be_read_now() {
    let appliance = Appliance::with(&SUPERBLOCKS);
    let repaired = appliance.path("repaired");
    let faulty = format!(
        "case $1 in -p) exit 4 ;; -n) echo 'Error reading block 74 (Input/output error).'; exit 4 ;;\n\
         -y) touch {} ;; esac",
        repaired.display()
    );
    appliance.stand_ins.program("e2fsck", &faulty);
    for slot in ["A", "B"] {
        assert!(appliance.start_with_tools(slot).starts_with("unreadable"));
        assert!(!repaired.exists());
    }
    assert_eq!(appliance.start_with_tools("B"), "repaired", "better than nothing");
    assert!(repaired.exists() && !appliance.is_made_anew());
}

#[test]
fn superblocks_that_cannot_be_read_now_are_not_taken_for_none() {
    let appliance = Appliance::with(&[]);
    let fails = "[ $1 != -n ] || echo 'e2fsck: Input/output error while trying to open'; exit 8";
    appliance.stand_ins.program("e2fsck", fails);
    assert!(appliance.start_with_tools("A").starts_with("unreadable at 1 starts"));
    assert!(!appliance.is_made_anew());
}

#[test]
fn where_nothing_can_be_noted_nobody_restarts_it_for_the_other_slot() {
    let appliance = Appliance::with(&SUPERBLOCKS);
    let read_only = "case $* in *of=*) exit 1 ;; esac; exec /bin/dd \"$@\"";
    appliance.stand_ins.program("dd", read_only);
    assert!(appliance.start("A", 8).starts_with("unreadable at 1 starts"));
    assert!(appliance.is_in_memory() && !appliance.asks_other_slot());
}

#[test]
fn one_copy_of_the_superblock_is_reason_enough_to_wait() {
    let appliance = Appliance::with(&SUPERBLOCKS[1..]);
    assert!(appliance.start("A", 8).starts_with("unreadable at 1 starts"));
    assert!(!appliance.is_made_anew());
}

#[test]
fn without_a_partition_the_plain_page_is_shown() {
    let appliance = Appliance::with(&[]);
    fs::remove_file(appliance.path("data")).expect("it is there");
    assert!(appliance.start("A", 0).starts_with("absent"));
    assert!(appliance.is_in_memory() && !appliance.asks_other_slot());
}

#[test]
fn where_nothing_of_a_file_system_is_left_there_is_a_new_one_at_once() {
    let appliance = Appliance::with(&[]);
    assert_eq!(appliance.start("A", 8), "made anew");
    assert!(appliance.is_made_anew());
}

#[test]
fn a_sound_one_is_left_alone_also_when_mounting_it_fails_once() {
    let appliance = Appliance::with(&SUPERBLOCKS);
    let once = appliance.path("once");
    appliance
        .stand_ins
        .program("mount", &format!("[ -e {0} ] || {{ touch {0}; exit 32; }}", once.display()));
    assert_eq!(appliance.start("A", 1), "repaired");
    assert!(once.exists() && !appliance.is_made_anew());
    let disk = File::open(appliance.path("data")).expect("it is there");
    let mut begins = [0; 6];
    disk.read_exact_at(&mut begins, 0).expect("it can be read");
    assert_eq!(begins, [0; 6], "nothing is noted where nothing failed");
}

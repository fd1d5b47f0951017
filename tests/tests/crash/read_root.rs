//! The root is read before a version is called good (`read-root` in `images/files`): what the disk does not
//! give sends the box to its other slot, once. RAUC and systemd are stand-ins.

use std::fs;

use super::stand_ins::StandIns;

struct Appliance(StandIns);

impl Appliance {
    fn new() -> Self {
        let it = Self(StandIns::new());
        let said = it.0.path("said");
        for program in ["rauc", "systemctl"] {
            it.0.program(program, &format!("echo {program} $* >>{}", said.display()));
        }
        fs::create_dir(it.0.path("rauc")).expect("a folder");
        fs::write(it.0.path("arguments"), "quiet hall24.root_hash=5a5a rauc.slot=A")
            .expect("written");
        it
    }

    /// Whether this root, there or not, is found to be whole.
    fn reads(&self, root: &str) -> bool {
        let there = self.0.path("rauc");
        let mut script = self.0.script("sh", "read-root");
        script.args([self.0.path(root), there.join("unreadable")]);
        script.args([self.0.path("arguments"), self.0.path("turn")]);
        script.status().expect("sh is there").success()
    }

    fn said(&self) -> String {
        fs::read_to_string(self.0.path("said")).unwrap_or_default()
    }
}

#[test]
fn a_root_that_can_be_read_is_left_alone() {
    let appliance = Appliance::new();
    fs::write(appliance.0.path("root"), "whole").expect("written");
    assert!(appliance.reads("root"));
    assert_eq!(appliance.said(), "");
}

#[test]
fn one_that_cannot_be_given_up_is_not_called_good() {
    let appliance = Appliance::new();
    appliance.0.program("rauc", "exit 1");
    assert!(!appliance.reads("none"));
    assert!(!appliance.reads("none"), "the boot loader's variables cannot be written either");
    assert!(!appliance.0.path("rauc/unreadable").exists(), "the other slot had no turn yet");
}

#[test]
fn the_other_slot_has_its_turn_once() {
    let appliance = Appliance::new();
    assert!(!appliance.reads("none"));
    let asked = appliance.said();
    assert!(asked.starts_with("rauc status mark-bad booted\n"), "{asked}");
    assert!(asked.contains("hall24-restart.timer"), "{asked}");
    assert!(!appliance.reads("none"), "not called good while it waits for the restart");

    // The other one was no better, and the box is back.
    fs::remove_file(appliance.0.path("turn")).expect("it was there");
    assert!(appliance.reads("none"), "it serves on");
    assert_eq!(appliance.said(), asked, "nothing more was asked for");
}

//! When an update may take the appliance away from people (`quiet` in `images/files`): never from under
//! somebody, and all the same from a kiosk that goes down again and again. systemd is a stand-in.

use std::fs;

use super::stand_ins::StandIns;

/// Whether nobody is at a kiosk without a sign, of whose unit systemd says this.
fn quiet(state: &str, restarts: u32, since_s: i64) -> bool {
    let up = fs::read_to_string("/proc/uptime").expect("Linux tells");
    let up: i64 = up.split('.').next().and_then(|it| it.parse().ok()).expect("a number");
    // Below zero where this computer has not run for that long.
    let active_us = (up - since_s) * 1_000_000;
    let stand_ins = StandIns::new();
    let says = format!(
        "case $* in\n*ActiveState*) echo {state} ;;\n*NRestarts*) echo {restarts} ;;\n\
         *ActiveEnter*) echo {active_us} ;;\nesac"
    );
    stand_ins.program("systemctl", &says);
    stand_ins.script("sh", "quiet").status().expect("sh is there").success()
}

#[test]
fn a_kiosk_without_a_sign_may_have_somebody_in_front_of_it() {
    assert!(!quiet("active", 0, 3600));
    assert!(!quiet("active", 9, 5), "it went down some times");
    assert!(!quiet("activating", 1, 5));
}

#[test]
fn one_that_was_given_up_has_nobody() {
    assert!(quiet("failed", 5, 5));
    assert!(quiet("inactive", 0, 0));
}

#[test]
fn one_that_goes_down_again_and_again_is_not_waited_for() {
    assert!(quiet("active", 10, 5));
    assert!(quiet("activating", 40, 30));
    assert!(!quiet("active", 10, 700), "it stays up now, and can say whether somebody is there");
}

//! The power fails while an update is installed (`install-update` in `images/files`): what was installed
//! is not installed over the version before. RAUC and systemd are stand-ins.

use std::fs;

use super::stand_ins::StandIns;

/// RAUC counts what it installs; the bundle tells its version.
const RAUC: &str = "case $1 in
info) echo \"RAUC_MF_VERSION='$VERSION'\" ;;
install)
  echo \"$2\" >>\"$INSTALLED\"
  [ -z \"${FAILS:-}\" ] || { echo \"LastError: $FAILS\"; exit 1; } ;;
esac";

struct Appliance(StandIns);

impl Appliance {
    /// A box that has fetched offer 7.
    fn with_offer() -> Self {
        let it = Self(StandIns::new());
        for folder in ["fetched", "here"] {
            fs::create_dir(it.0.path(folder)).expect("a folder");
        }
        it.0.program("rauc", RAUC);
        it.0.program("systemctl", "exit 0");
        it.0.program("chown", "exit 0");
        fs::write(it.0.path("fetched/offer-7-5f0e.raucb"), "a bundle").expect("written");
        it.follows(r#"{"id":7,"version":"2","bytes":8,"sha256":"5F0E"}"#);
        it
    }

    /// The offer that the office makes now.
    fn follows(&self, offer: &str) {
        fs::write(self.0.path("fetched/offer.json"), offer).expect("written");
    }

    /// Installs a bundle of this version, where RAUC fails so.
    fn install(&self, version: &str, fails: &str) -> bool {
        let mut script = self.0.script("sh", "install-update");
        script.args([self.0.path("fetched"), self.0.path("here")]).env("VERSION", version);
        script.env("INSTALLED", self.0.path("installed")).env("FAILS", fails);
        script.stdout(std::process::Stdio::null());
        script.status().expect("sh is there").success()
    }

    fn installed(&self) -> usize {
        fs::read_to_string(self.0.path("installed")).unwrap_or_default().lines().count()
    }

    fn outcome(&self) -> String {
        fs::read_to_string(self.0.path("here/outcome")).unwrap_or_default().trim().to_owned()
    }
}

fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("Linux tells");
    id.trim().to_owned()
}

/// What the system that runs the tests calls itself.
fn version_here() -> Option<String> {
    let release = fs::read_to_string("/usr/lib/os-release").ok()?;
    let version = release.lines().find_map(|it| it.strip_prefix("VERSION_ID=\""))?;
    Some(version.trim_end_matches('"').to_owned())
}

#[test]
fn an_offer_is_installed_once_and_its_outcome_told() {
    let appliance = Appliance::with_offer();
    assert!(appliance.install("2", ""));
    assert_eq!(appliance.outcome(), format!("7-5f0e installed {}", boot_id()));
    assert!(appliance.install("2", ""), "there is nothing left to do");
    assert_eq!(appliance.installed(), 1);
    assert!(!appliance.0.path("here/begun").exists());
}

#[test]
fn what_runs_already_is_not_installed_over_the_version_before() {
    let version = version_here().expect("systems that build this have a version");
    let appliance = Appliance::with_offer();
    // In the start before, the power failed after RAUC was done.
    fs::write(appliance.0.path("here/begun"), "7-5f0e former-boot\n").expect("written");
    assert!(appliance.install(&version, ""));
    assert_eq!(appliance.installed(), 0);
    assert_eq!(appliance.outcome(), "7-5f0e installed former-boot", "when it was installed");
}

#[test]
fn nothing_is_left_where_the_power_failed_after_the_outcome() {
    let appliance = Appliance::with_offer();
    fs::write(appliance.0.path("here/begun"), "7-5f0e former-boot\n").expect("written");
    fs::write(appliance.0.path("here/outcome"), "7-5f0e installed former-boot\n").expect("written");
    assert!(appliance.install("2", ""));
    assert_eq!(appliance.installed(), 0);
    assert!(!appliance.0.path("here/begun").exists(), "what comes by hand is not the office's");
    assert!(!appliance.0.path("here/offer-7-5f0e.raucb").exists());
}

#[test]
fn one_that_was_cut_short_is_installed_again() {
    let appliance = Appliance::with_offer();
    fs::write(appliance.0.path("here/begun"), "7-5f0e former-boot\n").expect("written");
    assert!(appliance.install("another", ""));
    assert_eq!(appliance.installed(), 1);
    assert_eq!(appliance.outcome(), format!("7-5f0e installed {}", boot_id()));
}

#[test]
fn a_foreign_signature_is_refused_at_once_and_a_full_disk_is_tried_again() {
    let appliance = Appliance::with_offer();
    assert!(!appliance.install("2", "no space left"));
    assert_eq!(appliance.outcome(), "", "it is kept for the next run");
    assert!(appliance.install("2", "signature verification failed"));
    assert!(appliance.outcome().starts_with("7-5f0e refused signature"), "{}", appliance.outcome());
}

#[test]
fn what_the_office_takes_back_or_replaces_is_not_installed_after_a_failure() {
    let appliance = Appliance::with_offer();
    assert!(!appliance.install("2", "no space left"));
    assert!(appliance.0.path("here/offer-7-5f0e.raucb").exists(), "it is kept for the next run");
    appliance.follows(r#"{"id":8,"version":"3","bytes":8,"sha256":"ab12"}"#);
    assert!(appliance.install("2", ""));
    assert!(!appliance.0.path("here/offer-7-5f0e.raucb").exists());

    let appliance = Appliance::with_offer();
    assert!(!appliance.install("2", "no space left"));
    fs::remove_file(appliance.0.path("fetched/offer.json")).expect("it was there");
    assert!(appliance.install("2", ""));
    assert_eq!((appliance.installed(), appliance.outcome()), (1, String::new()), "once, in vain");
}

#[test]
fn a_folder_in_a_bundles_place_does_not_keep_the_next_one_out() {
    let appliance = Appliance::with_offer();
    fs::create_dir(appliance.0.path("here/offer-6-aa.raucb")).expect("a folder");
    assert!(appliance.install("2", ""));
    assert_eq!(appliance.outcome(), format!("7-5f0e installed {}", boot_id()));
}

#[test]
fn an_outcome_of_another_offices_offer_says_nothing_of_this_one() {
    let appliance = Appliance::with_offer();
    fs::write(appliance.0.path("here/outcome"), "7-ab12 installed former-boot\n").expect("written");
    assert!(appliance.install("2", ""));
    assert_eq!(appliance.installed(), 1);
    assert_eq!(appliance.outcome(), format!("7-5f0e installed {}", boot_id()));
}

#[test]
fn files_of_other_names_are_left_alone() {
    let appliance = Appliance::with_offer();
    for name in [
        "offer-8.raucb",
        "offer-8-.raucb",
        "offer--a.raucb",
        "offer-8-a-b.raucb",
        "offer-x-1.raucb",
    ] {
        fs::write(appliance.0.path("fetched").join(name), "no bundle").expect("written");
    }
    assert!(appliance.install("2", ""));
    assert_eq!(appliance.installed(), 1);
    assert_eq!(fs::read_dir(appliance.0.path("fetched")).expect("a folder").count(), 6);
}

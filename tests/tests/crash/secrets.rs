//! The appliance seals the kiosk's keys (`keep-secrets` in `images/files`) and is killed after every one of
//! its commands: no key is ever lost. The TPM's tool is a stand-in that writes base64.

use std::fs;
use std::path::Path;

use super::stand_ins::StandIns;

/// Seals with base64 in place of a TPM: `… encrypt OPTIONS FROM TO`, `… decrypt OPTIONS FROM TO`.
const CREDS: &str = "set -eu\nverb=$1\nwhile [ $# -gt 2 ]; do shift; done\n\
     [ $verb = encrypt ] && exec base64 \"$1\" >\"$2\"\n\
     if [ \"$2\" = - ]; then exec base64 -d \"$1\"; fi\nexec base64 -d \"$1\" >\"$2\"";
/// Kills the shell that runs the script at its n-th command.
const KILLER: &str = "set -T\ntrap 'n=$((${n:-0} + 1)); [ $n -lt $KILL_AT ] || kill -9 $$' DEBUG\n";
const KEYS: [(&str, &str); 3] = [
    ("hall.key", "abcdef0123456789"),
    ("kiosk.key", "-----KEY-----"),
    ("wifi.key", "open, sesame"),
];

struct Appliance {
    stand_ins: StandIns,
}

impl Appliance {
    fn enrolled() -> Self {
        let it = Self { stand_ins: StandIns::new() };
        fs::create_dir(it.path("data")).expect("a folder");
        it.enrol();
        it.stand_ins.program("systemd-creds", CREDS);
        it.stand_ins.program("chown", "");
        fs::write(it.path("killer"), KILLER).expect("written");
        it
    }

    fn enrol(&self) {
        for (name, text) in KEYS {
            let file = self.path("data").join(name);
            let _ = fs::remove_file(&file);
            fs::write(file, text).expect("written");
        }
        let names = "[kiosk]\nhall_key = \"hall.key\"\n[office]\nkey = \"kiosk.key\"\n";
        fs::write(self.path("data/kiosk.toml"), names).expect("written");
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.stand_ins.path(name)
    }

    /// Runs the script as at a start, with or without a TPM that gives keys back; whether it succeeded.
    fn start(&self, kill_at: u32, works: bool) -> bool {
        if !works {
            self.stand_ins.program("systemd-creds", "exit 1");
        }
        let status = self
            .stand_ins
            .script("bash", "keep-secrets")
            .args([self.path("data"), self.path("open"), Path::new("/dev/null").to_owned()])
            .env("BASH_ENV", self.path("killer"))
            .env("KILL_AT", kill_at.to_string())
            .stderr(std::process::Stdio::null())
            .status();
        status.expect("bash is there").success()
    }

    /// Its keys are sealed; after the next power on the TPM gives nothing back.
    fn loses_its_keys(&self) {
        assert!(self.start(NEVER, true));
        self.power_cut();
        self.stand_ins.program("sleep", "");
        assert!(!self.start(NEVER, false), "nothing can be opened");
    }

    /// The power fails: what is in memory is gone.
    fn power_cut(&self) {
        let _ = fs::remove_dir_all(self.path("open"));
    }

    fn keys_are_there(&self) -> Result<(), String> {
        for (name, text) in KEYS {
            let file = self.path("data").join(name);
            let is = fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
            if is != text {
                return Err(format!("{name} is {is:?}"));
            }
            if !file.is_symlink() {
                return Err(format!("{name} is not sealed"));
            }
        }
        Ok(())
    }
}

const NEVER: u32 = 1_000_000;

#[test]
fn a_power_cut_while_keys_are_sealed_loses_none() {
    let mut at = 1;
    loop {
        let kiosk = Appliance::enrolled();
        let whole = kiosk.start(at, true);
        kiosk.power_cut();
        assert!(kiosk.start(NEVER, true), "after a cut at command {at}");
        if let Err(lost) = kiosk.keys_are_there() {
            panic!("after a cut at command {at}: {lost}");
        }
        if whole {
            assert!(at > 50, "it was killed at only {at} commands");
            return;
        }
        at += 1;
    }
}

#[test]
fn a_box_whose_tpm_gives_nothing_back_can_be_enrolled_again() {
    let kiosk = Appliance::enrolled();
    kiosk.loses_its_keys();
    assert!(!kiosk.path("data/kiosk.toml").exists(), "it asks for an enrolment");
    assert!(kiosk.path("data/kiosk.toml.sealed").exists(), "and remembers what it was");

    // The new enrolment brings no passphrase; the old one cannot be opened.
    kiosk.enrol();
    fs::remove_file(kiosk.path("data/wifi.key")).expect("it was there");
    std::os::unix::fs::symlink("nowhere", kiosk.path("data/wifi.key")).expect("a link");
    kiosk.start(NEVER, false);
    assert!(kiosk.path("data/kiosk.toml").exists(), "it stays enrolled");
}

#[test]
fn a_key_of_a_former_enrolment_that_cannot_be_opened_keeps_nobody_from_being_enrolled() {
    let kiosk = Appliance::enrolled();
    fs::write(kiosk.path("data/former.key"), "of a name chosen by hand").expect("written");
    kiosk.loses_its_keys();
    kiosk.enrol();
    kiosk.start(NEVER, false);
    assert!(kiosk.path("data/kiosk.toml").exists(), "it stays enrolled");
}

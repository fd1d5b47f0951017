//! A configuration that cannot be used (`keep-configuration` in `images/files`): the one with which the kiosk
//! served is put back, on a full disk, too. The kiosk's check is a stand-in.

use std::fs;

use super::stand_ins::StandIns;

struct Appliance(StandIns);

impl Appliance {
    /// A box whose kiosk serves with a configuration that was put by.
    fn that_serves() -> Self {
        let it = Self(StandIns::new());
        fs::create_dir(it.0.path("folder")).expect("a folder");
        // Takes whatever says `good`.
        it.0.program("kiosk", "grep -q good \"$3\" || exit 2");
        it.save("good 1");
        it.keep("good");
        it
    }

    fn save(&self, text: &str) {
        fs::write(self.0.path("folder/kiosk.toml"), text).expect("written");
    }

    fn keep(&self, what: &str) {
        let mut script = self.0.script("sh", "keep-configuration");
        script.arg(what).arg(self.0.path("folder")).stdout(std::process::Stdio::null());
        script.status().expect("sh is there");
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.0.path("folder").join(name)).ok()
    }

    fn no_room(&self, for_it: bool) {
        self.0.program("cp", if for_it { ": >\"$2\"; exit 1" } else { "exec /bin/cp \"$@\"" });
    }
}

#[test]
fn a_slip_is_put_back_as_often_as_it_happens() {
    let appliance = Appliance::that_serves();
    for slip in ["bad 1", "bad 2", ""] {
        appliance.save(slip);
        appliance.keep("put-back");
        assert_eq!(appliance.read("kiosk.toml").as_deref(), Some("good 1"));
        assert_eq!(appliance.read("kiosk.toml.wrong").as_deref(), Some(slip), "nothing is lost");
    }
}

#[test]
fn without_room_it_is_put_back_and_put_by_anew_once_there_is_room() {
    let appliance = Appliance::that_serves();
    appliance.no_room(true);
    appliance.save("");
    appliance.keep("put-back");
    assert_eq!(appliance.read("kiosk.toml").as_deref(), Some("good 1"));
    appliance.keep("good");
    assert_eq!(appliance.read("kiosk.toml.good.new"), None, "nothing half written is left");
    appliance.no_room(false);
    appliance.keep("good");
    appliance.save("bad");
    appliance.keep("put-back");
    assert_eq!(appliance.read("kiosk.toml").as_deref(), Some("good 1"));
}

#[test]
fn what_cannot_be_used_is_never_put_by() {
    let appliance = Appliance::that_serves();
    appliance.save("bad");
    appliance.keep("good");
    assert_eq!(appliance.read("kiosk.toml.good").as_deref(), Some("good 1"));
}

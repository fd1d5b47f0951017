//! A simulated loudspeaker with headphones, for a driver of the same process at `sim:NAME`.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::Outlet;
use super::sink::{self, Room, RoomName};
use super::wav::Sound;
use crate::{
    port::PortUrl,
    sim::{ControlError, FaultInfo, Operate, ServeError},
};

const UNPLUGGED: &str = "unplugged";
const FAULTS: &[FaultInfo] =
    &[FaultInfo { name: UNPLUGGED, description: "the sound device is gone" }];
const EXPECTED: &str = "{\"plug_headphones\":true} or {\"unplug_headphones\":true}";
const HEARD_MAX: usize = 100;

/// A room with a loudspeaker. Clones are the same one; it goes with the last.
#[derive(Clone)]
pub struct SpeakerSim {
    shared: Arc<Shared>,
}

struct Shared {
    url: PortUrl,
    ears: Arc<Ears>,
    _name: RoomName,
}

struct Ears {
    state: Mutex<State>,
    activity: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    headphones: bool,
    faults: BTreeSet<&'static str>,
    heard: VecDeque<Heard>,
}

/// Something that was played. Not what was said: it may be private.
#[derive(Clone, Copy, Debug, serde::Serialize)]
struct Heard {
    outlet: Outlet,
    length_ms: u64,
    peak: u16,
    /// It was heard to its end.
    whole: bool,
}

impl Room for Ears {
    fn play(&self, outlet: Outlet, sound: &Sound) -> bool {
        let mut state = self.state();
        if state.faults.contains(UNPLUGGED) {
            return false;
        }
        if state.heard.len() == HEARD_MAX {
            state.heard.pop_front();
        }
        let (length_ms, peak) = (sound.length_ms(), sound.peak());
        state.heard.push_back(Heard { outlet, length_ms, peak, whole: false });
        drop(state);
        self.announce();
        true
    }

    fn played(&self) {
        if let Some(last) = self.state().heard.back_mut() {
            last.whole = true;
        }
        self.announce();
    }

    fn headphones(&self) -> bool {
        self.state().headphones
    }
}

impl Ears {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self) {
        self.activity.send_modify(|it| *it = it.wrapping_add(1));
    }
}

impl SpeakerSim {
    /// A loudspeaker at `sim:NAME`; headphones are at the same port and not plugged in.
    pub fn serve(url: &PortUrl) -> Result<Self, ServeError> {
        let PortUrl::Sim { name } = url else {
            return Err(ServeError::Unsuitable { url: url.clone() });
        };
        let ears = Arc::new(Ears { state: Mutex::default(), activity: watch::Sender::new(0) });
        let room: Arc<dyn Room> = Arc::<Ears>::clone(&ears);
        let _name = sink::register(name, room)
            .ok_or_else(|| ServeError::NameTaken { name: name.clone() })?;
        Ok(Self { shared: Arc::new(Shared { url: url.clone(), ears, _name }) })
    }

    /// The URL that a driver of this process opens, for the loudspeaker and for headphones.
    pub fn url(&self) -> &PortUrl {
        &self.shared.url
    }

    /// Plugs headphones in or pulls them out.
    pub fn control(&self, command: &Value) -> Result<Value, ControlError> {
        let is = |key: &str| command.get(key).and_then(Value::as_bool) == Some(true);
        let plugged = match (is("plug_headphones"), is("unplug_headphones")) {
            (true, false) => true,
            (false, true) => false,
            _ => return Err(ControlError::UnknownCommand { expected: EXPECTED }),
        };
        self.shared.ears.state().headphones = plugged;
        self.shared.ears.announce();
        Ok(self.state())
    }

    /// What was played, the last hundred: where, how long, how loud, and whether to its end.
    pub fn state(&self) -> Value {
        let state = self.shared.ears.state();
        json!({ "headphones": state.headphones, "heard": state.heard })
    }

    /// All faults that can be switched on.
    pub fn faults(&self) -> Vec<FaultInfo> {
        FAULTS.to_vec()
    }

    /// The faults that are on.
    pub fn active_faults(&self) -> Vec<&'static str> {
        self.shared.ears.state().faults.iter().copied().collect()
    }

    /// Switches a fault on; `None` heals everything.
    pub fn set_fault(&self, fault: Option<&str>) -> Result<(), ControlError> {
        let mut state = self.shared.ears.state();
        match fault {
            None => state.faults.clear(),
            Some(UNPLUGGED) => {
                state.faults.insert(UNPLUGGED);
            }
            Some(name) => {
                let (name, known) = (name.to_owned(), UNPLUGGED.to_owned());
                return Err(ControlError::UnknownFault { name, known });
            }
        }
        drop(state);
        self.shared.ears.announce();
        Ok(())
    }

    /// Takes the sound device away.
    pub fn unplug(&self) {
        self.set_fault(Some(UNPLUGGED)).expect("a fault of this simulator");
    }

    /// Puts it back.
    pub fn replug(&self) {
        self.set_fault(None).expect("healing names no fault");
    }

    /// Waits until the state satisfies `wanted`, and gives it.
    pub async fn wait_for(&self, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let mut activity = self.shared.ears.activity.subscribe();
        loop {
            activity.borrow_and_update();
            let state = self.state();
            if wanted(&state) {
                return state;
            }
            activity.changed().await.expect("the sender lives in what this handle holds");
        }
    }
}

impl Operate for SpeakerSim {
    fn overview(&self) -> Value {
        json!({
            "port": self.url().to_string(),
            "device": self.state(),
            "faults": Self::faults(self),
            "active_faults": Self::active_faults(self),
        })
    }

    fn control(&self, command: &Value) -> Result<Value, ControlError> {
        Self::control(self, command)
    }

    fn faults(&self) -> Vec<FaultInfo> {
        Self::faults(self)
    }

    fn active_faults(&self) -> Vec<&'static str> {
        Self::active_faults(self)
    }

    fn set_fault(&self, fault: Option<&str>) -> Result<(), ControlError> {
        Self::set_fault(self, fault)
    }
}

//! A simulated display, for a driver of the same process at `sim:NAME`.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::bus::{self, Attached, AttachedName};
use super::controller::Controller;
use super::{HEIGHT, WIDTH};
use crate::{
    port::PortUrl,
    sim::{ControlError, FaultInfo, Operate, ServeError},
};

const UNPLUGGED: &str = "unplugged";
const POWER_LOST: &str = "power_lost";

const FAULTS: &[FaultInfo] = &[
    FaultInfo { name: UNPLUGGED, description: "nobody acknowledges on the bus" },
    FaultInfo {
        name: POWER_LOST,
        description: "it lost its power for a moment and has forgotten everything",
    },
];

/// A display. Clones are the same one; it goes with the last.
#[derive(Clone)]
pub struct StatusDisplaySim {
    shared: Arc<Shared>,
}

struct Shared {
    url: PortUrl,
    glass: Arc<Glass>,
    _name: AttachedName,
}

struct Glass {
    core: Mutex<Core>,
    activity: watch::Sender<u64>,
}

#[derive(Default)]
struct Core {
    controller: Controller,
    faults: BTreeSet<&'static str>,
    writes: u64,
}

impl Attached for Glass {
    fn write(&self, bytes: &[u8]) -> bool {
        let mut core = self.core();
        if core.faults.contains(UNPLUGGED) {
            return false;
        }
        core.writes += 1;
        core.controller.write(bytes);
        drop(core);
        self.announce();
        true
    }
}

impl Glass {
    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self) {
        self.activity.send_modify(|it| *it = it.wrapping_add(1));
    }
}

impl StatusDisplaySim {
    /// A display at `sim:NAME`, as after power came.
    pub fn serve(url: &PortUrl) -> Result<Self, ServeError> {
        let PortUrl::Sim { name } = url else {
            return Err(ServeError::Unsuitable { url: url.clone() });
        };
        let glass = Arc::new(Glass { core: Mutex::default(), activity: watch::Sender::new(0) });
        let attached: Arc<dyn Attached> = Arc::<Glass>::clone(&glass);
        let _name = bus::attach(name, attached)
            .ok_or_else(|| ServeError::NameTaken { name: name.clone() })?;
        Ok(Self { shared: Arc::new(Shared { url: url.clone(), glass, _name }) })
    }

    /// The URL that a driver of this process opens.
    pub fn url(&self) -> &PortUrl {
        &self.shared.url
    }

    /// Whether a dot is lit.
    pub fn is_lit(&self, x: usize, y: usize) -> bool {
        self.shared.glass.core().controller.is_lit(x, y)
    }

    /// Nobody can do anything to it.
    pub fn control(&self, _command: &Value) -> Result<Value, ControlError> {
        Err(ControlError::UnknownCommand { expected: "none; it shows what the kiosk says" })
    }

    /// Whether it is on, and its rows of dots in hex, the leftmost dot the highest bit.
    pub fn state(&self) -> Value {
        let core = self.shared.glass.core();
        let controller = &core.controller;
        let row = |y: usize| {
            let byte = |first: usize| {
                (first..first + 8).fold(0, |it, x| it << 1 | u8::from(controller.is_lit(x, y)))
            };
            crate::hex::encode(&(0..WIDTH).step_by(8).map(byte).collect::<Vec<u8>>())
        };
        json!({
            "on": controller.is_on(),
            "contrast": controller.contrast(),
            "writes": core.writes,
            "unknown_commands": controller.unknown(),
            "width": WIDTH,
            "rows": (0..HEIGHT).map(row).collect::<Vec<_>>(),
        })
    }

    /// All faults that can be switched on.
    pub fn faults(&self) -> Vec<FaultInfo> {
        FAULTS.to_vec()
    }

    /// The faults that are on.
    pub fn active_faults(&self) -> Vec<&'static str> {
        self.shared.glass.core().faults.iter().copied().collect()
    }

    /// Switches a fault on; `None` heals everything. `power_lost` is over at once and leaves no
    /// fault behind.
    pub fn set_fault(&self, fault: Option<&str>) -> Result<(), ControlError> {
        let mut core = self.shared.glass.core();
        match fault {
            None => core.faults.clear(),
            Some(POWER_LOST) => core.controller = Controller::default(),
            Some(UNPLUGGED) => {
                core.faults.insert(UNPLUGGED);
                core.controller = Controller::default();
            }
            Some(name) => {
                let known: Vec<_> = FAULTS.iter().map(|it| it.name).collect();
                let (name, known) = (name.to_owned(), known.join(", "));
                return Err(ControlError::UnknownFault { name, known });
            }
        }
        drop(core);
        self.shared.glass.announce();
        Ok(())
    }

    /// Takes it off the bus.
    pub fn unplug(&self) {
        self.set_fault(Some(UNPLUGGED)).expect("a fault of this simulator");
    }

    /// Puts it back and heals everything else, too.
    pub fn replug(&self) {
        self.set_fault(None).expect("healing names no fault");
    }

    /// Waits until `wanted` is so.
    pub async fn wait_for(&self, mut wanted: impl FnMut(&Self) -> bool) {
        let mut activity = self.shared.glass.activity.subscribe();
        loop {
            activity.borrow_and_update();
            if wanted(self) {
                return;
            }
            activity.changed().await.expect("the sender lives in what this handle holds");
        }
    }
}

impl Operate for StatusDisplaySim {
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

//! A simulated cabinet: somebody opens doors, shakes it, stands in front of it.
//!
//! Its lines are in memory, for a driver of the same process at `sim:NAME`. Bouncing contacts need
//! a tokio runtime.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use serde_json::{Value, json};
use tokio::{runtime::Handle, time::sleep};

use super::lines::{Board, BoardName};
use super::{Active, Input, PanelSettings, SettingError};
use crate::{
    port::PortUrl,
    sim::{ControlError, FaultInfo, Operate, ServeError, SimOptions},
};

const UNPLUGGED: &str = "unplugged";
const BOUNCING: &str = "bouncing";
const STUCK_INPUT: &str = "stuck_input";
const EDGES_LOST: &str = "edges_lost";

const FAULTS: &[FaultInfo] = &[
    FaultInfo { name: UNPLUGGED, description: "the chip is gone" },
    FaultInfo { name: BOUNCING, description: "contacts bounce for some 30 ms at every change" },
    FaultInfo { name: STUCK_INPUT, description: "inputs stay at the level they have" },
    FaultInfo { name: EDGES_LOST, description: "the chip tells no edges; levels are right" },
];
const BOUNCES: u32 = 8;
const BOUNCE_MS_MAX: u64 = 6;
const EXPECTED: &str = "{\"open_door\":true}, {\"close_door\":true}, {\"open_cabinet\":true}, \
     {\"close_cabinet\":true}, {\"approach\":true}, {\"leave\":true} or {\"shake\":true}";

/// Why a simulated panel cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PanelSimError {
    #[error(transparent)]
    Settings(#[from] SettingError),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// A cabinet with its chip. Clones are the same one; the chip goes with the last.
#[derive(Clone)]
pub struct PanelSim {
    shared: Arc<Shared>,
}

struct Shared {
    url: PortUrl,
    settings: PanelSettings,
    board: Arc<Board>,
    _name: BoardName,
    runtime: Handle,
    state: Mutex<State>,
}

struct State {
    /// What is so, whatever the lines show.
    active: BTreeSet<Input>,
    shakes: u64,
    faults: BTreeSet<&'static str>,
    random: Xoshiro256PlusPlus,
    /// Counts movements: a contact that moves again stops bouncing from before.
    movements: BTreeMap<Input, u64>,
}

impl PanelSim {
    /// A cabinet at `sim:NAME` whose doors are shut, wired as the settings say. Of the options the
    /// seed counts.
    pub fn serve(
        url: &PortUrl,
        settings: PanelSettings,
        options: SimOptions,
    ) -> Result<Self, PanelSimError> {
        settings.check()?;
        let PortUrl::Sim { name } = url else {
            return Err(ServeError::Unsuitable { url: url.clone() }.into());
        };
        let inputs = settings.inputs().map(|(_, it)| (it.line, it.active));
        let outputs = settings.lights.values().chain(&settings.buzzer).chain(&settings.siren);
        let lines = inputs.chain(outputs.map(|it| (it.line, it.active)));
        let levels = lines.map(|(line, active)| (line, active.flip(false))).collect();
        let (board, _name) = Board::register(name, levels)
            .ok_or_else(|| ServeError::NameTaken { name: name.clone() })?;
        let state = State {
            active: BTreeSet::new(),
            shakes: 0,
            faults: BTreeSet::new(),
            random: Xoshiro256PlusPlus::seed_from_u64(options.seed),
            movements: BTreeMap::new(),
        };
        let shared = Shared {
            url: url.clone(),
            settings,
            board,
            _name,
            runtime: Handle::current(),
            state: Mutex::new(state),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The URL that a driver of this process opens.
    pub fn url(&self) -> &PortUrl {
        &self.shared.url
    }

    /// Does something to the cabinet, as a person would.
    pub fn control(&self, command: &Value) -> Result<Value, ControlError> {
        let is = |key: &str| command.get(key).and_then(Value::as_bool) == Some(true);
        for (key, input, active) in [
            ("open_door", Input::Door, true),
            ("close_door", Input::Door, false),
            ("open_cabinet", Input::Tamper, true),
            ("close_cabinet", Input::Tamper, false),
            ("approach", Input::Proximity, true),
            ("leave", Input::Proximity, false),
        ] {
            if is(key) {
                self.wired(input)?;
                self.shared.move_to(input, active);
                return Ok(self.state());
            }
        }
        if is("shake") {
            self.wired(Input::Vibration)?;
            self.shared.shake();
            return Ok(self.state());
        }
        Err(ControlError::UnknownCommand { expected: EXPECTED })
    }

    fn wired(&self, input: Input) -> Result<(), ControlError> {
        if self.shared.settings.inputs().any(|(it, _)| it == input) {
            return Ok(());
        }
        Err(ControlError::BadValue(format!("this panel has no input `{}`", input.name())))
    }

    /// What is so in the cabinet, what its lines show, and which outputs are on.
    pub fn state(&self) -> Value {
        let Shared { settings, board, .. } = &*self.shared;
        let state = self.shared.state();
        let is_on = |line: u32, active: Active| active.flip(board.is_high(line));
        let inputs: BTreeMap<_, _> =
            settings.inputs().map(|(it, wiring)| (it, is_on(wiring.line, wiring.active))).collect();
        let lights: BTreeMap<_, _> = settings
            .lights
            .iter()
            .map(|(it, wiring)| (it, is_on(wiring.line, wiring.active)))
            .collect();
        json!({
            "door": open_or_closed(&state, Input::Door),
            "cabinet": open_or_closed(&state, Input::Tamper),
            "somebody_in_front": state.active.contains(&Input::Proximity),
            "shakes": state.shakes,
            "inputs": inputs,
            "lights": lights,
            "buzzer": settings.buzzer.map(|it| is_on(it.line, it.active)),
            "siren": settings.siren.map(|it| is_on(it.line, it.active)),
        })
    }

    /// All faults that can be switched on.
    pub fn faults(&self) -> Vec<FaultInfo> {
        FAULTS.to_vec()
    }

    /// The faults that are on.
    pub fn active_faults(&self) -> Vec<&'static str> {
        self.shared.state().faults.iter().copied().collect()
    }

    /// Switches a fault on; `None` heals everything, and lines show again what is so.
    pub fn set_fault(&self, fault: Option<&str>) -> Result<(), ControlError> {
        match fault {
            None => self.shared.heal(),
            Some(name) => {
                let Some(info) = FAULTS.iter().find(|it| it.name == name) else {
                    let known: Vec<_> = FAULTS.iter().map(|it| it.name).collect();
                    let (name, known) = (name.to_owned(), known.join(", "));
                    return Err(ControlError::UnknownFault { name, known });
                };
                self.shared.state().faults.insert(info.name);
                if info.name == UNPLUGGED {
                    self.shared.board.unplug(true);
                }
            }
        }
        self.shared.board.announce();
        Ok(())
    }

    /// Takes the chip away.
    pub fn unplug(&self) {
        self.set_fault(Some(UNPLUGGED)).expect("a fault of this simulator");
    }

    /// Puts the chip back and heals everything else, too.
    pub fn replug(&self) {
        self.set_fault(None).expect("healing names no fault");
    }

    /// Waits until the state satisfies `wanted`, and gives it.
    pub async fn wait_for(&self, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let mut activity = self.shared.board.activity();
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

fn open_or_closed(state: &State, input: Input) -> &'static str {
    if state.active.contains(&input) { "open" } else { "closed" }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something comes to stand otherwise than it did.
    fn move_to(self: &Arc<Self>, input: Input, active: bool) {
        let mut state = self.state();
        let moved = if active { state.active.insert(input) } else { state.active.remove(&input) };
        if !moved {
            return;
        }
        *state.movements.entry(input).or_default() += 1;
        let bounces = state.faults.contains(BOUNCING);
        drop(state);
        self.show(input, active);
        if bounces {
            self.runtime.spawn(Self::bounce(Arc::clone(self), input, active));
        }
    }

    /// Contacts meet and part some times before they stay.
    async fn bounce(self: Arc<Self>, input: Input, active: bool) {
        let moved = self.state().movements.get(&input).copied();
        for bounce in 0..BOUNCES {
            let pause = self.state().random.random_range(1..=BOUNCE_MS_MAX);
            sleep(Duration::from_millis(pause)).await;
            if self.state().movements.get(&input).copied() != moved {
                return;
            }
            self.show(input, active == (bounce % 2 == 1));
        }
    }

    /// A sensor's pulse, over before anybody could read its level.
    fn shake(&self) {
        self.state().shakes += 1;
        self.show(Input::Vibration, true);
        self.show(Input::Vibration, false);
    }

    /// Lets the line show it, unless a fault forbids.
    fn show(&self, input: Input, active: bool) {
        let faults = self.state().faults.clone();
        if faults.contains(STUCK_INPUT) {
            return self.board.announce();
        }
        let wiring = self.settings.inputs().find(|(it, _)| *it == input);
        if let Some((_, wiring)) = wiring {
            let silently = faults.contains(EDGES_LOST);
            self.board.drive(wiring.line, wiring.active.flip(active), silently);
        }
    }

    fn heal(&self) {
        self.state().faults.clear();
        self.board.unplug(false);
        for (input, _) in self.settings.inputs() {
            let active = self.state().active.contains(&input);
            self.show(input, active);
        }
    }
}

impl Operate for PanelSim {
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

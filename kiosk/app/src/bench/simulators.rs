//! The simulated devices of the demo hall.

use std::collections::BTreeMap;

use hal::card::sim::CardSim;
use hal::panel::sim::PanelSim;
use hal::sim::{ControlError, SimHandle};
use hal::status_display::sim::StatusDisplaySim;
use serde_json::{Value, json};

/// Handles of the simulators, by device name. In `kiosk run` there are none.
#[derive(Default)]
pub struct Simulators {
    pub devices: BTreeMap<&'static str, SimHandle>,
    pub card: Option<CardSim>,
    pub panel: Option<PanelSim>,
    pub display: Option<StatusDisplaySim>,
}

impl std::fmt::Debug for Simulators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.devices.keys()).finish()
    }
}

/// Why the bench could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("there is no simulated {0} here; start the demo with `kiosk demo`")]
    NoDevice(String),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error("there is no identity card named {0}; see GET /api/cards")]
    NoCard(String),
    #[error("{0}")]
    Wrong(String),
    #[error("{0}")]
    NotFound(String),
}

impl Simulators {
    pub fn get(&self, name: &str) -> Result<&SimHandle, BenchError> {
        self.devices.get(name).ok_or_else(|| BenchError::NoDevice(name.to_owned()))
    }

    pub fn control(&self, name: &str, command: &Value) -> Result<Value, BenchError> {
        Ok(self.get(name)?.control(command)?)
    }

    /// Every fault of every device, with those that are on.
    pub fn faults(&self) -> Vec<Value> {
        let card = self.card.iter().map(|it| ("card", it.faults(), it.active_faults()));
        let panel = self.panel.iter().map(|it| ("panel", it.faults(), it.active_faults()));
        let display = self.display.iter();
        let display = display.map(|it| ("status_display", it.faults(), it.active_faults()));
        self.devices
            .iter()
            .map(|(name, it)| (*name, it.faults(), it.active_faults()))
            .chain(card)
            .chain(panel)
            .chain(display)
            .map(|(name, faults, active)| {
                json!({ "device": name, "faults": faults, "active": active })
            })
            .collect()
    }
}

//! Staff cards, social security cards and a reader to put them into.
//!
//! [`CardSim`] is a reader: at `sim:NAME` of this process, or at the far end of PC/SC, where
//! vsmartcard's virtual reader waits for a card to connect (`tcp:127.0.0.1:35963`). Commands are
//! `{"insert": NAME}` with a card made known by [`CardSim::add`], `{"insert": {"card_number": …,
//! "secret_key": …, "public_key": …}}` with keys in hex, `{"insert": {"ssc": {…}}}` with the data
//! of [`SscData`], and `{"remove": true}`.

mod applet;
mod card;
mod pcscd;
mod session;
mod ssc_applet;
mod vpcd;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::slot::{self, InsertedCard, Slot, SlotName};
use crate::{
    port::PortUrl,
    sim::{ControlError, FaultInfo, Operate, ServeError},
};

pub use applet::{KeyError, StaffApplet};
pub use card::SimCard;
pub use pcscd::{Pcscd, VPCD_ADDRESS, VPCD_READER};
pub use session::{AppletSession, CardFault};
pub use ssc_applet::{SscApplet, SscData, SscDataError};
pub use vpcd::VirtualCard;

const UNPLUGGED: FaultInfo =
    FaultInfo { name: "unplugged", description: "the card reader is gone" };

/// A card reader and the cards that may be put into it. Clones are the same reader.
#[derive(Clone)]
pub struct CardSim {
    shared: Arc<Shared>,
}

struct Shared {
    url: PortUrl,
    reader: Reader,
    state: Mutex<SimState>,
}

enum Reader {
    InProcess {
        slot: watch::Sender<Slot>,
        _name: SlotName,
    },
    /// The address of the virtual reader's port.
    Vpcd {
        address: String,
    },
}

#[derive(Default)]
struct SimState {
    known: BTreeMap<String, SimCard>,
    insertions: u64,
    inserted: Option<SimCard>,
    connection: Option<VirtualCard>,
    fault: Option<CardFault>,
    unplugged: bool,
}

impl CardSim {
    /// A reader at `sim:NAME`, or one that puts its cards into the virtual reader which listens at
    /// `tcp:HOST:PORT`. The latter needs a tokio runtime.
    pub fn serve(url: &PortUrl) -> Result<Self, ServeError> {
        let reader = match url {
            PortUrl::Sim { name } => {
                let (slot, watcher) = watch::channel(Slot { plugged: true, card: None });
                let claimed = slot::register(name, watcher);
                let name = claimed.ok_or_else(|| ServeError::NameTaken { name: name.clone() })?;
                Reader::InProcess { slot, _name: name }
            }
            PortUrl::Tcp { address } => Reader::Vpcd { address: address.clone() },
            _ => return Err(ServeError::Unsuitable { url: url.clone() }),
        };
        let state = Mutex::default();
        Ok(Self { shared: Arc::new(Shared { url: url.clone(), reader, state }) })
    }

    /// Where the reader is.
    pub fn url(&self) -> &PortUrl {
        &self.shared.url
    }

    /// Makes a card known under a name for `{"insert": NAME}`.
    pub fn add(&self, name: &str, card: impl Into<SimCard>) {
        self.lock().known.insert(name.to_owned(), card.into());
    }

    /// Puts a card in, in the place of one that is there.
    pub fn insert(&self, card: impl Into<SimCard>) {
        let mut state = self.lock();
        state.insertions += 1;
        state.inserted = Some(card.into());
        self.show(&mut state);
    }

    /// Pulls the card, if there is one.
    pub fn remove(&self) {
        let mut state = self.lock();
        state.inserted = None;
        self.show(&mut state);
    }

    /// Does what a person does with cards.
    pub fn control(&self, command: &Value) -> Result<Value, ControlError> {
        if let Some(card) = command.get("insert") {
            self.insert(self.card_of(card)?);
        } else if command.get("remove").and_then(Value::as_bool) == Some(true) {
            self.remove();
        } else {
            let expected = r#"{"insert":NAME}, {"insert":{…}} or {"remove":true}"#;
            return Err(ControlError::UnknownCommand { expected });
        }
        Ok(self.state())
    }

    /// Which card is in and which are known.
    pub fn state(&self) -> Value {
        let state = self.lock();
        json!({
            "inserted": state.inserted.as_ref().map(SimCard::state),
            "known": state.known.keys().collect::<Vec<_>>(),
        })
    }

    /// All faults that can be switched on.
    pub fn faults(&self) -> Vec<FaultInfo> {
        let mut faults = CardFault::ALL.map(CardFault::info).to_vec();
        if matches!(self.shared.reader, Reader::InProcess { .. }) {
            faults.insert(0, UNPLUGGED);
        }
        faults
    }

    /// Switches a fault on, or with `None` all off. A fault of the card shows at the next
    /// insertion.
    pub fn set_fault(&self, fault: Option<&str>) -> Result<(), ControlError> {
        let mut state = self.lock();
        match fault {
            None => {
                state.fault = None;
                state.unplugged = false;
            }
            Some(name) if !self.faults().iter().any(|it| it.name == name) => {
                let known: Vec<_> = self.faults().iter().map(|it| it.name).collect();
                let (name, known) = (name.to_owned(), known.join(", "));
                return Err(ControlError::UnknownFault { name, known });
            }
            Some(name) if name == UNPLUGGED.name => state.unplugged = true,
            Some(name) => {
                state.fault = CardFault::ALL.into_iter().find(|it| it.info().name == name);
            }
        }
        self.show(&mut state);
        Ok(())
    }

    /// The faults that are on.
    pub fn active_faults(&self) -> Vec<&'static str> {
        let state = self.lock();
        let unplugged = state.unplugged.then_some(UNPLUGGED.name);
        unplugged.into_iter().chain(state.fault.map(|it| it.info().name)).collect()
    }

    fn card_of(&self, value: &Value) -> Result<SimCard, ControlError> {
        if let Some(name) = value.as_str() {
            let state = self.lock();
            return state.known.get(name).cloned().ok_or_else(|| {
                let known: Vec<_> = state.known.keys().map(String::as_str).collect();
                ControlError::BadValue(format!(
                    "there is no card `{name}`; there are: {}",
                    known.join(", ")
                ))
            });
        }
        let bad = |error: &dyn std::fmt::Display| ControlError::BadValue(error.to_string());
        if let Some(data) = value.get("ssc") {
            let data = SscData::deserialize(data).map_err(|it| bad(&it))?;
            return Ok(SscApplet::new(data).map_err(|it| bad(&it))?.into());
        }
        let request = InsertRequest::deserialize(value).map_err(|it| bad(&it))?;
        let InsertRequest { card_number, secret_key, public_key } = request;
        let card = StaffApplet::from_hex(&card_number, &secret_key, &public_key);
        Ok(card.map_err(|it| bad(&it))?.into())
    }

    /// Lets the reader's other side see what is so.
    fn show(&self, state: &mut SimState) {
        let card = state.inserted.clone().map(|it| it.with_fault(state.fault));
        match &self.shared.reader {
            Reader::InProcess { slot, .. } => {
                let number = state.insertions;
                let card = card.map(|it| (number, Arc::new(it) as Arc<dyn InsertedCard>));
                slot.send_replace(Slot { plugged: !state.unplugged, card });
            }
            Reader::Vpcd { address } => match (card, &state.connection) {
                (None, _) => state.connection = None,
                (Some(card), Some(connection)) if connection.insertion() == state.insertions => {
                    connection.set_fault(card.fault());
                }
                (Some(card), _) => {
                    // The old card leaves before the new one comes.
                    state.connection = None;
                    let connection = VirtualCard::insert(address, card, state.insertions);
                    state.connection = Some(connection);
                }
            },
        }
    }

    fn lock(&self) -> MutexGuard<'_, SimState> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Operate for CardSim {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InsertRequest {
    card_number: String,
    /// P-256 scalar, big-endian, hex.
    secret_key: String,
    /// Uncompressed point, hex.
    public_key: String,
}

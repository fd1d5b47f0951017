//! `sim:NAME`: card readers in the same process, without PC/SC.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::apdu::Transmit;

static SLOTS: LazyLock<Mutex<HashMap<String, watch::Receiver<Slot>>>> =
    LazyLock::new(Mutex::default);

/// What a reader in this process looks like from outside.
#[derive(Clone, Default)]
pub struct Slot {
    /// Whether the reader is plugged in.
    pub plugged: bool,
    /// The card in it, with a number that each insertion changes.
    pub card: Option<(u64, Arc<dyn InsertedCard>)>,
}

/// A card that lies in a reader of this process.
pub trait InsertedCard: Send + Sync {
    /// Powers it up; `None` where it gives no answer to reset.
    fn power_up(&self) -> Option<Box<dyn Transmit + Send>>;

    /// Its answer to reset.
    fn answer_to_reset(&self) -> Vec<u8>;
}

/// A reader's claim on its name; dropping it frees the name.
#[derive(Debug)]
pub struct SlotName(String);

/// Registers a reader; `None` where the name is taken.
pub fn register(name: &str, slot: watch::Receiver<Slot>) -> Option<SlotName> {
    let mut slots = lock();
    if slots.contains_key(name) {
        return None;
    }
    slots.insert(name.to_owned(), slot);
    Some(SlotName(name.to_owned()))
}

/// The reader called `name`.
pub(super) fn find(name: &str) -> Option<watch::Receiver<Slot>> {
    lock().get(name).cloned()
}

impl Drop for SlotName {
    fn drop(&mut self) {
        lock().remove(&self.0);
    }
}

fn lock() -> MutexGuard<'static, HashMap<String, watch::Receiver<Slot>>> {
    SLOTS.lock().unwrap_or_else(PoisonError::into_inner)
}

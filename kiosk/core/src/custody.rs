//! What lies in which compartment and who may open it.
//!
//! A delivery is in exactly one state (I2). A compartment that was being opened when the kiosk
//! stopped is *uncertain* afterwards (I3): nobody is given it until a member of staff has looked.

use std::collections::{BTreeMap, BTreeSet};

use hal::locker::JobId;
use jiff::Timestamp;
use wire::{CompartmentSize, Delivery, DeliveryId, DeliveryState, IdHash, IdentifiedBy, StaffId};

/// A compartment that has something to do with a delivery. Free compartments have no record.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Compartment {
    pub number: u16,
    pub delivery: Delivery,
    pub state: CompartmentState,
    pub since: Timestamp,
}

/// What is true of a compartment with a delivery.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CompartmentState {
    /// The delivery lies in it.
    Holds,
    /// The lock was, or is about to be, pulsed for this purpose; the end is not known yet.
    Opening { job: JobId, purpose: Purpose },
    /// Nobody knows whether the delivery lies in it.
    Uncertain { because: Doubt },
    /// A member of staff looks into an uncertain compartment.
    Inspecting { job: JobId, staff: StaffId, because: Doubt },
    /// The delivery has left (or never came in) and the record waits to be dropped.
    Empty,
}

/// Why a compartment is opened.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    Pickup { identified_by: IdentifiedBy },
    Deposit { staff: StaffId },
    Recall { staff: StaffId },
}

/// Why nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The kiosk stopped between intent and outcome.
    Interrupted,
    /// The pulse was sent and the door was not seen open.
    Jammed,
    /// The line to the locker failed around the pulse.
    LineFailed,
    /// The person left with the door open.
    DoorLeftOpen,
    /// The person said that the door did not open although its sensor did.
    Disputed,
    /// The office says that it left, the kiosk that it is here.
    OfficeDisagrees,
    /// The outcome could not be written to disk.
    NotStored,
    /// The store was damaged: what is known is from a copy that may be older than the truth.
    StoreRecovered,
}

impl Doubt {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Jammed => "jammed",
            Self::LineFailed => "line_failed",
            Self::DoorLeftOpen => "door_left_open",
            Self::Disputed => "disputed",
            Self::OfficeDisagrees => "office_disagrees",
            Self::NotStored => "not_stored",
            Self::StoreRecovered => "store_recovered",
        }
    }
}

/// All compartments of this kiosk.
#[derive(Clone, Debug, Default)]
pub struct Custody {
    records: BTreeMap<u16, Compartment>,
    /// Deliveries in the back room that may be put into a compartment here; and those that the
    /// office knows in a compartment which holds, as far as this kiosk knows, something else.
    expected: BTreeMap<DeliveryId, Delivery>,
    /// Deliveries that left here and whose end the office has not confirmed yet: an old message of the
    /// feed must not bring them back.
    finished: BTreeSet<DeliveryId>,
}

/// How far this kiosk can trust its own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    Whole,
    /// The store was damaged, so that its last outcomes may be lost to the office too.
    Recovered,
}

/// What a message of the feed changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedOutcome {
    Nothing,
    Compartment(u16),
    Expected(DeliveryId),
    NoLongerExpected(DeliveryId),
    Confirmed(DeliveryId),
    /// The compartment became uncertain, or was taken over as uncertain: the office is to know.
    Doubtful(u16),
    /// What an old copy of the store still had in it left before the store was damaged.
    Emptied(u16),
}

impl Custody {
    pub fn restore(
        compartments: Vec<Compartment>,
        expected: Vec<Delivery>,
        finished: Vec<DeliveryId>,
    ) -> Self {
        Self {
            records: compartments.into_iter().map(|it| (it.number, it)).collect(),
            expected: expected.into_iter().map(|it| (it.id.clone(), it)).collect(),
            finished: finished.into_iter().collect(),
        }
    }

    pub fn get(&self, number: u16) -> Option<&Compartment> {
        self.records.get(&number)
    }

    /// The record of a delivery that is in a compartment, in whatever state.
    pub fn of_delivery(&self, delivery: &DeliveryId) -> Option<&Compartment> {
        self.records.values().find(|it| it.delivery.id == *delivery)
    }

    /// What may be put into a compartment.
    pub fn expected(&self) -> impl Iterator<Item = &Delivery> {
        self.expected
            .values()
            .filter(|it| it.state == DeliveryState::Expected && !self.finished.contains(&it.id))
    }

    pub fn expected_delivery(&self, delivery: &DeliveryId) -> Option<&Delivery> {
        self.expected().find(|it| it.id == *delivery)
    }

    /// What the office last said of a delivery that lies in no compartment here.
    pub(crate) fn told_of(&self, delivery: &DeliveryId) -> Option<&Delivery> {
        self.expected.get(delivery)
    }

    /// What this person may take by card.
    pub fn for_person<'a>(&'a self, id_hash: &'a IdHash) -> impl Iterator<Item = &'a Compartment> {
        self.holding().filter(move |it| it.delivery.id_hash == *id_hash)
    }

    /// The delivery that a code's first four digits point at.
    pub fn for_locator(&self, locator: &str) -> Option<&Compartment> {
        self.holding()
            .find(|it| it.delivery.code.as_ref().is_some_and(|code| code.locator == locator))
    }

    /// It did not leave here after all.
    pub fn unfinish(&mut self, delivery: &DeliveryId) {
        self.finished.remove(delivery);
    }

    /// Call it when the office knows everything that happened here: what left, and what the office
    /// expects nevertheless, may come once more. Returns which.
    pub fn expected_again(&mut self) -> Vec<DeliveryId> {
        let again: Vec<DeliveryId> =
            self.finished.iter().filter(|it| self.expected.contains_key(*it)).cloned().collect();
        self.finished.retain(|it| !again.contains(it));
        again
    }

    /// Waits in the back room to be put in.
    pub fn expect(&mut self, delivery: Delivery) {
        self.expected.insert(delivery.id.clone(), delivery);
    }

    pub fn is_finished(&self, delivery: &DeliveryId) -> bool {
        self.finished.contains(delivery)
    }

    pub fn holding(&self) -> impl Iterator<Item = &Compartment> {
        self.records.values().filter(|it| it.state == CompartmentState::Holds)
    }

    pub fn uncertain(&self) -> impl Iterator<Item = &Compartment> {
        self.records.values().filter(|it| matches!(it.state, CompartmentState::Uncertain { .. }))
    }

    /// Puts a new record in place of the former one; an empty compartment's record is dropped.
    pub fn put(&mut self, record: Compartment) {
        let elsewhere = self.of_delivery(&record.delivery.id).map(|it| it.number);
        assert!(
            elsewhere.is_none_or(|number| number == record.number),
            "a delivery lies in one compartment at most"
        );
        if record.state == CompartmentState::Empty {
            self.empty(record.number, record.since);
        } else {
            self.expected.remove(&record.delivery.id);
            self.records.insert(record.number, record);
        }
    }

    /// Nothing this kiosk knows of is in it any more: what the office has in it may be.
    fn empty(&mut self, number: u16, since: Timestamp) {
        self.records.remove(&number);
        let in_it =
            |it: &&Delivery| it.compartment == Some(number) && it.state != DeliveryState::Expected;
        let contested = self.expected.values().find(in_it).cloned();
        if let Some(delivery) = contested {
            self.expected.remove(&delivery.id);
            let state = CompartmentState::Uncertain { because: Doubt::OfficeDisagrees };
            self.records.insert(number, Compartment { number, delivery, state, since });
        }
    }

    /// The delivery left this kiosk.
    pub fn finish(&mut self, delivery: DeliveryId) {
        self.finished.insert(delivery);
    }

    /// The smallest free compartment that is large enough, lowest number first. `usable` says whether
    /// a compartment's door is known to be closed.
    pub fn free_compartment(
        &self,
        all: &[(u16, CompartmentSize)],
        size: CompartmentSize,
        usable: impl Fn(u16) -> bool,
    ) -> Option<u16> {
        all.iter()
            .filter(|(number, has)| {
                *has >= size && !self.records.contains_key(number) && usable(*number)
            })
            .min_by_key(|(number, has)| (*has, *number))
            .map(|(number, _)| *number)
    }

    /// Takes a delivery as the office knows it. What this kiosk knows of its own compartments is
    /// newer, except for who may collect and until when.
    pub fn take_from_feed(
        &mut self,
        me: &wire::KioskId,
        delivery: Delivery,
        now: Timestamp,
        trust: Trust,
    ) -> FeedOutcome {
        let id = delivery.id.clone();
        if let Some(number) = self.of_delivery(&id).map(|it| it.number) {
            return self.update_known(number, delivery, now);
        }
        let here = delivery.kiosk.as_ref() == Some(me);
        if self.finished.contains(&id) {
            return match delivery.state {
                DeliveryState::HandedOver | DeliveryState::Recalled => {
                    self.finished.remove(&id);
                    self.expected.remove(&id);
                    FeedOutcome::Confirmed(id)
                }
                // It counts once the office knows that it left: see `expected_again`.
                DeliveryState::Expected if here || delivery.kiosk.is_none() => {
                    self.expected.insert(id.clone(), delivery);
                    FeedOutcome::Expected(id)
                }
                _ => FeedOutcome::Nothing,
            };
        }
        match (delivery.state, delivery.compartment) {
            (DeliveryState::Expected, _) if here || delivery.kiosk.is_none() => {
                self.expected.insert(id.clone(), delivery);
                FeedOutcome::Expected(id)
            }
            (DeliveryState::InCompartment, Some(number)) if here => {
                let state = match trust {
                    Trust::Whole => CompartmentState::Holds,
                    Trust::Recovered => {
                        CompartmentState::Uncertain { because: Doubt::StoreRecovered }
                    }
                };
                self.adopt(number, delivery, state, now)
            }
            (DeliveryState::Uncertain, Some(number)) if here => {
                let state = CompartmentState::Uncertain { because: Doubt::OfficeDisagrees };
                self.adopt(number, delivery, state, now)
            }
            _ if self.expected.remove(&id).is_some() => FeedOutcome::NoLongerExpected(id),
            _ => FeedOutcome::Nothing,
        }
    }

    /// The office says that a delivery is of no more concern here.
    pub fn forget(&mut self, id: &DeliveryId, now: Timestamp) -> FeedOutcome {
        if self.finished.remove(id) {
            self.expected.remove(id);
            FeedOutcome::Confirmed(id.clone())
        } else if self.expected.remove(id).is_some() {
            FeedOutcome::NoLongerExpected(id.clone())
        } else if let Some(number) = self.of_delivery(id).map(|it| it.number) {
            self.doubt(number, now)
        } else {
            FeedOutcome::Nothing
        }
    }

    fn update_known(&mut self, number: u16, delivery: Delivery, now: Timestamp) -> FeedOutcome {
        let record = self.records.get_mut(&number).expect("the caller found it by this number");
        match delivery.state {
            DeliveryState::HandedOver | DeliveryState::Recalled => self.doubt(number, now),
            DeliveryState::InCompartment | DeliveryState::Expected | DeliveryState::Uncertain => {
                let fresh = Delivery {
                    state: record.delivery.state,
                    compartment: Some(number),
                    kiosk: record.delivery.kiosk.clone(),
                    code: delivery.code.or(record.delivery.code.take()),
                    hold_until: delivery.hold_until.or(record.delivery.hold_until),
                    ..delivery
                };
                record.delivery = fresh;
                FeedOutcome::Compartment(number)
            }
        }
    }

    /// The office says it left, this kiosk thought it is here: only somebody who looks can tell.
    /// Unless this kiosk's knowledge is a copy: the office has it from the kiosk itself.
    fn doubt(&mut self, number: u16, now: Timestamp) -> FeedOutcome {
        let record = self.records.get_mut(&number).expect("the caller found it by this number");
        match record.state {
            CompartmentState::Uncertain { because: Doubt::StoreRecovered } => {
                self.empty(number, now);
                FeedOutcome::Emptied(number)
            }
            CompartmentState::Holds => {
                record.state = CompartmentState::Uncertain { because: Doubt::OfficeDisagrees };
                FeedOutcome::Doubtful(number)
            }
            _ => FeedOutcome::Nothing,
        }
    }

    fn adopt(
        &mut self,
        number: u16,
        delivery: Delivery,
        state: CompartmentState,
        since: Timestamp,
    ) -> FeedOutcome {
        let id = delivery.id.clone();
        if self.records.contains_key(&number) {
            self.expected.insert(id.clone(), delivery);
            return FeedOutcome::Expected(id);
        }
        self.expected.remove(&id);
        let told = delivery.state == DeliveryState::Uncertain || state == CompartmentState::Holds;
        self.records.insert(number, Compartment { number, delivery, state, since });
        if told { FeedOutcome::Compartment(number) } else { FeedOutcome::Doubtful(number) }
    }
}

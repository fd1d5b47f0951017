//! Where a delivery is, and what a kiosk's report does to that.
//!
//! A delivery is in exactly one state. What a kiosk reports either follows from that state, repeats
//! what is known already, or contradicts it; a contradiction changes nothing and is kept for a
//! person to look at. `Uncertain` is left by [`EventBody::Resolved`] only.

use wire::{DeliveryState, EventBody, KioskId};

/// The custody of one delivery. `place` is where it lies, or where it lay last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    pub state: DeliveryState,
    /// The kiosk it is meant for while it is expected; none: any.
    pub kiosk: Option<KioskId>,
    pub place: Option<Place>,
    /// It lay in a compartment for certain since it was last expected.
    pub was_deposited: bool,
}

/// One compartment of one kiosk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub kiosk: KioskId,
    pub compartment: u16,
}

/// What an accepted report means for the delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Known already, or of no consequence for the custody.
    None,
    /// It lies in the compartment now: a code, a notification and a last day are due.
    Deposited(Place),
    HandedOver,
    Recalled,
    BecameUncertain(Place),
    /// It was never put in, although that had been said.
    NotPlaced,
    /// A person saw it where it had been put.
    FoundAgain,
    /// A person looked and the compartment was empty after it had lain there: its owner has it.
    FoundTaken,
    /// A person looked and it never got into the compartment: it is expected again.
    FoundNotDeposited,
}

/// Why a report cannot be true together with what the office knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    #[error("no delivery of this hall has this id")]
    NoSuchDelivery,
    #[error("the delivery is meant for another kiosk")]
    OtherKiosk,
    #[error("the delivery lies in another compartment")]
    OtherCompartment,
    #[error("the delivery was never put into a compartment")]
    NotDeposited,
    #[error("the delivery was handed over before")]
    HandedOverBefore,
    #[error("the delivery was taken back before")]
    RecalledBefore,
    #[error("the delivery is uncertain; only a person who looked may say where it is")]
    Uncertain,
    #[error("nobody doubted where the delivery is")]
    NotUncertain,
    #[error("another delivery lies in this compartment")]
    CompartmentTaken,
}

impl Contradiction {
    pub const ALL: [Self; 9] = [
        Self::NoSuchDelivery,
        Self::OtherKiosk,
        Self::OtherCompartment,
        Self::NotDeposited,
        Self::HandedOverBefore,
        Self::RecalledBefore,
        Self::Uncertain,
        Self::NotUncertain,
        Self::CompartmentTaken,
    ];
}

/// The delivery that a report changes the custody of, with the compartment.
pub fn subject(body: &EventBody) -> Option<(&wire::DeliveryId, u16)> {
    match body {
        EventBody::Deposited { delivery, compartment, .. }
        | EventBody::NotPlaced { delivery, compartment, .. }
        | EventBody::HandedOver { delivery, compartment, .. }
        | EventBody::Recalled { delivery, compartment, .. }
        | EventBody::Uncertain { delivery, compartment, .. }
        | EventBody::Resolved { delivery, compartment, .. } => Some((delivery, *compartment)),
        EventBody::Opened { .. }
        | EventBody::OpenFailed { .. }
        | EventBody::CodeLocked { .. }
        | EventBody::Rated { .. }
        | EventBody::HelpCalled { .. }
        | EventBody::DeviceChanged { .. }
        | EventBody::Printed { .. }
        | EventBody::Inspected { .. }
        | EventBody::Alarm { .. }
        | EventBody::AlarmSwitched { .. } => None,
    }
}

/// What `body`, reported by `kiosk`, does to a delivery in `custody`.
pub fn judge(
    custody: &Custody,
    kiosk: &KioskId,
    body: &EventBody,
) -> Result<Change, Contradiction> {
    let Some((_, compartment)) = subject(body) else { return Ok(Change::None) };
    let place = Place { kiosk: kiosk.clone(), compartment };
    match body {
        EventBody::Deposited { .. } => deposited(custody, place),
        EventBody::NotPlaced { .. } => not_placed(custody, &place),
        EventBody::HandedOver { .. } => left(custody, &place, Change::HandedOver),
        EventBody::Recalled { .. } => left(custody, &place, Change::Recalled),
        EventBody::Uncertain { .. } => uncertain(custody, place),
        EventBody::Resolved { found, .. } => resolved(custody, &place, *found),
        _ => Ok(Change::None),
    }
}

/// The custody after `change`.
pub fn after(custody: &Custody, change: &Change) -> Custody {
    let mut next = custody.clone();
    match change {
        Change::None => {}
        Change::Deposited(place) => {
            next.state = DeliveryState::InCompartment;
            next.kiosk = Some(place.kiosk.clone());
            next.place = Some(place.clone());
            next.was_deposited = true;
        }
        Change::HandedOver | Change::FoundTaken => next.state = DeliveryState::HandedOver,
        Change::Recalled => next.state = DeliveryState::Recalled,
        Change::BecameUncertain(place) => {
            next.state = DeliveryState::Uncertain;
            next.kiosk = Some(place.kiosk.clone());
            next.place = Some(place.clone());
        }
        Change::FoundAgain => next.state = DeliveryState::InCompartment,
        Change::FoundNotDeposited | Change::NotPlaced => {
            next.state = DeliveryState::Expected;
            next.place = None;
            next.was_deposited = false;
        }
    }
    next
}

fn deposited(custody: &Custody, place: Place) -> Result<Change, Contradiction> {
    match custody.state {
        DeliveryState::Expected => meant_for(custody, &place).map(|()| Change::Deposited(place)),
        DeliveryState::InCompartment => at(custody, &place).map(|()| Change::None),
        DeliveryState::HandedOver => Err(Contradiction::HandedOverBefore),
        DeliveryState::Recalled => Err(Contradiction::RecalledBefore),
        DeliveryState::Uncertain => Err(Contradiction::Uncertain),
    }
}

/// It is in the hand of the person who was to put it in.
fn not_placed(custody: &Custody, place: &Place) -> Result<Change, Contradiction> {
    match custody.state {
        DeliveryState::Expected => Ok(Change::None),
        DeliveryState::InCompartment => at(custody, place).map(|()| Change::NotPlaced),
        DeliveryState::HandedOver => Err(Contradiction::HandedOverBefore),
        DeliveryState::Recalled => Err(Contradiction::RecalledBefore),
        DeliveryState::Uncertain => Err(Contradiction::Uncertain),
    }
}

/// It left the compartment by `change`: handed over or recalled.
fn left(custody: &Custody, place: &Place, change: Change) -> Result<Change, Contradiction> {
    match (custody.state, &change) {
        (DeliveryState::Expected, _) => Err(Contradiction::NotDeposited),
        (DeliveryState::InCompartment, _) => at(custody, place).map(|()| change),
        (DeliveryState::HandedOver, Change::HandedOver)
        | (DeliveryState::Recalled, Change::Recalled) => at(custody, place).map(|()| Change::None),
        (DeliveryState::HandedOver, _) => Err(Contradiction::HandedOverBefore),
        (DeliveryState::Recalled, _) => Err(Contradiction::RecalledBefore),
        (DeliveryState::Uncertain, _) => Err(Contradiction::Uncertain),
    }
}

/// A kiosk may come to doubt what it reported before: somebody says that the door did not open.
fn uncertain(custody: &Custody, place: Place) -> Result<Change, Contradiction> {
    match custody.state {
        DeliveryState::Expected => meant_for(custody, &place)?,
        DeliveryState::Uncertain => return at(custody, &place).map(|()| Change::None),
        DeliveryState::InCompartment | DeliveryState::HandedOver | DeliveryState::Recalled => {
            at(custody, &place)?;
        }
    }
    Ok(Change::BecameUncertain(place))
}

fn resolved(custody: &Custody, place: &Place, found: bool) -> Result<Change, Contradiction> {
    match (custody.state, found) {
        (DeliveryState::Uncertain, _) => {
            at(custody, place)?;
            Ok(match (found, custody.was_deposited) {
                (true, true) => Change::FoundAgain,
                (true, false) => Change::Deposited(place.clone()),
                (false, true) => Change::FoundTaken,
                (false, false) => Change::FoundNotDeposited,
            })
        }
        // Somebody looked and saw what was known.
        (DeliveryState::InCompartment, true)
        | (DeliveryState::HandedOver | DeliveryState::Recalled, false) => {
            at(custody, place).map(|()| Change::None)
        }
        _ => Err(Contradiction::NotUncertain),
    }
}

fn at(custody: &Custody, place: &Place) -> Result<(), Contradiction> {
    match &custody.place {
        Some(known) if known == place => Ok(()),
        Some(known) if known.kiosk != place.kiosk => Err(Contradiction::OtherKiosk),
        Some(_) => Err(Contradiction::OtherCompartment),
        None => Err(Contradiction::NotDeposited),
    }
}

fn meant_for(custody: &Custody, place: &Place) -> Result<(), Contradiction> {
    match &custody.kiosk {
        Some(kiosk) if *kiosk != place.kiosk => Err(Contradiction::OtherKiosk),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::{DeliveryId, IdentifiedBy, StaffId};

    use super::*;

    fn expected() -> Custody {
        Custody { state: DeliveryState::Expected, kiosk: None, place: None, was_deposited: false }
    }

    fn event(kind: u8, compartment: u16) -> EventBody {
        let delivery = DeliveryId::from("d1");
        let staff = StaffId::from("s1");
        match kind {
            0 => EventBody::Deposited { delivery, compartment, staff },
            1 => EventBody::HandedOver {
                delivery,
                compartment,
                identified_by: IdentifiedBy::IdCard,
                receipt_number: "R1".to_owned(),
            },
            2 => EventBody::Recalled { delivery, compartment, staff },
            3 => EventBody::Uncertain { delivery, compartment, because: "power".to_owned() },
            4 => EventBody::Resolved { delivery, compartment, found: true, staff },
            5 => EventBody::Resolved { delivery, compartment, found: false, staff },
            _ => EventBody::OpenFailed { compartment, delivery: Some(delivery) },
        }
    }

    fn run(events: &[(u8, u16)]) -> Result<Custody, Contradiction> {
        events.iter().try_fold(expected(), |custody, (kind, compartment)| {
            let change = judge(&custody, &KioskId::from("k3"), &event(*kind, *compartment))?;
            Ok(after(&custody, &change))
        })
    }

    fn state(events: &[(u8, u16)]) -> Result<DeliveryState, Contradiction> {
        run(events).map(|it| it.state)
    }

    #[test]
    fn the_ordinary_ways_through_a_compartment() {
        assert_eq!(state(&[(0, 7)]), Ok(DeliveryState::InCompartment));
        assert_eq!(state(&[(0, 7), (1, 7)]), Ok(DeliveryState::HandedOver));
        assert_eq!(state(&[(0, 7), (2, 7)]), Ok(DeliveryState::Recalled));
    }

    #[test]
    fn what_is_known_already_changes_nothing() {
        assert_eq!(state(&[(0, 7), (0, 7)]), Ok(DeliveryState::InCompartment));
        assert_eq!(state(&[(0, 7), (1, 7), (1, 7)]), Ok(DeliveryState::HandedOver));
        assert_eq!(state(&[(0, 7), (3, 7), (3, 7)]), Ok(DeliveryState::Uncertain));
    }

    #[test]
    fn contradictions_say_what_they_contradict() {
        for (events, because) in [
            (&[(1, 7)][..], Contradiction::NotDeposited),
            (&[(0, 7), (1, 8)], Contradiction::OtherCompartment),
            (&[(0, 7), (0, 8)], Contradiction::OtherCompartment),
            (&[(0, 7), (1, 7), (2, 7)], Contradiction::HandedOverBefore),
            (&[(0, 7), (1, 7), (0, 7)], Contradiction::HandedOverBefore),
            (&[(0, 7), (2, 7), (1, 7)], Contradiction::RecalledBefore),
            (&[(0, 7), (2, 7), (3, 8)], Contradiction::OtherCompartment),
            (&[(0, 7), (3, 7), (1, 7)], Contradiction::Uncertain),
            (&[(3, 7), (0, 7)], Contradiction::Uncertain),
            (&[(0, 7), (5, 7)], Contradiction::NotUncertain),
        ] {
            assert_eq!(state(events), Err(because), "{events:?}");
        }
    }

    #[test]
    fn a_person_who_looked_ends_the_doubt() {
        assert_eq!(state(&[(0, 7), (3, 7), (4, 7)]), Ok(DeliveryState::InCompartment));
        assert_eq!(state(&[(0, 7), (3, 7), (5, 7)]), Ok(DeliveryState::HandedOver));
        assert_eq!(state(&[(3, 7), (4, 7)]), Ok(DeliveryState::InCompartment));
        assert_eq!(state(&[(3, 7), (5, 7)]), Ok(DeliveryState::Expected));
        assert_eq!(state(&[(0, 7), (1, 7), (3, 7), (4, 7)]), Ok(DeliveryState::InCompartment));
    }

    #[test]
    fn another_kiosk_has_no_say() {
        let lying = run(&[(0, 7)]).expect("it was expected");
        let other = KioskId::from("k1");
        assert_eq!(judge(&lying, &other, &event(1, 7)), Err(Contradiction::OtherKiosk));
        let meant = Custody { kiosk: Some(KioskId::from("k3")), ..expected() };
        assert_eq!(judge(&meant, &other, &event(0, 7)), Err(Contradiction::OtherKiosk));
    }

    proptest! {
        #[test]
        fn only_a_person_who_looked_leaves_uncertain(
            events in prop::collection::vec((0u8..7, 1u16..4), 0..30),
        ) {
            let kiosk = KioskId::from("k3");
            let mut custody = expected();
            for (kind, compartment) in events {
                let Ok(change) = judge(&custody, &kiosk, &event(kind, compartment)) else {
                    continue;
                };
                let next = after(&custody, &change);
                if custody.state == DeliveryState::Uncertain && next.state != custody.state {
                    prop_assert!(kind == 4 || kind == 5);
                }
                if matches!(next.state, DeliveryState::InCompartment | DeliveryState::Uncertain) {
                    prop_assert!(next.place.is_some());
                }
                if next.state == DeliveryState::InCompartment {
                    prop_assert!(next.was_deposited);
                }
                custody = next;
            }
        }

        #[test]
        fn taking_an_accepted_event_twice_is_taking_it_once(
            events in prop::collection::vec((0u8..4, 1u16..4), 1..20),
        ) {
            let kiosk = KioskId::from("k3");
            let mut custody = expected();
            for (kind, compartment) in events {
                let body = event(kind, compartment);
                if let Ok(change) = judge(&custody, &kiosk, &body) {
                    custody = after(&custody, &change);
                    prop_assert_eq!(judge(&custody, &kiosk, &body), Ok(Change::None));
                }
            }
        }
    }
}

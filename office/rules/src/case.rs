//! A case's states, and what its timeline still has ahead.

use wire::{CaseState, CaseStepKind, DeliveryWay};

use crate::custody::Change;

/// The states that may follow `state`.
pub fn next_states(state: CaseState) -> &'static [CaseState] {
    use CaseState as S;
    match state {
        S::Accepted => &[S::UnderReview, S::ToSupplement, S::Withdrawn],
        S::ToSupplement => &[S::Accepted, S::UnderReview, S::Refused, S::Withdrawn],
        S::Tolerated => &[S::UnderReview, S::ToSupplement, S::Withdrawn],
        S::UnderReview => &[S::Approved, S::Refused, S::ToSupplement, S::Withdrawn],
        S::Approved => &[S::Producing],
        S::Producing => &[S::ReadyForPickup],
        S::ReadyForPickup => &[S::HandedOver],
        S::Refused | S::HandedOver | S::Withdrawn | S::Unknown => &[],
    }
}

/// What the timeline still has ahead in `state`, in order.
pub fn steps_ahead(state: CaseState, way: DeliveryWay) -> Vec<CaseStepKind> {
    use CaseStepKind as K;
    let whole = match way {
        DeliveryWay::Locker => &[K::Reviewed, K::Produced, K::ReadyForPickup, K::HandedOver][..],
        DeliveryWay::Window | DeliveryWay::Post => &[K::Reviewed, K::Produced, K::HandedOver],
    };
    let done = match state {
        CaseState::ToSupplement => {
            return std::iter::once(K::Supplemented).chain(whole.iter().copied()).collect();
        }
        CaseState::Accepted | CaseState::Tolerated | CaseState::UnderReview => 0,
        CaseState::Approved | CaseState::Producing => 1,
        CaseState::ReadyForPickup => whole.len() - 1,
        CaseState::Refused | CaseState::HandedOver | CaseState::Withdrawn | CaseState::Unknown => {
            whole.len()
        }
    };
    whole[done..].to_vec()
}

/// What a change of a delivery's custody does to its case: state and a line in the timeline.
pub fn after_custody(change: &Change) -> Option<(CaseState, CaseStepKind)> {
    match change {
        Change::Deposited(_) => Some((CaseState::ReadyForPickup, CaseStepKind::ReadyForPickup)),
        Change::HandedOver | Change::FoundTaken => {
            Some((CaseState::HandedOver, CaseStepKind::HandedOver))
        }
        // It waits at the window from now on.
        Change::Recalled => Some((CaseState::ReadyForPickup, CaseStepKind::Recalled)),
        // What said that it was ready is taken back, which is no step of its own.
        Change::NotPlaced
        | Change::None
        | Change::BecameUncertain(_)
        | Change::FoundAgain
        | Change::FoundNotDeposited => None,
    }
}

/// The state as it stands in messages and in the database.
pub fn state_text(state: CaseState) -> &'static str {
    match state {
        CaseState::Accepted => "accepted",
        CaseState::ToSupplement => "to_supplement",
        CaseState::Tolerated => "tolerated",
        CaseState::Refused => "refused",
        CaseState::UnderReview => "under_review",
        CaseState::Approved => "approved",
        CaseState::Producing => "producing",
        CaseState::ReadyForPickup => "ready_for_pickup",
        CaseState::HandedOver => "handed_over",
        CaseState::Withdrawn => "withdrawn",
        CaseState::Unknown => "unknown",
    }
}

/// Every state that a case can be in, in the order of a case's life.
pub const STATES: [CaseState; 10] = [
    CaseState::Accepted,
    CaseState::Tolerated,
    CaseState::ToSupplement,
    CaseState::UnderReview,
    CaseState::Approved,
    CaseState::Producing,
    CaseState::ReadyForPickup,
    CaseState::HandedOver,
    CaseState::Refused,
    CaseState::Withdrawn,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_leads_to_an_end() {
        for state in STATES {
            let mut reached = vec![state];
            let mut at = 0;
            while at < reached.len() {
                for next in next_states(reached[at]) {
                    if !reached.contains(next) {
                        reached.push(*next);
                    }
                }
                at += 1;
            }
            assert!(reached.iter().any(|it| next_states(*it).is_empty()), "{state:?}");
        }
    }

    #[test]
    fn nothing_is_ahead_of_an_ended_case() {
        for state in STATES {
            let ahead = steps_ahead(state, DeliveryWay::Locker);
            assert_eq!(ahead.is_empty(), next_states(state).is_empty(), "{state:?}");
        }
    }

    #[test]
    fn the_text_is_what_messages_carry() {
        for state in STATES {
            let json = serde_json::to_string(&state).expect("a state is a string");
            assert_eq!(json, format!("\"{}\"", state_text(state)));
        }
    }
}

//! A card of either kind that lies in a reader.

use serde_json::{Value, json};

use super::{
    super::{apdu::Transmit, slot::InsertedCard},
    AppletSession, CardFault, SscApplet, StaffApplet,
};

/// A card for the simulated reader.
#[derive(Clone)]
pub enum SimCard {
    Staff(StaffApplet),
    SocialSecurity(SscApplet),
}

impl SimCard {
    /// The same card with something wrong with it.
    pub fn with_fault(self, fault: Option<CardFault>) -> Self {
        match self {
            Self::Staff(it) => Self::Staff(it.with_fault(fault)),
            Self::SocialSecurity(it) => Self::SocialSecurity(it.with_fault(fault)),
        }
    }

    /// What is wrong with it.
    pub fn fault(&self) -> Option<CardFault> {
        match self {
            Self::Staff(it) => it.fault(),
            Self::SocialSecurity(it) => it.fault(),
        }
    }

    /// Powers the card up.
    pub fn session(&self) -> AppletSession {
        match self {
            Self::Staff(it) => it.session(),
            Self::SocialSecurity(it) => it.session(),
        }
    }

    pub(super) fn state(&self) -> Value {
        match self {
            Self::Staff(it) => json!({
                "card_number": it.card_number(),
                "public_key": it.public_key(),
            }),
            Self::SocialSecurity(it) => json!({ "ssc": it.data() }),
        }
    }
}

impl InsertedCard for SimCard {
    fn power_up(&self) -> Option<Box<dyn Transmit + Send>> {
        Some(Box::new(self.session()))
    }

    fn answer_to_reset(&self) -> Vec<u8> {
        match self {
            Self::Staff(it) => it.answer_to_reset(),
            Self::SocialSecurity(it) => it.answer_to_reset(),
        }
    }
}

impl From<StaffApplet> for SimCard {
    fn from(card: StaffApplet) -> Self {
        Self::Staff(card)
    }
}

impl From<SscApplet> for SimCard {
    fn from(card: SscApplet) -> Self {
        Self::SocialSecurity(card)
    }
}

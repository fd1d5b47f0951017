//! What can be wrong with a receipt printer.

use std::sync::LazyLock;

use crate::sim::FaultInfo;

/// Of every printer.
pub(super) const FAULTS: &[FaultInfo] = &[
    FaultInfo { name: "paper_end", description: "the roll is used up" },
    FaultInfo { name: "paper_near_end", description: "the roll is nearly used up" },
    FaultInfo { name: "cover_open", description: "the cover stands open" },
    FaultInfo { name: "cutter", description: "the knife is stuck" },
    FaultInfo { name: "mechanical", description: "the paper is jammed" },
    FaultInfo { name: "head_hot", description: "the head is too hot and waits" },
    FaultInfo { name: "unrecoverable", description: "the electronics report a defect" },
    FaultInfo { name: "offline", description: "the printer was put offline" },
    FaultInfo {
        name: "deaf_in_data",
        description: "the firmware takes real-time commands inside pictures for dots",
    },
    FaultInfo {
        name: "power_off",
        description: "the printer is without power and forgets what it had not printed",
    },
];

const OF_PRESENTER: [FaultInfo; 2] = [
    FaultInfo { name: "retract_jam", description: "a ticket crumples on its way back" },
    FaultInfo {
        name: "ticket_stuck",
        description: "a scrap of paper sticks in the output, and nothing moves it",
    },
];

/// The same, and those of a presenter.
pub(super) static WITH_PRESENTER: LazyLock<Vec<FaultInfo>> =
    LazyLock::new(|| [FAULTS, &OF_PRESENTER].concat());

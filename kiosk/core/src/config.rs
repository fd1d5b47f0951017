//! What a kiosk is set up to be: handed in once, from the app's configuration file.

use std::time::Duration;

use jiff::civil::Time;
use wire::{CompartmentSize, KioskId};
use zeroize::Zeroizing;

use crate::diagnosis::DeviceKind;
use crate::journey::Service;

/// Settings of one kiosk.
#[derive(Clone, Debug)]
pub struct Config {
    pub kiosk: KioskId,
    /// Painted on it; the first two digits of its pickup codes.
    pub number: u8,
    /// The hall's key for hashing ID numbers.
    pub hall_key: HallKey,
    /// All compartments with their sizes, in the order of their numbers.
    pub compartments: Vec<(u16, CompartmentSize)>,
    /// Compartments side by side in the wall, for its picture.
    pub wall_columns: usize,
    /// Paper on a new roll of the receipt printer.
    pub paper_roll_mm: u64,
    /// The devices that are configured, as maintenance lists them.
    pub devices: Vec<DeviceKind>,
    /// The profile of this terminal: what it offers.
    pub services: Vec<Service>,
    pub limits: Limits,
    pub darkness: Darkness,
    /// Tag of the language that every session starts in.
    pub language: String,
}

/// A key that never shows itself.
#[derive(Clone)]
pub struct HallKey(pub Zeroizing<Vec<u8>>);

impl std::fmt::Debug for HallKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HallKey(…)")
    }
}

/// When the panel of a kiosk that nobody uses goes dark. A touch, a card or a code wakes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Darkness {
    /// Times of the hall's day, from the first up to the second; over midnight where that is earlier. Without
    /// any it is never dark.
    pub hours: Vec<(Time, Time)>,
    /// Nobody was there for so long.
    pub after: Duration,
}

impl Darkness {
    /// Whether the panel may be dark at this time of the day.
    pub(crate) fn at(&self, time: Time) -> bool {
        self.hours.iter().any(|&(from, to)| match from < to {
            true => (from..to).contains(&time),
            false => time >= from || time < to,
        })
    }
}

impl Default for Darkness {
    fn default() -> Self {
        Self { hours: Vec::new(), after: Duration::from_secs(300) }
    }
}

/// How long things may take, and how little power is enough for them.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Without a touch for this long, the person is asked whether they are still there.
    pub idle: Duration,
    /// The same with large text, where reading takes longer.
    pub idle_large_text: Duration,
    /// The same for members of staff, who have their hands in the machine.
    pub idle_staff: Duration,
    /// Time to answer (WCAG 2.2.1 asks for 20 s at least).
    pub idle_answer: Duration,
    /// A door open for this long is called out.
    pub door_reminder: Duration,
    /// A door open for this long is left to staff.
    pub door_limit: Duration,
    /// A print job without an answer for this long is given up as unknown.
    pub print_limit: Duration,
    /// Wrong tries that lock a code or PIN.
    pub tries: u32,
    /// The first lock; each further one lasts twice as long.
    pub lock: Duration,
    /// A card still on the reader this long after the session is reported to staff.
    pub card_forgotten: Duration,
    /// With a battery that is nearly empty: time for whoever is here to end, and for the mains to
    /// come back.
    pub power_grace: Duration,
    pub battery: BatteryLevels,
    /// A device that was not seen since the start counts as gone only after this.
    pub start_grace: Duration,
    /// How long the siren sounds.
    pub siren: Duration,
    /// An alarm that was switched off goes on by itself after the cabinet has been shut for so long
    /// with nobody logged in.
    pub rearm: Duration,
    /// The start screen goes back to the default language and look after this long.
    pub start_reset: Duration,
}

/// What a battery that feeds the kiosk has to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatteryLevels {
    /// With less, nothing is begun that opens doors or moves paper.
    pub refuse_below_percent: u8,
    /// With less, the kiosk switches itself off.
    pub shutdown_below_percent: u8,
}

impl Default for BatteryLevels {
    fn default() -> Self {
        Self { refuse_below_percent: 30, shutdown_below_percent: 10 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(60),
            idle_large_text: Duration::from_secs(120),
            idle_staff: Duration::from_secs(300),
            idle_answer: Duration::from_secs(45),
            door_reminder: Duration::from_secs(30),
            door_limit: Duration::from_secs(180),
            print_limit: Duration::from_secs(30),
            tries: 5,
            lock: Duration::from_secs(15 * 60),
            card_forgotten: Duration::from_secs(30),
            start_reset: Duration::from_secs(60),
            power_grace: Duration::from_secs(30),
            battery: BatteryLevels::default(),
            start_grace: Duration::from_secs(15),
            siren: Duration::from_secs(180),
            rearm: Duration::from_secs(60),
        }
    }
}

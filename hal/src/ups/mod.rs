//! Uninterruptible power supplies: whether the mains are there and how long the battery lasts.

#[cfg(test)]
mod codec_tests;
mod measure;
pub mod megatec;
pub mod nut;
#[cfg(all(test, feature = "sim"))]
mod nut_server_tests;
mod settings;

#[cfg(feature = "drivers")]
mod driver;
#[cfg(all(test, feature = "sim"))]
mod driver_tests;
#[cfg(feature = "drivers")]
mod meter;
#[cfg(feature = "drivers")]
pub mod once;
#[cfg(all(test, feature = "sim"))]
mod order_tests;
#[cfg(feature = "sim")]
pub mod sim;

use crate::{
    fault::{Link, Origin, RequiredAction},
    port::Direction,
};

#[cfg(feature = "drivers")]
pub use driver::{UpsHandle, UpsHealth, UpsOrders, spawn};
pub use measure::Hundredths;
#[cfg(feature = "drivers")]
pub use meter::{OrderError, UpsError};
pub use settings::{
    BAUD, POLL_INTERVAL_MS_MAX, POLL_INTERVAL_MS_MIN, Password, Protocol, SettingError, UpsSettings,
};

/// What the driver reports. Repeated states are not events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpsEvent {
    /// Whether the state of the UPS is known. While it is not, the last status says nothing; if
    /// that was on battery, the end may come unannounced.
    Link(Link),
    /// Why it is not known; comes before the link goes down and when the reason changes.
    Problem(UpsProblem),
    /// A state changed or a measured value moved, see [`UpsStatus::is_news_after`]. Also the first
    /// after the link came up.
    Status(UpsStatus),
}

/// What a UPS says about itself. Empty where the unit or its protocol does not tell.
///
/// As JSON it is what `ups status --json` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UpsStatus {
    /// The mains are there; otherwise the battery feeds the load.
    pub mains: bool,
    /// The battery will not last long; the unit decides from when on.
    pub battery_low: bool,
    /// Percent of the rated power; more than 100 is an overload.
    pub load_percent: Option<u16>,
    pub battery_volt: Option<Hundredths>,
    pub battery_percent: Option<u8>,
    /// How long the battery lasts at this load.
    pub runtime_s: Option<u32>,
    pub temperature_c: Option<Hundredths>,
    pub input_volt: Option<Hundredths>,
    /// The mains feed the load past the inverter: a power cut would not be bridged.
    pub bypass: bool,
    /// The unit reports a fault of its own or a battery that has to be replaced.
    pub failed: bool,
    pub kind: Option<UpsKind>,
    /// Somebody told the unit to switch off, and it is about to.
    pub shutdown_active: bool,
}

/// How the unit is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpsKind {
    /// The inverter feeds the load always.
    Online,
    /// Standby or line-interactive: the inverter takes over when the mains fail.
    Standby,
}

/// What keeps the state of a UPS from being known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpsProblem {
    /// The port cannot be opened or was closed by the other end.
    PortClosed,
    /// Nothing that can be understood answers.
    Silent,
    /// It answers, but does not know the question: another protocol, or a cable that echoes.
    NotUnderstood,
    /// upsd has not heard from the UPS for a while.
    DataStale,
    /// upsd runs without the driver of this UPS.
    DriverNotConnected,
    /// upsd knows no UPS of this name.
    UnknownUps,
    /// upsd does not answer this computer.
    AccessDenied,
    /// The settings contradict themselves.
    Settings,
}

impl UpsProblem {
    /// Where it comes from.
    pub fn origin(self) -> Origin {
        match self {
            Self::PortClosed | Self::Silent | Self::DataStale => Origin::Hardware,
            Self::NotUnderstood
            | Self::DriverNotConnected
            | Self::UnknownUps
            | Self::AccessDenied
            | Self::Settings => Origin::Software,
        }
    }

    /// What has to be done. The driver keeps trying by itself in any case.
    pub fn action(self) -> RequiredAction {
        match self {
            Self::PortClosed | Self::Silent | Self::DataStale | Self::DriverNotConnected => {
                RequiredAction::Maintenance
            }
            Self::NotUnderstood | Self::UnknownUps | Self::AccessDenied | Self::Settings => {
                RequiredAction::Configuration
            }
        }
    }
}

impl std::fmt::Display for UpsProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::PortClosed => "its port is closed; check cable, adapter or network",
            Self::Silent => "it does not answer; check cable, rate and protocol",
            Self::NotUnderstood => "it does not know the question; check the protocol",
            Self::DataStale => "upsd lost contact with it; check the cable between the two",
            Self::DriverNotConnected => "upsd runs without its driver; start nut-driver",
            Self::UnknownUps => "upsd knows no UPS of this name; compare with ups.conf",
            Self::AccessDenied => "upsd refuses this computer; see upsd.conf",
            Self::Settings => "its settings contradict themselves",
        })
    }
}

impl UpsStatus {
    /// Whether this says something that a status told `before` did not: any change of a state, or a
    /// measured value that moved further than it does by itself.
    pub fn is_news_after(&self, before: &Self) -> bool {
        let states = |it: &Self| {
            (it.mains, it.battery_low, it.bypass, it.failed, it.kind, it.shutdown_active)
        };
        let volts = |it: Option<Hundredths>| it.map(|it| it.0);
        let small = |it: Option<u16>| it.map(i32::from);
        let percent = |it: Option<u8>| it.map(i32::from);
        let seconds = |it: Option<u32>| it.map(|it| i32::try_from(it).unwrap_or(i32::MAX));
        states(self) != states(before)
            || moved(small(self.load_percent), small(before.load_percent), 5)
            || moved(volts(self.battery_volt), volts(before.battery_volt), 50)
            || moved(percent(self.battery_percent), percent(before.battery_percent), 1)
            || moved(seconds(self.runtime_s), seconds(before.runtime_s), 60)
            || moved(volts(self.temperature_c), volts(before.temperature_c), 200)
            || moved(volts(self.input_volt), volts(before.input_volt), 500)
    }
}

/// What passes on the line of a UPS, for the record of a line.
pub fn describe(direction: Direction, bytes: &[u8]) -> String {
    megatec::describe(direction, bytes)
        .or_else(|| nut::describe(direction, bytes))
        .unwrap_or_else(|| "not understood".to_owned())
}

fn moved(now: Option<i32>, before: Option<i32>, step: i32) -> bool {
    match (now, before) {
        (Some(now), Some(before)) => now.abs_diff(before) >= step.unsigned_abs(),
        (now, before) => now.is_some() != before.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn on_mains() -> UpsStatus {
        UpsStatus {
            mains: true,
            battery_low: false,
            load_percent: Some(12),
            battery_volt: Some(Hundredths(2730)),
            battery_percent: None,
            runtime_s: None,
            temperature_c: None,
            input_volt: Some(Hundredths(22_100)),
            bypass: false,
            failed: false,
            kind: Some(UpsKind::Online),
            shutdown_active: false,
        }
    }

    #[test]
    fn a_status_is_printed_as_the_command_line_promises() {
        let printed = serde_json::to_string(&on_mains()).expect("plain");
        assert_eq!(
            printed,
            "{\"mains\":true,\"battery_low\":false,\"load_percent\":12,\"battery_volt\":27.3,\
             \"battery_percent\":null,\"runtime_s\":null,\"temperature_c\":null,\
             \"input_volt\":221.0,\"bypass\":false,\"failed\":false,\"kind\":\"online\",\
             \"shutdown_active\":false}"
        );
    }

    #[test]
    fn a_needle_that_trembles_is_no_news_and_a_state_is() {
        let before = on_mains();
        let trembling = UpsStatus {
            load_percent: Some(16),
            battery_volt: Some(Hundredths(2700)),
            input_volt: Some(Hundredths(22_590)),
            ..before
        };
        assert!(!trembling.is_news_after(&before));
        for news in [
            UpsStatus { mains: false, ..before },
            UpsStatus { battery_low: true, ..before },
            UpsStatus { bypass: true, ..before },
            UpsStatus { failed: true, ..before },
            UpsStatus { kind: None, ..before },
            UpsStatus { shutdown_active: true, ..before },
            UpsStatus { load_percent: Some(17), ..before },
            UpsStatus { battery_volt: Some(Hundredths(2680)), ..before },
            UpsStatus { battery_percent: Some(100), ..before },
            UpsStatus { temperature_c: Some(Hundredths(2500)), ..before },
            UpsStatus { input_volt: None, ..before },
            UpsStatus { runtime_s: Some(60), ..before },
        ] {
            assert!(news.is_news_after(&before), "{news:?}");
        }
    }
}

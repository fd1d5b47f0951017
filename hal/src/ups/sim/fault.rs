//! What can be wrong with a simulated unit or with the upsd before it.

use crate::{sim::FaultInfo, ups::Protocol};

/// One thing that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    MainsLost,
    BatteryLow,
    Failed,
    Bypass,
    FieldsUnavailable,
    ForcedShutdown,
    QuestionEchoed,
    QuestionRefused,
    EchoBeforeAnswer,
    ReplaceBattery,
    ListUnknown,
    DataStale,
    DriverNotConnected,
    UnknownUps,
    AccessDenied,
    OrderRefused,
}

const MEGATEC: [Fault; 10] = [
    Fault::MainsLost,
    Fault::BatteryLow,
    Fault::Failed,
    Fault::Bypass,
    Fault::FieldsUnavailable,
    Fault::ForcedShutdown,
    Fault::QuestionEchoed,
    Fault::QuestionRefused,
    Fault::EchoBeforeAnswer,
    Fault::OrderRefused,
];

const NUT: [Fault; 13] = [
    Fault::MainsLost,
    Fault::BatteryLow,
    Fault::Failed,
    Fault::Bypass,
    Fault::FieldsUnavailable,
    Fault::ForcedShutdown,
    Fault::ReplaceBattery,
    Fault::ListUnknown,
    Fault::DataStale,
    Fault::DriverNotConnected,
    Fault::UnknownUps,
    Fault::AccessDenied,
    Fault::OrderRefused,
];

static MEGATEC_INFOS: [FaultInfo; MEGATEC.len()] = infos(MEGATEC);
static NUT_INFOS: [FaultInfo; NUT.len()] = infos(NUT);

impl Fault {
    /// The faults that a device of this protocol can have, as people see them.
    pub(super) fn infos(protocol: Protocol) -> &'static [FaultInfo] {
        match protocol {
            Protocol::Megatec => &MEGATEC_INFOS,
            Protocol::Nut => &NUT_INFOS,
        }
    }

    /// The fault of this name.
    pub(super) fn from_name(protocol: Protocol, name: &str) -> Option<Self> {
        let faults: &[Self] = match protocol {
            Protocol::Megatec => &MEGATEC,
            Protocol::Nut => &NUT,
        };
        faults.iter().copied().find(|it| it.info().name == name)
    }

    const fn info(self) -> FaultInfo {
        let (name, description) = match self {
            Self::MainsLost => ("mains_lost", "the mains are gone"),
            Self::BatteryLow => ("battery_low", "the unit says that its battery is low"),
            Self::Failed => ("failed", "the unit reports a fault of its own"),
            Self::Bypass => ("bypass", "the mains feed the load past the inverter"),
            Self::FieldsUnavailable => {
                ("fields_unavailable", "the unit tells its states but none of its measured values")
            }
            Self::ForcedShutdown => {
                ("forced_shutdown", "somebody ordered the unit to switch off soon")
            }
            Self::QuestionEchoed => {
                ("question_echoed", "the unit does not know Q1 and sends it back")
            }
            Self::QuestionRefused => ("question_refused", "the unit answers (NAK to Q1"),
            Self::EchoBeforeAnswer => {
                ("echo_before_answer", "the cable or the unit sends every command back first")
            }
            Self::ReplaceBattery => ("replace_battery", "the battery has to be replaced"),
            Self::ListUnknown => ("list_unknown", "the server does not know LIST VAR"),
            Self::DataStale => ("data_stale", "upsd lost contact with the unit"),
            Self::DriverNotConnected => ("driver_not_connected", "upsd runs without its driver"),
            Self::UnknownUps => ("unknown_ups", "upsd knows no UPS of this name"),
            Self::OrderRefused => ("order_refused", "the order to switch off is refused"),
            Self::AccessDenied => ("access_denied", "upsd refuses this computer"),
        };
        FaultInfo { name, description }
    }
}

const fn infos<const N: usize>(faults: [Fault; N]) -> [FaultInfo; N] {
    let mut infos = [Fault::MainsLost.info(); N];
    let mut index = 0;
    while index < N {
        infos[index] = faults[index].info();
        index += 1;
    }
    infos
}

//! Presenters: what holds a ticket out to a person and takes it back.
//!
//! CUSTOM (KPM, VKP80, TPTCM): `1D 65 n` moves tickets, `10 04 14` is answered by `10 0F` and four
//! bytes. Star and Nippon (NPT-301): `1B 72 n` moves, `10 04 05` or `1B 76` is answered by one
//! byte. From the makers' manuals; in what models differ, it is a setting.

use super::{Paper, PrinterError, PrinterSettings, PrinterStatus, escpos, settings::Model};

/// DLE EOT 20: the full status of CUSTOM printers.
pub const ASK_FULL_STATUS: [u8; 3] = [0x10, 0x04, 0x14];
/// What a full status begins with.
pub const FULL_STATUS_HEAD: [u8; 2] = [0x10, 0x0F];
/// GS e 6: the ejector's status byte of CUSTOM printers.
pub const ASK_EJECTOR: [u8; 3] = [0x1D, 0x65, 0x06];
/// DLE EOT 5: the presenter's paper detector in Star's emulation.
pub const ASK_DETECTOR: [u8; 3] = [0x10, 0x04, 0x05];
/// ESC v: one status byte of Nippon's presenters.
pub const ASK_ESC_V: [u8; 2] = [0x1B, 0x76];
/// ESC i: a full cut where the paper is.
pub const CUT_HERE: [u8; 2] = [0x1B, 0x69];

const GS_E: [u8; 2] = [0x1D, 0x65];
const ESC_R: [u8; 2] = [0x1B, 0x72];

/// What is done with a ticket that nobody took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotTaken {
    /// Back into the printer's bin.
    #[default]
    Retract,
    /// Out, wherever it falls.
    Eject,
    /// It stays until the next one is printed.
    Keep,
}

/// How the output is emptied before the next ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clear {
    #[default]
    Eject,
    Retract,
    /// Nothing is sent; the next one pushes it out.
    None,
}

/// What tells whether a ticket is in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlotQuery {
    /// CUSTOM's `10 04 14`, which tells the whole printer's state as well.
    FullStatus,
    /// CUSTOM's `1D 65 06`.
    Ejector,
    /// Star's `10 04 05`.
    Detector,
    /// Nippon's `1B 76`.
    EscV,
}

/// One presenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PresenterSettings {
    /// How long a ticket may stay in the output.
    pub take_timeout_s: u32,
    pub not_taken: NotTaken,
    pub clear: Clear,
    /// How far CUSTOM's GS e 3 pushes it; 0 as far as the model does by itself.
    pub present_steps: u8,
    /// Without it the one of the model: `full-status` or `detector`.
    pub slot_query: Option<SlotQuery>,
    /// The bit that says that a ticket is there. Known for CUSTOM; Star's differs between models,
    /// and without it tickets are not watched.
    pub slot_mask: Option<u8>,
    /// How long a ticket may take on its way.
    pub move_timeout_ms: u32,
}

impl Default for PresenterSettings {
    fn default() -> Self {
        Self {
            take_timeout_s: 60,
            not_taken: NotTaken::Retract,
            clear: Clear::Eject,
            present_steps: 0,
            slot_query: None,
            slot_mask: None,
            move_timeout_ms: 5_000,
        }
    }
}

/// Which way a ticket is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Eject,
    Retract,
}

/// A question after the slot and the bit of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotSensor {
    pub query: SlotQuery,
    pub mask: u8,
}

/// The sensor of a printer with these settings; `None` where tickets are not watched.
pub fn slot_sensor(settings: &PrinterSettings) -> Option<SlotSensor> {
    let presenter = settings.presenter;
    let of_model = match settings.model {
        Model::Generic => return None,
        Model::Custom => SlotQuery::FullStatus,
        Model::Star => SlotQuery::Detector,
    };
    let query = presenter.slot_query.unwrap_or(of_model);
    let known = match query {
        SlotQuery::FullStatus => Some(0x20),
        SlotQuery::Ejector => Some(0x08),
        SlotQuery::Detector | SlotQuery::EscV => None,
    };
    let mask = presenter.slot_mask.or(known)?;
    Some(SlotSensor { query, mask })
}

/// Whether the printer's state comes as a full status in place of DLE EOT 1 to 4.
pub fn has_full_status(settings: &PrinterSettings) -> bool {
    slot_sensor(settings).is_some_and(|it| it.query == SlotQuery::FullStatus)
}

/// Whether the printer may report changes by itself (ASB): not where its reports could be taken for
/// an answer, or an answer for a report.
pub fn may_report(settings: &PrinterSettings) -> bool {
    slot_sensor(settings).is_none_or(|it| it.query == SlotQuery::Detector)
}

/// The command that moves a ticket; `None` where there is no presenter.
pub fn move_ticket(model: Model, way: Way) -> Option<Vec<u8>> {
    let (head, n) = match (model, way) {
        (Model::Generic, _) => return None,
        (Model::Custom, Way::Eject) => (GS_E, 0x05),
        (Model::Custom, Way::Retract) => (GS_E, 0x02),
        (Model::Star, Way::Eject) => (ESC_R, 0x00),
        (Model::Star, Way::Retract) => (ESC_R, 0x01),
    };
    Some(vec![head[0], head[1], n])
}

/// What cuts a document and holds it out, command by command.
///
/// CUSTOM's ESC i cuts where the paper is, so the way from head to knife is fed before; GS V of the
/// others feeds it by itself. Star's presenters hold out what was cut without being told.
pub fn cut(settings: &PrinterSettings) -> Vec<Vec<u8>> {
    if settings.model != Model::Custom {
        return vec![escpos::cut(settings.cut).to_vec()];
    }
    let mut commands = Vec::new();
    let mut left = cutter_dots(settings);
    while left > 0 {
        let step = u8::try_from(left).unwrap_or(u8::MAX);
        commands.push(escpos::feed(step).to_vec());
        left -= usize::from(step);
    }
    commands.push(CUT_HERE.to_vec());
    commands.push(vec![GS_E[0], GS_E[1], 0x03, settings.presenter.present_steps]);
    commands
}

/// The way from the head to the knife, in rows of dots.
pub fn cutter_dots(settings: &PrinterSettings) -> usize {
    usize::from(settings.cutter_distance_mm) * usize::from(settings.dots_per_mm)
}

/// A full status, its four bytes behind the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FullStatus {
    pub status: PrinterStatus,
    /// The byte with the paper sensors, among them the one of the output.
    pub sensors: u8,
}

/// Understands the four bytes: paper, user, recoverable and unrecoverable errors.
///
/// A command that the printer did not know (bit 5 of the third) is the driver's affair, not a
/// state.
pub fn from_full_status(bytes: [u8; 4]) -> FullStatus {
    let [sensors, user, recoverable, unrecoverable] = bytes;
    let paper = if sensors & 0x01 != 0 {
        Paper::End
    } else if sensors & 0x44 != 0 {
        Paper::NearEnd
    } else {
        Paper::Ok
    };
    let error = if unrecoverable & 0x0C != 0 || recoverable & 0x08 != 0 {
        Some(PrinterError::Unrecoverable)
    } else if unrecoverable & 0x01 != 0 {
        Some(PrinterError::Cutter)
    } else if recoverable & 0xC0 != 0 {
        Some(PrinterError::Mechanical)
    } else if recoverable & 0x01 != 0 {
        Some(PrinterError::HeadHot)
    } else {
        None
    };
    let cover_open = user & 0x03 != 0 || unrecoverable & 0x02 != 0;
    FullStatus { status: PrinterStatus { online: true, cover_open, paper, error }, sensors }
}

/// The full status of a printer in this state. `online` has no bit: it answers or it does not.
pub fn to_full_status(status: &PrinterStatus, ticket_in_slot: bool) -> [u8; 6] {
    let paper = match status.paper {
        Paper::Ok => 0x00,
        Paper::NearEnd => 0x04,
        Paper::End => 0x05,
    };
    let (recoverable, unrecoverable) = match status.error {
        None => (0x00, 0x00),
        Some(PrinterError::HeadHot) => (0x01, 0x00),
        Some(PrinterError::Mechanical) => (0x40, 0x00),
        Some(PrinterError::Cutter) => (0x00, 0x01),
        Some(PrinterError::Unrecoverable) => (0x00, 0x04),
    };
    let [first, second] = FULL_STATUS_HEAD;
    let sensors = paper | u8::from(ticket_in_slot) << 5;
    [first, second, sensors, u8::from(status.cover_open) << 1, recoverable, unrecoverable]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::status::{Answer, Splitter, tests::statuses},
        *,
    };
    use crate::testing::fixed_seed;

    fn split(bytes: &[u8]) -> Vec<Answer> {
        let mut splitter = Splitter::with_full_status(true);
        bytes.iter().filter_map(|it| splitter.push(*it)).collect()
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn a_full_status_survives_the_line(status in statuses(), ticket in any::<bool>()) {
            let status = PrinterStatus { online: true, ..status };
            let bytes = to_full_status(&status, ticket);
            let answers = split(&[&bytes[..], &[0x11, 0x00]].concat());
            let [_, _, body @ ..] = bytes;
            prop_assert_eq!(&answers[..], [Answer::Full(body), Answer::Xon, Answer::Queued(0)]);
            let seen = from_full_status(body);
            prop_assert_eq!(seen.status, status);
            prop_assert_eq!(seen.sensors & 0x20 != 0, ticket);
        }

        #[test]
        fn after_noise_the_second_full_status_is_understood(
            noise in proptest::collection::vec(any::<u8>(), 0..40), status in statuses(),
        ) {
            let bytes = to_full_status(&PrinterStatus { online: true, ..status }, false);
            let [_, _, body @ ..] = bytes;
            let answers = split(&[&noise[..], &bytes, &bytes].concat());
            prop_assert!(answers.contains(&Answer::Full(body)));
        }

        #[test]
        fn any_full_status_is_a_state(bytes in any::<[u8; 4]>()) {
            let seen = from_full_status(bytes);
            prop_assert_eq!(seen.sensors, bytes[0]);
            prop_assert!(seen.status.ready() || seen.status.problem().is_some());
        }
    }

    #[test]
    fn tickets_are_moved_as_each_maker_says() {
        let moves = |model| [Way::Eject, Way::Retract].map(|it| move_ticket(model, it));
        assert_eq!(moves(Model::Generic), [None, None]);
        let custom = [Some(vec![0x1D, 0x65, 0x05]), Some(vec![0x1D, 0x65, 0x02])];
        assert_eq!(moves(Model::Custom), custom);
        let star = [Some(vec![0x1B, 0x72, 0x00]), Some(vec![0x1B, 0x72, 0x01])];
        assert_eq!(moves(Model::Star), star);
        let settings = PrinterSettings { model: Model::Custom, ..PrinterSettings::default() };
        let wanted = [&[0x1B, 0x4A, 144][..], &[0x1B, 0x69], &[0x1D, 0x65, 0x03, 0x00]];
        assert_eq!(cut(&settings), wanted);
    }
}

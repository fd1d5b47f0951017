//! What each kind of device can be told, and with how many words.

use super::DeviceArguments;
use crate::cli::Failure;
use crate::config::PortClass;

/// One thing that a kind of device can be told.
struct Verb {
    name: &'static str,
    /// What may follow it, as people write it.
    operands: &'static str,
    operands_max: usize,
}

const fn verb(name: &'static str, operands: &'static str, operands_max: usize) -> Verb {
    Verb { name, operands, operands_max }
}

/// A kind of device.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) port: PortClass,
    verbs: &'static [Verb],
}

const fn kind(name: &'static str, port: PortClass, verbs: &'static [Verb]) -> Kind {
    Kind { name, port, verbs }
}

const ANY: usize = usize::MAX;

const KINDS: &[Kind] = &[
    kind(
        "id-reader",
        PortClass::Line,
        &[
            verb("read", "", 0),
            verb("status", "", 0),
            verb("sam-id", "", 0),
            verb("new-address", "", 0),
        ],
    ),
    kind("locker", PortClass::Line, &[verb("state", "", 0), verb("open", "N", 1)]),
    kind(
        "printer",
        PortClass::Line,
        &[
            verb("status", "", 0),
            verb("test-page", "", 0),
            verb("reset", "", 0),
            verb("send", "FILE", 1),
        ],
    ),
    kind(
        "card",
        PortClass::CardReader,
        &[verb("read", "", 0), verb("staff", "", 0), verb("atr", "", 0)],
    ),
    kind("scanner", PortClass::Input, &[verb("read", "", 0)]),
    kind("ups", PortClass::Ups, &[verb("status", "", 0)]),
    kind("panel", PortClass::Chip, &[verb("state", "", 0), verb("light", "NAME on|off", 2)]),
    kind("status-display", PortClass::Bus, &[verb("show", "TEXT [WAY]", 2), verb("blank", "", 0)]),
    kind("evaluator", PortClass::Line, &[verb("read", "", 0)]),
    kind("speaker", PortClass::Sound, &[verb("say", "TEXT", ANY), verb("chime", "", 0)]),
    kind(
        "document-printer",
        PortClass::DocumentPrinter,
        &[verb("status", "", 0), verb("print", "FILE.pdf", 1)],
    ),
    kind("camera", PortClass::Camera, &[verb("status", "", 0), verb("capture", "FILE.jpg", 1)]),
    kind("signature", PortClass::Input, &[verb("status", "", 0), verb("sign", "[FILE.png]", 1)]),
];

impl Verb {
    fn usage(&self) -> String {
        match self.operands {
            "" => self.name.to_owned(),
            operands => format!("{} {operands}", self.name),
        }
    }
}

impl Kind {
    /// The kind that the arguments name. A kind or a verb that there is not and words that would be
    /// passed over are refused before anything is sent.
    pub(super) fn of(arguments: &DeviceArguments) -> Result<&'static Self, Failure> {
        let known = |it: &&Self| it.name == arguments.kind.replace('_', "-");
        let Some(kind) = KINDS.iter().find(known) else {
            let all: Vec<&str> = KINDS.iter().map(|it| it.name).collect();
            let all = all.join(", ");
            let message = format!("there is no device kind {}; there are {all}", arguments.kind);
            return Err(Failure::wrong("usage", message, "choose one of these"));
        };
        let Some(verb) = kind.verbs.iter().find(|it| it.name == arguments.verb) else {
            return Err(kind.unknown_verb(&arguments.verb));
        };
        match arguments.arguments.get(verb.operands_max) {
            None => Ok(kind),
            Some(surplus) => {
                let message = format!("{} {}: `{surplus}` is too much", kind.name, verb.name);
                Err(Failure::wrong("usage", message, &format!("write {}", verb.usage())))
            }
        }
    }

    pub(super) fn unknown_verb(&self, verb: &str) -> Failure {
        let all: Vec<String> = self.verbs.iter().map(Verb::usage).collect();
        let message = format!("{} has no verb {verb}; there are {}", self.name, all.join(", "));
        Failure::wrong("usage", message, "choose one of these")
    }
}

//! A kiosk out of its box: a technician tells it where its office is and shows it the one-time code.
//! Pure like everything here: touches in, a screen out, and now and then an attempt to enrol.

use zeroize::Zeroizing;

use crate::action::Action;
use crate::event::Now;
use crate::language::{Languages, Texts};
use crate::screen::{
    Audience, Block, Button, Field, Header, Icon, Look, Screen, ScreenName, Tone, Weight,
};
use crate::time::in_hall;
use crate::view::footer;

/// Signs that fit on the line; no address or code is longer.
const SIGNS_MAX: usize = 64;
/// Where the office listens for kiosks if the address names no port.
const PORT: u16 = 8443;

/// The state of the first boot.
#[derive(Debug)]
pub struct Setup {
    languages: Languages,
    language: String,
    /// That of the start.
    first_language: String,
    look: Look,
    line: Line,
    address: String,
    code: Zeroizing<String>,
    /// A stick said both, and nobody has typed since.
    said_by_stick: bool,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Address,
    Code,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Typing { trouble: Option<SetupTrouble> },
    Asking,
    Done { kiosk: String },
}

/// An attempt to enrol: whoever gets it answers with [`Setup::ended`].
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// `https://host:port`
    pub office: String,
    pub code: Zeroizing<String>,
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attempt({})", self.office)
    }
}

/// Why a kiosk was not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupTrouble {
    /// Nothing answers at this address.
    Unreachable,
    /// Something answers that is no office.
    NoOffice,
    /// What was typed is no code: its length or a sign is wrong.
    NoCode,
    /// The office has no invitation for this code any more, or never had.
    NoInvitation,
    /// The code does not open the invitation.
    OtherCode,
    Damaged,
    TooNew,
    /// The configuration in the invitation cannot be used here.
    Configuration,
    /// The office does not take the certificate that it gave, perhaps because its clock is wrong.
    NotAccepted,
    /// The disk took nothing.
    NotWritten,
    /// What a stick says of the network cannot be used.
    Network,
    /// A stick's file is none that says office and code.
    Stick,
}

impl SetupTrouble {
    pub const ALL: &[Self] = &[
        Self::Unreachable,
        Self::NoOffice,
        Self::NoCode,
        Self::NoInvitation,
        Self::OtherCode,
        Self::Damaged,
        Self::TooNew,
        Self::Configuration,
        Self::NotAccepted,
        Self::NotWritten,
        Self::Network,
        Self::Stick,
    ];

    /// The trouble as message keys and reports name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::NoOffice => "no_office",
            Self::NoCode => "no_code",
            Self::NoInvitation => "no_invitation",
            Self::OtherCode => "other_code",
            Self::Damaged => "damaged",
            Self::TooNew => "too_new",
            Self::Configuration => "configuration",
            Self::NotAccepted => "not_accepted",
            Self::NotWritten => "not_written",
            Self::Network => "network",
            Self::Stick => "stick",
        }
    }
}

impl Setup {
    pub fn new(languages: Languages, language: &str) -> Self {
        assert!(languages.contains(language), "the language exists");
        Self {
            languages,
            language: language.to_owned(),
            first_language: language.to_owned(),
            look: Look::default(),
            line: Line::Address,
            address: String::new(),
            code: Zeroizing::default(),
            said_by_stick: false,
            stage: Stage::Typing { trouble: None },
        }
    }

    /// A touch; an attempt where it asks for one.
    pub fn touched(&mut self, action: &Action) -> Option<Attempt> {
        match action {
            Action::ToggleLanguage => {
                self.language = self.languages.after(&self.language).tag.clone();
            }
            Action::ToggleLargeText => self.look.large_text = !self.look.large_text,
            Action::ToggleHighContrast => self.look.high_contrast = !self.look.high_contrast,
            Action::ToggleLowReach => self.look.low_reach = !self.look.low_reach,
            _ if !matches!(self.stage, Stage::Typing { .. }) => {}
            Action::SetupAddress => self.line = Line::Address,
            Action::SetupCode => self.line = Line::Code,
            Action::Digit(digit) => self.typed(char::from(b'0' + digit % 10)),
            Action::Letter(letter) => self.typed(*letter),
            Action::Erase => {
                self.typed_so_far().pop();
                self.said_by_stick = false;
            }
            Action::Clear => self.typed_so_far().clear(),
            Action::Enrol if self.is_complete() => return Some(self.attempt()),
            _ => {}
        }
        None
    }

    /// Nobody has touched the panel for a while: a code that was typed does not wait for whoever comes
    /// next, and the page looks as at the start. The address may stay.
    pub fn left_alone(&mut self) {
        if matches!(self.stage, Stage::Typing { .. }) {
            self.code = Zeroizing::default();
            self.line = Line::Address;
            self.look = Look::default();
            self.language.clone_from(&self.first_language);
            self.stage = Stage::Typing { trouble: None };
        }
    }

    /// A technician's USB stick says both.
    pub fn card_read(&mut self, office: &str, code: &str) -> Option<Attempt> {
        if !matches!(self.stage, Stage::Typing { .. }) {
            return None;
        }
        self.address = office.trim_start_matches("https://").to_owned();
        self.code = Zeroizing::new(code.to_owned());
        self.said_by_stick = true;
        self.is_complete().then(|| self.attempt())
    }

    /// A stick whose file is of no use: what a former one said does not stand beside that.
    pub fn card_refused(&mut self) {
        if matches!(self.stage, Stage::Typing { .. }) {
            if self.said_by_stick {
                (self.address, self.code) = Default::default();
            }
            self.stage = Stage::Typing { trouble: Some(SetupTrouble::Stick) };
        }
    }

    /// What became of an attempt: the kiosk's id, or why not.
    pub fn ended(&mut self, outcome: Result<String, SetupTrouble>) {
        self.stage = match outcome {
            Ok(kiosk) => Stage::Done { kiosk },
            Err(trouble) => Stage::Typing { trouble: Some(trouble) },
        };
        if matches!(self.stage, Stage::Done { .. }) {
            self.code = Zeroizing::default();
        }
    }

    fn is_complete(&self) -> bool {
        !self.address.is_empty() && !self.code.is_empty()
    }

    fn attempt(&mut self) -> Attempt {
        self.stage = Stage::Asking;
        Attempt { office: address(&self.address), code: self.code.clone() }
    }

    fn typed_so_far(&mut self) -> &mut String {
        match self.line {
            Line::Address => &mut self.address,
            Line::Code => &mut self.code,
        }
    }

    fn typed(&mut self, sign: char) {
        let sign = match self.line {
            Line::Address => sign.to_ascii_lowercase(),
            Line::Code => sign.to_ascii_uppercase(),
        };
        if self.typed_so_far().chars().count() < SIGNS_MAX {
            self.typed_so_far().push(sign);
        }
        self.said_by_stick = false;
        self.stage = Stage::Typing { trouble: None };
    }

    /// What is on the panel now.
    pub fn screen(&self, now: Now) -> Screen {
        let texts = self.languages.texts(&self.language);
        let at = in_hall(now.wall);
        let show = self.shown(texts);
        Screen {
            name: ScreenName::Setup,
            audience: Audience::Staff,
            language: texts.tag().to_owned(),
            look: self.look,
            session: false,
            header: Header {
                hall: texts.get("hall.unknown"),
                place: String::new(),
                time: texts.time(at.time()),
                date: texts.day_with_weekday(at.date()),
            },
            chip: None,
            crumb: None,
            title: texts.get("setup.title"),
            // What became of it stands in its place, and whoever reads that knows what to type.
            subtitle: show.is_empty().then(|| texts.get("setup.subtitle")),
            remaining: None,
            show,
            act: self.acts(texts),
            footer: footer(texts, self.languages.after(texts.tag()), self.look, false, false),
            dialog: None,
        }
    }

    /// What became of it.
    fn shown(&self, texts: Texts<'_>) -> Vec<Block> {
        let notice = |icon, tone, title, text| Block::Notice { icon, tone, title, text };
        match &self.stage {
            Stage::Typing { trouble: None } => vec![],
            Stage::Typing { trouble: Some(trouble) } => {
                let text = texts.get(&format!("setup_trouble.{}", trouble.word()));
                vec![notice(Icon::Alert, Tone::Red, text, None)]
            }
            Stage::Asking => vec![Block::Busy { text: texts.get("setup.asking") }],
            Stage::Done { kiosk } => {
                let title = texts.with("setup.done", &[("kiosk", kiosk)]);
                let text = Some(texts.get("setup.done_text"));
                vec![notice(Icon::CircleCheck, Tone::Green, title, text)]
            }
        }
    }

    fn line_of_form(&self, texts: Texts<'_>, line: Line) -> Field {
        let typing = matches!(self.stage, Stage::Typing { .. });
        let (icon, key, text, action) = match line {
            Line::Address => (Icon::Home, "address", self.address.clone(), Action::SetupAddress),
            Line::Code => (Icon::Key, "code", in_groups(&self.code), Action::SetupCode),
        };
        Field {
            icon,
            label: texts.get(&format!("setup.{key}")),
            text,
            hint: texts.get(&format!("setup.{key}_hint")),
            chosen: typing && self.line == line,
            enabled: typing,
            action,
        }
    }

    fn acts(&self, texts: Texts<'_>) -> Vec<Block> {
        let typing = matches!(self.stage, Stage::Typing { .. });
        let button = |key: &str, weight, enabled, action| Button {
            label: texts.get(key),
            icon: None,
            weight,
            enabled,
            action,
        };
        let mut keys = Vec::new();
        let mut key = |label: String, icon, action| {
            keys.push(Button { label, icon, weight: Weight::Quiet, enabled: typing, action });
        };
        for digit in 0..10 {
            key(digit.to_string(), None, Action::Digit(digit));
        }
        for letter in ('A'..='Z').chain(['.', '-', ':']) {
            key(letter.to_string(), None, Action::Letter(letter));
        }
        key(texts.get("key.erase"), Some(Icon::Backspace), Action::Erase);
        let enrol = typing && self.is_complete();
        vec![
            Block::Fields {
                fields: vec![
                    self.line_of_form(texts, Line::Address),
                    self.line_of_form(texts, Line::Code),
                ],
            },
            Block::Keypad { columns: 8, keys },
            Block::Buttons {
                buttons: vec![
                    button("key.clear", Weight::Secondary, typing, Action::Clear),
                    button("setup.enrol", Weight::Primary, enrol, Action::Enrol),
                ],
            },
        ]
    }
}

/// An address as it is asked: with scheme and port.
pub fn address(typed: &str) -> String {
    let host = typed.trim().trim_start_matches("https://").trim_start_matches("http://");
    let host = host.trim_end_matches('/');
    let has_port = match host.rsplit_once(']') {
        Some((_, rest)) => rest.starts_with(':'),
        None => host.contains(':'),
    };
    if has_port { format!("https://{host}") } else { format!("https://{host}:{PORT}") }
}

/// A code as it is written on paper.
fn in_groups(code: &str) -> String {
    let signs: Vec<char> = code.chars().filter(|it| *it != '-').collect();
    signs.chunks(4).map(|it| it.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

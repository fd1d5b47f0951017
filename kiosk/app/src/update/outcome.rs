//! What the appliance's installer says of the last update: one line, `OFFER installed BOOT` or
//! `OFFER refused REASON`.

use std::fs;
use std::path::Path;

/// Which start of the system this is; another one after every start.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// What came of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// As [`super::shelf::name_of`] calls it.
    pub(super) offer: String,
    pub(super) came: Came,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It was installed during this start of the system or during a former one.
    Installed {
        started_since: bool,
    },
    Refused {
        because: String,
    },
}

impl Outcome {
    /// None: nothing was installed yet, or nobody can say.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let boot = fs::read_to_string(BOOT).unwrap_or_default();
        Self::parse(&fs::read_to_string(path).ok()?, boot.trim())
    }

    pub(super) fn parse(text: &str, boot: &str) -> Option<Self> {
        let mut words = text.trim().splitn(3, ' ');
        let offer = words.next()?.to_owned();
        let (number, _sum) = offer.split_once('-')?;
        number.parse::<u64>().ok()?;
        let came = match (words.next()?, words.next().unwrap_or_default()) {
            ("installed", of) => Came::Installed { started_since: of != boot },
            ("refused", because) => Came::Refused { because: because.to_owned() },
            _ => return None,
        };
        Some(Self { offer, came })
    }
}

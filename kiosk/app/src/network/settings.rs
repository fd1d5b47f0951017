//! The table `[network]` of a configuration, and what of it can be used.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use zeroize::Zeroizing;

/// One way out of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    Wire,
    Wifi,
    Modem,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::Wire, Self::Wifi, Self::Modem];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Wifi => "wifi",
            Self::Modem => "modem",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkTable {
    order: Option<Spanned<Vec<Way>>>,
    wire: Option<WireTable>,
    wifi: Option<Spanned<WifiTable>>,
    modem: Option<Spanned<ModemTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTable {
    usb_adapters: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WifiTable {
    name: Spanned<String>,
    country: Option<Spanned<String>>,
    passphrase_file: Spanned<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModemTable {
    apn: Spanned<String>,
    pin_file: Option<Spanned<PathBuf>>,
}

/// What is wrong, and where in the text it stands. Never holds a secret.
pub(crate) struct Problem {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
}

/// The ways that are used, the preferred one first.
#[derive(Clone)]
pub(super) struct Network {
    pub(super) order: Vec<Way>,
    /// Network cards at USB are wire, too. Anybody's telephone can be one.
    pub(super) usb_adapters: bool,
    pub(super) wifi: Option<Wifi>,
    pub(super) modem: Option<Modem>,
}

#[derive(Clone)]
pub(super) struct Wifi {
    /// SSID, 1–32 bytes (IEEE 802.11-2020, 9.4.2.2).
    pub(super) name: String,
    /// ISO 3166-1, two letters: which channels and what power are allowed.
    pub(super) country: String,
    /// 8–63 printable ASCII signs (IEEE 802.11-2020, J.4.1).
    pub(super) passphrase: Zeroizing<String>,
}

#[derive(Clone)]
pub(super) struct Modem {
    /// 3GPP TS 23.003, 9.1.
    pub(super) apn: String,
    /// 4–8 digits (3GPP TS 31.101, 9.5.1).
    pub(super) pin: Option<Zeroizing<String>>,
}

impl Default for Network {
    fn default() -> Self {
        Self { order: vec![Way::Wire], usb_adapters: false, wifi: None, modem: None }
    }
}

type Read<'a> = &'a dyn Fn(&Path) -> io::Result<String>;

impl NetworkTable {
    /// The first thing that is wrong with it; `read` gives the text of a file that it names.
    pub(crate) fn first_problem(&self, read: Read<'_>) -> Option<Problem> {
        self.settle(read).1.into_iter().next()
    }

    /// What of it can be used, and what is wrong with the rest. Where nothing can be used the wire is.
    pub(super) fn settle(&self, read: Read<'_>) -> (Network, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut order = self.order(&mut problems);
        let wifi =
            self.wifi.as_ref().and_then(|it| found(it.get_ref().settle(read), &mut problems));
        let modem =
            self.modem.as_ref().and_then(|it| found(it.get_ref().settle(read), &mut problems));
        order.retain(|way| match way {
            Way::Wire => true,
            Way::Wifi => wifi.is_some(),
            Way::Modem => modem.is_some(),
        });
        let usb_adapters = self.wire.as_ref().is_some_and(|it| it.usb_adapters);
        if order.is_empty() {
            return (Network { usb_adapters, ..Network::default() }, problems);
        }
        let wifi = wifi.filter(|_| order.contains(&Way::Wifi));
        let modem = modem.filter(|_| order.contains(&Way::Modem));
        (Network { order, usb_adapters, wifi, modem }, problems)
    }

    fn order(&self, problems: &mut Vec<Problem>) -> Vec<Way> {
        let mut order = Vec::new();
        let said = self.order.as_ref();
        let span = said.map_or(0..0, Spanned::span);
        for way in said.map_or(&[Way::Wire][..], |it| it.get_ref()) {
            match order.contains(way) {
                true => {
                    let message = format!("{} stands in the order twice; take one out", way.word());
                    problems.push(Problem { span: span.clone(), message });
                }
                false => order.push(*way),
            }
        }
        if order.is_empty() {
            let message = "expected an order with at least one of wire, wifi, modem".to_owned();
            problems.push(Problem { span: span.clone(), message });
        }
        let tables = [
            (Way::Wifi, self.wifi.as_ref().map(Spanned::span), "{ name = …, passphrase_file = … }"),
            (Way::Modem, self.modem.as_ref().map(Spanned::span), "{ apn = … }"),
        ];
        for (way, table, shape) in tables {
            let word = way.word();
            let (span, message) = match (order.contains(&way), table) {
                (true, None) => {
                    (span.clone(), format!("expected {word} = {shape}, for {word} is in the order"))
                }
                (false, Some(table)) => {
                    (table, format!("{word} is not in the order; put it there or remove {word}"))
                }
                _ => continue,
            };
            problems.push(Problem { span, message });
        }
        order
    }
}

fn found<T>(settled: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    settled.map_err(|problem| problems.push(problem)).ok()
}

impl WifiTable {
    fn settle(&self, read: Read<'_>) -> Result<Wifi, Problem> {
        let name = self.name.get_ref().clone();
        if !(1..=32).contains(&name.len()) || name.contains(char::is_control) {
            return Err(at(&self.name, "expected the network's name (SSID) of 1 to 32 bytes"));
        }
        let country = self.country.as_ref().map_or("CN", |it| it.get_ref());
        if let Some(said) = &self.country
            && !(country.len() == 2 && country.chars().all(|it| it.is_ascii_uppercase()))
        {
            return Err(at(said, "expected a country of two capital letters, such as CN"));
        }
        let passphrase = secret(&self.passphrase_file, read)?;
        let printable = passphrase.bytes().all(|it| (0x20..0x7f).contains(&it));
        if !(8..=63).contains(&passphrase.len()) || !printable {
            let expected = "expected a passphrase of 8 to 63 printable ASCII signs";
            return Err(in_file(&self.passphrase_file, expected));
        }
        Ok(Wifi { name, country: country.to_owned(), passphrase })
    }
}

impl ModemTable {
    fn settle(&self, read: Read<'_>) -> Result<Modem, Problem> {
        let apn = self.apn.get_ref().clone();
        let known = |it: char| it.is_ascii_alphanumeric() || "-._".contains(it);
        if !(1..=100).contains(&apn.len()) || !apn.chars().all(known) {
            return Err(at(&self.apn, "expected an APN of letters, digits, dots and hyphens"));
        }
        let Some(file) = &self.pin_file else { return Ok(Modem { apn, pin: None }) };
        let pin = secret(file, read)?;
        if !(4..=8).contains(&pin.len()) || !pin.bytes().all(|it| it.is_ascii_digit()) {
            return Err(in_file(file, "expected the SIM's PIN of 4 to 8 digits"));
        }
        Ok(Modem { apn, pin: Some(pin) })
    }
}

fn at<T>(place: &Spanned<T>, expected: &str) -> Problem {
    Problem { span: place.span(), message: expected.to_owned() }
}

fn in_file(file: &Spanned<PathBuf>, expected: &str) -> Problem {
    at(file, &format!("{}: {expected}", file.get_ref().display()))
}

/// A secret's file, without the end of its line.
fn secret(file: &Spanned<PathBuf>, read: Read<'_>) -> Result<Zeroizing<String>, Problem> {
    let text = read(file.get_ref()).map(Zeroizing::new).map_err(|error| {
        let path = file.get_ref().display();
        let message =
            format!("cannot read {path}: {error}; put the file there or correct the path");
        at(file, &message)
    })?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
impl Network {
    pub(super) fn uses_only_wire(&self) -> bool {
        self.order == [Way::Wire] && self.wifi.is_none() && self.modem.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIFI: &str = "wifi = { name = \"hall\", passphrase_file = \"wifi.key\" }";
    const MODEM: &str = "modem = { apn = \"hall.example\", pin_file = \"modem.key\" }";

    fn read(path: &Path) -> io::Result<String> {
        match path.to_str() {
            Some("wifi.key") => Ok("not so secret\n".to_owned()),
            Some("modem.key") => Ok("1234\r\n".to_owned()),
            Some("short") => Ok("secret7".to_owned()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn settled(text: &str) -> (Network, Vec<String>) {
        let table: NetworkTable = toml::from_str(text).expect("its shape is right");
        let (network, problems) = table.settle(&read);
        (network, problems.into_iter().map(|it| it.message).collect())
    }

    #[test]
    fn adapters_at_usb_are_wire_only_where_that_was_said() {
        assert!(!settled("").0.usb_adapters);
        assert!(settled("wire = { usb_adapters = true }").0.usb_adapters);
        let nothing_else = settled("order = [\"wifi\"]\nwire = { usb_adapters = true }").0;
        assert!(nothing_else.uses_only_wire() && nothing_else.usb_adapters);
    }

    #[test]
    fn any_order_of_some_or_all_can_be_said() {
        for (order, expected) in [
            ("\"modem\", \"wifi\", \"wire\"", vec![Way::Modem, Way::Wifi, Way::Wire]),
            ("\"wifi\", \"modem\"", vec![Way::Wifi, Way::Modem]),
        ] {
            let (network, problems) = settled(&format!("order = [{order}]\n{WIFI}\n{MODEM}"));
            assert_eq!((network.order, problems), (expected, vec![]));
            assert_eq!(
                network.wifi.map(|it| it.passphrase.to_string()),
                Some("not so secret".into())
            );
            let pin = network.modem.and_then(|it| it.pin).map(|it| it.to_string());
            assert_eq!(pin, Some("1234".into()));
        }
        let (network, problems) = settled("");
        assert!(network.uses_only_wire() && problems.is_empty());
    }

    #[test]
    fn each_mistake_says_what_was_expected_and_leaves_the_rest() {
        let both = |order: &str, wifi: &str, modem: &str| {
            settled(&format!("order = [{order}]\nwifi = {{ {wifi} }}\nmodem = {{ {modem} }}"))
        };
        let (wifi, modem) = ("name = \"hall\", passphrase_file = \"wifi.key\"", "apn = \"a.b\"");
        let all = "\"wifi\", \"modem\", \"wire\"";
        for (from, to, expected, left) in [
            ("\"hall\"", "\"\"", "(SSID) of 1 to 32 bytes", vec![Way::Modem, Way::Wire]),
            ("\"wifi.key\"", "\"gone\"", "cannot read gone", vec![Way::Modem, Way::Wire]),
            ("\"wifi.key\"", "\"short\"", "short: expected a pass", vec![Way::Modem, Way::Wire]),
            ("\"hall\"", "\"hall\", country = \"cn\"", "such as CN", vec![Way::Modem, Way::Wire]),
            ("\"a.b\"", "\"a b\"", "expected an APN of letters", vec![Way::Wifi, Way::Wire]),
            ("\"a.b\"", "\"a\", pin_file = \"short\"", "4 to 8 digits", vec![Way::Wifi, Way::Wire]),
        ] {
            let change = |text: &str| text.replace(from, to);
            let (network, problems) = both(all, &change(wifi), &change(modem));
            assert_eq!(network.order, left, "{to}");
            assert!(problems.len() == 1 && problems[0].contains(expected), "{to}: {problems:?}");
            assert!(!problems[0].contains("secret7"), "{problems:?}");
        }
    }

    #[test]
    fn the_order_and_what_it_names_have_to_agree() {
        for (text, expected) in [
            ("order = []".to_owned(), "at least one of wire, wifi, modem"),
            ("order = [\"wire\", \"wire\"]".to_owned(), "wire stands in the order twice"),
            ("order = [\"wire\", \"wifi\"]".to_owned(), "expected wifi = { name"),
            ("order = [\"modem\"]".to_owned(), "expected modem = { apn"),
            (WIFI.to_owned(), "wifi is not in the order"),
        ] {
            let (network, problems) = settled(&text);
            assert!(network.uses_only_wire(), "{text}");
            assert!(problems.len() == 1 && problems[0].contains(expected), "{text}: {problems:?}");
        }
        for text in ["order = [\"lan\"]", "oder = []", "wifi = { passphrase = \"x\" }"] {
            assert!(toml::from_str::<NetworkTable>(text).is_err(), "{text}");
        }
    }
}

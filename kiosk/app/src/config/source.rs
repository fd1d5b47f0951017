//! A configuration file, and the words in which its mistakes are told.

use std::fs;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use hal::port::PortUrl;
use serde::Serialize;
use toml::Spanned;

use super::devices::check_keys;
use super::{ConfigError, File, PortClass};

/// A configuration file with what is needed to point into it.
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    pub(super) fn at(&self, span: Range<usize>, message: impl Into<String>) -> ConfigError {
        let line = self.text[..span.start.min(self.text.len())].matches('\n').count() + 1;
        ConfigError::At { path: self.path.to_owned(), line, message: message.into() }
    }

    pub(super) fn file(&self) -> Result<File, ConfigError> {
        let file = toml::from_str(self.text).map_err(|error| self.unreadable(&error))?;
        check_keys(self)?;
        Ok(file)
    }

    /// What the parser says, without the names of Rust's types.
    pub(super) fn unreadable(&self, error: &toml::de::Error) -> ConfigError {
        let mut message = error.message().replace('\n', ", ");
        for (name, meaning) in [
            ("f64", "a number"),
            ("u8", "a whole number from 0 to 255"),
            ("u16", "a whole number from 0 to 65535"),
            ("u32", "a whole number, 0 or more"),
        ] {
            let expected = format!("expected {name}");
            if let Some(before) = message.strip_suffix(&expected) {
                message = format!("{before}expected {meaning}");
            }
        }
        self.at(error.span().unwrap_or(0..0), message)
    }

    /// Where a key of a table stands, as nearly as can be told.
    pub(super) fn place_of(&self, table: &str, key: &str) -> Range<usize> {
        let from = self.text.find(&format!("[{table}]")).unwrap_or(0);
        let begins = |line: &str| line.trim_start().starts_with(key);
        let mut at = from;
        for line in self.text[from..].split_inclusive('\n') {
            if begins(line) {
                return at..at;
            }
            at += line.len();
        }
        from..from
    }

    /// A path in the file is relative to the file.
    pub(super) fn near(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(path)
    }

    /// The text of a file that is named in this one.
    pub(super) fn read(&self, path: &Spanned<PathBuf>) -> Result<String, ConfigError> {
        let near = self.near(path.get_ref());
        fs::read_to_string(&near).map_err(|error| {
            let message = format!(
                "cannot read {}: {error}; put the file there or correct the path",
                near.display()
            );
            self.at(path.span(), message)
        })
    }

    /// A number between two others; `of` says what it counts.
    pub(super) fn within(
        &self,
        number: &Spanned<f64>,
        range: RangeInclusive<f64>,
        of: &str,
    ) -> Result<f64, ConfigError> {
        let given = *number.get_ref();
        if range.contains(&given) {
            return Ok(given);
        }
        let (low, high) = (range.start(), range.end());
        let message = format!("expected a number{of} from {low} to {high}, not {given}");
        Err(self.at(number.span(), message))
    }

    /// A whole number between two others.
    pub(super) fn whole(
        &self,
        number: &Spanned<f64>,
        range: RangeInclusive<u32>,
        of: &str,
    ) -> Result<u32, ConfigError> {
        let bounds = f64::from(*range.start())..=f64::from(*range.end());
        let given = self.within(number, bounds, of)?;
        if given.fract() != 0.0 {
            let message = format!("expected a whole number{of}, not {given}");
            return Err(self.at(number.span(), message));
        }
        Ok(given as u32)
    }

    pub(super) fn port(&self, url: &Spanned<String>) -> Result<PortUrl, ConfigError> {
        url.get_ref()
            .parse()
            .map_err(|error: hal::port::PortUrlError| self.at(url.span(), error.to_string()))
    }

    /// The port of a device of this class.
    pub(super) fn port_of(
        &self,
        class: PortClass,
        url: &Spanned<String>,
    ) -> Result<PortUrl, ConfigError> {
        let port = self.port(url)?;
        match class.expected_instead_of(&port) {
            None => Ok(port),
            Some(expected) => {
                Err(self.at(url.span(), format!("expected {expected}, not {}", url.get_ref())))
            }
        }
    }
}

pub(super) fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}

/// A device's table holds its port's and its settings' keys and no others: a key that is not
/// understood would be a setting that silently does not hold.
pub(super) fn known_keys<T: Default + Serialize>(
    source: &Source<'_>,
    table: &str,
    more: &[&str],
) -> Result<(), ConfigError> {
    let whole: toml::Table =
        toml::from_str(source.text).map_err(|error| source.unreadable(&error))?;
    let Some(present) = whole.get(table).and_then(|it| it.as_table()) else { return Ok(()) };
    let settings = serde_json::to_value(T::default()).expect("settings are plain values");
    let known = |key: &str| more.contains(&key) || settings.get(key).is_some();
    let Some(unknown) = present.keys().find(|it| !known(it)) else { return Ok(()) };
    let settings = settings.as_object().into_iter().flat_map(|it| it.keys().map(String::as_str));
    let all: Vec<&str> = more.iter().copied().chain(settings).collect();
    let message = format!("unknown field `{unknown}`, expected one of {}", all.join(", "));
    Err(source.at(source.place_of(table, unknown), message))
}

//! What a stick or an invitation says of the network: its secrets become files, named in their place.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use toml::{Table, Value};
use zeroize::Zeroizing;

use super::{KEPT, NetworkTable};
use crate::whole::{self, Readers};

/// Where a secret that was said in a table is kept, beside the configuration.
const SECRETS: [(&str, &str, &str, &str); 2] = [
    ("wifi", "passphrase", "passphrase_file", "wifi.key"),
    ("modem", "pin", "pin_file", "modem.key"),
];

pub(crate) type SecretFile = (&'static str, Zeroizing<String>);

/// A stick's `[network]`, found to be usable.
pub(crate) struct Kept {
    text: String,
    secrets: Vec<SecretFile>,
}

/// Takes the secrets out of a `[network]`, and names the files that they are to be in.
pub(crate) fn take_secrets(network: &mut Table) -> Vec<SecretFile> {
    let mut taken = Vec::new();
    for (way, said, named, file) in SECRETS {
        let Some(table) = network.get_mut(way).and_then(Value::as_table_mut) else { continue };
        // Anything else than a text is told as a field that there is not.
        if !table.get(said).is_some_and(Value::is_str) {
            continue;
        }
        if let Some(Value::String(secret)) = table.remove(said) {
            table.insert(named.to_owned(), file.into());
            taken.push((file, Zeroizing::new(secret)));
        }
    }
    taken
}

impl Kept {
    /// Says in a sentence what is wrong with it, and no secret.
    pub(crate) fn of(mut network: Table) -> Result<Self, String> {
        let secrets = take_secrets(&mut network);
        let table = NetworkTable::try_from_table(&network)?;
        let read = |path: &Path| {
            let known = secrets.iter().find(|(name, _)| Path::new(name) == path);
            known.map(|(_, text)| text.to_string()).ok_or(io::ErrorKind::NotFound.into())
        };
        if let Some(problem) = table.first_problem(&read) {
            return Err(problem.message);
        }
        let whole: Table = [("network".to_owned(), Value::Table(network))].into_iter().collect();
        let text = toml::to_string(&whole).map_err(|error| error.to_string())?;
        Ok(Self { text, secrets })
    }

    /// Nothing that a stick said counts any more; secrets that nobody names do no harm.
    pub(crate) fn forget(folder: &Path) -> io::Result<()> {
        match fs::remove_file(folder.join(KEPT)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Puts it into the kiosk's folder, what names the secrets last. What is there already is left alone, for
    /// whoever watches these files would act again.
    pub(crate) fn put(&self, folder: &Path) -> io::Result<()> {
        let secrets = self.secrets.iter().map(|(name, text)| (*name, text.as_str()));
        for (name, text) in secrets.chain([(KEPT, self.text.as_str())]) {
            if fs::read(folder.join(name)).is_ok_and(|it| it == text.as_bytes()) {
                continue;
            }
            whole::put(&folder.join(name), text.as_bytes(), Readers::Owner)?;
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl NetworkTable {
    fn try_from_table(table: &Table) -> Result<Self, String> {
        let text = toml::to_string(table).map_err(|error| error.to_string())?;
        toml::from_str(&text).map_err(|error| error.message().replace('\n', ", "))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const SAID: &str = "order = [\"wire\", \"wifi\", \"modem\"]\n\
                        wifi = { name = \"hall\", passphrase = \"not so secret\" }\n\
                        modem = { apn = \"hall.example\", pin = \"1234\" }\n";

    fn kept(text: &str) -> Result<Kept, String> {
        Kept::of(text.parse().expect("TOML"))
    }

    #[test]
    fn a_sticks_secrets_are_files_for_the_kiosk_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        kept(SAID).expect("it can be used").put(folder.path()).expect("it is written");
        for (name, text) in [("wifi.key", "not so secret"), ("modem.key", "1234")] {
            let path = folder.path().join(name);
            assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
            let mode = fs::metadata(path).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let table = fs::read_to_string(folder.path().join(KEPT)).expect("it is there");
        assert!(!table.contains("secret\"") && !table.contains("1234"), "{table}");
        let choice = super::super::choose(&folder.path().join("kiosk.toml"));
        assert_eq!((choice.network.order.len(), choice.troubles.len()), (3, 0));
    }

    #[test]
    fn a_stick_that_cannot_be_used_says_why_and_no_secret() {
        for (from, to, expected) in [
            ("not so secret", "secret7", "8 to 63 printable"),
            ("\"1234\"", "\"12345678secret7\"", "4 to 8 digits"),
            ("\"1234\"", "1234", "unknown field `pin`"),
            ("\"wire\"", "\"lan\"", "unknown variant `lan`"),
            ("passphrase", "password", "unknown field `password`"),
        ] {
            let because = kept(&SAID.replace(from, to)).err().expect(to);
            assert!(because.contains(expected) && !because.contains("secret7"), "{because}");
        }
    }
}

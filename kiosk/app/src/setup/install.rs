//! Puts what an invitation holds where the kiosk looks for it. The configuration comes last: where it
//! stands, everything that it names stands, whenever the power fails.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use invitation::Invitation;
use kiosk_core::setup::SetupTrouble;
use toml::{Table, Value};

use crate::config::Config;
use crate::network::{SecretFile, take_secrets};

/// Name of the configuration in the kiosk's folder.
pub(crate) const CONFIGURATION: &str = "kiosk.toml";
const AUTHORITY: &str = "authority.pem";
const CERTIFICATE: &str = "kiosk.pem";
const KEY: &str = "kiosk.key";
const HALL_KEY: &str = "hall.key";
/// Where everything stands until it was found to be usable.
const TRIAL: &str = "enrolling";

/// Checks the whole and puts it into the folder.
pub(super) fn install(folder: &Path, invitation: &Invitation) -> Result<(), SetupTrouble> {
    let (configuration, secrets) = compose(invitation).ok_or(SetupTrouble::Configuration)?;
    let mut files = vec![
        (AUTHORITY, invitation.authority.as_str()),
        (CERTIFICATE, &invitation.certificate),
        (KEY, &invitation.key),
        (HALL_KEY, &invitation.hall_key),
    ];
    files.extend(secrets.iter().map(|(name, text)| (*name, text.as_str())));
    files.push((CONFIGURATION, &configuration));
    let trial = folder.join(TRIAL);
    write(&trial, &files).map_err(|error| not_written(&error))?;
    Config::load_strictly(&trial.join(CONFIGURATION)).map_err(|error| {
        tracing::error!(%error, "the configuration in the invitation cannot be used");
        SetupTrouble::Configuration
    })?;
    take_over(folder, &trial, &files).map_err(|error| not_written(&error))
}

fn not_written(error: &io::Error) -> SetupTrouble {
    tracing::error!(%error, "the kiosk's folder takes no files");
    SetupTrouble::NotWritten
}

/// The office's part of the configuration with who this kiosk is and how it reaches the office; beside it the
/// secrets of its network, which are files on a kiosk.
fn compose(invitation: &Invitation) -> Option<(String, Vec<SecretFile>)> {
    let mut whole: Table = invitation.configuration.parse().ok()?;
    let secrets = match whole.get_mut("network").and_then(Value::as_table_mut) {
        Some(network) => take_secrets(network),
        None => Vec::new(),
    };
    let kiosk = whole.entry("kiosk").or_insert_with(|| Table::new().into()).as_table_mut()?;
    kiosk.insert("id".into(), invitation.kiosk.as_str().into());
    kiosk.insert("number".into(), Value::Integer(invitation.number.into()));
    kiosk.insert("hall_key".into(), HALL_KEY.into());
    kiosk.entry("data").or_insert_with(|| "data".into());
    let office = [
        ("url", invitation.office.as_str()),
        ("authority", AUTHORITY),
        ("certificate", CERTIFICATE),
        ("key", KEY),
    ];
    let office: Table =
        office.map(|(key, value)| (key.to_owned(), value.into())).into_iter().collect();
    whole.insert("office".into(), office.into());
    Some((toml::to_string(&whole).ok()?, secrets))
}

fn write(trial: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    // What a former attempt left is of no use.
    match fs::remove_dir_all(trial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir_all(trial)?;
    for (name, text) in files {
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(trial.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
    }
    Ok(())
}

fn take_over(folder: &Path, trial: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    for (name, _) in files {
        // The files are in place on disk before the one that names them is.
        if *name == CONFIGURATION {
            File::open(folder)?.sync_all()?;
        }
        fs::rename(trial.join(name), folder.join(name))?;
    }
    fs::remove_dir(trial)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation(configuration: &str) -> Invitation {
        let (authority, kiosk) = (rcgen::KeyPair::generate(), rcgen::KeyPair::generate());
        let (authority, kiosk) = (authority.expect("a key"), kiosk.expect("a key"));
        let certificate = |key: &rcgen::KeyPair| {
            let params = rcgen::CertificateParams::new(vec![]).expect("parameters");
            params.self_signed(key).expect("a certificate").pem()
        };
        Invitation {
            kiosk: "k3".into(),
            number: 3,
            office: "https://office:8443".into(),
            authority: certificate(&authority),
            certificate: certificate(&kiosk),
            key: kiosk.serialize_pem(),
            hall_key: "ab".repeat(32),
            configuration: configuration.into(),
        }
    }

    #[test]
    fn what_was_invited_is_a_kiosk_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let template = "[kiosk]\nid = \"other\"\nservices = [\"pickup\"]\n[limits]\nidle_s = 90\n";
        install(folder.path(), &invitation(template)).expect("it is installed");
        let config = Config::load(&folder.path().join(CONFIGURATION)).expect("it can be used");
        assert_eq!((config.core.kiosk.as_str(), config.core.number), ("k3", 3));
        assert_eq!(config.core.limits.idle.as_secs(), 90);
        assert_eq!(config.office.url, "https://office:8443");
        assert_eq!(config.data, folder.path().join("data"));
        assert!(!folder.path().join(TRIAL).exists());
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(folder.path().join(KEY)).expect("the key").permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn the_secrets_of_a_network_are_files_of_the_kiosk() {
        let folder = tempfile::tempdir().expect("a folder");
        let template = "[network]\norder = [\"wire\", \"wifi\"]\n\
                        wifi = { name = \"hall\", passphrase = \"not so secret\" }\n";
        install(folder.path(), &invitation(template)).expect("it is installed");
        let key = fs::read_to_string(folder.path().join("wifi.key")).expect("it is there");
        assert_eq!(key, "not so secret");
        let configuration = fs::read_to_string(folder.path().join(CONFIGURATION));
        let configuration = configuration.expect("it is there");
        assert!(configuration.contains("passphrase_file = \"wifi.key\""), "{configuration}");
        assert!(!configuration.contains("not so secret"), "{configuration}");
    }

    #[test]
    fn what_cannot_be_used_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        for template in ["[kiosk", "kiosk = 3", "[lockr]\n", "[printer]\nport = \"usb\"\n"] {
            let refused = install(folder.path(), &invitation(template));
            assert_eq!(refused, Err(SetupTrouble::Configuration), "{template}");
            assert!(!folder.path().join(CONFIGURATION).exists(), "{template}");
        }
        install(folder.path(), &invitation("")).expect("a former attempt is in nobody's way");
        let nowhere = folder.path().join(KEY).join("folder");
        assert_eq!(install(&nowhere, &invitation("")), Err(SetupTrouble::NotWritten));
    }
}

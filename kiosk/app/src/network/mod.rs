//! How the appliance reaches its office: by wire, Wi-Fi or modem, in a set order. `kiosk network` writes what
//! systemd-networkd, wpa_supplicant and the modem's script go by; `kiosk bearer` does so for what a modem
//! was given.

mod bearer;
mod files;
mod kept;
mod settings;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::cli::Failure;
use crate::whole::{self, Readers};

pub(crate) use bearer::{BearerArguments, run as run_bearer};
pub(crate) use kept::{Kept, SecretFile, take_secrets};
pub(crate) use settings::NetworkTable;

use files::NetworkFile;
use settings::Network;

/// What a technician's stick said, beside the configuration: for the enrolment, and as long as the
/// configuration says nothing of the network itself.
const KEPT: &str = "network.toml";

#[derive(Args)]
pub(crate) struct NetworkArguments {
    /// The kiosk's configuration; there may be none yet.
    #[arg(long)]
    config: PathBuf,
    /// A folder for the files; it is made where it is missing.
    #[arg(long)]
    folder: PathBuf,
}

/// All that is read of a configuration: what else is wrong with it is no reason for having no network.
#[derive(Deserialize)]
struct File {
    network: Option<NetworkTable>,
}

/// What holds, and what is wrong with what was said.
struct Choice {
    network: Network,
    troubles: Vec<String>,
}

pub(crate) fn run(arguments: &NetworkArguments) -> Result<(), Failure> {
    let choice = choose(&arguments.config);
    for file in choice.network.files() {
        write(&arguments.folder, &file).map_err(|error| {
            let path = arguments.folder.join(file.name);
            let message = format!("cannot write {}: {error}", path.display());
            Failure::wrong("folder", message, "give a folder that can be written")
        })?;
    }
    match choice.troubles.is_empty() {
        true => Ok(()),
        false => {
            let action = "correct [network]; until then the rest of it holds";
            Err(Failure::not_well("network", choice.troubles.join("; "), action))
        }
    }
}

/// The configuration's own word, else that of the stick, else the wire.
fn choose(config: &Path) -> Choice {
    let mut troubles = Vec::new();
    for path in [config.to_owned(), config.with_file_name(KEPT)] {
        // Neither has to be there.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let table = match toml::from_str(&text) {
            Ok(File { network: Some(table) }) => table,
            Ok(File { network: None }) => continue,
            Err(error) => {
                let message = error.message().replace('\n', ", ");
                troubles.push(format!("{}: {message}", path.display()));
                continue;
            }
        };
        let near = |it: &Path| fs::read_to_string(path.parent().unwrap_or(Path::new(".")).join(it));
        let (network, found) = table.settle(&near);
        troubles.extend(found.into_iter().map(|it| format!("{}: {}", path.display(), it.message)));
        return Choice { network, troubles };
    }
    Choice { network: Network::default(), troubles }
}

/// One that is new from the start: nobody else ever had it open.
fn write(folder: &Path, file: &NetworkFile) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let readers = if file.secret { Readers::Owner } else { Readers::Everybody };
    whole::put(&folder.join(file.name), file.text.as_bytes(), readers)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const WIFI: &str = "[network]\norder = [\"wifi\", \"wire\"]\n\
                        wifi = { name = \"hall\", passphrase_file = \"wifi.key\" }\n";

    fn kiosk(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("written");
        }
        folder
    }

    fn written(kiosk: &tempfile::TempDir, config: &str) -> (Vec<String>, Result<(), Failure>) {
        let folder = kiosk.path().join("out");
        let arguments =
            NetworkArguments { config: kiosk.path().join(config), folder: folder.clone() };
        let ended = run(&arguments);
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("it is there")
            .map(|it| it.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        (names, ended)
    }

    #[test]
    fn a_box_that_nobody_told_anything_has_the_wire() {
        let kiosk = kiosk(&[]);
        let (names, ended) = written(&kiosk, "kiosk.toml");
        assert!(ended.is_ok());
        assert!(names.iter().all(|it| it.ends_with(".network")), "{names:?}");
        assert!(choose(&kiosk.path().join("kiosk.toml")).network.uses_only_wire());
    }

    #[test]
    fn secrets_are_for_their_reader_alone() {
        let kiosk = kiosk(&[("kiosk.toml", WIFI), ("wifi.key", "not so secret\n")]);
        let (names, ended) = written(&kiosk, "kiosk.toml");
        assert!(ended.is_ok());
        assert!(names.contains(&"wpa_supplicant.conf".to_owned()), "{names:?}");
        let path = kiosk.path().join("out/wpa_supplicant.conf");
        let mode = fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(fs::read_to_string(path).expect("text").contains("psk=\"not so secret\"\n"));
    }

    #[test]
    fn what_is_wrong_elsewhere_in_the_configuration_is_no_matter() {
        let text = format!("colour = 3\n[kiosk]\nnumber = \"many\"\n{WIFI}");
        let kiosk = kiosk(&[("kiosk.toml", &text), ("wifi.key", "not so secret")]);
        let (names, ended) = written(&kiosk, "kiosk.toml");
        assert!(ended.is_ok() && names.contains(&"wpa_supplicant.conf".to_owned()), "{names:?}");
    }

    #[test]
    fn what_the_stick_said_holds_until_the_configuration_says_something() {
        let files = [("kiosk.toml", "[kiosk]\nid = \"k3\"\n"), ("network.toml", WIFI)];
        let kiosk = kiosk(&[files[0], files[1], ("wifi.key", "not so secret")]);
        let config = kiosk.path().join("kiosk.toml");
        let metric = |choice: &Choice| choice.network.files()[0].text.contains("RouteMetric=200");
        assert!(metric(&choose(&config)), "the wire comes second");
        fs::write(&config, "[network\n").expect("written");
        let choice = choose(&config);
        assert!(metric(&choice) && choice.troubles.len() == 1, "{:?}", choice.troubles);
        fs::write(&config, "[network]\norder = [\"wire\"]\n").expect("written");
        assert!(choose(&config).network.uses_only_wire());
    }

    #[test]
    fn a_secret_that_is_missing_leaves_the_rest() {
        let kiosk = kiosk(&[("kiosk.toml", WIFI)]);
        let (names, ended) = written(&kiosk, "kiosk.toml");
        assert!(!names.contains(&"wpa_supplicant.conf".to_owned()), "{names:?}");
        let Err(Failure::NotWell(complaint)) = ended else { panic!("it is told") };
        assert!(complaint.message.contains("wifi.key"), "{}", complaint.message);
        assert!(choose(&kiosk.path().join("kiosk.toml")).network.uses_only_wire());
    }
}

//! Where sound goes: ALSA, a file, or the simulator.
//!
//! ALSA is reached by its own program `aplay`, and its jack by `amixer` (Debian: alsa-utils). A
//! library would tie the whole kiosk to libasound and keep its threads within this process; a clip
//! of seconds needs neither, and a program can be ended at once.

use std::{
    collections::HashMap,
    fs::OpenOptions,
    future::Future,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    pin::Pin,
    process::Stdio,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use super::wav::{self, Sound};
use super::{Outlet, SpeakerSettings};
use crate::port::PortUrl;

/// How much longer than the sound a player may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why nothing is heard.
#[derive(Debug, thiserror::Error)]
pub(super) enum SinkError {
    #[error("cannot play at {0}: expected alsa:DEVICE, wav:PATH or sim:NAME")]
    NotASink(PortUrl),
    #[error("cannot run {program}: {source}; install the package alsa-utils")]
    Program { program: &'static str, source: io::Error },
    #[error("the ALSA device {device} does not play: {said}; `aplay -L` lists devices")]
    Player { device: String, said: String },
    #[error("the ALSA device {0} does not get done; is it stuck?")]
    Stuck(String),
    #[error("cannot write {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("no simulator `{0}` plays")]
    NoSimulator(String),
}

pub(super) type Playing<'a> = Pin<Box<dyn Future<Output = Result<(), SinkError>> + Send + 'a>>;

/// Plays sounds one after the other. Dropping what [`Sink::play`] gives ends the sound.
pub(super) trait Sink: Send + Sync {
    fn play<'a>(&'a self, sound: &'a Sound) -> Playing<'a>;
}

/// The sink at a port.
pub(super) fn open(url: &PortUrl, outlet: Outlet) -> Result<Box<dyn Sink>, SinkError> {
    match url {
        PortUrl::Alsa { device } => Ok(Box::new(Aplay { device: device.clone() })),
        PortUrl::Wav { path } => Ok(Box::new(WavFile { path: path.clone() })),
        PortUrl::Sim { name } => Ok(Box::new(InProcess { name: name.clone(), outlet })),
        _ => Err(SinkError::NotASink(url.clone())),
    }
}

struct Aplay {
    device: String,
}

impl Sink for Aplay {
    fn play<'a>(&'a self, sound: &'a Sound) -> Playing<'a> {
        Box::pin(async move {
            let limit = Duration::from_millis(sound.length_ms()) + PATIENCE;
            let stuck = |_| SinkError::Stuck(self.device.clone());
            timeout(limit, aplay(&self.device, sound)).await.map_err(stuck)?
        })
    }
}

async fn aplay(device: &str, sound: &Sound) -> Result<(), SinkError> {
    let program = "aplay";
    let mut player = Command::new(program)
        .args(["-q", "-D", device, "-t", "wav", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| SinkError::Program { program, source })?;
    let mut input = player.stdin.take().expect("a pipe was asked for");
    // One that does not want it says why when it ends.
    let feeding = async move {
        let _ = input.write_all(&sound.encode()).await;
    };
    let (ended, ()) = tokio::join!(player.wait_with_output(), feeding);
    let ended = ended.map_err(|source| SinkError::Program { program, source })?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let said = said.lines().next_back().unwrap_or("nothing").to_owned();
    Err(SinkError::Player { device: device.to_owned(), said })
}

/// Appends to a WAV file, for tests and for those who want to hear what would be said.
struct WavFile {
    path: PathBuf,
}

impl Sink for WavFile {
    fn play<'a>(&'a self, sound: &'a Sound) -> Playing<'a> {
        let written = append(&self.path, sound)
            .map_err(|source| SinkError::File { path: self.path.clone(), source });
        Box::pin(std::future::ready(written))
    }
}

fn append(path: &Path, sound: &Sound) -> io::Result<()> {
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let mut head = Vec::new();
    (&file).take(wav::header(0, 0).len() as u64).read_to_end(&mut head)?;
    let before = match head.len() {
        0 => 0,
        length if length < wav::header(0, 0).len() => return Err(not_ours()),
        length => {
            let bytes = file.seek(SeekFrom::End(0))?;
            let samples = usize::try_from((bytes - length as u64) / 2).map_err(|_| not_ours())?;
            if head != wav::header(sound.rate, samples) {
                return Err(not_ours());
            }
            samples
        }
    };
    let samples: Vec<u8> = sound.samples.iter().flat_map(|it| it.to_le_bytes()).collect();
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&wav::header(sound.rate, before + sound.samples.len()))?;
    file.seek(SeekFrom::End(0))?;
    file.write_all(&samples)
}

fn not_ours() -> io::Error {
    io::Error::other("it is there and is no WAV file of this rate that this program wrote")
}

/// What a simulator hears.
pub(super) trait Room: Send + Sync {
    /// Takes a sound; false where the speaker is broken.
    fn play(&self, outlet: Outlet, sound: &Sound) -> bool;

    /// It was heard to its end.
    fn played(&self);

    fn headphones(&self) -> bool;
}

static ROOMS: LazyLock<Mutex<HashMap<String, Arc<dyn Room>>>> = LazyLock::new(Mutex::default);

fn rooms() -> MutexGuard<'static, HashMap<String, Arc<dyn Room>>> {
    ROOMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A room's claim on its name; dropping it frees the name.
#[derive(Debug)]
pub(super) struct RoomName(String);

impl Drop for RoomName {
    fn drop(&mut self) {
        rooms().remove(&self.0);
    }
}

/// Makes a room known; `None` where the name is taken.
#[cfg_attr(not(feature = "sim"), expect(dead_code, reason = "only the simulator has rooms"))]
pub(super) fn register(name: &str, room: Arc<dyn Room>) -> Option<RoomName> {
    let mut rooms = rooms();
    if rooms.contains_key(name) {
        return None;
    }
    rooms.insert(name.to_owned(), room);
    Some(RoomName(name.to_owned()))
}

struct InProcess {
    name: String,
    outlet: Outlet,
}

impl Sink for InProcess {
    fn play<'a>(&'a self, sound: &'a Sound) -> Playing<'a> {
        Box::pin(async move {
            let none = || SinkError::NoSimulator(self.name.clone());
            let room = rooms().get(&self.name).cloned().ok_or_else(none)?;
            if !room.play(self.outlet, sound) {
                return Err(none());
            }
            tokio::time::sleep(Duration::from_millis(sound.length_ms())).await;
            room.played();
            Ok(())
        })
    }
}

/// Whether headphones are plugged in; `None` where nothing tells.
pub(super) async fn plugged(settings: &SpeakerSettings) -> Option<bool> {
    if let Some(PortUrl::Sim { name }) = &settings.headphones {
        return rooms().get(name).map(|it| it.headphones());
    }
    let control = format!("iface=CARD,name='{}'", settings.jack.as_ref()?);
    let asked = Command::new("amixer")
        .args(["-c", &settings.jack_card, "cget", &control])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    match timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) if answer.status.success() => {
            Some(is_on(&String::from_utf8_lossy(&answer.stdout)))
        }
        // Where it should tell and does not, nobody may be overheard.
        _ => {
            tracing::warn!(jack = ?settings.jack, "amixer does not tell whether it is used");
            Some(false)
        }
    }
}

/// Reads what amixer(1) says of a switch: a line `: values=on`.
fn is_on(answer: &str) -> bool {
    answer.lines().any(|it| it.trim() == ": values=on")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(sample: i16) -> Sound {
        Sound { rate: 8_000, samples: vec![sample; 100] }
    }

    #[test]
    fn the_jack_is_read_from_amixers_answer() {
        let answer = "numid=12,iface=CARD,name='Headphone Jack'\n  ; type=BOOLEAN,access=r-------,\
                      values=1\n  : values=on\n";
        assert!(is_on(answer));
        assert!(!is_on(&answer.replace("=on", "=off")));
        assert!(!is_on(""));
    }

    #[tokio::test]
    async fn a_file_grows_by_what_is_played() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heard.wav");
        let url = PortUrl::Wav { path: path.clone() };
        let sink = open(&url, Outlet::Loudspeaker).expect("a sink");
        for sample in [1, 2] {
            sink.play(&sound(sample)).await.expect("written");
        }
        let heard = Sound::parse(&std::fs::read(&path).expect("a file")).expect("a WAV file");
        assert_eq!(heard.samples, [vec![1; 100], vec![2; 100]].concat());
        // Another rate, or another's file: it is left as it is.
        let other = Sound { rate: 16_000, samples: vec![3] };
        assert!(sink.play(&other).await.is_err());
        std::fs::write(&path, "somebody's notes").expect("written");
        assert!(sink.play(&sound(3)).await.is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), "somebody's notes");
    }

    /// The real program, with ALSA's device that swallows everything and writes it to a file.
    #[tokio::test]
    async fn aplay_plays_what_it_is_given() {
        let folder = tempfile::tempdir().expect("a folder");
        let raw = folder.path().join("heard.raw");
        let device = format!("tee:null,{},raw", raw.display());
        let url = PortUrl::Alsa { device };
        let sink = open(&url, Outlet::Loudspeaker).expect("a sink");
        sink.play(&sound(0x0102)).await.expect("it plays");
        let heard = std::fs::read(raw).expect("it was heard");
        // The last period is filled up with silence.
        let (said, silence) = heard.split_at(200);
        assert!(said == [2, 1].repeat(100) && silence.iter().all(|it| *it == 0));
        let url = PortUrl::Alsa { device: "hw:CARD=nobody".into() };
        let sink = open(&url, Outlet::Loudspeaker).expect("a sink");
        let error = sink.play(&sound(1)).await.expect_err("no card").to_string();
        assert!(error.contains("hw:CARD=nobody") && error.contains("aplay -L"), "{error}");
    }
}

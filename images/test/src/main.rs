//! `image-test`: boots the appliance's image in QEMU and checks from outside what people rely on.
//!
//! `images/test/prepare` makes what is booted: the image's own root and kernel, with boot slots that add a
//! command port on the second serial line. Everything else is as in the field.

mod board;
mod card;
mod hall;
mod machine;
mod panel;
mod picture;
mod scenario;
mod serial;
mod tpm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use futures_util::{StreamExt, stream};

use board::Board;
use machine::{Machine, further_disk};
use picture::Picture;
use scenario::Scenario;

/// Runs scenarios, all of them without names.
#[derive(Parser)]
#[command(name = "image-test", version)]
struct Arguments {
    /// Which ones, in this order; `list` names them.
    scenarios: Vec<String>,
    /// Which machine it is for.
    #[arg(long, value_enum, default_value_t = Board::Amd64)]
    arch: Board,
    /// Folder that images/test/prepare filled; target/image/test-ARCH without it.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Everything left to chance follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often the power is cut during an update.
    #[arg(long, default_value_t = 50)]
    cuts: u32,
    /// How many scenarios are played at the same time.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
}

/// What went wrong, in one sentence or with the end of a log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(String);

macro_rules! fails_as {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        })*
    };
}

fails_as!(std::io::Error, hall24_qmp::QmpError, hall24_qmp::stick::StickError);

/// What a scenario may use.
pub(crate) struct Stage {
    scenario: &'static str,
    pub(crate) board: Board,
    processors: usize,
    folder: PathBuf,
    seed: u64,
    cuts: u32,
    scratch: tempfile::TempDir,
}

impl Stage {
    /// A disk of its own for a scenario, as a technician wrote it.
    pub(crate) fn disk(&self) -> Result<PathBuf, Failure> {
        self.disk_of("first.img")
    }

    /// The same of another image.
    pub(crate) fn disk_of(&self, image: &str) -> Result<PathBuf, Failure> {
        let disk = self.scratch.path().join("disk.img");
        let status = std::process::Command::new("cp")
            .arg("--sparse=always")
            .args([&self.file(image), &disk])
            .status()?;
        match status.success() {
            true => Ok(disk),
            false => Err(Failure("the disk cannot be copied; run images/test/prepare".into())),
        }
    }

    /// A machine with this disk, and with files as further disks that cannot be written.
    pub(crate) async fn power_on(
        &self,
        disk: &Path,
        files: &[PathBuf],
    ) -> Result<Machine, Failure> {
        let more = files.iter().flat_map(|file| further_disk(file)).collect();
        self.power_on_with(disk, more).await
    }

    /// A machine with this disk and further hardware.
    pub(crate) async fn power_on_with(
        &self,
        disk: &Path,
        hardware: Vec<String>,
    ) -> Result<Machine, Failure> {
        let processors = ["-smp".to_owned(), self.processors.to_string()];
        Machine::power_on(self.board, disk, processors.into_iter().chain(hardware).collect()).await
    }

    /// Tells people what was found.
    pub(crate) fn say(&self, what: impl std::fmt::Display) {
        println!("     {}: {what}", self.scenario);
    }

    /// The plain page of this name, as it was drawn.
    pub(crate) fn plain_page(&self, name: &str) -> Result<Picture, Failure> {
        Picture::read_png(&self.file(&format!("{name}.png")))
    }

    pub(crate) fn update(&self, name: &str) -> PathBuf {
        self.file(&format!("{name}.raucb"))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Where pictures are kept for people.
pub(crate) fn pictures() -> PathBuf {
    Path::new("target/image/pictures").to_owned()
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => {
            eprintln!("image-test: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> ExitCode {
    let all = scenario::all();
    if arguments.scenarios.iter().any(|it| it == "list") {
        all.iter().for_each(|it| println!("{}", it.name));
        return ExitCode::SUCCESS;
    }
    let unknown = arguments.scenarios.iter().find(|it| !all.iter().any(|known| known.name == **it));
    if let Some(unknown) = unknown {
        eprintln!("image-test: no scenario {unknown}; `image-test list` names them");
        return ExitCode::from(2);
    }
    let named = |name: &String| all.iter().find(|it| it.name == *name);
    let chosen: Vec<&Scenario> = match arguments.scenarios.as_slice() {
        [] => all.iter().collect(),
        names => names.iter().filter_map(named).collect(),
    };
    let (elsewhere, here): (Vec<_>, Vec<_>) =
        chosen.into_iter().partition(|it| it.is_not_for(arguments.arch).is_some());
    for scenario in &elsewhere {
        let why = scenario.is_not_for(arguments.arch).unwrap_or_default();
        println!("--   {} (not played: {why})", scenario.name);
    }
    let here = here.into_iter().map(|it| judge(it, &arguments));
    let judged: Vec<bool> =
        stream::iter(here).buffer_unordered(arguments.jobs.max(1)).collect().await;
    let failed = judged.iter().filter(|passed| !**passed).count();
    println!("{} passed, {failed} failed, {} not played", judged.len() - failed, elsewhere.len());
    ExitCode::from(u8::from(failed > 0))
}

/// Plays a scenario and says whether it passed.
async fn judge(scenario: &Scenario, arguments: &Arguments) -> bool {
    let begin = Instant::now();
    let result = play(scenario, arguments).await;
    let seconds = begin.elapsed().as_secs();
    match &result {
        Ok(()) => println!("ok   {} ({seconds} s)", scenario.name),
        Err(failure) => println!("FAIL {} ({seconds} s): {failure}", scenario.name),
    }
    result.is_ok()
}

async fn play(scenario: &Scenario, arguments: &Arguments) -> Result<(), Failure> {
    let processors = std::thread::available_parallelism()?.get() / arguments.jobs.max(1);
    let prepared = || Path::new("target/image").join(format!("test-{}", arguments.arch.name()));
    let folder = arguments.folder.clone().unwrap_or_else(prepared);
    let stage = Stage {
        scenario: scenario.name,
        board: arguments.arch,
        processors: processors.clamp(1, 2),
        seed: arguments.seed,
        cuts: arguments.cuts,
        // Beside the image, for disks are large and /tmp may be memory.
        scratch: tempfile::tempdir_in(&folder)?,
        folder,
    };
    (scenario.play)(&stage).await
}

//! `notice NAME`: puts a picture on the panel when the kiosk cannot draw itself.
//!
//! It is the last thing that works, so it needs little: no fonts, no window system, no DRM calls, only the
//! kernel's frame buffer, which every DRM driver offers and gives back when the program that had the panel
//! dies. The pictures were drawn by the kiosk's own screens when the image was built.

mod frame;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use frame::{Layout, LayoutError, Picture, draw};

/// Where pictures are looked for, the first that has it wins: the hall's own, then the image's.
const FOLDERS: [&str; 2] = ["/var/lib/hall24/notices", "/usr/share/hall24"];
const SYSFS: &str = "/sys/class/graphics/fb0";
const DEVICE: &str = "/dev/fb0";

#[derive(Debug, thiserror::Error)]
enum NoticeError {
    #[error("no picture {0}.png in {folders}", folders = FOLDERS.join(" or "))]
    NoPicture(String),
    #[error("failed to decode {0}: {1}")]
    Picture(PathBuf, png::DecodingError),
    #[error("failed to read {0}: {1}")]
    Read(PathBuf, io::Error),
    #[error("failed to write to {DEVICE}: {0}; is a screen connected?")]
    Write(io::Error),
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), None) = (arguments.next(), arguments.next()) else {
        eprintln!("notice: expected the name of one picture");
        return ExitCode::from(2);
    };
    match show(&name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("notice: {error}");
            ExitCode::from(1)
        }
    }
}

fn show(name: &str) -> Result<(), NoticeError> {
    let picture = picture(name)?.turned(quarters());
    let layout = layout()?;
    let mut device = fs::File::options().write(true).open(DEVICE).map_err(NoticeError::Write)?;
    device.write_all(&draw(&picture, &layout)).map_err(NoticeError::Write)
}

/// The first picture of that name that can be decoded; a broken one of the hall hides nothing.
fn picture(name: &str) -> Result<Picture, NoticeError> {
    let mut failure = NoticeError::NoPicture(name.to_owned());
    for folder in FOLDERS {
        let path = Path::new(folder).join(format!("{name}.png"));
        let Ok(bytes) = fs::read(&path) else { continue };
        match Picture::decode(&bytes) {
            Ok(picture) => return Ok(picture),
            Err(error) => failure = NoticeError::Picture(path, error),
        }
    }
    Err(failure)
}

/// By how much the panel is turned, as the kiosk is told.
fn quarters() -> usize {
    let degrees = std::env::var("SLINT_KMS_ROTATION").ok().and_then(|it| it.parse().ok());
    degrees.unwrap_or(0_usize) / 90
}

fn layout() -> Result<Layout, NoticeError> {
    let read = |name: &str| {
        let path = Path::new(SYSFS).join(name);
        fs::read_to_string(&path).map_err(|error| NoticeError::Read(path, error))
    };
    Ok(Layout::parse(&read("virtual_size")?, &read("bits_per_pixel")?, &read("stride")?)?)
}

//! The I²C bus, real or in this process, and the display on it.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use linux_embedded_hal::I2cdev;
use ssd1306::{
    I2CDisplayInterface, Ssd1306, mode::BufferedGraphicsMode, prelude::*, rotation::DisplayRotation,
};

use super::{ADDRESS, HEIGHT, StatusDisplaySettings, WIDTH};
use crate::port::PortUrl;
use crate::printer::bitmap::Bitmap;

static DISPLAYS: LazyLock<Mutex<HashMap<String, Arc<dyn Attached>>>> =
    LazyLock::new(Mutex::default);

/// Why the display shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum DisplayError {
    #[error("cannot open {url}: {reason}; is I²C switched on, and may the bus be used?")]
    Open { url: PortUrl, reason: String },
    #[error("cannot open {url} as a status display: expected i2c:PATH?address=0xNN or sim:NAME")]
    NotABus { url: PortUrl },
    #[error("no display answers at {url}; `i2cdetect` shows who does; check plug and address")]
    NoAnswer { url: PortUrl },
}

/// A device of this process that sits on a bus of its own.
pub(super) trait Attached: Send + Sync {
    /// Takes one write; false where nobody acknowledges it.
    fn write(&self, bytes: &[u8]) -> bool;
}

/// A display's claim on its name; dropping it frees the name.
#[derive(Debug)]
pub(super) struct AttachedName(String);

/// Makes a display known; `None` where the name is taken.
#[cfg_attr(not(feature = "sim"), expect(dead_code, reason = "only the simulator attaches"))]
pub(super) fn attach(name: &str, display: Arc<dyn Attached>) -> Option<AttachedName> {
    let mut displays = lock();
    if displays.contains_key(name) {
        return None;
    }
    displays.insert(name.to_owned(), display);
    Some(AttachedName(name.to_owned()))
}

impl Drop for AttachedName {
    fn drop(&mut self) {
        lock().remove(&self.0);
    }
}

fn lock() -> MutexGuard<'static, HashMap<String, Arc<dyn Attached>>> {
    DISPLAYS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An open display. All its calls wait for the bus: some 25 ms a picture at 400 kHz.
pub(super) struct Display {
    url: PortUrl,
    device: Ssd1306<I2CInterface<Bus>, DisplaySize128x64, BufferedGraphicsMode<DisplaySize128x64>>,
    contrast: u8,
}

impl Display {
    pub(super) fn open(
        url: &PortUrl,
        settings: &StatusDisplaySettings,
    ) -> Result<Self, DisplayError> {
        let (bus, address) = Bus::open(url)?;
        let interface = I2CDisplayInterface::new_custom_address(bus, address);
        let rotation =
            if settings.rotated { DisplayRotation::Rotate180 } else { DisplayRotation::Rotate0 };
        let device = Ssd1306::new(interface, DisplaySize128x64, rotation);
        let device = device.into_buffered_graphics_mode();
        Ok(Self { url: url.clone(), device, contrast: settings.contrast })
    }

    /// Sets the controller up and sends the whole picture: one that was without power meanwhile
    /// has forgotten both.
    pub(super) fn show(&mut self, picture: &Bitmap) -> Result<(), DisplayError> {
        let no_answer = |_| DisplayError::NoAnswer { url: self.url.clone() };
        self.device.init().map_err(no_answer)?;
        /// Fits the usual modules (datasheet, 10.1.17).
        const PRECHARGE: u8 = 2;
        let brightness = Brightness::custom(PRECHARGE, self.contrast);
        self.device.set_brightness(brightness).map_err(no_answer)?;
        self.device.clear_buffer();
        for (x, y) in (0..WIDTH).flat_map(|x| (0..HEIGHT).map(move |y| (x, y))) {
            if picture.is_black(x, y) {
                self.device.set_pixel(x as u32, y as u32, true);
            }
        }
        self.device.flush().map_err(no_answer)
    }
}

enum Bus {
    Linux(I2cdev),
    InProcess(Arc<dyn Attached>),
}

impl Bus {
    fn open(url: &PortUrl) -> Result<(Self, u8), DisplayError> {
        let failed = |reason: String| DisplayError::Open { url: url.clone(), reason };
        match url {
            PortUrl::I2c { path, address } => {
                let bus = open_device(path).map_err(failed)?;
                Ok((Self::Linux(bus), address.unwrap_or(ADDRESS)))
            }
            PortUrl::Sim { name } => {
                let display = lock().get(name).cloned();
                let none = || failed("no simulator of this name runs in this process".into());
                Ok((Self::InProcess(display.ok_or_else(none)?), ADDRESS))
            }
            _ => Err(DisplayError::NotABus { url: url.clone() }),
        }
    }
}

fn open_device(path: &Path) -> Result<I2cdev, String> {
    I2cdev::new(path).map_err(|it| it.to_string())
}

#[derive(Clone, Copy, Debug)]
struct BusError(ErrorKind);

impl embedded_hal::i2c::Error for BusError {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

impl ErrorType for Bus {
    type Error = BusError;
}

impl I2c for Bus {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusError> {
        match self {
            Self::Linux(bus) => bus
                .transaction(address, operations)
                .map_err(|error| BusError(embedded_hal::i2c::Error::kind(&error))),
            Self::InProcess(display) => operations.iter().try_for_each(|operation| {
                let taken = match operation {
                    Operation::Write(bytes) => display.write(bytes),
                    Operation::Read(_) => false,
                };
                let refused = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown);
                taken.then_some(()).ok_or(BusError(refused))
            }),
        }
    }
}

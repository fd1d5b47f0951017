//! The lines themselves: one small interface, three ways to reach them.

mod board;
mod chip;
mod pi;
#[cfg(test)]
mod tests;

use std::{future::Future, io, pin::Pin};

use super::{PanelProblem, PanelSettings, Pull};
use crate::port::PortUrl;

#[cfg(feature = "sim")]
pub(super) use board::{Board, BoardName};

/// How many edges may wait for the driver. Levels are read besides, so that a flood of edges hides
/// nothing for long.
const EDGES_MAX: usize = 256;

/// Open lines. Levels are electrical: what they mean is the settings' business.
pub(super) trait Lines: Send {
    /// The level of an input, or the one at which an output stands.
    fn is_high(&mut self, line: u32) -> io::Result<bool>;

    /// Sets an output.
    fn set(&mut self, line: u32, high: bool) -> io::Result<()>;

    /// Waits for the next edge; for ever where the chip tells none. Cancelled, it loses nothing.
    ///
    /// Whoever waits holds the lines: dropping them gives them back at once.
    fn edge(&mut self) -> NextEdge<'_>;
}

/// `None` when the chip is gone.
pub(super) type NextEdge<'a> = Pin<Box<dyn Future<Output = Option<Edge>> + Send + 'a>>;

/// The level of an input changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) line: u32,
    pub(super) high: bool,
}

/// Which lines are opened, and how.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) inputs: Vec<(u32, Pull)>,
    /// With the level at which each is off.
    pub(super) outputs: Vec<(u32, bool)>,
    /// Whether outputs are switched off now and set later; otherwise they are only looked at.
    pub(super) drive: bool,
    pub(super) edges: bool,
}

impl Wanted {
    pub(super) fn of(settings: &PanelSettings, drive: bool) -> Self {
        let outputs = settings.lights.values().chain(&settings.buzzer).chain(&settings.siren);
        Self {
            inputs: settings.inputs().map(|(_, it)| (it.line, it.pull)).collect(),
            outputs: outputs.map(|it| (it.line, it.active.flip(false))).collect(),
            drive,
            edges: settings.edges,
        }
    }
}

/// Why lines cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    #[error("there is no GPIO chip at {url}: {source}; `gpiodetect` lists those that are there")]
    ChipMissing { url: PortUrl, source: io::Error },
    #[error(
        "the GPIO chip at {url} does not give a line: {reason}; `gpioinfo` lists its lines and \
         who uses them"
    )]
    LineRefused { url: PortUrl, reason: String },
    #[error("cannot open {url} as a panel: expected gpio:PATH, rppal: or sim:NAME")]
    NotAPanel { url: PortUrl },
}

impl LinesError {
    /// The same in the words of the driver's events.
    pub fn problem(&self) -> PanelProblem {
        match self {
            Self::ChipMissing { .. } => PanelProblem::ChipMissing,
            Self::LineRefused { .. } => PanelProblem::LineRefused,
            Self::NotAPanel { .. } => PanelProblem::Settings,
        }
    }
}

/// Opens the lines of a panel. Needs a tokio runtime.
pub(super) fn open(url: &PortUrl, wanted: &Wanted) -> Result<Box<dyn Lines>, LinesError> {
    match url {
        PortUrl::Gpio { path } => chip::open(url, path, wanted),
        PortUrl::Rppal => pi::open(url, wanted),
        PortUrl::Sim { name } => board::open(url, name, wanted),
        _ => Err(LinesError::NotAPanel { url: url.clone() }),
    }
}

fn refused(url: &PortUrl, reason: impl std::fmt::Display) -> LinesError {
    LinesError::LineRefused { url: url.clone(), reason: reason.to_string() }
}

//! Lines in memory (`sim:NAME`): what the simulator moves and the driver reads.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{mpsc, watch};

use super::{EDGES_MAX, Edge, Lines, LinesError, NextEdge, Wanted, refused};
use crate::port::PortUrl;

static BOARDS: LazyLock<Mutex<HashMap<String, Arc<Board>>>> = LazyLock::new(Mutex::default);

/// A chip of this process.
#[derive(Debug)]
pub(in crate::panel) struct Board {
    core: Mutex<Core>,
    /// Counts changes.
    activity: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Core {
    unplugged: bool,
    levels: BTreeMap<u32, bool>,
    host: Option<Host>,
    /// Counts hosts, so that one that left late does not take the lines from the next.
    hosts: u64,
}

/// The program that has the lines.
#[derive(Debug)]
struct Host {
    inputs: BTreeSet<u32>,
    edges: Option<mpsc::Sender<Edge>>,
}

/// A board's claim on its name; dropping it frees the name.
#[derive(Debug)]
pub(in crate::panel) struct BoardName(String);

impl Drop for BoardName {
    fn drop(&mut self) {
        if let Some(board) = lock().remove(&self.0) {
            board.unplug(true);
        }
    }
}

#[cfg_attr(not(feature = "sim"), expect(dead_code, reason = "only the simulator makes boards"))]
impl Board {
    /// A board with these levels; `None` where the name is taken.
    pub(in crate::panel) fn register(
        name: &str,
        levels: BTreeMap<u32, bool>,
    ) -> Option<(Arc<Self>, BoardName)> {
        let mut boards = lock();
        if boards.contains_key(name) {
            return None;
        }
        let core = Mutex::new(Core { levels, ..Core::default() });
        let board = Arc::new(Self { core, activity: watch::Sender::new(0) });
        boards.insert(name.to_owned(), Arc::clone(&board));
        Some((board, BoardName(name.to_owned())))
    }

    /// Moves an input. With `silently` no edge tells it.
    pub(in crate::panel) fn drive(&self, line: u32, high: bool, silently: bool) {
        let mut core = self.core();
        if core.levels.insert(line, high) != Some(high)
            && !silently
            && let Some(host) = &core.host
            && host.inputs.contains(&line)
            && let Some(edges) = &host.edges
        {
            // As the kernel does: what does not fit is lost.
            let _ = edges.try_send(Edge { line, high });
        }
        drop(core);
        self.announce();
    }

    pub(in crate::panel) fn is_high(&self, line: u32) -> bool {
        self.core().levels.get(&line).copied().unwrap_or(false)
    }

    /// Takes the chip away from whoever has it, or puts it back.
    pub(in crate::panel) fn unplug(&self, unplugged: bool) {
        let mut core = self.core();
        core.unplugged = unplugged;
        if unplugged {
            core.host = None;
        }
        drop(core);
        self.announce();
    }

    /// Changes when anything does.
    pub(in crate::panel) fn activity(&self) -> watch::Receiver<u64> {
        self.activity.subscribe()
    }
}

impl Board {
    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::panel) fn announce(&self) {
        self.activity.send_modify(|it| *it = it.wrapping_add(1));
    }
}

struct BoardLines {
    board: Arc<Board>,
    host: u64,
    edges: mpsc::Receiver<Edge>,
    tells_edges: bool,
}

impl BoardLines {
    fn core(&self) -> io::Result<MutexGuard<'_, Core>> {
        let core = self.board.core();
        if core.host.is_none() || core.hosts != self.host {
            return Err(io::ErrorKind::NotFound.into());
        }
        Ok(core)
    }
}

impl Lines for BoardLines {
    fn is_high(&mut self, line: u32) -> io::Result<bool> {
        Ok(self.core()?.levels.get(&line).copied().unwrap_or(false))
    }

    fn set(&mut self, line: u32, high: bool) -> io::Result<()> {
        self.core()?.levels.insert(line, high);
        self.board.announce();
        Ok(())
    }

    fn edge(&mut self) -> NextEdge<'_> {
        Box::pin(async {
            if !self.tells_edges {
                std::future::pending::<()>().await;
            }
            self.edges.recv().await
        })
    }
}

impl Drop for BoardLines {
    fn drop(&mut self) {
        if let Ok(mut core) = self.core() {
            core.host = None;
        }
    }
}

pub(super) fn open(
    url: &PortUrl,
    name: &str,
    wanted: &Wanted,
) -> Result<Box<dyn Lines>, LinesError> {
    let missing = || {
        let source = io::Error::other("no simulator of this name runs in this process");
        LinesError::ChipMissing { url: url.clone(), source }
    };
    let board = lock().get(name).cloned().ok_or_else(missing)?;
    let (sender, edges) = mpsc::channel(EDGES_MAX);
    let mut core = board.core();
    if core.unplugged {
        return Err(missing());
    }
    if core.host.is_some() {
        return Err(refused(url, "another driver has it"));
    }
    core.hosts += 1;
    let host = core.hosts;
    // The host's sender is the only one, so that the edges end when the chip goes.
    let inputs = wanted.inputs.iter().map(|(line, _)| *line).collect();
    core.host = Some(Host { inputs, edges: wanted.edges.then_some(sender) });
    if wanted.drive {
        core.levels.extend(wanted.outputs.iter().copied());
    }
    drop(core);
    board.announce();
    Ok(Box::new(BoardLines { board, host, edges, tells_edges: wanted.edges }))
}

fn lock() -> MutexGuard<'static, HashMap<String, Arc<Board>>> {
    BOARDS.lock().unwrap_or_else(PoisonError::into_inner)
}

//! `sim:NAME`: streams between a driver and a simulator in the same process.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::DuplexStream,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// What fits into a stream before the writer has to wait, about the buffer of a serial adapter.
const STREAM_BYTES: usize = 4096;

static LISTENERS: LazyLock<Mutex<HashMap<String, UnboundedSender<DuplexStream>>>> =
    LazyLock::new(Mutex::default);

/// The simulator's claim on a name; dropping it frees the name and refuses further opens.
#[derive(Debug)]
pub struct SimListener {
    name: String,
    streams: UnboundedReceiver<DuplexStream>,
}

/// Claims `name` for a simulator; `None` where another one holds it.
pub fn listen(name: &str) -> Option<SimListener> {
    let mut listeners = lock();
    if listeners.get(name).is_some_and(|it| !it.is_closed()) {
        return None;
    }
    let (sender, streams) = unbounded_channel();
    listeners.insert(name.to_owned(), sender);
    Some(SimListener { name: name.to_owned(), streams })
}

impl SimListener {
    /// The next stream a driver opened.
    pub async fn accept(&mut self) -> DuplexStream {
        match self.streams.recv().await {
            Some(stream) => stream,
            None => std::future::pending().await,
        }
    }
}

impl Drop for SimListener {
    fn drop(&mut self) {
        lock().remove(&self.name);
    }
}

/// Opens a stream to the simulator called `name`; `None` where there is none.
pub(super) fn connect(name: &str) -> Option<DuplexStream> {
    let listeners = lock();
    let (ours, theirs) = tokio::io::duplex(STREAM_BYTES);
    listeners.get(name)?.send(theirs).ok()?;
    Some(ours)
}

fn lock() -> MutexGuard<'static, HashMap<String, UnboundedSender<DuplexStream>>> {
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner)
}

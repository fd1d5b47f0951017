//! The tap: what passed over the lines, for the bench and for a technician.
//!
//! It keeps raw bytes, which may be personal data: appliances run without one. The notes beside the
//! bytes come from the codecs and say what a frame is, never what it holds.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    Direction, Port,
    recording::{RecordedBytes, Recorder},
};

/// What a codec says about the bytes of one frame, without personal data.
pub type Describe = fn(Direction, &[u8]) -> String;

const RECORDS_MAX_PER_PORT: usize = 1000;
const RECORD_BYTES_MAX: usize = 4096;
/// Chunks of one frame arrive closer together than this.
const SAME_FRAME: Duration = Duration::from_millis(50);

/// A recorder of bytes. Clones share what they record.
#[derive(Clone)]
pub struct Tap {
    shared: Arc<Shared>,
    port: Arc<str>,
    describe: Describe,
}

struct Shared {
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    rings: Mutex<BTreeMap<Arc<str>, Ring>>,
    recorder: Option<Mutex<Recorder>>,
}

struct Ring {
    describe: Describe,
    records: VecDeque<Record>,
}

struct Record {
    first: Timestamp,
    last: Timestamp,
    direction: Direction,
    bytes: Vec<u8>,
}

/// One record as it is shown: chunks that followed each other in one direction within 50 ms.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WireRecord {
    pub at: Timestamp,
    pub port: String,
    pub direction: Direction,
    /// Hex without spaces.
    pub bytes: String,
    pub note: String,
}

impl Tap {
    /// A recorder that takes its times from `clock`. It records nothing before it has a
    /// [`Tap::port`].
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let shared = Shared { clock: Box::new(clock), rings: Mutex::default(), recorder: None };
        Self { shared: Arc::new(shared), port: "".into(), describe: |_, _| String::new() }
    }

    /// The same, and every byte goes into a new file as well ([`Recording`](super::Recording)).
    ///
    /// # Errors
    /// The file exists already or cannot be made.
    pub fn recording_to(self, path: &Path) -> io::Result<Self> {
        let recorder = Some(Mutex::new(Recorder::create(path)?));
        let Shared { clock, .. } = Arc::into_inner(self.shared)
            .ok_or_else(|| io::Error::other("the tap is in use already"))?;
        let shared = Shared { clock, rings: Mutex::default(), recorder };
        Ok(Self { shared: Arc::new(shared), port: self.port, describe: self.describe })
    }

    /// A clone that records under the name `port`; `describe` makes the notes.
    pub fn port(&self, port: &str, describe: Describe) -> Self {
        Self { shared: Arc::clone(&self.shared), port: port.into(), describe }
    }

    /// Records bytes that passed just now.
    pub fn record(&self, direction: Direction, bytes: &[u8]) {
        let at = (self.shared.clock)();
        if let Some(recorder) = &self.shared.recorder {
            let bytes = crate::hex::encode(bytes);
            let record = RecordedBytes { at, port: self.port.to_string(), direction, bytes };
            recorder.lock().unwrap_or_else(PoisonError::into_inner).write(&record);
        }
        let mut rings = self.rings();
        let ring = rings
            .entry(Arc::clone(&self.port))
            .or_insert_with(|| Ring { describe: self.describe, records: VecDeque::new() });
        let mut rest = bytes;
        if let Some(last) = ring.records.back_mut()
            && last.direction == direction
            && at.duration_since(last.last).unsigned_abs() < SAME_FRAME
        {
            let room = RECORD_BYTES_MAX - last.bytes.len();
            let (fits, over) = rest.split_at(room.min(rest.len()));
            last.bytes.extend_from_slice(fits);
            last.last = at;
            rest = over;
        }
        for chunk in rest.chunks(RECORD_BYTES_MAX) {
            if ring.records.len() == RECORDS_MAX_PER_PORT {
                ring.records.pop_front();
            }
            let bytes = chunk.to_vec();
            ring.records.push_back(Record { first: at, last: at, direction, bytes });
        }
    }

    /// The last 1,000 records of every port, in order of time.
    pub fn records(&self) -> Vec<WireRecord> {
        let mut all = Vec::new();
        for (port, ring) in self.rings().iter() {
            all.extend(ring.records.iter().map(|it| WireRecord {
                at: it.first,
                port: port.to_string(),
                direction: it.direction,
                bytes: crate::hex::encode(&it.bytes),
                note: (ring.describe)(it.direction, &it.bytes),
            }));
        }
        all.sort_by_key(|it| it.at);
        all
    }

    /// The records as the bench's `GET /api/wire` answers.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self.records()).expect("strings and times always serialise")
    }

    fn rings(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Ring>> {
        self.shared.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A port with a tap on it.
pub(super) struct Tapped {
    port: Box<dyn Port>,
    tap: Tap,
}

impl Tapped {
    pub(super) fn new(port: Box<dyn Port>, tap: Tap) -> Self {
        Self { port, tap }
    }
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.port).poll_read(context, buffer))?;
        let fresh = &buffer.filled()[before..];
        if !fresh.is_empty() {
            self.tap.record(Direction::In, fresh);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.port).poll_write(context, bytes))?;
        self.tap.record(Direction::Out, &bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.port).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.port).poll_shutdown(context)
    }
}

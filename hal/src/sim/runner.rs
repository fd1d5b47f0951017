//! Serves one device over a pseudo-terminal, TCP or a name in this process.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::{Notify, watch},
    time::{Instant, sleep_until, timeout},
};

use super::{
    ControlError, Device, FaultInfo, Outbox, SimOptions,
    line::{LineFault, SimLine},
    pty,
};
use crate::port::{self, Direction, Port, PortUrl, SimListener};

const RECORDS_MAX: usize = 1000;
/// Of a longer chunk, a camera's picture, only the begin is kept.
const RECORD_BYTES_MAX: usize = 4096;
const READ_BYTES: usize = 4096;
/// Bytes that nobody reads for this long are lost, as on a real line.
const OVERRUN_AFTER: Duration = Duration::from_millis(250);
/// Pause before a port that could not be set up again after a replug is tried once more.
const REOPEN_PAUSE: Duration = Duration::from_millis(100);

/// Why a simulator cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot serve a simulator at {url}: {source}")]
    Io { url: PortUrl, source: io::Error },
    #[error("cannot serve a simulator at sim:{name}: the name is taken")]
    NameTaken { name: String },
    #[error("cannot serve a simulator at {url}: expected pty:PATH, tcp:HOST:PORT or sim:NAME")]
    Unsuitable { url: PortUrl },
}

/// Bytes that passed, as the simulator saw them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SimRecord {
    /// Since the simulator started.
    pub at_ms: u64,
    pub direction: Direction,
    /// Hex without spaces, at most the first 4,096 bytes.
    pub bytes: String,
    pub note: String,
}

/// Operates a running simulator from anywhere. It runs until its last handle is dropped.
#[derive(Clone)]
pub struct SimHandle {
    shared: Arc<Shared>,
    life: Arc<Life>,
}

struct Shared {
    core: Mutex<Core>,
    changed: Notify,
    activity: watch::Sender<u64>,
    started: Instant,
}

struct Core {
    line: SimLine,
    active: Vec<&'static str>,
    records: VecDeque<SimRecord>,
    closed: bool,
}

/// Ends the runner when the last handle goes.
struct Life {
    shared: Arc<Shared>,
    url: PortUrl,
}

impl Drop for Life {
    fn drop(&mut self) {
        self.shared.core().closed = true;
        self.shared.changed.notify_one();
    }
}

/// Serves `device` at `endpoint` in a task of the current runtime.
///
/// `pty:PATH` makes a pseudo-terminal with PATH as a link to it, `tcp:HOST:PORT` listens (port 0
/// chooses one, see [`SimHandle::url`]), `sim:NAME` claims the name in this process.
pub async fn serve(
    device: Box<dyn Device>,
    endpoint: &PortUrl,
    options: SimOptions,
) -> Result<SimHandle, ServeError> {
    let (socket, url) = Socket::open(endpoint).await?;
    let core = Core {
        line: SimLine::new(device, &options),
        active: Vec::new(),
        records: VecDeque::new(),
        closed: false,
    };
    let shared = Arc::new(Shared {
        core: Mutex::new(core),
        changed: Notify::new(),
        activity: watch::Sender::new(0),
        started: Instant::now(),
    });
    let life = Arc::new(Life { shared: Arc::clone(&shared), url: url.clone() });
    tokio::spawn(run(Arc::clone(&shared), socket, url));
    Ok(SimHandle { shared, life })
}

impl SimHandle {
    /// The URL that a driver opens to reach this simulator.
    pub fn url(&self) -> &PortUrl {
        &self.life.url
    }

    /// Does something to the device, as a person would.
    pub fn control(&self, command: &Value) -> Result<Value, ControlError> {
        self.shared.act(|now, line, out| line.device.control(now, command, out))
    }

    /// The state of the device.
    pub fn state(&self) -> Value {
        self.shared.core().line.device.state()
    }

    /// All faults that can be switched on: the line's first, then the device's own.
    pub fn faults(&self) -> Vec<FaultInfo> {
        known_faults(&*self.shared.core().line.device)
    }

    /// The faults that are on.
    pub fn active_faults(&self) -> Vec<&'static str> {
        self.shared.core().active.clone()
    }

    /// Switches a fault on; of the line's faults one at a time. `None` heals everything.
    pub fn set_fault(&self, fault: Option<&str>) -> Result<(), ControlError> {
        let now = self.shared.now();
        let mut core = self.shared.core();
        let mut out = Outbox::default();
        match fault {
            None => {
                core.line.fault = None;
                core.line.device.set_fault(now, None, &mut out);
                core.active.clear();
            }
            Some(name) => {
                let known = known_faults(&*core.line.device);
                let Some(info) = known.iter().find(|it| it.name == name) else {
                    let names: Vec<_> = known.iter().map(|it| it.name).collect();
                    let (name, known) = (name.to_owned(), names.join(", "));
                    return Err(ControlError::UnknownFault { name, known });
                };
                let of_line = LineFault::ALL.iter().find(|it| it.info().name == name);
                if let Some(fault) = of_line {
                    core.line.fault = Some(*fault);
                    core.active
                        .retain(|it| LineFault::ALL.iter().all(|all| all.info().name != *it));
                } else {
                    core.line.device.set_fault(now, Some(name), &mut out);
                }
                core.active.retain(|it| *it != info.name);
                core.active.push(info.name);
            }
        }
        core.line.device_sent(now, &mut out);
        drop(core);
        self.shared.announce();
        Ok(())
    }

    /// Pulls the plug: what is on its way is lost and the port cannot be opened.
    pub fn unplug(&self) {
        self.set_fault(Some(LineFault::Unplugged.info().name)).expect("every line has this fault");
    }

    /// Puts the plug back in and heals everything else, too.
    pub fn replug(&self) {
        self.set_fault(None).expect("healing names no fault");
    }

    /// The last 1,000 chunks that passed, as the device saw them.
    pub fn records(&self) -> Vec<SimRecord> {
        self.shared.core().records.iter().cloned().collect()
    }

    /// Waits until the device's state satisfies `wanted`, and gives it.
    pub async fn wait_for(&self, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let mut activity = self.shared.activity.subscribe();
        loop {
            activity.borrow_and_update();
            let state = self.state();
            if wanted(&state) {
                return state;
            }
            activity.changed().await.expect("the sender lives in what this handle holds");
        }
    }
}

fn known_faults(device: &dyn Device) -> Vec<FaultInfo> {
    let of_line = device.line_faults().iter().map(|it| it.info());
    of_line.chain(device.faults().iter().copied()).collect()
}

impl Shared {
    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        Instant::now().saturating_duration_since(self.started)
    }

    fn act<T>(&self, action: impl FnOnce(Duration, &mut SimLine, &mut Outbox) -> T) -> T {
        let now = self.now();
        let mut out = Outbox::default();
        let result = {
            let mut core = self.core();
            let result = action(now, &mut core.line, &mut out);
            core.line.device_sent(now, &mut out);
            result
        };
        self.announce();
        result
    }

    fn announce(&self) {
        self.activity.send_modify(|it| *it = it.wrapping_add(1));
        self.changed.notify_one();
    }

    /// Lets the line move on; gives what reaches the host.
    fn advance(&self) -> Vec<Vec<u8>> {
        let now = self.now();
        let mut guard = self.core();
        let core = &mut *guard;
        let records = &mut core.records;
        let at_host = core.line.advance(now, |device, bytes| {
            record(records, now, Direction::Out, bytes, device);
        });
        for bytes in &at_host {
            record(records, now, Direction::In, bytes, &*core.line.device);
        }
        drop(guard);
        self.activity.send_modify(|it| *it = it.wrapping_add(1));
        at_host
    }
}

fn record(
    records: &mut VecDeque<SimRecord>,
    now: Duration,
    direction: Direction,
    bytes: &[u8],
    device: &dyn Device,
) {
    if records.len() == RECORDS_MAX {
        records.pop_front();
    }
    records.push_back(SimRecord {
        at_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        direction,
        bytes: crate::hex::encode(&bytes[..bytes.len().min(RECORD_BYTES_MAX)]),
        note: device.describe(direction, bytes),
    });
}

async fn run(shared: Arc<Shared>, socket: Socket, url: PortUrl) {
    let mut socket = Some(socket);
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let (closed, plugged, due) = {
            let core = shared.core();
            (core.closed, core.line.fault != Some(LineFault::Unplugged), core.line.next_due())
        };
        if closed {
            return;
        }
        let due = due.map(|it| shared.started + it);
        if !plugged {
            socket = None;
            shared.core().line.cut();
        } else if socket.is_none() {
            match Socket::open(&url).await {
                Ok((fresh, _)) => socket = Some(fresh),
                Err(error) => {
                    tracing::warn!(%error, "simulator cannot come back");
                    tokio::time::sleep(REOPEN_PAUSE).await;
                    continue;
                }
            }
        }
        tokio::select! {
            biased;
            () = shared.changed.notified() => {}
            () = sleep_until_some(due) => {}
            got = Socket::next(socket.as_mut(), &mut buffer) => match got {
                Got::Bytes(count) => {
                    let now = shared.now();
                    shared.core().line.host_wrote(now, &buffer[..count]);
                }
                Got::NewHost => shared.core().line.host_came(shared.now()),
                Got::HostLeft => {}
            },
        }
        for bytes in shared.advance() {
            if let Some(socket) = &mut socket {
                socket.write(&bytes).await;
            }
        }
    }
}

async fn sleep_until_some(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

enum Got {
    Bytes(usize),
    NewHost,
    HostLeft,
}

/// Where hosts come in, and the one that is there.
struct Socket {
    source: Source,
    host: Option<Box<dyn Port>>,
}

enum Source {
    /// Holds the link; the host is always there.
    Pty {
        _link: pty::PtyLink,
    },
    Tcp(TcpListener),
    Sim(SimListener),
}

impl Socket {
    async fn open(endpoint: &PortUrl) -> Result<(Self, PortUrl), ServeError> {
        let failed = |source| ServeError::Io { url: endpoint.clone(), source };
        match endpoint {
            PortUrl::Pty { path } => {
                let (master, link) = pty::create(path).map_err(failed)?;
                let source = Source::Pty { _link: link };
                Ok((Self { source, host: Some(Box::new(master)) }, endpoint.clone()))
            }
            PortUrl::Tcp { address } => {
                let listener = TcpListener::bind(address).await.map_err(failed)?;
                let bound: SocketAddr = listener.local_addr().map_err(failed)?;
                let url = PortUrl::Tcp { address: bound.to_string() };
                Ok((Self { source: Source::Tcp(listener), host: None }, url))
            }
            PortUrl::Sim { name } => match port::listen(name) {
                Some(listener) => {
                    Ok((Self { source: Source::Sim(listener), host: None }, endpoint.clone()))
                }
                None => Err(ServeError::NameTaken { name: name.clone() }),
            },
            PortUrl::Serial { .. }
            | PortUrl::Pcsc { .. }
            | PortUrl::Nut { .. }
            | PortUrl::Ipp { .. }
            | PortUrl::Gpio { .. }
            | PortUrl::Rppal
            | PortUrl::I2c { .. }
            | PortUrl::Evdev { .. }
            | PortUrl::V4l2 { .. }
            | PortUrl::File { .. }
            | PortUrl::Alsa { .. }
            | PortUrl::Wav { .. } => Err(ServeError::Unsuitable { url: endpoint.clone() }),
        }
    }

    /// The next thing that happens at the socket; never where there is none.
    async fn next(socket: Option<&mut Self>, buffer: &mut [u8]) -> Got {
        let Some(Self { source, host }) = socket else { return std::future::pending().await };
        let mut newcomer: Option<Box<dyn Port>> = None;
        let got = tokio::select! {
            biased;
            stream = accept(source) => {
                newcomer = Some(stream);
                Got::NewHost
            }
            count = read(host, buffer) => match count {
                0 => Got::HostLeft,
                count => Got::Bytes(count),
            },
        };
        if newcomer.is_some() {
            *host = newcomer;
        } else if matches!(got, Got::HostLeft) {
            *host = None;
        }
        got
    }

    async fn write(&mut self, bytes: &[u8]) {
        let Some(host) = &mut self.host else { return };
        let writing = async {
            host.write_all(bytes).await?;
            host.flush().await
        };
        // A host that does not read or has just left loses the bytes, as on a real line.
        let _ = timeout(OVERRUN_AFTER, writing).await;
    }
}

async fn accept(source: &mut Source) -> Box<dyn Port> {
    match source {
        Source::Pty { .. } => std::future::pending().await,
        Source::Sim(listener) => Box::new(listener.accept().await),
        Source::Tcp(listener) => loop {
            if let Ok((stream, _)) = listener.accept().await {
                // Without it replies in pieces would wait for acknowledgements.
                let _ = stream.set_nodelay(true);
                return Box::new(stream);
            }
        },
    }
}

async fn read(host: &mut Option<Box<dyn Port>>, buffer: &mut [u8]) -> usize {
    match host {
        Some(host) => host.read(buffer).await.unwrap_or(0),
        None => std::future::pending().await,
    }
}

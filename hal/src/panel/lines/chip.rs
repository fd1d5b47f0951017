//! A GPIO chip of the kernel through its character device (`gpio:/dev/gpiochip0`).

use std::{io, path::Path, sync::Arc};

use gpiocdev::{
    Request,
    line::{Bias, EdgeDetection, EdgeKind, Value},
};
use tokio::{
    io::{Interest, unix::AsyncFd},
    sync::mpsc,
    task::AbortHandle,
};

use super::{EDGES_MAX, Edge, Lines, LinesError, Opened, Wanted, refused};
use crate::{panel::Pull, port::PortUrl};

/// How the kernel names the user of the lines, for `gpioinfo`.
const CONSUMER: &str = "hall24";

struct Chip {
    request: Arc<Request>,
    /// The task holds the lines, too.
    forwarding: Option<AbortHandle>,
}

impl Drop for Chip {
    fn drop(&mut self) {
        if let Some(forwarding) = &self.forwarding {
            forwarding.abort();
        }
    }
}

impl Lines for Chip {
    fn is_high(&mut self, line: u32) -> io::Result<bool> {
        Ok(self.request.value(line).map_err(io::Error::other)? == Value::Active)
    }

    fn set(&mut self, line: u32, high: bool) -> io::Result<()> {
        self.request.set_value(line, level(high)).map(|_| ()).map_err(io::Error::other)
    }
}

#[expect(
    deprecated,
    reason = "a request keeps its descriptor while it lives, which is all the unsafe one asks"
)]
fn watch(request: Arc<Request>) -> io::Result<AsyncFd<Arc<Request>>> {
    AsyncFd::with_interest(request, Interest::READABLE)
}

pub(super) fn open(url: &PortUrl, path: &Path, wanted: &Wanted) -> Result<Opened, LinesError> {
    if let Err(source) = path.metadata() {
        return Err(LinesError::ChipMissing { url: url.clone(), source });
    }
    let request = request(path, wanted).map_err(|it| refused(url, it))?;
    let request = Arc::new(request);
    let (sender, edges) = mpsc::channel(EDGES_MAX);
    if !wanted.edges || wanted.inputs.is_empty() {
        let lines = Box::new(Chip { request, forwarding: None });
        return Ok(Opened { lines, edges, _no_edges: Some(sender) });
    }
    let watched = watch(Arc::clone(&request)).map_err(|it| refused(url, it))?;
    let forwarding = Some(tokio::spawn(forward(watched, sender)).abort_handle());
    Ok(Opened { lines: Box::new(Chip { request, forwarding }), edges, _no_edges: None })
}

fn request(path: &Path, wanted: &Wanted) -> gpiocdev::Result<Request> {
    let mut builder = Request::builder();
    builder.on_chip(path).with_consumer(CONSUMER);
    for (line, pull) in &wanted.inputs {
        let edges = wanted.edges.then_some(EdgeDetection::BothEdges);
        builder.with_line(*line).as_input().with_bias(bias(*pull)).with_edge_detection(edges);
    }
    for (line, off) in &wanted.outputs {
        builder.with_line(*line);
        if wanted.drive {
            builder.as_output(level(*off));
        } else {
            builder.as_is();
        }
    }
    builder.request()
}

fn bias(pull: Pull) -> Bias {
    match pull {
        Pull::Up => Bias::PullUp,
        Pull::Down => Bias::PullDown,
        Pull::None => Bias::Disabled,
    }
}

fn level(high: bool) -> Value {
    if high { Value::Active } else { Value::Inactive }
}

/// Hands edges to the driver until the chip goes or nobody wants them.
async fn forward(watched: AsyncFd<Arc<Request>>, edges: mpsc::Sender<Edge>) {
    loop {
        let Ok(mut ready) = watched.readable().await else { return };
        match ready.try_io(|it| next_edge(it.get_ref())) {
            Err(_not_ready) => {}
            Ok(Ok(edge)) => {
                if edges.send(edge).await.is_err() {
                    return;
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the GPIO chip tells no more edges");
                return;
            }
        }
    }
}

fn next_edge(request: &Request) -> io::Result<Edge> {
    // Reading would wait where there is none.
    if !request.has_edge_event().map_err(io::Error::other)? {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let event = request.read_edge_event().map_err(io::Error::other)?;
    Ok(Edge { line: event.offset, high: event.kind == EdgeKind::Rising })
}

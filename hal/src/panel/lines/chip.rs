//! A GPIO chip of the kernel through its character device (`gpio:/dev/gpiochip0`).

use std::{io, path::Path};

use gpiocdev::{
    Request,
    line::{Bias, EdgeDetection, EdgeKind, Value},
};
use tokio::io::{Interest, unix::AsyncFd};

use super::{Edge, Lines, LinesError, NextEdge, Wanted, refused};
use crate::{panel::Pull, port::PortUrl};

/// How the kernel names the user of the lines, for `gpioinfo`.
const CONSUMER: &str = "hall24";

struct Chip {
    request: AsyncFd<Request>,
    edges: bool,
}

impl Lines for Chip {
    fn is_high(&mut self, line: u32) -> io::Result<bool> {
        Ok(self.request.get_ref().value(line).map_err(io::Error::other)? == Value::Active)
    }

    fn set(&mut self, line: u32, high: bool) -> io::Result<()> {
        let set = self.request.get_ref().set_value(line, level(high));
        set.map(|_| ()).map_err(io::Error::other)
    }

    fn edge(&mut self) -> NextEdge<'_> {
        Box::pin(async {
            if !self.edges {
                std::future::pending::<()>().await;
            }
            loop {
                let mut ready = self.request.readable().await.ok()?;
                match ready.try_io(|it| next_edge(it.get_ref())) {
                    Err(_not_ready) => {}
                    Ok(Ok(edge)) => return Some(edge),
                    Ok(Err(error)) => {
                        tracing::warn!(%error, "the GPIO chip tells no more edges");
                        return None;
                    }
                }
            }
        })
    }
}

#[expect(
    deprecated,
    reason = "a request keeps its descriptor while it lives, which is all the unsafe one asks"
)]
fn watch(request: Request) -> io::Result<AsyncFd<Request>> {
    AsyncFd::with_interest(request, Interest::READABLE)
}

pub(super) fn open(
    url: &PortUrl,
    path: &Path,
    wanted: &Wanted,
) -> Result<Box<dyn Lines>, LinesError> {
    if let Err(source) = path.metadata() {
        return Err(LinesError::ChipMissing { url: url.clone(), source });
    }
    let request = request(path, wanted).map_err(|it| refused(url, it))?;
    let request = watch(request).map_err(|it| refused(url, it))?;
    Ok(Box::new(Chip { request, edges: wanted.edges && !wanted.inputs.is_empty() }))
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

fn next_edge(request: &Request) -> io::Result<Edge> {
    // Reading would wait where there is none.
    if !request.has_edge_event().map_err(io::Error::other)? {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let event = request.read_edge_event().map_err(io::Error::other)?;
    Ok(Edge { line: event.offset, high: event.kind == EdgeKind::Rising })
}

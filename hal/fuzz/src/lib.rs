//! What the fuzz targets share.

use std::time::Duration;

use hal::sim::{Device, Outbox};

/// The input in pieces, as a line would bring it: the first byte says how long they are.
pub fn pieces(data: &[u8]) -> std::slice::Chunks<'_, u8> {
    let (length, rest) = data.split_first().map_or((1, data), |(it, rest)| (*it, rest));
    rest.chunks(usize::from(length).max(1))
}

/// Lets a simulated device hear the input, and time go by.
pub fn hear(device: &mut dyn Device, data: &[u8]) {
    let mut out = Outbox::default();
    for (n, piece) in (0..).zip(pieces(data)) {
        device.receive(Duration::from_millis(n), piece, &mut out);
        out.take();
    }
    if let Some(at) = device.next_wake() {
        device.wake(at, &mut out);
    }
    device.state();
}

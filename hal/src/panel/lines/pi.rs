//! The header of a Raspberry Pi (`rppal:`); lines are BCM numbers.

use std::{collections::BTreeMap, io};

use rppal::gpio::{Error, Gpio, InputPin, Level, OutputPin, Pin, Trigger};
use tokio::sync::mpsc;

use super::{EDGES_MAX, Edge, Lines, LinesError, NextEdge, Wanted, refused};
use crate::{panel::Pull, port::PortUrl};

enum Wire {
    Input(InputPin),
    Output(OutputPin),
    /// Looked at only; its mode stays.
    AsItIs(Pin),
}

struct Header {
    wires: BTreeMap<u32, Wire>,
    edges: mpsc::Receiver<Edge>,
    /// Keeps the edges from ending where no pin tells any.
    _sender: mpsc::Sender<Edge>,
}

impl Header {
    fn wire(&mut self, line: u32) -> io::Result<&mut Wire> {
        self.wires.get_mut(&line).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Lines for Header {
    fn is_high(&mut self, line: u32) -> io::Result<bool> {
        Ok(match self.wire(line)? {
            Wire::Input(pin) => pin.is_high(),
            Wire::Output(pin) => pin.is_set_high(),
            Wire::AsItIs(pin) => pin.read() == Level::High,
        })
    }

    fn set(&mut self, line: u32, high: bool) -> io::Result<()> {
        let Wire::Output(pin) = self.wire(line)? else {
            return Err(io::ErrorKind::PermissionDenied.into());
        };
        pin.write(level(high));
        Ok(())
    }

    fn edge(&mut self) -> NextEdge<'_> {
        Box::pin(self.edges.recv())
    }
}

pub(super) fn open(url: &PortUrl, wanted: &Wanted) -> Result<Box<dyn Lines>, LinesError> {
    let gpio = Gpio::new().map_err(|error| match error {
        Error::UnknownModel => {
            let source = io::Error::new(io::ErrorKind::NotFound, "this is no Raspberry Pi");
            LinesError::ChipMissing { url: url.clone(), source }
        }
        other => refused(url, other),
    })?;
    let (sender, edges) = mpsc::channel(EDGES_MAX);
    let wires = wires(&gpio, wanted, &sender).map_err(|it| refused(url, it))?;
    Ok(Box::new(Header { wires, edges, _sender: sender }))
}

fn wires(
    gpio: &Gpio,
    wanted: &Wanted,
    edges: &mpsc::Sender<Edge>,
) -> Result<BTreeMap<u32, Wire>, Error> {
    let get = |line: u32| {
        let number = u8::try_from(line).map_err(|_| Error::PinNotAvailable(u8::MAX))?;
        gpio.get(number)
    };
    let mut wires = BTreeMap::new();
    for (line, pull) in &wanted.inputs {
        let pin = get(*line)?;
        let mut input = match pull {
            Pull::Up => pin.into_input_pullup(),
            Pull::Down => pin.into_input_pulldown(),
            Pull::None => pin.into_input(),
        };
        if wanted.edges {
            tell_edges(&mut input, *line, edges.clone())?;
        }
        wires.insert(*line, Wire::Input(input));
    }
    for (line, off) in &wanted.outputs {
        let pin = get(*line)?;
        let wire = if wanted.drive {
            // The level comes first, so that nothing flashes.
            let mut output = if *off { pin.into_output_high() } else { pin.into_output_low() };
            // Otherwise a released line floats, and a relay with it.
            output.set_reset_on_drop(false);
            Wire::Output(output)
        } else {
            Wire::AsItIs(pin)
        };
        wires.insert(*line, wire);
    }
    Ok(wires)
}

fn tell_edges(pin: &mut InputPin, line: u32, edges: mpsc::Sender<Edge>) -> Result<(), Error> {
    pin.set_async_interrupt(Trigger::Both, None, move |event| {
        let high = event.trigger == Trigger::RisingEdge;
        // A full queue holds news enough; levels are read besides.
        let _ = edges.try_send(Edge { line, high });
    })
}

fn level(high: bool) -> Level {
    if high { Level::High } else { Level::Low }
}

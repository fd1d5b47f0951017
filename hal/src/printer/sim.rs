//! A receipt printer: reads its stream, moves paper, cuts, and complains as printers do.

mod faults;
mod paper;
mod parser;
mod slot;

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use serde_json::{Value, json};

use self::{
    faults::{FAULTS, WITH_PRESENTER},
    paper::{LineBuffer, Paper as Strip},
    parser::{Command, Parser},
    slot::{Place, Presenter},
};
use super::{
    Align, Charset, Model, Paper, PrinterError, PrinterSettings, PrinterStatus, TextSize,
    bitmap::Bitmap,
    describe,
    fonts::Fonts,
    layout::Style,
    once::StatusReport,
    paint::qr_modules,
    presenter::{cutter_dots, to_full_status},
    status::{XOFF, XON, roll_byte, to_asb, to_real_time},
};
use crate::{
    hex,
    port::Direction,
    sim::{ControlError, Device, FaultInfo, LineFault, Outbox, SimHandle},
};

/// Rows of dots in a second: 150 mm.
const DOTS_PER_S: u64 = 1_200;
const CUTTING: Duration = Duration::from_millis(300);
/// Bytes of work in the buffer above which the printer asks for a pause, and below which it goes
/// on.
const BUFFER_FULL: usize = 4_096;
const BUFFER_EMPTY: usize = 1_024;
/// Receipts that hang out or lie in the tray; the oldest fall to the floor.
const RECEIPTS_MAX: usize = 50;

const EXPECTED: &str = "{\"take\":true}, {\"png\":N} or {\"fault\":NAME,\"after_commands\":N}";

/// A printed piece of paper.
struct Receipt {
    n: u64,
    strip: Strip,
    cut: bool,
    place: Place,
}

/// The printer.
pub struct PrinterSim {
    settings: PrinterSettings,
    parser: Parser,
    scanned: [u8; 2],
    work: VecDeque<(Command, usize)>,
    waiting_bytes: usize,
    paused_host: bool,
    busy_until: Option<Duration>,
    reports: bool,
    style: Style,
    align: Align,
    spacing: usize,
    line: LineBuffer,
    qr: (String, usize),
    strip: Strip,
    receipts: VecDeque<Receipt>,
    printed: u64,
    presenter: Presenter,
    /// What the motor moved so far, in rows of dots.
    fed_dots: usize,
    faults: BTreeSet<&'static str>,
    /// A fault that comes after so many more commands.
    ambush: Option<(&'static str, u64)>,
}

const PLAIN: Style = Style { size: TextSize::Normal, bold: false, figures: false };

impl PrinterSim {
    /// A printer with the head, the columns and the font that the settings name.
    pub fn new(settings: &PrinterSettings) -> Self {
        Self {
            settings: settings.clone(),
            parser: Parser::default(),
            scanned: [0; 2],
            work: VecDeque::new(),
            waiting_bytes: 0,
            paused_host: false,
            busy_until: None,
            reports: false,
            style: PLAIN,
            align: Align::Left,
            spacing: 30,
            line: LineBuffer::default(),
            qr: (String::new(), 3),
            strip: Strip::default(),
            receipts: VecDeque::new(),
            printed: 0,
            presenter: Presenter::default(),
            fed_dots: 0,
            faults: BTreeSet::new(),
            ambush: None,
        }
    }

    fn has(&self, fault: &str) -> bool {
        self.faults.contains(fault)
    }

    fn status(&self) -> PrinterStatus {
        let error = [
            ("unrecoverable", PrinterError::Unrecoverable),
            ("cutter", PrinterError::Cutter),
            ("mechanical", PrinterError::Mechanical),
            ("head_hot", PrinterError::HeadHot),
        ];
        let error = error.into_iter().find(|(name, _)| self.has(name)).map(|(_, it)| it);
        let error = error.or(self.presenter.jammed.then_some(PrinterError::Mechanical));
        let paper = if self.has("paper_end") {
            Paper::End
        } else if self.has("paper_near_end") {
            Paper::NearEnd
        } else {
            Paper::Ok
        };
        let cover_open = self.has("cover_open");
        let stopped = cover_open || paper == Paper::End || error.is_some();
        PrinterStatus { online: !stopped && !self.has("offline"), cover_open, paper, error }
    }

    fn is_stopped(&self) -> bool {
        self.has("power_off") || !self.status().ready()
    }

    /// Goes on with what is waiting, as far as the mechanics allow.
    fn work(&mut self, now: Duration, out: &mut Outbox) {
        if self.busy_until.is_some_and(|it| it > now) {
            return;
        }
        self.busy_until = None;
        while !self.is_stopped() {
            let Some((command, bytes)) = self.work.pop_front() else { break };
            self.waiting_bytes -= bytes;
            self.strip.bytes += bytes;
            let takes = self.execute(command, out);
            self.spring_ambush(now, out);
            if !takes.is_zero() {
                self.busy_until = Some(now + takes);
                break;
            }
        }
        if self.paused_host && self.waiting_bytes < BUFFER_EMPTY && !self.is_stopped() {
            self.paused_host = false;
            out.send(vec![XON]);
        }
    }

    /// Does one command; gives the time that the mechanics take for it.
    fn execute(&mut self, command: Command, out: &mut Outbox) -> Duration {
        match command {
            Command::Initialise => {
                self.style = PLAIN;
                self.align = Align::Left;
                self.spacing = 30;
                self.line.take();
            }
            Command::Char(c) => {
                if !self.line.push(c, self.style, self.settings.columns) {
                    let takes = self.print_line();
                    self.line.push(c, self.style, self.settings.columns);
                    return takes;
                }
            }
            Command::LineFeed => return self.print_line(),
            Command::FeedDots(dots) => return self.feed(dots.into()),
            Command::FeedLines(lines) => return self.feed(usize::from(lines) * self.spacing),
            Command::LineSpacing(dots) => self.spacing = dots.into(),
            Command::Centre(on) => self.align = if on { Align::Centre } else { Align::Left },
            Command::Bold(on) => self.style.bold = on,
            Command::Double(on) => {
                self.style.size = if on { TextSize::Double } else { TextSize::Normal };
            }
            Command::Raster(row_bytes, dots) => {
                let picture = Bitmap::from_rows(row_bytes, dots);
                let rows = picture.height();
                self.strip.picture(picture);
                return self.moved(rows);
            }
            Command::QrModule(dots) => self.qr.1 = usize::from(dots.clamp(1, 16)),
            Command::QrStore(data) => self.qr.0 = String::from_utf8_lossy(&data).into_owned(),
            Command::QrPrint => {
                let (data, module) = self.qr.clone();
                let rows = qr_modules(&data).map_or(0, |it| it.len() * module);
                self.strip.qr(data, module, self.align);
                return self.moved(rows);
            }
            Command::Cut(feeds) => {
                // The knife cuts behind the paper that was printed last; what is fed until it is
                // there belongs to the piece that is cut off.
                if feeds {
                    self.fed_dots += cutter_dots(&self.settings);
                }
                self.cut(true);
                return CUTTING;
            }
            Command::Reports(items) => {
                self.reports = items != 0;
                self.report(out);
            }
            Command::QueuedStatus => out.send(vec![roll_byte(self.status().paper)]),
            Command::Ejector(6) if self.settings.model == Model::Custom => {
                out.send(vec![self.ejector_byte()]);
            }
            Command::Ejector(n) if self.settings.model == Model::Custom => {
                return self.eject_or_retract(n);
            }
            Command::ForcedFeed(n) if self.settings.model == Model::Star => {
                return self.eject_or_retract(if n == 0 { 5 } else { 2 });
            }
            Command::PresenterStatus if self.settings.model == Model::Star => {
                out.send(vec![if self.ticket_seen() { self.slot_mask() } else { 0 }]);
            }
            Command::Ejector(_)
            | Command::ForcedFeed(_)
            | Command::PresenterStatus
            | Command::RealTimeStatus(_)
            | Command::Recover(_)
            | Command::Nothing => {}
        }
        Duration::ZERO
    }

    fn print_line(&mut self) -> Duration {
        let pieces = self.line.take();
        let double = pieces.iter().any(|it| it.style.size == TextSize::Double);
        let feed = if double { self.spacing.max(48) } else { self.spacing };
        self.strip.line(pieces, self.align, feed);
        self.moved(feed)
    }

    fn moved(&mut self, dots: usize) -> Duration {
        self.fed_dots += dots;
        moving(dots)
    }

    fn feed(&mut self, dots: usize) -> Duration {
        if !self.line.is_empty() {
            self.print_line();
        }
        self.strip.feed(dots);
        self.moved(dots)
    }

    fn cut(&mut self, cut: bool) {
        if !self.line.is_empty() {
            self.print_line();
        }
        let strip = std::mem::take(&mut self.strip);
        if strip.is_blank() {
            return;
        }
        self.printed += 1;
        let place = match self.settings.model {
            Model::Generic => Place::Tray,
            // What nobody took falls out before the next one.
            Model::Custom | Model::Star => {
                self.receipts.iter_mut().filter(|it| it.place != Place::Tray).for_each(|it| {
                    it.place = Place::Floor;
                });
                if self.settings.model == Model::Star { Place::Slot } else { Place::Held }
            }
        };
        if self.receipts.len() == RECEIPTS_MAX {
            self.receipts.pop_front();
        }
        self.receipts.push_back(Receipt { n: self.printed, strip, cut, place });
    }

    fn report(&self, out: &mut Outbox) {
        if self.reports && !self.has("power_off") {
            out.send(to_asb(&self.status()).to_vec());
        }
    }

    fn spring_ambush(&mut self, now: Duration, out: &mut Outbox) {
        match &mut self.ambush {
            Some((fault, 0)) => {
                let fault = *fault;
                self.ambush = None;
                self.set_fault(now, Some(fault), out);
            }
            Some((_, left)) => *left -= 1,
            None => {}
        }
    }

    fn lose_power(&mut self) {
        self.parser.clear();
        self.work.clear();
        self.line.take();
        self.waiting_bytes = 0;
        self.paused_host = false;
        self.busy_until = None;
        self.reports = false;
        self.style = PLAIN;
        self.align = Align::Left;
        self.spacing = 30;
    }

    /// Most firmware looks for DLE EOT in everything that arrives, dots of pictures included.
    fn scan(&mut self, bytes: &[u8], out: &mut Outbox) {
        for byte in bytes {
            if self.scanned == [0x10, 0x04] {
                self.answer(*byte, out);
            }
            self.scanned = [self.scanned[1], *byte];
        }
    }

    fn answer(&self, n: u8, out: &mut Outbox) {
        match (self.settings.model, n) {
            (Model::Custom, 0x14) => {
                return out.send(to_full_status(&self.status(), self.ticket_seen()).to_vec());
            }
            (Model::Star, 5) => {
                let seen = if self.ticket_seen() { self.slot_mask() & 0x6C } else { 0 };
                return out.send(vec![0x12 | seen]);
            }
            _ => {}
        }
        if let Some(answer) = to_real_time(&self.status()).get(usize::from(n).wrapping_sub(1)) {
            out.send(vec![*answer]);
        }
    }

    fn take_in(&mut self, command: Command, bytes: usize, out: &mut Outbox) {
        match command {
            Command::RealTimeStatus(n) if self.has("deaf_in_data") => self.answer(n, out),
            Command::RealTimeStatus(_) => {}
            Command::Recover(2) => {
                if self.has("cutter") {
                    self.work.clear();
                    self.waiting_bytes = 0;
                }
            }
            command => {
                self.waiting_bytes += bytes;
                self.work.push_back((command, bytes));
            }
        }
    }

    fn png(&self, n: u64) -> Result<Value, ControlError> {
        let receipt = self.receipts.iter().find(|it| it.n == n);
        let receipt = receipt.ok_or_else(|| {
            ControlError::BadValue(format!("there is no receipt {n} in the tray"))
        })?;
        let fonts = Fonts::new(&self.settings.fonts);
        let picture = receipt.strip.draw(self.settings.dots, self.settings.columns, &fonts);
        let png = encode_png(&picture).map_err(|it| ControlError::BadValue(it.to_string()))?;
        Ok(json!({ "png": hex::encode(&png) }))
    }
}

/// The picture of receipt `n`, as PNG; `None` where it is not in the tray.
pub fn receipt_png(sim: &SimHandle, n: u64) -> Option<Vec<u8>> {
    let answer = sim.control(&json!({ "png": n })).ok()?;
    hex::decode(answer["png"].as_str()?)
}

fn encode_png(picture: &Bitmap) -> Result<Vec<u8>, png::EncodingError> {
    let side = |it: usize| u32::try_from(it.max(1)).unwrap_or(u32::MAX);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side(picture.width()), side(picture.height()));
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let shade = |x, y| if picture.is_black(x, y) { 0 } else { 255 };
    let rows = 0..picture.height().max(1);
    let dots: Vec<u8> = rows.flat_map(|y| (0..picture.width()).map(move |x| shade(x, y))).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&dots)?;
    writer.finish()?;
    Ok(bytes)
}

fn moving(dots: usize) -> Duration {
    Duration::from_millis(dots as u64 * 1_000 / DOTS_PER_S)
}

impl Device for PrinterSim {
    fn receive(&mut self, now: Duration, bytes: &[u8], out: &mut Outbox) {
        if self.has("power_off") {
            return;
        }
        if !self.has("deaf_in_data") {
            self.scan(bytes, out);
        }
        let charset: Charset = self.settings.charset;
        for (command, length) in self.parser.push(bytes, charset) {
            self.take_in(command, length, out);
        }
        self.work(now, out);
        if !self.paused_host && self.waiting_bytes > BUFFER_FULL {
            self.paused_host = true;
            out.send(vec![XOFF]);
        }
    }

    fn control(
        &mut self,
        _now: Duration,
        command: &Value,
        _out: &mut Outbox,
    ) -> Result<Value, ControlError> {
        if let Some(n) = command["png"].as_u64() {
            return self.png(n);
        }
        if command["take"] == true {
            if self.work.is_empty() {
                self.cut(false);
            }
            self.receipts.clear();
            return Ok(self.state());
        }
        let ambush = command["fault"].as_str().zip(command["after_commands"].as_u64());
        let Some((name, left)) = ambush else {
            return Err(ControlError::UnknownCommand { expected: EXPECTED });
        };
        let fault = self.faults().iter().map(|it| it.name).find(|it| *it == name);
        let unknown = || ControlError::BadValue(format!("there is no fault {name}"));
        self.ambush = Some((fault.ok_or_else(unknown)?, left));
        Ok(self.state())
    }

    fn state(&self) -> Value {
        let receipts = self.receipts.iter().map(|it| {
            let text = it.strip.text(self.settings.columns);
            json!({
                "n": it.n, "text": text, "bytes": it.strip.bytes, "cut": it.cut,
                "place": it.place,
            })
        });
        json!({
            "status": StatusReport::from(self.status()),
            "powered": !self.has("power_off"),
            "busy": self.busy_until.is_some() || !self.work.is_empty(),
            "hanging": !self.strip.is_blank(),
            "printed": self.printed,
            "fed_dots": self.fed_dots,
            "ticket_in_output": self.ticket_seen(),
            "retracted": self.presenter.retracted,
            "receipts": receipts.collect::<Vec<_>>(),
        })
    }

    fn faults(&self) -> &'static [FaultInfo] {
        if self.settings.model == Model::Generic { FAULTS } else { &WITH_PRESENTER }
    }

    fn set_fault(&mut self, now: Duration, fault: Option<&str>, out: &mut Outbox) {
        let before = self.status();
        match fault {
            None => {
                self.faults.clear();
                self.presenter.jammed = false;
                self.ambush = None;
            }
            Some(name) => {
                let known = self.faults().iter().map(|it| it.name).find(|it| *it == name);
                self.faults.extend(known);
            }
        }
        if self.has("power_off") {
            self.lose_power();
        }
        if self.status() != before {
            self.report(out);
        }
        if fault.is_none() {
            self.work(now, out);
        }
    }

    fn describe(&self, direction: Direction, bytes: &[u8]) -> String {
        describe(direction, bytes)
    }

    fn next_wake(&self) -> Option<Duration> {
        self.busy_until
    }

    fn wake(&mut self, now: Duration, out: &mut Outbox) {
        self.work(now, out);
    }

    /// The protocol has no checksum.
    fn line_faults(&self) -> &'static [LineFault] {
        const FAULTS: &[LineFault] = &[
            LineFault::Silence,
            LineFault::Garbage,
            LineFault::HalfFrame,
            LineFault::Slow,
            LineFault::Unplugged,
        ];
        FAULTS
    }
}

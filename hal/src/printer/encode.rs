//! Documents as the bytes that print them.

use super::{
    Align, Document, TextSize,
    bitmap::Bitmap,
    escpos::{self, encode_char},
    fonts::Fonts,
    layout::{Metrics, Piece, Row, Style, layout},
    paint::{Dots, module_dots, paint, paint_cells, qr, qr_modules},
    presenter,
    settings::{Mode, PrinterSettings, QrMode},
};

/// Distance of rows in text mode; the font is 24 dots high.
const LINE_DOTS: u8 = 36;
const LINE_GAP: u8 = LINE_DOTS - 24;
/// Height of characters twice as high.
const DOUBLE_DOTS: u8 = 48;
/// What the cutter's feed and the knife take, in rows of dots.
const CUT_DOTS: usize = 300;

/// A document ready to be sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EncodedJob {
    pub bytes: Vec<u8>,
    /// Offsets at which a command ends, in order; the last is the length. A printer that stopped
    /// somewhere waits for the rest up to the next of them.
    pub ends: Vec<usize>,
    /// Length of the paper in rows of dots, for the time that printing takes.
    pub dots: usize,
    /// The paper fed so far, in rows of dots, at each offset where it moved.
    fed: Vec<(usize, usize)>,
}

impl std::fmt::Debug for EncodedJob {
    /// Its size only: what is printed is not to be logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EncodedJob({} bytes)", self.bytes.len())
    }
}

impl EncodedJob {
    /// Adds one command.
    pub fn command(&mut self, bytes: impl AsRef<[u8]>) {
        self.bytes.extend_from_slice(bytes.as_ref());
        self.ends.push(self.bytes.len());
    }

    /// The command just added moves the paper.
    fn feeds(&mut self, dots: usize) {
        self.dots += dots;
        self.feeds_unseen(dots);
    }

    fn feeds_unseen(&mut self, dots: usize) {
        let before = self.fed.last().map_or(0, |it| it.1);
        self.fed.push((self.bytes.len(), before + dots));
    }

    fn cut(&mut self, settings: &PrinterSettings) {
        presenter::cut(settings).iter().for_each(|it| self.command(it));
        self.dots += CUT_DOTS;
        self.feeds_unseen(presenter::cutter_dots(settings));
    }

    /// The paper, in rows of dots, that a printer feeds which took the first `sent` bytes.
    pub fn paper_dots(&self, sent: usize) -> usize {
        let moved = self.fed.partition_point(|(offset, _)| *offset <= sent);
        self.fed[..moved].last().map_or(0, |it| it.1)
    }

    /// How many bytes a printer that took `sent` of them still waits for within a command.
    pub fn owed(&self, sent: usize) -> usize {
        let place = self.ends.partition_point(|it| *it < sent);
        self.ends.get(place).map_or(0, |end| end - sent)
    }
}

/// How many bytes one document takes either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct EncodedSizes {
    pub text: usize,
    pub raster: usize,
}

/// Encodes a document both ways and counts.
pub fn encoded_sizes(document: &Document, settings: &PrinterSettings) -> EncodedSizes {
    let bytes = |mode| encode(document, &PrinterSettings { mode, ..settings.clone() }).bytes.len();
    EncodedSizes { text: bytes(Mode::Text), raster: bytes(Mode::Raster) }
}

/// Whether encoding opens font files, which takes a while.
pub fn needs_fonts(document: &Document, settings: &PrinterSettings) -> bool {
    settings.mode == Mode::Raster
        || layout(document, &Columns(settings.columns))
            .iter()
            .any(|it| matches!(it, Row::Text { pieces, .. } if !is_printable(pieces, settings)))
}

/// Encodes a document for this printer.
pub fn encode(document: &Document, settings: &PrinterSettings) -> EncodedJob {
    let fonts = Fonts::new(&settings.fonts);
    let mut job = EncodedJob::default();
    job.command(escpos::INITIALISE);
    if presenter::may_report(settings) {
        job.command(escpos::ASB_ON);
    }
    match settings.mode {
        Mode::Text => {
            job.command(escpos::KANJI_ON);
            job.command(escpos::line_spacing(LINE_DOTS));
            let rows = layout(document, &Columns(settings.columns));
            let mut writer = TextWriter { job, settings, fonts, now: START };
            rows.iter().for_each(|it| writer.row(it));
            writer.job
        }
        Mode::Raster => {
            let metrics = Dots { fonts: &fonts, dots: settings.dots };
            let rows = layout(document, &metrics);
            let cuts = rows.iter().filter(|it| **it == Row::Cut).count();
            for (index, paper) in paint(&rows, &metrics).into_iter().enumerate() {
                send_bitmap(&mut job, paper, settings);
                if index < cuts {
                    job.cut(settings);
                }
            }
            job
        }
    }
}

/// Measures rows for text mode: columns of half-width characters.
pub struct Columns(pub u16);

impl Metrics for Columns {
    fn line_width(&self) -> u32 {
        self.0.into()
    }

    fn char_width(&self, c: char, style: Style) -> u32 {
        let factor = if style.size == TextSize::Double { 2 } else { 1 };
        u32::from(escpos::columns(c)) * factor
    }

    fn field_gap(&self) -> u32 {
        2
    }

    fn value_at_min(&self) -> u32 {
        12
    }
}

/// What the printer was last told, so that it is told only what changes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    align: Align,
    bold: bool,
    size: TextSize,
}

const START: State = State { align: Align::Left, bold: false, size: TextSize::Normal };

struct TextWriter<'a> {
    job: EncodedJob,
    settings: &'a PrinterSettings,
    fonts: Fonts,
    now: State,
}

impl TextWriter<'_> {
    fn row(&mut self, row: &Row) {
        match row {
            Row::Text { pieces, align } if is_printable(pieces, self.settings) => {
                self.text(pieces, *align);
            }
            Row::Text { pieces, align } => {
                let row = paint_cells(pieces, *align, self.settings.columns, &self.fonts);
                self.image(row);
            }
            Row::Rule => {
                let style = Style { size: TextSize::Normal, bold: false, figures: true };
                let text = "-".repeat(self.settings.columns.into());
                self.text(&[Piece { at: 0, text, style }], Align::Left);
            }
            Row::Space => {
                self.job.command([escpos::LINE_FEED]);
                self.job.feeds(LINE_DOTS.into());
            }
            Row::Qr { data } => self.qr(data),
            Row::Cut => self.job.cut(self.settings),
        }
    }

    fn text(&mut self, pieces: &[Piece], align: Align) {
        let mut at = 0;
        for piece in pieces {
            self.become_state(State { align, bold: piece.style.bold, size: piece.style.size });
            let gap = piece.at.saturating_sub(at) as usize;
            if gap > 0 {
                self.job.command(vec![b' '; gap]);
            }
            for c in piece.text.chars() {
                self.job.command(encode_char(c, self.settings.charset).unwrap_or_default());
            }
            let metrics = Columns(self.settings.columns);
            at = piece.at + metrics.text_width(&piece.text, piece.style);
        }
        self.job.command([escpos::LINE_FEED]);
        let double = pieces.iter().any(|it| it.style.size == TextSize::Double);
        if double {
            // Rows of double height fill the whole distance of lines and more.
            self.job.feeds(DOUBLE_DOTS.into());
            self.job.command(escpos::feed(LINE_GAP));
            self.job.feeds(LINE_GAP.into());
        } else {
            self.job.feeds(LINE_DOTS.into());
        }
    }

    fn become_state(&mut self, wanted: State) {
        if self.now.align != wanted.align {
            self.job.command(escpos::align(wanted.align));
        }
        if self.now.bold != wanted.bold {
            self.job.command(escpos::bold(wanted.bold));
        }
        if self.now.size != wanted.size {
            self.job.command(escpos::double_size(wanted.size == TextSize::Double));
        }
        self.now = wanted;
    }

    fn image(&mut self, picture: Bitmap) {
        self.become_state(State { align: Align::Left, ..self.now });
        send_bitmap(&mut self.job, picture, self.settings);
        // The row below starts as far away as it would after text.
        self.job.command(escpos::feed(LINE_GAP));
        self.job.feeds(LINE_GAP.into());
    }

    fn qr(&mut self, data: &str) {
        let dots = self.settings.dots;
        let Some(modules) = qr_modules(data) else { return };
        // A control character in the data could be taken for a real-time command.
        if self.settings.qr == QrMode::Raster || data.chars().any(char::is_control) {
            if let Some(qr) = qr(data, dots) {
                let mut row = Bitmap::new(usize::from(dots), qr.height());
                row.lay(&qr, usize::from(dots).saturating_sub(qr.width()) / 2, 0, (1, 1));
                self.image(row);
            }
            return;
        }
        self.become_state(State { align: Align::Centre, ..self.now });
        let module = module_dots(modules.len(), dots);
        let size = u8::try_from(module).expect("a module has at most 8 dots");
        // The printer leaves the quiet zone at the sides; above and below it is ours to feed.
        let quiet = escpos::feed(size * 4);
        for (command, rows) in
            [(&quiet[..], 4), (&escpos::qr(data.as_bytes(), size), modules.len()), (&quiet, 4)]
        {
            self.job.command(command);
            self.job.feeds(rows * module);
        }
    }
}

fn is_printable(pieces: &[Piece], settings: &PrinterSettings) -> bool {
    let mut chars = pieces.iter().flat_map(|it| it.text.chars());
    chars.all(|it| encode_char(it, settings.charset).is_some())
}

fn send_bitmap(job: &mut EncodedJob, picture: Bitmap, settings: &PrinterSettings) {
    for (row_bytes, mut dots) in picture.bands() {
        if settings.avoid_real_time {
            escpos::avoid_real_time(&mut dots);
        }
        job.command(escpos::raster_band(row_bytes, &dots));
        job.feeds(dots.len() / row_bytes.max(1));
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::{super::Line, *};

    fn lines() -> impl Strategy<Value = Vec<Line>> {
        let text =
            || proptest::collection::vec(any::<char>(), 0..12).prop_map(|it| it.iter().collect());
        let line = prop_oneof![
            (text(), any::<bool>()).prop_map(|(text, bold)| {
                Line::Text { text, align: Align::Centre, size: TextSize::Double, bold }
            }),
            (text(), text()).prop_map(|(label, value)| Line::Field { label, value, bold: false }),
            text().prop_map(|data| Line::Qr { data }),
            Just(Line::Cut),
        ];
        proptest::collection::vec(line, 0..6)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 64, rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..<_>::default()
        })]

        #[test]
        fn no_document_smuggles_a_real_time_command(lines in lines()) {
            // Without fonts every character is a box, which is quicker than loading them.
            let fonts = super::super::FontSettings { regular: Vec::new(), bold: Vec::new() };
            let settings = PrinterSettings { fonts, ..PrinterSettings::default() };
            let job = encode(&Document { lines }, &settings);
            for pair in job.bytes.windows(2) {
                prop_assert!(!matches!(pair, [0x10, 0x04 | 0x05 | 0x14]), "{:02x?}", pair);
            }
            prop_assert_eq!(job.ends.last(), Some(&job.bytes.len()));
            prop_assert!(job.ends.is_sorted());
            prop_assert_eq!(job.owed(job.bytes.len()), 0);
        }
    }
}

//! Paper: what the commands of a document leave on it, as text and as dots.

use super::super::{
    Align, TextSize,
    bitmap::Bitmap,
    escpos::columns,
    fonts::Fonts,
    layout::{Piece, Style},
    paint::{paint_cells, qr_modules},
};

/// One thing on the paper, from top to bottom.
#[derive(Clone)]
enum Mark {
    /// A line of characters and how far the paper moved for it.
    Line {
        pieces: Vec<Piece>,
        align: Align,
        feed: usize,
    },
    Feed(usize),
    Picture(Bitmap),
    Qr {
        data: String,
        module: usize,
        align: Align,
    },
}

/// What is printed between two cuts.
#[derive(Clone, Default)]
pub(super) struct Paper {
    marks: Vec<Mark>,
    /// Bytes that came in for it.
    pub(super) bytes: usize,
}

impl Paper {
    pub(super) fn is_blank(&self) -> bool {
        self.marks.iter().all(|it| matches!(it, Mark::Feed(_)))
    }

    pub(super) fn line(&mut self, pieces: Vec<Piece>, align: Align, feed: usize) {
        self.marks.push(Mark::Line { pieces, align, feed });
    }

    pub(super) fn feed(&mut self, dots: usize) {
        self.marks.push(Mark::Feed(dots));
    }

    pub(super) fn picture(&mut self, picture: Bitmap) {
        self.marks.push(Mark::Picture(picture));
    }

    pub(super) fn qr(&mut self, data: String, module: usize, align: Align) {
        self.marks.push(Mark::Qr { data, module, align });
    }

    /// The characters, line by line. Pictures and codes are lines in brackets.
    pub(super) fn text(&self, paper_columns: u16) -> String {
        let mut text = String::new();
        for mark in &self.marks {
            match mark {
                Mark::Line { pieces, align, .. } => {
                    let line: String = pieces.iter().map(|it| it.text.as_str()).collect();
                    let line = line.trim_end();
                    if *align == Align::Centre && !line.is_empty() {
                        let width: u32 = pieces.iter().map(width).sum();
                        let indent = u32::from(paper_columns).saturating_sub(width) / 2;
                        text.extend(std::iter::repeat_n(' ', indent as usize));
                    }
                    text.push_str(line);
                }
                Mark::Feed(_) => continue,
                Mark::Picture(it) => {
                    text.push_str(&format!("[picture {}×{}]", it.width(), it.height()));
                }
                Mark::Qr { data, .. } => text.push_str(&format!("[QR {data}]")),
            }
            text.push('\n');
        }
        text
    }

    /// The dots.
    pub(super) fn draw(&self, dots: u16, paper_columns: u16, fonts: &Fonts) -> Bitmap {
        let mut paper = Bitmap::new(dots.into(), 0);
        for mark in &self.marks {
            let top = paper.height();
            match mark {
                Mark::Line { pieces, align, feed } => {
                    let row = paint_cells(pieces, *align, paper_columns, fonts);
                    let used = if pieces.is_empty() { 0 } else { row.height() };
                    paper.extend_to(top + used.max(*feed));
                    paper.lay(&row, 0, top, (1, 1));
                }
                Mark::Feed(dots) => paper.extend_to(top + dots),
                Mark::Picture(it) => {
                    paper.extend_to(top + it.height());
                    paper.lay(it, 0, top, (1, 1));
                }
                Mark::Qr { data, module, align } => {
                    draw_qr(&mut paper, data, *module, *align);
                }
            }
        }
        paper
    }
}

fn draw_qr(paper: &mut Bitmap, data: &str, module: usize, align: Align) {
    let Some(modules) = qr_modules(data) else { return };
    let side = modules.len();
    let mut code = Bitmap::new(side, side);
    for (y, row) in modules.iter().enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, it)| **it) {
            code.blacken(x, y);
        }
    }
    let top = paper.height();
    let left = match align {
        Align::Left => 0,
        Align::Centre => paper.width().saturating_sub(side * module) / 2,
    };
    paper.extend_to(top + side * module);
    paper.lay(&code, left, top, (module, module));
}

fn width(piece: &Piece) -> u32 {
    let factor = if piece.style.size == TextSize::Double { 2 } else { 1 };
    piece.text.chars().map(|it| u32::from(columns(it)) * factor).sum()
}

/// Collects the characters of a line into runs of one style.
#[derive(Default)]
pub(super) struct LineBuffer {
    pieces: Vec<Piece>,
    at: u32,
}

impl LineBuffer {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Adds a character; false where the line has no room for it.
    pub(super) fn push(&mut self, c: char, style: Style, paper_columns: u16) -> bool {
        let single = Piece { at: self.at, text: c.to_string(), style };
        let wide = width(&single);
        if self.at + wide > paper_columns.into() {
            return false;
        }
        self.at += wide;
        match self.pieces.last_mut() {
            Some(last) if last.style == style => last.text.push(c),
            _ => self.pieces.push(single),
        }
        true
    }

    pub(super) fn take(&mut self) -> Vec<Piece> {
        self.at = 0;
        std::mem::take(&mut self.pieces)
    }
}

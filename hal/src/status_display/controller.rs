//! The controller's side of the wire: what an SSD1306 makes of the bytes it is sent. Pure.
//!
//! After SSD1306 datasheet rev. 1.1, chapters 8.1.5 (I²C), 9 and 10 (commands). Scrolling is not
//! done. Unknown commands are counted and skipped.

use super::{HEIGHT, WIDTH};

const PAGES: usize = HEIGHT / 8;
const COMMAND: u8 = 0x00;
const DATA: u8 = 0x40;

/// How the place of the next byte moves on (command 20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Addressing {
    Horizontal,
    Vertical,
    Page,
}

/// An SSD1306 with 128×64 dots of glass.
#[derive(Clone, Debug)]
pub struct Controller {
    ram: Vec<u8>,
    on: bool,
    charge_pump: bool,
    contrast: u8,
    inverted: bool,
    segment_remap: bool,
    scan_down: bool,
    addressing: Addressing,
    columns: (usize, usize),
    pages: (usize, usize),
    at: (usize, usize),
    /// A command that waits for its arguments.
    pending: Vec<u8>,
    unknown: u64,
}

impl Default for Controller {
    /// As after a reset.
    fn default() -> Self {
        Self {
            ram: vec![0; WIDTH * PAGES],
            on: false,
            charge_pump: false,
            contrast: 0x7F,
            inverted: false,
            segment_remap: false,
            scan_down: false,
            addressing: Addressing::Page,
            columns: (0, WIDTH - 1),
            pages: (0, PAGES - 1),
            at: (0, 0),
            pending: Vec::new(),
            unknown: 0,
        }
    }
}

impl Controller {
    /// Takes one write of the bus, the address left out: a control byte and what it says.
    pub fn write(&mut self, bytes: &[u8]) {
        match bytes.split_first() {
            Some((&COMMAND, commands)) => commands.iter().for_each(|it| self.command(*it)),
            Some((&DATA, dots)) => dots.iter().for_each(|it| self.data(*it)),
            Some(_) => self.unknown += 1,
            None => {}
        }
    }

    /// Whether a dot of the glass is lit; outside none is. Upright is a module mounted with its
    /// connector at the top, for which drivers remap both directions.
    pub fn is_lit(&self, x: usize, y: usize) -> bool {
        if x >= WIDTH || y >= HEIGHT || !self.on || !self.charge_pump {
            return false;
        }
        let column = if self.segment_remap { x } else { WIDTH - 1 - x };
        let row = if self.scan_down { y } else { HEIGHT - 1 - y };
        let dot = self.ram[row / 8 * WIDTH + column] & (1 << (row % 8)) != 0;
        dot != self.inverted
    }

    pub fn is_on(&self) -> bool {
        self.on && self.charge_pump
    }

    pub fn contrast(&self) -> u8 {
        self.contrast
    }

    /// How many commands were not understood.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    fn command(&mut self, byte: u8) {
        self.pending.push(byte);
        if self.pending.len() <= arguments(self.pending[0]) {
            return;
        }
        let command = std::mem::take(&mut self.pending);
        self.obey(&command);
    }

    fn obey(&mut self, command: &[u8]) {
        match *command {
            [0x20, mode] => {
                self.addressing = match mode & 3 {
                    0 => Addressing::Horizontal,
                    1 => Addressing::Vertical,
                    _ => Addressing::Page,
                };
            }
            [0x21, first, last] => {
                let (first, last) = (usize::from(first & 0x7F), usize::from(last & 0x7F));
                self.columns = (first, last.max(first));
                self.at.0 = first;
            }
            [0x22, first, last] => {
                let (first, last) = (usize::from(first & 7), usize::from(last & 7));
                self.pages = (first, last.max(first));
                self.at.1 = first;
            }
            [low @ 0x00..=0x0F] => self.at.0 = self.at.0 & 0x70 | usize::from(low),
            [high @ 0x10..=0x17] => self.at.0 = self.at.0 & 0x0F | usize::from(high & 7) << 4,
            [page @ 0xB0..=0xB7] => self.at.1 = usize::from(page & 7),
            [0x81, contrast] => self.contrast = contrast,
            [0x8D, pump] => self.charge_pump = pump & 4 != 0,
            [remap @ 0xA0..=0xA1] => self.segment_remap = remap == 0xA1,
            [invert @ 0xA6..=0xA7] => self.inverted = invert == 0xA7,
            [power @ 0xAE..=0xAF] => self.on = power == 0xAF,
            [0xC0] => self.scan_down = false,
            [0xC8] => self.scan_down = true,
            // Multiplex, offset, start line, clock, pre-charge, COM pins, VCOMH, no scrolling, NOP:
            // they fit the glass or do not, which a picture cannot show.
            [0xA8 | 0xD3 | 0xD5 | 0xD9 | 0xDA | 0xDB, _] | [0x40..=0x7F | 0xA4 | 0x2E | 0xE3] => {}
            _ => self.unknown += 1,
        }
    }

    fn data(&mut self, dots: u8) {
        let (column, page) = self.at;
        self.ram[page * WIDTH + column] = dots;
        let next = |at: usize, (first, last): (usize, usize)| {
            if at >= last { (first, true) } else { (at + 1, false) }
        };
        match self.addressing {
            Addressing::Page => self.at.0 = next(column, (0, WIDTH - 1)).0,
            Addressing::Horizontal => {
                let (column, over) = next(column, self.columns);
                self.at = (column, if over { next(page, self.pages).0 } else { page });
            }
            Addressing::Vertical => {
                let (page, over) = next(page, self.pages);
                self.at = (if over { next(column, self.columns).0 } else { column }, page);
            }
        }
    }
}

/// How many bytes follow a command.
fn arguments(command: u8) -> usize {
    match command {
        0x20 | 0x81 | 0x8D | 0xA8 | 0xD3 | 0xD5 | 0xD9 | 0xDA | 0xDB => 1,
        0x21 | 0x22 | 0xA3 => 2,
        0x29 | 0x2A => 5,
        0x26 | 0x27 => 6,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    fn lit(controller: &Controller) -> Vec<(usize, usize)> {
        let dots = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
        dots.filter(|(x, y)| controller.is_lit(*x, *y)).collect()
    }

    fn upright() -> Controller {
        let mut controller = Controller::default();
        controller.write(&[0x00, 0x8D, 0x14, 0xAF, 0xA1, 0xC8, 0x20, 0x00]);
        controller
    }

    #[test]
    fn a_window_is_filled_row_by_row() {
        let mut controller = upright();
        controller.write(&[0x00, 0x21, 5, 6, 0x22, 1, 2]);
        controller.write(&[0x40, 0x01, 0x80, 0x02, 0x00, 0xFF]);
        // The fifth byte begins again at the window's corner.
        let column: Vec<_> = (8..16).map(|y| (5, y)).collect();
        let mut wanted = [column, vec![(6, 15), (5, 17)]].concat();
        wanted.sort_unstable_by_key(|(x, y)| (*y, *x));
        assert_eq!(lit(&controller), wanted);
        controller.write(&[0x00, 0xAE]);
        assert!(lit(&controller).is_empty());
    }

    #[test]
    fn page_mode_vertical_mode_and_mounting() {
        let mut controller = upright();
        controller.write(&[0x00, 0x20, 0x02, 0xB3, 0x0F, 0x17]);
        controller.write(&[0x40, 0x01, 0x01]);
        assert_eq!(lit(&controller), [(0, 24), (127, 24)]);
        controller.write(&[0x00, 0xA0, 0xC0]);
        assert_eq!(lit(&controller), [(0, 39), (127, 39)], "turned by half a turn");
        let mut controller = upright();
        controller.write(&[0x00, 0x20, 0x01, 0x21, 0, 1, 0x22, 0, 1]);
        controller.write(&[0x40, 1, 1, 1]);
        assert_eq!(lit(&controller), [(0, 0), (1, 0), (0, 8)]);
        assert_eq!(controller.unknown(), 0);
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        /// Whatever came before, a whole picture is shown as it was sent.
        #[test]
        fn noise_does_no_harm_and_a_picture_after_it_is_right(
            noise in proptest::collection::vec(
                proptest::collection::vec(any::<u8>(), 0..40), 0..20),
            dots in proptest::collection::vec(any::<u8>(), WIDTH * PAGES),
        ) {
            let mut controller = Controller::default();
            for write in &noise {
                controller.write(write);
            }
            // A command that waits for arguments takes at most six.
            controller.write(&[0x00, 0xE3, 0xE3, 0xE3, 0xE3, 0xE3, 0xE3]);
            controller.write(&[0x00, 0x8D, 0x14, 0xAF, 0xA1, 0xC8, 0xA6, 0x20, 0x00]);
            controller.write(&[0x00, 0x21, 0, 127, 0x22, 0, 7]);
            controller.write(&[&[0x40][..], &dots].concat());
            for (index, byte) in dots.iter().enumerate() {
                for bit in 0..8 {
                    let (x, y) = (index % WIDTH, index / WIDTH * 8 + bit);
                    prop_assert_eq!(controller.is_lit(x, y), byte & (1 << bit) != 0);
                }
            }
        }
    }
}

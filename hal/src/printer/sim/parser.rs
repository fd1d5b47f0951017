//! Bytes become commands, as in a printer's firmware.

use super::super::settings::Charset;

/// The longest command that is waited for; anything longer is cut short.
const COMMAND_MAX: usize = 128 * 1024;

/// One command of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// DLE EOT n, acted on at once.
    RealTimeStatus(u8),
    /// DLE ENQ n, acted on at once.
    Recover(u8),
    Initialise,
    Char(char),
    LineFeed,
    /// ESC J or ESC d, in dots or lines.
    FeedDots(u8),
    FeedLines(u8),
    LineSpacing(u8),
    Centre(bool),
    Bold(bool),
    Double(bool),
    /// Whether the cut feeds the way to the knife first.
    Cut(bool),
    /// Bytes of a row, and rows.
    Raster(usize, Vec<u8>),
    QrModule(u8),
    QrStore(Vec<u8>),
    QrPrint,
    Reports(u8),
    QueuedStatus,
    /// GS e n.
    Ejector(u8),
    /// ESC r n: out or back.
    ForcedFeed(u8),
    /// ESC v.
    PresenterStatus,
    /// Known in length and without effect here.
    Nothing,
}

/// What the bytes waiting so far are.
enum Step {
    /// A command of this length.
    Whole(Command, usize),
    /// The start of a command.
    More,
}

/// The firmware's reading of the stream. It holds at most one command.
#[derive(Default)]
pub(super) struct Parser {
    bytes: Vec<u8>,
    start: usize,
}

impl Parser {
    /// Takes bytes and gives the commands that they complete, with their lengths.
    pub(super) fn push(&mut self, bytes: &[u8], charset: Charset) -> Vec<(Command, usize)> {
        self.bytes.extend_from_slice(bytes);
        let mut commands = Vec::new();
        while self.start < self.bytes.len() {
            match step(&self.bytes[self.start..], charset) {
                Step::Whole(command, length) => {
                    self.start += length;
                    commands.push((command, length));
                }
                Step::More if self.bytes.len() - self.start > COMMAND_MAX => self.start += 1,
                Step::More => break,
            }
        }
        self.bytes.drain(..self.start);
        self.start = 0;
        commands
    }

    /// Power off: half a command is forgotten.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.start = 0;
    }
}

fn step(bytes: &[u8], charset: Charset) -> Step {
    match bytes[0] {
        0x10 => dle(bytes),
        0x1B => esc(bytes),
        0x1C => fs(bytes),
        0x1D => gs(bytes),
        0x0A => Step::Whole(Command::LineFeed, 1),
        it @ 0x20..=0x7E => Step::Whole(Command::Char(char::from(it)), 1),
        0x81..=0xFE => double_byte(bytes, charset),
        _ => Step::Whole(Command::Nothing, 1),
    }
}

fn dle(bytes: &[u8]) -> Step {
    match bytes {
        [_, 0x04, n, ..] => Step::Whole(Command::RealTimeStatus(*n), 3),
        [_, 0x05, n, ..] => Step::Whole(Command::Recover(*n), 3),
        [_, 0x04 | 0x05] | [_] => Step::More,
        _ => Step::Whole(Command::Nothing, 1),
    }
}

fn esc(bytes: &[u8]) -> Step {
    match bytes {
        [_] => Step::More,
        [_, b'@', ..] => Step::Whole(Command::Initialise, 2),
        [_, b'i' | b'm', ..] => Step::Whole(Command::Cut(false), 2),
        [_, b'v', ..] => Step::Whole(Command::PresenterStatus, 2),
        [_, b'2', ..] => Step::Whole(Command::LineSpacing(30), 2),
        [_, it, ..] if !b"3JdaEt-GM!V{Rr".contains(it) => Step::Whole(Command::Nothing, 2),
        [_, _] => Step::More,
        [_, b'3', n, ..] => Step::Whole(Command::LineSpacing(*n), 3),
        [_, b'J', n, ..] => Step::Whole(Command::FeedDots(*n), 3),
        [_, b'd', n, ..] => Step::Whole(Command::FeedLines(*n), 3),
        [_, b'a', n, ..] => Step::Whole(Command::Centre(matches!(n, 1 | b'1')), 3),
        [_, b'r', n, ..] => Step::Whole(Command::ForcedFeed(*n), 3),
        [_, b'E', n, ..] => Step::Whole(Command::Bold(n & 1 == 1), 3),
        _ => Step::Whole(Command::Nothing, 3),
    }
}

fn fs(bytes: &[u8]) -> Step {
    match bytes {
        [_] => Step::More,
        [_, b'&' | b'.', ..] => Step::Whole(Command::Nothing, 2),
        [_, b'!' | b'C' | b'W' | b'-', _, ..] => Step::Whole(Command::Nothing, 3),
        [_, b'S', _, _, ..] => Step::Whole(Command::Nothing, 4),
        [_, b'!' | b'C' | b'W' | b'-' | b'S', ..] => Step::More,
        _ => Step::Whole(Command::Nothing, 2),
    }
}

fn gs(bytes: &[u8]) -> Step {
    match bytes {
        [_, b'V', 65 | 66, _, ..] => Step::Whole(Command::Cut(true), 4),
        [_, b'V', 65 | 66] => Step::More,
        [_, b'V', _, ..] => Step::Whole(Command::Cut(false), 3),
        [_, b'e', 3, _, ..] => Step::Whole(Command::Ejector(3), 4),
        [_, b'e', 3] | [_, b'e'] => Step::More,
        [_, b'e', n, ..] => Step::Whole(Command::Ejector(*n), 3),
        [_, b'!', n, ..] => Step::Whole(Command::Double(*n == 0x11), 3),
        [_, b'a', n, ..] => Step::Whole(Command::Reports(*n), 3),
        [_, b'r', _, ..] => Step::Whole(Command::QueuedStatus, 3),
        [_, b'v', _, _, x_low, x_high, y_low, y_high, ..] => {
            let row = usize::from(u16::from_le_bytes([*x_low, *x_high]));
            let rows = usize::from(u16::from_le_bytes([*y_low, *y_high]));
            let length = 8 + row * rows;
            match bytes.get(8..length) {
                Some(dots) => Step::Whole(Command::Raster(row, dots.to_vec()), length),
                None => Step::More,
            }
        }
        [_, b'(', _, low, high, ..] => {
            let length = 5 + usize::from(u16::from_le_bytes([*low, *high]));
            match bytes.get(5..length) {
                Some(body) => Step::Whole(two_dimensional(bytes[2], body), length),
                None => Step::More,
            }
        }
        [_] | [_, b'V' | b'!' | b'a' | b'r' | b'v' | b'(', ..] => Step::More,
        [_, b'I' | b'B' | b'h' | b'w' | b'H' | b'f', _, ..] => Step::Whole(Command::Nothing, 3),
        [_, b'I' | b'B' | b'h' | b'w' | b'H' | b'f'] => Step::More,
        _ => Step::Whole(Command::Nothing, 2),
    }
}

fn two_dimensional(kind: u8, body: &[u8]) -> Command {
    match (kind, body) {
        (b'k', [0x31, 0x43, module, ..]) => Command::QrModule(*module),
        (b'k', [0x31, 0x50, 0x30, data @ ..]) => Command::QrStore(data.to_vec()),
        (b'k', [0x31, 0x51, ..]) => Command::QrPrint,
        _ => Command::Nothing,
    }
}

/// Han text. What the font lacks comes out blank, as it does on paper.
fn double_byte(bytes: &[u8], charset: Charset) -> Step {
    const BLANK: char = '\u{3000}';
    let length = match bytes {
        [_] => return Step::More,
        [_, 0x30..=0x39, rest @ ..] if charset == Charset::Gb18030 => {
            if rest.len() < 2 {
                return Step::More;
            }
            4
        }
        [_, 0x40..=0x7E | 0x80..=0xFE, ..] => 2,
        _ => return Step::Whole(Command::Nothing, 1),
    };
    let (text, _) = encoding_rs::GB18030.decode_without_bom_handling(&bytes[..length]);
    let c = text.chars().next().unwrap_or(BLANK);
    let known = super::super::escpos::encode_char(c, charset);
    let known = known.is_some_and(|it| it == bytes[..length]);
    Step::Whole(Command::Char(if known { c } else { BLANK }), length)
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::{super::super::escpos, *};

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(8), failure_persistence: None, ..<_>::default()
        })]

        #[test]
        fn any_bytes_are_harmless(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..9),
        ) {
            let mut parser = Parser::default();
            for chunk in chunks {
                parser.push(&chunk, Charset::Gb18030);
                prop_assert!(parser.bytes.len() <= COMMAND_MAX + chunk.len());
            }
        }

        #[test]
        fn text_survives_however_it_is_split(
            text in "[ -~一-龥𬭛㛃𠮷㼆𠅤𬭚𰻝]{0,40}",
            cut in any::<usize>(),
        ) {
            let bytes: Vec<u8> = text.chars()
                .filter_map(|it| escpos::encode_char(it, Charset::Gb18030)).flatten().collect();
            let (first, second) = bytes.split_at(cut % (bytes.len() + 1));
            let mut parser = Parser::default();
            let mut commands = parser.push(first, Charset::Gb18030);
            commands.extend(parser.push(second, Charset::Gb18030));
            let seen: String = commands.iter().filter_map(|it| match it {
                (Command::Char(c), _) => Some(*c),
                _ => None,
            }).collect();
            prop_assert_eq!(seen, text);
        }
    }

    #[test]
    fn a_font_without_a_character_prints_a_blank() {
        let bytes = escpos::encode_char('镕', Charset::Gbk).expect("in GBK");
        let commands = Parser::default().push(&bytes, Charset::Gb2312);
        assert_eq!(commands, [(Command::Char('\u{3000}'), 2)]);
    }
}

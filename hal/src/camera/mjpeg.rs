//! JPEG files one after the other (protocol `mjpeg`): what network cameras and the simulator send.
//!
//! A file begins with FF D8 and ends with FF D9. Between them are segments with a length and, after
//! a start of scan, data in which FF is followed by 00 or by a restart mark (ISO/IEC 10918-1
//! B.1.1). What does not fit is dropped up to the next FF D8.

/// Longer files are noise.
pub const FILE_BYTES_MAX: usize = 16 << 20;

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;

/// Cuts a stream into files.
#[derive(Default)]
pub struct MjpegParser {
    bytes: Vec<u8>,
    /// Where the file begins that is being read.
    start: usize,
    /// What was looked at so far.
    at: usize,
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Outside,
    /// A mark has to come.
    Mark,
    /// In the data of a scan.
    Scan,
}

/// A page that passes is not shown.
impl std::fmt::Debug for MjpegParser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MjpegParser({} bytes)", self.bytes.len())
    }
}

impl MjpegParser {
    /// Takes bytes as they come and returns the files that became whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.bytes.extend_from_slice(bytes);
        let mut files = Vec::new();
        while self.step(&mut files) {}
        if self.bytes.len() - self.start > FILE_BYTES_MAX {
            self.give_up();
        }
        self.bytes.drain(..self.start);
        self.at -= self.start;
        self.start = 0;
        files
    }

    /// Forgets what is not whole.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether a file has begun.
    pub fn began(&self) -> bool {
        self.state != State::Outside
    }

    /// Moves on; false: more bytes are needed.
    fn step(&mut self, files: &mut Vec<Vec<u8>>) -> bool {
        match self.state {
            State::Outside => self.find_start(),
            State::Mark => self.mark(files),
            State::Scan => self.scan(),
        }
    }

    fn find_start(&mut self) -> bool {
        let rest = &self.bytes[self.at..];
        if let Some(place) = rest.windows(2).position(|it| it == [0xFF, START]) {
            self.start = self.at + place;
            self.at = self.start + 2;
            self.state = State::Mark;
            return true;
        }
        self.start = self.bytes.len() - usize::from(rest.last() == Some(&0xFF));
        self.at = self.start;
        false
    }

    fn mark(&mut self, files: &mut Vec<Vec<u8>>) -> bool {
        let Some(&[first, code]) = self.bytes.get(self.at..self.at + 2) else { return false };
        match (first, code) {
            (0xFF, 0xFF) => self.at += 1,
            (0xFF, END) => {
                self.at += 2;
                files.push(self.bytes[self.start..self.at].to_vec());
                self.start = self.at;
                self.state = State::Outside;
            }
            // Marks without a length: TEM and restarts.
            (0xFF, 0x01 | 0xD0..=0xD7) => self.at += 2,
            (0xFF, 0xC0..) if code != START => return self.segment(code),
            _ => self.give_up(),
        }
        true
    }

    fn segment(&mut self, code: u8) -> bool {
        let Some(&[high, low]) = self.bytes.get(self.at + 2..self.at + 4) else { return false };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let end = self.at + 2 + length;
        if length < 2 {
            self.give_up();
            return true;
        }
        if end > self.bytes.len() {
            return false;
        }
        self.at = end;
        self.state = if code == SCAN { State::Scan } else { State::Mark };
        true
    }

    fn scan(&mut self) -> bool {
        while let Some(place) = self.bytes[self.at..].iter().position(|it| *it == 0xFF) {
            self.at += place;
            match self.bytes.get(self.at + 1) {
                None => return false,
                Some(0x00 | 0xD0..=0xD7) => self.at += 2,
                Some(0xFF) => self.at += 1,
                Some(_) => {
                    self.state = State::Mark;
                    return true;
                }
            }
        }
        self.at = self.bytes.len();
        false
    }

    /// What began is no file: the next one begins after its first byte.
    fn give_up(&mut self) {
        // What was looked at already holds no start, except where this stopped.
        self.start = self.at;
        self.state = State::Outside;
    }
}

/// A note for the wire view.
pub fn describe(bytes: &[u8]) -> String {
    let what = if bytes.starts_with(&[0xFF, START]) { "begin of a picture" } else { "picture" };
    format!("{what}, {} bytes", bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixed_seed;
    use proptest::{collection::vec, prelude::*};

    /// A file of one segment and a scan; its data is escaped as an encoder does it.
    fn file(segment: &[u8], data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(segment.len() + 2).expect("short").to_be_bytes();
        let mut file = vec![0xFF, START, 0xFF, 0xE0];
        file.extend(length);
        file.extend(segment);
        file.extend([0xFF, SCAN, 0, 3, 1]);
        file.extend(data.iter().flat_map(|it| match it {
            0xFF => vec![0xFF, 0],
            other => vec![*other],
        }));
        file.extend([0xFF, 0xD3, 7, 0xFF, END]);
        file
    }

    #[test]
    fn a_file_may_hold_the_marks_of_another_in_a_segment() {
        let thumbnail = file(b"", b"small");
        let large = file(&thumbnail, b"large");
        let stream = [b"--boundary\r\n", &large[..], b"\r\n", &thumbnail].concat();
        assert_eq!(MjpegParser::default().push(&stream), [large, thumbnail]);
    }

    #[test]
    fn half_a_file_is_dropped_and_the_next_one_is_whole() {
        let whole = file(b"JFIF", &[1, 0xFF, 3]);
        let mut parser = MjpegParser::default();
        let cut = &whole[..whole.len() - 6];
        assert_eq!(parser.push(&[cut, &whole[..]].concat()), std::slice::from_ref(&whole));
        assert!(!parser.began());
        assert_eq!(parser.push(&whole[..9]), [] as [Vec<u8>; 0]);
        assert!(parser.began());
        assert_eq!(describe(&whole), "begin of a picture, 24 bytes");
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn files_survive_any_cut_and_noise(
            segment in vec(any::<u8>(), 0..40), data in vec(any::<u8>(), 0..200),
            noise in vec(0..=0xFE_u8, 0..100), cut in any::<usize>(),
        ) {
            let file = file(&segment, &data);
            let bytes = [&noise[..], &file, &noise, &file].concat();
            let (first, second) = bytes.split_at(cut % bytes.len());
            let mut parser = MjpegParser::default();
            let mut files = parser.push(first);
            files.extend(parser.push(second));
            prop_assert_eq!(files, vec![file.clone(), file]);
        }

        #[test]
        fn the_stream_is_found_again(noise in vec(any::<u8>(), 0..300)) {
            let file = file(b"JFIF", b"data");
            let mut parser = MjpegParser::default();
            // A mark in the noise may claim the longest segment there is.
            let files = parser.push(&[noise, file.repeat(70_000 / file.len())].concat());
            prop_assert!(files.last() == Some(&file));
        }

        #[test]
        fn any_bytes_do_no_harm(chunks in vec(vec(any::<u8>(), 0..500), 0..8)) {
            let mut parser = MjpegParser::default();
            for chunk in chunks {
                describe(&chunk);
                parser.push(&chunk);
                prop_assert!(parser.at <= parser.bytes.len());
            }
        }
    }
}

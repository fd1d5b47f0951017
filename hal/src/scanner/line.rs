//! Scanners that end each code with CR, LF, both or a tab (protocol `line`).
//!
//! The payload has neither length nor checksum (GM65 manual, suffix settings): a text is whole when
//! its terminator came. UTF-8 is tried first, GB18030 second; control bytes are dropped.

/// Longest code that is kept; a QR code of version 40 holds less than this in every mode used here.
pub const TEXT_BYTES_MAX: usize = 4096;

/// Collects bytes into texts. Holds at most [`TEXT_BYTES_MAX`] bytes.
#[derive(Debug, Default)]
pub struct LineParser {
    bytes: Vec<u8>,
    too_long: bool,
}

impl LineParser {
    /// Takes bytes as they come and returns the texts that became whole.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut texts = Vec::new();
        for &byte in bytes {
            match byte {
                b'\r' | b'\n' | b'\t' => texts.extend(self.finish()),
                0..=0x1f | 0x7f => {}
                _ if self.bytes.len() < TEXT_BYTES_MAX => self.bytes.push(byte),
                _ => self.too_long = true,
            }
        }
        texts
    }

    /// Forgets what is not whole yet, for example after the line fell silent.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.too_long = false;
    }

    /// Whether bytes wait for their terminator.
    pub fn pending(&self) -> bool {
        !self.bytes.is_empty()
    }

    fn finish(&mut self) -> Option<String> {
        let bytes = std::mem::take(&mut self.bytes);
        if std::mem::take(&mut self.too_long) || bytes.is_empty() {
            return None;
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => encoding_rs::GB18030.decode(error.as_bytes()).0.into_owned(),
        };
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }
}

/// The bytes that a scanner sends for a text.
pub fn encode(text: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = text.bytes().filter(|it| *it >= 0x20 && *it != 0x7f).collect();
    bytes.push(b'\r');
    bytes
}

/// A note for the wire view: never the text itself.
pub fn describe(bytes: &[u8]) -> String {
    format!("scanned, {} bytes", bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_end_at_any_terminator() {
        let mut parser = LineParser::default();
        assert_eq!(parser.push(b"H24P-0307"), Vec::<String>::new());
        assert!(parser.pending());
        assert_eq!(parser.push(b"1234-9\r\n\x02next\t"), vec!["H24P-03071234-9", "next"]);
        let (gb, _, _) = encoding_rs::GB18030.encode("取件");
        assert_eq!(parser.push(&[&gb[..], b"\r"].concat()), vec!["取件"]);
    }

    proptest! {
        #[test]
        fn any_bytes_keep_within_the_bound(chunks in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..3000), 0..8)) {
            let mut parser = LineParser::default();
            for chunk in chunks {
                parser.push(&chunk);
                prop_assert!(parser.bytes.len() <= TEXT_BYTES_MAX);
            }
        }

        #[test]
        fn what_is_sent_is_read(text in "[!-~]([ -~]{0,200}[!-~])?") {
            let mut parser = LineParser::default();
            prop_assert_eq!(parser.push(&encode(&text)), vec![text]);
        }
    }
}

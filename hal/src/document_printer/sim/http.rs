//! Just enough of HTTP/1.1 for a printer: requests in, one after the other.

/// The longest head of a request.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// The longest body.
const BODY_BYTES_MAX: usize = 40 << 20;

/// What arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The client wants to be told to go on.
    Continue,
    Request(Vec<u8>),
    /// No POST, or one that is not understood.
    Bad,
}

/// Takes requests out of a stream of bytes.
#[derive(Default)]
pub(super) struct Requests {
    bytes: Vec<u8>,
    /// The client of the request that is coming in was told to go on.
    continued: bool,
}

impl Requests {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Arrival> {
        self.bytes.extend_from_slice(bytes);
        let mut arrivals = Vec::new();
        while let Some(arrival) = self.next() {
            arrivals.push(arrival);
        }
        arrivals
    }

    /// Whether a request began and did not end.
    pub(super) fn pending(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Forgets what came in of a request.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.continued = false;
    }

    fn next(&mut self) -> Option<Arrival> {
        let Some(head_bytes) = self.bytes.windows(4).position(|it| it == b"\r\n\r\n") else {
            if self.bytes.len() > HEAD_BYTES_MAX {
                self.clear();
                return Some(Arrival::Bad);
            }
            return None;
        };
        let head = String::from_utf8_lossy(&self.bytes[..head_bytes]).into_owned();
        let body = &self.bytes[head_bytes + 4..];
        let header = |name: &str| {
            let fields = head.lines().filter_map(|it| it.split_once(':'));
            let mut fields = fields.filter(|(it, _)| it.eq_ignore_ascii_case(name));
            fields.next().map(|(_, value)| value.trim().to_ascii_lowercase())
        };
        let taken = if !head.starts_with("POST ") {
            Taken::Bad
        } else if header("transfer-encoding").as_deref() == Some("chunked") {
            chunked(body)
        } else {
            match header("content-length").and_then(|it| it.parse::<usize>().ok()) {
                Some(length) if length <= BODY_BYTES_MAX => match body.get(..length) {
                    Some(body) => Taken::Whole(body.to_vec(), length),
                    None => Taken::More,
                },
                _ => Taken::Bad,
            }
        };
        match taken {
            Taken::Whole(request, length) => {
                self.bytes.drain(..head_bytes + 4 + length);
                self.continued = false;
                Some(Arrival::Request(request))
            }
            Taken::More if !self.continued && header("expect").is_some() => {
                self.continued = true;
                Some(Arrival::Continue)
            }
            Taken::More => None,
            Taken::Bad => {
                self.clear();
                Some(Arrival::Bad)
            }
        }
    }
}

enum Taken {
    /// The body and how many bytes it took.
    Whole(Vec<u8>, usize),
    More,
    Bad,
}

fn chunked(bytes: &[u8]) -> Taken {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let rest = &bytes[at..];
        let Some(line) = rest.windows(2).position(|it| it == b"\r\n") else {
            return if rest.len() > 64 { Taken::Bad } else { Taken::More };
        };
        let size = std::str::from_utf8(&rest[..line]).ok();
        let size = size.and_then(|it| it.split(';').next());
        let Some(size) = size.and_then(|it| usize::from_str_radix(it.trim(), 16).ok()) else {
            return Taken::Bad;
        };
        if size > BODY_BYTES_MAX || body.len() + size > BODY_BYTES_MAX {
            return Taken::Bad;
        }
        let (begin, end) = (line + 2, line + 2 + size);
        match rest.get(end..end + 2) {
            None => return Taken::More,
            Some(b"\r\n") => {}
            Some(_) => return Taken::Bad,
        }
        body.extend_from_slice(&rest[begin..end]);
        at += end + 2;
        if size == 0 {
            return Taken::Whole(body, at);
        }
    }
}

/// An answer with its head.
pub(super) fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::fixed_seed;

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn any_bytes_are_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
            let _ = Requests::default().push(&bytes);
            let _ = Requests::default().push(&[head, &bytes[..]].concat());
        }

        #[test]
        fn bodies_survive_however_they_are_split(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            cut in any::<usize>(),
            step in 1..50_usize,
        ) {
            let length = body.len();
            let plain = format!("POST /x HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
            let plain = [plain.as_bytes(), &body].concat();
            let mut pieces = b"POST /x HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
            for piece in body.chunks(step) {
                pieces.extend(format!("{:x}\r\n", piece.len()).as_bytes());
                pieces.extend(piece);
                pieces.extend(b"\r\n");
            }
            pieces.extend(b"0\r\n\r\n");
            let stream = [plain, pieces].concat();
            let (first, second) = stream.split_at(cut % (stream.len() + 1));
            let mut requests = Requests::default();
            let mut seen = requests.push(first);
            seen.extend(requests.push(second));
            prop_assert_eq!(seen, [Arrival::Request(body.clone()), Arrival::Request(body)]);
            prop_assert!(!requests.pending());
        }
    }
}

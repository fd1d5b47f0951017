//! A browser that shows nothing: one request, one answer.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) tag: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The sentence of a refusal.
    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"].as_str().expect("a message").to_owned()
    }
}

pub(crate) async fn get(at: SocketAddr, path: &str) -> Answer {
    request(at, &format!("GET {path} HTTP/1.1\r\n"), "").await
}

/// Asks for a picture that differs from one that is known.
pub(crate) async fn get_unless(at: SocketAddr, path: &str, tag: &str) -> Answer {
    request(at, &format!("GET {path} HTTP/1.1\r\nIf-None-Match: {tag}\r\n"), "").await
}

pub(crate) async fn post(at: SocketAddr, path: &str, body: &str) -> Answer {
    let head = format!("POST {path} HTTP/1.1\r\nContent-Length: {}\r\n", body.len());
    request(at, &head, body).await
}

pub(crate) async fn request(at: SocketAddr, head: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(at).await.expect("the page is served");
    let text = format!("{head}Host: {at}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).await.expect("it is sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("it is answered");
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&bytes[..end]).expect("text").to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
    let tag = head.lines().find_map(|it| it.strip_prefix("etag: ")).map(str::to_owned);
    Answer { status, tag, body: bytes[end + 4..].to_vec() }
}

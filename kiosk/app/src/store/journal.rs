//! The hash chain of the event log: whoever changes or removes an entry breaks it.

use sha2::{Digest, Sha256};

/// Hash that the first entry follows.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry as it is exported.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct JournalEntry {
    pub seq: i64,
    pub at: String,
    pub kind: String,
    pub detail: serde_json::Value,
    pub hash: String,
}

/// Where the chain is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    #[error(
        "journal entry {seq} does not fit its hash: it was changed or an entry before it removed"
    )]
    Broken { seq: i64 },
}

/// SHA-256 over the former hash and the entry's fields, each with its length before it.
pub(super) fn link(previous: &str, at: &str, kind: &str, detail: &str) -> String {
    let mut hash = Sha256::new();
    for part in [previous, at, kind, detail] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hal::hex::encode(&hash.finalize())
}

//! A card for vsmartcard's virtual reader: it connects to the reader's port when it is inserted.
//!
//! Each message is a length of two bytes, big-endian, and that many bytes. One byte is a control:
//! 0 power off, 1 power on, 2 reset, 4 asks for the answer to reset. Anything else is a command to
//! the card, which the card answers.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::sleep,
};

use super::{
    super::{apdu::Transmit, slot::InsertedCard},
    card::SimCard,
    session::{AppletSession, CardFault},
};
use crate::port::Backoff;

const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const GET_ANSWER_TO_RESET: u8 = 4;

/// A card in the virtual reader; dropping it pulls the card.
pub struct VirtualCard {
    insertion: u64,
    session: Arc<Mutex<AppletSession>>,
    task: JoinHandle<()>,
}

impl VirtualCard {
    /// Connects to the virtual reader at `address`, and again whenever pcscd was restarted. Needs a
    /// tokio runtime. `insertion` tells insertions apart for the caller.
    pub fn insert(address: &str, card: impl Into<SimCard>, insertion: u64) -> Self {
        let card = card.into();
        let session = Arc::new(Mutex::new(card.session()));
        let task = tokio::spawn(stay(address.to_owned(), card, Arc::clone(&session)));
        Self { insertion, session, task }
    }

    pub(super) fn insertion(&self) -> u64 {
        self.insertion
    }

    pub(super) fn set_fault(&self, fault: Option<CardFault>) {
        lock(&self.session).set_fault(fault);
    }
}

impl Drop for VirtualCard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn stay(address: String, card: SimCard, session: Arc<Mutex<AppletSession>>) {
    let mut backoff = Backoff::default();
    loop {
        if let Ok(stream) = TcpStream::connect(&address).await {
            backoff.reset();
            let ended = answer(stream, &card, &session).await;
            tracing::debug!(?ended, "the virtual reader let go of its card");
            if let Ok(Ended::Mute) = ended {
                return;
            }
        }
        sleep(backoff.pause()).await;
    }
}

#[derive(Debug)]
enum Ended {
    /// The card does not answer: for the reader it was pulled.
    Mute,
}

async fn answer(
    mut stream: TcpStream,
    card: &SimCard,
    session: &Mutex<AppletSession>,
) -> io::Result<Ended> {
    stream.set_nodelay(true)?;
    loop {
        let length = stream.read_u16().await?;
        let mut message = vec![0; length.into()];
        stream.read_exact(&mut message).await?;
        let reply = match message[..] {
            [] => continue,
            [POWER_OFF | POWER_ON | RESET] => {
                let fault = lock(session).fault();
                *lock(session) = card.clone().with_fault(fault).session();
                continue;
            }
            [GET_ANSWER_TO_RESET] => card.answer_to_reset(),
            [_] => continue,
            _ => match lock(session).transmit(&message) {
                Ok(reply) => reply,
                Err(_) => return Ok(Ended::Mute),
            },
        };
        let length = u16::try_from(reply.len()).expect("answers of the card are short");
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend_from_slice(&reply);
        stream.write_all(&framed).await?;
    }
}

fn lock(session: &Mutex<AppletSession>) -> MutexGuard<'_, AppletSession> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

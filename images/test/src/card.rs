//! A staff card, simulated, in a reader of QEMU's.
//!
//! QEMU's `ccid-card-passthru` speaks libcacard's protocol of virtual smart cards (`vscard_common.h`): each
//! message has a head of three big-endian numbers of 32 bits, its type, the reader's number and how many
//! bytes follow.

use std::path::PathBuf;
use std::time::Duration;

use hal::card::apdu::Transmit;
use hal::card::sim::{AppletSession, SimCard, StaffApplet};
use hal::card::slot::InsertedCard;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::Failure;

const INIT: u32 = 1;
const ERROR: u32 = 2;
const READER_ADD: u32 = 3;
const ATR: u32 = 5;
/// A command to the card, or its answer.
const APDU: u32 = 7;
/// Magic as its bytes lie in memory, version, and no capabilities.
const HELLO: [u8; 12] = [b'V', b'S', b'C', b'D', 0, 0, 0, 2, 0, 0, 0, 0];
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// A reader at a USB of the machine's, and the socket through which its card is spoken to.
pub(crate) struct Reader {
    folder: tempfile::TempDir,
}

/// A card that lies in it until it is dropped.
pub(crate) struct Card(JoinHandle<()>);

impl Drop for Card {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Reader {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self { folder: tempfile::tempdir()? })
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("card")
    }

    /// QEMU's arguments for it.
    pub(crate) fn hardware(&self) -> Vec<String> {
        let text = format!(
            "-chardev socket,id=card,server=on,wait=off,path={} -device usb-ccid \
             -device ccid-card-passthru,chardev=card",
            self.socket().display()
        );
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// Puts a staff card of this number in.
    pub(crate) async fn insert(&self, card_number: &str) -> Result<Card, Failure> {
        let applet = StaffApplet::generate(card_number);
        let card = SimCard::from(applet.map_err(|error| Failure(error.to_string()))?);
        let mut stream = UnixStream::connect(self.socket()).await?;
        let answer_to_reset = card.answer_to_reset();
        for (kind, content) in
            [(INIT, HELLO.as_slice()), (READER_ADD, &[]), (ATR, &answer_to_reset)]
        {
            say(&mut stream, kind, content).await?;
            let answer = timeout(ANSWER_LIMIT, hear(&mut stream)).await;
            let answer = answer.map_err(|_| Failure(format!("no answer to message {kind}")))?;
            accepted(&answer?)?;
        }
        Ok(Card(tokio::spawn(answer(stream, card.session()))))
    }
}

/// Answers commands until the reader is gone.
async fn answer(mut stream: UnixStream, mut session: AppletSession) {
    while let Ok((kind, content)) = hear(&mut stream).await {
        let reply = if kind == APDU { session.transmit(&content).ok() } else { None };
        let Some(reply) = reply else { continue };
        if say(&mut stream, APDU, &reply).await.is_err() {
            break;
        }
    }
}

async fn say(stream: &mut UnixStream, kind: u32, content: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(content.len()).expect("messages are short");
    let numbers = [kind, 0, length].map(u32::to_be_bytes).concat();
    stream.write_all(&[numbers.as_slice(), content].concat()).await
}

/// One message's type and what follows its head.
async fn hear(stream: &mut UnixStream) -> std::io::Result<(u32, Vec<u8>)> {
    let kind = stream.read_u32().await?;
    let _reader = stream.read_u32().await?;
    let mut content = vec![0; stream.read_u32().await? as usize];
    stream.read_exact(&mut content).await?;
    Ok((kind, content))
}

/// A code other than 0 is a refusal.
fn accepted((kind, content): &(u32, Vec<u8>)) -> Result<(), Failure> {
    match *kind == ERROR && content.iter().any(|it| *it != 0) {
        true => Err(Failure(format!("QEMU's reader refuses the card: {content:?}"))),
        false => Ok(()),
    }
}

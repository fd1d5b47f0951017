//! What stands in for QEMU: it speaks its machine protocol and draws the panel as a test wants it.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use image_view::Start;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::sync::{mpsc, watch};

/// The hand of a test in it.
pub(crate) struct Strings {
    /// What it was told to do, pictures excepted.
    pub(crate) told: mpsc::UnboundedReceiver<Value>,
    /// What its panel shows.
    pub(crate) picture: Arc<Mutex<Vec<u8>>>,
    /// Has the system inside restart the machine.
    pub(crate) restart: watch::Sender<()>,
    /// How often it was started.
    pub(crate) starts: Arc<AtomicU32>,
}

#[derive(Clone)]
struct Puppet {
    told: mpsc::UnboundedSender<Value>,
    picture: Arc<Mutex<Vec<u8>>>,
    restart: watch::Receiver<()>,
}

/// How it is started, and what moves it.
pub(crate) fn puppet() -> (Start, Strings) {
    let (tell, told) = mpsc::unbounded_channel();
    let (restart, restarts) = watch::channel(());
    let picture = Arc::new(Mutex::new(png(1080, 1920, 0)));
    let starts = Arc::new(AtomicU32::new(0));
    let puppet = Puppet { told: tell, picture: Arc::clone(&picture), restart: restarts };
    let strings = Strings { told, picture, restart, starts: Arc::clone(&starts) };
    let start = move |socket: &std::path::Path| {
        starts.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(puppet.clone().speak(socket.to_owned()));
        // A process that lives until it is killed or given up.
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped());
        command
    };
    (Box::new(start), strings)
}

impl Puppet {
    async fn speak(mut self, socket: PathBuf) {
        let stream = UnixStream::connect(socket).await.expect("somebody listens");
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        let mut say = async |what: Value| {
            // Whoever has cut the power does not listen.
            let _ = writer.write_all(format!("{what}\n").as_bytes()).await;
        };
        say(json!({ "QMP": { "version": {}, "capabilities": [] } })).await;
        self.restart.mark_unchanged();
        loop {
            let line = tokio::select! {
                line = lines.next_line() => line,
                _ = self.restart.changed() => return say(shutdown("guest-reset")).await,
            };
            let Ok(Some(line)) = line else { return };
            let said: Value = serde_json::from_str(&line).expect("JSON");
            match said["execute"].as_str() {
                Some("qmp_capabilities") => {}
                Some("screendump") => {
                    let path = said["arguments"]["filename"].as_str().expect("a path");
                    std::fs::write(path, &*self.picture.lock().expect("a picture"))
                        .expect("it is written");
                }
                Some("system_powerdown") => {
                    say(json!({ "return": {} })).await;
                    return say(shutdown("guest-shutdown")).await;
                }
                _ => self.told.send(said).expect("the test listens"),
            }
            say(json!({ "return": {} })).await;
        }
    }
}

fn shutdown(reason: &str) -> Value {
    json!({ "event": "SHUTDOWN", "data": { "guest": true, "reason": reason } })
}

/// A picture of one shade.
pub(crate) fn png(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&vec![shade; (width * height) as usize]).expect("pixels");
    writer.finish().expect("an end");
    file
}

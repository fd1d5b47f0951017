//! The kiosk as a process, touched through its bench.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::{LIMIT, program};

/// A running `kiosk run`; killed when dropped.
pub struct KioskProcess {
    child: Child,
    bench: String,
    client: Client,
}

/// How a kiosk is started.
pub(crate) struct Launch<'a> {
    pub(crate) config: PathBuf,
    pub(crate) log: &'a Path,
    pub(crate) crash_at: Option<u64>,
    pub(crate) quiet: bool,
    pub(crate) display: Option<String>,
}

impl KioskProcess {
    /// Starts it and waits until its bench answers and its office and devices are there.
    pub(crate) async fn start(launch: Launch<'_>) -> Self {
        let kiosk = Self::spawn_run(launch).await;
        kiosk.until(|screen| labels(screen).any(|it| it.contains("查询进度、预约办事"))).await;
        kiosk
    }

    /// Starts it and waits until its bench listens.
    pub(crate) async fn spawn_run(launch: Launch<'_>) -> Self {
        let Launch { config, log, crash_at, quiet, display } = launch;
        let log = File::options().create(true).append(true).open(log).expect("a log");
        let mut command = Command::new(program("kiosk"));
        command.args(["run", "--config"]).arg(config);
        if let Some(display) = display {
            command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY");
        }
        if !quiet {
            command.env("HALL24_LOG", "debug,hyper=info,reqwest=info,rustls=info");
        }
        if let Some(at) = crash_at {
            command.env("HALL24_CRASH_AT", at.to_string());
        }
        Self::spawn(command.stderr(log), "bench: ").await
    }

    /// `kiosk demo`: the whole hall in one process, as `make run` starts it.
    pub async fn demo(folder: &Path) -> Self {
        let mut command = Command::new(program("kiosk"));
        command.args(["demo", "--listen", "127.0.0.1:0", "--data"]).arg(folder);
        let kiosk = Self::spawn(command.stderr(Stdio::null()), "bench page: ").await;
        kiosk.shows("start").await;
        kiosk
    }

    /// Starts it and reads where its bench is from the first line it prints.
    async fn spawn(command: &mut Command, before_address: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the kiosk starts");
        let mut output = BufReader::new(child.stdout.take().expect("it was piped"));
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            output.read_line(&mut line)?;
            // A program whose output nobody takes any more would fail at its next line.
            std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
            Ok::<_, std::io::Error>(line)
        });
        let line = line.await.expect("reading ends").expect("the kiosk says where its bench is");
        let bench = line.trim().strip_prefix(before_address).expect("the bench's address");
        Self { child, bench: bench.to_owned(), client: client() }
    }

    pub fn bench_url(&self) -> &str {
        &self.bench
    }

    /// What passed over the lines, as the bench tells it.
    pub async fn wire(&self) -> Vec<Value> {
        let url = format!("{}/api/wire", self.bench);
        let answer = self.client.get(url).send().await.expect("the bench answers");
        answer.json().await.expect("a list")
    }

    /// The picture that the panel shows.
    pub async fn png(&self) -> Vec<u8> {
        let url = format!("{}/api/screen.png", self.bench);
        let answer = self.client.get(url).send().await.expect("the bench answers");
        answer.bytes().await.expect("a picture").to_vec()
    }

    /// What is on the screen; none when the kiosk is dead.
    pub async fn screen(&self) -> Option<Value> {
        let answer = self.client.get(format!("{}/api/screen", self.bench)).send().await.ok()?;
        answer.json().await.ok()
    }

    /// Waits for a screen; none when the kiosk died instead.
    pub async fn try_until(&self, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        let mut version = None;
        let wait = async {
            loop {
                let after = version.map(|it| format!("?after={it}")).unwrap_or_default();
                let url = format!("{}/api/screen{after}", self.bench);
                let screen: Value = self.client.get(url).send().await.ok()?.json().await.ok()?;
                if wanted(&screen) {
                    return Some(screen);
                }
                version = screen["version"].as_u64();
            }
        };
        match tokio::time::timeout(LIMIT, wait).await {
            Ok(screen) => screen,
            Err(_) => panic!("the screen wanted did not come: {:?}", self.screen().await),
        }
    }

    pub async fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        self.try_until(wanted).await.expect("the kiosk lives")
    }

    /// Waits for the screen of this name.
    pub async fn shows(&self, name: &str) -> Value {
        self.until(|screen| screen["screen"] == name).await
    }

    /// Waits for a text anywhere on the screen.
    pub async fn says(&self, text: &str) -> Value {
        self.until(|screen| labels(screen).any(|it| it.contains(text))).await
    }

    /// Waits until the guards of a screen that has just come are over: the bench touches a corner, where
    /// nothing is, as soon as a touch would count.
    pub async fn takes_touches(&self) {
        let touched = self.post("tap", &json!({ "x": 1, "y": 1 })).await;
        assert_eq!(touched, Some(StatusCode::OK));
    }

    /// Touches what has this label, as soon as it is there; false when the kiosk died.
    pub async fn try_tap(&self, label: &str) -> bool {
        let there = self.try_until(|screen| {
            let elements = screen["elements"].as_array().cloned().unwrap_or_default();
            elements
                .iter()
                .any(|it| it["label"] == label && it["enabled"] == true && it["role"] == "button")
        });
        if there.await.is_none() {
            return false;
        }
        self.post("tap", &json!({ "label": label })).await == Some(StatusCode::OK)
    }

    pub async fn tap(&self, label: &str) {
        assert!(self.try_tap(label).await, "{label} can be touched");
    }

    pub async fn post(&self, path: &str, body: &Value) -> Option<StatusCode> {
        let url = format!("{}/api/{path}", self.bench);
        Some(self.client.post(url).json(body).send().await.ok()?.status())
    }

    /// Waits until the process is gone.
    pub async fn died(mut self) {
        for _ in 0..6000 {
            if self.child.try_wait().expect("it is our child").is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the kiosk did not die");
    }

    /// As if somebody pulled the plug.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is our child");
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for KioskProcess {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client() -> Client {
    // The workspace links two TLS providers; the bench needs none, the builder wants one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(Duration::from_secs(30)).build().expect("a plain client")
}

/// All texts on a screen.
pub fn labels(screen: &Value) -> impl Iterator<Item = &str> {
    screen["elements"].as_array().into_iter().flatten().filter_map(|it| it["label"].as_str())
}

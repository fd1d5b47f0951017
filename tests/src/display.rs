//! A display without a screen, and a pointer on it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// An X server of its own with one screen of the panel's size; killed when dropped.
#[derive(Debug)]
pub struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts it and waits until it takes windows.
    pub fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1080x1920x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed by make test");
        let output = server.stdout.take().expect("it was piped");
        let mut number = String::new();
        BufReader::new(output).read_line(&mut number).expect("it says its number");
        Self { server, name: format!(":{}", number.trim()) }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Moves the pointer there and presses and lets go its button.
    pub fn click(&self, x: f64, y: f64) {
        let (x, y) = (format!("{x:.0}"), format!("{y:.0}"));
        let done = Command::new("xdotool")
            .args(["mousemove", "--sync", &x, &y, "click", "1"])
            .env("DISPLAY", &self.name)
            .status()
            .expect("xdotool is installed by make test");
        assert!(done.success(), "the pointer clicks");
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

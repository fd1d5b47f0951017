//! The screen as the bench sees and touches it.

use std::sync::Arc;
use std::time::Duration;

use kiosk_core::Screen;
use kiosk_screen::{AFTER_SCREEN_CHANGE, Element, Finger, SAME_ELEMENT, ScreenError, ScreenHandle};
use serde::Serialize;
use tokio::sync::{Mutex, oneshot, watch};
use tokio::time::{Instant, sleep_until};

/// What is known of the screen without asking its window.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    pub screen: &'static str,
    pub session: bool,
    pub language: String,
    pub theme: &'static str,
    /// Grows with every change.
    pub version: u64,
    #[serde(skip)]
    name_since: Instant,
}

impl Shown {
    /// Before the first screen.
    pub fn nothing() -> Self {
        Self {
            screen: "out_of_service",
            session: false,
            language: String::new(),
            theme: "standard",
            version: 0,
            name_since: Instant::now(),
        }
    }

    /// Takes note of a new screen.
    pub fn update(&mut self, screen: &Screen) {
        let name = screen.name.as_str();
        if self.screen != name {
            self.name_since = Instant::now();
        }
        self.screen = name;
        self.session = screen.session;
        self.language.clone_from(&screen.language);
        self.theme = screen.look.theme();
        self.version += 1;
    }
}

/// The window and what it shows.
#[derive(Clone, Debug)]
pub struct BenchScreen {
    handle: ScreenHandle,
    shown: watch::Receiver<Shown>,
    last_tap: Arc<Mutex<Option<Instant>>>,
}

/// A little more than the guards, so that a touch is never swallowed by rounding.
const MARGIN: Duration = Duration::from_millis(30);
/// A screen that came this long ago has been drawn for certain.
const RECENT: Duration = Duration::from_secs(2);

impl BenchScreen {
    pub fn new(handle: ScreenHandle, shown: watch::Receiver<Shown>) -> Self {
        Self { handle, shown, last_tap: Arc::default() }
    }

    pub(super) fn shown(&self) -> Shown {
        self.shown.borrow().clone()
    }

    /// Waits until the screen changes after `version`, at most `limit`.
    pub(super) async fn changed(&self, version: u64, limit: Duration) {
        let mut shown = self.shown.clone();
        // Timing out is an answer too: nothing changed.
        let _ = tokio::time::timeout(limit, shown.wait_for(|it| it.version != version)).await;
    }

    pub(super) async fn png(&self) -> Option<Result<Vec<u8>, ScreenError>> {
        let (sender, answer) = oneshot::channel();
        self.handle.png(move |it| drop(sender.send(it)));
        answer.await.ok()
    }

    pub(super) async fn elements(&self) -> Vec<Element> {
        let (sender, answer) = oneshot::channel();
        self.handle.elements(move |it| drop(sender.send(it)));
        answer.await.unwrap_or_default()
    }

    /// A finger goes down and up at a place. Like a person it waits until the screen takes touches.
    pub(super) async fn tap(&self, x: f32, y: f32) {
        let mut last = self.last_tap.lock().await;
        // The window counts from when it drew the screen, which the core sent a little earlier.
        self.elements().await;
        let recent = self.shown.borrow().name_since.elapsed() < RECENT;
        let settled = if recent { Instant::now() + AFTER_SCREEN_CHANGE } else { Instant::now() };
        let again = last.map(|it| it + SAME_ELEMENT);
        sleep_until(again.map_or(settled, |it| it.max(settled)) + MARGIN).await;
        self.handle.touch(x, y, Finger::Press);
        self.handle.touch(x, y, Finger::Release);
        *last = Some(Instant::now());
        drop(last);
        // Answered after the touches were carried out: commands are taken in order.
        self.elements().await;
    }
}

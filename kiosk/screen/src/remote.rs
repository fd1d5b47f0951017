//! Commands from other threads to the window.

use std::{
    fmt,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender},
    time::Duration,
};

use kiosk_core::screen::Screen;

use crate::{Element, Finger, KioskWindow, ScreenError};

/// Takes an answer on the window's thread; should only pass it on.
pub type Reply<T> = Box<dyn FnOnce(T) + Send>;

/// What another thread asks of the window.
pub enum Command {
    Show(Box<Screen>),
    /// A finger at a place, in pixels of the panel.
    Touch {
        x: f32,
        y: f32,
        finger: Finger,
    },
    /// The picture that the panel shows now, as PNG.
    Png(Reply<Result<Vec<u8>, ScreenError>>),
    /// What can be seen and touched now.
    Elements(Reply<Vec<Element>>),
    /// Nothing but an answer, which shows that the window's loop turns.
    Alive(Reply<()>),
    Quit,
}

impl fmt::Debug for Command {
    /// Names the command; what is on the screen may be personal.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Show(_) => "Show",
            Self::Touch { .. } => "Touch",
            Self::Png(_) => "Png",
            Self::Elements(_) => "Elements",
            Self::Alive(_) => "Alive",
            Self::Quit => "Quit",
        })
    }
}

/// Sends commands to a window from any thread. Commands to a window that is gone are dropped.
#[derive(Clone, Debug)]
pub struct ScreenHandle {
    commands: Sender<Command>,
    /// Whether Slint's own event loop has to be woken.
    display: bool,
}

impl ScreenHandle {
    pub(crate) fn new(commands: Sender<Command>, display: bool) -> Self {
        Self { commands, display }
    }

    /// Shows a screen.
    pub fn show(&self, screen: Screen) {
        self.send(Command::Show(Box::new(screen)));
    }

    /// Moves a finger.
    pub fn touch(&self, x: f32, y: f32, finger: Finger) {
        self.send(Command::Touch { x, y, finger });
    }

    /// Asks for the picture that the panel shows now.
    pub fn png(&self, reply: impl FnOnce(Result<Vec<u8>, ScreenError>) + Send + 'static) {
        self.send(Command::Png(Box::new(reply)));
    }

    /// Asks for what can be seen and touched now.
    pub fn elements(&self, reply: impl FnOnce(Vec<Element>) + Send + 'static) {
        self.send(Command::Elements(Box::new(reply)));
    }

    /// Asks for a sign of life of the window's loop.
    pub fn alive(&self, reply: impl FnOnce(()) + Send + 'static) {
        self.send(Command::Alive(Box::new(reply)));
    }

    /// Ends [`KioskWindow::run`].
    pub fn quit(&self) {
        self.send(Command::Quit);
    }

    fn send(&self, command: Command) {
        // A window that is gone has nobody in front of it.
        let sent = self.commands.send(command).is_ok();
        if sent && self.display {
            // Before the event loop runs, the command waits in the channel and is found at its
            // start.
            let _ = slint::invoke_from_event_loop(crate::window::wake);
        }
    }
}

/// Runs a headless window until [`Command::Quit`] or until every sender is gone.
///
/// Each frame is drawn as soon as the commands that arrived together are carried out.
pub(crate) fn run_headless(window: &KioskWindow, commands: &Receiver<Command>) {
    loop {
        slint::platform::update_timers_and_animations();
        window.render();
        let command = match slint::platform::duration_until_next_timer_update() {
            // A timer that is due at once still lets a command through.
            Some(wait) => match commands.recv_timeout(wait.max(Duration::from_millis(1))) {
                Ok(command) => command,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            },
            None => match commands.recv() {
                Ok(command) => command,
                Err(_) => return,
            },
        };
        if std::iter::once(command).chain(commands.try_iter()).any(|command| !window.obey(command))
        {
            return;
        }
    }
}

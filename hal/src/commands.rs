//! The way to a driver that takes commands one after the other.

use tokio::sync::mpsc;

/// Hands commands to a running driver. When the last one is dropped the driver ends, a command in
/// work first.
#[derive(Debug)]
pub struct Commands<C>(mpsc::Sender<C>);

/// The driver has ended or too many commands wait; nothing was or will be done for this one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device takes no more commands now")]
pub struct NotTaken<C>(pub C);

impl<C> Commands<C> {
    /// The way in, and the queue of at most `waiting_max` commands that the driver works off.
    pub(crate) fn queue(waiting_max: usize) -> (Self, mpsc::Receiver<C>) {
        let (sender, commands) = mpsc::channel(waiting_max);
        (Self(sender), commands)
    }

    /// Hands a command to the driver; its outcome comes as an event.
    pub fn send(&self, command: C) -> Result<(), NotTaken<C>> {
        self.0.try_send(command).map_err(|it| NotTaken(it.into_inner()))
    }
}

impl<C> Clone for Commands<C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

//! The virtual machine and its mains plug. One task holds it: what hands do comes one after the
//! other, and the end of QEMU is noticed whenever it comes.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use hall24_qmp::{Qmp, QmpError, stick};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

/// A finger stays for a moment; a system that polls would not see it otherwise.
const TOUCH: Duration = Duration::from_millis(100);

/// How QEMU is started, with its machine protocol at the socket of this path.
pub type Start = Box<dyn Fn(&Path) -> Command + Send>;

/// Why a hand could not do it.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    #[error("QEMU cannot be run: {0}; is it installed?")]
    Run(io::Error),
    #[error("QEMU ended as it began ({0}); it says above why")]
    Began(ExitStatus),
    #[error("there is no way to speak with QEMU: {0}")]
    Socket(#[from] io::Error),
    #[error(transparent)]
    Qmp(#[from] QmpError),
    #[error("the machine is switched off; press the power key first")]
    Off,
    #[error("a stick is plugged in already; pull it out first")]
    StickThere,
    #[error("no stick is plugged in")]
    NoStick,
    #[error("the program is ending")]
    Ending,
}

/// What is known of the machine without looking at its panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub on: bool,
    pub stick: bool,
}

enum Order {
    /// Keeps what the panel shows as PNG.
    Look(PathBuf),
    /// Events of the pointer; whether the button goes down or up with them.
    Point(Value, Option<bool>),
    PowerKey,
    CutPower,
    PlugIn(PathBuf),
    PullOut,
    SwitchOff,
}

type Done = Result<(), MachineError>;

/// A machine, as hands reach it.
#[derive(Debug, Clone)]
pub struct Machine {
    orders: mpsc::Sender<(Order, oneshot::Sender<Done>)>,
    state: watch::Receiver<State>,
}

impl Machine {
    /// Switches a machine on. It has no power any more when all of its handles are dropped.
    pub async fn power_on(start: Start) -> Result<Self, MachineError> {
        let (sender, state) = watch::channel(State { on: false, stick: false });
        let folder = tempfile::Builder::new().prefix("hall24-qmp-").tempdir()?;
        let mut cabinet =
            Cabinet { start, folder, running: None, stick: None, pressed: None, state: sender };
        cabinet.switch_on().await?;
        let (orders, receiver) = mpsc::channel(1);
        tokio::spawn(cabinet.keep(receiver));
        Ok(Self { orders, state })
    }

    async fn order(&self, order: Order) -> Done {
        let (done, answer) = oneshot::channel();
        self.orders.send((order, done)).await.map_err(|_| MachineError::Ending)?;
        answer.await.map_err(|_| MachineError::Ending)?
    }

    /// What is known of it.
    pub fn state(&self) -> State {
        *self.state.borrow()
    }

    pub(crate) async fn look(&self, picture: &Path) -> Done {
        self.order(Order::Look(picture.to_owned())).await
    }

    pub(crate) async fn point(&self, events: Value, button: Option<bool>) -> Done {
        self.order(Order::Point(events, button)).await
    }

    pub(crate) async fn press_power_key(&self) -> Done {
        self.order(Order::PowerKey).await
    }

    pub(crate) async fn cut_power(&self) -> Done {
        self.order(Order::CutPower).await
    }

    pub(crate) async fn plug_in(&self, stick: &Path) -> Done {
        self.order(Order::PlugIn(stick.to_owned())).await
    }

    pub(crate) async fn pull_out(&self) -> Done {
        self.order(Order::PullOut).await
    }

    /// Takes its power away; returns when QEMU has ended.
    pub async fn switch_off(&self) -> Result<(), MachineError> {
        self.order(Order::SwitchOff).await
    }
}

/// The machine itself.
struct Cabinet {
    start: Start,
    folder: TempDir,
    running: Option<Running>,
    stick: Option<PathBuf>,
    /// When a finger came down.
    pressed: Option<Instant>,
    state: watch::Sender<State>,
}

/// From power on to its end.
struct Running {
    qemu: Child,
    qmp: Qmp,
}

impl Cabinet {
    async fn keep(mut self, mut orders: mpsc::Receiver<(Order, oneshot::Sender<Done>)>) {
        loop {
            let order = match &mut self.running {
                None => orders.recv().await,
                Some(running) => tokio::select! {
                    order = orders.recv() => order,
                    () = running.qmp.ended() => {
                        self.ended().await;
                        continue;
                    }
                },
            };
            let Some((order, done)) = order else { return };
            let result = self.carry_out(order).await;
            if matches!(result, Err(MachineError::Qmp(QmpError::Ended))) {
                self.ended().await;
            }
            self.tell();
            // Whoever ordered it may be gone.
            let _ = done.send(result);
        }
    }

    fn tell(&self) {
        self.state.send_replace(State { on: self.running.is_some(), stick: self.stick.is_some() });
    }

    async fn carry_out(&mut self, order: Order) -> Done {
        match order {
            Order::PowerKey if self.running.is_none() => self.switch_on().await,
            Order::PowerKey => self.command("system_powerdown", json!({})).await,
            Order::CutPower => {
                self.switch_off().await;
                self.switch_on().await
            }
            Order::SwitchOff => {
                self.switch_off().await;
                Ok(())
            }
            Order::Look(path) => {
                self.command("screendump", json!({ "filename": path, "format": "png" })).await
            }
            Order::Point(events, button) => self.point(events, button).await,
            Order::PlugIn(_) if self.stick.is_some() => Err(MachineError::StickThere),
            Order::PlugIn(path) => {
                stick::plug_in(self.qmp()?, &path).await?;
                self.stick = Some(path);
                Ok(())
            }
            Order::PullOut if self.stick.is_none() => Err(MachineError::NoStick),
            Order::PullOut => {
                if let Ok(qmp) = self.qmp() {
                    stick::pull_out(qmp).await?;
                }
                self.stick = None;
                Ok(())
            }
        }
    }

    fn qmp(&mut self) -> Result<&mut Qmp, MachineError> {
        self.running.as_mut().map(|it| &mut it.qmp).ok_or(MachineError::Off)
    }

    async fn command(&mut self, command: &str, arguments: Value) -> Done {
        self.qmp()?.command(command, arguments).await?;
        Ok(())
    }

    async fn point(&mut self, events: Value, button: Option<bool>) -> Done {
        match (button, self.pressed) {
            (Some(false), Some(pressed)) => sleep_until(pressed + TOUCH).await,
            (Some(true), _) => self.pressed = Some(Instant::now()),
            _ => {}
        }
        self.command("input-send-event", events).await
    }

    async fn switch_on(&mut self) -> Done {
        let socket = self.folder.path().join("qmp");
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let listener = UnixListener::bind(&socket)?;
        let mut command = (self.start)(&socket);
        let mut qemu = command.kill_on_drop(true).spawn().map_err(MachineError::Run)?;
        let stream = tokio::select! {
            accepted = listener.accept() => accepted?.0,
            status = qemu.wait() => return Err(MachineError::Began(status?)),
        };
        let mut qmp = match Qmp::new(stream).await {
            Err(QmpError::Ended) => return Err(MachineError::Began(qemu.wait().await?)),
            greeted => greeted?,
        };
        if let Some(path) = &self.stick {
            stick::plug_in(&mut qmp, path).await?;
        }
        self.running = Some(Running { qemu, qmp });
        self.tell();
        Ok(())
    }

    async fn switch_off(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It fails when QEMU has ended already.
            let _ = running.qemu.kill().await;
        }
    }

    /// QEMU has ended by itself: the system inside has switched the machine off, or restarts it.
    async fn ended(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        // Its last words may not have been read.
        running.qmp.ended().await;
        let _ = running.qemu.wait().await;
        if !running.qmp.was_reset() {
            console::hint("the machine is switched off; its power key on the page switches it on");
        } else if let Err(error) = self.switch_on().await {
            console::hint(format_args!("the machine does not come up again: {error}"));
        }
        self.tell();
    }
}

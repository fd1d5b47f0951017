//! `image-view -- QEMU ARGUMENTS…`: starts a virtual machine and shows its panel on a page.

use std::io;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use clap::Parser;
use console::Complaint;
use image_view::{Machine, MachineError};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// Starts a virtual machine and shows its panel on a page, which takes touches.
#[derive(Parser)]
#[command(name = "image-view", version)]
struct Arguments {
    /// Where the page is.
    #[arg(long, default_value = "127.0.0.1:8025")]
    listen: String,
    /// QEMU with its arguments, but without any for its display and its machine protocol.
    #[arg(last = true, required = true)]
    qemu: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = match console::parse::<Arguments>() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    // One thread: where QEMU is told to die with its parent, that is the thread that started it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(Complaint::of("runtime", error, "end other programs")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            complaint.tell("image-view", false);
            ExitCode::from(1)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Complaint> {
    let no_page = |it: image_view::ListenError| Complaint::of("listen", it, "choose another");
    let (listener, address) = image_view::listen(&arguments.listen).await.map_err(no_page)?;
    let no_machine = |it: MachineError| Complaint::of("machine", it, "look at what QEMU says");
    let broken = |it: io::Error| Complaint::of("page", it, "start it again");
    // Before QEMU is there, so that no signal leaves it behind.
    let mut end = Signals::new().map_err(broken)?;
    let qemu = arguments.qemu;
    let starting = Machine::power_on(Box::new(move |socket| command(&qemu, socket)));
    let machine = tokio::select! {
        machine = starting => machine.map_err(no_machine)?,
        () = end.come() => return Ok(()),
    };
    console::say(format_args!("the machine's panel: http://{address}   (Ctrl-C ends both)"));
    let served = tokio::select! {
        served = image_view::serve(listener, machine.clone()) => served.map_err(broken),
        () = end.come() => Ok(()),
    };
    machine.switch_off().await.map_err(no_machine)?;
    served
}

fn command(qemu: &[String], socket: &Path) -> Command {
    let mut command = Command::new(&qemu[0]);
    let protocol = format!("socket,id=qmp,path={}", socket.display());
    command.args(&qemu[1..]);
    command.args(["-display", "none", "-no-reboot", "-chardev", &protocol]);
    command.args(["-mon", "chardev=qmp,mode=control"]);
    // A group of its own: Ctrl-C is for this program, which then takes the power away.
    command.stdin(Stdio::null()).process_group(0);
    command
}

/// What ends a program from outside.
struct Signals(Vec<tokio::signal::unix::Signal>);

impl Signals {
    fn new() -> io::Result<Self> {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        kinds.into_iter().map(signal).collect::<io::Result<_>>().map(Self)
    }

    async fn come(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0[..] else { return };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

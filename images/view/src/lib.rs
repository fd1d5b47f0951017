//! A page that shows the panel of a virtual machine and lets a hand do what it could do at the real
//! one: touch, press the power key, pull the mains plug, plug a stick in.
//!
//! Whoever makes the [`Machine`] says how QEMU is started; it is started again when power comes back.

mod api;
mod machine;
mod origin;
mod panel;
mod pointer;
mod sticks;

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;

pub use machine::{Machine, MachineError, Start, State};

/// Why the page cannot be had at an address.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be at {address}: {source}; choose another with --listen 127.0.0.1:PORT")]
pub struct ListenError {
    pub address: String,
    pub source: io::Error,
}

/// Takes the address for the page; nothing is served there yet.
pub async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), ListenError> {
    let no_page = |source| ListenError { address: address.to_owned(), source };
    let listener = TcpListener::bind(address).await.map_err(no_page)?;
    let address = listener.local_addr().map_err(no_page)?;
    Ok((listener, address))
}

/// Serves the page of a machine until the future is dropped.
pub async fn serve(listener: TcpListener, machine: Machine) -> io::Result<()> {
    let router = Router::new()
        .route("/", get(api::page))
        .route("/api/screen", get(api::screen))
        .route("/api/screen.png", get(api::screen_png))
        .route("/api/finger", post(api::finger))
        .route("/api/power", post(api::power))
        .route("/api/stick", post(api::stick))
        .with_state(api::Hand::new(machine)?)
        .layer(axum::middleware::from_fn(origin::own_only));
    axum::serve(listener, router).await
}

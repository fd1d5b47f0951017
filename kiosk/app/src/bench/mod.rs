//! The bench: one page and one API on the loopback address, beside the simulated devices.
//!
//! Compiled in by the feature `bench`, which appliance builds leave out. The page uses the API only.

mod api;
mod screen;
pub mod simulators;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use hal::port::Tap;
use tokio::net::TcpListener;
use tokio::sync::watch;

use simulators::Simulators;

pub use screen::{BenchScreen, Shown};

/// What the bench operates.
pub struct Bench {
    pub screen: BenchScreen,
    pub simulators: Simulators,
    pub tap: Option<Tap>,
    /// The network plug: false is pulled.
    pub plug: watch::Sender<bool>,
    pub office: Option<Arc<dyn BenchOffice>>,
    /// Identity cards by name, as the reader's simulator takes them.
    pub cards: BTreeMap<String, serde_json::Value>,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").finish_non_exhaustive()
    }
}

/// The office of the demo hall as the bench sees it.
pub trait BenchOffice: Send + Sync {
    /// Address and accounts of its pages.
    fn describe(&self) -> serde_json::Value;
    /// Stops it as if it was killed, or starts it again.
    fn set_running(&self, running: bool);
    fn running(&self) -> bool;
}

/// Why the bench cannot be had at an address.
#[derive(Debug, thiserror::Error)]
#[error("the bench cannot listen at {address}: {source}")]
pub struct ListenError {
    pub address: String,
    pub source: std::io::Error,
}

/// Takes the address for the bench; nothing is served there yet.
pub fn listen(address: &str) -> Result<std::net::TcpListener, ListenError> {
    std::net::TcpListener::bind(address)
        .map_err(|source| ListenError { address: address.to_owned(), source })
}

/// Serves the bench until the program ends; returns where. Call it within a tokio runtime.
pub fn serve(bench: Bench, listener: std::net::TcpListener) -> std::io::Result<SocketAddr> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    let router = router(Arc::new(bench));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the bench ended");
        }
    });
    Ok(address)
}

fn router(bench: Arc<Bench>) -> Router {
    Router::new()
        .route("/", get(api::page))
        .route("/api/screen.png", get(api::screen_png))
        .route("/api/screen", get(api::screen))
        .route("/api/tap", post(api::tap))
        .route("/api/id-reader", post(api::id_reader))
        .route("/api/card", post(api::card))
        .route("/api/cards", get(api::cards))
        .route("/api/scanner", post(api::scanner))
        .route("/api/locker", get(api::locker).post(api::operate_locker))
        .route("/api/printer", get(api::printer).post(api::operate_printer))
        .route("/api/printer/{file}", get(api::receipt_png))
        .route("/api/ups", get(api::ups).post(api::operate_ups))
        .route("/api/panel", get(api::panel).post(api::operate_panel))
        .route("/api/status-display", get(api::status_display))
        .route("/api/evaluator", post(api::evaluator))
        .route("/api/network", get(api::network).post(api::set_network))
        .route("/api/fault", get(api::faults).post(api::set_fault))
        .route("/api/office", get(api::office))
        .route("/api/wire", get(api::wire))
        .with_state(bench)
}

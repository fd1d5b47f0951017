//! The one task that asks a UPS how it is.
//!
//! Units never speak unasked: silence says nothing, so they are asked all the time. One question
//! without an answer happens on any line; after three in a row the state of the UPS is not known.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep_until},
};
use tracing::{error, info, warn};

use super::{OrderError, UpsError, UpsEvent, UpsProblem, UpsSettings, UpsStatus, meter::Meter};
use crate::{
    fault::Link,
    port::{PortUrl, Tap},
};

/// Questions in a row without a usable answer after which the UPS counts as lost.
const MISSES_MAX: u8 = 3;

/// A running driver; it ends when this is dropped.
#[derive(Debug)]
pub struct UpsHandle {
    task: JoinHandle<()>,
    orders: UpsOrders,
    health: Arc<Mutex<UpsHealth>>,
}

/// The way to give orders to a UPS. It does not keep the driver running.
#[derive(Clone, Debug)]
pub struct UpsOrders(mpsc::Sender<Order>);

/// Switch off in a while, and on again with the mains; answered once it was tried.
type Order = oneshot::Sender<Result<(), OrderError>>;

impl UpsOrders {
    /// Orders the UPS to cut the power after `off_delay_s` and to give it again once the mains have
    /// been back for `on_delay_min`. Ask for it once, when everything is at rest: it cannot be taken
    /// back, and it is never sent again by itself.
    pub async fn shut_down_and_return(&self) -> Result<(), OrderError> {
        let (done, answer) = oneshot::channel();
        self.0.try_send(done).map_err(|_| OrderError::NotSent)?;
        answer.await.unwrap_or(Err(OrderError::NotSent))
    }
}

/// How the UPS has been doing since the driver started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpsHealth {
    pub link: Link,
    /// Why it is not known, while it is not.
    pub problem: Option<UpsProblem>,
    /// Questions asked.
    pub commands: u64,
    pub errors: u64,
    /// How often it came back after it was lost.
    pub recoveries: u64,
}

impl UpsHandle {
    /// The way to give it orders.
    pub fn orders(&self) -> UpsOrders {
        self.orders.clone()
    }

    /// How the UPS is doing.
    pub fn health(&self) -> UpsHealth {
        *lock(&self.health)
    }
}

impl Drop for UpsHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts the driver of one UPS on the current tokio runtime; it also ends when the receiver of
/// `events` is dropped.
///
/// With settings that do not pass [`UpsSettings::check`] it reports the link down and asks nothing.
pub fn spawn(
    url: PortUrl,
    settings: UpsSettings,
    tap: Option<Tap>,
    events: mpsc::Sender<UpsEvent>,
) -> UpsHandle {
    let health = Arc::new(Mutex::new(UpsHealth {
        link: Link::Starting,
        problem: None,
        commands: 0,
        errors: 0,
        recoveries: 0,
    }));
    let (orders, waiting) = mpsc::channel(1);
    let driver = Driver {
        meter: Meter::new(url, settings, tap),
        events: events.clone(),
        health: Arc::clone(&health),
        orders: waiting,
        told: None,
        misses: 0,
    };
    let task = tokio::spawn(async move {
        tokio::select! {
            Err(Ended) = driver.run() => {}
            () = events.closed() => {}
        }
    });
    UpsHandle { task, orders: UpsOrders(orders), health }
}

/// Nobody listens any more.
struct Ended;

struct Driver {
    meter: Meter,
    events: mpsc::Sender<UpsEvent>,
    health: Arc<Mutex<UpsHealth>>,
    orders: mpsc::Receiver<Order>,
    /// The status that was reported last since the link came up.
    told: Option<UpsStatus>,
    misses: u8,
}

impl Driver {
    async fn run(mut self) -> Result<(), Ended> {
        if let Err(error) = self.meter.check() {
            error!(%error, "ups settings cannot work");
            self.lose(UpsProblem::Settings).await?;
            return std::future::pending().await;
        }
        loop {
            let next = Instant::now() + self.meter.interval();
            let asked = self.meter.ask().await;
            self.health().commands += 1;
            match asked {
                Ok(status) => self.heard(status).await?,
                Err(error) => self.missed(&error).await?,
            }
            self.obey_until(next).await;
        }
    }

    /// Waits for the time of the next question, and for orders meanwhile.
    async fn obey_until(&mut self, next: Instant) {
        loop {
            let order = tokio::select! {
                () = sleep_until(next) => return,
                Some(order) = self.orders.recv() => order,
            };
            let obeyed = self.meter.order_shutdown().await;
            match &obeyed {
                Ok(()) => warn!(port = %self.meter.line.url(), "ups was ordered to switch off"),
                Err(error) => error!(port = %self.meter.line.url(), %error, "ups did not obey"),
            }
            // Whoever asked may not wait for it.
            let _ = order.send(obeyed);
        }
    }

    async fn heard(&mut self, status: UpsStatus) -> Result<(), Ended> {
        self.misses = 0;
        let before = {
            let mut health = self.health();
            health.recoveries += u64::from(health.link == Link::Down);
            health.problem = None;
            std::mem::replace(&mut health.link, Link::Up)
        };
        if before != Link::Up {
            info!(port = %self.meter.line.url(), "ups is up");
            self.tell(UpsEvent::Link(Link::Up)).await?;
        }
        if self.told.is_none_or(|it| status.is_news_after(&it)) {
            self.told = Some(status);
            info!(?status, "ups status");
            self.tell(UpsEvent::Status(status)).await?;
        }
        Ok(())
    }

    /// A port that is gone is lost at once, an answer that is not there after some questions.
    async fn missed(&mut self, error: &UpsError) -> Result<(), Ended> {
        self.health().errors += 1;
        let problem = error.problem();
        self.misses = self.misses.saturating_add(1);
        if self.misses < MISSES_MAX && problem != UpsProblem::PortClosed {
            return Ok(());
        }
        if problem == UpsProblem::Silent && self.meter.line.is_open() {
            // A port that was unplugged and came back under the same name looks just like this.
            self.meter.line.fail();
        }
        if self.health().problem != Some(problem) {
            warn!(port = %self.meter.line.url(), %error, "ups is lost");
        }
        self.lose(problem).await
    }

    async fn lose(&mut self, problem: UpsProblem) -> Result<(), Ended> {
        self.told = None;
        let (known, before) = {
            let mut health = self.health();
            let known = health.problem.replace(problem);
            (known, std::mem::replace(&mut health.link, Link::Down))
        };
        if known != Some(problem) {
            self.tell(UpsEvent::Problem(problem)).await?;
        }
        if before != Link::Down {
            self.tell(UpsEvent::Link(Link::Down)).await?;
        }
        Ok(())
    }

    async fn tell(&self, event: UpsEvent) -> Result<(), Ended> {
        self.events.send(event).await.map_err(|_| Ended)
    }

    fn health(&self) -> MutexGuard<'_, UpsHealth> {
        lock(&self.health)
    }
}

fn lock(health: &Mutex<UpsHealth>) -> MutexGuard<'_, UpsHealth> {
    health.lock().unwrap_or_else(PoisonError::into_inner)
}

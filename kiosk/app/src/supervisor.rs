//! Keeps drivers running: one that ends, which only a mistake in the program makes it do, is started
//! again. Meanwhile its device is down, and what it was doing is not known to be done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hal::port::Backoff;
use kiosk_core::Event;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Reports that a driver may have waiting before it has to pause.
const WAITING: usize = 64;
/// A driver that ran so long does not end because of how it was started.
const STEADY: Duration = Duration::from_secs(60);

/// One kind of device.
pub(crate) trait Device: Send + Sync + 'static {
    const NAME: &'static str;
    type Report: Into<Event> + Send;
    type Driver: Send;
    /// What names a command whose outcome is reported.
    type Job: PartialEq + Send;

    /// Starts a driver, which ends when what is returned is dropped.
    fn start(&self, reports: mpsc::Sender<Self::Report>) -> Self::Driver;

    /// The report that the device is gone.
    fn down() -> Self::Report;

    /// The job that a report is the outcome of.
    fn finished(_report: &Self::Report) -> Option<Self::Job> {
        None
    }

    /// What else is so once the driver is gone, with jobs whose outcome nobody knows.
    fn lost(&self, _jobs: Vec<Self::Job>) -> Vec<Self::Report> {
        Vec::new()
    }
}

/// Where a device's driver is found while it runs. Clones share it.
pub(crate) struct Seat<D: Device>(Arc<Mutex<Seated<D>>>);

struct Seated<D: Device> {
    driver: Option<D::Driver>,
    jobs: Vec<D::Job>,
}

impl<D: Device> Clone for Seat<D> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<D: Device> Seat<D> {
    pub(crate) fn empty() -> Self {
        Self(Arc::new(Mutex::new(Seated { driver: None, jobs: Vec::new() })))
    }

    /// Gives the driver a command; false means that it does not have it and never will.
    pub(crate) fn send(&self, job: Option<D::Job>, send: impl FnOnce(&D::Driver) -> bool) -> bool {
        let mut seated = self.seated();
        let sent = seated.driver.as_ref().is_some_and(send);
        if sent {
            seated.jobs.extend(job);
        }
        sent
    }

    fn take(&self, driver: D::Driver) {
        self.seated().driver = Some(driver);
    }

    fn finished(&self, job: &D::Job) {
        self.seated().jobs.retain(|it| it != job);
    }

    /// The driver is gone; what it had not reported on is returned.
    fn vacate(&self) -> Vec<D::Job> {
        let mut seated = self.seated();
        seated.driver = None;
        std::mem::take(&mut seated.jobs)
    }

    fn seated(&self) -> MutexGuard<'_, Seated<D>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a driver is no longer needed.
struct NobodyListens;

/// Runs a device's driver until nobody listens to its events.
pub(crate) async fn supervise<D: Device>(device: D, seat: Seat<D>, events: mpsc::Sender<Event>) {
    let mut backoff = Backoff::default();
    loop {
        let (sender, reports) = mpsc::channel(WAITING);
        seat.take(device.start(sender));
        let ended = forward(reports, &seat, &events, &mut backoff).await;
        let jobs = seat.vacate();
        if ended.is_err() {
            return;
        }
        tracing::error!(device = D::NAME, "the driver ended; it is started again");
        for report in device.lost(jobs).into_iter().chain([D::down()]) {
            if events.send(report.into()).await.is_err() {
                return;
            }
        }
        sleep(backoff.pause()).await;
    }
}

/// Turns a driver's reports into events until it ends.
async fn forward<D: Device>(
    mut reports: mpsc::Receiver<D::Report>,
    seat: &Seat<D>,
    events: &mpsc::Sender<Event>,
    backoff: &mut Backoff,
) -> Result<(), NobodyListens> {
    let steady = sleep(STEADY);
    tokio::pin!(steady);
    let mut young = true;
    loop {
        let report = tokio::select! {
            report = reports.recv() => report,
            () = &mut steady, if young => {
                young = false;
                backoff.reset();
                continue;
            }
        };
        let Some(report) = report else { return Ok(()) };
        if let Some(job) = D::finished(&report) {
            seat.finished(&job);
        }
        events.send(report.into()).await.map_err(|_| NobodyListens)?;
    }
}

//! A Slint platform without any display: windows that render into memory.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use slint::{
    PlatformError,
    platform::{
        Platform, SetPlatformError, WindowAdapter,
        software_renderer::{MinimalSoftwareWindow, RepaintBufferType},
    },
};

/// Time since any fixed moment.
pub(crate) type Clock = Rc<dyn Fn() -> Duration>;

thread_local! {
    static LATEST: RefCell<Option<Rc<MinimalSoftwareWindow>>> = const { RefCell::new(None) };
    static CLOCK: RefCell<Option<Clock>> = const { RefCell::new(None) };
    static LATEST_TIME: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

struct Headless;

impl Platform for Headless {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        let window = MinimalSoftwareWindow::new(RepaintBufferType::ReusedBuffer);
        LATEST.with_borrow_mut(|latest| *latest = Some(Rc::clone(&window)));
        Ok(window)
    }

    fn duration_since_start(&self) -> Duration {
        // Slint panics when the time runs backwards, as it does when a second clock is installed.
        let now = CLOCK.with_borrow(|clock| clock.as_ref().map_or(Duration::ZERO, |clock| clock()));
        let now = LATEST_TIME.get().max(now);
        LATEST_TIME.set(now);
        now
    }
}

/// Makes the windows of this thread headless and lets them take the time from `clock`.
///
/// Slint keeps one platform per thread; a second call only changes the clock.
pub(crate) fn install(clock: Clock) -> Result<(), SetPlatformError> {
    let installed = CLOCK.with_borrow_mut(|current| current.replace(clock).is_some());
    if installed { Ok(()) } else { slint::platform::set_platform(Box::new(Headless)) }
}

/// The window that was made last on this thread, once.
pub(crate) fn take_latest() -> Option<Rc<MinimalSoftwareWindow>> {
    LATEST.with_borrow_mut(Option::take)
}

//! Points at which a test can have this program end: before and after every effect. Killed, counted
//! from the intent to open a compartment on, or by a panic, counted from the start. Appliance builds
//! have none.

use kiosk_core::Effect;

/// Counts points and, in bench builds, dies at the one that was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct CrashPoints {
    #[cfg(feature = "bench")]
    armed: Option<Armed>,
}

#[cfg(feature = "bench")]
#[derive(Clone, Copy, Debug)]
struct Armed {
    at: u64,
    passed: u64,
    counting: bool,
    end: End,
}

#[cfg(feature = "bench")]
#[derive(Clone, Copy, Debug)]
enum End {
    Kill,
    Panic,
}

impl CrashPoints {
    /// Dies as if killed at the `at`-th point, counted from 1.
    #[cfg(feature = "bench")]
    pub fn at(at: u64) -> Self {
        Self { armed: Some(Armed { at, passed: 0, counting: false, end: End::Kill }) }
    }

    /// Panics at the `at`-th point, counted from 1.
    #[cfg(feature = "bench")]
    pub fn panic_at(at: u64) -> Self {
        Self { armed: Some(Armed { at, passed: 0, counting: true, end: End::Panic }) }
    }

    /// Asked for by the environment variables `HALL24_CRASH_AT` and `HALL24_PANIC_AT`, in bench
    /// builds only.
    pub fn from_environment() -> Self {
        #[cfg(feature = "bench")]
        {
            let number = |name| std::env::var(name).ok().and_then(|it| it.parse().ok());
            if let Some(at) = number("HALL24_CRASH_AT") {
                return Self::at(at);
            }
            if let Some(at) = number("HALL24_PANIC_AT") {
                return Self::panic_at(at);
            }
        }
        Self::default()
    }

    #[cfg(feature = "bench")]
    pub(crate) fn before(&mut self, effect: &Effect) {
        use kiosk_core::store::Record;
        let Some(armed) = &mut self.armed else { return };
        if let Effect::Store { records, .. } = effect {
            armed.counting |= records
                .iter()
                .any(|it| matches!(it, Record::Journal { kind, .. } if kind == "open_intent"));
        }
        armed.pass();
    }

    #[cfg(feature = "bench")]
    pub(crate) fn after(&mut self) {
        if let Some(armed) = &mut self.armed {
            armed.pass();
        }
    }

    #[cfg(not(feature = "bench"))]
    pub(crate) fn before(&mut self, _effect: &Effect) {}

    #[cfg(not(feature = "bench"))]
    pub(crate) fn after(&mut self) {}
}

#[cfg(feature = "bench")]
impl Armed {
    fn pass(&mut self) {
        if !self.counting {
            return;
        }
        self.passed += 1;
        if self.passed == self.at {
            self.end();
        }
    }

    fn end(&self) {
        match self.end {
            End::Kill => {
                // SIGKILL, so that nothing is flushed, dropped or said on the way out.
                let _ = rustix::process::kill_process(
                    rustix::process::getpid(),
                    rustix::process::Signal::KILL,
                );
                std::process::abort();
            }
            End::Panic => panic!("asked for, with a message that quotes a person"),
        }
    }
}

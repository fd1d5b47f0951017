//! The kiosk's window: in memory or on a display.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use kiosk_core::{action::Action, screen::Screen};
use slint::{
    ComponentHandle, LogicalPosition, PhysicalSize, PlatformError, Rgb8Pixel, SharedPixelBuffer,
    platform::{
        PointerEventButton, SetPlatformError, WindowEvent,
        software_renderer::{MinimalSoftwareWindow, PhysicalRegion},
    },
};

use crate::{
    Command, Element, Panel, ScreenHandle, TouchGuard, elements,
    flatten::flatten,
    model::Models,
    platform::{self, Clock},
    remote, ui,
};

/// What a finger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finger {
    Press,
    Move,
    Release,
}

/// Why a window could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    #[error(
        "no screen can be opened; connect one, and start the program where DISPLAY or \
         WAYLAND_DISPLAY is set or /dev/dri may be opened"
    )]
    Display(#[from] PlatformError),
    #[error("failed to prepare drawing into memory: this thread already draws on a display")]
    Platform(#[from] SetPlatformError),
    #[error("failed to encode the picture: {0}")]
    Picture(#[from] png::EncodingError),
}

type OnAction = Rc<dyn Fn(Action)>;

/// A window in memory and what was drawn of it.
struct Memory {
    window: Rc<MinimalSoftwareWindow>,
    pixels: RefCell<SharedPixelBuffer<Rgb8Pixel>>,
    repainted: Cell<u32>,
}

struct Inner {
    page: ui::KioskPage,
    panel: Panel,
    clock: Clock,
    guard: RefCell<TouchGuard>,
    models: RefCell<Models>,
    actions: RefCell<Vec<Action>>,
    on_action: RefCell<Option<OnAction>>,
    memory: Option<Memory>,
}

/// The one window of a kiosk. Stays on the thread that made it.
pub struct KioskWindow {
    inner: Rc<Inner>,
    handle: ScreenHandle,
    commands: Receiver<Command>,
}

thread_local! {
    /// The window that the display's event loop serves.
    static ON_DISPLAY: RefCell<Option<Rc<KioskWindow>>> = const { RefCell::new(None) };
}

/// Lets the display's window carry out what waits for it; runs in Slint's event loop.
pub(crate) fn wake() {
    let window = ON_DISPLAY.with_borrow(Clone::clone);
    if let Some(window) = window
        && window.commands.try_iter().any(|command| !window.obey(command))
    {
        // Outside the event loop there is nothing to quit.
        let _ = slint::quit_event_loop();
    }
}

impl KioskWindow {
    /// A window that draws into memory and takes the time from the system.
    pub fn headless(panel: Panel) -> Result<Self, ScreenError> {
        let start = Instant::now();
        Self::headless_with_clock(panel, move || start.elapsed())
    }

    /// A window that draws into memory; `clock` tells the time since any fixed moment.
    pub fn headless_with_clock(
        panel: Panel,
        clock: impl Fn() -> Duration + 'static,
    ) -> Result<Self, ScreenError> {
        let clock: Clock = Rc::new(clock);
        platform::install(Rc::clone(&clock))?;
        let page = ui::KioskPage::new()?;
        let window = platform::take_latest().ok_or(PlatformError::NoPlatform)?;
        window.set_size(PhysicalSize::new(panel.width_px, panel.height_px));
        let pixels = RefCell::new(SharedPixelBuffer::new(panel.width_px, panel.height_px));
        let memory = Memory { window, pixels, repainted: Cell::new(0) };
        let window = Self::new(page, panel, clock, Some(memory));
        window.inner.page.show()?;
        Ok(window)
    }

    /// A window on the display that Slint finds: a desktop's, or the whole screen without one.
    pub fn on_display(panel: Panel) -> Result<Self, ScreenError> {
        let start = Instant::now();
        let page = ui::KioskPage::new()?;
        Ok(Self::new(page, panel, Rc::new(move || start.elapsed()), None))
    }

    fn new(page: ui::KioskPage, panel: Panel, clock: Clock, memory: Option<Memory>) -> Self {
        let (sender, commands) = channel();
        let handle = ScreenHandle::new(sender, memory.is_none());
        let models = RefCell::new(Models::new(&page, &panel));
        let inner = Rc::new(Inner {
            page,
            panel,
            clock,
            guard: RefCell::default(),
            models,
            actions: RefCell::default(),
            on_action: RefCell::default(),
            memory,
        });
        inner.connect();
        Self { inner, handle, commands }
    }

    /// Draws this screen from now on. Only what differs from the one before is painted anew.
    pub fn show(&self, screen: &Screen) {
        let inner = &self.inner;
        let flat = flatten(screen, &inner.panel);
        inner.guard.borrow_mut().screen_shown(screen.name, (inner.clock)());
        inner.models.borrow_mut().update(&inner.page, &inner.panel, screen, &flat);
        *inner.actions.borrow_mut() = flat.actions;
    }

    /// Called on the window's thread with the meaning of each touch that counts.
    pub fn on_action(&self, callback: impl Fn(Action) + 'static) {
        *self.inner.on_action.borrow_mut() = Some(Rc::new(callback));
    }

    /// For other threads.
    pub fn handle(&self) -> ScreenHandle {
        self.handle.clone()
    }

    /// The panel that it draws for.
    pub fn panel(&self) -> &Panel {
        &self.inner.panel
    }

    /// Serves commands, timers and touches until [`ScreenHandle::quit`].
    pub fn run(self) -> Result<(), ScreenError> {
        if self.inner.memory.is_some() {
            remote::run_headless(&self, &self.commands);
            return Ok(());
        }
        let page = self.inner.page.clone_strong();
        let panel = self.inner.panel;
        ON_DISPLAY.with_borrow_mut(|window| *window = Some(Rc::new(self)));
        page.window().set_size(PhysicalSize::new(panel.width_px, panel.height_px));
        page.show()?;
        // Commands that came before the event loop ran.
        slint::Timer::single_shot(Duration::ZERO, wake);
        let ended = slint::run_event_loop();
        ON_DISPLAY.with_borrow_mut(|window| *window = None);
        Ok(ended?)
    }

    /// Carries out a command; `false` when the window is to end.
    pub(crate) fn obey(&self, command: Command) -> bool {
        match command {
            Command::Show(screen) => self.show(&screen),
            Command::Touch { x, y, finger } => self.touch(x, y, finger),
            Command::Png(reply) => reply(self.png()),
            Command::Elements(reply) => reply(self.elements()),
            Command::Alive(reply) => reply(()),
            Command::Quit => return false,
        }
        true
    }

    /// Draws into memory what changed since; whether anything did. On a display Slint draws itself.
    pub fn render(&self) -> bool {
        self.inner.memory.as_ref().is_some_and(|memory| memory.render(&self.inner.panel))
    }

    /// How many pixels the last [`Self::render`] that changed something painted anew.
    pub fn repainted_px(&self) -> u32 {
        self.inner.memory.as_ref().map_or(0, |memory| memory.repainted.get())
    }

    /// The pixels as last drawn, row by row, red green blue; none on a display.
    pub fn pixels(&self) -> Vec<[u8; 3]> {
        self.inner.memory.as_ref().map_or_else(Vec::new, |memory| {
            memory
                .pixels
                .borrow()
                .as_slice()
                .iter()
                .map(|pixel| [pixel.r, pixel.g, pixel.b])
                .collect()
        })
    }

    /// What the panel shows now, as PNG.
    pub fn png(&self) -> Result<Vec<u8>, ScreenError> {
        if let Some(memory) = &self.inner.memory {
            memory.render(&self.inner.panel);
            let pixels = memory.pixels.borrow();
            let (width_px, height_px) = (pixels.width(), pixels.height());
            return encode(pixels.as_bytes(), width_px, height_px, png::ColorType::Rgb);
        }
        let picture = self.inner.page.window().take_snapshot()?;
        encode(picture.as_bytes(), picture.width(), picture.height(), png::ColorType::Rgba)
    }

    /// Moves the one finger; takes effect at once.
    pub fn touch(&self, x: f32, y: f32, finger: Finger) {
        let position = LogicalPosition::new(x, y);
        let button = PointerEventButton::Left;
        let event = match finger {
            Finger::Press => WindowEvent::PointerPressed { position, button },
            Finger::Move => WindowEvent::PointerMoved { position },
            Finger::Release => WindowEvent::PointerReleased { position, button },
        };
        let window = self.inner.page.window();
        window.dispatch_event(event);
        // A finger that is gone hovers over nothing.
        if finger == Finger::Release {
            window.dispatch_event(WindowEvent::PointerExited);
        }
    }

    /// What can be seen and touched now; of an open dialog only its own.
    pub fn elements(&self) -> Vec<Element> {
        elements::visible(&self.inner.page, self.inner.page.get_has_dialog()).elements
    }
}

impl Inner {
    fn connect(self: &Rc<Self>) {
        let touches = self.page.global::<ui::Touches>();
        let weak = Rc::downgrade(self);
        touches.on_pressed(move |index| {
            if let Some(inner) = weak.upgrade()
                && let Some(action) = inner.action(index)
            {
                inner.guard.borrow_mut().pressed(&action, (inner.clock)());
            }
        });
        let weak = Rc::downgrade(self);
        touches.on_touched(move |index| {
            if let Some(inner) = weak.upgrade() {
                inner.act(index, TouchGuard::released);
            }
        });
        let weak = Rc::downgrade(self);
        touches.on_activated(move |index| {
            if let Some(inner) = weak.upgrade() {
                inner.act(index, TouchGuard::activated);
            }
        });
    }

    fn action(&self, index: i32) -> Option<Action> {
        self.actions.borrow().get(usize::try_from(index).ok()?).cloned()
    }

    fn act(&self, index: i32, counts: fn(&mut TouchGuard, &Action, Duration) -> bool) {
        let Some(action) = self.action(index) else { return };
        let counts = counts(&mut self.guard.borrow_mut(), &action, (self.clock)());
        // Cloned, so that the callback may show another screen.
        let callback = self.on_action.borrow().clone();
        if let Some(callback) = callback.filter(|_| counts) {
            callback(action);
        }
    }
}

impl Memory {
    fn render(&self, panel: &Panel) -> bool {
        self.window.draw_if_needed(|renderer| {
            let region =
                renderer.render(self.pixels.borrow_mut().make_mut_slice(), panel.width_px as usize);
            self.repainted.set(area(&region));
        })
    }
}

fn area(region: &PhysicalRegion) -> u32 {
    region.iter().map(|(_, size)| size.width * size.height).sum()
}

fn encode(
    bytes: &[u8],
    width_px: u32,
    height_px: u32,
    colour: png::ColorType,
) -> Result<Vec<u8>, ScreenError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width_px, height_px);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header()?.write_image_data(bytes)?;
    Ok(file)
}

//! Draws every sample screen in both languages and all looks into PNG files, and says what is wrong
//! with their layouts: `cargo run -p kiosk-screen --example gallery -- FOLDER [NAME PART]`.
//! With `--display` it shows them one after the other on the display; each touch turns the page.

use std::{cell::Cell, env, error::Error, fs, path::Path};

use kiosk_core::screen::Screen;
use kiosk_screen::{KioskWindow, Panel, ScreenError, check};

#[path = "../tests/samples/mod.rs"]
mod samples;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().ok_or("say into which folder the pictures go, or --display")?;
    let part = arguments.next().unwrap_or_default();
    let screens: Vec<_> = all().filter(|(name, _)| name.contains(&part)).collect();
    if folder == "--display" {
        return Ok(display(screens)?);
    }
    draw(Path::new(&folder), &screens)
}

/// Every sample with a name that tells language and look too.
fn all() -> impl Iterator<Item = (String, Screen)> {
    let looks = samples::Words::ALL
        .into_iter()
        .flat_map(|words| samples::looks().into_iter().map(move |look| (words, look)));
    looks.flat_map(|(words, look)| {
        samples::all(words, look).into_iter().map(move |(name, screen)| {
            (format!("{name}.{}.{}", words.language(), samples::look_name(look)), screen)
        })
    })
}

fn draw(folder: &Path, screens: &[(String, Screen)]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let panel = Panel::default();
    let window = KioskWindow::headless(panel)?;
    for (name, screen) in screens {
        window.show(screen);
        fs::write(folder.join(name).with_added_extension("png"), window.png()?)?;
        for problem in check::layout(&window.elements(), &panel, screen.look) {
            println!("{name}.png: {problem}");
        }
    }
    Ok(())
}

fn display(screens: Vec<(String, Screen)>) -> Result<(), ScreenError> {
    let window = KioskWindow::on_display(Panel::default())?;
    let handle = window.handle();
    let at = Cell::new(0);
    let turn = move || {
        if let Some((_, screen)) = screens.get(at.get() % screens.len().max(1)) {
            handle.show(screen.clone());
        }
        at.set(at.get() + 1);
    };
    turn();
    window.on_action(move |_| turn());
    window.run()
}

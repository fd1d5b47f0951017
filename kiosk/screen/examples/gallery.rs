//! Draws every sample screen in both languages and all looks into PNG files, and says what is wrong
//! with their layouts: `cargo run -p kiosk-screen --example gallery -- FOLDER [NAME PART]`.

use std::{env, error::Error, fs, path::Path};

use kiosk_screen::{KioskWindow, Panel, check};

#[path = "../tests/samples/mod.rs"]
mod samples;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().ok_or("say into which folder the pictures go")?;
    let part = arguments.next().unwrap_or_default();
    fs::create_dir_all(&folder)?;
    let panel = Panel::default();
    let window = KioskWindow::headless(panel)?;
    for words in samples::Words::ALL {
        for look in samples::looks() {
            for (name, screen) in samples::all(words, look) {
                let file = format!("{name}.{}.{}.png", words.language(), samples::look_name(look));
                if !file.contains(&part) {
                    continue;
                }
                window.show(&screen);
                fs::write(Path::new(&folder).join(&file), window.png()?)?;
                for problem in check::layout(&window.elements(), &panel, look) {
                    println!("{file}: {problem}");
                }
            }
        }
    }
    Ok(())
}

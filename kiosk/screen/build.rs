//! Compiles the Slint files and embeds every icon of `ui/icons`.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    // Element names and kinds stay in the program: the bench and the checks look elements up.
    let configuration = slint_build::CompilerConfiguration::new().with_debug_info(true);
    slint_build::compile_with_config("ui/page.slint", configuration)?;
    embed_icons()
}

fn embed_icons() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("ui/icons");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension().is_some_and(|ending| ending == "svg"));
    // By name: with its ending, `lock.svg` would come after `lock-open.svg`.
    files.sort_by_key(|file| file.file_stem().map(ToOwned::to_owned));
    let mut table = String::from("const EMBEDDED: &[(&str, &[u8])] = &[\n");
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str()).ok_or("icon without a name")?;
        writeln!(table, "    ({name:?}, include_bytes!({file:?})),")?;
    }
    table.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("icons.rs"), table)?;
    Ok(())
}

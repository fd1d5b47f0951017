//! The Yocto layer against what it is made of: Cargo.lock, `images/files`, and its own files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{check, files, root};

fn layer() -> PathBuf {
    root().join("yocto-layer")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn found(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    files(folder, endings, &mut paths);
    paths
}

/// What stands between the first two quotation marks.
fn quoted(line: &str) -> &str {
    line.split('"').nth(1).unwrap_or_default()
}

/// Name, version and checksum of the crates that `Cargo.lock` takes from the registry.
fn locked() -> BTreeSet<(String, String)> {
    let lock = text(&root().join("Cargo.lock"));
    let field = |package: &str, key: &str| {
        package.lines().find(|line| line.starts_with(key)).map(|line| quoted(line).to_owned())
    };
    lock.split("[[package]]")
        .filter(|package| field(package, "source = \"registry").is_some())
        .map(|package| {
            let name = field(package, "name = ").expect("packages have names");
            let version = field(package, "version = ").expect("packages have versions");
            let sum = field(package, "checksum = ").expect("crates have checksums");
            (format!("{name}/{version}"), sum)
        })
        .collect()
}

#[test]
fn the_recipe_fetches_the_crates_of_the_lock_file() {
    let include = text(&layer().join("recipes-kiosk/hall24-kiosk/hall24-kiosk-crates.inc"));
    let fetched: BTreeSet<&str> = include
        .lines()
        .filter_map(|line| line.trim().strip_prefix("crate://crates.io/")?.strip_suffix(" \\"))
        .collect();
    let mut problems = Vec::new();
    let locked = locked();
    for (name, sum) in &locked {
        let line = format!("SRC_URI[{}.sha256sum] = \"{sum}\"", name.replace('/', "-"));
        if !fetched.contains(name.as_str()) || !include.lines().any(|it| it == line) {
            problems.push(format!("{name} is missing or has another sum"));
        }
    }
    if fetched.len() != locked.len() {
        problems.push(format!("{} crates are fetched, {} locked", fetched.len(), locked.len()));
    }
    if !problems.is_empty() {
        problems.push("run scripts/yocto-crates.sh".to_owned());
    }
    check(&problems);
}

#[test]
fn the_recipe_is_of_this_version_and_this_licence() {
    let manifest = text(&root().join("Cargo.toml"));
    let version = manifest
        .lines()
        .find(|line| line.starts_with("version = "))
        .map(quoted)
        .expect("the workspace has a version");
    let recipe = layer().join(format!("recipes-kiosk/hall24-kiosk/hall24-kiosk_{version}.bb"));
    let distro = text(&layer().join("conf/distro/hall24.conf"));
    assert!(recipe.exists(), "{} is missing", recipe.display());
    assert!(distro.contains(&format!("DISTRO_VERSION = \"{version}\"")), "hall24.conf: {version}");

    let uid = text(&root().join("images/files/usr/lib/sysusers.d/hall24.conf"));
    let uid = uid.split_whitespace().nth(2).expect("u hall24 NUMBER");
    assert!(text(&recipe).contains(&format!("--uid {uid} ")), "the kiosk's user is {uid}");
}

/// Files that a recipe names with `file://` lie beside it, in `files`, or in the folder that it names.
#[test]
fn every_file_that_a_recipe_names_exists() {
    let shared =
        [layer().join("recipes-bsp/u-boot/files"), layer().join("recipes-kernel/linux/files")];
    let mut problems = Vec::new();
    for recipe in found(&layer(), &[".bb", ".bbappend", ".inc"]) {
        let folder = recipe.parent().expect("a file has a folder");
        let words = text(&recipe);
        for part in words.split("file://").skip(1) {
            let end = |it: char| it.is_whitespace() || matches!(it, '"' | '\'' | ';');
            let name = part.split(end).next().unwrap_or_default();
            let beside = folder.join("files").join(name).exists();
            let elsewhere = shared.iter().any(|it| it.join(name).exists());
            let variable = name.strip_prefix("${HALL24_REPOSITORY}/").unwrap_or(name);
            let source = root().join(variable).exists() || variable.starts_with("usr/share/doc/");
            if !beside && !elsewhere && !source {
                problems.push(format!("{}: {name} does not exist", recipe.display()));
            }
        }
        for line in words.lines() {
            if let Some(name) = line.strip_prefix("require ")
                && !folder.join(name).exists()
            {
                problems.push(format!("{}: {name} does not exist", recipe.display()));
            }
        }
    }
    check(&problems);
}

/// One source: what `images/files` has is taken from there.
#[test]
fn the_layer_copies_nothing_of_the_images() {
    let shared: BTreeSet<String> = found(&root().join("images/files"), &[""])
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .filter(|name| name != "hall24.conf")
        .collect();
    assert!(shared.contains("hall24-kiosk.service"), "units lie in images/files");
    let mut problems = Vec::new();
    for path in found(&layer(), &[""]) {
        let name = path.file_name().expect("files have names").to_string_lossy();
        if shared.contains(name.as_ref()) {
            problems.push(format!("{}: take it from images/files", path.display()));
        }
    }
    let recipe = text(&layer().join("recipes-kiosk/hall24-system/hall24-system_0.1.0.bb"));
    if !recipe.contains("${HALL24_FILES}/. ${D}/") {
        problems.push("hall24-system does not install images/files".to_owned());
    }
    for unit in ["hall24-kiosk.service", "hall24-healthy.timer", "nftables.service"] {
        let preset = "images/files/usr/lib/systemd/system-preset/00-hall24.preset";
        if !text(&root().join(preset)).contains(&format!("enable {unit}")) {
            problems.push(format!("{preset}: {unit} is not enabled"));
        }
    }
    check(&problems);
}

#[test]
fn kas_files_pin_every_layer_by_commit() {
    let mut problems = Vec::new();
    let paths = found(&layer().join("kas"), &[".yml"]);
    assert!(!paths.is_empty(), "there are kas files");
    for path in paths {
        let words = text(&path);
        let name = path.display();
        if !words.contains("header:\n  version: ") || words.contains('\t') {
            problems.push(format!("{name}: no header of a kas file"));
        }
        for include in words.lines().filter_map(|line| line.trim().strip_prefix("- yocto-layer/")) {
            if !layer().join(include).exists() {
                problems.push(format!("{name}: {include} does not exist"));
            }
        }
        let urls = words.lines().filter(|line| line.trim().starts_with("url: ")).count();
        let commits = words.lines().filter_map(|line| line.trim().strip_prefix("commit: "));
        let pinned = commits.filter(|it| it.len() == 40 && it.bytes().all(is_hex)).count();
        if urls != pinned {
            problems.push(format!("{name}: {urls} repositories, {pinned} commits"));
        }
    }
    check(&problems);
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// Partitions have the same names wherever they are spoken of.
#[test]
fn the_disk_has_the_partitions_that_are_looked_for() {
    let disk = text(&layer().join("files/wic/hall24.wks.in"));
    let names: BTreeSet<&str> =
        disk.split("--part-name ").skip(1).filter_map(|it| it.split_whitespace().next()).collect();
    let mut wanted = BTreeSet::from(["esp", "data"]);
    let update = text(&root().join("images/rauc/system.conf"));
    let variables = text(&layer().join("recipes-kiosk/hall24-system/files/fw_env.config"));
    for device in [update.as_str(), variables.as_str()] {
        wanted.extend(
            device.split("/dev/hall24/").skip(1).filter_map(|it| it.split_whitespace().next()),
        );
    }
    assert_eq!(names, wanted);

    let boot_loader = text(&layer().join("recipes-bsp/u-boot/files/hall24.cfg"));
    assert!(boot_loader.contains("CONFIG_ENV_MMC_SW_PARTITION=\"env\""));
    // U-Boot keeps its two copies at the end of the partition.
    let size = 0x4000;
    assert!(
        boot_loader.contains(&format!("CONFIG_ENV_SIZE={size:#x}"))
            && disk.contains("--fixed-size 1M")
    );
    for copy in [1, 2] {
        let line = format!("/dev/hall24/env {:#x} {size:#x}", 0x10_0000 - copy * size);
        assert!(variables.contains(&line), "fw_env.config: {line}");
    }
}

#[test]
fn the_kiosks_user_is_the_same_in_both_builds() {
    let declared = text(&root().join("images/files/usr/lib/sysusers.d/hall24.conf"));
    let user = declared.lines().find(|it| it.starts_with("u hall24 ")).expect("it is declared");
    let (number, shell) = (user.split(' ').nth(2), user.split(' ').next_back());
    let recipe = text(&layer().join("recipes-kiosk/hall24-kiosk/hall24-kiosk_0.1.0.bb"));
    let words: Vec<&str> = recipe.split_whitespace().collect();
    let said = |option: &str| words.iter().position(|it| *it == option).map(|at| words[at + 1]);
    assert_eq!((said("--uid"), said("--shell")), (number, shell));
}

//! Pages on a made-up desk, whose corners and flaws are known.

use std::io::Write as _;

use super::{
    CameraSettings, Problem, Quality, Rgb, examine, from_yuyv, jpeg,
    page::{self, Corners, Place},
    rectify::{Paper, rectified, target_size},
    shifted,
    sim::desk::{Flaws, Scene},
    to_yuyv,
};

const WIDTH: usize = 1_024;
const HEIGHT: usize = 768;
/// Corners are found this well, in pixels of a picture of 1024 × 768.
const CORNER_PIXELS_MAX: f64 = 3.0;

fn page() -> Scene {
    Scene { seed: 5, page: Some("page-1".to_owned()), ..Scene::default() }
}

fn picture(scene: &Scene) -> Rgb {
    scene.picture(WIDTH, HEIGHT).expect("a size")
}

fn seen(scene: &Scene) -> Quality {
    examine(&picture(scene).grey(), &CameraSettings::default())
}

fn off(a: Place, b: Place) -> f64 {
    (a.x - b.x).hypot(a.y - b.y)
}

fn worst(found: &Corners, wanted: &Corners) -> f64 {
    found.iter().zip(wanted).map(|(a, b)| off(*a, *b)).fold(0.0, f64::max)
}

#[test]
fn corners_are_found_within_three_pixels() {
    for (tilt_deg, keystone, offset) in [
        (0.0, 0.0, (0.0, 0.0)),
        (5.0, 0.0, (0.05, 0.02)),
        (-9.0, 0.06, (-0.1, -0.03)),
        (17.0, -0.05, (0.0, 0.0)),
        (-25.0, 0.1, (0.08, 0.0)),
    ] {
        let scene = Scene { tilt_deg, keystone, offset, ..page() };
        let quality = seen(&scene);
        let corners = quality.corners.expect("a page");
        let wrong = worst(&corners, &scene.corners(WIDTH, HEIGHT));
        assert!(wrong < CORNER_PIXELS_MAX, "{tilt_deg} {keystone}: {wrong:.1} pixels");
        assert!(quality.confidence_percent >= 90, "{quality:?}");
        assert!((quality.tilt_deg - tilt_deg).abs() < 1.0, "{tilt_deg}: {}", quality.tilt_deg);
        assert_eq!(quality.is_good(), tilt_deg.abs() < 10.0, "{quality:?}");
    }
}

#[test]
fn every_flaw_is_told_and_nothing_else() {
    let none = Flaws::default();
    let with = |flaws| Scene { flaws, ..page() };
    for (name, scene, problems) in [
        ("good", page(), vec![]),
        ("blank", Scene { page: Some("blank".to_owned()), ..page() }, vec![]),
        ("empty", Scene { page: None, ..page() }, vec![Problem::NoPage]),
        ("aside", Scene { offset: (0.35, 0.0), ..page() }, vec![Problem::CornersOutOfView]),
        ("below", Scene { offset: (0.0, 0.3), ..page() }, vec![Problem::CornersOutOfView]),
        ("tilted", Scene { tilt_deg: 12.0, ..page() }, vec![Problem::Tilted]),
        ("glare", with(Flaws { glare: true, ..none }), vec![Problem::Glare]),
        ("blur", with(Flaws { blur: true, ..none }), vec![Problem::Blurred]),
        ("dark", with(Flaws { dark: true, ..none }), vec![Problem::TooDark]),
        ("hand", with(Flaws { hand: true, ..none }), vec![Problem::EdgesUnclear]),
        (
            "all at once",
            Scene { tilt_deg: -14.0, flaws: Flaws { blur: true, glare: true, ..none }, ..page() },
            vec![Problem::Tilted, Problem::Glare, Problem::Blurred],
        ),
    ] {
        let quality = seen(&scene);
        assert_eq!(quality.problems, problems, "{name}: {quality:?}");
    }
}

#[test]
fn a_small_page_is_told() {
    let far = picture(&page()).grey();
    let settings = CameraSettings { area_min_percent: 50, ..CameraSettings::default() };
    assert_eq!(examine(&far, &settings).problems, [Problem::TooSmall]);
}

#[test]
fn a_page_with_nothing_on_it_cannot_be_blurred() {
    let blank = Scene { page: Some("blank".to_owned()), ..page() };
    let blurred = Scene { flaws: Flaws { blur: true, ..Flaws::default() }, ..blank.clone() };
    assert_eq!((seen(&blank).sharpness_percent, seen(&blurred).sharpness_percent), (None, None));
}

#[test]
fn a_page_that_is_moved_is_told_from_one_that_lies() {
    let at = |across| {
        let quality = seen(&Scene { offset: (across, 0.0), ..page() });
        quality.corners.expect("a page")
    };
    let limit = CameraSettings::default().shift_max_permille;
    let grain = seen(&Scene { seed: 99, ..page() }).corners.expect("a page");
    assert!(shifted(&at(0.0), &grain) <= limit / 3, "{}", shifted(&at(0.0), &grain));
    assert!(shifted(&at(0.0), &at(0.03)) > limit);
}

/// The straightened page is the same however it lay.
#[test]
fn a_straightened_page_looks_like_the_page() {
    let straight = |scene: &Scene| {
        let picture = picture(scene);
        let corners = page::find(&picture.grey()).expect("a page").corners;
        let (width, height) = target_size(&corners, Paper::A4, 594);
        assert_eq!((width, height), (420, 594));
        rectified(&picture, &corners, width, height).expect("a size").grey().shrunk(6)
    };
    let plain = straight(&page());
    for (tilt_deg, keystone) in [(8.0, 0.05), (-20.0, 0.1)] {
        let other = straight(&Scene { tilt_deg, keystone, ..page() });
        let pairs = plain.pixels().iter().zip(other.pixels());
        let difference: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        let mean = f64::from(difference) / plain.pixels().len() as f64;
        assert!(mean < 9.0, "{tilt_deg}: differs by {mean:.1}");
    }
    let mut other = Scene { page: Some("page-2".to_owned()), ..page() };
    other.tilt_deg = 8.0;
    let pairs = straight(&other);
    let difference: u32 =
        plain.pixels().iter().zip(pairs.pixels()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    assert!(f64::from(difference) / plain.pixels().len() as f64 > 12.0, "another page");
}

#[test]
fn a_page_survives_both_formats_of_cameras() {
    let scene = Scene { tilt_deg: 4.0, ..page() };
    let plain = picture(&scene);
    let yuyv = from_yuyv(WIDTH, HEIGHT, WIDTH * 2, &to_yuyv(&plain)).expect("a frame");
    let jpeg = jpeg::decode(&jpeg::encode(&plain, 85).expect("a file")).expect("a picture");
    for picture in [yuyv, jpeg] {
        let quality = examine(&picture.grey(), &CameraSettings::default());
        assert!(quality.is_good(), "{quality:?}");
        let corners = quality.corners.expect("a page");
        assert!(worst(&corners, &scene.corners(WIDTH, HEIGHT)) < CORNER_PIXELS_MAX);
    }
}

/// A photograph of this kind was made once and is kept; what is found in it must not change.
#[test]
fn the_golden_page_is_found_where_it_always_was() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/camera/golden/page.jpg");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let scene = Scene { tilt_deg: -6.0, keystone: 0.04, ..page() };
        let file = jpeg::encode(&scene.picture(640, 480).expect("a size"), 80).expect("a file");
        std::fs::File::create(folder).and_then(|mut it| it.write_all(&file)).expect("written");
    }
    let file = std::fs::read(folder).expect("the golden file is there");
    let picture = jpeg::decode(&file).expect("a picture");
    let quality = examine(&picture.grey(), &CameraSettings::default());
    let wanted = [(171.4, 67.4), (429.4, 40.3), (473.8, 412.1), (205.3, 440.3)];
    let wanted = wanted.map(|(x, y)| Place { x, y });
    let corners = quality.corners.expect("a page");
    assert!(worst(&corners, &wanted) < 1.0, "{corners:?}");
    assert!(quality.is_good(), "{quality:?}");
}

#[test]
fn files_that_are_no_pictures_are_refused() {
    let file = jpeg::encode(&Rgb::new(16, 16, vec![90; 768]).expect("small"), 85).expect("a file");
    assert!(jpeg::decode(&file).is_ok());
    assert!(jpeg::decode(&file[..20]).is_err());
    assert!(jpeg::decode(b"").is_err());
    assert!(jpeg::decode_png(&file).is_err());
}

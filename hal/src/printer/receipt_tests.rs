//! What comes out is what was meant: as text, as dots, and as a code that scanners read.

use serde_json::json;
use tokio::sync::mpsc;

use super::{
    Align, Charset, Document, Line, Mode, PrintJobId, PrintOutcome, PrinterCommand, PrinterEvent,
    PrinterSettings, QrMode, TextSize,
    bitmap::Bitmap,
    encode::encoded_sizes,
    fonts::Fonts,
    layout::{Row, layout},
    paint::{Dots, paint},
    sim::{PrinterSim, receipt_png},
    spawn,
};
use crate::{
    port::PortUrl,
    sim::{SimOptions, serve},
};

const LINK: &str = "https://hall.example/r/LQ11230047?k=7Q4M";

fn receipt(applicant: &str) -> Document {
    let centred = |text: &str, size, bold| Line::Text {
        text: text.to_owned(),
        align: Align::Centre,
        size,
        bold,
    };
    let field = |label: &str, value: &str, bold| Line::Field {
        label: label.to_owned(),
        value: value.to_owned(),
        bold,
    };
    let lines = vec![
        centred("滇中新区政务服务中心", TextSize::Double, true),
        centred("结果领取回执", TextSize::Normal, false),
        Line::Rule,
        field("事项", "食品经营许可（延续）", true),
        field("证件", "食品经营许可证 1 份", false),
        field("申请人", applicant, false),
        field("受理编号", "DZ-2026-1105-0137", false),
        field("领取方式", "身份证 · 7 号柜", false),
        field("领取时间", "2026-11-23 23:42:18", false),
        Line::Rule,
        centred("回执编号", TextSize::Normal, false),
        centred("LQ 1123 0047", TextSize::Double, true),
        Line::Space,
        Line::Qr { data: LINK.to_owned() },
        Line::Space,
        centred("扫码核验本回执 · 评价本次服务", TextSize::Normal, false),
        Line::Rule,
        Line::Cut,
    ];
    Document { lines }
}

/// Prints through the driver; gives what a person would hold: text and dots.
async fn printed(name: &str, document: &Document, settings: &PrinterSettings) -> (String, Bitmap) {
    let endpoint: PortUrl = format!("sim:receipt-{name}").parse().expect("a port");
    let device = Box::new(PrinterSim::new(settings));
    let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
    let (sender, mut events) = mpsc::channel(64);
    let handle = spawn(endpoint, settings.clone(), None, sender);
    let up = PrinterEvent::Link(crate::fault::Link::Up);
    while events.recv().await.expect("the driver runs") != up {}
    let command = PrinterCommand::Print { job: PrintJobId(1), document: document.clone() };
    handle.send(command).expect("taken");
    let printed = PrinterEvent::Printed { job: PrintJobId(1), outcome: PrintOutcome::Printed };
    while events.recv().await.expect("the driver runs") != printed {}
    let text = sim.state()["receipts"][0]["text"].as_str().expect("text").to_owned();
    assert_eq!(sim.state()["receipts"][0]["cut"], json!(true));
    (text, decoded(&receipt_png(&sim, 1).expect("in the tray")))
}

fn decoded(png: &[u8]) -> Bitmap {
    let decoder = png::Decoder::new(std::io::Cursor::new(png));
    let mut reader = decoder.read_info().expect("a picture");
    let mut shades = vec![0; reader.output_buffer_size().expect("small")];
    let info = reader.next_frame(&mut shades).expect("a picture");
    let (width, height) = (info.width as usize, info.height as usize);
    let mut bitmap = Bitmap::new(width, height);
    for (place, shade) in shades.iter().enumerate() {
        if *shade < 128 {
            bitmap.blacken(place % width, place / width);
        }
    }
    bitmap
}

fn scanned(bitmap: &Bitmap) -> Vec<String> {
    let shade = |x, y| if bitmap.is_black(x, y) { 0 } else { 255 };
    let (width, height) = (bitmap.width(), bitmap.height());
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, shade);
    let grids = picture.detect_grids();
    grids.iter().map(|it| it.decode().expect("a readable code").1).collect()
}

#[tokio::test(start_paused = true)]
async fn a_receipt_in_text_mode_reads_as_it_was_meant() {
    let (text, picture) = printed("text", &receipt("张*"), &PrinterSettings::default()).await;
    let rule = "-".repeat(48);
    let indent = |columns: usize| " ".repeat(columns);
    let expected = [
        format!("{}滇中新区政务服务中心", indent(4)),
        format!("{}结果领取回执", indent(18)),
        rule.clone(),
        "事项        食品经营许可（延续）".to_owned(),
        "证件        食品经营许可证 1 份".to_owned(),
        "申请人      张*".to_owned(),
        "受理编号    DZ-2026-1105-0137".to_owned(),
        "领取方式    身份证 · 7 号柜".to_owned(),
        "领取时间    2026-11-23 23:42:18".to_owned(),
        rule.clone(),
        format!("{}回执编号", indent(20)),
        format!("{}LQ 1123 0047", indent(12)),
        String::new(),
        format!("[QR {LINK}]"),
        String::new(),
        format!("{}扫码核验本回执 · 评价本次服务", indent(9)),
        rule,
        String::new(),
    ];
    assert_eq!(text, expected.join("\n"));
    assert_eq!(scanned(&picture), [LINK]);
}

#[tokio::test(start_paused = true)]
async fn a_receipt_as_dots_is_the_picture_that_was_drawn() {
    for avoid_real_time in [false, true] {
        let mode = Mode::Raster;
        let settings = PrinterSettings { mode, avoid_real_time, ..PrinterSettings::default() };
        let document = receipt("王𬭛㛃𠮷 㼆𠅤𬭚𰻝");
        let name = format!("raster-{avoid_real_time}");
        let (_, picture) = printed(&name, &document, &settings).await;
        let fonts = Fonts::new(&settings.fonts);
        let metrics = Dots { fonts: &fonts, dots: settings.dots };
        let rows = layout(&document, &metrics);
        let papers = paint(&rows, &metrics);
        assert_eq!(papers.len(), 1);
        let drawn = &papers[0];
        assert_eq!(picture.height(), drawn.height());
        let dots = (0..drawn.height()).flat_map(|y| (0..drawn.width()).map(move |x| (x, y)));
        let wrong = dots.filter(|(x, y)| picture.is_black(*x, *y) != drawn.is_black(*x, *y));
        let (wrong, allowed) = (wrong.count(), if avoid_real_time { 20 } else { 0 });
        assert!(wrong <= allowed, "{wrong} dots differ");
        assert_eq!(scanned(&picture), [LINK]);
    }
}

/// A line that the printer's font lacks characters for comes out as a font that has them prints it.
#[tokio::test(start_paused = true)]
async fn rare_characters_come_out_whatever_the_font_has() {
    let document = receipt("王𬭛㛃𠮷 㼆𠅤𬭚𰻝");
    let with =
        |charset| PrinterSettings { charset, avoid_real_time: false, ..PrinterSettings::default() };
    let (native_text, native) = printed("gb18030", &document, &with(Charset::Gb18030)).await;
    assert!(native_text.contains("申请人      王𬭛㛃𠮷 㼆𠅤𬭚𰻝\n"), "{native_text}");
    for (name, charset) in [("gbk", Charset::Gbk), ("gb2312", Charset::Gb2312)] {
        let (text, picture) = printed(name, &document, &with(charset)).await;
        assert!(text.contains("[picture") && !text.contains('王'), "{text}");
        assert!(picture == native, "{name}: the dots differ");
    }
}

#[tokio::test(start_paused = true)]
async fn codes_drawn_by_the_kiosk_scan_as_well() {
    let settings = PrinterSettings { qr: QrMode::Raster, ..PrinterSettings::default() };
    let (_, picture) = printed("qr", &receipt("张*"), &settings).await;
    assert_eq!(scanned(&picture), [LINK]);
    let narrow = PrinterSettings { dots: 384, columns: 32, ..PrinterSettings::default() };
    let (text, picture) = printed("narrow", &receipt("张*"), &narrow).await;
    assert!(text.lines().next().is_some_and(|it| it.contains("滇中新区政务服务")), "{text}");
    assert_eq!(scanned(&picture), [LINK]);
}

#[test]
fn text_takes_a_tenth_of_the_bytes_of_dots_at_most() {
    let settings = PrinterSettings::default();
    for applicant in ["张*", "王𬭛*"] {
        let sizes = encoded_sizes(&receipt(applicant), &settings);
        assert!(sizes.text * 10 <= sizes.raster, "{sizes:?}");
    }
}

#[test]
fn every_row_stays_on_the_paper() {
    let fonts = Fonts::new(&PrinterSettings::default().fonts);
    let metrics = Dots { fonts: &fonts, dots: 576 };
    let long = "国际货物运输代理业备案变更登记（含分支机构）and a rather long English name of it";
    let rows = layout(&receipt(long), &metrics);
    let values = rows.iter().filter(|it| {
        matches!(it, Row::Text { pieces, .. } if {
            pieces.len() == 1 && pieces[0].at > 0
        })
    });
    assert!(values.count() >= 2, "the value wraps under itself");
    let paper = &paint(&rows, &metrics)[0];
    for y in 0..paper.height() {
        assert!((560..576).all(|x| !paper.is_black(x, y)), "row {y} runs into the margin");
    }
}

fn english_receipt() -> Document {
    let Document { mut lines } = receipt("王𬭛㛃𠮷 㼆𠅤𬭚𰻝");
    let words = [
        ("滇中新区政务服务中心", "Government Service Hall"),
        ("结果领取回执", "Receipt for a result that was taken out"),
        ("回执编号", "Receipt no."),
        ("扫码核验本回执 · 评价本次服务", "Scan to check this receipt, or to rate the service"),
    ];
    let fields = ["Item", "Document", "Applicant", "Case no.", "Taken by", "Taken at"];
    let mut labels = fields.iter();
    for line in &mut lines {
        match line {
            Line::Text { text, .. } => {
                let english = words.iter().find(|it| it.0 == text.as_str());
                *text = english.map_or(text.clone(), |it| it.1.to_owned());
            }
            Line::Field { label, .. } => {
                *label = (*labels.next().expect("a label each")).to_owned();
            }
            _ => {}
        }
    }
    Document { lines }
}

/// What comes out looks as it did when somebody looked at it. `HALL24_GOLDEN=write` takes what comes
/// out now for that; look at the pictures before they are committed.
#[tokio::test(start_paused = true)]
async fn receipts_look_like_their_golden_pictures() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/printer/golden");
    let documents = [("zh", receipt("王𬭛㛃𠮷 㼆𠅤𬭚𰻝")), ("en", english_receipt())];
    for (language, document) in documents {
        for (mode_name, mode) in [("text", Mode::Text), ("raster", Mode::Raster)] {
            let settings = PrinterSettings { mode, ..PrinterSettings::default() };
            let name = format!("golden-{language}-{mode_name}");
            let (_, picture) = printed(&name, &document, &settings).await;
            let file = folder.join(format!("receipt_{language}_{mode_name}.png"));
            if std::env::var_os("HALL24_GOLDEN").is_some_and(|it| it == "write") {
                std::fs::create_dir_all(&folder).expect("a folder");
                std::fs::write(&file, encoded(&picture)).expect("written");
            }
            let golden = decoded(&std::fs::read(&file).expect("a golden picture"));
            let size = |it: &Bitmap| (it.width(), it.height());
            assert_eq!(size(&picture), size(&golden), "{name}");
            let dots = (0..golden.height()).flat_map(|y| (0..golden.width()).map(move |x| (x, y)));
            let wrong = dots.filter(|(x, y)| picture.is_black(*x, *y) != golden.is_black(*x, *y));
            let (wrong, all) = (wrong.count(), golden.width() * golden.height());
            // Another release of a font may move an edge by a dot.
            assert!(wrong * 1000 <= all, "{name}: {wrong} of {all} dots differ");
        }
    }
}

fn encoded(bitmap: &Bitmap) -> Vec<u8> {
    let (width, height) = (bitmap.width(), bitmap.height());
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let dots = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let shades: Vec<u8> = dots.map(|(x, y)| if bitmap.is_black(x, y) { 0 } else { 255 }).collect();
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&shades).expect("a picture");
    writer.finish().expect("an end");
    png
}

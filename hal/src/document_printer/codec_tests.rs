//! IPP messages and what they say about a printer.

use proptest::{collection::vec, prelude::*};

use super::{
    DocumentPrinterSettings, DocumentProblem, PdfDocument, PrinterState, Supply,
    ipp::{Attribute, DecodeError, Group, Message, Value, group, operation},
    reasons::status_of,
};
use crate::{hex, testing::fixed_seed};

fn values() -> impl Strategy<Value = Value> {
    let text = || "[ -~一-龥]{0,30}";
    prop_oneof![
        any::<i32>().prop_map(Value::Integer),
        any::<i32>().prop_map(Value::Enum),
        any::<bool>().prop_map(Value::Boolean),
        text().prop_map(Value::Text),
        text().prop_map(Value::Name),
        text().prop_map(Value::Keyword),
        text().prop_map(Value::Uri),
        text().prop_map(Value::MimeType),
        (0x30..=0x34_u8, vec(any::<u8>(), 0..20)).prop_map(|(tag, it)| Value::Other(tag, it)),
    ]
}

fn messages() -> impl Strategy<Value = Message> {
    let attribute =
        ("[a-z-]{1,20}", vec(values(), 1..4)).prop_map(|(name, values)| Attribute { name, values });
    let groups = (prop_oneof![Just(1_u8), Just(2), Just(4), Just(5)], vec(attribute, 0..5))
        .prop_map(|(delimiter, attributes)| Group { delimiter, attributes });
    (any::<(u8, u8, u16, u32)>(), vec(groups, 0..4)).prop_map(|(head, groups)| {
        let (major, minor, code, request_id) = head;
        Message { version: (major, minor), code, request_id, groups }
    })
}

proptest! {
    #![proptest_config(fixed_seed())]

    #[test]
    fn messages_survive_the_wire(
        message in messages(), document in vec(any::<u8>(), 0..40), cut in any::<usize>(),
    ) {
        let bytes = message.encode();
        let length = bytes.len();
        let (seen, end) = Message::decode(&[&bytes[..], &document].concat()).expect("whole");
        prop_assert!(seen == message);
        prop_assert_eq!(end, length);
        let short = Message::decode(&bytes[..cut % length]).map(|_| ());
        prop_assert_eq!(short, Err(DecodeError::Short));
    }

    #[test]
    fn any_bytes_are_understood_or_refused(bytes in vec(any::<u8>(), 0..300)) {
        let tail = [&[2, 0, 0, 0, 0, 0, 0, 1, group::PRINTER][..], &bytes].concat();
        for bytes in [&bytes, &tail] {
            if let Ok((message, _)) = Message::decode(bytes) {
                let _ = status_of(&message, &DocumentPrinterSettings::default());
                prop_assert!(Message::decode(&message.encode()).is_ok());
            }
        }
    }
}

#[test]
fn a_request_is_that_of_the_standard() {
    let message = Message::new(operation::GET_PRINTER_ATTRIBUTES, 1)
        .with("printer-uri", Value::Uri("ipp://p/x".into()));
    let expected = [
        "0200000b00000001",
        "01",
        "470012",
        &hex::encode(b"attributes-charset"),
        "0005",
        &hex::encode(b"utf-8"),
        "48001b",
        &hex::encode(b"attributes-natural-language"),
        "0002",
        &hex::encode(b"en"),
        "45000b",
        &hex::encode(b"printer-uri"),
        "0009",
        &hex::encode(b"ipp://p/x"),
        "03",
    ];
    assert_eq!(hex::encode(&message.encode()), expected.concat());
    assert_eq!(format!("{message:?}"), "Message(000b, 3 attributes)");
}

#[test]
fn one_odd_attribute_does_not_cost_the_answer() {
    // A further value of a name in a language, a text that is no UTF-8, a boolean of 7.
    let bytes = hex::decode(concat!(
        "020000000000000104",
        "36000161000a",
        "00027a68",
        "0004",
        "e5bca0e4", // cut short inside a character
        "410001620001ff",
        "2200016300010703",
    ));
    let (message, _) = Message::decode(&bytes.expect("hex")).expect("understood");
    assert_eq!(message.texts(group::PRINTER, "a").next(), Some("张\u{FFFD}"));
    assert_eq!(message.texts(group::PRINTER, "b").next(), Some("\u{FFFD}"));
    assert_eq!(message.value(group::PRINTER, "c"), Some(&Value::Other(0x22, vec![7])));
    let stray = hex::decode("0200000000000001410001620000").expect("hex");
    assert_eq!(Message::decode(&stray).map(|_| ()), Err(DecodeError::Order));
}

fn printer(state: i32, reasons: &[&str]) -> Message {
    let mut message = Message::new(0, 1);
    let reasons = reasons.iter().map(|it| Value::Keyword((*it).into())).collect();
    let group = Group::new(group::PRINTER)
        .with("printer-state", Value::Enum(state))
        .with_all("printer-state-reasons", reasons);
    message.groups.push(group);
    message
}

#[test]
fn reasons_become_a_state() {
    use DocumentProblem::{CoverOpen, Jam, Offline, OutputFull, PaperOut, Stopped, TonerOut};

    let problem = |state, reasons: &[&str]| {
        let status = status_of(&printer(state, reasons), &DocumentPrinterSettings::default());
        status.expect("has a state").problem()
    };
    for (state, reasons, expected) in [
        (3, &["none"][..], None),
        (4, &["none"], None),
        (5, &["none"], Some(Stopped)),
        (3, &["paused"], Some(Stopped)),
        (5, &["media-empty-error"], Some(PaperOut)),
        (3, &["media-empty"], Some(PaperOut)),
        (3, &["media-empty-warning"], None),
        (3, &["media-needed-report"], None),
        (5, &["media-jam", "media-empty"], Some(Jam)),
        (5, &["door-open", "media-jam"], Some(CoverOpen)),
        (5, &["marker-supply-empty-error"], Some(TonerOut)),
        (3, &["toner-low", "media-low"], None),
        (5, &["output-area-full"], Some(OutputFull)),
        (5, &["connecting-to-device"], Some(Offline)),
        (3, &["something-of-the-maker"], None),
    ] {
        assert_eq!(problem(state, reasons), expected, "{reasons:?}");
    }
    assert!(status_of(&Message::new(0, 1), &DocumentPrinterSettings::default()).is_none());
    let ignored_reasons = vec!["media-empty".to_owned()];
    let settings = DocumentPrinterSettings { ignored_reasons, ..Default::default() };
    assert!(status_of(&printer(3, &["media-empty"]), &settings).is_some_and(|it| it.ready()));
    let low = status_of(&printer(4, &["toner-low", "media-low-report"]), &settings);
    let low = low.expect("has a state");
    assert_eq!((low.state, low.toner, low.paper), (PrinterState::Busy, Supply::Low, Supply::Low));
}

#[test]
fn toner_is_that_of_the_emptiest_cartridge() {
    let percent = |attributes: &[(&str, Vec<Value>)]| {
        let mut message = printer(3, &["none"]);
        let mut group = message.groups.pop().expect("a group");
        for (name, values) in attributes {
            group = group.with_all(name, values.clone());
        }
        message.groups.push(group);
        let status = status_of(&message, &DocumentPrinterSettings::default());
        status.expect("has a state").toner_percent
    };
    let supply = |text: &str| Value::Other(0x30, text.as_bytes().to_vec());
    let toner = supply("index=2;class=supplyThatIsConsumed;type=toner;maxcapacity=200;level=30;");
    let waste =
        supply("index=1;class=receptacleThatIsFilled;type=wasteToner;maxcapacity=100;level=2;");
    assert_eq!(percent(&[("printer-supply", vec![waste, toner])]), Some(15));
    let unknown = supply("class=supplyThatIsConsumed;type=toner;maxcapacity=100;level=-2;");
    assert_eq!(percent(&[("printer-supply", vec![unknown])]), None);
    let types = ["toner", "waste-toner", "ink-cartridge", "fuser"];
    let types = types.map(|it| Value::Keyword(it.into())).to_vec();
    let levels = [40, 1, 35, 0].map(Value::Integer).to_vec();
    assert_eq!(percent(&[("marker-types", types), ("marker-levels", levels)]), Some(35));
    assert_eq!(percent(&[]), None);
}

#[test]
fn only_documents_that_look_like_pdf_are_sent() {
    let document = |pdf: &[u8], copies| PdfDocument { title: "t".into(), pdf: pdf.into(), copies };
    assert!(document(b"%PDF-1.7\n", 1).is_acceptable());
    assert!(document(b"\xEF\xBB\xBF%PDF-1.4\n", 2).is_acceptable());
    assert!(!document(b"%PDF-1.7\n", 0).is_acceptable());
    assert!(!document(b"<html>", 1).is_acceptable());
    assert!(!document(b"", 1).is_acceptable());
    let secret = format!("{:?}", document(b"%PDF-1.7 of a person", 1));
    assert_eq!(secret, "PdfDocument(20 bytes, 1 copies)");
}

//! Social security cards: codec, simulated cards of every layout, and a real pcscd.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    CardEvent, CardHandle,
    apdu::{StatusWord, Transmit, TransmitError},
    once::{self, CardError, ReadError},
    sim::{CardFault, CardSim, Pcscd, SimCard, SscApplet, SscData, VPCD_ADDRESS, VPCD_READER},
    spawn,
    ssc::{self, ReadForm, SocialSecurityCard, SscError, SscSettings},
    system_challenges,
};
use crate::{
    fault::Link,
    hex,
    port::{Direction, PortUrl, Tap},
    testing::fixed_seed,
};

const FORMS: [ReadForm; 3] = [ReadForm::Tag, ReadForm::TagSfi, ReadForm::Number];

fn card(data: SscData) -> SscApplet {
    SscApplet::new(data).expect("fits on a card")
}

fn reading(read: ReadForm) -> SscSettings {
    SscSettings { read, ..SscSettings::default() }
}

fn url(text: &str) -> PortUrl {
    text.parse().expect("a port")
}

/// A name whose sixteenth character lies on both sides of byte 30.
fn long_name() -> String {
    "a阿卜杜拉买买提江吐尔逊阿布都热西提".into()
}

#[test]
fn commands_are_those_of_the_specification() {
    let application = hex::encode(&ssc::select_application());
    assert_eq!(application, "00a404000f7378312e73682ec9e7bbe1b1a3d5cf");
    let select = |select_p1| {
        let settings = SscSettings { select_p1, ..SscSettings::default() };
        hex::encode(&ssc::select_file(ssc::File::Card, settings))
    };
    assert_eq!((select(2), select(0)), ("00a4020002ef05".into(), "00a4000002ef05".into()));
    let read = |record, form| hex::encode(&ssc::read_record(record, form));
    assert_eq!(read(ssc::NUMBER, ReadForm::Tag), "00b2080014");
    assert_eq!(read(ssc::NAME, ReadForm::TagSfi), "00b2093020");
    assert_eq!(read(ssc::NAME_EXTENSION, ReadForm::Tag), "00b24e0016");
    assert_eq!(read(ssc::CARD_NUMBER, ReadForm::TagSfi), "00b207280b");
    assert_eq!(read(ssc::CARD_ID, ReadForm::Number), "00b2010412");
}

#[test]
fn every_layout_is_read_in_every_form() {
    for (name, extension) in [("张小满".into(), false), ("李*".into(), true), (long_name(), true)]
    {
        let data = SscData { name, name_extension: extension, ..SscData::default() };
        for form in FORMS {
            for fault in [None, Some(CardFault::GetResponse), Some(CardFault::CorrectLength)] {
                let mut session = card(data.clone()).with_fault(fault).session();
                let got = ssc::read(&mut session, reading(form)).expect("readable");
                let expected = SocialSecurityCard {
                    card_id: hex::decode(&data.card_id).expect("hex").try_into().expect("16"),
                    version: "2.00".into(),
                    card_number: "A00000042".into(),
                    number: Some("440524188001010014".into()),
                    name: Some(data.name.clone()),
                    needs_authentication: false,
                };
                assert!(got == expected, "{form:?} {fault:?} {:?}", got.name);
            }
        }
    }
}

#[test]
fn a_card_that_wants_keys_gives_its_own_number_only() {
    for form in FORMS {
        let mut session = card(SscData::of_3_0()).session();
        let got = ssc::read(&mut session, reading(form)).expect("readable");
        let report = serde_json::to_value(got.report(true)).expect("plain");
        let expected = json!({
            "card_id": "53010000000000000000000000000042", "version": "3.00", "city": "530100",
            "card_number": "A00000042", "number": null, "name": null,
            "needs_authentication": true,
        });
        assert_eq!(report, expected);
    }
}

#[test]
fn reports_are_masked_and_debug_shows_nobody() {
    let got = ssc::read(&mut card(SscData::of_1_0()).session(), SscSettings::default());
    let got = got.expect("readable");
    let report = serde_json::to_value(got.report(false)).expect("plain");
    let expected = json!({
        "card_id": "5301*************************042", "version": "1.00", "city": "530100",
        "card_number": "A0*****42", "number": "4405***********014", "name": "张*满",
        "needs_authentication": false,
    });
    assert_eq!(report, expected);
    assert_eq!(format!("{got:?}"), "SocialSecurityCard(version 1.00)");
}

#[test]
fn what_is_wrong_with_a_card_is_told() {
    let read = |fault| {
        let mut session = card(SscData::default()).with_fault(Some(fault)).session();
        ssc::read(&mut session, SscSettings::default()).expect_err("a fault")
    };
    assert_eq!(read(CardFault::Mute), SscError::Mute);
    assert_eq!(read(CardFault::NotStaff), SscError::NotSocialSecurity);
    let refused = SscError::Refused { what: "card id", word: StatusWord::CONDITIONS };
    assert_eq!(read(CardFault::Refused), refused);
    let staff = super::sim::StaffApplet::generate("S-0001").expect("fits");
    let other = ssc::read(&mut staff.session(), SscSettings::default());
    assert_eq!(other.expect_err("another card"), SscError::NotSocialSecurity);
}

#[test]
fn a_city_is_told_only_where_there_are_digits() {
    let data = SscData { card_id: "53a100".to_owned() + &"0".repeat(26), ..SscData::default() };
    let got = ssc::read(&mut card(data).session(), SscSettings::default()).expect("readable");
    assert_eq!(got.city(), None);
}

#[test]
fn settings_are_understood_or_refused() {
    let mut settings = SscSettings::default();
    settings.set("read", "tag-sfi").expect("a form");
    settings.set("select_p1", "00").expect("a value");
    assert_eq!(settings, SscSettings { read: ReadForm::TagSfi, select_p1: 0 });
    for (key, value) in [("read", "all"), ("select_p1", "04"), ("select_p1", "x"), ("pin", "1")] {
        assert!(settings.set(key, value).is_err(), "{key}={value}");
    }
}

/// A card that answers with whatever comes.
struct Noise(Vec<Vec<u8>>);

impl Transmit for Noise {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransmitError> {
        self.0.pop().ok_or(TransmitError)
    }
}

proptest! {
    #![proptest_config(fixed_seed())]

    #[test]
    fn any_answers_are_read_or_refused(
        answers in vec(vec(any::<u8>(), 0..40), 0..20), ok in any::<bool>(),
    ) {
        let answers = answers.into_iter().map(|mut it| {
            if ok {
                it.extend([0x90, 0x00]);
            }
            let _ = ssc::describe(Direction::In, &it);
            let _ = ssc::describe(Direction::Out, &it);
            it
        });
        let _ = ssc::read(&mut Noise(answers.collect()), SscSettings::default());
    }

    #[test]
    fn records_are_taken_by_their_tag_and_length(
        value in vec(any::<u8>(), 0..=30), behind in vec(any::<u8>(), 0..5), cut in 1..=32_usize,
    ) {
        let length = u8::try_from(value.len()).expect("short");
        let whole = [&[0x09, length], &value[..], &behind].concat();
        prop_assert_eq!(ssc::record_value(ssc::NAME, &whole), Some(&value[..]));
        prop_assert_eq!(ssc::record_value(ssc::NUMBER, &whole), None);
        let bare = &whole[..value.len() + 2];
        let short = &bare[..bare.len() - cut.min(bare.len())];
        prop_assert_eq!(ssc::record_value(ssc::NAME, short), None);
    }

    #[test]
    fn names_survive_the_card(name in "[一-龥𬭛㛃𠮷·]{1,12}") {
        let data = SscData { name: name.clone(), ..SscData::default() };
        let got = ssc::read(&mut card(data).session(), SscSettings::default()).expect("readable");
        prop_assert_eq!(got.name, Some(name));
    }
}

#[tokio::test(start_paused = true)]
async fn the_command_line_waits_for_a_card() {
    let wait = Duration::from_secs(3);
    let read = |name: &'static str, tap| once::read(url(name), SscSettings::default(), tap, wait);
    let nobody = read("sim:ssc-none", None).await;
    assert!(matches!(nobody, Err(ReadError::Card(CardError::NoReader(_)))));
    let sim = CardSim::serve(&url("sim:ssc-once")).expect("free");
    let nothing = read("sim:ssc-once", None).await;
    assert!(matches!(nothing, Err(ReadError::Card(CardError::NoCard))));

    let tap = Tap::new(|| jiff::Timestamp::UNIX_EPOCH).port("card", ssc::describe);
    let waiting = tokio::spawn(read("sim:ssc-once", Some(tap.clone())));
    sim.control(&json!({"insert": {"ssc": {"name": "王小满"}}})).expect("fits");
    let got = waiting.await.expect("no panic").expect("readable");
    assert_eq!(got.name.as_deref(), Some("王小满"));
    let notes: Vec<_> = tap.records().into_iter().map(|it| it.note).collect();
    assert_eq!(notes[0], "select social security application");
    assert_eq!(notes[4], "select the card's data");
    assert!(notes.contains(&"read record, tag 4e".to_owned()), "{notes:?}");
    let wrong = json!({"insert": {"ssc": {"card_id": "00"}}});
    assert!(sim.control(&wrong).expect_err("too short").to_string().contains("16 bytes"));
}

/// A reader watched by the driver, which says when a card is really in and really out: pcscd gets
/// confused by cards that are swapped before it looked.
struct Rig {
    sim: CardSim,
    events: mpsc::Receiver<CardEvent>,
    _driver: CardHandle,
}

impl Rig {
    async fn until(&mut self, wanted: impl Fn(&CardEvent) -> bool) {
        while !wanted(&self.events.recv().await.expect("the driver runs")) {}
    }

    async fn insert(&mut self, card: impl Into<SimCard>, fault: Option<&str>) {
        self.sim.set_fault(fault).expect("known");
        self.sim.insert(card);
        self.until(|it| matches!(it, CardEvent::Unusable(_) | CardEvent::Staff(_))).await;
    }

    async fn pull(&mut self) {
        self.sim.remove();
        self.until(|it| *it == CardEvent::Removed).await;
    }
}

/// All of it through PC/SC, with every way in which cards of T=0 give their data.
#[tokio::test]
async fn social_security_cards_are_read_through_a_real_pcscd() {
    let taking = tokio::task::spawn_blocking(Pcscd::take_turn).await.expect("no panic");
    let _pcscd = taking.expect("pcscd runs (as root, packages pcscd and vsmartcard-vpcd)");
    let sim = CardSim::serve(&url(&format!("tcp:{VPCD_ADDRESS}"))).expect("a reader");
    let port = url(&format!("pcsc:{VPCD_READER}"));
    let wait = Duration::from_secs(60);
    let read = |form| once::read(port.clone(), reading(form), None, wait);
    let (sender, events) = mpsc::channel(16);
    let driver = spawn(port.clone(), None, system_challenges(), sender);
    let mut rig = Rig { sim, events, _driver: driver };
    rig.until(|it| *it == CardEvent::Link(Link::Up)).await;

    let long = SscData { name: long_name(), ..SscData::default() };
    let faults = [None, Some("get_response"), Some("correct_length")];
    for (data, fault) in [SscData::of_1_0(), long, SscData::of_3_0()].into_iter().zip(faults) {
        rig.insert(card(data.clone()), fault).await;
        for form in FORMS {
            let got = read(form).await.expect("readable");
            assert_eq!(got.version, data.version);
            assert_eq!(got.needs_authentication, data.needs_authentication);
            let open = !data.needs_authentication;
            assert_eq!(got.name, open.then(|| data.name.clone()), "{form:?} {fault:?}");
            assert_eq!(got.number, open.then(|| data.number.clone()));
        }
        rig.pull().await;
    }
    rig.insert(super::sim::StaffApplet::generate("S-0001").expect("fits"), None).await;
    let other = read(ReadForm::Tag).await.expect_err("another card");
    assert!(matches!(other, ReadError::Ssc(SscError::NotSocialSecurity)), "{other}");
    rig.pull().await;
    let gone = once::read(port, SscSettings::default(), None, Duration::ZERO).await;
    assert!(matches!(gone, Err(ReadError::Card(CardError::NoCard))), "{gone:?}");
}

//! Every screen that the core really makes, in both languages and all themes, through the real window:
//! nothing cut or overlapping, targets, gaps, reach and type sizes as the panel asks for.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use hal::card::{CardEvent, CardProblem, StaffCardProof};
use hal::fault::Link;
use hal::id_reader::{ReadFailure, ReaderEvent};
use hal::locker::{Door, LockerEvent};
use hal::printer::{Paper, PrintOutcome, PrintProblem, PrinterEvent, PrinterStatus};
use kiosk_core::diagnosis::DeviceKind;
use kiosk_core::event::{EventLine, OfficeAnswer, OfficeEvent, OfficeProblem, ScannerEvent};
use kiosk_core::screen::{Screen, ScreenName};
use kiosk_core::setup::{Setup, SetupTrouble};
use kiosk_core::{Action, Conclusion, Effect, Event, Languages};
use kiosk_screen::{KioskWindow, Panel, check};
use serde_json::json;
use wire::{
    AppointmentState, CaseState, CaseStep, CaseStepKind, CaseView, Change, DayKind, DeliveryState,
    DeliveryWay, ErrorBody, ErrorKind, LocalText, Slot, SlotDay, SlotDays, Supplement, Voucher,
    VoucherKind,
};
use world::{Lock, NUMBER, World, delivery};

#[path = "../../core/tests/world/mod.rs"]
#[expect(dead_code, reason = "the core's own tests use the rest")]
mod world;

/// Changes language or look without answering a question that is on.
fn show_in(world: &mut World, toggle: Action) {
    if world.screen().dialog.is_some() {
        world.tap(Action::KeepAppointment);
    }
    world.tap(toggle);
}

type Story = (&'static str, fn(&mut World));

fn both(zh: &str, en: &str) -> LocalText {
    LocalText::zh_en(zh, en)
}

fn slot(hour: i8, minute: i8, left: u16) -> Slot {
    Slot {
        id: format!("s{hour}{minute}").into(),
        date: jiff::civil::date(2026, 11, 26),
        starts: jiff::civil::time(hour, minute, 0, 0),
        minutes: 30,
        capacity: 6,
        left,
        extended: hour > 16,
    }
}

fn slots() -> SlotDays {
    let first = jiff::civil::date(2026, 11, 24);
    let full_day: Vec<Slot> = [9, 10, 11, 13, 14, 15, 16, 17, 18]
        .into_iter()
        .flat_map(|hour| [slot(hour, 0, 3), slot(hour, 30, u16::from(hour % 2 == 0))])
        .collect();
    let days = (0..14).map(|n| {
        let date = first.saturating_add(jiff::Span::new().days(n));
        let weekend = n % 7 == 5;
        SlotDay {
            date,
            kind: if weekend { DayKind::Weekend } else { DayKind::Workday },
            provisional: n > 10,
            holiday: None,
            slots: if weekend { vec![] } else { full_day.clone() },
        }
    });
    SlotDays { item: "food".into(), days: days.collect() }
}

fn case(id: &str, state: CaseState) -> CaseView {
    let step = |kind, at: Option<&str>| CaseStep {
        kind,
        at: at.map(|it| it.parse().expect("a time")),
        note: both("综合窗口 3 号 · 李*", "General window 3 · Li*"),
    };
    CaseView {
        id: id.into(),
        item_name: both("食品经营许可（延续）", "Food business licence (renewal)"),
        applicant_masked: "张*".into(),
        state,
        promised_by: Some(jiff::civil::date(2026, 11, 24)),
        delivery_way: DeliveryWay::Locker,
        steps: vec![
            step(CaseStepKind::Submitted, Some("2026-11-05T01:22:00Z")),
            step(CaseStepKind::Accepted, Some("2026-11-05T02:22:00Z")),
            step(CaseStepKind::Reviewed, Some("2026-11-12T08:40:00Z")),
            step(CaseStepKind::ReadyForPickup, Some("2026-11-21T00:50:00Z")),
            step(CaseStepKind::HandedOver, None),
        ],
        supplement: (state == CaseState::ToSupplement).then(|| Supplement {
            contents: vec![
                both("经营场所使用证明（租赁合同）", "Proof of premises (lease)"),
                both("食品安全管理制度", "Food safety management rules"),
            ],
            deadline: jiff::civil::date(2026, 12, 4),
        }),
        voucher: Some(Voucher {
            number: "DZSL-2026-0137".into(),
            kind: VoucherKind::Accepted,
            contents: vec![],
            deadline: None,
            reasons: vec![],
            officer_masked: "李*".into(),
            date: jiff::civil::date(2026, 11, 5),
        }),
        delivery: Some("d7".into()),
    }
}

fn appointment() -> wire::Appointment {
    wire::Appointment {
        id: "a1".into(),
        number: "Y1126-0007".into(),
        item: "food".into(),
        item_name: both("食品经营许可（延续）", "Food business licence (renewal)"),
        window_type: both("无差别综合窗口", "General window"),
        place: both("二层 综合办事区", "2nd floor, general area"),
        slot: slot(10, 30, 1),
        state: AppointmentState::Booked,
        name_masked: "张*".into(),
    }
}

fn arrive(world: &mut World) {
    let mut cases = vec![case("DZ-2026-1105-d7", CaseState::ReadyForPickup)];
    cases.extend((1..8).map(|n| case(&format!("DZ-2026-1105-010{n}"), CaseState::ToSupplement)));
    world.office.insert("cases", Ok(OfficeAnswer::Cases(cases)));
    world.office.insert("appointments", Ok(OfficeAnswer::Appointments(vec![appointment()])));
    world.office.insert("slots", Ok(OfficeAnswer::Slots(slots())));
    world.lay(NUMBER);
}

fn to_slots(world: &mut World) {
    arrive(world);
    world.tap(Action::OpenAppointment);
    world.tap(Action::ChooseItem("food".into()));
    world.tap(Action::ConditionsRead);
    world.tap(Action::ChooseDay(jiff::civil::date(2026, 11, 26)));
    world.tap(Action::ChooseSlot("s90".into()));
}

fn to_confirm(world: &mut World) {
    to_slots(world);
    let expires_at = world.now.wall;
    let hold = wire::Hold { id: "h1".into(), slot: slot(9, 0, 2), expires_at };
    world.office.insert("hold", Ok(OfficeAnswer::Held(Box::new(hold))));
    world.tap(Action::HoldSlot);
}

fn to_door(world: &mut World) {
    arrive(world);
    world.tap(Action::OpenPickup);
    world.tap(Action::Collect("d7".into()));
}

/// The list of appointments, which the office is asked for each time.
fn to_appointments(world: &mut World) {
    arrive(world);
    world.office.insert("appointments", Ok(OfficeAnswer::Appointments(vec![appointment()])));
    world.tap(Action::OpenAppointments);
}

fn staff_in(world: &mut World) {
    for n in 1..4 {
        let id = format!("e{n}");
        world.feed(Change::Delivery(delivery(&id, DeliveryState::Expected, None)));
    }
    let card_number = "S-0001".to_owned();
    let proof = StaffCardProof { card_number, challenge: [1; 32], signature: vec![] };
    world.event(Event::Card(CardEvent::Staff(proof)));
}

fn staff_home(world: &mut World) {
    staff_in(world);
    for digit in 1..=6 {
        world.tap(Action::Digit(digit));
    }
    world.tap(Action::SubmitCode);
}

fn jam(world: &mut World) {
    world.lock = Lock::Jams;
    to_door(world);
}

fn full() -> OfficeProblem {
    OfficeProblem::Refused(Box::new(ErrorBody {
        kind: ErrorKind::SlotFull,
        message: String::new(),
        action: String::new(),
        next_slot: Some(slot(14, 0, 2)),
    }))
}

const STORIES: &[Story] = &[
    ("start", |_| {}),
    ("start, no office", |w| w.event(Event::Office(OfficeEvent::Link { up: false }))),
    ("start, no reader", |w| w.event(Event::Reader(ReaderEvent::Link(Link::Down)))),
    ("out of service", |w| {
        w.event(Event::Office(OfficeEvent::Link { up: false }));
        w.event(Event::Locker(LockerEvent::Link(Link::Down)));
    }),
    ("card forgotten", |w| {
        arrive(w);
        w.tap(Action::EndSession);
    }),
    ("home, nobody", |w| w.tap(Action::Begin)),
    ("home", arrive),
    ("home, question", |w| {
        arrive(w);
        w.wait(125);
    }),
    ("identify", |w| {
        w.tap(Action::Begin);
        w.tap(Action::OpenProgress);
    }),
    ("identify, again", |w| w.event(Event::Reader(ReaderEvent::Unreadable(ReadFailure::LayAgain)))),
    ("identify, wrong", |w| {
        w.event(Event::Reader(ReaderEvent::Unreadable(ReadFailure::WrongCard)));
    }),
    ("progress", |w| {
        arrive(w);
        w.tap(Action::OpenProgress);
    }),
    ("case ready", |w| {
        arrive(w);
        w.tap(Action::OpenProgress);
        w.tap(Action::ShowCase("DZ-2026-1105-d7".into()));
    }),
    ("case to supplement", |w| {
        arrive(w);
        w.tap(Action::OpenProgress);
        w.tap(Action::ShowCase("DZ-2026-1105-0101".into()));
        w.tap(Action::PrintVoucher("DZ-2026-1105-0101".into()));
    }),
    ("pickup", |w| {
        arrive(w);
        w.tap(Action::OpenPickup);
    }),
    ("pickup, several", |w| {
        for n in [1, 2, 3] {
            let id = format!("d{n}");
            w.feed(Change::Delivery(delivery(&id, DeliveryState::InCompartment, Some(n))));
        }
        arrive(w);
        w.tap(Action::OpenPickup);
    }),
    ("code", |w| {
        w.tap(Action::BeginCode);
        for digit in [0, 3, 0, 7, 1] {
            w.tap(Action::Digit(digit));
        }
    }),
    ("code, wrong", |w| {
        w.secret = false;
        w.event(Event::Scanner(ScannerEvent::Scanned("03071234".into())));
    }),
    ("code, other kiosk", |w| {
        w.event(Event::Scanner(ScannerEvent::Scanned("02071234".into())));
    }),
    ("code, torn", |w| w.event(Event::Scanner(ScannerEvent::Scanned("H24P-03".into())))),
    ("opening", |w| {
        w.lock = Lock::Waits;
        to_door(w);
    }),
    ("door open", to_door),
    ("door left open", |w| {
        to_door(w);
        w.wait(31);
    }),
    ("handed over", |w| {
        to_door(w);
        w.door(7, Door::Closed);
    }),
    ("handed over, no paper", |w| {
        w.print = PrintOutcome::Refused(PrintProblem::PaperEnd);
        to_door(w);
        w.door(7, Door::Closed);
    }),
    ("handed over, not stored for printing", |w| {
        w.print = PrintOutcome::Refused(PrintProblem::PaperEnd);
        to_door(w);
        w.door(7, Door::Closed);
        w.store_works = false;
        w.tap(Action::PrintReceiptAgain);
    }),
    ("not taken out after all", |w| {
        to_door(w);
        w.door(7, Door::Closed);
        w.tap(Action::StillInside);
    }),
    ("door reminder and question", |w| {
        to_door(w);
        w.wait(140);
    }),
    ("start without paper", |w| {
        let status =
            PrinterStatus { online: true, cover_open: false, paper: Paper::End, error: None };
        w.event(Event::Printer(PrinterEvent::Status(status)));
        assert!(w.all_text().contains("打印机暂时不能出纸"));
    }),
    ("start on battery", |w| w.ups(false, 80)),
    ("start on a low battery", |w| w.ups(false, 20)),
    ("start on battery with a door and a card left", |w| {
        arrive(w);
        w.tap(Action::EndSession);
        w.ups(false, 20);
        w.door(3, Door::Open);
    }),
    ("nothing works on a low battery", |w| {
        w.ups(false, 20);
        w.event(Event::Office(OfficeEvent::Link { up: false }));
    }),
    ("home on battery", |w| {
        arrive(w);
        w.ups(false, 80);
    }),
    ("home on a low battery", |w| {
        arrive(w);
        w.ups(false, 20);
    }),
    ("home on a low battery, nobody", |w| {
        w.ups(false, 20);
        w.tap(Action::Begin);
    }),
    ("pickup on a low battery", |w| {
        arrive(w);
        w.ups(false, 20);
        w.tap(Action::OpenPickup);
    }),
    ("code on a low battery", |w| {
        w.ups(false, 20);
        w.event(Event::Scanner(ScannerEvent::Scanned("03071234".into())));
    }),
    ("case on a low battery", |w| {
        arrive(w);
        w.ups(false, 20);
        w.tap(Action::OpenProgress);
        w.tap(Action::ShowCase("DZ-2026-1105-0101".into()));
    }),
    ("booked on a low battery", |w| {
        to_confirm(w);
        w.ups(false, 20);
        w.office.insert("book", Ok(OfficeAnswer::Booked(Box::new(appointment()))));
        w.tap(Action::ConfirmAppointment);
    }),
    ("appointment on a low battery", |w| {
        arrive(w);
        w.ups(false, 20);
        w.tap(Action::OpenAppointments);
        w.tap(Action::ShowAppointment("a1".into()));
    }),
    ("handed over on a nearly empty battery", |w| {
        to_door(w);
        w.ups(false, 9);
        w.door(7, Door::Closed);
    }),
    ("staff on a low battery", |w| {
        staff_home(w);
        w.ups(false, 20);
    }),
    ("deposit on a low battery", |w| {
        staff_home(w);
        w.ups(false, 20);
        w.tap(Action::StaffDeposit);
    }),
    ("battery nearly empty", |w| {
        arrive(w);
        w.ups(false, 9);
    }),
    ("start on a nearly empty battery", |w| w.ups(false, 9)),
    ("shutting down", |w| {
        w.ups(false, 9);
        w.wait(31);
    }),
    ("start with an open door", |w| w.door(3, Door::Open)),
    ("outcome not on disk", |w| {
        to_door(w);
        w.store_works = false;
        w.door(7, Door::Closed);
    }),
    ("jammed", jam),
    ("not sent", |w| {
        w.lock = Lock::NotSent;
        to_door(w);
    }),
    ("rating", |w| {
        to_door(w);
        w.door(7, Door::Closed);
        w.tap(Action::Done);
    }),
    ("rating, why", |w| {
        to_door(w);
        w.door(7, Door::Closed);
        w.tap(Action::Done);
        w.tap(Action::Grade(1));
        w.tap(Action::Reason(0));
    }),
    ("items", |w| {
        arrive(w);
        w.tap(Action::OpenAppointment);
    }),
    ("items of a category", |w| {
        arrive(w);
        w.tap(Action::OpenAppointment);
        w.tap(Action::Category(0));
    }),
    ("search", |w| {
        arrive(w);
        w.tap(Action::OpenAppointment);
        w.tap(Action::OpenSearch);
        w.tap(Action::Letter('j'));
    }),
    ("conditions", |w| {
        arrive(w);
        w.tap(Action::OpenAppointment);
        w.tap(Action::ChooseItem("food".into()));
    }),
    ("days", |w| {
        arrive(w);
        w.tap(Action::OpenAppointment);
        w.tap(Action::ChooseItem("food".into()));
        w.tap(Action::ConditionsRead);
    }),
    ("slots", to_slots),
    ("slot just taken", |w| {
        to_slots(w);
        w.office.insert("hold", Err(full()));
        w.office.insert("slots", Ok(OfficeAnswer::Slots(slots())));
        w.tap(Action::HoldSlot);
    }),
    ("confirm", to_confirm),
    ("confirm, no answer", |w| {
        to_confirm(w);
        w.office.insert("book", Err(OfficeProblem::Unreachable));
        w.tap(Action::ConfirmAppointment);
    }),
    ("booked", |w| {
        to_confirm(w);
        w.office.insert("book", Ok(OfficeAnswer::Booked(Box::new(appointment()))));
        w.tap(Action::ConfirmAppointment);
    }),
    ("moved", |w| {
        to_appointments(w);
        w.tap(Action::ShowAppointment("a1".into()));
        w.tap(Action::MoveAppointment("a1".into()));
        w.tap(Action::ChooseDay(jiff::civil::date(2026, 11, 26)));
        w.tap(Action::ChooseSlot("s90".into()));
        let hold = wire::Hold { id: "h1".into(), slot: slot(9, 0, 2), expires_at: w.now.wall };
        w.office.insert("hold", Ok(OfficeAnswer::Held(Box::new(hold))));
        w.tap(Action::HoldSlot);
        w.office.insert("move", Ok(OfficeAnswer::Booked(Box::new(appointment()))));
        w.tap(Action::ConfirmAppointment);
        assert!(w.all_text().contains("已改期"), "{}", w.all_text());
    }),
    ("appointments", |w| {
        to_appointments(w);
    }),
    ("appointment", |w| {
        to_appointments(w);
        w.tap(Action::ShowAppointment("a1".into()));
    }),
    ("appointment, cancel?", |w| {
        to_appointments(w);
        w.tap(Action::ShowAppointment("a1".into()));
        w.tap(Action::CancelAppointment("a1".into()));
    }),
    ("help", |w| w.tap(Action::Help)),
    ("help called", |w| {
        w.tap(Action::Help);
        w.tap(Action::CallStaff);
    }),
    ("help not recorded", |w| {
        w.tap(Action::Help);
        w.store_works = false;
        w.tap(Action::CallStaff);
    }),
    ("not a staff card", |w| w.event(Event::Card(CardEvent::Unusable(CardProblem::NotStaff)))),
    ("pin", staff_in),
    ("staff", staff_home),
    ("deposit", |w| {
        staff_home(w);
        w.tap(Action::StaffDeposit);
    }),
    ("deposit, scanned something else", |w| {
        staff_home(w);
        w.event(Event::Scanner(ScannerEvent::Scanned("DZ-0000".into())));
    }),
    ("put in", |w| {
        staff_home(w);
        w.tap(Action::ChooseDeposit("e1".into()));
    }),
    ("deposited", |w| {
        staff_home(w);
        w.tap(Action::ChooseDeposit("e1".into()));
        w.door(1, Door::Closed);
    }),
    ("maintenance", |w| {
        staff_home(w);
        w.tap(Action::Maintenance);
    }),
    ("maintenance, printer", |w| {
        staff_home(w);
        w.tap(Action::Maintenance);
        w.tap(Action::MaintainDevice(DeviceKind::Printer));
        w.tap(Action::RunTest);
    }),
    ("maintenance, reader waits", |w| {
        staff_home(w);
        w.tap(Action::Maintenance);
        w.tap(Action::MaintainDevice(DeviceKind::IdReader));
        w.tap(Action::RunTest);
    }),
    ("maintenance, a lock was tried", |w| {
        w.log_in_staff();
        w.tap(Action::Maintenance);
        w.tap(Action::MaintainDevice(DeviceKind::Locker));
        w.tap(Action::TestLock(2));
    }),
    ("maintenance, new roll", |w| {
        w.log_in_staff();
        w.tap(Action::Maintenance);
        w.tap(Action::MaintainDevice(DeviceKind::Printer));
        w.tap(Action::AskNewRoll);
    }),
    ("maintenance, restart", |w| {
        w.log_in_staff();
        w.tap(Action::Maintenance);
        w.tap(Action::AskRestart);
    }),
    ("maintenance, touch test", |w| {
        w.log_in_staff();
        w.tap(Action::Maintenance);
        w.tap(Action::OpenTouchTest);
        w.tap(Action::TouchPlace(3));
    }),
    ("maintenance, touch test failed", |w| {
        w.log_in_staff();
        w.tap(Action::Maintenance);
        w.tap(Action::OpenTouchTest);
        w.tap(Action::TouchFailed);
    }),
    ("maintenance, events", |w| {
        w.log_in_staff();
        w.tap(Action::Maintenance);
        w.tap(Action::OpenEvents);
        let request = w.effects.iter().rev().find_map(|it| match it {
            Effect::ReadEvents { request, .. } => Some(*request),
            _ => None,
        });
        let line = |n: i64| EventLine {
            at: w.now.wall - Duration::from_secs(n.unsigned_abs() * 60),
            kind: ["device_tested", "test_open_ended", "inspected", "device"][n as usize % 4]
                .into(),
            detail: json!({
                "device": "printer", "compartment": n, "well": n % 2 == 0, "staff": "staff-demo",
                "conclusion": "follow_up",
            }),
        };
        let lines = Some((0..30).map(line).collect());
        w.event(Event::EventsRead { request: request.expect("it is asked for"), lines });
    }),
    ("maintenance, inspection", |w| {
        w.log_in_staff();
        w.tap(Action::Maintenance);
        w.tap(Action::OpenInspection);
        w.tap(Action::Conclude(Conclusion::Repaired));
    }),
    ("maintenance, inspection signed", |w| {
        w.log_in_staff();
        w.tap(Action::Maintenance);
        w.tap(Action::OpenInspection);
        w.tap(Action::Conclude(Conclusion::FollowUp));
        w.tap(Action::SignInspection);
    }),
    ("dark", |w| *w = World::dark()),
    ("maintenance, locker", |w| {
        staff_home(w);
        w.event(Event::Locker(LockerEvent::Link(Link::Down)));
        w.tap(Action::Maintenance);
        w.tap(Action::MaintainDevice(DeviceKind::Locker));
    }),
    ("recall", |w| {
        staff_home(w);
        w.tap(Action::StaffRecall);
    }),
    ("resolve", |w| {
        jam(w);
        w.tap(Action::EndSession);
        w.lock = Lock::Opens;
        staff_home(w);
        w.tap(Action::StaffResolve);
    }),
    ("resolve, asking", |w| {
        jam(w);
        w.tap(Action::EndSession);
        w.lock = Lock::Opens;
        staff_home(w);
        w.tap(Action::StaffResolve);
        w.tap(Action::ChooseResolve("d7".into()));
        w.door(7, Door::Closed);
    }),
];

/// The core's screen of a story, in this language and look.
fn screen_of(story: fn(&mut World), english: bool, looks: &[Action]) -> Screen {
    let mut world = World::with_delivery();
    story(&mut world);
    if english {
        show_in(&mut world, Action::ToggleLanguage);
    }
    for look in looks {
        show_in(&mut world, look.clone());
    }
    world.screen()
}

type SetupStory = (&'static str, fn(&mut Setup));

/// The first boot, which has no kiosk yet.
const FIRST_BOOT: &[SetupStory] = &[
    ("setup", |_| {}),
    ("setup, a code is wrong", |setup| {
        setup.card_read("office.hall.example", "7K3M9QXA000011112222").expect("an attempt");
        setup.ended(Err(SetupTrouble::NotAccepted));
    }),
    ("setup, asking", |setup| {
        setup.card_read("office.hall.example", "7K3M9QXA000011112222").expect("an attempt");
    }),
    ("setup, enrolled", |setup| setup.ended(Ok("k3".into()))),
];

fn setup_screen_of(story: fn(&mut Setup), english: bool, looks: &[Action]) -> Screen {
    let mut setup = Setup::new(Languages::built_in(), if english { "en" } else { "zh-CN" });
    story(&mut setup);
    for look in looks {
        setup.touched(look);
    }
    setup.screen(World::new().now)
}

/// Every story in this language and look.
fn all_screens(english: bool, looks: &[Action]) -> impl Iterator<Item = (&'static str, Screen)> {
    let stories = STORIES.iter().map(move |it| (it.0, screen_of(it.1, english, looks)));
    stories.chain(FIRST_BOOT.iter().map(move |it| (it.0, setup_screen_of(it.1, english, looks))))
}

#[test]
fn every_screen_in_every_theme_fits_the_panel() {
    use Action::{ToggleHighContrast, ToggleLargeText, ToggleLowReach};
    let clock = Rc::new(Cell::new(0_u64));
    let time = Rc::clone(&clock);
    let now = move || Duration::from_millis(time.get());
    let panel = Panel::default();
    let window = KioskWindow::headless_with_clock(panel, now).expect("it needs no display");
    let looks: [&[Action]; 6] = [
        &[],
        &[ToggleLargeText],
        &[ToggleHighContrast],
        &[ToggleLargeText, ToggleHighContrast],
        &[ToggleLowReach],
        &[ToggleLargeText, ToggleLowReach],
    ];
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let pictures = std::env::var_os("HALL24_PICTURES").map(std::path::PathBuf::from);
    for english in [false, true] {
        for look in looks {
            for (name, screen) in all_screens(english, look) {
                seen.insert(screen.name);
                window.show(&screen);
                clock.set(clock.get() + 1000);
                window.render();
                let found = check::layout(&window.elements(), &panel, screen.look);
                let theme = screen.look.theme();
                let low = if screen.look.low_reach { " low" } else { "" };
                let of = format!("{name} [{} {theme}{low}]", screen.language);
                problems.extend(found.iter().map(|it| format!("{of}: {it}")));
                if let Some(folder) = &pictures {
                    let file = format!("{of}.png").replace([' ', ',', '?'], "_");
                    let png = window.png().expect("it can be drawn");
                    std::fs::create_dir_all(folder).expect("a folder");
                    std::fs::write(folder.join(file), png).expect("it takes files");
                }
            }
        }
    }
    let unseen: Vec<&ScreenName> = ScreenName::ALL.iter().filter(|it| !seen.contains(it)).collect();
    assert!(unseen.is_empty(), "screens that no story reaches: {unseen:?}");
    let count = problems.len();
    assert!(problems.is_empty(), "{count} problems:\n{}", problems.join("\n"));
}

//! `kill -9` at every point between two effects of a pickup and of a deposit: after the restart
//! custody is right or uncertain, the lock was pulsed at most once, the delivery is in one place only,
//! and the office comes to the same knowledge.

#[path = "crash/configuration.rs"]
mod configuration;
#[path = "crash/data_partition.rs"]
mod data_partition;
#[path = "crash/install_update.rs"]
mod install_update;
#[path = "crash/quiet.rs"]
mod quiet;
#[path = "crash/read_root.rs"]
mod read_root;
#[path = "crash/secrets.rs"]
mod secrets;
#[path = "crash/stand_ins.rs"]
mod stand_ins;

use hall24_tests::{Hall, KioskProcess, Wanted, labels};
use serde_json::Value;

/// Far more points than an operation has; reaching it means that the enumeration never ends.
const POINTS_MAX: u64 = 200;

/// Waits for a text; false when the kiosk died instead.
async fn says(kiosk: &KioskProcess, text: &str) -> bool {
    kiosk.try_until(|screen| labels(screen).any(|it| it.contains(text))).await.is_some()
}

/// A pickup that goes on as far as the kiosk lives; true when it reached the start screen again.
async fn pickup(hall: &Hall, kiosk: &KioskProcess, way: u16) -> bool {
    hall.lay("demo-1");
    if !kiosk.try_tap("结果领取").await || !kiosk.try_tap(&format!("打开 {way} 号柜门")).await
    {
        return false;
    }
    if !says(kiosk, "柜门已打开").await {
        return false;
    }
    hall.take_out_and_close(way);
    kiosk.try_tap("完成").await && kiosk.try_tap("不评价，结束").await
}

/// A deposit of what comes first in the list, likewise.
async fn deposit(hall: &Hall, kiosk: &KioskProcess) -> bool {
    hall.log_in_staff(kiosk).await;
    let row = hall.first_to_deposit(kiosk).await;
    if !kiosk.try_tap(&row).await || !says(kiosk, "请放入").await {
        return false;
    }
    let way = hall.opened_way().await;
    hall.put_in_and_close(way);
    if !says(kiosk, &format!("已存入 {way} 号柜")).await {
        return false;
    }
    hall.take_staff_card();
    kiosk.try_until(|screen| screen["screen"] == "start").await.is_some()
}

/// The compartment that a kiosk's record puts a delivery in, and the record's state.
fn place_of(hall: &Hall, delivery: &str) -> Option<(u16, String)> {
    let query = "SELECT number, json_extract(record, '$.state.state') FROM compartments \
         WHERE delivery = ?1";
    hall.store().query_row(query, [delivery], |row| Ok((row.get(0)?, row.get(1)?))).ok()
}

fn is_expected(hall: &Hall, delivery: &str) -> bool {
    let query = "SELECT count(*) = 1 FROM expected WHERE delivery = ?1";
    hall.store().query_row(query, [delivery], |row| row.get(0)).expect("the kiosk's store")
}

async fn office_knows(hall: &Hall, delivery: &str, state: &str) {
    let query = format!("SELECT state FROM deliveries WHERE delivery_id = '{delivery}'");
    hall.office_says(&query, state).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pickup_killed_at_every_point() {
    let mut finished = None;
    for point in 1..=POINTS_MAX {
        let mut hall = Hall::new(Wanted::default()).await;
        let demo = hall.demo.pickups.iter().find(|it| it.card == "demo-1").expect("one");
        let (way, delivery) = (demo.compartment, demo.delivery.to_string());
        let kiosk = hall.start_kiosk_to_crash_at(Some(point)).await;
        if pickup(&hall, &kiosk, way).await {
            finished = Some(point);
            break;
        }
        kiosk.died().await;
        let pulses = hall.pulses(way);
        assert!(pulses <= 1, "point {point}: pulsed {pulses} times");
        hall.lift();
        let kiosk = hall.start_kiosk().await;
        let place = place_of(&hall, &delivery);
        // The intent was not on disk before the first point's effect: nothing happened then.
        let office = match place.as_ref().map(|(_, state)| state.as_str()) {
            Some("holds") if pulses == 0 => "in_compartment",
            Some("uncertain") => "uncertain",
            None if pulses == 1 => "handed_over",
            _ => panic!("point {point}: {place:?} after {pulses} pulses"),
        };
        office_knows(&hall, &delivery, office).await;
        assert_eq!(hall.all_pulses(), pulses, "point {point}: pulsed again after the restart");
        if office == "in_compartment" {
            assert!(pickup(&hall, &kiosk, way).await, "point {point}: it can still be collected");
            office_knows(&hall, &delivery, "handed_over").await;
        } else {
            hall.lay("demo-1");
            kiosk.tap("结果领取").await;
            let screen = kiosk.shows("pickup").await;
            assert!(!labels(&screen).any(|it| it.starts_with("打开")), "point {point}: offered");
        }
        assert!(hall.all_pulses() <= 1, "point {point}: pulsed twice");
        drop(kiosk);
    }
    let points = finished.expect("there is a point behind the last one");
    assert!(points > 10, "a pickup has more effects than {points}");
}

/// The delivery of the intent that a kiosk wrote down last.
fn intended(hall: &Hall) -> Option<String> {
    let query = "SELECT detail FROM journal WHERE kind = 'open_intent' ORDER BY seq DESC LIMIT 1";
    let detail: String = hall.store().query_row(query, [], |row| row.get(0)).ok()?;
    let detail: Value = serde_json::from_str(&detail).expect("JSON");
    detail["delivery"].as_str().map(str::to_owned)
}

fn notices(hall: &Hall, delivery: &str) -> u32 {
    let office = rusqlite::Connection::open(hall.folder().join("office.db")).expect("it is there");
    let query = "SELECT count(*) FROM notifications WHERE delivery_id = ?1";
    office.query_row(query, [delivery], |row| row.get(0)).expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_with_a_pcscd_card_killed_at_every_point() {
    let mut finished = None;
    for point in 1..=POINTS_MAX {
        let mut hall = Hall::new(Wanted { pcscd: true, ..Wanted::default() }).await;
        let kiosk = hall.start_kiosk_to_crash_at(Some(point)).await;
        if deposit(&hall, &kiosk).await {
            finished = Some(point);
            break;
        }
        kiosk.died().await;
        let pulses = hall.all_pulses();
        assert!(pulses <= 1, "point {point}: pulsed {pulses} times");
        hall.take_staff_card();
        let kiosk = hall.start_kiosk().await;
        match intended(&hall) {
            None => assert_eq!(pulses, 0, "point {point}: pulsed without an intent on disk"),
            Some(delivery) => {
                let place = place_of(&hall, &delivery);
                let office = match place.as_ref().map(|(_, state)| state.as_str()) {
                    Some("holds") if pulses == 1 => "in_compartment",
                    Some("uncertain") => "uncertain",
                    _ => panic!("point {point}: {place:?} after {pulses} pulses"),
                };
                assert!(!is_expected(&hall, &delivery), "point {point}: in two places");
                office_knows(&hall, &delivery, office).await;
                let notices_due = u32::from(office == "in_compartment");
                assert_eq!(notices(&hall, &delivery), notices_due, "point {point}");
            }
        }
        assert_eq!(hall.all_pulses(), pulses, "point {point}: pulsed again after the restart");
        // A second power cut before anybody looked changes nothing.
        kiosk.kill();
        let before = intended(&hall).and_then(|it| place_of(&hall, &it));
        let kiosk = hall.start_kiosk().await;
        assert_eq!(intended(&hall).and_then(|it| place_of(&hall, &it)), before, "point {point}");
        drop(kiosk);
    }
    let points = finished.expect("there is a point behind the last one");
    assert!(points > 10, "a deposit has more effects than {points}");
}

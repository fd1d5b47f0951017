//! `kill -9` at every point between two effects of a pickup: after the restart custody is right or
//! uncertain, the lock was pulsed at most once, and the office comes to the same knowledge.

use hall24_tests::{Hall, KioskProcess, Wanted};

/// Far more points than a pickup has; reaching it means that the enumeration never ends.
const POINTS_MAX: u64 = 200;

/// A pickup that goes on as far as the kiosk lives; true when it reached the start screen again.
async fn pickup(hall: &Hall, kiosk: &KioskProcess, way: u16) -> bool {
    hall.lay("demo-1");
    if !kiosk.try_tap("结果领取").await || !kiosk.try_tap(&format!("打开 {way} 号柜门")).await
    {
        return false;
    }
    let opened = kiosk.try_until(|it| {
        it["elements"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|it| it["label"].as_str().is_some_and(|it| it.contains("柜门已打开")))
    });
    if opened.await.is_none() {
        return false;
    }
    hall.take_out_and_close(way);
    kiosk.try_tap("完成").await && kiosk.try_tap("不评价，结束").await
}

fn state_of(hall: &Hall, way: u16) -> Option<String> {
    let query = "SELECT json_extract(record, '$.state.state') FROM compartments WHERE number = ?1";
    hall.store().query_row(query, [way], |row| row.get(0)).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pickup_killed_at_every_point() {
    let mut finished = None;
    for point in 1..=POINTS_MAX {
        let mut hall = Hall::new(Wanted::default()).await;
        let way = hall.demo.pickups.iter().find(|it| it.card == "demo-1").expect("one").compartment;
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
        let state = state_of(&hall, way);
        // The intent was not on disk before the first point's effect: nothing happened then.
        let right = match state.as_deref() {
            Some("holds") => pulses == 0,
            Some("uncertain") => true,
            None => pulses == 1,
            Some(_) => false,
        };
        assert!(right, "point {point}: {state:?} after {pulses} pulses");
        let office = match state.as_deref() {
            Some("holds") => "in_compartment",
            Some("uncertain") => "uncertain",
            _ => "handed_over",
        };
        let query = format!(
            "SELECT d.state FROM deliveries d WHERE d.delivery_id = '{}'",
            hall.demo.pickups.iter().find(|it| it.card == "demo-1").expect("one").delivery
        );
        hall.office_says(&query, office).await;
        assert_eq!(hall.pulses(way), pulses, "point {point}: pulsed again after the restart");
        drop(kiosk);
    }
    let points = finished.expect("there is a point behind the last one");
    assert!(points > 10, "a pickup has more effects than {points}");
}

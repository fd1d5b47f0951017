//! The one order: the unit cuts the power and gives it again with the mains, asked for once.

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{
    OrderError, Password, Protocol, UpsEvent, UpsHandle, UpsSettings, megatec, nut, sim::UpsSim,
    spawn,
};
use crate::{
    fault::Link,
    sim::{SimHandle, SimOptions, serve},
};

/// A unit on battery and its driver.
async fn on_battery(
    name: &str,
    settings: UpsSettings,
) -> (SimHandle, UpsHandle, mpsc::Receiver<UpsEvent>) {
    let device = Box::new(UpsSim::new(&settings));
    let endpoint = format!("sim:ups-order-{name}-{}", settings.protocol.name());
    let endpoint = endpoint.parse().expect("a port");
    let sim = serve(device, &endpoint, SimOptions::default()).await.expect("served");
    sim.control(&json!({ "mains": false })).expect("it goes");
    let (sender, mut events) = mpsc::channel(64);
    let ups = spawn(endpoint, settings, None, sender);
    assert_eq!(events.recv().await, Some(UpsEvent::Link(Link::Up)));
    (sim, ups, events)
}

fn with_account(protocol: Protocol) -> UpsSettings {
    let account =
        (protocol == Protocol::Nut).then(|| ("kiosk".to_owned(), Password("hush".into())));
    let (user, password) = account.unzip();
    UpsSettings { user, password, ..UpsSettings::of(protocol) }
}

fn output(word: &str) -> impl Fn(&Value) -> bool {
    move |state| state["output"] == word
}

#[tokio::test(start_paused = true)]
async fn it_cuts_the_power_and_comes_back_with_the_mains() {
    for protocol in [Protocol::Megatec, Protocol::Nut] {
        let (sim, ups, mut events) = on_battery("cut", with_account(protocol)).await;
        assert_eq!(ups.orders().shut_down_and_return().await, Ok(()));
        assert!(output("goes_off")(&sim.state()), "there is time to switch the machine off");
        sim.wait_for(output("off")).await;
        while events.recv().await != Some(UpsEvent::Link(Link::Down)) {}
        assert_eq!(sim.state()["dead"], true);
        sim.control(&json!({ "mains": true })).expect("they come back");
        assert_eq!(sim.state()["output"], "off", "it waits until they stay");
        sim.wait_for(output("on")).await;
        while events.recv().await != Some(UpsEvent::Link(Link::Up)) {}
    }
}

#[tokio::test(start_paused = true)]
async fn mains_that_come_back_too_early_do_not_leave_the_machine_off() {
    for protocol in [Protocol::Megatec, Protocol::Nut] {
        let (sim, ups, _events) = on_battery("early", with_account(protocol)).await;
        assert_eq!(ups.orders().shut_down_and_return().await, Ok(()));
        sim.control(&json!({ "mains": true })).expect("they come back");
        sim.wait_for(output("off")).await;
        sim.wait_for(output("on")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_or_not_known_is_told() {
    for (protocol, fault, expected) in [
        (Protocol::Megatec, "order_refused", OrderError::Refused),
        (Protocol::Megatec, "echo_before_answer", OrderError::Unknown),
        (Protocol::Nut, "order_refused", OrderError::Refused),
        (Protocol::Nut, "silence", OrderError::NotSent),
    ] {
        let (sim, ups, _events) = on_battery(fault, with_account(protocol)).await;
        sim.set_fault(Some(fault)).expect("known");
        assert_eq!(ups.orders().shut_down_and_return().await, Err(expected), "{fault}");
    }
    let (_sim, ups, _events) = on_battery("anybody", UpsSettings::of(Protocol::Nut)).await;
    let orders = ups.orders();
    assert_eq!(orders.shut_down_and_return().await, Err(OrderError::Refused), "no account");
    drop(ups);
    tokio::task::yield_now().await;
    assert_eq!(orders.shut_down_and_return().await, Err(OrderError::NotSent));
}

#[test]
fn the_order_is_written_as_the_protocols_have_it() {
    for (off_delay_s, on_delay_min, text, obeyed_s) in
        [(12, 1, "S.2R0001\r", 12), (60, 3, "S01R0003\r", 60), (61, 9_999, "S02R9999\r", 120)]
    {
        let order = megatec::shutdown_order(off_delay_s, on_delay_min);
        assert_eq!(String::from_utf8_lossy(&order), text);
        let parsed = megatec::parse_shutdown_order(&order[..order.len() - 1]);
        assert_eq!(parsed, Some((obeyed_s, on_delay_min)));
    }
    let lines = nut::shutdown_order("hall", Some(("kiosk", "hush")));
    let expected = ["USERNAME kiosk\n", "PASSWORD hush\n", "INSTCMD hall shutdown.return\n"];
    assert_eq!(lines, expected.map(|it| it.as_bytes().to_vec()));
    assert_eq!(nut::parse_order_reply("OK TRACKING 7"), Some(Ok(())));
    assert_eq!(nut::parse_order_reply("ERR ALREADY-SET-USERNAME"), Some(Ok(())));
    assert_eq!(nut::parse_order_reply("VAR hall ups.load \"3\""), None);
}

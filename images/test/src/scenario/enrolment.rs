//! A technician without a stick: address and code are typed on the panel, and the box becomes the kiosk,
//! which reaches its office and nothing else.

use std::ops::Range;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;

use super::{SEEN, expect, is_page, until_good, until_page};
use crate::hall::Hall;
use crate::machine::{COMMAND_LIMIT, Machine};
use crate::picture::Picture;
use crate::{Failure, Stage};

/// The keys, eight in a row.
const KEYS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.-:";
/// Where the first one is, and how far it is to the next, to the right and down.
const FIRST_KEY: (usize, usize) = (105, 950);
const NEXT_KEY: (usize, usize) = (124, 126);
/// Where address and code stand, from one row to another; not the clock, whose minutes change as well.
const FIELDS: Range<usize> = 600..875;
/// What is typed next is the code.
const CODE: (usize, usize) = (540, 815);
const ENROL: (usize, usize) = (791, 1606);

/// Whether this colour is that of a button that may be touched; one that may not is grey.
fn is_enabled([red, _, blue]: [u8; 3]) -> bool {
    blue.saturating_sub(red) > 0x60
}

async fn types(machine: &mut Machine, text: &str) -> Result<(), Failure> {
    for sign in text.to_uppercase().chars() {
        let at = KEYS.find(sign).ok_or_else(|| Failure(format!("there is no key {sign}")))?;
        let (column, row) = (at % 8, at / 8);
        let place = (FIRST_KEY.0 + column * NEXT_KEY.0, FIRST_KEY.1 + row * NEXT_KEY.1);
        touches(machine, place).await?;
    }
    Ok(())
}

/// Nobody types faster than what he sees.
async fn touches(machine: &mut Machine, (x, y): (usize, usize)) -> Result<(), Failure> {
    let before = machine.picture().await?;
    machine.touch(x, y).await?;
    let other = |it: &Picture| it.rows(FIELDS) != before.rows(FIELDS);
    machine.shows("the key", COMMAND_LIMIT, other).await.map(drop)
}

pub(super) async fn play(stage: &Stage) -> Result<(), Failure> {
    let hall = Hall::open(stage.board).await?;
    let mut machine = stage.power_on_with(&stage.disk()?, hall.hardware()).await?;
    until_page(&mut machine).await?;
    let (office, code) = hall.invite().await?;
    let address = office.trim_start_matches("https://");
    types(&mut machine, address.trim_end_matches(":8443")).await?;
    touches(&mut machine, CODE).await?;
    types(&mut machine, &code.in_groups().replace('-', "")).await?;
    let may_enrol = |it: &Picture| is_enabled(it.at(ENROL.0 - 100, ENROL.1));
    machine.shows("that it may be enrolled", COMMAND_LIMIT, may_enrol).await?;
    machine.keep("typed.png").await?;
    let typed = machine.picture().await?;
    machine.touch(ENROL.0, ENROL.1).await?;
    let other = |it: &Picture| is_page(it) && it.is_other_than(&typed);
    machine.shows("that the office is asked", COMMAND_LIMIT, other).await?;
    let comes = "timeout 300 sh -c 'until systemctl is-active -q hall24-kiosk; do sleep 1; done'";
    machine.run(comes).await?;
    until_good(&mut machine).await?;
    hall.office_says(SEEN, "1", COMMAND_LIMIT).await?;
    no_other_way_out(&mut machine).await
}

/// The office is reached, and nothing else on the same computer: neither by the kiosk nor by anybody.
async fn no_other_way_out(machine: &mut Machine) -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let calls =
        |who: &str| format!("timeout 20 {who} busybox nc -w 5 10.0.2.2 {port} </dev/null 2>&1");
    // This is how it looks when one gets out.
    let open = format!("nft add element inet hall24 office_ports {{ {port} }}");
    machine.run(&open).await?;
    machine.begin(&calls("/usr/lib/hall24/as-kiosk")).await?;
    let came = timeout(COMMAND_LIMIT, listener.accept()).await;
    came.map_err(|_| Failure("nobody gets out through an open port".into()))??;
    machine.run(&open.replace("add", "delete")).await?;

    for who in ["/usr/lib/hall24/as-kiosk", "env"] {
        let called = machine.try_run(&calls(who)).await?;
        expect(called.status != 0, format!("{who} gets out: {called:?}"))?;
    }
    let came = timeout(Duration::from_secs(1), listener.accept()).await;
    expect(came.is_err(), "somebody got out past the firewall")
}

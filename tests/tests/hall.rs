//! Whole journeys over real pseudo-terminals, a real office over TLS and the kiosk as a process.

use hall24_tests::{Hall, KioskProcess, Wanted, labels, program};
use reqwest::StatusCode;
use serde_json::{Value, json};

const CUSTODY: &str = "SELECT kind || ' ' || by_whom || ' ' || compartment FROM custody_records \
     WHERE kind IN ('handed_over', 'deposited', 'recalled') ORDER BY at DESC, rowid DESC LIMIT 1";

fn way_of(hall: &Hall) -> u16 {
    hall.demo.pickups.iter().find(|it| it.card == "demo-1").expect("demo-1 has one").compartment
}

async fn collect_by_card(hall: &Hall, kiosk: &KioskProcess) -> u16 {
    let way = way_of(hall);
    hall.lay("demo-1");
    kiosk.shows("home").await;
    kiosk.tap("结果领取").await;
    kiosk.tap(&format!("打开 {way} 号柜门")).await;
    hall.door_opens(way).await;
    // A door that is shut again before anybody saw it open is a jam: people are slower.
    kiosk.says("柜门已打开").await;
    way
}

fn receipts(hall: &Hall) -> Vec<Value> {
    hall.printer.state()["receipts"].as_array().cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn pickup_by_card_at_night() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    let way = collect_by_card(&hall, &kiosk).await;
    kiosk.says("请从").await;
    hall.take_out_and_close(way);
    kiosk.shows("pickup_done").await;
    kiosk.says("打印好了").await;
    let paper = receipts(&hall);
    let text = paper.last().expect("a receipt came out")["text"].to_string();
    assert!(text.contains("结果领取回执") && text.contains("食品经营许可证"), "{text}");
    kiosk.tap("完成").await;
    kiosk.tap("非常满意").await;
    let start = kiosk.shows("start").await;
    assert!(labels(&start).all(|it| !it.contains('*')), "nothing personal is left");
    hall.office_says(CUSTODY, &format!("handed_over citizen by card {way}")).await;
    hall.office_says("SELECT grade || '' FROM ratings", "5").await;
    assert_eq!(hall.pulses(way), 1);
    let opened = format!("open way {way}");
    let frames = kiosk.wire().await;
    let pulsed = |it: &&Value| it["port"] == "locker" && it["note"] == opened.as_str();
    let out: Vec<&Value> =
        frames.iter().filter(pulsed).filter(|it| it["direction"] == "out").collect();
    assert_eq!(out.len(), 1, "{out:?}");
    for port in ["id_reader", "printer"] {
        assert!(frames.iter().any(|it| it["port"] == port), "{port} is listened to");
    }
}

/// Clicks on the window where the button with this label is, as soon as it is there.
async fn click(hall: &Hall, kiosk: &KioskProcess, label: &str) {
    let button =
        |it: &Value| it["role"] == "button" && it["label"] == label && it["enabled"] == true;
    let there =
        |screen: &Value| screen["elements"].as_array().is_some_and(|it| it.iter().any(button));
    let screen = kiosk.until(there).await;
    let elements = screen["elements"].as_array().expect("elements").clone();
    let found = elements.into_iter().find(button).expect("it was there just now");
    let number = |key: &str| found[key].as_f64().expect("a number");
    let (x, y) = (number("x") + number("w") / 2.0, number("y") + number("h") / 2.0);
    kiosk.takes_touches().await;
    hall.display.as_ref().expect("the hall was wanted with a window").click(x, y);
}

#[tokio::test(flavor = "multi_thread")]
async fn pickup_in_a_real_window_with_a_real_pointer() {
    let mut hall = Hall::new(Wanted { window: true, ..Wanted::default() }).await;
    let kiosk = hall.start_kiosk().await;
    let way = way_of(&hall);
    hall.lay("demo-1");
    click(&hall, &kiosk, "结果领取").await;
    kiosk.shows("pickup").await;
    click(&hall, &kiosk, &format!("打开 {way} 号柜门")).await;
    kiosk.says("柜门已打开").await;
    assert!(kiosk.png().await.starts_with(b"\x89PNG"), "the window can be looked at");
    hall.take_out_and_close(way);
    kiosk.says("打印好了").await;
    click(&hall, &kiosk, "完成").await;
    click(&hall, &kiosk, "非常满意").await;
    kiosk.shows("start").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pickup_by_the_qr_code_of_the_message() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    let pickup = hall.demo.pickups.iter().find(|it| it.card == "demo-1").expect("one").clone();
    let scan = json!({ "scan": kiosk_core::code::qr_text(&pickup.code) });
    hall.scanner.control(&scan).expect("scanned");
    kiosk.says("柜门已打开").await;
    hall.take_out_and_close(pickup.compartment);
    kiosk.says("打印好了").await;
    hall.office_says(CUSTODY, &format!("handed_over citizen by code {}", pickup.compartment)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_codes_lock_the_code() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    let pickup = hall.demo.pickups.iter().find(|it| it.card == "demo-1").expect("one").clone();
    let secret: u32 = pickup.code[4..].parse().expect("digits");
    let scan = |code: String| hall.scanner.control(&json!({ "scan": code })).expect("scanned");
    for left in (0..5).rev() {
        scan(format!("{}{:04}", &pickup.code[..4], (secret + 1 + left) % 10_000));
        match left {
            0 => kiosk.says("已暂停使用").await,
            left => kiosk.says(&format!("还可以试 {left} 次")).await,
        };
    }
    scan(kiosk_core::code::qr_text(&pickup.code));
    kiosk.says("输错次数过多").await;
    hall.office_says("SELECT count(*) || '' FROM code_locks", "1").await;
    assert_eq!(hall.pulses(pickup.compartment), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_network_the_office_learns_later() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    hall.feed_is_read().await;
    hall.kill_office();
    kiosk.says("网络暂时中断").await;
    let way = collect_by_card(&hall, &kiosk).await;
    hall.take_out_and_close(way);
    kiosk.says("网络恢复后自动上报").await;
    kiosk.says("打印好了").await;
    hall.restart_office().await;
    hall.office_says(CUSTODY, &format!("handed_over citizen by card {way}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_say_what_works_and_heal_by_themselves() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    hall.reader.set_fault(Some("unplugged")).expect("a fault");
    kiosk.says("身份证读卡器暂时不能用").await;
    hall.reader.set_fault(None).expect("it heals");
    kiosk.says("现在可以：领取结果、查询进度、预约办事").await;
    hall.printer.set_fault(Some("paper_end")).expect("a fault");
    let way = collect_by_card(&hall, &kiosk).await;
    hall.take_out_and_close(way);
    kiosk.says("打印机缺纸").await;
    let receipts_before = receipts(&hall).len();
    hall.printer.set_fault(None).expect("it heals");
    kiosk.tap("再试一次打印").await;
    kiosk.says("打印好了").await;
    assert_eq!(receipts(&hall).len(), receipts_before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_is_told_and_a_low_battery_opens_nothing() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    let ups = |command: Value| hall.ups.control(&command).expect("possible");
    let state = "SELECT state FROM device_states WHERE device = 'ups'";
    ups(json!({ "mains": false }));
    kiosk.says("现在用备用电源").await;
    hall.office_says(state, "on_battery").await;
    ups(json!({ "battery_percent": 20 }));
    kiosk.says("暂不开柜和打印").await;
    hall.office_says(state, "battery_low").await;
    hall.lay("demo-1");
    kiosk.says("电量不足，暂不开柜").await;
    assert_eq!(
        kiosk.post("tap", &json!({ "label": "结果领取" })).await,
        Some(StatusCode::NOT_FOUND)
    );
    kiosk.tap("办件进度").await;
    kiosk.shows("progress").await;
    kiosk.tap("首页").await;
    ups(json!({ "mains": true }));
    let way = way_of(&hall);
    kiosk.tap("结果领取").await;
    kiosk.tap(&format!("打开 {way} 号柜门")).await;
    kiosk.says("柜门已打开").await;
    assert_eq!(hall.pulses(way), 1);
    hall.take_out_and_close(way);
    hall.office_says(state, "ready").await;
    hall.office_says(CUSTODY, &format!("handed_over citizen by card {way}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jammed_door_is_pulsed_once_and_nobody_elses() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    let way = way_of(&hall);
    hall.locker.set_fault(Some("door_jammed")).expect("a fault");
    hall.lay("demo-1");
    kiosk.tap("结果领取").await;
    kiosk.tap(&format!("打开 {way} 号柜门")).await;
    kiosk.says("需要工作人员查看").await;
    assert_eq!(hall.pulses(way), 1);
    hall.office_says("SELECT state FROM deliveries WHERE look_because = 'jammed'", "uncertain")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_with_what_is_missing_and_the_voucher_again() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    hall.lay("demo-3");
    kiosk.tap("办件进度").await;
    let row = |screen: &Value| {
        let case =
            |it: &&Value| it["role"] == "button" && it["y"].as_f64().is_some_and(|y| y < 1650.0);
        screen["elements"].as_array().into_iter().flatten().find(case).cloned()
    };
    let list = kiosk.until(|it| it["screen"] == "progress" && row(it).is_some()).await;
    let row = row(&list);
    let label = row.expect("demo-3 has a case")["label"].as_str().expect("a label").to_owned();
    kiosk.tap(&label).await;
    kiosk.says("前补交以下材料").await;
    kiosk.tap("补打补正告知书").await;
    kiosk.says("打印好了").await;
    let text = receipts(&hall).last().expect("a voucher came out")["text"].to_string();
    assert!(text.contains("补打"), "{text}");
}

/// From the start screen to an appointment: search, conditions, day, slot, confirm.
async fn book(hall: &Hall, kiosk: &KioskProcess) {
    hall.lay("demo-4");
    kiosk.shows("home").await;
    kiosk.tap("预约办事").await;
    kiosk.tap("搜索事项").await;
    for letter in ["S", "P", "J", "Y"] {
        kiosk.tap(letter).await;
    }
    let found = kiosk.until(|it| labels(it).any(|it| it.starts_with("食品经营"))).await;
    let item = labels(&found).find(|it| it.starts_with("食品经营")).expect("found").to_owned();
    kiosk.tap(&item).await;
    read_conditions(kiosk).await;
    choose_time(kiosk).await;
}

/// Every page of conditions and papers, to the last.
async fn read_conditions(kiosk: &KioskProcess) {
    let (more, read) = ("接着看下一页", "看清了，选日期");
    loop {
        let page = kiosk.until(|it| labels(it).any(|it| it == more || it == read)).await;
        if labels(&page).any(|it| it == read) {
            return kiosk.tap(read).await;
        }
        kiosk.tap(more).await;
    }
}

/// The first day and time that are free.
async fn choose_time(kiosk: &KioskProcess) {
    let buttons = |screen: &Value| -> Vec<String> {
        let elements = screen["elements"].as_array().cloned().unwrap_or_default();
        elements
            .iter()
            .filter(|it| it["role"] == "button" && it["enabled"] == true)
            .filter_map(|it| it["label"].as_str().map(str::to_owned))
            .collect()
    };
    let days = kiosk.until(|it| labels(it).any(|it| it == "有号" || it == "较少")).await;
    let day = buttons(&days).into_iter().rfind(|it| it.contains("星期")).expect("a free day");
    kiosk.tap(&day).await;
    let times = |it: &Value| buttons(it).iter().any(|it| it.contains(':'));
    let slots = kiosk.until(|it| it["screen"] == "appointment_slot" && times(it)).await;
    let time = buttons(&slots).into_iter().find(|it| it.contains(':')).expect("a free time");
    kiosk.tap(&time).await;
    let next = kiosk.until(|it| buttons(it).iter().any(|it| it.starts_with("下一步"))).await;
    let label = buttons(&next).into_iter().find(|it| it.starts_with("下一步")).expect("next");
    kiosk.tap(&label).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn book_see_move_and_cancel() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    book(&hall, &kiosk).await;
    kiosk.tap("确认预约").await;
    kiosk.says("预约成功").await;
    kiosk.says("打印好了").await;
    let state = "SELECT state FROM appointments ORDER BY created_at DESC LIMIT 1";
    hall.office_says(state, "booked").await;
    let text = receipts(&hall).last().expect("a slip came out")["text"].to_string();
    assert!(text.contains("预约凭条"), "{text}");
    kiosk.tap("首页").await;
    kiosk.tap("我的预约").await;
    // The page is there before the office's answer.
    let of_item = |it: &&str| it.starts_with("食品经营");
    let listed = |it: &Value| it["screen"] == "appointments" && labels(it).any(|it| of_item(&it));
    let list = kiosk.until(listed).await;
    let item = labels(&list).find(of_item).expect("listed").to_owned();
    kiosk.tap(&item).await;
    kiosk.tap("改期").await;
    choose_time(&kiosk).await;
    kiosk.tap("确认改期").await;
    kiosk.says("预约成功").await;
    kiosk.tap("首页").await;
    kiosk.tap("我的预约").await;
    kiosk.tap(&item).await;
    kiosk.tap("取消预约").await;
    kiosk.tap("确认取消").await;
    kiosk.says("已取消").await;
    hall.office_says(state, "cancelled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_with_a_card_in_pcscd_deposit_and_the_citizen_is_notified() {
    let mut hall = Hall::new(Wanted { pcscd: true, ..Wanted::default() }).await;
    let kiosk = hall.start_kiosk().await;
    hall.log_in_staff(&kiosk).await;
    let label = hall.first_to_deposit(&kiosk).await;
    kiosk.tap(&label).await;
    let way = hall.opened_way().await;
    let before = "SELECT count(*) || '' FROM notifications";
    let count: i64 = rusqlite::Connection::open(hall.folder().join("office.db"))
        .expect("SQLite opens it")
        .query_row("SELECT count(*) FROM notifications", [], |row| row.get(0))
        .expect("a number");
    kiosk.says("请放入").await;
    hall.locker.control(&json!({ "put_in": way })).expect("put in");
    hall.locker.control(&json!({ "close": way })).expect("closed");
    kiosk.says(&format!("已存入 {way} 号柜")).await;
    hall.office_says(CUSTODY, &format!("deposited staff {way}")).await;
    hall.office_says(before, &(count + 1).to_string()).await;
    hall.take_staff_card();
    kiosk.shows("start").await;
}

/// `kiosk diag` on the hall's kiosk: exit status and report.
async fn diagnose(hall: &Hall, arguments: &[&str]) -> (Option<i32>, Value) {
    let config = hall.folder().join("kiosk.toml");
    let mut command = tokio::process::Command::new(program("kiosk"));
    command.arg("diag").arg("--json").arg("--config").arg(config).args(arguments);
    let output = command.output().await.expect("it runs");
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code(), report)
}

fn device<'a>(report: &'a Value, name: &str) -> &'a Value {
    let devices = report["devices"].as_array().into_iter().flatten();
    devices.into_iter().find(|it| it["name"] == name).unwrap_or(&Value::Null)
}

async fn open_for_a_test(hall: &Hall, way: u16) -> (Option<i32>, Value) {
    let way = way.to_string();
    let words = ["--level", "external", "--device", "locker", "--way", way.as_str()];
    diagnose(hall, &words).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_technician_asks_a_running_and_a_stopped_kiosk_what_is_wrong() {
    let mut hall = Hall::new(Wanted::default()).await;
    let kiosk = hall.start_kiosk().await;
    hall.feed_is_read().await;
    let (status, report) = diagnose(&hall, &[]).await;
    assert_eq!((status, &report["healthy"]), (Some(0), &Value::Bool(true)), "{report}");
    assert_eq!(device(&report, "locker")["protocol"], "8a");
    hall.printer.set_fault(Some("paper_end")).expect("a fault");
    kiosk.says("打印机暂时不能出纸").await;
    let (status, report) = diagnose(&hall, &["--device", "printer"]).await;
    let printer = device(&report, "printer");
    assert_eq!((status, &printer["status"]), (Some(1), &"paper_end".into()), "{report}");
    assert_eq!(printer["action"], "clear");
    assert!(printer["message"].as_str().is_some_and(|it| it.contains("缺纸")), "{printer}");
    assert!(
        report["services"].as_array().is_some_and(|all| all.iter().all(|it| it["works"] == true))
    );
    let (status, _) = diagnose(&hall, &["--level", "external"]).await;
    assert_eq!(status, Some(2), "the running kiosk has the ports");
    kiosk.kill();

    let (status, report) = diagnose(&hall, &[]).await;
    assert_eq!(status, Some(1), "{report}");
    assert_eq!(device(&report, "printer")["status"], "paper_end");
    hall.printer.set_fault(None).expect("it heals");
    let full = hall.demo.pickups.first().expect("something waits").compartment;
    let (status, report) = open_for_a_test(&hall, full).await;
    assert_eq!((status, &device(&report, "locker")["status"]), (Some(1), &"not_empty".into()));
    assert_eq!(hall.all_pulses(), 0, "what people wait for is not opened");
    let store = hall.store();
    let holds = |way: u16| {
        let query = "SELECT count(*) FROM compartments WHERE number = ?1";
        store.query_row(query, [way], |row| row.get::<_, i64>(0)).expect("a count") > 0
    };
    let free = (1..=40).find(|it| !holds(*it)).expect("a free one");
    let recovery = r#"{"set_aside":"kiosk.db.damaged-1","from_copy":true}"#;
    store
        .execute("INSERT INTO meta (key, value) VALUES ('recovered', ?1)", [recovery])
        .expect("set");
    let (status, report) = open_for_a_test(&hall, free).await;
    assert_eq!((status, &device(&report, "locker")["status"]), (Some(1), &"not_empty".into()));
    assert_eq!(hall.all_pulses(), 0, "a store that was recovered may know too little");
    store.execute("DELETE FROM meta WHERE key = 'recovered'", []).expect("forgotten");
    let (status, report) = open_for_a_test(&hall, free).await;
    assert_eq!(device(&report, "locker")["status"], "worked", "{report}");
    assert_eq!((status, hall.pulses(free)), (Some(0), 1));
}

/// A night at the cabinet: somebody opens it, the office knows at once, a technician comes with card
/// and PIN, switches the alarm off, tries a lock, signs the inspection, and the alarm can go on again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alarm_a_technician_and_an_inspection_that_reach_the_office() {
    let folder = tempfile::tempdir().expect("a folder");
    let kiosk = KioskProcess::demo(folder.path()).await;
    kiosk.post("panel", &json!({ "open_door": true })).await;
    kiosk.says("柜体报警中").await;
    let office = rusqlite::Connection::open(folder.path().join("office.db")).expect("a database");
    let count =
        |query: &str| -> i64 { office.query_row(query, [], |row| row.get(0)).expect("one") };
    office_knows(|| count("SELECT count(*) FROM alarms WHERE input = 'door'") == 1).await;

    kiosk.post("card", &json!({ "insert": "staff-technician" })).await;
    kiosk.shows("staff_pin").await;
    kiosk.takes_touches().await;
    for digit in "864209".chars() {
        kiosk.tap(&digit.to_string()).await;
        // The same key counts again only after half a second; all of these differ.
    }
    kiosk.tap("登录").await;
    kiosk.says("正在报警").await;
    kiosk.tap("撤防").await;
    office_knows(|| count("SELECT count(*) FROM alarms WHERE ended_by = '马国栋'") == 1).await;

    kiosk.tap("设备维护").await;
    kiosk.shows("maintenance").await;
    kiosk.tap("柜体").await;
    kiosk.shows("maintenance_device").await;
    let screen = kiosk.says("打开 ").await;
    let row = labels(&screen).find(|it| it.starts_with("打开 ")).expect("a free one").to_owned();
    let way: u16 =
        row.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a way");
    kiosk.tap(&row).await;
    kiosk.says("请看清后关门").await;
    kiosk.post("locker", &json!({ "close": way })).await;
    kiosk.says("开关都正常吗").await;
    kiosk.tap("开关都正常").await;
    kiosk.says("测试通过").await;
    kiosk.tap("返回").await;

    kiosk.tap("填写巡检记录").await;
    kiosk.says("柜体：正常（已测试，正常）").await;
    kiosk.tap("一切正常").await;
    kiosk.tap("以工作卡签字并打印").await;
    kiosk.says("已保存，编号 XJ3").await;
    kiosk.says("打印好了").await;
    office_knows(|| count("SELECT count(*) FROM inspections WHERE conclusion = 'well'") == 1).await;
    let opened =
        "SELECT count(*) FROM custody_records WHERE kind = 'opened' AND delivery_id IS NULL";
    assert_eq!(count(opened), 1, "the tried lock is accounted for");
    kiosk.kill();
}

/// Waits until what a kiosk told is in the office's database.
async fn office_knows(known: impl Fn() -> bool) {
    let limit = tokio::time::Instant::now() + hall24_tests::LIMIT;
    while !known() {
        assert!(tokio::time::Instant::now() < limit, "the office was not told");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Runs a program of ours; its exit status and everything that it said.
async fn says(name: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = tokio::process::Command::new(program(name)).args(arguments).output().await;
    let output = output.expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_becomes_a_kiosk_by_a_code_that_works_once() {
    let hall = Hall::new(Wanted::default()).await;
    let path = |name: &str| hall.folder().join(name).display().to_string();
    let (database, template) = (format!("sqlite:{}", path("office.db")), path("kiosk.toml"));
    let (authority, stick, target) = (path(""), path("stick.toml"), path("box"));
    let id = hall.demo.kiosk.to_string();
    let invite = ["invite", &id, "--office", hall.kiosk_url(), "--configuration", &template];
    let places = ["--folder", &authority, "--to", &stick, "--database", &database];
    let (status, told) = says("office", &[&invite[..], &places].concat()).await;
    assert_eq!(status, Some(0), "{told}");

    let host = hall.kiosk_url().trim_start_matches("https://");
    for (code, wanted) in
        [("7K3M", "20 letters and digits"), ("ZZZZ-0000-0000-0000-0000", "not know")]
    {
        let typed = ["enrol", "--folder", &target, "--office", host, "--code", code];
        let (status, told) = says("kiosk", &typed).await;
        assert!(status == Some(1) && told.contains(wanted), "{told}");
    }
    let text = std::fs::read_to_string(&stick).expect("office and code");
    let code = text.split("code = \"").nth(1).and_then(|it| it.split('"').next()).expect("a code");
    let misread = format!("{}{}", &code[..23], if code.ends_with('0') { "1" } else { "0" });
    let typed = ["enrol", "--folder", &target, "--office", host, "--code", &misread];
    let (status, told) = says("kiosk", &typed).await;
    assert!(status == Some(1) && told.contains("One sign"), "{told}");
    assert!(!hall.folder().join("box/kiosk.toml").exists(), "it is no kiosk yet");

    let inserted = ["enrol", "--folder", &target, "--stick", &stick, "--json"];
    let (status, told) = says("kiosk", &inserted).await;
    assert!(status == Some(0) && told.contains("\"kiosk\":"), "{told}");
    let (status, told) = says("kiosk", &inserted).await;
    assert!(status == Some(1) && told.contains("was used"), "{told}");
    let kiosk = hall.spawn_kiosk_with(hall.folder().join("box/kiosk.toml")).await;
    kiosk.shows("start").await;
    hall.office_says("SELECT (last_seen_at IS NOT NULL) || '' FROM kiosks WHERE number = 3", "1")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_offered_fetched_and_followed() {
    let hall = Hall::new(Wanted::default()).await;
    let path = |name: &str| hall.folder().join(name).display().to_string();
    let (id, database) = (hall.demo.kiosk.to_string(), format!("sqlite:{}", path("office.db")));
    let office = async |arguments: &[&str]| {
        let said = says("office", &[arguments, &["--database", &database]].concat()).await;
        assert_eq!(said.0, Some(0), "{}", said.1);
        said.1
    };
    // It takes three steps.
    let content: Vec<u8> = (0..9_000_000_u32).map(|it| (it / 7) as u8).collect();
    std::fs::write(path("v2.raucb"), &content).expect("written");
    let describe = |sum: &str| {
        let text = format!(
            "version = \"2\"\ncompatible = \"hall24-amd64\"\nsize_bytes = {}\nsha256 = \"{sum}\"\n",
            content.len()
        );
        std::fs::write(path("v2.raucb.toml"), text).expect("written");
    };
    describe(&"0".repeat(64));
    let (folder, bundle) = (path("updates"), path("v2.raucb"));
    let add = ["update", "add", &bundle, "--folder", &folder];
    let wrong = says("office", &[&add[..], &["--database", &database]].concat()).await;
    assert!(wrong.0 == Some(2) && wrong.1.contains("copy it again"), "{}", wrong.1);
    let sum = hal::hex::encode(ring::digest::digest(&ring::digest::SHA256, &content).as_ref());
    describe(&sum);
    let name = |offer: u32| format!("{offer}-{}", &sum[..16]);
    office(&add).await;
    office(&["update", "offer", "2", "--kiosk", &id]).await;

    let (config, shelf, outcome) = (path("kiosk.toml"), path("box/update"), path("outcome"));
    let kiosk = async |running: &str| {
        let own = ["update", "--config", &config, "--running", running];
        let at = ["--compatible", "hall24-amd64", "--folder", &shelf, "--outcome", &outcome];
        let said = says("kiosk", &[&own[..], &at].concat()).await;
        assert_eq!(said.0, Some(0), "{}", said.1);
        said.1
    };
    assert!(kiosk("1").await.contains("is fetched"));
    let fetched = std::fs::read(hall.folder().join(format!("box/update/offer-{}.raucb", name(1))));
    assert!(fetched.expect("it is whole") == content, "what was offered came");
    assert!(office(&["update", "list"]).await.contains("runs 1; offered 2: fetched"));

    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("Linux");
    for (came, running, wanted) in [
        (format!("installed {boot}"), "1", "offered 2: installed, runs after the next start"),
        ("installed another".to_owned(), "1", "offered 2: did not serve"),
        ("refused no such signer".to_owned(), "1", "offered 2: refused since"),
        ("installed another".to_owned(), "2", "runs 2; offered 2: runs"),
    ] {
        std::fs::write(&outcome, format!("{} {came}", name(1))).expect("written");
        kiosk(running).await;
        let list = office(&["update", "list"]).await;
        assert!(list.contains(wanted), "{wanted}: {list}");
    }
    // Once it was given up, it is tried again when it is offered again, by another number.
    std::fs::write(&outcome, format!("{} installed another", name(1))).expect("written");
    kiosk("1").await;
    assert!(kiosk("1").await.contains("did not serve"));
    office(&["update", "offer", "2", "--kiosk", &id]).await;
    assert!(kiosk("1").await.contains("is fetched"));
    assert!(hall.folder().join(format!("box/update/offer-{}.raucb", name(2))).exists());
    office(&["update", "withdraw", "--all"]).await;
    assert!(kiosk("1").await.contains("offers nothing else"));
    assert_eq!(std::fs::read_dir(&shelf).expect("a folder").count(), 0, "nothing lies about");
}

//! The bench page in a real headless Chromium: somebody collects a certificate by clicking on it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hall24_tests::{KioskProcess, LIMIT, labels};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// The picture of the panel is drawn at this width, in pixels of the panel.
const PANEL_WIDTH: f64 = 1080.0;
const PANEL_HEIGHT: f64 = 1920.0;

/// A chromedriver at a port of its own; killed when dropped.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed by make test");
        let mut output = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            assert!(output.read_line(&mut line).expect("it can be read") > 0, "it says its port");
            if let Some(port) = line.trim().strip_suffix('.').and_then(|it| it.rsplit_once("port "))
                && port.1.parse::<u16>().is_ok()
            {
                break port.1.to_owned();
            }
        };
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn chromium(driver: &Driver) -> Client {
    let options = json!({ "goog:chromeOptions": { "args": [
        // Root, as in a container, has no sandbox.
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--window-size=1400,1500",
    ] } });
    let options = options.as_object().expect("an object").clone();
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(options).connect(&driver.url).await.expect("Chromium starts")
}

async fn click(page: &Client, locator: Locator<'_>) {
    let element = page.wait().at_most(LIMIT).for_element(locator).await.expect("it is there");
    element.click().await.expect("it can be clicked");
}

/// Clicks on the picture of the panel where the button with this label is, as soon as it is there.
async fn touch(page: &Client, kiosk: &KioskProcess, label: &str) {
    let wanted =
        |it: &Value| it["label"] == label && it["role"] == "button" && it["enabled"] == true;
    let there =
        |screen: &Value| screen["elements"].as_array().is_some_and(|it| it.iter().any(wanted));
    let screen = kiosk.until(there).await;
    let elements = screen["elements"].as_array().expect("elements").clone();
    let button = elements.into_iter().find(wanted).expect("it was there just now");
    let number = |key: &str| button[key].as_f64().expect("a number");
    let (x, y) = (number("x") + number("w") / 2.0, number("y") + number("h") / 2.0);
    let picture = page.find(Locator::Id("screen")).await.expect("the panel");
    let (dx, dy) = from_centre(page, &picture, x, y).await;
    let mouse = MouseActions::new("mouse".into())
        .then(PointerAction::MoveToElement { element: picture, duration: None, x: dx, y: dy })
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
        .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
    page.perform_actions(mouse).await.expect("the mouse clicks");
}

/// A place on the panel as pixels of the page, from the middle of its picture.
async fn from_centre(page: &Client, picture: &Element, x: f64, y: f64) -> (f64, f64) {
    let script = "const s = getComputedStyle(arguments[0]); const b = arguments[0]; \
         return [b.offsetWidth - 2 * parseFloat(s.borderLeftWidth), \
                 b.offsetHeight - 2 * parseFloat(s.borderTopWidth)];";
    let element = serde_json::to_value(picture).expect("an element is a reference");
    let size = page.execute(script, vec![element]).await.expect("the page is measured");
    let side = |n: usize| size[n].as_f64().expect("pixels");
    ((x / PANEL_WIDTH - 0.5) * side(0), (y / PANEL_HEIGHT - 0.5) * side(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pickup_by_clicking_on_the_bench_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let kiosk = KioskProcess::demo(folder.path()).await;
    let driver = Driver::start();
    let page = chromium(&driver).await;
    page.goto(kiosk.bench_url()).await.expect("the page opens");

    click(&page, Locator::XPath("//*[@id='cards']/button[starts-with(., 'demo-1 ')]")).await;
    touch(&page, &kiosk, "结果领取").await;
    let screen = kiosk.says("打开 ").await;
    let label = labels(&screen).find(|it| it.starts_with("打开 ")).expect("a door").to_owned();
    let way: u16 =
        label.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("way");
    touch(&page, &kiosk, &label).await;

    kiosk.says("柜门已打开").await;
    let door = |button: &str| format!("//*[@data-way='{way}']/button[.='{button}']");
    click(&page, Locator::XPath(&door("取出"))).await;
    page.wait().at_most(LIMIT).for_element(Locator::XPath(&door("放入"))).await.expect("it is out");
    click(&page, Locator::XPath(&door("关门"))).await;

    let paper = "//*[@id='papers']//img[contains(@alt, '结果领取回执')]";
    let paper = page.wait().at_most(LIMIT).for_element(Locator::XPath(paper)).await;
    let paper = serde_json::to_value(paper.expect("the receipt came out")).expect("a reference");
    let drawn = "const i = arguments[0]; const done = arguments[1]; \
         if (i.complete) done(i.naturalWidth); else i.onload = () => done(i.naturalWidth);";
    let width = page.execute_async(drawn, vec![paper]).await.expect("the picture loads");
    assert!(width.as_u64().is_some_and(|it| it > 300), "the receipt is a picture: {width}");

    touch(&page, &kiosk, "完成").await;
    touch(&page, &kiosk, "非常满意").await;
    kiosk.shows("start").await;
    page.close().await.expect("Chromium ends");
}

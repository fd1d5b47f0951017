//! What a member of staff does at the kiosk.

use serde_json::{Value, json};

use crate::{Hall, KioskProcess, LIMIT};

impl Hall {
    /// Inserts the staff card, types its PIN and waits for the staff screen.
    pub async fn log_in_staff(&self, kiosk: &KioskProcess) {
        let staff = self.demo.staff.iter().find(|it| it.card == "staff-demo").expect("staff");
        let reader = self.card.as_ref().expect("the hall was wanted with a pcscd");
        reader.control(&json!({ "insert": "staff-demo" })).expect("the card goes in");
        kiosk.shows("staff_pin").await;
        let enabled = |it: &Value| it["label"] == "1" && it["enabled"] == true;
        kiosk.until(|screen| elements(screen).iter().any(enabled)).await;
        for digit in staff.pin.chars() {
            kiosk.tap(&digit.to_string()).await;
        }
        kiosk.tap("登录").await;
        kiosk.shows("staff").await;
    }

    pub fn take_staff_card(&self) {
        let reader = self.card.as_ref().expect("the hall was wanted with a pcscd");
        reader.control(&json!({ "remove": true })).expect("the card comes out");
    }

    /// Goes to the list of what waits to be put in and reads its first row.
    pub async fn first_to_deposit(&self, kiosk: &KioskProcess) -> String {
        kiosk.tap("存入结果").await;
        let list = kiosk.shows("staff_deposit").await;
        let elements = elements(&list);
        let row = elements.iter().find(|it| {
            it["role"] == "button"
                && it["enabled"] == true
                && it["y"].as_f64().is_some_and(|y| y < 1500.0)
        });
        row.expect("something waits")["label"].as_str().expect("a label").to_owned()
    }

    /// Waits until some door stands open and says which.
    pub async fn opened_way(&self) -> u16 {
        let open = |state: &Value| open_way(state).is_some();
        let state = tokio::time::timeout(LIMIT, self.locker.wait_for(open)).await;
        open_way(&state.expect("a door opens")).expect("one is open")
    }

    pub fn put_in_and_close(&self, way: u16) {
        self.locker.control(&json!({ "put_in": way })).expect("it can be put in");
        self.locker.control(&json!({ "close": way })).expect("the door can be closed");
    }
}

fn elements(screen: &Value) -> Vec<Value> {
    screen["elements"].as_array().cloned().unwrap_or_default()
}

fn open_way(state: &Value) -> Option<u16> {
    let doors = state["doors"].as_array()?;
    doors.iter().find(|it| it["door"] == "open")?["way"].as_u64().and_then(|it| it.try_into().ok())
}

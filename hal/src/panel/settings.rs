//! Which line of the chip is what, and how it is wired.

use std::collections::{BTreeMap, BTreeSet};

use super::{Input, Light};

/// How long a vibration is told at least, where the settings do not say: a sensor's pulse lasts
/// milliseconds.
pub const VIBRATION_LATCH_MS: u32 = 1_000;

const DEBOUNCE_MS_MAX: u32 = 10_000;
const LATCH_MS_MAX: u32 = 600_000;
const POLL_INTERVAL_MS: std::ops::RangeInclusive<u32> = 10..=60_000;

/// The level at which an input is active, or an output is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Active {
    #[default]
    High,
    Low,
}

impl Active {
    /// Whether a line at this level is active; the inverse, the level of a line that shall be, is
    /// the same function.
    pub fn flip(self, level: bool) -> bool {
        match self {
            Self::High => level,
            Self::Low => !level,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        match name {
            "high" => Some(Self::High),
            "low" => Some(Self::Low),
            _ => None,
        }
    }
}

/// The chip's own resistor at an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pull {
    #[default]
    Up,
    Down,
    /// There is one on the board, or the sensor drives the line both ways.
    None,
}

impl Pull {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "up" => Some(Self::Up),
            "down" => Some(Self::Down),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// One input. The defaults fit a contact to ground that is closed while all is well: a cut wire
/// then reads as active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSettings {
    /// Offset on the chip; with `rppal:` the BCM number.
    pub line: u32,
    #[serde(default)]
    pub active: Active,
    #[serde(default)]
    pub pull: Pull,
    /// How long the level has to stay before it counts.
    #[serde(default = "debounce_ms")]
    pub debounce_ms: u32,
    /// An active level is told at once and for at least this long, however short it is. With
    /// nothing the input's usual: [`VIBRATION_LATCH_MS`] for vibration, 0 for the others.
    #[serde(default)]
    pub latch_ms: Option<u32>,
}

fn debounce_ms() -> u32 {
    50
}

impl InputSettings {
    /// A contact to ground at this line.
    pub fn at(line: u32) -> Self {
        Self {
            line,
            active: Active::High,
            pull: Pull::Up,
            debounce_ms: debounce_ms(),
            latch_ms: None,
        }
    }
}

/// One output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSettings {
    /// Offset on the chip; with `rppal:` the BCM number.
    pub line: u32,
    #[serde(default)]
    pub active: Active,
}

impl OutputSettings {
    /// An output at this line that is on when the line is high.
    pub fn at(line: u32) -> Self {
        Self { line, active: Active::High }
    }
}

/// One panel. What is not there is left out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PanelSettings {
    pub door: Option<InputSettings>,
    pub tamper: Option<InputSettings>,
    pub vibration: Option<InputSettings>,
    pub proximity: Option<InputSettings>,
    pub lights: BTreeMap<Light, OutputSettings>,
    pub buzzer: Option<OutputSettings>,
    pub siren: Option<OutputSettings>,
    /// How often all inputs are read beside their edges, which shows that the chip still is there
    /// and finds what an edge did not tell.
    pub poll_interval_ms: u32,
    /// Whether the chip tells edges. Expanders without an interrupt line do not: then inputs are
    /// only read every `poll_interval_ms`, and short pulses can be missed.
    pub edges: bool,
    /// After so long the siren falls silent by itself; local rules limit it.
    pub siren_limit_s: u32,
}

impl Default for PanelSettings {
    fn default() -> Self {
        Self {
            door: None,
            tamper: None,
            vibration: None,
            proximity: None,
            lights: BTreeMap::new(),
            buzzer: None,
            siren: None,
            poll_interval_ms: 1_000,
            edges: true,
            siren_limit_s: 180,
        }
    }
}

/// Why settings cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error(
        "panel setting `{0}` is unknown; known are door, tamper, vibration and proximity with \
         .line, .active, .pull, .debounce_ms and .latch_ms, lights.NAME, buzzer and siren with \
         .line and .active, and poll_interval_ms, edges and siren_limit_s"
    )]
    UnknownKey(String),
    #[error("panel setting `{key}` cannot be `{value}`; expected {expected}")]
    BadValue { key: String, value: String, expected: &'static str },
    #[error("panel setting `{0}` comes before its line; set {0}.line first")]
    LineFirst(String),
    #[error("line {0} of the panel is named twice; each input and output needs its own")]
    SharedLine(u32),
    #[error("the panel's settings name no line; give at least one input or output its line")]
    NoLine,
    #[error("panel setting `{0}.debounce_ms` must be at most 10000")]
    Debounce(&'static str),
    #[error("panel setting `{0}.latch_ms` must be at most 600000")]
    Latch(&'static str),
    #[error("a panel is read every 10 to 60000 ms, not every {0} ms")]
    PollInterval(u32),
    #[error("panel setting `siren_limit_s` must be more than zero")]
    SirenLimit,
}

impl PanelSettings {
    /// Every input, light and sounder, at lines 0 to 10 in the order of their declaration: the
    /// wiring of the simulator.
    pub fn complete() -> Self {
        let lights = Light::ALL.into_iter().zip(4..).map(|(it, n)| (it, OutputSettings::at(n)));
        Self {
            door: Some(InputSettings::at(0)),
            tamper: Some(InputSettings::at(1)),
            vibration: Some(InputSettings::at(2)),
            proximity: Some(InputSettings::at(3)),
            lights: lights.collect(),
            buzzer: Some(OutputSettings::at(9)),
            siren: Some(OutputSettings::at(10)),
            ..Self::default()
        }
    }

    /// The inputs that are there.
    pub fn inputs(&self) -> impl Iterator<Item = (Input, InputSettings)> {
        Input::ALL.into_iter().filter_map(|it| self.input(it).map(|settings| (it, settings)))
    }

    fn input(&self, input: Input) -> Option<InputSettings> {
        match input {
            Input::Door => self.door,
            Input::Tamper => self.tamper,
            Input::Vibration => self.vibration,
            Input::Proximity => self.proximity,
        }
    }

    fn input_mut(&mut self, input: Input) -> &mut Option<InputSettings> {
        match input {
            Input::Door => &mut self.door,
            Input::Tamper => &mut self.tamper,
            Input::Vibration => &mut self.vibration,
            Input::Proximity => &mut self.proximity,
        }
    }

    /// Applies one `KEY=VALUE` of the command line: `door.line=17`, `door.pull=down`,
    /// `lights.ready.line=5`, `siren.active=low`, `poll_interval_ms=500`. A line comes before what
    /// else is said of it.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), SettingError> {
        match key {
            "poll_interval_ms" => self.poll_interval_ms = parsed(key, value, NUMBER)?,
            "edges" => self.edges = parsed(key, value, "true or false")?,
            "siren_limit_s" => self.siren_limit_s = parsed(key, value, NUMBER)?,
            _ => {
                let unknown = || SettingError::UnknownKey(key.to_owned());
                let (of, item) = key.rsplit_once('.').ok_or_else(unknown)?;
                if let Some(input) = Input::from_name(of) {
                    return set_input(self.input_mut(input), key, of, item, value);
                }
                match (of, of.strip_prefix("lights.").and_then(Light::from_name)) {
                    (_, Some(light)) => self.set_light(light, key, of, item, value)?,
                    ("buzzer", _) => set_output(&mut self.buzzer, key, of, item, value)?,
                    ("siren", _) => set_output(&mut self.siren, key, of, item, value)?,
                    _ => return Err(unknown()),
                }
            }
        }
        Ok(())
    }

    fn set_light(
        &mut self,
        light: Light,
        key: &str,
        of: &str,
        item: &str,
        value: &str,
    ) -> Result<(), SettingError> {
        let mut settings = self.lights.get(&light).copied();
        set_output(&mut settings, key, of, item, value)?;
        self.lights.extend(settings.map(|it| (light, it)));
        Ok(())
    }

    /// Whether a panel can be wired like this.
    pub fn check(&self) -> Result<(), SettingError> {
        let outputs = self.lights.values().chain(&self.buzzer).chain(&self.siren);
        let lines = self.inputs().map(|(_, it)| it.line).chain(outputs.map(|it| it.line));
        let mut seen = BTreeSet::new();
        for line in lines {
            if !seen.insert(line) {
                return Err(SettingError::SharedLine(line));
            }
        }
        if seen.is_empty() {
            return Err(SettingError::NoLine);
        }
        for (input, settings) in self.inputs() {
            if settings.debounce_ms > DEBOUNCE_MS_MAX {
                return Err(SettingError::Debounce(input.name()));
            }
            if settings.latch_ms.is_some_and(|it| it > LATCH_MS_MAX) {
                return Err(SettingError::Latch(input.name()));
            }
        }
        if !POLL_INTERVAL_MS.contains(&self.poll_interval_ms) {
            return Err(SettingError::PollInterval(self.poll_interval_ms));
        }
        if self.siren_limit_s == 0 {
            return Err(SettingError::SirenLimit);
        }
        Ok(())
    }
}

const NUMBER: &str = "a whole number";
const ACTIVE: &str = "high or low";

fn set_input(
    input: &mut Option<InputSettings>,
    key: &str,
    of: &str,
    item: &str,
    value: &str,
) -> Result<(), SettingError> {
    if item == "line" {
        let line = parsed(key, value, NUMBER)?;
        input.get_or_insert(InputSettings::at(line)).line = line;
        return Ok(());
    }
    if !["active", "pull", "debounce_ms", "latch_ms"].contains(&item) {
        return Err(SettingError::UnknownKey(key.to_owned()));
    }
    let input = input.as_mut().ok_or_else(|| SettingError::LineFirst(of.to_owned()))?;
    match item {
        "active" => {
            input.active = Active::from_name(value).ok_or_else(|| bad(key, value, ACTIVE))?;
        }
        "pull" => {
            let pull = Pull::from_name(value);
            input.pull = pull.ok_or_else(|| bad(key, value, "up, down or none"))?;
        }
        "debounce_ms" => input.debounce_ms = parsed(key, value, NUMBER)?,
        _ => input.latch_ms = Some(parsed(key, value, NUMBER)?),
    }
    Ok(())
}

fn set_output(
    output: &mut Option<OutputSettings>,
    key: &str,
    of: &str,
    item: &str,
    value: &str,
) -> Result<(), SettingError> {
    match item {
        "line" => {
            let line = parsed(key, value, NUMBER)?;
            output.get_or_insert(OutputSettings::at(line)).line = line;
        }
        "active" => {
            let output = output.as_mut().ok_or_else(|| SettingError::LineFirst(of.to_owned()))?;
            output.active = Active::from_name(value).ok_or_else(|| bad(key, value, ACTIVE))?;
        }
        _ => return Err(SettingError::UnknownKey(key.to_owned())),
    }
    Ok(())
}

fn parsed<T: std::str::FromStr>(
    key: &str,
    value: &str,
    expected: &'static str,
) -> Result<T, SettingError> {
    value.parse().map_err(|_| bad(key, value, expected))
}

fn bad(key: &str, value: &str, expected: &'static str) -> SettingError {
    SettingError::BadValue { key: key.to_owned(), value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(&str, &str)]) -> Result<PanelSettings, SettingError> {
        let mut settings = PanelSettings::default();
        for (key, value) in pairs {
            settings.set(key, value)?;
        }
        settings.check()?;
        Ok(settings)
    }

    #[test]
    fn settings_of_the_command_line_are_understood() {
        let settings = set(&[
            ("door.line", "17"),
            ("door.active", "low"),
            ("door.pull", "down"),
            ("door.debounce_ms", "20"),
            ("vibration.line", "27"),
            ("vibration.latch_ms", "3000"),
            ("lights.ready.line", "5"),
            ("siren.line", "6"),
            ("siren.active", "low"),
            ("poll_interval_ms", "500"),
        ])
        .expect("settings");
        let door = settings.door.expect("a door");
        assert_eq!((door.line, door.active, door.pull), (17, Active::Low, Pull::Down));
        assert_eq!(settings.lights[&Light::Ready], OutputSettings::at(5));
        assert_eq!(settings.siren.map(|it| it.active), Some(Active::Low));
        assert_eq!(settings.vibration.and_then(|it| it.latch_ms), Some(3000));
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_reason() {
        let check = |pairs: &[(&str, &str)]| set(pairs).expect_err("it cannot work").to_string();
        assert!(check(&[]).contains("name no line"));
        assert!(check(&[("door.pull", "up")]).contains("set door.line first"));
        assert!(check(&[("siren.active", "low")]).contains("set siren.line first"));
        assert!(check(&[("door.colour", "red")]).contains("unknown"));
        assert!(check(&[("lights.blue.line", "1")]).contains("unknown"));
        assert!(check(&[("lights", "1")]).contains("unknown"));
        assert!(check(&[("door.line", "-1")]).contains("a whole number"));
        let twice = check(&[("door.line", "4"), ("lights.fault.line", "4")]);
        assert!(twice.contains("line 4"), "{twice}");
        let slow = [("door.line", "1"), ("door.debounce_ms", "10001")];
        assert!(check(&slow).contains("door.debounce_ms"));
        assert!(check(&[("door.line", "1"), ("poll_interval_ms", "0")]).contains("not every 0 ms"));
        assert!(check(&[("door.line", "1"), ("siren_limit_s", "0")]).contains("siren_limit_s"));
    }

    /// As the kiosk reads its configuration, and as it finds out which keys there are.
    #[cfg(feature = "sim")]
    #[test]
    fn a_configuration_is_read_and_written() {
        let text = "[door]\nline = 17\n[lights.ready]\nline = 5\nactive = \"low\"\n";
        let settings: PanelSettings = toml::from_str(text).expect("settings");
        assert_eq!(settings.door, Some(InputSettings::at(17)));
        assert_eq!(settings.lights[&Light::Ready].active, Active::Low);
        assert!(toml::from_str::<PanelSettings>("[lights.blue]\nline = 1\n").is_err());
        assert!(toml::from_str::<PanelSettings>("[door]\nlines = 1\n").is_err());
        let keys = serde_json::to_value(PanelSettings::default()).expect("plain values");
        for key in ["door", "tamper", "vibration", "proximity", "lights", "buzzer", "siren"] {
            assert!(keys.get(key).is_some(), "{key}");
        }
    }
}

//! What is on the screen, as a value.
//!
//! The Slint crate draws this and nothing else; touches come back as the [`Action`] of the element
//! that was touched. All texts are final: in the person's language, with personal data masked.

use crate::action::Action;

/// Everything that the panel shows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    pub name: ScreenName,
    pub audience: Audience,
    /// Language tag of the texts, for example `zh-CN`.
    pub language: String,
    pub look: Look,
    /// Whether a session is on (somebody is being served).
    pub session: bool,
    pub header: Header,
    /// A pill above the title, for example “door is open”.
    pub chip: Option<Chip>,
    /// Small line above the title: service and step.
    pub crumb: Option<String>,
    /// What to do now.
    pub title: String,
    pub subtitle: Option<String>,
    /// Remaining session time as words; none at the start screen.
    pub remaining: Option<String>,
    /// Shown from the top; nothing here can be touched.
    pub show: Vec<Block>,
    /// Stacked upwards from the footer, within reach; the first is the highest.
    pub act: Vec<Block>,
    /// Back, home, language, text size, contrast, reach, help: always there, always in that order.
    pub footer: Vec<Button>,
    /// Covers the rest; only its buttons can be touched.
    pub dialog: Option<Dialog>,
}

/// Who stands there; sets the header's colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Citizen,
    Staff,
}

/// How it is drawn. Goes back to the default after each session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub large_text: bool,
    pub high_contrast: bool,
    /// Everything that can be touched lies in the lower half.
    pub low_reach: bool,
}

impl Look {
    /// The theme's name as the bench tells it.
    pub fn theme(self) -> &'static str {
        match (self.large_text, self.high_contrast) {
            (false, false) => "standard",
            (true, false) => "large_text",
            (false, true) => "high_contrast",
            (true, true) => "large_text_high_contrast",
        }
    }
}

/// The dark bar at the top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub hall: String,
    pub place: String,
    pub time: String,
    pub date: String,
}

macro_rules! screen_names {
    ($($variant:ident = $name:literal,)*) => {
        /// Names of screens (contract §3).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ScreenName { $($variant,)* }

        impl ScreenName {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

screen_names! {
    Start = "start",
    Home = "home",
    Identify = "identify",
    Progress = "progress",
    ProgressCase = "progress_case",
    AppointmentItem = "appointment_item",
    AppointmentSearch = "appointment_search",
    AppointmentConditions = "appointment_conditions",
    AppointmentDay = "appointment_day",
    AppointmentSlot = "appointment_slot",
    AppointmentConfirm = "appointment_confirm",
    AppointmentDone = "appointment_done",
    Appointments = "appointments",
    AppointmentDetail = "appointment_detail",
    Pickup = "pickup",
    PickupCode = "pickup_code",
    PickupOpen = "pickup_open",
    PickupDone = "pickup_done",
    Help = "help",
    Rating = "rating",
    Message = "message",
    OutOfService = "out_of_service",
    Dark = "dark",
    Setup = "setup",
    StaffPin = "staff_pin",
    Staff = "staff",
    StaffDeposit = "staff_deposit",
    StaffRecall = "staff_recall",
    StaffResolve = "staff_resolve",
    Maintenance = "maintenance",
    MaintenanceDevice = "maintenance_device",
    MaintenanceEvents = "maintenance_events",
    MaintenanceTouch = "maintenance_touch",
    MaintenanceInspection = "maintenance_inspection",
}

/// Meaning that a colour carries; never the colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    /// Deep blue on soft blue: information, what is now.
    Primary,
    /// Amber: something waits for you.
    Amber,
    /// Green: done.
    Green,
    /// Red: failed.
    Red,
}

macro_rules! icons {
    ($($variant:ident = $file:literal,)*) => {
        /// Pictures beside words; one file each in `kiosk/screen/ui/icons/<name>.svg` (Tabler, MIT).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Icon { $($variant,)* }

        impl Icon {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Name of the picture's file without its ending.
            pub fn file(self) -> &'static str {
                match self { $(Self::$variant => $file,)* }
            }
        }
    };
}

icons! {
    Alert = "alert-triangle",
    ArrowLeft = "arrow-left",
    ArrowRight = "chevron-right",
    Backspace = "backspace",
    Battery = "battery-1",
    Box = "package",
    Calendar = "calendar-event",
    CalendarCheck = "calendar-check",
    Certificate = "certificate",
    Check = "check",
    CircleCheck = "circle-check",
    Clock = "clock",
    Contrast = "contrast",
    Cross = "x",
    File = "file-text",
    Headset = "headset",
    Home = "home",
    IdCard = "id",
    Key = "key",
    Language = "language",
    Lock = "lock",
    LockOpen = "lock-open",
    LowReach = "wheelchair",
    Message = "message",
    MoodGood = "mood-smile",
    MoodBad = "mood-sad",
    MoodNeutral = "mood-neutral",
    MoodVeryBad = "mood-cry",
    MoodVeryGood = "mood-happy",
    NetworkOff = "wifi-off",
    Phone = "phone",
    Printer = "printer",
    PrinterOff = "printer-off",
    Progress = "chart-line",
    QrCode = "qrcode",
    Refresh = "refresh",
    Search = "search",
    TextSize = "letter-a",
    Trash = "trash",
    Upload = "upload",
    User = "user",
}

/// A pill with a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    pub icon: Option<Icon>,
    pub text: String,
    pub tone: Tone,
}

/// Something that can be touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub label: String,
    pub icon: Option<Icon>,
    pub weight: Weight,
    pub enabled: bool,
    pub action: Action,
}

/// How much a button asks to be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The one main button of the screen.
    Primary,
    Secondary,
    /// Footer and keypad keys.
    Quiet,
}

/// The question over everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    pub title: String,
    pub text: String,
    /// Ring with a number that counts down, of a total.
    pub countdown_s: Option<(u32, u32)>,
    pub buttons: Vec<Button>,
}

/// One piece of a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Text { text: String },
    /// A section heading.
    Heading { text: String },
    /// A large picture in a soft square.
    Picture { icon: Icon, tone: Tone },
    /// A card that tells something: title in bold, text below.
    Notice { icon: Icon, tone: Tone, title: String, text: Option<String> },
    /// Labels and values, two to a row.
    Facts { fields: Vec<(String, String)> },
    /// A list of things to know, one line each.
    List { entries: Vec<ListEntry> },
    /// What happened to a case.
    Timeline { steps: Vec<TimelineStep> },
    /// The locker wall.
    Wall { columns: usize, cells: Vec<WallCell> },
    /// Numbered steps side by side; which is now.
    Steps { steps: Vec<Step> },
    /// What waits for this person: the amber card with its button.
    Feature { icon: Icon, badge: String, title: String, text: String, button: Button },
    /// Large tiles with picture, word and a line below.
    Tiles { columns: usize, tiles: Vec<Tile> },
    /// Full-width rows that lead on.
    Rows { rows: Vec<Row> },
    /// Previous and next page with “2 / 5” between.
    Pager { text: String, previous: Button, next: Button },
    /// Days side by side.
    Days { days: Vec<DayCell> },
    /// Times in a grid of four.
    Slots { slots: Vec<SlotCell> },
    /// Places for the digits of a code, in groups of four.
    CodeCells { cells: Vec<Option<char>>, hidden: bool },
    /// Lines of a form, of which one takes what is typed.
    Fields { fields: Vec<Field> },
    /// Text typed so far, or a hint.
    Input { icon: Icon, text: String, hint: String },
    /// Keys in a grid.
    Keypad { columns: usize, keys: Vec<Button> },
    /// One to three buttons in a row.
    Buttons { buttons: Vec<Button> },
    /// A QR code beside a number and a sentence.
    Qr { modules: QrModules, label: String, value: String, text: String },
    /// A question with a word that can be touched (`link`).
    Link { before: String, link: Button },
    /// Something is being waited for.
    Busy { text: String },
}

/// A line of a [`Block::List`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    pub icon: Icon,
    pub tone: Tone,
    pub text: String,
}

/// A line of a [`Block::Timeline`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineStep {
    pub icon: Option<Icon>,
    pub tone: Tone,
    pub title: String,
    pub note: String,
    /// Still to come: drawn pale.
    pub to_come: bool,
}

/// A compartment of a [`Block::Wall`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallCell {
    pub label: String,
    pub tone: Tone,
    /// Height in rows of the smallest compartment.
    pub rows: u8,
}

/// A card of [`Block::Steps`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub title: String,
    pub text: String,
    pub state: StepState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Done,
    Now,
    ToCome,
}

/// A tile of [`Block::Tiles`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    pub icon: Icon,
    pub title: String,
    pub text: String,
    pub enabled: bool,
    pub action: Action,
}

/// A row of [`Block::Rows`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub icon: Icon,
    pub title: String,
    pub text: String,
    pub badge: Option<Chip>,
    pub enabled: bool,
    pub action: Action,
}

/// A line of [`Block::Fields`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub icon: Icon,
    pub label: String,
    /// What was typed so far; the hint stands there while it is empty.
    pub text: String,
    pub hint: String,
    /// Takes what is typed.
    pub chosen: bool,
    pub enabled: bool,
    pub action: Action,
}

/// A day of [`Block::Days`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayCell {
    pub weekday: String,
    pub day: String,
    pub note: String,
    /// Spoken and used as label: the whole date.
    pub label: String,
    pub selected: bool,
    pub enabled: bool,
    pub action: Action,
}

/// A time of [`Block::Slots`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotCell {
    pub time: String,
    pub note: String,
    pub selected: bool,
    pub enabled: bool,
    pub action: Action,
}

/// A QR code as a square of modules, without its quiet zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrModules {
    pub width: usize,
    /// Row by row, `true` is dark; `width * width` of them.
    pub dark: Vec<bool>,
}

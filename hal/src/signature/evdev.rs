//! Pen tablets as input devices of Linux (protocol `evdev`): records become places of the pen.
//!
//! Kernel documentation, input/event-codes: ABS_X, ABS_Y and ABS_PRESSURE change one by one,
//! BTN_TOUCH tells the touch, SYN_REPORT ends what belongs together. After SYN_DROPPED events are
//! missing: the pen counts as lifted until it is told again that it touches.

use super::{Area, SignatureSettings};
use crate::input::{
    Axes, Axis, InputEvent, RecordParser,
    codes::{ABS_PRESSURE, ABS_X, ABS_Y, BTN_TOOL_RUBBER, BTN_TOUCH, EV_ABS, EV_KEY},
};

const PRESSURE_FULL: i64 = 1_000;

/// The pen at the end of a report.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The kernel's time.
    pub time_us: u64,
    /// In hundredths of a millimetre from the upper left corner, as people see the pad.
    pub x: i32,
    pub y: i32,
    /// 0 to 1000.
    pub pressure: u16,
    /// It draws.
    pub down: bool,
}

/// Where a pen is belongs to what it wrote.
impl std::fmt::Debug for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sample({})", if self.down { "down" } else { "up" })
    }
}

/// Collects events into places of the pen.
#[derive(Debug)]
pub struct Tablet {
    settings: SignatureSettings,
    records: RecordParser,
    axes: Axes,
    pen: Pen,
    /// Events were lost; those up to the next report count for nothing.
    skipping: bool,
}

#[derive(Clone, Copy, Default)]
struct Pen {
    x: Option<i32>,
    y: Option<i32>,
    pressure: Option<i32>,
    touch: Option<bool>,
    rubber: bool,
    /// Whether it touches is not known since events were lost.
    unsure: bool,
}

impl std::fmt::Debug for Pen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pen(…)")
    }
}

impl Tablet {
    /// A tablet that said nothing yet.
    pub fn new(settings: &SignatureSettings) -> Self {
        Self {
            settings: *settings,
            records: RecordParser::default(),
            axes: Axes::default(),
            pen: Pen::default(),
            skipping: false,
        }
    }

    /// Takes records as they come and returns where the pen was. Nothing comes while the size of
    /// the pad is unknown, see [`Self::area`].
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Sample> {
        let events = self.records.push(bytes);
        events.iter().filter_map(|it| self.take(it)).collect()
    }

    /// Forgets everything, for example after the pad was unplugged.
    pub fn clear(&mut self) {
        *self = Self::new(&self.settings);
    }

    /// The writing area, from the settings or from the pad. `None`: neither tells it.
    pub fn area(&self) -> Option<Area> {
        let (across, down) = self.scales()?;
        let (across, down) = (across.length(), down.length());
        let (width, height) = if self.settings.swap_axes { (down, across) } else { (across, down) };
        Some(Area { width, height })
    }

    fn take(&mut self, event: &InputEvent) -> Option<Sample> {
        if event.is_dropped() {
            self.skipping = true;
            self.pen.unsure = true;
        }
        if self.skipping {
            self.skipping = !event.is_report();
            return event.is_report().then(|| self.sample(event.time_us)).flatten();
        }
        self.axes.take(event);
        match (event.kind, event.code) {
            (EV_ABS, ABS_X) => self.pen.x = Some(event.value),
            (EV_ABS, ABS_Y) => self.pen.y = Some(event.value),
            (EV_ABS, ABS_PRESSURE) => {
                self.pen.pressure = Some(event.value);
                // One that presses touches, even if the event that said so was lost.
                if self.pen.unsure && self.presses() {
                    self.pen.unsure = false;
                    self.pen.touch = self.pen.touch.map(|_| true);
                }
            }
            (EV_KEY, BTN_TOUCH) => {
                self.pen.touch = Some(event.value != 0);
                self.pen.unsure = false;
            }
            (EV_KEY, BTN_TOOL_RUBBER) => self.pen.rubber = event.value != 0,
            _ if event.is_report() => return self.sample(event.time_us),
            _ => {}
        }
        None
    }

    fn sample(&self, time_us: u64) -> Option<Sample> {
        let (across, down) = self.scales()?;
        let (x, y) = (across.place(self.pen.x?), down.place(self.pen.y?));
        let (width, height) = (across.length(), down.length());
        let swap = self.settings.swap_axes;
        let (x, y, width, height) =
            if swap { (y, x, height, width) } else { (x, y, width, height) };
        let mirrored = |place, length, mirror| if mirror { length - place } else { place };
        Some(Sample {
            time_us,
            x: mirrored(x, width, self.settings.mirror_x),
            y: mirrored(y, height, self.settings.mirror_y),
            pressure: self.pressure(),
            down: self.is_down(),
        })
    }

    /// A pad that tells touches decides by them, another by the pressure alone.
    fn is_down(&self) -> bool {
        let touches = match (self.pen.touch, self.pen.pressure) {
            (Some(touch), None) => touch,
            (Some(touch), Some(_)) => touch && self.presses(),
            (None, pressure) => pressure.is_some() && self.presses(),
        };
        touches && !self.pen.rubber && !self.pen.unsure
    }

    fn presses(&self) -> bool {
        self.pressure() > self.settings.pressure_min_permille
    }

    fn pressure(&self) -> u16 {
        let Some(pressure) = self.pen.pressure else { return 1_000 };
        let axis = self.axes.pressure.unwrap_or(Axis { min: 0, max: 0, resolution: 0 });
        let max = with_setting(axis.max, self.settings.pressure_max);
        // A pad that does not tell its largest pressure only says whether there is any.
        let range = i64::from(max) - i64::from(axis.min);
        let above = i64::from(pressure) - i64::from(axis.min);
        let permille =
            if range > 0 { above * PRESSURE_FULL / range } else { above * PRESSURE_FULL };
        u16::try_from(permille.clamp(0, PRESSURE_FULL)).unwrap_or(0)
    }

    fn scales(&self) -> Option<(Scale, Scale)> {
        let SignatureSettings { width_mm, height_mm, x_max, y_max, .. } = self.settings;
        let (across_mm, down_mm) =
            if self.settings.swap_axes { (height_mm, width_mm) } else { (width_mm, height_mm) };
        let across = Scale::of(self.axes.x, x_max, across_mm)?;
        Some((across, Scale::of(self.axes.y, y_max, down_mm)?))
    }
}

fn with_setting(told: i32, setting: u32) -> i32 {
    if setting == 0 { told } else { i32::try_from(setting).unwrap_or(i32::MAX) }
}

/// One axis in hundredths of a millimetre: `units` of it are `length` long.
#[derive(Clone, Copy)]
struct Scale {
    min: i32,
    units: i64,
    length: i64,
}

/// No pad is longer, in hundredths of a millimetre.
const LENGTH_MAX: i64 = 200_000;

impl Scale {
    fn of(axis: Option<Axis>, max: u32, length_mm: u16) -> Option<Self> {
        let axis = axis.unwrap_or(Axis { min: 0, max: 0, resolution: 0 });
        let max = with_setting(axis.max, max);
        let units = i64::from(max) - i64::from(axis.min);
        let length = match (length_mm, axis.resolution) {
            (0, ..=0) => return None,
            (0, resolution) => units * 100 / i64::from(resolution),
            (length_mm, _) => i64::from(length_mm) * 100,
        };
        let possible = units > 0 && (1..=LENGTH_MAX).contains(&length);
        possible.then_some(Self { min: axis.min, units, length })
    }

    fn length(self) -> i32 {
        i32::try_from(self.length).unwrap_or(i32::MAX)
    }

    /// Places beside the area are moved to its edge.
    fn place(self, value: i32) -> i32 {
        let above = (i64::from(value) - i64::from(self.min)).clamp(0, self.units);
        i32::try_from(above * self.length / self.units).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{
        codes::{BTN_TOOL_PEN, EV_SYN, SYN_DROPPED},
        encode_all,
    };
    use crate::testing::fixed_seed;
    use proptest::{collection::vec, prelude::*};

    fn axes(resolution: i32) -> Axes {
        let axis = |max, resolution| Some(Axis { min: 0, max, resolution });
        Axes { x: axis(9_600, resolution), y: axis(6_000, resolution), pressure: axis(1_023, 0) }
    }

    fn tablet(settings: &SignatureSettings) -> Tablet {
        let mut tablet = Tablet::new(settings);
        assert_eq!(tablet.push(&encode_all(&axes(80).to_events())), []);
        tablet
    }

    fn touch(down: bool) -> InputEvent {
        InputEvent::new(1, EV_KEY, BTN_TOUCH, i32::from(down))
    }

    fn at(x: i32, y: i32, pressure: i32) -> Vec<InputEvent> {
        let all = [(ABS_X, x), (ABS_Y, y), (ABS_PRESSURE, pressure)];
        all.map(|(code, value)| InputEvent::new(1, EV_ABS, code, value)).to_vec()
    }

    fn said(tablet: &mut Tablet, parts: &[&[InputEvent]]) -> Vec<(i32, i32, u16, bool)> {
        let samples = tablet.push(&encode_all(&parts.concat()));
        samples.into_iter().map(|it| (it.x, it.y, it.pressure, it.down)).collect()
    }

    #[test]
    fn places_are_in_hundredths_of_a_millimetre() {
        let mut tablet = tablet(&SignatureSettings::default());
        assert_eq!(tablet.area(), Some(Area { width: 12_000, height: 7_500 }));
        let report = InputEvent::report(2);
        let near = InputEvent::new(1, EV_KEY, BTN_TOOL_PEN, 1);
        assert_eq!(
            said(
                &mut tablet,
                &[
                    &[near, report],
                    &at(4_800, 80, 0),
                    &[report, touch(true)],
                    &at(4_800, 160, 512),
                    &[
                        report,
                        InputEvent::new(1, EV_ABS, ABS_X, 9_600),
                        report,
                        touch(false),
                        report
                    ],
                ]
            ),
            [
                (6_000, 100, 0, false),
                (6_000, 200, 500, true),
                (12_000, 200, 500, true),
                (12_000, 200, 500, false),
            ]
        );
    }

    #[test]
    fn a_pad_may_be_mounted_any_way_round() {
        let settings = |swap_axes, mirror_x, mirror_y| SignatureSettings {
            swap_axes,
            mirror_x,
            mirror_y,
            ..SignatureSettings::default()
        };
        for (settings, place, width) in [
            (settings(false, true, false), (10_800, 750), 12_000),
            (settings(false, false, true), (1_200, 6_750), 12_000),
            (settings(true, false, false), (750, 1_200), 7_500),
            (settings(true, true, true), (6_750, 10_800), 7_500),
        ] {
            let mut tablet = tablet(&settings);
            assert_eq!(tablet.area().map(|it| it.width), Some(width));
            let said =
                said(&mut tablet, &[&at(960, 600, 512), &[touch(true), InputEvent::report(1)]]);
            assert_eq!(said.first().map(|it| (it.0, it.1)), Some(place), "{settings:?}");
        }
    }

    #[test]
    fn a_pad_that_does_not_tell_its_size_needs_settings() {
        let mut silent = Tablet::new(&SignatureSettings::default());
        silent.push(&encode_all(&axes(0).to_events()));
        assert_eq!(silent.area(), None);
        assert!(said(&mut silent, &[&at(1, 1, 900), &[InputEvent::report(1)]]).is_empty());
        let settings = SignatureSettings { width_mm: 96, height_mm: 60, ..Default::default() };
        silent = Tablet::new(&settings);
        silent.push(&encode_all(&axes(0).to_events()));
        assert_eq!(silent.area(), Some(Area { width: 9_600, height: 6_000 }));
        let settings = SignatureSettings { x_max: 100, y_max: 100, pressure_max: 10, ..settings };
        let mut recorded = Tablet::new(&settings);
        let said = said(&mut recorded, &[&at(50, 50, 5), &[InputEvent::report(1)]]);
        assert_eq!(said, [(4_800, 3_000, 500, true)], "a recording without its axes");
    }

    #[test]
    fn after_lost_events_the_pen_is_up_until_it_is_told_otherwise() {
        let mut tablet = tablet(&SignatureSettings::default());
        let report = InputEvent::report(1);
        let dropped = InputEvent::new(1, EV_SYN, SYN_DROPPED, 0);
        let down = |it: Vec<(i32, i32, u16, bool)>| it.iter().map(|it| it.3).collect::<Vec<_>>();
        let said = said(
            &mut tablet,
            &[
                &[touch(true)],
                &at(80, 80, 500),
                &[report, dropped],
                &at(9_000, 9_000, 900),
                &[report, InputEvent::new(1, EV_ABS, ABS_X, 160), report],
                &at(240, 80, 500),
                &[report],
            ],
        );
        assert_eq!(said[1].0, 100, "what came until the report counts for nothing");
        assert_eq!(down(said), [true, false, false, true]);
    }

    #[test]
    fn the_other_end_of_the_pen_draws_nothing() {
        let mut tablet = tablet(&SignatureSettings::default());
        let rubber = InputEvent::new(1, EV_KEY, BTN_TOOL_RUBBER, 1);
        let said = said(
            &mut tablet,
            &[&[rubber, touch(true)], &at(80, 80, 500), &[InputEvent::report(1)]],
        );
        assert_eq!(said, [(100, 100, 488, false)]);
        let shown = format!("{tablet:?}");
        assert!(shown.contains("Pen(…)") && shown.contains("RecordParser(0 bytes)"), "{shown}");
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn places_stay_on_the_pad(
            moves in vec(any::<(i32, i32, i32)>(), 1..20), swap_axes in any::<bool>(),
            min in any::<i32>(), max in any::<i32>(), resolution in any::<i32>(),
            width_mm in prop_oneof![Just(0), 10..=1000_u16],
        ) {
            let settings =
                SignatureSettings {
                    swap_axes,
                    width_mm,
                    height_mm: width_mm,
                    ..Default::default()
                };
            let mut tablet = Tablet::new(&settings);
            let axis = Some(Axis { min, max, resolution });
            let mut events = Axes { x: axis, y: axis, pressure: axis }.to_events();
            for (x, y, pressure) in moves {
                events.extend(at(x, y, pressure));
                events.push(InputEvent::report(1));
            }
            for sample in tablet.push(&encode_all(&events)) {
                let area = tablet.area().expect("without there are no samples");
                prop_assert!((0..=area.width).contains(&sample.x));
                prop_assert!((0..=area.height).contains(&sample.y));
                prop_assert!(sample.pressure <= 1_000);
            }
        }

        #[test]
        fn any_bytes_do_no_harm(chunks in vec(vec(any::<u8>(), 0..400), 0..6)) {
            let mut tablet = tablet(&SignatureSettings::default());
            for chunk in chunks {
                tablet.push(&chunk);
            }
        }
    }
}

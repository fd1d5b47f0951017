//! Checks of what is on the screen: geometry of the elements, contrast of the pixels.

use std::fmt;

use kiosk_core::screen::Look;

use crate::{Element, Panel, Role};

/// Differences that come from rounding to whole pixels.
const ROUNDING_PX: f32 = 1.0;
/// A line of text is higher than this, in em; two lines are higher than twice this.
const LINE_EM: f32 = 1.2;

/// What is wrong with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Part of it lies outside the panel.
    OutsidePanel,
    /// The text has less room than it needs.
    TextCut,
    /// It lies partly on another element.
    Overlap,
    /// A target smaller than 20 mm or 60 px.
    TargetSmall,
    /// Less than 3 mm to the next target.
    GapSmall,
    /// It can be touched but is higher than everybody reaches.
    OutOfReach,
    /// Capital letters are seen at less than 0.7°.
    TextSmall,
    /// Nothing says what the target is.
    Unnamed,
}

/// One thing wrong with the layout of a screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub fault: Fault,
    pub element: Element,
    /// The other element of an overlap or a gap.
    pub other: Option<Element>,
}

impl fmt::Display for Problem {
    /// Names elements by their words: use on screens of invented people only.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {:?} “{}”", self.fault, self.element, self.element.label)?;
        match &self.other {
            Some(other) => write!(formatter, " and {other:?} “{}”", other.label),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with the visible elements of a screen on this panel.
pub fn layout(elements: &[Element], panel: &Panel, look: Look) -> Vec<Problem> {
    let mut problems: Vec<_> = elements
        .iter()
        .flat_map(|element| {
            faults(element, panel, look).into_iter().map(|fault| Problem {
                fault,
                element: element.clone(),
                other: None,
            })
        })
        .collect();
    for (at, element) in elements.iter().enumerate() {
        for other in &elements[at + 1..] {
            if let Some(fault) = fault_between(element, other, panel) {
                let (element, other) = (element.clone(), Some(other.clone()));
                problems.push(Problem { fault, element, other });
            }
        }
    }
    problems
}

fn faults(element: &Element, panel: &Panel, look: Look) -> Vec<Fault> {
    let target = element.role == Role::Button;
    let right = panel.width_px as f32 + ROUNDING_PX;
    let bottom = panel.height_px as f32 + ROUNDING_PX;
    let outside = element.x < -ROUNDING_PX
        || element.y < -ROUNDING_PX
        || element.x + element.w > right
        || element.y + element.h > bottom;
    let small = element.w.min(element.h) + ROUNDING_PX < panel.target_px();
    let text_small = element.type_px.is_some_and(|px| px + 0.5 < panel.least_text_px());
    [
        (outside, Fault::OutsidePanel),
        (text_cut(element), Fault::TextCut),
        (target && small, Fault::TargetSmall),
        (target && element.y + ROUNDING_PX < panel.touch_top_px(look), Fault::OutOfReach),
        (text_small, Fault::TextSmall),
        (target && element.label.trim().is_empty(), Fault::Unnamed),
    ]
    .into_iter()
    .filter_map(|(wrong, fault)| wrong.then_some(fault))
    .collect()
}

/// A wrapped text may be narrower than it would like to be, but then it needs its height.
fn text_cut(element: &Element) -> bool {
    let (Some(type_px), Some((wants_w, wants_h))) = (element.type_px, element.wants) else {
        return false;
    };
    let one_line = wants_h < 2.0 * LINE_EM * type_px;
    let cut_right = one_line && wants_w > element.w + ROUNDING_PX;
    cut_right || wants_h > element.h + ROUNDING_PX
}

fn fault_between(one: &Element, other: &Element, panel: &Panel) -> Option<Fault> {
    let across = gap(one.x, one.w, other.x, other.w);
    let down = gap(one.y, one.h, other.y, other.h);
    let overlap = across < -ROUNDING_PX && down < -ROUNDING_PX;
    let nested = one.contains(other) || other.contains(one);
    match (one.role, other.role) {
        // Pictures lie under and beside words as they like.
        (Role::Image, _) | (_, Role::Image) => None,
        (Role::Button, Role::Button) if nested && (one.card || other.card) => None,
        (Role::Button, Role::Button) if overlap => Some(Fault::Overlap),
        (Role::Button, Role::Button) => {
            (across.max(down) + ROUNDING_PX < panel.gap_px()).then_some(Fault::GapSmall)
        }
        (Role::Text, Role::Text) => overlap.then_some(Fault::Overlap),
        _ => (overlap && !nested).then_some(Fault::Overlap),
    }
}

/// Distance of two spans; negative where they overlap.
fn gap(start: f32, length: f32, other_start: f32, other_length: f32) -> f32 {
    (other_start - (start + length)).max(start - (other_start + other_length))
}

/// Contrast of two colours (WCAG 2.2), 1 to 21.
pub fn contrast(one: [u8; 3], other: [u8; 3]) -> f32 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: [u8; 3]) -> f32 {
    let [red, green, blue] = colour.map(|part| {
        let part = f32::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// Contrast of an element's ink with its ground, as drawn: the ground is the commonest colour of
/// its area, the ink the colour with the greatest contrast to it. `None` outside the picture.
pub fn contrast_drawn(element: &Element, pixels: &[[u8; 3]], width_px: usize) -> Option<f32> {
    let columns = element.x.max(0.0) as usize..((element.x + element.w) as usize).min(width_px);
    let rows = element.y.max(0.0) as usize..(element.y + element.h) as usize;
    let mut counted = std::collections::HashMap::<[u8; 3], usize>::new();
    for row in rows {
        for pixel in pixels.get(row * width_px + columns.start..row * width_px + columns.end)? {
            *counted.entry(*pixel).or_default() += 1;
        }
    }
    let ground = *counted.iter().max_by_key(|(_, count)| **count)?.0;
    counted.keys().map(|ink| contrast(*ink, ground)).max_by(f32::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn button(label: &str, x: f32, y: f32, w: f32, h: f32) -> Element {
        let (label, type_px, wants) = (label.to_owned(), None, None);
        Element {
            role: Role::Button,
            label,
            x,
            y,
            w,
            h,
            enabled: true,
            type_px,
            wants,
            card: false,
        }
    }

    fn text(x: f32, y: f32, w: f32, h: f32, type_px: f32, wants: (f32, f32)) -> Element {
        let role = Role::Text;
        Element { role, type_px: Some(type_px), wants: Some(wants), ..button("words", x, y, w, h) }
    }

    fn found(elements: &[Element]) -> Vec<Fault> {
        let problems = layout(elements, &Panel::default(), Look::default());
        problems.into_iter().map(|problem| problem.fault).collect()
    }

    #[test]
    fn a_sound_layout_has_no_problem() {
        let words = text(60.0, 1010.0, 200.0, 50.0, 34.0, (180.0, 49.0));
        let elements = [
            button("A", 48.0, 1000.0, 400.0, 140.0),
            words,
            button("B", 48.0, 1152.0, 400.0, 140.0),
        ];
        assert_eq!(found(&elements), []);
    }

    #[test]
    fn each_fault_is_found() {
        use Fault::{
            GapSmall, OutOfReach, OutsidePanel, Overlap, TargetSmall, TextCut, TextSmall, Unnamed,
        };
        assert_eq!(found(&[button("A", 900.0, 900.0, 400.0, 100.0)]), [OutsidePanel]);
        assert_eq!(found(&[button("A", 48.0, 900.0, 400.0, 50.0)]), [TargetSmall]);
        assert_eq!(found(&[button("A", 48.0, 400.0, 400.0, 100.0)]), [OutOfReach]);
        assert_eq!(found(&[button(" ", 48.0, 900.0, 400.0, 100.0)]), [Unnamed]);
        assert_eq!(found(&[text(0.0, 0.0, 100.0, 50.0, 34.0, (120.0, 49.0))]), [TextCut]);
        assert_eq!(found(&[text(0.0, 0.0, 100.0, 50.0, 34.0, (190.0, 98.0))]), [TextCut]);
        assert_eq!(found(&[text(0.0, 0.0, 100.0, 50.0, 20.0, (90.0, 29.0))]), [TextSmall]);
        let (one, two) =
            (button("A", 0.0, 900.0, 90.0, 90.0), button("B", 95.0, 900.0, 90.0, 90.0));
        assert_eq!(found(&[one.clone(), two]), [GapSmall]);
        assert_eq!(found(&[one, button("B", 50.0, 950.0, 90.0, 90.0)]), [Overlap]);
    }

    #[test]
    fn low_reach_asks_for_the_lower_half() {
        let look = Look { low_reach: true, ..Look::default() };
        let problems = layout(&[button("A", 48.0, 800.0, 400.0, 100.0)], &Panel::default(), look);
        assert_eq!(problems[0].fault, Fault::OutOfReach);
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast([0, 0, 0], [255, 255, 255]) - 21.0).abs() < 0.01);
        assert!((contrast([0x77, 0x77, 0x77], [255, 255, 255]) - 4.48).abs() < 0.01);
    }
}

//! The glass the kiosk is drawn on, in millimetres: every size on screen follows from it.

use kiosk_core::screen::Look;

/// Diagonal and pixels of the panel for which the sizes in `ui/tokens.slint` are written.
const REFERENCE_MM_PER_PX: f32 = 0.311_33;
/// Viewing distance for which the type sizes are written.
const REFERENCE_VIEWING_MM: f32 = 500.0;
/// Highest place a person in a wheelchair can touch (EN 301 549 8.3.3, ADA 308), above the floor.
pub const REACH_MM: f32 = 1220.0;
/// Smallest target.
pub const TARGET_MM: f32 = 20.0;
/// No panel gets targets smaller than this.
pub const TARGET_LEAST_PX: f32 = 60.0;
/// Smallest gap between two targets.
pub const GAP_MM: f32 = 3.0;
/// Height of a capital letter of Noto Sans CJK, in em.
const CAPITAL_EM: f32 = 0.733;
/// Least angle of a capital letter's height (EN 301 549 5.1.4).
const CAPITAL_DEGREES: f32 = 0.7;
/// Height of a Chinese character that large text must reach.
const LARGE_HANZI_MM: f32 = 12.0;
/// Height of a Chinese character's ink in Noto Sans CJK, in em.
const HANZI_EM: f32 = 0.92;

/// Size, mounting and distance of the panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Panel {
    /// Diagonal.
    pub inches: f32,
    /// Height of the visible area's lower edge above the floor.
    pub lower_edge_mm: f32,
    /// Distance of the eyes from the glass.
    pub viewing_mm: f32,
    pub width_px: u32,
    pub height_px: u32,
}

impl Default for Panel {
    fn default() -> Self {
        Self {
            inches: 27.0,
            lower_edge_mm: 800.0,
            viewing_mm: 500.0,
            width_px: 1080,
            height_px: 1920,
        }
    }
}

impl Panel {
    /// Width of one pixel.
    pub fn mm_per_px(&self) -> f32 {
        let diagonal_px = (self.width_px as f32).hypot(self.height_px as f32);
        self.inches * 25.4 / diagonal_px
    }

    /// What a size written for the reference panel is multiplied with.
    pub fn scale(&self) -> f32 {
        REFERENCE_MM_PER_PX / self.mm_per_px()
    }

    /// What a type size written for the reference panel and distance is multiplied with.
    ///
    /// Never smaller than the reference in millimetres: who stands nearer loses nothing.
    pub fn text_scale(&self) -> f32 {
        self.scale() * (self.viewing_mm / REFERENCE_VIEWING_MM).max(1.0)
    }

    /// Smallest side of a target.
    pub fn target_px(&self) -> f32 {
        (TARGET_MM / self.mm_per_px()).max(TARGET_LEAST_PX)
    }

    /// Smallest gap between two targets.
    pub fn gap_px(&self) -> f32 {
        GAP_MM / self.mm_per_px()
    }

    /// Highest row of pixels that may be touched.
    pub fn touch_top_px(&self, look: Look) -> f32 {
        let height_px = self.height_px as f32;
        let reach_px = height_px - (REACH_MM - self.lower_edge_mm) / self.mm_per_px();
        let reach_px = reach_px.clamp(0.0, height_px);
        if look.low_reach { reach_px.max(height_px / 2.0) } else { reach_px }
    }

    /// Smallest type size, so that a capital letter is seen at 0.7° or more.
    pub fn least_text_px(&self) -> f32 {
        let capital_mm = self.viewing_mm * CAPITAL_DEGREES.to_radians().tan();
        capital_mm / self.mm_per_px() / CAPITAL_EM
    }

    /// Smallest type size of main text in the large text theme: Chinese characters 12 mm tall.
    pub fn large_text_px(&self) -> f32 {
        LARGE_HANZI_MM / self.mm_per_px() / HANZI_EM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_panel_gives_the_numbers_the_sizes_were_drawn_with() {
        let panel = Panel::default();
        assert!((panel.mm_per_px() - 0.3113).abs() < 0.0005);
        assert!((panel.scale() - 1.0).abs() < 0.002);
        assert_eq!(panel.target_px().ceil(), 65.0);
        assert_eq!(panel.least_text_px().round(), 27.0);
        assert_eq!(panel.large_text_px().round(), 42.0);
        assert_eq!(panel.touch_top_px(Look::default()).round(), 571.0);
        let low_reach = Look { low_reach: true, ..Look::default() };
        assert_eq!(panel.touch_top_px(low_reach), 960.0);
    }

    #[test]
    fn smaller_glass_and_longer_distance_ask_for_more_pixels() {
        let small = Panel { inches: 21.5, ..Panel::default() };
        assert!(small.scale() > 1.25 && small.target_px() > 80.0);
        let far = Panel { viewing_mm: 600.0, ..Panel::default() };
        assert_eq!(far.scale(), Panel::default().scale());
        assert!((far.text_scale() / far.scale() - 1.2).abs() < 0.001);
    }

    #[test]
    fn a_panel_mounted_too_high_leaves_its_lower_part() {
        let high = Panel { lower_edge_mm: 1100.0, ..Panel::default() };
        assert!(high.touch_top_px(Look::default()) > 1500.0);
        let out_of_reach = Panel { lower_edge_mm: 1500.0, ..Panel::default() };
        assert_eq!(out_of_reach.touch_top_px(Look::default()), 1920.0);
    }
}

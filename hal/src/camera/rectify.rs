//! Straightens a page: the quadrilateral becomes a rectangle.

use super::image::{Rgb, size_fits};
use super::page::{Corners, Place};

/// A map between planes as a matrix of 3 × 3, its last element 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography([f64; 9]);

impl Homography {
    /// The map that takes the corners of a rectangle of this size to `corners`. `None` where three
    /// of them are on one line.
    pub fn onto(corners: &Corners, width: f64, height: f64) -> Option<Self> {
        let source =
            [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)].map(|(x, y)| Place { x, y });
        let mut rows = [[0.0; 9]; 8];
        for (index, (from, to)) in source.iter().zip(corners).enumerate() {
            let (x, y, u, v) = (from.x, from.y, to.x, to.y);
            rows[2 * index] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
            rows[2 * index + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
        }
        solved(rows).map(Self)
    }

    /// Where a place goes.
    pub fn apply(&self, x: f64, y: f64) -> Place {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let depth = g * x + h * y + i;
        Place { x: (a * x + b * y + c) / depth, y: (d * x + e * y + f) / depth }
    }

    /// The way back.
    pub fn inverse(&self) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i] = self.0;
        let adjoint = [
            e * i - f * h,
            c * h - b * i,
            b * f - c * e,
            f * g - d * i,
            a * i - c * g,
            c * d - a * f,
            d * h - e * g,
            b * g - a * h,
            a * e - b * d,
        ];
        let last = adjoint[8];
        let possible = last.abs() > 1e-12 && adjoint.iter().all(|it| it.is_finite());
        possible.then(|| Self(adjoint.map(|it| it / last)))
    }
}

/// Eight equations with eight unknowns, by elimination with pivots.
fn solved(mut rows: [[f64; 9]; 8]) -> Option<[f64; 9]> {
    for column in 0..8 {
        let pivot =
            (column..8).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs()))?;
        rows.swap(column, pivot);
        let head = rows[column];
        if head[column].is_nan() || head[column].abs() <= 1e-9 {
            return None;
        }
        for (index, row) in rows.iter_mut().enumerate() {
            let share = row[column] / head[column];
            if index != column {
                row.iter_mut().zip(head).for_each(|(it, head)| *it -= share * head);
            }
        }
    }
    let mut solution = [1.0; 9];
    for (index, row) in rows.iter().enumerate() {
        solution[index] = row[8] / row[index];
    }
    solution.iter().all(|it| it.is_finite()).then_some(solution)
}

/// Which shape a straightened page has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paper {
    /// 210 × 297 mm, upright or across as it lies.
    #[default]
    A4,
    /// As its sides are in the picture.
    AsSeen,
}

const A4_RATIO: f64 = 297.0 / 210.0;

/// Width and height of the straightened page, the longer side `long_side`.
pub fn target_size(corners: &Corners, paper: Paper, long_side: usize) -> (usize, usize) {
    let side =
        |a: usize, b: usize| (corners[a].x - corners[b].x).hypot(corners[a].y - corners[b].y);
    let (wide, high) = ((side(0, 1) + side(3, 2)) / 2.0, (side(0, 3) + side(1, 2)) / 2.0);
    let ratio = match paper {
        Paper::A4 => A4_RATIO,
        Paper::AsSeen => (wide.max(high) / wide.min(high).max(1.0)).clamp(1.0, 10.0),
    };
    let short = ((long_side as f64 / ratio).round() as usize).max(1);
    if wide > high { (long_side, short) } else { (short, long_side) }
}

/// The page as a picture of its own.
pub fn rectified(picture: &Rgb, corners: &Corners, width: usize, height: usize) -> Option<Rgb> {
    if !size_fits(width, height) {
        return None;
    }
    let map = Homography::onto(corners, width as f64, height as f64)?;
    Rgb::painted(width, height, |x, y| {
        let place = map.apply(x as f64 + 0.5, y as f64 + 0.5);
        between(picture, place)
    })
}

fn between(picture: &Rgb, place: Place) -> [u8; 3] {
    let (x, y) = (place.x - 0.5, place.y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let (across, down) = (x - left, y - top);
    let (left, top) = (left as isize, top as isize);
    let right = left.saturating_add(1);
    let below = top.saturating_add(1);
    let (a, b) = (picture.at(left, top), picture.at(right, top));
    let (c, d) = (picture.at(left, below), picture.at(right, below));
    std::array::from_fn(|channel| {
        let [a, b, c, d] = [a, b, c, d].map(|it| f64::from(it[channel]));
        let (upper, lower) = (a + (b - a) * across, c + (d - c) * across);
        (upper + (lower - upper) * down + 0.5) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixed_seed;
    use proptest::prelude::*;

    fn place(x: f64, y: f64) -> Place {
        Place { x, y }
    }

    #[test]
    fn a_map_takes_corners_to_corners_and_back() {
        let corners =
            [place(10.0, 20.0), place(310.0, 40.0), place(290.0, 430.0), place(25.0, 400.0)];
        let map = Homography::onto(&corners, 210.0, 297.0).expect("a quadrilateral");
        let back = map.inverse().expect("it has a way back");
        for ((x, y), wanted) in
            [(0.0, 0.0), (210.0, 0.0), (210.0, 297.0), (0.0, 297.0)].into_iter().zip(corners)
        {
            let got = map.apply(x, y);
            assert!((got.x - wanted.x).hypot(got.y - wanted.y) < 1e-6);
            let home = back.apply(got.x, got.y);
            assert!((home.x - x).hypot(home.y - y) < 1e-6);
        }
        let line = [place(0.0, 0.0), place(1.0, 1.0), place(2.0, 2.0), place(3.0, 3.0)];
        assert_eq!(Homography::onto(&line, 210.0, 297.0), None);
    }

    #[test]
    fn a_page_keeps_its_way_up() {
        let tall = [place(0.0, 0.0), place(70.0, 0.0), place(70.0, 100.0), place(0.0, 100.0)];
        let flat = [place(0.0, 0.0), place(100.0, 0.0), place(100.0, 80.0), place(0.0, 80.0)];
        assert_eq!(target_size(&tall, Paper::A4, 297), (210, 297));
        assert_eq!(target_size(&flat, Paper::A4, 297), (297, 210));
        assert_eq!(target_size(&flat, Paper::AsSeen, 300), (300, 240));
    }

    proptest! {
        #![proptest_config(fixed_seed())]

        #[test]
        fn any_corners_do_no_harm(numbers in proptest::collection::vec(any::<f64>(), 8)) {
            let corners = std::array::from_fn(|it| place(numbers[2 * it], numbers[2 * it + 1]));
            let picture = Rgb::painted(20, 20, |x, y| [x as u8, y as u8, 0]).expect("small");
            rectified(&picture, &corners, 12, 17);
            let (width, height) = target_size(&corners, Paper::AsSeen, 40);
            prop_assert!((1..=40).contains(&width) && (1..=40).contains(&height));
        }
    }
}

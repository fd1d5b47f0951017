//! Finds the page in a picture: a bright quadrilateral on a darker ground.
//!
//! Brightness is cut in two where the two parts differ most (Otsu 1979). The largest bright piece
//! is the page; its convex hull is reduced to four corners by dropping, again and again, the side
//! that costs least area. Then each side is moved to where the brightness really steps, which gives
//! corners finer than a pixel, and tells how much of the sides is really there.

use super::image::Grey;

/// A place in a picture, in pixels from its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Place {
    pub x: f64,
    pub y: f64,
}

/// Upper left, upper right, lower right, lower left, as the page lies in the picture.
pub type Corners = [Place; 4];

/// A page that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    pub corners: Corners,
    /// How much of the four sides is really there, 0 to 1: the worst side counts.
    pub confidence: f64,
    /// The page reaches the edge of the picture.
    pub cut_off: bool,
}

/// The longer side of the picture that is searched.
const WORK_SIDE: usize = 360;
/// Page and ground differ at least so much in brightness.
const CONTRAST_MIN: f64 = 20.0;
/// A smaller piece is no page, as a share of the picture.
const AREA_MIN: f64 = 0.03;
/// How far from its first guess a side is looked for, in pixels of the searched picture.
const SEARCH: i32 = 8;
const PROBES: usize = 48;
/// A corner so near to the edge of the picture, in its pixels, may be beyond it.
const EDGE: f64 = 2.0;

/// The page in `picture`, if there is one.
pub fn find(picture: &Grey) -> Option<Found> {
    let factor = picture.width().max(picture.height()).div_ceil(WORK_SIDE).max(1);
    let work = picture.shrunk(factor);
    if work.width() < 16 || work.height() < 16 {
        return None;
    }
    let threshold = threshold(&work)?;
    let piece = largest_piece(&work, threshold)?;
    let hull = hull(&piece.outline);
    let hull_area = area(&hull);
    let rough = ordered(reduced(hull)?);
    let (corners, support) = refined(&work, rough);
    let coverage = (hull_area / area(&corners).max(1.0)).min(1.0);
    let factor = factor as f64;
    Some(Found {
        corners: corners.map(|it| Place { x: it.x * factor, y: it.y * factor }),
        confidence: support * coverage,
        cut_off: piece.cut_off || near_edge(&corners, &work),
    })
}

/// Between dark and bright; `None` where they differ too little.
fn threshold(picture: &Grey) -> Option<u8> {
    let mut histogram = [0_u32; 256];
    picture.pixels().iter().for_each(|it| histogram[usize::from(*it)] += 1);
    let total = picture.pixels().len() as f64;
    let sum: f64 =
        histogram.iter().enumerate().map(|(level, n)| level as f64 * f64::from(*n)).sum();
    let (mut below, mut below_sum) = (0.0, 0.0);
    let (mut best, mut best_level, mut best_gap) = (0.0, 0, 0.0);
    for (level, count) in histogram.iter().enumerate() {
        below += f64::from(*count);
        below_sum += level as f64 * f64::from(*count);
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let gap = (sum - below_sum) / above - below_sum / below;
        let variance = below * above * gap * gap;
        if variance > best {
            (best, best_level, best_gap) = (variance, level, gap);
        }
    }
    (best_gap >= CONTRAST_MIN).then(|| u8::try_from(best_level).unwrap_or(u8::MAX))
}

struct Piece {
    /// The corners of its outermost pixels, two to four in each row.
    outline: Vec<Place>,
    cut_off: bool,
}

/// The largest piece of connected pixels brighter than `threshold`.
fn largest_piece(picture: &Grey, threshold: u8) -> Option<Piece> {
    let (width, height) = (picture.width(), picture.height());
    let mut owner = vec![0_u32; width * height];
    let mut best = (0, 0);
    let mut stack = Vec::new();
    let mut number = 0;
    for start in 0..owner.len() {
        if owner[start] != 0 || picture.pixels()[start] <= threshold {
            continue;
        }
        number += 1;
        let mut size = 0;
        owner[start] = number;
        stack.push(start);
        while let Some(place) = stack.pop() {
            size += 1;
            let (x, y) = (place % width, place / width);
            let neighbours = [
                (x > 0).then(|| place - 1),
                (x + 1 < width).then_some(place + 1),
                (y > 0).then(|| place - width),
                (y + 1 < height).then_some(place + width),
            ];
            for next in neighbours.into_iter().flatten() {
                if owner[next] == 0 && picture.pixels()[next] > threshold {
                    owner[next] = number;
                    stack.push(next);
                }
            }
        }
        best = best.max((size, number));
    }
    let (size, number) = best;
    let enough = f64::from(size) >= AREA_MIN * (width * height) as f64;
    enough.then(|| outline(&owner, number, width))
}

fn outline(owner: &[u32], number: u32, width: usize) -> Piece {
    let height = owner.len() / width;
    let mut piece = Piece { outline: Vec::new(), cut_off: false };
    // Single pixels at the edge of the picture are noise, a run of them is a page cut off.
    let mut at_edges = [0_usize; 4];
    for (y, row) in owner.chunks_exact(width).enumerate() {
        let is_page = |it: &u32| *it == number;
        let Some(first) = row.iter().position(is_page) else { continue };
        let last = row.iter().rposition(is_page).unwrap_or(first);
        for (x, y) in [(first, y), (first, y + 1), (last + 1, y), (last + 1, y + 1)] {
            piece.outline.push(Place { x: x as f64, y: y as f64 });
        }
        at_edges[0] += usize::from(first == 0);
        at_edges[1] += usize::from(last + 1 == width);
        at_edges[2] += if y == 0 { last + 1 - first } else { 0 };
        at_edges[3] += if y + 1 == height { last + 1 - first } else { 0 };
    }
    piece.cut_off = at_edges.iter().any(|it| *it > 4);
    piece
}

fn cross(origin: Place, a: Place, b: Place) -> f64 {
    (a.x - origin.x) * (b.y - origin.y) - (a.y - origin.y) * (b.x - origin.x)
}

/// The convex hull, in the sense of growing angles (Andrew 1979).
fn hull(points: &[Place]) -> Vec<Place> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    sorted.dedup();
    let chain = |points: &mut dyn Iterator<Item = &Place>| {
        let mut chain: Vec<Place> = Vec::new();
        for point in points {
            while let [.., a, b] = chain[..]
                && cross(a, b, *point) <= 0.0
            {
                chain.pop();
            }
            chain.push(*point);
        }
        chain.pop();
        chain
    };
    let mut hull = chain(&mut sorted.iter());
    hull.extend(chain(&mut sorted.iter().rev()));
    hull
}

fn area(corners: &[Place]) -> f64 {
    let next = corners.iter().cycle().skip(1);
    let twice: f64 = corners.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum();
    twice.abs() / 2.0
}

/// Where the lines through two pairs of points meet.
fn meeting(a: Place, b: Place, c: Place, d: Place) -> Option<Place> {
    let (ux, uy, vx, vy) = (b.x - a.x, b.y - a.y, d.x - c.x, d.y - c.y);
    let turn = ux * vy - uy * vx;
    if turn.abs() < 1e-9 {
        return None;
    }
    let along = ((c.x - a.x) * vy - (c.y - a.y) * vx) / turn;
    Some(Place { x: a.x + along * ux, y: a.y + along * uy })
}

/// Four corners of a convex polygon: sides are dropped, their neighbours prolonged, cheapest first.
fn reduced(mut hull: Vec<Place>) -> Option<Corners> {
    while hull.len() > 4 {
        let count = hull.len();
        let at = |index: usize| hull[index % count];
        let cost = |index: usize| {
            let (before, from, to, after) =
                (at(index), at(index + 1), at(index + 2), at(index + 3));
            let corner = meeting(before, from, after, to)?;
            // Prolonged, not turned back.
            let outside = cross(from, to, corner) < 0.0;
            outside.then(|| (area(&[from, corner, to]), corner))
        };
        let best = (0..count)
            .filter_map(|index| cost(index).map(|(cost, corner)| (cost, index, corner)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let (_, index, corner) = best?;
        hull[(index + 1) % count] = corner;
        hull.remove((index + 2) % count);
    }
    hull.try_into().ok()
}

/// Turned so that the corner that is most up and left comes first.
fn ordered(mut corners: Corners) -> Corners {
    let sums = corners.map(|it| it.x + it.y);
    let first = (0..4).min_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0);
    corners.rotate_left(first);
    corners
}

/// Corners where the brightness really steps, and the share of probes at the worst side that saw a
/// step.
fn refined(picture: &Grey, rough: Corners) -> (Corners, f64) {
    let mut worst = 1.0_f64;
    let sides: [(Place, Place); 4] = std::array::from_fn(|side| {
        let (from, to) = (rough[side], rough[(side + 1) % 4]);
        let (line, support) = side_near(picture, from, to);
        worst = worst.min(support);
        line
    });
    let corner = |index: usize| {
        let (before, after) = (sides[(index + 3) % 4], sides[index]);
        let met = meeting(before.0, before.1, after.0, after.1);
        // Sides that hardly turn would meet far away.
        let near = |it: &Place| (it.x - rough[index].x).hypot(it.y - rough[index].y) < 40.0;
        met.filter(near).unwrap_or(rough[index])
    };
    (std::array::from_fn(corner), worst)
}

fn side_near(picture: &Grey, from: Place, to: Place) -> ((Place, Place), f64) {
    let length = (to.x - from.x).hypot(to.y - from.y).max(1.0);
    // The page is to the right of a side that runs clockwise as seen (y grows downwards).
    let inwards = Place { x: -(to.y - from.y) / length, y: (to.x - from.x) / length };
    let probe = |index: usize| {
        let part = 0.06 + 0.88 * index as f64 / (PROBES - 1) as f64;
        let foot = Place { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
        step_at(picture, foot, inwards).map(|off| (part * length, off))
    };
    let steps: Vec<(f64, f64)> = (0..PROBES).filter_map(probe).collect();
    let Some((base, slope, agreeing)) = fitted(&steps) else { return ((from, to), 0.0) };
    let moved = |corner: Place, along: f64| {
        let off = base + slope * along;
        Place { x: corner.x + inwards.x * off, y: corner.y + inwards.y * off }
    };
    ((moved(from, 0.0), moved(to, length)), agreeing as f64 / PROBES as f64)
}

/// How far inwards from `foot` the brightness steps up most; `None` where it hardly does.
fn step_at(picture: &Grey, foot: Place, inwards: Place) -> Option<f64> {
    let value = |off: f64| picture.between(foot.x + inwards.x * off, foot.y + inwards.y * off);
    let steps = (-2 * SEARCH..=2 * SEARCH).map(|half| {
        let off = f64::from(half) / 2.0;
        (off, value(off + 1.0) - value(off - 1.0))
    });
    let all: Vec<(f64, f64)> = steps.collect();
    let best = all.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    if best.1 < CONTRAST_MIN / 2.0 {
        return None;
    }
    // The middle of the slope, not its steepest sample.
    let near = all.iter().filter(|it| (it.0 - best.0).abs() <= 1.5 && it.1 > 0.0);
    let (weight, sum) = near.fold((0.0, 0.0), |(w, s), it| (w + it.1, s + it.1 * it.0));
    Some(sum / weight)
}

/// A line through most of the points, and how many of them it is near.
fn fitted(points: &[(f64, f64)]) -> Option<(f64, f64, usize)> {
    let mut kept = points.to_vec();
    let mut line = (0.0, 0.0);
    for limit in [4.0, 2.0, 1.0] {
        if kept.len() < PROBES / 6 {
            return None;
        }
        line = least_squares(&kept)?;
        let off = |it: &(f64, f64)| (it.1 - line.0 - line.1 * it.0).abs();
        let mut all: Vec<f64> = kept.iter().map(off).collect();
        all.sort_by(f64::total_cmp);
        let limit = f64::max(limit, 1.5 * all[all.len() / 2]);
        kept = points.iter().copied().filter(|it| off(it) <= limit).collect();
    }
    let agreeing = points.iter().filter(|it| (it.1 - line.0 - line.1 * it.0).abs() <= 1.0).count();
    Some((line.0, line.1, agreeing))
}

fn least_squares(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|it| it.0).sum::<f64>() / count;
    let mean_y = points.iter().map(|it| it.1).sum::<f64>() / count;
    let spread: f64 = points.iter().map(|it| (it.0 - mean_x).powi(2)).sum();
    let slope = points.iter().map(|it| (it.0 - mean_x) * (it.1 - mean_y)).sum::<f64>() / spread;
    slope.is_finite().then_some((mean_y - slope * mean_x, slope))
}

/// A corner is at the edge of the picture. One far beyond it is a guess from sides that are not
/// there, and tells nothing about where the page ends.
fn near_edge(corners: &Corners, picture: &Grey) -> bool {
    let (width, height) = (picture.width() as f64, picture.height() as f64);
    let inside = |it: &Place| it.x.min(it.y).min(width - it.x).min(height - it.y);
    let nearest = corners.iter().map(inside).fold(f64::INFINITY, f64::min);
    (-EDGE..EDGE).contains(&nearest)
}

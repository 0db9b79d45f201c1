//! Another configuration behind a variant's pane, on the same axes: what it was before somebody turned a knob.
//!
//! It never hides what it stands behind: levels are outlines, lanes and rows of requests a thin strip at their foot.

use std::fmt::Write as _;

use minijinja::Value;

use super::axes::{Axes, queue};
use super::heights::Heights;
use super::pane::{Pane, Side};
use super::segments::Lanes;
use super::shapes::{Shape, stretched, strokes};
use super::{areas, lanes};
use crate::report::data::VariantData;
use crate::report::human;

/// The part of a lane in which the ghost stands, in hundredths of its height: from, and how many.
const STRIP: (usize, usize) = (84, 13);
/// The class of all that belongs to it.
const CLASS: &str = "was";

impl Side<'_> {
    /// Puts a variant behind each track of another one's pane, and what its tracks came to behind their totals.
    pub(super) fn behind(&self, pane: &mut Pane, ghost: &VariantData) {
        let Some(found) = self.found(ghost) else {
            return;
        };
        let rows = &found.filled.rows;
        for track in &mut pane.tracks {
            let shape = match (track.kind, track.row) {
                ("lanes", _) => taken(self.axes, (ghost, &found.lanes), &track.heights),
                ("queue", _) => {
                    let levels = queue(ghost).map(|(at, depth)| (at, vec![depth]));
                    areas::steps(self.axes, levels, self.axes.queue_high, &[CLASS])
                }
                ("bytes", _) => bytes(self, ghost),
                (_, Some(row)) => strokes(self.axes, &rows[row].at_us, CLASS),
                _ => continue,
            };
            track.ghost = Some(Value::from_safe_string(shape));
            let was = match (track.kind, track.row) {
                (_, Some(row)) => self.row_total(ghost, &rows[row], row).0,
                ("queue", _) => self.queue_total(ghost),
                ("bytes", _) => self.bytes_total(ghost),
                _ => lanes::total(self, ghost, &found.lanes),
            };
            let was = Some(was).filter(|was| *was != track.total);
            // Beside a row's own count and its word there is room for the count.
            track.was = match track.row {
                Some(row) => was.map(|_| human::count(rows[row].measured)),
                None => was,
            };
        }
    }
}

/// When each lane was taken.
fn taken(axes: &Axes, (ghost, lanes): (&VariantData, &Lanes), heights: &Heights) -> Shape {
    if lanes.crowded(&ghost.plan) || heights.many() == 0 {
        return String::new();
    }
    let mut path = String::new();
    for segment in &lanes.segments {
        let (from, to) = (axes.x(segment.from_us), axes.x(segment.to_us));
        let wide = to.saturating_sub(from).max(1);
        let (top, tall) = heights.units(segment.lane, STRIP);
        let _ = write!(path, "M{from} {top}h{wide}v{tall}h-{wide}z");
    }
    let many = lanes.places.len().max(1);
    let high = heights.units_of(many);
    let shape = stretched(high, &format!(r#"<path class="{CLASS}" d="{path}"/>"#));
    // It may have more lanes than the pane, or fewer.
    let share = high as f64 / heights.units_of(heights.many()) as f64 * 100.0;
    format!(r#"<div class="was-lanes" style="height:{share:.2}%">{shape}</div>"#)
}

/// All that waited, wherever.
fn bytes(side: &Side<'_>, ghost: &VariantData) -> Shape {
    let looks = side.waiting(ghost).into_iter();
    let looks = looks.flat_map(|waiting| &waiting.looks);
    let sums = looks.map(|(at, bytes)| (*at, vec![bytes.iter().sum()]));
    areas::steps(side.axes, sums, side.axes.bytes_high, &[CLASS])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::{Language, Words};

    #[test]
    fn what_was_before_stands_behind_and_says_what_it_came_to() {
        let run = fixture::run();
        let axes = Axes::of(&run);
        let variants: Vec<&VariantData> = run.variants.iter().take(2).collect();
        let summary = fixture::summary(&run);
        let words = Words::of(Language::English);
        let side = Side::new((&run, &summary), &axes, words, &variants);
        let mut pane = side.pane(variants[1], "");
        assert!(pane.tracks.iter().all(|track| track.ghost.is_none()));
        side.behind(&mut pane, variants[0]);
        let ghosts = pane.tracks.iter().filter_map(|one| one.ghost.as_ref());
        let ghosts: Vec<String> = ghosts.map(Value::to_string).collect();
        assert!(ghosts.len() >= 4 && ghosts.iter().all(|one| one.contains("was")));
        let failed = pane.tracks.iter().find(|one| one.label.contains("504"));
        let was = failed.and_then(|one| one.was.clone()).unwrap_or_default();
        assert!(was.parse::<u64>().is_ok_and(|was| was > 0), "{was}");
        // The same behind itself came to the same.
        let mut pane = side.pane(variants[1], "");
        side.behind(&mut pane, variants[1]);
        assert!(pane.tracks.iter().all(|track| track.was.is_none()));
    }
}

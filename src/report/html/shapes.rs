//! Marks as SVG that stretches: shapes in a plot's own units, whose lines and marks keep their size.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::axes::{Axes, WIDE};

/// SVG source.
pub(super) type Shape = String;

/// Crosses that lie closer than this, in units of the plot, are drawn once: a quarter of what one of them takes on a screen, where a thousand of them in each
/// row took most of the time in which a browser lays a picture out.
const CROSS_GAP: u64 = WIDE / 400;
/// Crosses at so many such places side by side are one row of them, each as large as one that stands alone and beside the next: drawn at their places they would be
/// a smear in which none could be made out. In the narrowest pane it is as wide as one cross.
const CROSS_RUN: u64 = 12;
/// The same as `CROSS_GAP` of strokes.
const STROKE_GAP: u64 = WIDE / 8_000;

/// An `<svg>` whose content is in units of the plot and `high` of its own upwards, stretched to its box.
pub(super) fn stretched(high: u64, content: &str) -> Shape {
    format!(
        r#"<svg class="stretched" viewBox="0 0 {WIDE} {}" preserveAspectRatio="none" aria-hidden="true">{content}</svg>"#,
        high.max(1)
    )
}

/// A stroke at each instant.
pub(super) fn strokes(axes: &Axes, at_us: &[u64], class: &str) -> Shape {
    let mut path = String::new();
    for x in thinned(axes, at_us, STROKE_GAP) {
        let _ = write!(path, "M{x} 18v64");
    }
    stretched(
        100,
        &format!(r#"<path class="stroke {class}" d="{path}"/>"#),
    )
}

/// A cross at each instant; where they are too many to be told apart, a row of crosses.
pub(super) fn crosses(axes: &Axes, at_us: &[u64]) -> Shape {
    let mut svg = String::from(r#"<svg class="marks" aria-hidden="true">"#);
    let places: Vec<u64> = thinned(axes, at_us, CROSS_GAP).into_iter().collect();
    // One place that is left out between two cannot be seen: a cross is wider than both.
    for run in places.chunk_by(|one, next| next - one <= 2 * CROSS_GAP) {
        let [from, .., last] = run else {
            cross(&mut svg, run);
            continue;
        };
        let wide = last - from + CROSS_GAP;
        if wide < CROSS_RUN * CROSS_GAP {
            cross(&mut svg, run);
            continue;
        }
        // A picture of its own, so that the first cross of each row is whole.
        let _ = write!(
            svg,
            r##"<svg x="{}%" y="50%" width="{}%" height="1" overflow="visible"><rect y="-5" width="100%" height="10" fill="url(#crosses)"/></svg>"##,
            share(*from),
            share(wide)
        );
    }
    svg + "</svg>"
}

/// A cross at each of these places.
fn cross(svg: &mut String, places: &[u64]) {
    for x in places {
        let _ = write!(svg, r##"<use href="#cross" x="{}%" y="50%"/>"##, share(*x));
    }
}

/// A place in the plot in per cent, without digits that say nothing.
pub(super) fn share(x: u64) -> String {
    crate::units::trimmed(x as f64 * 100.0 / WIDE as f64)
}

/// Where a cross at an instant is drawn.
pub(super) fn crossed(axes: &Axes, us: u64) -> u64 {
    axes.x(us) / CROSS_GAP * CROSS_GAP
}

fn thinned(axes: &Axes, at_us: &[u64], gap: u64) -> BTreeSet<u64> {
    let places = at_us.iter().map(|at| axes.x(*at) / gap * gap);
    places.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_nobody_could_tell_apart_are_drawn_once() {
        let axes = Axes {
            end_us: 1_000_000,
            queue_high: 4,
            bytes_high: 0,
        };
        let many: Vec<u64> = (0..1_000_000).step_by(7).collect();
        // All the way, and nothing sticks out: where it ends the plot does.
        let svg = crosses(&axes, &many);
        assert_eq!(svg.matches("<use").count(), 0);
        assert!(
            svg.contains("x=\"0%\"") && svg.contains("width=\"100%\""),
            "{svg}"
        );
        assert!(crosses(&axes, &[500_000]).contains("x=\"50%\""));
        assert!(strokes(&axes, &many, "healthy-0").len() < 120_000);
        assert_eq!(strokes(&axes, &[0, 0, 1], "slow-0").matches('M').count(), 1);
    }

    #[test]
    fn crosses_side_by_side_are_a_row_of_them_and_few_stand_alone() {
        let axes = Axes {
            end_us: 100_000,
            queue_high: 4,
            bytes_high: 0,
        };
        // Two alone, eleven side by side, and a row of twelve of which two are not there.
        let alone = [1_000, 2_000];
        let few = (0..11).map(|place| 10_000 + place * CROSS_GAP);
        let row = (0..12).filter(|place| ![4, 8].contains(place));
        let row = row.map(|place| 50_000 + place * CROSS_GAP);
        let at: Vec<u64> = alone.into_iter().chain(few).chain(row).collect();
        let svg = crosses(&axes, &at);
        assert_eq!(svg.matches("<use").count(), 13);
        assert_eq!(svg.matches("#crosses").count(), 1);
        assert!(svg.contains(r#"x="50%" y="50%" width="3%""#), "{svg}");
    }
}

//! Marks as SVG that stretches: shapes in a plot's own units, whose lines and marks keep their size.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::axes::{Axes, WIDE};

/// SVG source.
pub(super) type Shape = String;

/// Crosses that lie closer than this, in units of the plot, are drawn once: a quarter of what one of them takes on a screen, where a thousand of them in each
/// row took most of the time in which a browser lays a picture out.
const CROSS_GAP: u64 = WIDE / 400;
/// The same of strokes.
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

/// A cross at each instant.
pub(super) fn crosses(axes: &Axes, at_us: &[u64]) -> Shape {
    let mut svg = String::from(r#"<svg class="marks" aria-hidden="true">"#);
    for x in thinned(axes, at_us, CROSS_GAP) {
        let _ = write!(svg, r##"<use href="#cross" x="{}%" y="50%"/>"##, share(x));
    }
    svg + "</svg>"
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
        let svg = crosses(&axes, &many);
        assert_eq!(svg.matches("<use").count(), 400);
        assert!(crosses(&axes, &[500_000]).contains("x=\"50%\""));
        assert!(strokes(&axes, &many, "healthy-0").len() < 120_000);
        assert_eq!(strokes(&axes, &[0, 0, 1], "slow-0").matches('M').count(), 1);
    }
}

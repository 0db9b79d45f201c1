//! Levels over time as stepped areas, stacked: each sample holds until the next.

use std::fmt::Write as _;

use super::axes::{Axes, WIDE};
use super::shapes::{Shape, stretched};

/// Height of an area in its own units: some ten to a pixel. Levels are rounded to so many of them, which nobody sees, so that a level that rises a little in each column
/// is not a step in each.
const TALL: u64 = 1_000;
const STEP: u64 = 4;
/// Columns that an area is drawn with: of samples in one column the highest counts.
const COLUMNS: u64 = 2_000;
/// Samples of a level that a page carries of one variant.
const MOST_SAMPLES: usize = 1_500;

/// Areas of the given classes on one another, the first at the bottom; `high` is the top of the axis. Instants in microseconds.
pub(super) fn steps(
    axes: &Axes,
    samples: impl Iterator<Item = (u64, Vec<u64>)>,
    high: u64,
    classes: &[&str],
) -> Shape {
    let columns = columns(axes, samples);
    let end = axes.x(columns.last().map_or(0, |last| last.0)).min(WIDE);
    let mut content = String::new();
    // From the top of the stack down, so that each lower layer covers what is below it.
    for layer in (0..classes.len()).rev() {
        let mut path = format!("M0 {TALL}");
        let mut at = None;
        for (us, values) in &columns {
            let sum: u64 = values.iter().take(layer + 1).sum();
            let up = u128::from(sum.min(high)) * u128::from(TALL / STEP);
            // What is there at all is never drawn as nothing.
            let y = TALL - up.div_ceil(u128::from(high.max(1))) as u64 * STEP;
            if at != Some(y) {
                let _ = write!(path, "H{}V{y}", axes.x(*us));
                at = Some(y);
            }
        }
        let class = classes[layer];
        let _ = write!(
            content,
            r#"<path class="area {class}" d="{path}H{end}V{TALL}z"/>"#
        );
    }
    stretched(TALL, &content)
}

/// Samples at most one per column: the one whose sum is highest.
fn columns(axes: &Axes, samples: impl Iterator<Item = (u64, Vec<u64>)>) -> Vec<(u64, Vec<u64>)> {
    let width_us = (axes.end_us / COLUMNS).max(1);
    let mut columns: Vec<(u64, Vec<u64>)> = Vec::new();
    for (at, values) in samples {
        match columns.last_mut() {
            Some(last) if last.0 / width_us == at / width_us => {
                if values.iter().sum::<u64>() > last.1.iter().sum() {
                    last.1 = values;
                }
            }
            _ => columns.push((at, values)),
        }
    }
    columns
}

/// Samples at which a level changed; every n-th of them where they are too many.
pub(super) fn changes<T>(
    samples: impl IntoIterator<Item = T>,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<T> {
    let mut changed: Vec<T> = Vec::new();
    for sample in samples {
        if changed.last().is_none_or(|last| !same(last, &sample)) {
            changed.push(sample);
        }
    }
    let step = changed.len().div_ceil(MOST_SAMPLES).max(1);
    changed.into_iter().step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXES: Axes = Axes {
        end_us: 1_000,
        queue_high: 10,
        bytes_high: 0,
    };

    #[test]
    fn a_level_holds_until_the_next_sample() {
        let samples = [(0, vec![0]), (250, vec![5]), (750, vec![5]), (900, vec![0])];
        let svg = steps(&AXES, samples.into_iter(), 10, &["queue"]);
        assert!(
            svg.contains(r#"d="M0 1000H0V1000H25000V500H90000V1000H90000V1000z""#),
            "{svg}"
        );
    }

    #[test]
    fn the_highest_of_a_column_counts_and_layers_lie_on_one_another() {
        let axes = Axes {
            end_us: 2_000_000,
            ..AXES
        };
        let samples = [(0, vec![1, 1]), (10, vec![3, 4]), (20, vec![0, 1])];
        assert_eq!(
            columns(&axes, samples.clone().into_iter()),
            [(0, vec![3, 4])].to_vec()
        );
        let svg = steps(&axes, samples.into_iter(), 10, &["memory", "file"]);
        let (file, memory) = (svg.find("area file"), svg.find("area memory"));
        assert!(file < memory && file.is_some());
        assert!(svg.contains("V300") && svg.contains("V700"));
    }

    #[test]
    fn a_level_that_creeps_is_few_steps_and_ends_where_it_does() {
        let axes = Axes {
            end_us: 2_000_000,
            ..AXES
        };
        let samples = (0..2_000).map(|at| (at * 1_000, vec![at]));
        let svg = steps(&axes, samples, 1_999, &["queue"]);
        assert!(svg.matches('V').count() <= 2 + 1_000 / 4, "{svg}");
        // One of two thousand is a step above the ground; all of them reach the top.
        assert!(svg.contains("V996H") && svg.contains("V0H"), "{svg}");
    }

    #[test]
    fn a_level_is_told_when_it_changes() {
        let samples = vec![(0, 1), (10, 1), (20, 2), (30, 2), (40, 1)];
        let same = |one: &(u64, u64), other: &(u64, u64)| one.1 == other.1;
        assert_eq!(changes(samples, same), [(0, 1), (20, 2), (40, 1)]);
        let many = (0..10_000).map(|at| (at, at));
        assert!(changes(many, same).len() <= MOST_SAMPLES);
    }
}

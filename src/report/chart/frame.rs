//! Axes: where a value lies on the sheet, and the marks that let a reader find it back.

use super::picture::{Align, Picture, fitted, text_width};
use super::theme;
use crate::report::human;
use crate::report::words::Words;

/// From values to 0..1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Scale {
    /// Equal steps.
    Linear { low: f64, high: f64 },
    /// Equal ratios; `low` is above zero.
    Log { low: f64, high: f64 },
}

impl Scale {
    pub(super) fn linear(low: f64, high: f64) -> Scale {
        Scale::Linear {
            low,
            high: high.max(low + 1e-9),
        }
    }

    pub(super) fn log(low: f64, high: f64) -> Scale {
        let low = low.max(1e-9);
        Scale::Log {
            low,
            high: high.max(low * 1.01),
        }
    }

    /// Where `value` lies, clamped to 0..1.
    pub(super) fn share(&self, value: f64) -> f64 {
        let share = match *self {
            Scale::Linear { low, high } => (value - low) / (high - low),
            Scale::Log { low, high } => (value.max(low) / low).ln() / (high / low).ln(),
        };
        if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    pub(super) fn contains(&self, value: f64) -> bool {
        let (Scale::Linear { low, high } | Scale::Log { low, high }) = *self;
        (low..=high).contains(&value)
    }
}

/// A rectangle of the sheet with a scale along each side.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
    pub(super) across: Scale,
    pub(super) up: Scale,
}

impl Frame {
    /// Over the seconds of a run, as wide as the sheet.
    pub(super) fn over_time(height: u32, end_s: f64, up: Scale) -> Frame {
        Frame {
            left: 96.0,
            top: 104.0,
            right: 1150.0,
            bottom: f64::from(height) - 56.0,
            across: Scale::linear(0.0, end_s),
            up,
        }
    }

    /// For lanes one above another, which have no axis upwards.
    pub(super) fn of_lanes(
        (left, right): (f64, f64),
        (top, bottom): (f64, f64),
        end_s: f64,
    ) -> Frame {
        Frame {
            left,
            top,
            right,
            bottom,
            across: Scale::linear(0.0, end_s),
            up: Scale::linear(0.0, 1.0),
        }
    }

    pub(super) fn x(&self, value: f64) -> f64 {
        self.left + (self.right - self.left) * self.across.share(value)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * self.up.share(value)
    }

    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Horizontal grid lines with their labels.
    pub(super) fn rows(&self, picture: &mut Picture, ticks: &[(f64, String)]) {
        for (value, label) in ticks {
            let y = self.y(*value);
            picture.line(vec![(self.left, y), (self.right, y)], 1.0, theme::GRID);
            picture.words(
                (self.left - 8.0, y),
                label,
                (theme::SMALL, theme::FAINT),
                Align::Right,
            );
        }
    }

    /// The seconds of a run as columns.
    pub(super) fn seconds(&self, picture: &mut Picture, end_s: f64, words: &Words) {
        let axis = words.say("chart-seconds", []);
        self.columns(picture, &second_ticks(end_s), &axis);
    }

    /// Vertical grid lines with their labels underneath; a label that would touch its neighbour is left out.
    pub(super) fn columns(&self, picture: &mut Picture, ticks: &[(f64, String)], axis: &str) {
        let mut free_from = f64::MIN;
        for (value, label) in ticks {
            let x = self.x(*value);
            picture.line(vec![(x, self.top), (x, self.bottom)], 1.0, theme::GRID);
            let half = text_width(label, theme::SMALL) / 2.0;
            if x - half >= free_from {
                picture.words(
                    (x, self.bottom + 14.0),
                    label,
                    (theme::SMALL, theme::FAINT),
                    Align::Middle,
                );
                free_from = x + half + 8.0;
            }
        }
        picture.words(
            ((self.left + self.right) / 2.0, self.bottom + 36.0),
            axis,
            (theme::LABEL, theme::FAINT),
            Align::Middle,
        );
    }

    /// What the axis at the left counts, left of its labels.
    pub(super) fn axis_up(&self, picture: &mut Picture, axis: &str) {
        let at = (self.left - 80.0, f64::midpoint(self.top, self.bottom));
        picture.words_upwards(at, axis, (theme::LABEL, theme::FAINT));
    }

    /// The lines at the left and at the bottom.
    pub(super) fn edges(&self, picture: &mut Picture) {
        let corner = (self.left, self.bottom);
        picture.line(
            vec![(self.left, self.top), corner, (self.right, self.bottom)],
            1.0,
            theme::FAINT,
        );
    }
}

/// The title and what it says in one line.
pub(super) fn header(picture: &mut Picture, title: &str, subtitle: &str) {
    let most = f64::from(picture.width) - 48.0;
    let title = fitted(title, theme::TITLE, most);
    picture.words(
        (24.0, 26.0),
        &title,
        (theme::TITLE, theme::INK),
        Align::Left,
    );
    picture.words(
        (24.0, 52.0),
        &fitted(subtitle, theme::SUBTITLE, most),
        (theme::SUBTITLE, theme::INK),
        Align::Left,
    );
}

/// Round values from `low` to `high`, at most `most` of them, in steps of 1, 2 or 5.
pub(in crate::report) fn round_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let rough = (high - low).max(1e-9) / most.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * 0.999_999)
        .unwrap_or(10.0 * power);
    let first = (low / step).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|index| index as f64 * step).collect()
}

/// Ticks of a time axis in seconds.
fn second_ticks(high: f64) -> Vec<(f64, String)> {
    let ticks = round_ticks(0.0, high, 14);
    let fine = ticks.get(1).is_some_and(|step| *step < 1.0);
    ticks
        .into_iter()
        .map(|at| {
            let label = if fine {
                format!("{at:.1}")
            } else {
                format!("{at:.0}")
            };
            (at, label)
        })
        .collect()
}

/// Ticks of a logarithmic axis in microseconds: decades, and 2 and 5 between them where there is room.
pub(in crate::report) fn latency_ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let decades = (high / low).log10();
    let steps: &[f64] = if decades > 4.0 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let mut ticks = Vec::new();
    for power in -1..=11 {
        for step in steps {
            let us = step * 10_f64.powi(power);
            if us >= low * 0.999 && us <= high * 1.001 {
                ticks.push((us, human::tick_micros(us)));
            }
        }
    }
    ticks
}

/// A logarithmic scale that holds all values, with some air; 1 ms to 1 s if there are none.
pub(in crate::report) fn latency_scale(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|us| *us > 0.0)
        .fold((f64::MAX, 0.0_f64), |(low, high), us| {
            (low.min(us), high.max(us))
        });
    if high <= 0.0 {
        return (1e3, 1e6);
    }
    (low.max(1.0) / 1.5, high.max(low * 4.0).max(10.0) * 1.6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_never_leave_the_sheet() {
        for scale in [
            Scale::linear(0.0, 0.0),
            Scale::log(0.0, 0.0),
            Scale::log(1.0, 1e6),
        ] {
            for value in [
                f64::NEG_INFINITY,
                -1.0,
                0.0,
                1.0,
                1e300,
                f64::INFINITY,
                f64::NAN,
            ] {
                let share = scale.share(value);
                assert!((0.0..=1.0).contains(&share), "{scale:?} {value}: {share}");
            }
        }
        assert!((Scale::log(1.0, 100.0).share(10.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(round_ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(round_ticks(0.0, 0.0, 5).len(), 1);
        let labels: Vec<String> = latency_ticks(800.0, 1.2e4)
            .into_iter()
            .map(|tick| tick.1)
            .collect();
        assert_eq!(labels, ["1 ms", "2 ms", "5 ms", "10 ms"]);
        assert!(latency_ticks(1.0, 3.6e9).len() < 14);
        assert!(second_ticks(13.7).len() <= 15);
    }
}

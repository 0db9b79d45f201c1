//! How sure a median is: the percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, chapter 13).
//!
//! Runs are drawn with replacement, again and again, and the middle 95 % of the medians of those draws are the interval. Below
//! [`ENOUGH_RUNS`] runs there is none: the draws would only repeat the few values that there are. Chance comes from a fixed seed, so the
//! same runs have the same interval every time.

use super::comparison::median;
use crate::seed::{Seed, Stream};

/// With fewer runs than this there is no interval.
pub(super) const ENOUGH_RUNS: usize = 5;

/// How often runs are drawn: an end of the interval then moves by less than a percent of its width from seed to seed.
const DRAWS: usize = 2_000;

/// The ends of the interval among the sorted draws, in thousandths.
const ENDS: [usize; 2] = [25, 975];

/// Where a median lies, with 95 % confidence.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The interval of a median; nothing below [`ENOUGH_RUNS`] values.
pub(super) fn of_median(values: &[f64]) -> Option<Interval> {
    let mut chance = Seed(0).stream("bootstrap");
    interval(&[values], |draws| draws[0], &mut chance)
}

/// The interval of a difference of medians, second minus first; nothing if either has fewer than [`ENOUGH_RUNS`] values.
pub(super) fn of_difference(first: &[f64], second: &[f64]) -> Option<Interval> {
    let mut chance = Seed(0).stream("bootstrap");
    interval(&[first, second], |draws| draws[1] - draws[0], &mut chance)
}

impl Interval {
    /// Whether zero lies outside: a difference that is more than noise.
    pub(super) fn is_beyond_noise(self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// The interval of a statistic of the samples' medians.
fn interval(
    samples: &[&[f64]],
    statistic: impl Fn(&[f64]) -> f64,
    chance: &mut Stream,
) -> Option<Interval> {
    if samples.iter().any(|sample| sample.len() < ENOUGH_RUNS) {
        return None;
    }
    let mut drawn: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let medians: Vec<f64> = (samples.iter())
                .map(|sample| median_of_a_draw(sample, chance))
                .collect();
            statistic(&medians)
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let [low, high] = ENDS.map(|thousandths| drawn[DRAWS * thousandths / 1_000]);
    Some(Interval { low, high })
}

fn median_of_a_draw(sample: &[f64], chance: &mut Stream) -> f64 {
    let last = sample.len() as u64 - 1;
    let mut drawn: Vec<f64> = (0..sample.len())
        .map(|_| sample[chance.up_to(last) as usize])
        .collect();
    drawn.sort_by(f64::total_cmp);
    median(&drawn).expect("a sample is not empty")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_runs_have_no_interval() {
        assert_eq!(of_median(&[1.0, 2.0, 3.0, 4.0]), None);
        assert_eq!(of_difference(&[1.0; 4], &[2.0; 9]), None);
    }

    #[test]
    fn runs_that_agree_have_no_width() {
        let same = of_median(&[7.0; 5]).unwrap();
        assert_eq!((same.low, same.high), (7.0, 7.0));
    }

    #[test]
    fn a_shift_beyond_the_spread_is_no_noise_and_one_within_it_is() {
        let first: Vec<f64> = (0..10).map(f64::from).collect();
        let moved = |by: f64| -> Vec<f64> { first.iter().map(|value| value + by).collect() };
        assert!(
            of_difference(&first, &moved(20.0))
                .unwrap()
                .is_beyond_noise()
        );
        assert!(
            of_difference(&first, &moved(-20.0))
                .unwrap()
                .is_beyond_noise()
        );
        assert!(
            !of_difference(&first, &moved(1.0))
                .unwrap()
                .is_beyond_noise()
        );
    }

    #[test]
    fn nineteen_of_twenty_intervals_hold_the_true_median() {
        let mut chance = Seed(3).stream("samples");
        let holds = (0..400)
            .filter(|_| {
                let sample: Vec<f64> = (0..15).map(|_| chance.exponential(1.0)).collect();
                let interval = of_median(&sample).unwrap();
                (interval.low..=interval.high).contains(&std::f64::consts::LN_2)
            })
            .count();
        // 95 % is what it aims at; of a median of 15 the percentile bootstrap keeps about 94.
        assert!((360..=396).contains(&holds), "{holds} of 400");
    }

    proptest! {
        #[test]
        fn an_interval_lies_among_the_values(values in proptest::collection::vec(0.0..1e9, ENOUGH_RUNS..12)) {
            let interval = of_median(&values).unwrap();
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(0.0, f64::max);
            prop_assert!(least <= interval.low && interval.low <= interval.high && interval.high <= most);
        }
    }
}

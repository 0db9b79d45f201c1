//! Fits the TCP constants to measured cells: two of the four at a time, over and over. Pure arithmetic.

use std::ops::RangeInclusive;

use super::Cell;
use crate::machine::sockbuf::{KernelBuffers, TcpFit};

/// Passes over all constants.
const PASSES: usize = 3;
/// Payload of an skb, in thousandths of the receive buffer.
const SHARES: RangeInclusive<u64> = 100..=600;
/// A fit must be better by so much (mean error) to be worth leaving the figures of the reference machine.
const WORTH_IT: f64 = 0.002;

/// The mean of the absolute errors of TCP cells that take part in the fit, or of those that check it; 0 if there are none.
pub fn mean_error(kernel: &KernelBuffers, cells: &[Cell], check: bool) -> f64 {
    let errors: Vec<f64> = cells
        .iter()
        .filter(|cell| !cell.unix && cell.check == check)
        .map(|cell| cell.error(kernel).abs())
        .collect();
    errors.iter().sum::<f64>() / errors.len().max(1) as f64
}

/// `kernel` with the TCP constants that fit the cells best; unchanged if no others are clearly better, checked cells included.
pub fn refit(kernel: &KernelBuffers, cells: &[Cell]) -> KernelBuffers {
    let mut best = *kernel;
    for _ in 0..PASSES {
        // Narrow windows are made of these two, wide ones mostly of the other two: one makes up for the other, so that looking
        // for either alone would stop half-way.
        best = improve(best, cells, (128..=2048, 32), |fit, overhead, narrow| {
            (fit.skb_overhead, fit.narrow_skb_permille) = (overhead, narrow);
        });
        best = improve(best, cells, (500..=1000, 10), |fit, queue, middle| {
            (fit.wide_queue_permille, fit.middle_skb_permille) = (queue, middle);
        });
    }
    let gain = |check| mean_error(kernel, cells, check) - mean_error(&best, cells, check);
    // Better where it looked and worse where it did not would be a fit to noise.
    let better = gain(false) > WORTH_IT && gain(true) >= 0.0;
    if better { best } else { *kernel }
}

/// The best values of two constants, the others being what they are: the first from a range in steps, the second a share.
fn improve(
    mut best: KernelBuffers,
    cells: &[Cell],
    (first, step): (RangeInclusive<u64>, usize),
    set: impl Fn(&mut TcpFit, u64, u64),
) -> KernelBuffers {
    let mut least = mean_error(&best, cells, false);
    let mut candidate = best;
    for one in first.step_by(step) {
        for share in SHARES.step_by(10) {
            set(&mut candidate.tcp, one, share);
            let error = mean_error(&candidate, cells, false);
            if error < least {
                (best, least) = (candidate, error);
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells that a kernel with these constants would show.
    fn cells(kernel: &KernelBuffers) -> Vec<Cell> {
        let sizes = [None, Some(4096), Some(16_384), Some(65_536), Some(262_144)];
        let pairs = sizes
            .iter()
            .flat_map(|snd| sizes.iter().map(move |rcv| (*snd, *rcv)));
        pairs
            .map(|(sndbuf, rcvbuf)| Cell {
                unix: false,
                check: sndbuf == Some(65_536),
                sndbuf,
                rcvbuf,
                measured: kernel.tcp_absorbs(sndbuf, rcvbuf),
            })
            .collect()
    }

    #[test]
    fn another_kernels_constants_are_found_again() {
        let other = KernelBuffers {
            tcp: TcpFit {
                skb_overhead: 1280,
                narrow_skb_permille: 200,
                middle_skb_permille: 400,
                wide_queue_permille: 800,
            },
            ..KernelBuffers::default()
        };
        let cells = cells(&other);
        let before = KernelBuffers::default();
        let after = refit(&before, &cells);
        assert!(mean_error(&before, &cells, true) > 0.05);
        // Cells that the fit has not seen.
        let left = mean_error(&after, &cells, true);
        assert!(left < 0.02, "{left}: {:?}", after.tcp);
    }

    #[test]
    fn a_fit_that_is_good_enough_is_left_alone() {
        let kernel = KernelBuffers::default();
        let mut cells = cells(&kernel);
        assert_eq!(refit(&kernel, &cells), kernel);
        for cell in &mut cells {
            cell.measured += cell.measured / 1000;
        }
        assert_eq!(refit(&kernel, &cells), kernel);
        assert_eq!(refit(&kernel, &[]), kernel);
    }
}

//! What another engine needs to play one side of a break-point, and what that takes.

use super::answer::Finding;
use super::battery::named;
use super::play::{Played, mean};
use super::search;
use super::stack::{Stack, StackError};
use crate::record::RequestRecord;
use crate::record::collect::Rows as _;
use crate::time::Span;

/// Ours: shares of visitors so far apart are the same, about five of thirty.
const SAME: f64 = 0.15;

/// What a confirmation takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// On a clock, all runs together, at most.
    pub time: Span,
    /// Bytes of temp files, at most.
    pub disk: u64,
}

/// What it takes to play so many of a finding's threat on real sockets, each of these counts once.
pub fn cost(stack: &Stack, finding: &Finding, counts: &[u64]) -> Cost {
    let mut cost = Cost {
        time: Span::ZERO,
        disk: 0,
    };
    for &count in counts {
        let (duration, drain) = (named(&finding.threat).clients)(stack, count).times;
        cost.time = cost.time.saturating_add(duration).saturating_add(drain);
        if stack.buffering {
            cost.disk = cost.disk.max(stack.largest.0.saturating_mul(count));
        }
    }
    cost
}

/// The scenario of so many of a finding's threat, for another engine.
pub fn scenario_at(stack: &Stack, finding: &Finding, count: u64) -> String {
    let clients = (named(&finding.threat).clients)(stack, count);
    stack.scenario(&clients.toml, clients.times)
}

/// The share of visitors that fails at so many, over twenty seeds.
///
/// # Errors
/// Settings that no scenario can play.
pub fn share_at(stack: &Stack, finding: &Finding, count: u64) -> Result<f64, StackError> {
    search::share(stack, named(&finding.threat), count)
}

/// The share of visitors that failed in a run of it on another engine, by the rule of the simulator's runs.
pub fn share_of<'a>(
    stack: &Stack,
    finding: &Finding,
    requests: impl Iterator<Item = &'a RequestRecord>,
) -> f64 {
    let clients = (named(&finding.threat).clients)(stack, 1);
    let mut played = Played {
        late: clients.late,
        ..Played::default()
    };
    for request in requests {
        played.request(request);
    }
    played.share()
}

/// Whether runs on another engine and the simulator say the same: their means are close, or what was measured does not repeat itself and the
/// simulator lies within its range.
pub fn agree(measured: &[f64], simulated: f64) -> bool {
    let least = measured.iter().copied().fold(f64::INFINITY, f64::min);
    let most = measured.iter().copied().fold(0.0, f64::max);
    (mean(measured) - simulated).abs() <= SAME || (least..=most).contains(&simulated)
}

#[cfg(test)]
mod tests {
    use super::agree;

    #[test]
    fn shares_agree_by_their_means_or_within_the_range_of_what_was_measured() {
        assert!(agree(&[0.5, 0.6, 0.7], 0.5));
        assert!(agree(&[0.1, 0.9, 0.9], 0.3));
        assert!(!agree(&[0.9, 0.9, 1.0], 0.7));
        assert!(!agree(&[0.1], 0.3));
    }
}

//! What another engine needs to play one side of a break-point, and what that takes.

use super::answer::Finding;
use super::battery::named;
use super::search;
use super::stack::{Stack, StackError};
use crate::time::Span;

/// What a confirmation takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// On a clock, both sides together, at most.
    pub time: Span,
    /// Bytes of temp files, at most.
    pub disk: u64,
}

/// What it takes to play so many of a finding's threat on real sockets.
pub fn cost(stack: &Stack, finding: &Finding, sides: [u64; 2]) -> Cost {
    let mut cost = Cost {
        time: Span::ZERO,
        disk: 0,
    };
    for count in sides {
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

/// The share of visitors that fails at so many, over five seeds.
///
/// # Errors
/// Settings that no scenario can play.
pub fn share_at(stack: &Stack, finding: &Finding, count: u64) -> Result<f64, StackError> {
    search::share(stack, named(&finding.threat), count)
}

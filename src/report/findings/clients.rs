//! What the two ways of counting latency say.

use super::Seen;
use super::view::View;
use crate::record::RequestRecord;
use crate::record::summary::LatencySummary;
use crate::time::{Span, Timestamp};

/// A request that begins that much later than it was meant to is not the one that was planned.
const LATE: Span = Span::from_ms(50);
/// So few late ones, one in so many, are a hiccup of the machine.
const FEW: usize = 20;

/// The machine that made the load could not: requests began long after they were meant to.
pub(super) fn generator_saturated(view: &View<'_>) -> Vec<Seen> {
    let late = |row: &RequestRecord| row.started_at.since(row.intended_at);
    let rows: Vec<&RequestRecord> = view.variant.measured().collect();
    let behind: Vec<&RequestRecord> = rows
        .iter()
        .copied()
        .filter(|row| late(row) >= LATE)
        .collect();
    let Some(first) = behind.iter().map(|row| row.intended_at).min() else {
        return Vec::new();
    };
    if behind.len() * FEW < rows.len() {
        return Vec::new();
    }
    let longest = behind.iter().map(|row| late(row)).max();
    let seen = Seen::new("generator_saturated", first)
        .befell(behind.iter().copied())
        .with("of", rows.len())
        .span("longest_us", longest);
    vec![seen]
}

/// The honest number must be larger than the naive one by this much, and by half of it, to be worth a word.
const GAP: Span = Span::from_ms(10);

/// Where counting from the actual start hides what users felt.
pub(super) fn coordinated_omission(view: &View<'_>) -> Vec<Seen> {
    let mut seen = Vec::new();
    for group in &view.numbers.groups {
        let (name, honest, naive) =
            match worst_common(&group.latency_us, &group.latency_from_send_us) {
                Some(found) => found,
                None => continue,
            };
        if honest >= naive + naive / 2 && honest - naive >= GAP.as_us() {
            let at = Timestamp::ZERO + view.variant.plan.warmup;
            let found = Seen::new("coordinated_omission", at)
                .with("group", group.name.as_str())
                .with("point", name)
                .with("latency_us", honest)
                .with("latency_from_send_us", naive);
            seen.push(found);
        }
    }
    seen
}

/// The highest percentile that both have.
fn worst_common(
    honest: &LatencySummary,
    naive: &LatencySummary,
) -> Option<(&'static str, u64, u64)> {
    let points = [
        ("p99", honest.p99, naive.p99),
        ("p90", honest.p90, naive.p90),
        ("max", honest.max, naive.max),
    ];
    let mut known = points.into_iter();
    known.find_map(|(name, honest, naive)| Some((name, honest?, naive?)))
}

//! What the queue of a line that clients share does to those behind whose bytes they are not.

use super::Seen;
use super::view::{View, WAIT};
use crate::record::{EventKind, LineWay, RequestRecord};
use crate::report::fair::took_long;
use crate::time::Span;

/// Packets stood for long in the queue of a shared line, behind the bytes of others, and requests took long for it.
pub(super) fn bufferbloat(view: &View<'_>) -> Vec<Seen> {
    let events = view.variant.events.iter();
    events
        .filter_map(|event| queued(view, &event.kind))
        .collect()
}

fn queued(view: &View<'_>, kind: &EventKind) -> Option<Seen> {
    let EventKind::Queued {
        way,
        group,
        wait_mean_us,
        wait_max_us,
        ahead_bytes,
        peak_bytes,
        limit_bytes,
        ..
    } = kind
    else {
        return None;
    };
    let mean = Span::from_us(*wait_mean_us);
    let (holder, holders) = ahead_bytes.iter().max_by_key(|(_, bytes)| **bytes)?;
    let plan = &view.variant.plan;
    let rows: Vec<(&RequestRecord, Span)> = (view.variant.measured())
        .filter(|row| row.group == *group)
        .filter_map(|row| Some((row, took_long(plan, row)?)))
        .collect();
    let (first, _) = rows.iter().min_by_key(|(row, _)| row.started_at)?;
    let all: u64 = ahead_bytes.values().sum();
    let seen = Seen::new("bufferbloat", first.started_at)
        .befell(rows.iter().map(|(row, _)| *row))
        .with(
            "way",
            match way {
                LineWay::Up => "up",
                LineWay::Down => "down",
            },
        )
        .with("holder_group", holder.as_str())
        .with("own", holder == group)
        .with("holder_ratio", *holders as f64 / all.max(1) as f64)
        .with("ahead_bytes", all)
        .with("peak_bytes", *peak_bytes)
        .with("limit_bytes", *limit_bytes)
        .span("wait_mean_us", mean)
        .span("wait_max_us", Span::from_us(*wait_max_us))
        .span("longest_us", rows.iter().map(|(_, took)| *took).max());
    (mean >= WAIT).then_some(seen)
}

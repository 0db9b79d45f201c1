//! How long a request may take before anybody calls it slow: what its handler takes, what its client's own line takes when nobody else is on it, and a margin.

use crate::plan::Plan;
use crate::record::RequestRecord;
use crate::time::Span;

/// Nobody calls a shorter wait an outage.
pub(super) const LONG_WAIT: Span = Span::from_ms(250);
/// Ours: an empty line may take so many times as long as it would if it lost no packet and kept its pace.
const UNLUCKY: u64 = 2;

/// Whether a request took longer than is fair, and how long it took.
pub(super) fn took_long(plan: &Plan, row: &RequestRecord) -> Option<Span> {
    let fair = time_of_handler(plan, &row.path)
        .saturating_add(time_of_line(plan, row))
        .saturating_add(LONG_WAIT);
    row.latency().filter(|latency| *latency >= fair)
}

/// How long a path's handler takes on average.
pub(super) fn time_of_handler(plan: &Plan, path: &str) -> Span {
    let handler = plan.backend.handler(path);
    handler.map_or(Span::ZERO, |handler| handler.service())
}

/// Nothing for who is near.
fn time_of_line(plan: &Plan, row: &RequestRecord) -> Span {
    let mut groups = plan.groups.iter();
    let group = groups.find(|group| group.name == row.group);
    let Some((group, link)) = group.and_then(|group| Some((group, group.link?))) else {
        return Span::ZERO;
    };
    let empty = link.exchange(group.body.0, row.received_bytes);
    Span::from_ns(empty.as_ns().saturating_mul(UNLUCKY))
}

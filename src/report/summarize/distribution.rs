//! Distributions, and the spans of a request that they are made of.

use crate::record::summary::LatencySummary;
use crate::record::{RequestRecord, hgrm};
use crate::time::Span;

/// From the connection to the backend being there to a worker taking it up. Without a proxy that connection is the
/// client's own.
pub fn queue_wait(row: &RequestRecord) -> Option<Span> {
    let connected_at = match row.proxy_accepted_at {
        Some(_) => row.upstream_connected_at,
        None => row.upstream_connected_at.or(row.connected_at),
    };
    Some(row.worker_accepted_at?.since(connected_at?))
}

/// How long the proxy held its connection to the backend for a request.
pub fn upstream_held(row: &RequestRecord) -> Option<Span> {
    Some(row.upstream_released_at?.since(row.upstream_connected_at?))
}

/// A distribution of spans.
pub fn latency_summary(spans: impl Iterator<Item = Span>) -> LatencySummary {
    let mut histogram = hgrm::histogram();
    let (mut min, mut max, mut sum) = (u64::MAX, 0, 0_u128);
    for span in spans {
        hgrm::record(&mut histogram, span);
        let us = span.as_us();
        (min, max) = (min.min(us), max.max(us));
        sum += u128::from(us);
    }
    let count = histogram.len();
    if count == 0 {
        return LatencySummary::default();
    }
    let at = |quantile: f64, enough: u64| {
        // A bucket's upper edge may lie above the largest value.
        (count >= enough).then(|| histogram.value_at_quantile(quantile).clamp(min, max))
    };
    LatencySummary {
        count,
        min: Some(min),
        mean: u64::try_from(sum / u128::from(count)).ok(),
        p50: at(0.5, 1),
        p90: at(0.9, 10),
        p99: at(0.99, 100),
        p999: at(0.999, 1000),
        max: Some(max),
    }
}

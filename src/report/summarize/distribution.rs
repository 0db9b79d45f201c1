//! Distributions, and the spans of a request that they are made of.

use hdrhistogram::Histogram;

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
    let mut distribution = Distribution::default();
    spans.for_each(|span| distribution.add(span));
    distribution.summary()
}

/// A distribution that grows span by span.
#[derive(Clone, Debug)]
pub(super) struct Distribution {
    histogram: Histogram<u64>,
    min: u64,
    max: u64,
    sum: u128,
}

impl Default for Distribution {
    fn default() -> Distribution {
        Distribution {
            histogram: hgrm::histogram(),
            min: u64::MAX,
            max: 0,
            sum: 0,
        }
    }
}

impl Distribution {
    pub(super) fn add(&mut self, span: Span) {
        hgrm::record(&mut self.histogram, span);
        let us = span.as_us();
        (self.min, self.max) = (self.min.min(us), self.max.max(us));
        self.sum += u128::from(us);
    }

    pub(super) fn summary(&self) -> LatencySummary {
        let count = self.histogram.len();
        if count == 0 {
            return LatencySummary::default();
        }
        let at = |quantile: f64, enough: u64| {
            // A bucket's upper edge may lie above the largest value.
            let value = || self.histogram.value_at_quantile(quantile);
            (count >= enough).then(|| value().clamp(self.min, self.max))
        };
        LatencySummary {
            count,
            min: Some(self.min),
            mean: u64::try_from(self.sum / u128::from(count)).ok(),
            p50: at(0.5, 1),
            p90: at(0.9, 10),
            p95: at(0.95, 20),
            p99: at(0.99, 100),
            p999: at(0.999, 1000),
            max: Some(self.max),
        }
    }
}

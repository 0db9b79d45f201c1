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

/// So many values are kept as they are: most groups of most runs have fewer, and an empty histogram of an hour is 180 KiB of zeros.
const MOST_KEPT: usize = 1024;

/// A distribution that grows span by span.
#[derive(Clone, Debug)]
pub(super) struct Distribution {
    values: Values,
    min: u64,
    max: u64,
    sum: u128,
}

/// What a distribution is made of, in microseconds. Both say the same of the same values (a test).
#[derive(Clone, Debug)]
enum Values {
    Few(Vec<u64>),
    Many(Box<Histogram<u64>>),
}

impl Default for Distribution {
    fn default() -> Distribution {
        Distribution {
            values: Values::Few(Vec::new()),
            min: u64::MAX,
            max: 0,
            sum: 0,
        }
    }
}

impl Distribution {
    pub(super) fn add(&mut self, span: Span) {
        let us = span.as_us();
        if let Values::Few(values) = &mut self.values
            && (values.len() == MOST_KEPT || us > hgrm::HIGH_US)
        {
            let mut histogram = hgrm::histogram();
            for us in values {
                hgrm::record(&mut histogram, Span::from_us(*us));
            }
            self.values = Values::Many(Box::new(histogram));
        }
        match &mut self.values {
            Values::Few(values) => values.push(us),
            Values::Many(histogram) => {
                hgrm::record(histogram, span);
            }
        }
        (self.min, self.max) = (self.min.min(us), self.max.max(us));
        self.sum += u128::from(us);
    }

    pub(super) fn summary(mut self) -> LatencySummary {
        let count = self.values.len();
        if count == 0 {
            return LatencySummary::default();
        }
        self.values.sort();
        let at = |quantile: f64, enough: u64| {
            // A bucket's upper edge may lie above the largest value.
            let value = || self.values.at(quantile);
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

impl Values {
    fn len(&self) -> u64 {
        match self {
            Values::Few(values) => values.len() as u64,
            Values::Many(histogram) => histogram.len(),
        }
    }

    fn sort(&mut self) {
        if let Values::Few(values) = self {
            values.sort_unstable();
        }
    }

    /// The value at a quantile above 0, of one or more that are sorted: the upper edge of its bucket.
    fn at(&self, quantile: f64) -> u64 {
        match self {
            Values::Few(values) => {
                let rank = (quantile * values.len() as f64).ceil() as usize;
                hgrm::upper_edge(values[rank.max(1) - 1])
            }
            Values::Many(histogram) => histogram.value_at_quantile(quantile),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Few values are summed up as a histogram would, whatever they are.
        #[test]
        fn few_values_are_what_a_histogram_makes_of_them(
            values in prop::collection::vec((0..45_u32, any::<u64>()), 1..1200)
        ) {
            let mut distribution = Distribution::default();
            let mut histogram = hgrm::histogram();
            for (bits, value) in values {
                let span = Span::from_us(value & ((1 << bits) - 1));
                distribution.add(span);
                hgrm::record(&mut histogram, span);
            }
            let of_histogram = Distribution {
                values: Values::Many(Box::new(histogram)),
                ..distribution.clone()
            };
            prop_assert_eq!(distribution.summary(), of_histogram.summary());
        }
    }
}

//! From records to `summary.json`: counts, distributions, shares.
//!
//! A percentile is given only where the sample supports it: a tail quantile q needs at least 1 / (1 - q) values, that is 10
//! for p90, 100 for p99 and 1000 for p99.9. The median of one value is that value. Failures stay in the distributions at the time that they took.
//! Limits: percentiles have three significant digits (HdrHistogram); minimum, mean and maximum are exact.

mod absorbed;
mod backend;
mod distribution;
mod group;
mod proxy;
mod warnings;

pub(super) use backend::{QUEUE_FULL, is_busy};
pub use distribution::{latency_summary, queue_wait, upstream_held};

use super::data::{RunData, VariantData};
use crate::record::summary::{SCHEMA, Summary, VariantSummary};
use crate::time::Timestamp;

/// The numbers of a run, with warnings. The caller adds expectations (`expect::judge`) and findings (`findings::find`).
pub fn summarize(run: &RunData) -> Summary {
    Summary {
        schema: SCHEMA,
        scenario: run.manifest.scenario.clone(),
        engine: run.manifest.engine.clone(),
        seed: run.manifest.seed,
        partial: run.manifest.partial,
        variants: run.variants.iter().map(summarize_variant).collect(),
        expectations: Vec::new(),
        findings: Vec::new(),
        warnings: warnings::warnings(run),
    }
}

/// The numbers of one variant.
pub fn summarize_variant(variant: &VariantData) -> VariantSummary {
    VariantSummary {
        name: variant.plan.variant.clone(),
        groups: (variant.plan.groups.iter())
            .map(|group| group::summarize(variant, &group.name))
            .collect(),
        workers: backend::workers(variant),
        accept_queue: backend::accept_queue(variant),
        proxy: variant.has_proxy().then(|| proxy::summarize(variant)),
    }
}

/// The measured part of a variant: from the end of the warm-up to the end of the arrivals, or to the last thing seen if the run
/// was cut short.
pub fn window(variant: &VariantData) -> (Timestamp, Timestamp) {
    let from = Timestamp::ZERO + variant.plan.warmup;
    let planned = Timestamp::ZERO + variant.plan.duration;
    let seen = (variant.requests.iter().filter_map(|row| row.closed_at))
        .chain(variant.queues.iter().map(|sample| sample.at))
        .chain(variant.events.iter().map(|event| event.at))
        .chain(variant.workers.iter().map(|row| row.to.unwrap_or(row.from)))
        .max();
    let to = planned.min(seen.unwrap_or(planned));
    (from, to.max(from))
}

#[cfg(test)]
mod tests;

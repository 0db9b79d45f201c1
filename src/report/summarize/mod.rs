//! From records to `summary.json`: counts, distributions, shares.
//!
//! A percentile is given only where the sample supports it: a tail quantile q needs at least 1 / (1 - q) values, that is 10
//! for p90, 20 for p95, 100 for p99 and 1000 for p99.9. The median of one value is that value. Failures stay in the distributions at the time that they took.
//! Limits: percentiles have three significant digits (HdrHistogram); minimum, mean and maximum are exact.

mod absorbed;
mod backend;
mod distribution;
mod doubts;
mod group;
mod machine;
mod pipeline;
mod probes;
mod proxy;
mod quoted;
mod starved;
mod tally;
mod warnings;

pub use distribution::{latency_summary, queue_wait, upstream_held};
pub use doubts::doubts;
pub use tally::Tally;
pub use warnings::warnings;

use super::data::{RunData, VariantData};
use super::words::{Language, Words};
use crate::plan::RunPlan;
use crate::record::Manifest;
use crate::record::collect::Rows as _;
use crate::record::summary::{SCHEMA, Summary, VariantSummary};

/// The numbers of a run, with warnings. The caller adds expectations (`expect::judge`), findings (`findings::find`) and accounts
/// (`accounts::accounts`).
pub fn summarize(run: &RunData) -> Summary {
    let words = Words::of(Language::English);
    let doubts = doubts(run, words);
    Summary {
        schema: SCHEMA,
        scenario: run.manifest.scenario.clone(),
        engine: run.manifest.engine.clone(),
        seed: run.manifest.seed,
        partial: run.manifest.partial,
        variants: run.variants.iter().map(summarize_variant).collect(),
        expectations: Vec::new(),
        findings: Vec::new(),
        accounts: Vec::new(),
        headline: None,
        warnings: warnings(run, &doubts, words),
        doubts,
    }
}

/// The numbers of a run whose variants were counted while they ran, and of which nothing else was kept.
pub fn of_counted(run: &RunPlan, engine: &str, counted: Vec<VariantSummary>) -> Summary {
    let variants = run.variants.iter().zip(counted);
    summarize(&RunData {
        manifest: Manifest {
            schema: crate::record::SCHEMA,
            scenario: run.scenario.clone(),
            engine: engine.to_owned(),
            seed: run.seed.0,
            ..Manifest::default()
        },
        scenario_toml: run.source.clone(),
        variants: variants
            .map(|(variant, counted)| VariantData {
                counted: Some(counted),
                ..VariantData::new(variant.plan.clone())
            })
            .collect(),
    })
}

/// The numbers of one variant: counted now, or while it ran if its rows were not kept.
pub fn summarize_variant(variant: &VariantData) -> VariantSummary {
    if let Some(counted) = &variant.counted {
        return counted.clone();
    }
    let mut tally = Tally::new(&variant.plan);
    variant.requests.iter().for_each(|row| tally.request(row));
    variant.hops.iter().for_each(|row| tally.hop(row));
    variant.workers.iter().for_each(|row| tally.interval(row));
    variant.events.iter().for_each(|event| tally.event(event));
    variant.queues.iter().for_each(|sample| tally.queue(sample));
    variant.probes.iter().for_each(|row| tally.probe(row));
    VariantSummary {
        machine: machine::machine(variant),
        logs: machine::logs(variant),
        pipeline: pipeline::pipeline(variant),
        ..tally.finish()
    }
}

#[cfg(test)]
mod tests;

//! The sim engine behind `run`, and in memory behind predictions, `sweep` and `break`.

use std::sync::Arc;

use super::interrupt;
use crate::error::Refusal;
use crate::lab::Ended;
use crate::plan::{Plan, RunPlan};
use crate::record::Manifest;
use crate::record::collect::{Direct, Live, Memory};
use crate::record::folder::VariantFolder;
use crate::record::summary::{SCHEMA, Summary};
use crate::report::data::{RunData, VariantData};
use crate::report::summarize;
use crate::sim::{self, SimStats};

/// Runs one variant in virtual time and writes its records.
///
/// # Errors
/// Results that cannot be written.
pub(super) fn into_folder(plan: &Plan, folder: VariantFolder) -> anyhow::Result<(Ended, SimStats)> {
    let live = Arc::new(Live::new(plan.warmup));
    let mut collector = Direct::new(folder, Arc::default(), live);
    let go_on = || interrupt::asked().is_none();
    let stats = sim::run_while(plan, sim::Options::default(), &go_on, &mut |report| {
        collector.take(report);
    });
    collector.finish().map_err(Refusal::unfit)?;
    let ended = if stats.interrupted {
        Ended::Interrupted
    } else {
        Ended::Complete
    };
    Ok((ended, stats))
}

/// Runs every variant in virtual time, writes nothing, and sums up as `summary.json` would. Expectations are not judged.
pub(super) fn summary(run: &RunPlan) -> Summary {
    let variants = run.variants.iter();
    summarize::summarize(&RunData {
        manifest: Manifest {
            schema: SCHEMA,
            scenario: run.scenario.clone(),
            engine: "sim".to_owned(),
            seed: run.seed.0,
            ..Manifest::default()
        },
        scenario_toml: run.source.clone(),
        variants: variants.map(|variant| in_memory(&variant.plan)).collect(),
    })
}

fn in_memory(plan: &Plan) -> VariantData {
    let mut memory = Memory::default();
    sim::run(plan, sim::Options::default(), &mut |report| {
        memory.take(report)
    });
    let records = memory.finish();
    VariantData {
        plan: plan.clone(),
        requests: records.requests,
        events: records.events,
        workers: records.workers,
        queues: records.queues,
        sockets: Vec::new(),
        procs: Vec::new(),
    }
}

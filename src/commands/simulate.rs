//! The sim engine behind `run`, and in memory behind predictions, `sweep` and `break`.

use std::cell::Cell;
use std::sync::Arc;

use super::interrupt;
use crate::error::Refusal;
use crate::lab::Ended;
use crate::observe;
use crate::plan::{Plan, RunPlan};
use crate::record::Manifest;
use crate::record::collect::{Direct, Live, Memory};
use crate::record::folder::VariantFolder;
use crate::record::summary::{SCHEMA, Summary};
use crate::report::data::{RunData, VariantData};
use crate::report::summarize;
use crate::sim::{self, SimStats};

/// The measured kernel, or this machine's if that is asked for.
pub(super) fn options(this_kernel: bool) -> sim::Options {
    let mut options = sim::Options::default();
    if this_kernel {
        let facts = observe::machine::facts();
        options.kernel = observe::calibrate::kernel_buffers(&facts.sysctls);
    }
    options
}

/// Runs one variant in virtual time and writes its records.
///
/// # Errors
/// Results that cannot be written.
pub(super) fn into_folder(
    plan: &Plan,
    folder: VariantFolder,
    options: sim::Options,
) -> anyhow::Result<(Ended, SimStats)> {
    let live = Arc::new(Live::new(plan.warmup));
    let mut collector = Direct::new(folder, Arc::default(), live);
    let go_on = || interrupt::asked().is_none();
    let stats = sim::run_while(plan, options, &go_on, &mut |report| collector.take(report));
    collector.finish().map_err(Refusal::unfit)?;
    let ended = if stats.interrupted {
        Ended::Interrupted
    } else {
        Ended::Complete
    };
    Ok((ended, stats))
}

/// Runs every variant in virtual time, writes nothing, and sums up as `summary.json` would. Expectations are not judged.
/// `None` if a variant takes more than about so many events.
pub(super) fn summary_within(run: &RunPlan, events: u64) -> Option<Summary> {
    let variants = run
        .variants
        .iter()
        .map(|variant| in_memory(&variant.plan, events))
        .collect::<Option<Vec<_>>>()?;
    Some(summarize::summarize(&RunData {
        manifest: Manifest {
            schema: SCHEMA,
            scenario: run.scenario.clone(),
            engine: "sim".to_owned(),
            seed: run.seed.0,
            ..Manifest::default()
        },
        scenario_toml: run.source.clone(),
        variants,
    }))
}

fn in_memory(plan: &Plan, events: u64) -> Option<VariantData> {
    let mut memory = Memory::default();
    let options = sim::Options::default();
    let looks = Cell::new(0);
    let go_on = || {
        looks.set(looks.get() + sim::LOOK_EVERY);
        looks.get() < events && interrupt::asked().is_none()
    };
    let stats = sim::run_while(plan, options, &go_on, &mut |report| memory.take(report));
    if stats.interrupted {
        return None;
    }
    let records = memory.finish();
    Some(VariantData {
        plan: plan.clone(),
        requests: records.requests,
        events: records.events,
        workers: records.workers,
        queues: records.queues,
        sockets: Vec::new(),
        procs: Vec::new(),
    })
}

//! The sim engine behind `run`, and in memory behind predictions, `sweep` and `break`.

use std::sync::Arc;

use super::interrupt;
use super::progress::Progress;
use crate::cli::KeptRows;
use crate::error::Refusal;
use crate::lab::Ended;
use crate::plan::{Plan, RunPlan};
use crate::record::collect::{Direct, Live, Rows, Stream};
use crate::record::folder::{VariantFolder, to_json};
use crate::record::summary::{Summary, VariantSummary};
use crate::report::data::COUNTED;
use crate::report::summarize::{self, Tally};
use crate::sim::{self, SimStats, SimStatus};
use crate::time::{Clock, Span, Timestamp};

/// How a variant went.
pub(super) struct Simulated {
    /// Whether it came to its end.
    pub(super) ended: Ended,
    /// What the sim says of it.
    pub(super) stats: SimStats,
    /// How long that took.
    pub(super) wall: Span,
}

/// Runs one variant in virtual time and writes its records.
///
/// # Errors
/// Results that cannot be written.
pub(super) fn into_folder(
    plan: &Plan,
    folder: VariantFolder,
    options: sim::Options,
    rows: KeptRows,
    progress: &mut Progress,
) -> anyhow::Result<Simulated> {
    let clock = Clock::start();
    let live = Arc::new(Live::new(plan.warmup));
    let mut tally = (rows == KeptRows::None).then(|| Tally::new(plan));
    let instead = tally.as_mut().map(|tally| tally as &mut dyn Rows);
    let mut collector = Direct::new(folder.clone(), Arc::default(), live, instead);
    let mut go_on = |status: &SimStatus| {
        progress.show_simulated(plan, status);
        interrupt::asked().is_none()
    };
    let stats = sim::run_while(plan, options, &mut go_on, &mut |report| {
        collector.take(report)
    });
    let wall = clock.now().since(Timestamp::ZERO);
    collector.finish().map_err(Refusal::unfit)?;
    if let Some(tally) = tally {
        let counted = to_json(&tally.finish());
        folder.write(COUNTED, &counted).map_err(Refusal::unfit)?;
    }
    let ended = if stats.interrupted {
        Ended::Interrupted
    } else {
        Ended::Complete
    };
    Ok(Simulated { ended, stats, wall })
}

/// Runs every variant in virtual time, writes nothing, and sums up as `summary.json` would. Expectations are not judged.
/// `None` if a variant takes more than about so many events.
pub(super) fn summary_within(run: &RunPlan, options: sim::Options, events: u64) -> Option<Summary> {
    let variants = run
        .variants
        .iter()
        .map(|variant| in_memory(&variant.plan, options, events))
        .collect::<Option<Vec<_>>>()?;
    Some(summarize::of_counted(run, "sim", variants))
}

fn in_memory(plan: &Plan, options: sim::Options, events: u64) -> Option<VariantSummary> {
    let mut stream = Stream::new(Tally::new(plan));
    let mut go_on = |status: &SimStatus| status.events < events && interrupt::asked().is_none();
    let stats = sim::run_while(plan, options, &mut go_on, &mut |report| stream.take(report));
    if stats.interrupted {
        return None;
    }
    Some(stream.finish().finish())
}

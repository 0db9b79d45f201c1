//! A run whose summary is all that is wanted: for `break` and `sweep`.

use std::path::Path;

use super::engine::{How, Ready, can_play};
use super::{interrupt, run, simulate};
use crate::error::{Exit, Refusal};
use crate::plan::RunPlan;
use crate::record::summary::Summary;

/// Runs a plan. The sim keeps nothing; the others leave an ordinary results folder below `out`.
///
/// # Errors
/// An engine that cannot run it; an interruption.
pub(super) fn measure(plan: &RunPlan, engine: &Ready, out: &Path) -> anyhow::Result<Summary> {
    can_play(engine.engine, plan)?;
    match engine.how {
        How::Simulated(options) => {
            simulate::summary_within(plan, options, u64::MAX).ok_or_else(|| {
                let exit = interrupt::asked().unwrap_or(Exit::Interrupted);
                Refusal::with_exit(exit, "interrupted").into()
            })
        }
        How::Measured(_) => run::measured(plan, engine, out),
    }
}

//! A run whose summary is all that is wanted: for `break` and `sweep`.

use std::path::Path;

use super::{run, simulate};
use crate::cli::Engine;
use crate::error::Refusal;
use crate::plan::RunPlan;
use crate::record::summary::Summary;

/// Runs a plan. The sim keeps nothing; the lab leaves an ordinary results folder below `out`.
///
/// # Errors
/// An engine that cannot run it; an interruption.
pub(super) fn measure(plan: &RunPlan, engine: Engine, out: &Path) -> anyhow::Result<Summary> {
    match engine {
        Engine::Sim => simulate::summary_within(plan, u64::MAX)
            .ok_or_else(|| Refusal::undecided("interrupted").into()),
        Engine::Lab => run::measured(plan, out),
    }
}

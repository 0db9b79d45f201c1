//! One variant on an engine, into its folder; and why it may end before its end.

use anyhow::Context as _;

use super::engine::How;
use super::progress::Progress;
use super::{interrupt, panics, simulate};
use crate::cli::KeptRows;
use crate::error::{Exit, Refusal};
use crate::lab::{self, Ended, LabError, Wish};
use crate::parts::Real;
use crate::plan::Plan;
use crate::record::Manifest;
use crate::record::folder::{RunFolder, VariantFolder};
use crate::sim;

/// What is said of a run in which something of ours panicked.
const PANICKED: &str =
    "slowlab panicked, as told above: a bug, and the numbers of this run say nothing";

/// Why a run ended before its end.
pub(super) enum Cut {
    /// A signal asked for it.
    Interrupted(Exit),
    /// Something failed; a [`Refusal`] among the causes decides the exit code.
    Failed(anyhow::Error),
}

/// Where variants are played.
pub(super) struct Stage<'a> {
    /// How.
    pub(super) how: &'a How,
    /// The run's folder.
    pub(super) folder: &'a RunFolder,
    /// Which rows the sim keeps.
    pub(super) rows: KeptRows,
}

impl Stage<'_> {
    /// Plays a variant; its records are in its folder afterwards, as far as it went.
    pub(super) fn play(
        &self,
        plan: &Plan,
        manifest: &mut Manifest,
        progress: &mut Progress,
    ) -> Result<(), Cut> {
        let unfit = |error| Cut::Failed(Refusal::unfit(error).into());
        if let Some(exit) = interrupt::asked() {
            return Err(Cut::Interrupted(exit));
        }
        self.folder.update(manifest).map_err(unfit)?;
        let plan_json = serde_json::to_string(plan).context("a plan is plain data");
        let plan_json = plan_json.map_err(Cut::Failed)?;
        let variant = self
            .folder
            .variant(&plan.variant, &plan_json)
            .map_err(unfit)?;
        let ended = match self.how {
            How::Measured(real) => measure(plan, real, variant, progress),
            How::Simulated(options) => self.simulate(plan, variant, *options, (manifest, progress)),
        };
        match (ended, interrupt::asked()) {
            _ if panics::happened() => Err(Cut::Failed(anyhow::anyhow!("{PANICKED}"))),
            (Ok(Ended::Interrupted), exit) => {
                Err(Cut::Interrupted(exit.unwrap_or(Exit::Interrupted)))
            }
            (Ok(Ended::Complete), _) => Ok(()),
            (Err(error), _) => Err(Cut::Failed(error)),
        }
    }

    fn simulate(
        &self,
        plan: &Plan,
        variant: VariantFolder,
        options: sim::Options,
        (manifest, progress): (&mut Manifest, &mut Progress),
    ) -> anyhow::Result<Ended> {
        let (ended, stats) = simulate::into_folder(plan, variant, options, self.rows, progress)?;
        let text = format!(
            "{} events in {} of virtual time",
            stats.events, stats.virtual_time
        );
        manifest
            .engine_facts
            .insert(format!("sim.{}", plan.variant), text);
        Ok(ended)
    }
}

fn measure(
    plan: &Plan,
    real: &Real,
    variant: VariantFolder,
    progress: &mut Progress,
) -> anyhow::Result<Ended> {
    let mut look = |status: &lab::Status| {
        progress.show(status);
        match interrupt::asked().is_some() || panics::happened() {
            true => Wish::Stop,
            false => Wish::GoOn,
        }
    };
    lab::run(plan, real, variant, &mut look).map_err(|error| match error {
        LabError::MasterDied { .. } | LabError::ProxyDied { .. } => {
            Refusal::undecided(error).into()
        }
        error => Refusal::unfit(error).into(),
    })
}

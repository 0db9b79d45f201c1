//! One variant on an engine, into its folder; and why it may end before its end.

use anyhow::Context as _;

use super::engine::How;
use super::progress::Progress;
use super::simulate::Simulated;
use super::speech::Listener;
use super::{interrupt, panics, simulate};
use crate::cli::KeptRows;
use crate::error::{Exit, Refusal};
use crate::lab::{self, Ended, LabError, Wish};
use crate::parts::Real;
use crate::plan::{Plan, RunPlan};
use crate::record::Manifest;
use crate::record::folder::{FolderError, RunFolder, VariantFolder};
use crate::report::abreast::abreast;
use crate::sim;
use crate::time::{Clock, Span, Timestamp};

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
        self.update(manifest)?;
        let variant = self.begin(plan)?;
        let ended = match self.how {
            How::Measured(real) => measure(plan, real, variant, progress),
            How::Simulated(options) => {
                let simulated = simulate::into_folder(plan, variant, *options, self.rows, progress);
                simulated.map(|simulated| note(plan, &simulated, (manifest, progress)))
            }
        };
        judge(ended)
    }

    /// Plays the variants of a simulated run, as many at a time as there are cores. Only for worlds of which several fit into memory.
    pub(super) fn play_abreast(
        &self,
        options: sim::Options,
        run: &RunPlan,
        (manifest, listener): (&mut Manifest, Listener),
    ) -> Result<(), Cut> {
        let variants: Vec<(usize, &Plan)> = (run.variants.iter().map(|variant| &variant.plan))
            .enumerate()
            .collect();
        let names = variants.iter().map(|(_, plan)| plan.variant.clone());
        manifest.variants.extend(names);
        self.update(manifest)?;
        let played = abreast(&variants, |(index, plan)| {
            let mut progress = Progress::new(listener, &run.scenario, variants.len());
            progress.variant(*index, plan);
            let simulated = self.begin(plan).map(|variant| {
                simulate::into_folder(plan, variant, options, self.rows, &mut progress)
            });
            (progress, simulated)
        });
        for ((_, plan), (mut progress, simulated)) in variants.iter().zip(played) {
            let ended = simulated?;
            judge(ended.map(|simulated| note(plan, &simulated, (manifest, &mut progress))))?;
            progress.done();
        }
        Ok(())
    }

    fn update(&self, manifest: &Manifest) -> Result<(), Cut> {
        if let Some(exit) = interrupt::asked() {
            return Err(Cut::Interrupted(exit));
        }
        self.folder.update(manifest).map_err(unfit)
    }

    /// The folder of a variant that begins.
    fn begin(&self, plan: &Plan) -> Result<VariantFolder, Cut> {
        if let Some(exit) = interrupt::asked() {
            return Err(Cut::Interrupted(exit));
        }
        let json = serde_json::to_string(plan).context("a plan is plain data");
        let json = json.map_err(Cut::Failed)?;
        self.folder.variant(&plan.variant, &json).map_err(unfit)
    }
}

fn unfit(error: FolderError) -> Cut {
    Cut::Failed(Refusal::unfit(error).into())
}

/// Says how a simulated variant went, to whoever watches and in the manifest.
fn note(
    plan: &Plan,
    simulated: &Simulated,
    (manifest, progress): (&mut Manifest, &mut Progress),
) -> Ended {
    let stats = &simulated.stats;
    progress.simulated(stats, simulated.wall);
    // Names and numbers only: a report in any language shows them as they are.
    let lasted = stats.virtual_time.human();
    let facts = [
        ("events", stats.events.to_string()),
        ("virtual_time", lasted),
    ];
    for (name, value) in facts {
        let fact = format!("sim.{}.{name}", plan.variant);
        manifest.engine_facts.insert(fact, value);
    }
    simulated.ended
}

fn judge(ended: anyhow::Result<Ended>) -> Result<(), Cut> {
    match (ended, interrupt::asked()) {
        _ if panics::happened() => Err(Cut::Failed(anyhow::anyhow!("{PANICKED}"))),
        (Ok(Ended::Interrupted), exit) => Err(Cut::Interrupted(exit.unwrap_or(Exit::Interrupted))),
        (Ok(Ended::Complete), _) => Ok(()),
        (Err(error), _) => Err(Cut::Failed(error)),
    }
}

fn measure(
    plan: &Plan,
    real: &Real,
    variant: VariantFolder,
    progress: &mut Progress,
) -> anyhow::Result<Ended> {
    let mut suspended = Suspended::default();
    let mut look = |status: &lab::Status| {
        progress.show(status);
        suspended.look();
        match interrupt::asked().is_some() || suspended.stopped_for.is_some() || panics::happened()
        {
            true => Wish::Stop,
            false => Wish::GoOn,
        }
    };
    let ended =
        lab::run(plan, real, variant, &interrupt::leave(), &mut look).map_err(
            |error| match error {
                LabError::MasterDied { .. }
                | LabError::MasterStopped { .. }
                | LabError::ProxyStopped { .. }
                | LabError::Unguarded { .. }
                | LabError::ProxyDied { .. } => Refusal::undecided(error).into(),
                error => Refusal::unfit(error).into(),
            },
        );
    match suspended.stopped_for {
        Some(span) if interrupt::asked().is_none() => Err(Refusal::undecided(format!(
            "slowlab was stopped for {span} during the run (job control), and its clients with it\n\
             hint: what was measured until then is kept; run it again, in the foreground"
        ))
        .into()),
        _ => ended,
    }
}

/// Whether this process was stopped between two looks at a run: it was told to go on, and time had passed.
#[derive(Debug, Default)]
struct Suspended {
    last: Option<(Timestamp, u32)>,
    /// Between the last two looks. The count may be a look late.
    before: Span,
    stopped_for: Option<Span>,
}

/// Between two looks passes a tenth of a second, and on a machine that is busy a little more. A shorter stop delays clients by no more than that.
const LONG: Span = Span::from_ms(250);

impl Suspended {
    fn look(&mut self) {
        let now = (Clock::with_origin_ns(0).now(), interrupt::went_on());
        if let Some((at, times)) = self.last.replace(now) {
            let passed = now.0.since(at);
            let longer = passed.max(std::mem::replace(&mut self.before, passed));
            if now.1 > times && longer >= LONG {
                self.stopped_for.get_or_insert(longer);
            }
        }
    }
}

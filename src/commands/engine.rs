//! Which programs an engine needs, found before anything is started; and what it cannot play.

use super::facts::Facts;
use super::{kernel, lacking};
use crate::apart;
use crate::cli::{Engine, KernelChoice, ProgramArgs};
use crate::error::Refusal;
use crate::parts::Real;
use crate::plan::{Plan, RunPlan};
use crate::record::{NOTE, SHORTFALL};
use crate::reference::export;
use crate::reference::programs::{Named, Version, find_gunicorn, find_nginx};
use crate::report::words::Words;
use crate::sim;

/// An engine that is ready to run plans.
pub(super) struct Ready {
    /// Which one it is.
    pub(super) engine: Engine,
    /// What it does with a plan.
    pub(super) how: How,
    /// What the manifest says of them.
    pub(super) facts: Facts,
    /// How whoever asked for it is spoken to.
    pub(super) words: &'static Words,
}

/// The two ways to run a plan.
#[derive(Debug)]
pub(super) enum How {
    /// On real sockets, with these real programs and otherwise our own.
    Measured(Real),
    /// In virtual time.
    Simulated(sim::Options),
}

/// Finds the programs of an engine, or the kernel of the sim.
///
/// # Errors
/// A program is missing or too old: exit 4, with the line that installs it. A calibration that cannot be read, or for real sockets: exit 2.
pub(super) fn ready(
    (engine, words): (Engine, &'static Words),
    programs: &ProgramArgs,
    kernel: &KernelChoice,
) -> anyhow::Result<Ready> {
    kernel::check(kernel, engine)?;
    let named = named(programs);
    let (nginx, gunicorn) = match engine {
        Engine::Sim => {
            let (options, said) = kernel::options(kernel)?;
            return Ok(Ready {
                engine,
                how: How::Simulated(options),
                facts: Facts::named([("sim.sockets".to_owned(), said)]),
                words,
            });
        }
        Engine::Lab => (false, false),
        Engine::Reference => (true, true),
        Engine::ReferenceNginx => (true, false),
        Engine::ReferenceGunicorn => (false, true),
    };
    let nginx = nginx
        .then(|| find_nginx(&named))
        .transpose()
        .map_err(Refusal::unfit)?;
    let gunicorn = gunicorn
        .then(|| find_gunicorn(&named))
        .transpose()
        .map_err(Refusal::unfit)?;
    let of_nginx = nginx.iter().flat_map(|program| program.facts());
    let facts = of_nginx.chain(gunicorn.iter().flat_map(|program| program.facts()));
    Ok(Ready {
        engine,
        facts: Facts::named(facts),
        how: How::Measured(Real { nginx, gunicorn }),
        words,
    })
}

/// Puts this process apart if some clients of these plans are far away and sockets are real. For a process that has one thread; where it cannot be, variants
/// that want it are left out later, with the reason.
pub(super) fn leave_the_network<'a>(engine: Engine, runs: impl IntoIterator<Item = &'a RunPlan>) {
    let mut variants = runs.into_iter().flat_map(|run| &run.variants);
    if engine != Engine::Sim && variants.any(|variant| variant.plan.has_lines()) {
        apart::enter();
    }
}

/// Refuses plans that this engine cannot play: on real sockets clients that vanish on loopback, in virtual time logs in pipes.
///
/// # Errors
/// Such a plan: exit 2.
pub(super) fn can_play(engine: Engine, run: &RunPlan) -> anyhow::Result<()> {
    match unplayable(engine, run) {
        None => Ok(()),
        Some(Unplayable { variant, key, why }) => {
            let scenario = &run.scenario;
            let (name, other) = (engine.name(), other_engine(engine));
            // Which nobody else plays.
            let other = if key == PIPELINE { "lab" } else { other };
            Err(Refusal::usage(format!(
                "`{key}` cannot be played by the {name} engine (scenario `{scenario}`, variant `{variant}`): \
                 {why}\nhint: use `--engine {other}`, or leave it out"
            ))
            .into())
        }
    }
}

/// The section of a file that only the lab plays.
const PIPELINE: &str = "pipeline";

/// Who plays what this engine does not.
pub(super) fn other_engine(engine: Engine) -> &'static str {
    match engine {
        Engine::Sim => "lab",
        _ => "sim",
    }
}

/// What an engine cannot play.
pub(super) struct Unplayable {
    /// The variant.
    pub(super) variant: String,
    /// Dotted: `clients.mobile.link`.
    pub(super) key: String,
    /// Why.
    pub(super) why: &'static str,
}

/// The first thing of a run that an engine cannot play.
pub(super) fn unplayable(engine: Engine, run: &RunPlan) -> Option<Unplayable> {
    let variants = run.variants.iter();
    let mut found = variants.filter_map(|variant| unplayable_of(engine, &variant.plan));
    found.next()
}

/// The first thing of a variant that an engine cannot play.
pub(super) fn unplayable_of(engine: Engine, plan: &Plan) -> Option<Unplayable> {
    let of = |key, why| Unplayable {
        variant: plan.variant.clone(),
        key,
        why,
    };
    if engine == Engine::Sim {
        let (key, why) = plan.is_for_sockets_only()?;
        return Some(of(key.to_owned(), why));
    }
    if plan.pipeline.is_some() && engine != Engine::Lab {
        let why = "it has neither nginx nor gunicorn in it";
        return Some(of(PIPELINE.to_owned(), why));
    }
    plan.groups.iter().find_map(|group| {
        let (key, why) = group.is_for_sim_only()?;
        Some(of(format!("clients.{}.{key}", group.name), why))
    })
}

/// What the user named.
pub(super) fn named(programs: &ProgramArgs) -> Named {
    let ProgramArgs {
        nginx,
        gunicorn,
        python,
    } = programs;
    Named {
        nginx: nginx.clone(),
        gunicorn: gunicorn.clone(),
        python: python.clone(),
    }
}

/// How this gunicorn plays a plan, where that is not simply as the plan says: for the manifest.
fn note_on(facts: &mut Facts, plan: &Plan, gunicorn: Version) {
    if let Some(shortfall) = export::shortfall(plan, gunicorn) {
        return facts.tell(format!("{SHORTFALL}{}", plan.variant), shortfall.told);
    }
    for note in export::notes(plan) {
        facts.tell(format!("{NOTE}{}", plan.variant), note.told);
    }
}

impl Ready {
    /// Leaves out the variants that cannot be played here, saying so; their expectations stay undecided.
    ///
    /// # Errors
    /// Nothing is left.
    pub(super) fn keep_playable(&self, run: &mut RunPlan) -> anyhow::Result<Facts> {
        let mut facts = self.facts.clone();
        let How::Measured(Real { nginx, gunicorn }) = &self.how else {
            return Ok(facts);
        };
        lacking::leave_out(run, &mut facts, self.words)?;
        if nginx.is_none() && gunicorn.is_none() {
            return Ok(facts);
        }
        let differs = nginx.as_ref();
        if let Some(note) = differs.and_then(|nginx| export::newer_nginx(nginx.version)) {
            facts.tell(format!("{NOTE}nginx"), note.told);
        }
        run.variants.retain(|variant| {
            let plan = &variant.plan;
            match (export::playable(plan), gunicorn) {
                (Ok(()), Some(gunicorn)) => note_on(&mut facts, plan, gunicorn.version),
                (Ok(()), None) => {}
                (Err(reason), _) => {
                    facts.leave_out(&plan.variant, reason.told(), self.words);
                    return false;
                }
            }
            true
        });
        if run.variants.is_empty() {
            let scenario = &run.scenario;
            return Err(Refusal::undecided(format!(
                "no variant of `{scenario}` can be played by the real programs"
            ))
            .into());
        }
        Ok(facts)
    }
}

//! Which programs an engine needs, found before anything is started; and what it cannot play.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::finish::talk;
use super::kernel;
use crate::apart;
use crate::backend::EXECUTABLE;
use crate::cli::{Engine, KernelChoice, ProgramArgs};
use crate::error::Refusal;
use crate::parts::Real;
use crate::plan::{Plan, RunPlan};
use crate::process::is_root;
use crate::record::{SHORTFALL, UNPLAYABLE};
use crate::reference::export;
use crate::reference::programs::{Named, Version, find_gunicorn, find_nginx};
use crate::sim;
use crate::{slow_disk, small_disk};

/// An engine that is ready to run plans.
#[derive(Debug)]
pub(super) struct Ready {
    /// Which one it is.
    pub(super) engine: Engine,
    /// What it does with a plan.
    pub(super) how: How,
    /// What the manifest says of them.
    pub(super) facts: BTreeMap<String, String>,
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
    engine: Engine,
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
                facts: BTreeMap::from([("sim.sockets".to_owned(), said)]),
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
    let mut facts = BTreeMap::new();
    facts.extend(nginx.iter().flat_map(|program| program.facts()));
    facts.extend(gunicorn.iter().flat_map(|program| program.facts()));
    Ok(Ready {
        engine,
        how: How::Measured(Real { nginx, gunicorn }),
        facts,
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
fn notes_on(plan: &Plan, gunicorn: Version) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    match export::shortfall(plan, gunicorn) {
        Some(shortfall) => {
            facts.insert(format!("{SHORTFALL}{}", plan.variant), shortfall);
        }
        None => {
            let notes = export::notes(plan);
            facts.extend(
                notes
                    .into_iter()
                    .map(|note| (format!("note on {}", plan.variant), note)),
            );
        }
    }
    facts
}

/// What this machine, or this user of it, does not have for some plans: why, if it was asked for.
struct Lacking {
    line: Option<String>,
    disk: Option<String>,
    slow_disk: Option<String>,
    second_user: Option<String>,
}

impl Lacking {
    /// Looks for what some variant of this run wants.
    fn of(run: &RunPlan) -> Lacking {
        let wanted = |wants: fn(&Plan) -> bool| run.variants.iter().any(|one| wants(&one.plan));
        Lacking {
            line: wanted(Plan::has_lines).then(apart::missing).flatten(),
            disk: wanted(Plan::wants_small_disk)
                .then(|| small_disk::missing(Path::new(EXECUTABLE)))
                .flatten(),
            slow_disk: wanted(Plan::wants_slow_disk)
                .then(|| slow_disk::missing(Path::new(EXECUTABLE)))
                .flatten(),
            second_user: wanted(Plan::has_socket_modes)
                .then(second_user_missing)
                .flatten(),
        }
    }

    /// Why this plan cannot be played here.
    fn keeps(&self, plan: &Plan) -> Option<String> {
        // Where the backend's user meets the same as another one, nobody else is needed; as root he would pass every mode.
        let wants_user = plan.wants_second_user() || plan.has_socket_modes() && is_root();
        let congestion = apart::here().and_then(|apart| apart.lacks(plan.congestion()?));
        let wants = [
            (
                plan.has_lines(),
                "clients that are far away",
                self.line.as_ref().or(congestion.as_ref()),
            ),
            (
                plan.wants_small_disk(),
                "a disk of its own",
                self.disk.as_ref(),
            ),
            (
                plan.wants_slow_disk(),
                "a disk that does not answer in time",
                self.slow_disk.as_ref(),
            ),
            (
                wants_user,
                "a proxy with a user of its own",
                self.second_user.as_ref(),
            ),
        ];
        wants.into_iter().find_map(|(is_wanted, what, missing)| {
            let why = missing.filter(|_| is_wanted)?;
            let name = &plan.variant;
            Some(format!(
                "variant `{name}` wants {what}, and there is none: {why}"
            ))
        })
    }
}

/// Why a proxy cannot have a user of its own.
fn second_user_missing() -> Option<String> {
    if !is_root() {
        let why = "only root starts a process of another user; of this one's own socket the owner's digit counts";
        return Some(why.to_owned());
    }
    let parent = std::env::temp_dir();
    let locked = |folder: &&Path| {
        let about = std::fs::metadata(folder);
        about.is_ok_and(|about| about.mode() & 0o001 == 0)
    };
    let locked = parent.ancestors().find(locked)?;
    Some(format!(
        "other users do not get through `{}` to the sockets below it (set TMPDIR)",
        locked.display()
    ))
}

/// Leaves out the variants that want what this machine does not have for this user, saying so; their expectations stay undecided.
///
/// # Errors
/// Nothing is left.
fn leave_out(run: &mut RunPlan, facts: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    let lacking = Lacking::of(run);
    let mut last = None;
    run.variants.retain(|variant| {
        let Some(reason) = lacking.keeps(&variant.plan) else {
            return true;
        };
        talk(&format!("left out: {reason}"));
        facts.insert(
            format!("{UNPLAYABLE}{}", variant.plan.variant),
            reason.clone(),
        );
        last = Some((reason, variant.plan.has_lines()));
        false
    });
    let Some((reason, is_far)) = last.filter(|_| run.variants.is_empty()) else {
        return Ok(());
    };
    let text = format!(
        "no variant of `{}` can be played here: {reason}",
        run.scenario
    );
    Err(match is_far {
        true => Refusal::unfit(text),
        false => Refusal::undecided(text),
    }
    .into())
}

impl Ready {
    /// Leaves out the variants that the real programs cannot play, saying so; their expectations stay undecided.
    ///
    /// # Errors
    /// Nothing is left.
    pub(super) fn keep_playable(
        &self,
        run: &mut RunPlan,
    ) -> anyhow::Result<BTreeMap<String, String>> {
        let mut facts = self.facts.clone();
        let How::Measured(Real { nginx, gunicorn }) = &self.how else {
            return Ok(facts);
        };
        leave_out(run, &mut facts)?;
        if nginx.is_none() && gunicorn.is_none() {
            return Ok(facts);
        }
        if let Some(differs) = nginx
            .as_ref()
            .and_then(|nginx| export::newer_nginx(nginx.version))
        {
            facts.insert("note on nginx".to_owned(), differs);
        }
        run.variants
            .retain(|variant| match export::playable(&variant.plan) {
                Ok(()) => {
                    if let Some(gunicorn) = gunicorn {
                        facts.extend(notes_on(&variant.plan, gunicorn.version));
                    }
                    true
                }
                Err(reason) => {
                    talk(&format!("left out: {reason}"));
                    facts.insert(
                        format!("{UNPLAYABLE}{}", variant.plan.variant),
                        reason.to_string(),
                    );
                    false
                }
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

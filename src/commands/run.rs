//! `slowlab run`: plan, run each variant, report, judge.

use std::io::Write as _;

use anyhow::Context as _;

use super::engine::{self, How, Ready};
use super::facts::Facts;
use super::finish::{Told, explain, interrupted};
use super::progress::Progress;
use super::stage::{Cut, Stage};
use super::watch::Screen;
use super::{finish, gate, interrupt, limits, load, remains, repeat, show};
use crate::cli::{Engine, KeptRows, RunArgs};
use crate::error::{Exit, Refusal};
use crate::observe;
use crate::plan::{RunPlan, most_connections};
use crate::record::Manifest;
use crate::record::folder::{FolderError, RunFolder, Shelf, to_json};
use crate::record::summary::Summary;
use crate::report::format::Runs;

/// Clients of a variant up to which its world is small: some 20 MB.
const SMALL_WORLD: usize = 20_000;

/// A run that was asked for, and where its results go.
pub(super) struct Take {
    /// What is run.
    pub(super) plan: RunPlan,
    /// Where to.
    pub(super) shelf: Shelf,
}

/// What is common to the runs of one command.
struct Session<'a> {
    args: &'a RunArgs,
    engine: &'a Ready,
    /// Of the runs that were judged.
    summaries: Vec<Summary>,
    /// Why others were not.
    missing: Vec<String>,
    /// Whether each prints its result when it ends.
    told: Told,
}

/// Runs every scenario asked for; the worst outcome is the exit code.
///
/// # Errors
/// A bad scenario, an environment that cannot hold the run, results that cannot be written.
pub(super) fn run(args: &RunArgs) -> anyhow::Result<Exit> {
    let names = if args.all {
        load::embedded_names()
    } else {
        args.scenarios.clone()
    };
    // Every scenario is read before the first one runs: a typo in the last must not cost the time of the others.
    let mut scenarios = names
        .iter()
        .map(|name| planned(name, args))
        .collect::<anyhow::Result<Vec<_>>>()?;
    check(&mut scenarios, args)?;
    gate::can_be_written(args)?;
    let engine = engine::ready(
        (args.engine, args.work.speech.shown()),
        &args.programs,
        &args.kernel,
    )?;
    engine::leave_the_network(args.engine, scenarios.iter().flatten());
    interrupt::listen().context("cannot listen for signals")?;
    if args.live {
        interrupt::with_standard_input().context("cannot watch standard input")?;
    }
    if args.engine != Engine::Sim {
        remains::before_a_run(args.work.speech.shown());
    }
    if args.predict {
        let firsts = scenarios.iter().filter_map(|plans| plans.first());
        for plan in firsts {
            show::simulated(&mut anstream::stderr(), plan, args.work.speech.shown())?;
        }
    }
    let (mut takes, sets) = repeat::takes(scenarios, args)?;
    let told = Told::of(args);
    let mut session = Session {
        args,
        engine: &engine,
        summaries: Vec::new(),
        missing: Vec::new(),
        told: match told {
            Told::Json { talk } if takes.len() > 1 => Told::Nothing { talk },
            told => told,
        },
    };
    if args.watch && args.engine == Engine::Sim {
        finish::talk(&args.work.speech.shown().say("watch-no-time", []));
    }
    let exit = session.run_all(&mut takes);
    // What was measured before a failure counts.
    if args.json && takes.len() > 1 {
        finish::print_all(&session.summaries)?;
    }
    let repeated = sets
        .iter()
        .try_for_each(|set| repeat::conclude(set, told, args.work.speech.shown()));
    if let Err(error) = &exit {
        session.missing.push(format!("{error:#}"));
    }
    if interrupt::asked().is_some() {
        let said = args.work.speech.kept().say("run-stopped", []);
        session.missing.push(said);
    }
    let runs = Runs {
        summaries: &session.summaries,
        required: args.require_expectations,
        missing: &session.missing,
    };
    let written = gate::write(args, runs);
    let exit = exit?;
    repeated?;
    written?;
    // Also of a run that was complete before the signal could end it: whoever sent it wants no more of the rest.
    Ok(interrupt::asked().unwrap_or(exit))
}

/// A scenario's runs: one, or as many as `--repeat` asks for.
fn planned(name: &str, args: &RunArgs) -> anyhow::Result<Vec<RunPlan>> {
    let chosen = (args.work.seed, &args.variant[..]);
    let mut plans = load::repeats(
        name,
        &args.work.set,
        chosen,
        args.repeat,
        args.work.speech.shown(),
    )?;
    for plan in &mut plans {
        load::expect_too(plan, &args.expect)?;
    }
    Ok(plans)
}

/// Refuses what cannot be run; of all scenarios, those are left out.
fn check(scenarios: &mut Vec<Vec<RunPlan>>, args: &RunArgs) -> anyhow::Result<()> {
    if args.engine != Engine::Sim && args.rows == KeptRows::None {
        let text =
            "`--rows none` is for `--engine sim`: runs on real sockets are small enough to keep";
        return Err(Refusal::usage(text).into());
    }
    if args.all {
        let unplayable = |plans: &Vec<RunPlan>| engine::unplayable(args.engine, plans.first()?);
        scenarios.retain(|plans| match unplayable(plans) {
            None => true,
            Some(engine::Unplayable { key, .. }) => {
                let (name, other) = (&plans[0].scenario, engine::other_engine(args.engine));
                let facts = [("scenario", &**name), ("key", &*key), ("engine", other)];
                finish::talk(
                    &args
                        .work
                        .speech
                        .shown()
                        .tell("run-left-out-scenario", &facts),
                );
                false
            }
        });
    }
    for plan in scenarios.iter().flatten() {
        engine::can_play(args.engine, plan)?;
        if args.engine != Engine::Sim {
            limits::check(plan)?;
        }
    }
    Ok(())
}

impl Session<'_> {
    fn run_all(&mut self, takes: &mut [Take]) -> anyhow::Result<Exit> {
        let mut worst = Exit::Held;
        let (mut played, mut lacking) = (false, None);
        for take in takes {
            if let Some(exit) = interrupt::asked() {
                return Ok(exit);
            }
            // What cannot be played here leaves open what was asked; only where nothing can is that the answer.
            match self.engine.keep_playable(&mut take.plan) {
                Ok(facts) => {
                    played = true;
                    worst = worse(worst, self.run_one(take, facts)?);
                }
                Err(error) => {
                    if let Some(before) = lacking.replace(error) {
                        self.miss(&before);
                    }
                    worst = worse(worst, Exit::Undecided);
                }
            }
        }
        match lacking {
            Some(error) if !played => Err(error),
            Some(error) => {
                self.miss(&error);
                Ok(worst)
            }
            None => Ok(worst),
        }
    }

    /// A run that is not to be had ends nothing else, but is told of.
    fn miss(&mut self, error: &anyhow::Error) {
        let why = error.to_string();
        finish::talk(&why);
        self.missing.push(why);
    }
}

impl Session<'_> {
    /// A terminal to watch the run on, if that was asked for and there is something to see and somebody to see it.
    fn screen(&self) -> Option<Screen> {
        if !self.args.watch || self.args.engine == Engine::Sim {
            return None;
        }
        let words = self.args.work.speech.shown();
        let screen = Screen::take(words);
        if screen.is_none() {
            finish::talk(&words.say("watch-no-terminal", []));
        }
        screen
    }

    fn run_one(&mut self, Take { plan: run, shelf }: &Take, facts: Facts) -> anyhow::Result<Exit> {
        let mut manifest = manifest(run, self.args.engine);
        facts.into_manifest(&mut manifest);
        let folder = RunFolder::create(shelf, &manifest, &run.source).map_err(Refusal::unfit)?;
        let stage = Stage {
            how: &self.engine.how,
            folder: &folder,
            rows: self.args.rows,
        };
        let listener = self.args.work.listener();
        let cut = match self.engine.how {
            How::Simulated(options) if are_small(run) => {
                let told = (&mut manifest, listener);
                stage.play_abreast(options, run, told).err()
            }
            _ => {
                let order = repeat::order(run, self.args.repeat);
                let mut progress = Progress::new(listener, &run.scenario, run.variants.len());
                progress.on(self.screen());
                progress.told_live(self.args.live);
                in_turn((&stage, run, &order), &mut manifest, &mut progress).err()
            }
        };
        self.conclude(run, folder, manifest, cut)
    }
}

/// Whether the worlds of a run's variants are so small that several of them fit into any memory.
fn are_small(run: &RunPlan) -> bool {
    let plans = run.variants.iter().map(|variant| &variant.plan);
    let mut clients = plans.map(|plan| most_connections(&plan.groups));
    clients.all(|clients| clients <= SMALL_WORLD)
}

/// Plays the variants one after another, in this order.
fn in_turn(
    (stage, run, order): (&Stage<'_>, &RunPlan, &[usize]),
    manifest: &mut Manifest,
    progress: &mut Progress,
) -> Result<(), Cut> {
    progress.expects((run.variants.iter()).map(|variant| variant.plan.duration));
    let mut played = Ok(());
    for (place, index) in order.iter().enumerate() {
        let plan = &run.variants[*index].plan;
        manifest.variants.push(plan.variant.clone());
        // Whatever the order, a report has the baseline first.
        let place_of =
            |name: &String| (run.variants.iter()).position(|it| it.plan.variant == *name);
        manifest.variants.sort_by_key(place_of);
        progress.variant(place, plan);
        played = stage.play(plan, manifest, progress);
        if played.is_err() {
            break;
        }
    }
    progress.done();
    played
}

impl Session<'_> {
    /// Reports what there is; a run that was cut short keeps its folder, marked partial.
    fn conclude(
        &mut self,
        run: &RunPlan,
        folder: RunFolder,
        mut manifest: Manifest,
        cut: Option<Cut>,
    ) -> anyhow::Result<Exit> {
        let dir = folder.path().to_owned();
        let (told, words) = (self.told, self.args.work.speech.shown());
        manifest.partial = cut.is_some();
        // A manifest on disk is marked partial until here.
        let reported = match &cut {
            Some(_) => Ok(()),
            None => folder.write("manifest.json", &to_json(&manifest)),
        };
        let reported = reported
            .map_err(|error| Refusal::unfit(error).into())
            .and_then(|()| {
                let work = &self.args.work;
                let report = || finish::report(&dir, run, work.speech);
                interrupt::while_reporting((&dir, work.listener()), report)
            });
        let outcome = match (reported, cut) {
            (Ok(outcome), None) => outcome,
            (Ok(outcome), Some(cut)) => {
                if outcome.tested() {
                    finish::print(&outcome, &dir, told)?;
                }
                return match cut {
                    Cut::Failed(error) => Err(explain(&error, &dir, words)),
                    Cut::Interrupted(exit) => {
                        if !self.args.work.quiet {
                            finish::talk(&interrupted(&dir, words));
                        }
                        Ok(exit)
                    }
                };
            }
            // The first cause matters more than a report that could not be drawn, perhaps because of it.
            (Err(_), Some(Cut::Failed(error))) | (Err(error), None) => {
                return Err(explain(&error, &dir, words));
            }
            (Err(error), Some(Cut::Interrupted(exit))) => {
                let text = format!("{error:#}\n{}", interrupted(&dir, words));
                return Err(Refusal::with_exit(exit, text).into());
            }
        };
        let dir = match folder.finish(&manifest) {
            Ok(dir) => dir,
            Err(error) => match error {
                FolderError::Latest { ref run, .. } => {
                    let warning = words.say("mistake-warning", []);
                    finish::talk(&format!("{warning}: {error}"));
                    run.clone()
                }
                error => return Err(explain(&Refusal::unfit(error).into(), &dir, words)),
            },
        };
        finish::print(&outcome, &dir, told)?;
        if self.args.live {
            let said = serde_json::json!({ "folder": dir });
            finish::deliver(writeln!(std::io::stdout(), "{said}"))?;
        }
        let exit = outcome.exit(self.args.require_expectations);
        self.summaries.push(outcome.into_summary());
        Ok(exit)
    }
}

/// Which run it is, and when it begins.
pub(super) fn identity(run: &RunPlan, engine: Engine) -> Manifest {
    Manifest {
        schema: crate::record::SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("SLOWLAB_COMMIT").map(str::to_owned),
        scenario: run.scenario.clone(),
        scenario_hash: run.hash.clone(),
        question: run.question.clone(),
        engine: engine.name().to_owned(),
        seed: run.seed.0,
        started_utc: crate::time::utc_stamp(),
        partial: true,
        ..Manifest::default()
    }
}

/// The same, with the machine on which it runs.
pub(super) fn manifest(run: &RunPlan, engine: Engine) -> Manifest {
    let mut manifest = identity(run, engine);
    observe::machine::describe(&mut manifest);
    // Virtual time has no late ticks.
    if engine != Engine::Sim {
        manifest.tick_error_us = observe::machine::tick_error();
    }
    manifest
}

const fn worse(a: Exit, b: Exit) -> Exit {
    const fn rank(exit: Exit) -> u8 {
        match exit {
            Exit::Held => 0,
            Exit::Undecided => 1,
            Exit::Failed => 2,
            Exit::Unfit => 3,
            Exit::Usage => 4,
            Exit::Bug => 5,
            Exit::Interrupted | Exit::Terminated => 6,
        }
    }
    if rank(a) >= rank(b) { a } else { b }
}

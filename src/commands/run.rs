//! `slowlab run`: plan, run each variant, report, judge.

use std::path::Path;

use anyhow::Context as _;

use super::progress::Progress;
use super::{finish, interrupt, load, panics};
use crate::cli::{Engine, RunArgs};
use crate::error::{Exit, Refusal};
use crate::lab::{self, Ended, LabError, Wish};
use crate::plan::{Plan, RunPlan, VariantPlan};
use crate::record::Manifest;
use crate::record::folder::{FolderError, RunFolder, to_json};
use crate::{clients, observe};

/// What is said of a run in which something of ours panicked.
const PANICKED: &str =
    "slowlab panicked, as told above: a bug, and the numbers of this run say nothing";

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
    let plans = names
        .iter()
        .map(|name| load::run_plan(name, &args.set, args.seed, &args.variant))
        .collect::<anyhow::Result<Vec<_>>>()?;
    for plan in &plans {
        check_limits(plan)?;
    }
    interrupt::listen().context("cannot listen for signals")?;
    let mut worst = Exit::Held;
    for plan in &plans {
        if let Some(exit) = interrupt::asked() {
            return Ok(exit);
        }
        worst = worse(worst, run_one(plan, args)?);
    }
    Ok(worst)
}

/// Why a run ended before its end.
enum Cut {
    /// A signal asked for it.
    Interrupted(Exit),
    /// Something failed; a [`Refusal`] among the causes decides the exit code.
    Failed(anyhow::Error),
}

fn run_one(run: &RunPlan, args: &RunArgs) -> anyhow::Result<Exit> {
    let Engine::Lab = args.engine;
    let mut manifest = manifest(run);
    let folder = RunFolder::create(&args.out, &manifest, &run.source).map_err(Refusal::unfit)?;
    let mut progress = Progress::new(args.quiet, &run.scenario, run.variants.len());
    let mut cut = None;
    for (index, variant) in run.variants.iter().enumerate() {
        manifest.variants.push(variant.plan.variant.clone());
        progress.variant(index, &variant.plan);
        cut = run_variant(&variant.plan, &folder, &manifest, &mut progress).err();
        if cut.is_some() {
            break;
        }
    }
    progress.done();
    conclude(run, folder, manifest, cut, args)
}

fn run_variant(
    plan: &Plan,
    folder: &RunFolder,
    manifest: &Manifest,
    progress: &mut Progress,
) -> Result<(), Cut> {
    let unfit = |error| Cut::Failed(Refusal::unfit(error).into());
    if let Some(exit) = interrupt::asked() {
        return Err(Cut::Interrupted(exit));
    }
    folder.update(manifest).map_err(unfit)?;
    let plan_json = serde_json::to_string(plan).context("a plan is plain data");
    let plan_json = plan_json.map_err(Cut::Failed)?;
    let variant = folder.variant(&plan.variant, &plan_json).map_err(unfit)?;
    let mut look = |status: &lab::Status| {
        progress.show(status);
        match interrupt::asked().is_some() || panics::happened() {
            true => Wish::Stop,
            false => Wish::GoOn,
        }
    };
    let ended = lab::run(plan, variant, &mut look).map_err(|error| match error {
        LabError::MasterDied { .. } => Cut::Failed(Refusal::undecided(error).into()),
        error => Cut::Failed(Refusal::unfit(error).into()),
    });
    match (ended, interrupt::asked()) {
        _ if panics::happened() => Err(Cut::Failed(anyhow::anyhow!("{PANICKED}"))),
        (Ok(Ended::Interrupted), exit) => Err(Cut::Interrupted(exit.unwrap_or(Exit::Interrupted))),
        (ended, _) => ended.map(drop),
    }
}

/// Reports what there is; a run that was cut short keeps its folder, marked partial.
fn conclude(
    run: &RunPlan,
    folder: RunFolder,
    mut manifest: Manifest,
    cut: Option<Cut>,
    args: &RunArgs,
) -> anyhow::Result<Exit> {
    let dir = folder.path().to_owned();
    manifest.partial = cut.is_some();
    // A manifest on disk is marked partial until here.
    let reported = match &cut {
        Some(_) => Ok(()),
        None => folder.write("manifest.json", &to_json(&manifest)),
    };
    let reported = reported
        .map_err(|error| Refusal::unfit(error).into())
        .and_then(|()| finish::report(&dir, &run.expectations));
    let outcome = match (reported, cut) {
        (Ok(outcome), None) => outcome,
        (Ok(outcome), Some(cut)) => {
            if outcome.tested() {
                finish::print(&outcome, &dir, args.json, args.quiet)?;
            }
            return match cut {
                Cut::Failed(error) => Err(explain(&error, &dir)),
                Cut::Interrupted(exit) => {
                    if !args.quiet {
                        finish::talk(&format!("interrupted: {}", kept_in(&dir)));
                    }
                    Ok(exit)
                }
            };
        }
        // The first cause matters more than a report that could not be drawn, perhaps because of it.
        (Err(_), Some(Cut::Failed(error))) | (Err(error), None) => {
            return Err(explain(&error, &dir));
        }
        (Err(error), Some(Cut::Interrupted(exit))) => {
            let text = format!("interrupted, and then: {error:#}\n{}", kept_in(&dir));
            return Err(Refusal::with_exit(exit, text).into());
        }
    };
    let dir = match folder.finish(&manifest) {
        Ok(dir) => dir,
        Err(error) => match error {
            FolderError::Latest { ref run, .. } => {
                finish::talk(&format!("warning: {error}"));
                run.clone()
            }
            error => return Err(explain(&Refusal::unfit(error).into(), &dir)),
        },
    };
    finish::print(&outcome, &dir, args.json, args.quiet)?;
    Ok(outcome.exit())
}

fn explain(error: &anyhow::Error, dir: &Path) -> anyhow::Error {
    let exit = error
        .downcast_ref::<Refusal>()
        .map_or(Exit::Bug, Refusal::exit);
    Refusal::with_exit(exit, format!("{error:#}\n{}", kept_in(dir))).into()
}

fn kept_in(dir: &Path) -> String {
    format!("partial results are kept in {}", dir.display())
}

fn manifest(run: &RunPlan) -> Manifest {
    let mut manifest = Manifest {
        schema: crate::record::summary::SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("SLOWLAB_COMMIT").map(str::to_owned),
        scenario: run.scenario.clone(),
        scenario_hash: run.hash.clone(),
        question: run.question.clone(),
        engine: "lab".to_owned(),
        seed: run.seed.0,
        started_utc: humantime::format_rfc3339_seconds(crate::time::utc_now()).to_string(),
        partial: true,
        ..Manifest::default()
    };
    observe::machine::describe(&mut manifest);
    manifest
}

/// Refuses a run that the limit of open files cannot hold, before anything is started.
fn check_limits(run: &RunPlan) -> anyhow::Result<()> {
    let (limit, _) = observe::limits::raise_nofile().map_err(|error| {
        Refusal::unfit(format!("cannot raise the limit of open files: {error}"))
    })?;
    for VariantPlan { plan, .. } in &run.variants {
        let need = files_needed(plan);
        if need > limit {
            return Err(Refusal::unfit(format!(
                "scenario `{}`, variant `{}` can hold {} connections at once and so needs about {need} open files, \
                 but this process may open {limit}\nhint: raise the hard limit (`ulimit -Hn`), or lower the clients' count or rate",
                run.scenario,
                plan.variant,
                clients::fd_need(&plan.groups),
            ))
            .into());
        }
    }
    Ok(())
}

/// The clients' sockets, and on the proxy's side the downstream socket, the upstream socket and the temp file.
fn files_needed(plan: &Plan) -> u64 {
    /// Standard streams, logs, CSVs, listeners, pipes, event loops.
    const OVERHEAD: u64 = 64;
    let clients = clients::fd_need(&plan.groups) as u64;
    let proxy_per_client = match &plan.proxy {
        None => 0,
        Some(proxy) if proxy.proxy_buffering && proxy.proxy_max_temp_file_size.0 > 0 => 3,
        Some(_) => 2,
    };
    clients * (1 + proxy_per_client) + OVERHEAD
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

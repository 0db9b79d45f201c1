//! `slowlab run`: plan, run each variant, report, judge.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::engine::{self, How, Ready};
use super::progress::Progress;
use super::{finish, interrupt, load, simulate};
use crate::cli::{Engine, RunArgs};
use crate::error::{Exit, Refusal};
use crate::lab::{self, Ended, LabError, Wish};
use crate::parts::Real;
use crate::plan::{Plan, RunPlan, VariantPlan};
use crate::record::Manifest;
use crate::record::folder::{RunFolder, to_json};
use crate::record::summary::Summary;
use crate::{clients, observe};

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
    let mut plans = names
        .iter()
        .map(|name| load::run_plan(name, &args.set, args.seed, &args.variant))
        .collect::<anyhow::Result<Vec<_>>>()?;
    if args.this_kernel && args.engine != Engine::Sim {
        let text = "`--this-kernel` is for `--engine sim`: real sockets follow this kernel anyway";
        return Err(Refusal::usage(text).into());
    }
    if args.engine != Engine::Sim {
        for plan in &plans {
            check_limits(plan)?;
        }
    }
    let engine = engine::ready(args.engine, &args.programs)?;
    interrupt::listen().context("cannot listen for signals")?;
    let mut worst = Exit::Held;
    for plan in &mut plans {
        worst = worse(worst, run_one(plan, &engine, args)?);
        if interrupt::asked().is_some() {
            break;
        }
    }
    Ok(worst)
}

/// Runs a plan on real sockets without a word; its summary. The results folder stays.
///
/// # Errors
/// As [`run`], and an interruption.
pub(super) fn measured(
    run: &RunPlan,
    engine: Engine,
    real: &Real,
    out: &Path,
) -> anyhow::Result<Summary> {
    check_limits(run)?;
    let mut manifest = manifest(run, engine);
    let folder = RunFolder::create(out, &manifest, &run.source).map_err(Refusal::unfit)?;
    let mut progress = Progress::new(true, &run.scenario, run.variants.len());
    for variant in &run.variants {
        manifest.variants.push(variant.plan.variant.clone());
        folder
            .write("manifest.json", &to_json(&manifest))
            .map_err(Refusal::unfit)?;
        if run_variant(&variant.plan, real, &folder, &mut progress)? == Ended::Interrupted {
            folder.keep_partial();
            return Err(Refusal::undecided("interrupted").into());
        }
    }
    manifest.partial = false;
    folder
        .write("manifest.json", &to_json(&manifest))
        .map_err(Refusal::unfit)?;
    let outcome = finish::report(folder.path(), &run.expectations)?;
    folder.finish(&manifest).map_err(Refusal::unfit)?;
    Ok(outcome.into_summary())
}

fn run_one(run: &mut RunPlan, engine: &Ready, args: &RunArgs) -> anyhow::Result<Exit> {
    let facts = engine.keep_playable(run)?;
    let mut manifest = manifest(run, args.engine);
    manifest.engine_facts = facts;
    let folder = RunFolder::create(&args.out, &manifest, &run.source).map_err(Refusal::unfit)?;
    let mut progress = Progress::new(args.quiet, &run.scenario, run.variants.len());
    let mut cut_short = None;
    for (index, variant) in run.variants.iter().enumerate() {
        manifest.variants.push(variant.plan.variant.clone());
        folder
            .write("manifest.json", &to_json(&manifest))
            .map_err(Refusal::unfit)?;
        progress.variant(index, &variant.plan);
        let ended = match &engine.how {
            How::Measured(real) => run_variant(&variant.plan, real, &folder, &mut progress),
            How::Simulated => {
                simulate_variant(&variant.plan, &folder, &mut manifest, args.this_kernel)
            }
        };
        match ended {
            Ok(Ended::Complete) => {}
            Ok(Ended::Interrupted) => {
                cut_short = Some(anyhow::anyhow!("interrupted"));
                break;
            }
            Err(error) => {
                cut_short = Some(error);
                break;
            }
        }
    }
    progress.done();
    conclude(run, folder, manifest, cut_short, args)
}

fn run_variant(
    plan: &Plan,
    real: &Real,
    folder: &RunFolder,
    progress: &mut Progress,
) -> anyhow::Result<Ended> {
    let plan_json = serde_json::to_string(plan).context("a plan is plain data")?;
    let variant = folder
        .variant(&plan.variant, &plan_json)
        .map_err(Refusal::unfit)?;
    let mut look = |status: &lab::Status| {
        progress.show(status);
        if interrupt::asked().is_some() {
            Wish::Stop
        } else {
            Wish::GoOn
        }
    };
    lab::run(plan, real, variant, &mut look).map_err(|error| match error {
        LabError::MasterDied { .. } | LabError::ProxyDied { .. } => {
            Refusal::undecided(error).into()
        }
        error => Refusal::unfit(error).into(),
    })
}

fn simulate_variant(
    plan: &Plan,
    folder: &RunFolder,
    manifest: &mut Manifest,
    this_kernel: bool,
) -> anyhow::Result<Ended> {
    let plan_json = serde_json::to_string(plan).context("a plan is plain data")?;
    let variant = folder
        .variant(&plan.variant, &plan_json)
        .map_err(Refusal::unfit)?;
    let options = simulate::options(this_kernel);
    let (ended, stats) = simulate::into_folder(plan, variant, options)?;
    let text = format!(
        "{} events in {} of virtual time",
        stats.events, stats.virtual_time
    );
    let fact = format!("sim.{}", plan.variant);
    manifest.engine_facts.insert(fact, text);
    Ok(ended)
}

/// Reports what there is; a run that was cut short keeps its folder, marked partial.
fn conclude(
    run: &RunPlan,
    folder: RunFolder,
    mut manifest: Manifest,
    cut_short: Option<anyhow::Error>,
    args: &RunArgs,
) -> anyhow::Result<Exit> {
    let partial = cut_short.is_some();
    manifest.partial = partial;
    folder
        .write("manifest.json", &to_json(&manifest))
        .map_err(Refusal::unfit)?;
    let reported = finish::report(folder.path(), &run.expectations);
    let dir: PathBuf = if partial {
        folder.keep_partial()
    } else {
        folder.finish(&manifest).map_err(Refusal::unfit)?
    };
    let outcome = match (reported, &cut_short) {
        (Ok(outcome), _) => outcome,
        (Err(error), None) => return Err(error),
        // The first cause matters more than a report that could not be drawn because of it.
        (Err(_), Some(_)) => return Err(explain(cut_short, &dir)),
    };
    finish::print(&outcome, &dir, args.json, args.quiet)?;
    match (cut_short, interrupt::asked()) {
        (Some(_), Some(exit)) => {
            finish::talk(&format!(
                "interrupted: partial results are kept in {}",
                dir.display()
            ));
            Ok(exit)
        }
        (Some(error), None) => Err(explain(Some(error), &dir)),
        (None, _) => Ok(outcome.exit()),
    }
}

fn explain(error: Option<anyhow::Error>, dir: &Path) -> anyhow::Error {
    let error = error.unwrap_or_else(|| anyhow::anyhow!("the run was cut short"));
    let exit = error
        .downcast_ref::<Refusal>()
        .map_or(Exit::Bug, Refusal::exit);
    Refusal::with_exit(
        exit,
        format!("{error:#}\npartial results are kept in {}", dir.display()),
    )
    .into()
}

fn manifest(run: &RunPlan, engine: Engine) -> Manifest {
    let mut manifest = Manifest {
        schema: crate::record::summary::SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("SLOWLAB_COMMIT").map(str::to_owned),
        scenario: run.scenario.clone(),
        scenario_hash: run.hash.clone(),
        question: run.question.clone(),
        engine: engine.name().to_owned(),
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

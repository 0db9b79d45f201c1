//! A run of which nobody is told while it lasts: of `break` and `sweep` its summary is wanted, of a confirmation its records.

use std::path::{Path, PathBuf};

use super::engine::{How, Ready, can_play};
use super::progress::Progress;
use super::speech::Listener;
use super::stage::{Cut, Stage};
use super::{finish, interrupt, limits, run, simulate};
use crate::cli::{KeptRows, SpeechArgs};
use crate::error::{Exit, Refusal};
use crate::plan::RunPlan;
use crate::record::folder::{RunFolder, Shelf, to_json};
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
        How::Measured(_) => measured(plan, engine, out).map(|(summary, _)| summary),
    }
}

/// Runs a plan on real sockets; where its results folder is.
///
/// # Errors
/// An engine that cannot run it; an interruption.
pub(super) fn folder(plan: &RunPlan, engine: &Ready, out: &Path) -> anyhow::Result<PathBuf> {
    can_play(engine.engine, plan)?;
    measured(plan, engine, out).map(|(_, folder)| folder)
}

/// Runs a plan without a word; its summary, and its results folder, which stays.
///
/// # Errors
/// A machine that cannot hold it or a disk that is full; an interruption.
fn measured(plan: &RunPlan, engine: &Ready, out: &Path) -> anyhow::Result<(Summary, PathBuf)> {
    limits::check(plan)?;
    let mut plan = plan.clone();
    let facts = engine.keep_playable(&mut plan)?;
    let mut manifest = run::manifest(&plan, engine.engine);
    facts.into_manifest(&mut manifest);
    let shelf = Shelf::of(out, &plan.scenario);
    let folder = RunFolder::create(&shelf, &manifest, &plan.source).map_err(Refusal::unfit)?;
    let stage = Stage {
        how: &engine.how,
        folder: &folder,
        rows: KeptRows::All,
    };
    let mut progress = Progress::new(Listener::nobody(), &plan.scenario, plan.variants.len());
    for variant in &plan.variants {
        manifest.variants.push(variant.plan.variant.clone());
        match stage.play(&variant.plan, &mut manifest, &mut progress) {
            Ok(()) => {}
            Err(Cut::Failed(error)) => return Err(error),
            Err(Cut::Interrupted(exit)) => {
                let text = finish::interrupted(folder.path(), engine.words);
                return Err(Refusal::with_exit(exit, text).into());
            }
        }
    }
    manifest.partial = false;
    folder
        .write("manifest.json", &to_json(&manifest))
        .map_err(Refusal::unfit)?;
    let report = || finish::report(folder.path(), &plan, SpeechArgs::english());
    let listener = Listener {
        quiet: false,
        words: engine.words,
    };
    let outcome = interrupt::while_reporting((folder.path(), listener), report)?;
    let path = folder.finish(&manifest).map_err(Refusal::unfit)?;
    Ok((outcome.into_summary(), path))
}

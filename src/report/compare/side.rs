//! One side of a comparison: a run, or several of one scenario by one engine, reduced to their metrics.

use std::path::{Path, PathBuf};

use super::metrics::{self, Metric};
use crate::report::data::{DataError, RunData};
use crate::report::summarize;
use crate::report::words::Words;

/// What is compared with another side.
#[derive(Clone, PartialEq, Debug)]
pub struct Side {
    /// Which runs they are.
    pub(super) title: Title,
    /// Of the scenario's text.
    hash: String,
    repeats: Vec<Repeat>,
}

/// Scenario, engine, seeds, and how many runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Title {
    scenario: String,
    engine: String,
    seeds: String,
    runs: usize,
}

impl Title {
    pub(super) fn of(runs: &[RunData]) -> Title {
        let manifest = &runs.first().expect("a side has a run").manifest;
        let mut seeds: Vec<u64> = runs.iter().map(|run| run.manifest.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
        Title {
            scenario: manifest.scenario.clone(),
            engine: manifest.engine.clone(),
            seeds: seeds.join(", "),
            runs: runs.len(),
        }
    }

    /// For readers.
    pub fn say(&self, words: &Words) -> String {
        let arguments = [
            ("scenario", self.scenario.as_str().into()),
            ("engine", self.engine.as_str().into()),
            ("seeds", self.seeds.as_str().into()),
            ("runs", self.runs.into()),
        ];
        words.say("compare-title", arguments)
    }
}

/// A variant's name and its metrics, per variant.
type Repeat = Vec<(String, Vec<Metric>)>;

/// Why a side cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SideError {
    /// A results folder that cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Neither a run nor a folder of runs.
    #[error("{}: no complete run is in there\nhint: name a run's folder, or the folder that holds the runs of one scenario", .0.display())]
    Empty(PathBuf),
    /// Runs that are no repeats of each other.
    #[error("{}: its runs are not all of one scenario text and one engine\nhint: name one run, or keep repeats apart with --out", .0.display())]
    Mixed(PathBuf),
}

impl Side {
    /// A run's folder, or a folder of runs (such as `results/healthy`), which are taken as repeats. Runs that were cut short are
    /// left out of the latter. Where a scenario's folder has sets of repeats only, the newest.
    ///
    /// # Errors
    /// Nothing to read, or runs that are no repeats.
    pub fn read(path: &Path) -> Result<Side, SideError> {
        Ok(Side::of(&Side::runs_in(path)?))
    }

    /// The runs of a side; at least one.
    ///
    /// # Errors
    /// Nothing to read, or runs that are no repeats.
    pub fn runs_in(path: &Path) -> Result<Vec<RunData>, SideError> {
        if path.join("manifest.json").exists() {
            return Ok(vec![RunData::read(path)?]);
        }
        let mut folders = runs_below(path);
        if folders.is_empty() {
            // What `--repeat` leaves in a scenario's folder is a folder of runs for each set of repeats.
            let mut sets = folders_below(path).into_iter().map(|set| runs_below(&set));
            folders = sets.rfind(|set| !set.is_empty()).unwrap_or_default();
        }
        let mut runs = Vec::new();
        for folder in folders {
            let run = RunData::read(&folder)?;
            if !run.manifest.partial {
                runs.push(run);
            }
        }
        let kind = |run: &RunData| {
            let manifest = &run.manifest;
            (manifest.scenario_hash.clone(), manifest.engine.clone())
        };
        match runs.first() {
            None => Err(SideError::Empty(path.to_owned())),
            Some(first) if runs.iter().any(|run| kind(run) != kind(first)) => {
                Err(SideError::Mixed(path.to_owned()))
            }
            Some(_) => Ok(runs),
        }
    }

    /// Repeats of one run; there is at least one.
    ///
    /// # Panics
    /// Of no run at all.
    pub fn of(runs: &[RunData]) -> Side {
        let manifest = &runs.first().expect("a side has a run").manifest;
        Side {
            title: Title::of(runs),
            hash: manifest.scenario_hash.clone(),
            repeats: runs.iter().map(metrics_of).collect(),
        }
    }

    /// Whether both are of the same scenario text.
    pub fn is_of_the_same_text(&self, other: &Side) -> bool {
        self.hash == other.hash
    }

    /// How many runs it is.
    pub(super) fn runs(&self) -> usize {
        self.repeats.len()
    }

    /// The variants that every repeat has, in order.
    pub(super) fn variants(&self) -> Vec<&str> {
        let has = |repeat: &Repeat, name: &str| repeat.iter().any(|(other, _)| other == name);
        let first = self.repeats.iter().take(1).flatten();
        first
            .map(|(name, _)| name.as_str())
            .filter(|name| self.repeats.iter().all(|repeat| has(repeat, name)))
            .collect()
    }

    /// A variant's metrics, repeat by repeat.
    pub(super) fn metrics(&self, variant: &str) -> Vec<&[Metric]> {
        let of_variant = |repeat: &'_ Repeat| repeat.iter().position(|(name, _)| name == variant);
        self.repeats
            .iter()
            .filter_map(|repeat| of_variant(repeat).map(|index| repeat[index].1.as_slice()))
            .collect()
    }
}

/// In the order of their names, which begin with the time.
fn folders_below(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = paths
        .filter(|folder| folder.is_dir() && !folder.is_symlink())
        .collect();
    folders.sort();
    folders
}

fn runs_below(path: &Path) -> Vec<PathBuf> {
    let mut folders = folders_below(path);
    folders.retain(|folder| folder.join("manifest.json").exists());
    folders
}

fn metrics_of(run: &RunData) -> Repeat {
    let summary = summarize::summarize(run);
    let pairs = run.variants.iter().zip(&summary.variants);
    pairs
        .map(|(data, summary)| (summary.name.clone(), metrics::of(data, summary)))
        .collect()
}

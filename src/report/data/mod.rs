//! A results folder, read back. `summary.json` is read by `record::folder::read_summary`: it is derived, these are not.
//!
//! A run that was cut short reads like any other: rows of `requests.pending.csv` are taken in where `requests.csv` has
//! none, and a torn last line of a file that was being written is forgiven. A torn line anywhere else is an error.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::plan::Plan;
use crate::record::collect::PENDING;
use crate::record::folder::{self, FolderError, file_name};
use crate::record::{
    Event, Manifest, ProcSample, QueueSample, RequestRecord, SocketSample, WorkerInterval,
};

/// A run, as its folder has it.
#[derive(Clone, PartialEq, Debug)]
pub struct RunData {
    /// `manifest.json`.
    pub manifest: Manifest,
    /// `scenario.toml`, as run.
    pub scenario_toml: String,
    /// The variants that began, in the manifest's order.
    pub variants: Vec<VariantData>,
}

/// One variant of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct VariantData {
    /// `plan.json`.
    pub plan: Plan,
    /// `requests.csv`, by request id.
    pub requests: Vec<RequestRecord>,
    /// `events.csv`, by time.
    pub events: Vec<Event>,
    /// `workers.csv`.
    pub workers: Vec<WorkerInterval>,
    /// `queues.csv`.
    pub queues: Vec<QueueSample>,
    /// `sockets.csv`.
    pub sockets: Vec<SocketSample>,
    /// `procs.csv`.
    pub procs: Vec<ProcSample>,
}

/// A folder that is not (or not quite) a run.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file cannot be read, or is not what it should be.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A row of a CSV file cannot be read.
    #[error("`{}`, line {line}: {what}\nhint: `results/README.md` has the columns; the file may come from another version of slowlab", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The csv crate's words.
        what: String,
    },
}

impl RunData {
    /// Reads the folder of one run.
    ///
    /// # Errors
    /// It is not the folder of a run, or a file in it is damaged.
    pub fn read(run: &Path) -> Result<RunData, DataError> {
        let manifest = folder::read_manifest(run)?;
        let mut variants = Vec::new();
        for name in &manifest.variants {
            let variant = run.join(file_name(name));
            if variant.join("plan.json").exists() {
                variants.push(VariantData::read(&variant)?);
            }
        }
        Ok(RunData {
            scenario_toml: folder::read_text(&run.join("scenario.toml"))?,
            manifest,
            variants,
        })
    }
}

impl VariantData {
    /// Reads the folder of one variant.
    ///
    /// # Errors
    /// `plan.json` is missing, or a file is damaged.
    pub fn read(variant: &Path) -> Result<VariantData, DataError> {
        let mut requests: Vec<RequestRecord> = rows(&variant.join("requests.csv"))?;
        let known: BTreeSet<u64> = requests.iter().map(|row| row.request_id).collect();
        let pending: Vec<RequestRecord> = rows(&variant.join(PENDING))?;
        let missing = pending.into_iter();
        requests.extend(missing.filter(|row| !known.contains(&row.request_id)));
        requests.sort_by_key(|row| row.request_id);
        let mut events: Vec<Event> = rows(&variant.join("events.csv"))?;
        events.sort_by_key(|event| event.at);
        Ok(VariantData {
            plan: folder::read_json(&variant.join("plan.json"))?,
            requests,
            events,
            workers: rows(&variant.join("workers.csv"))?,
            queues: rows(&variant.join("queues.csv"))?,
            sockets: rows(&variant.join("sockets.csv"))?,
            procs: rows(&variant.join("procs.csv"))?,
        })
    }

    /// Whether there is a proxy between clients and backend.
    pub fn has_proxy(&self) -> bool {
        self.plan.proxy.as_ref().is_some_and(|proxy| proxy.enabled)
    }

    /// The requests that count: those that were not meant to start during the warm-up.
    pub fn measured(&self) -> impl Iterator<Item = &RequestRecord> {
        let warmup = self.plan.warmup;
        self.requests
            .iter()
            .filter(move |row| crate::record::hgrm::is_measured(row, warmup))
    }
}

/// The rows of a CSV file; none if there is no file.
fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, DataError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = fs::read(path).map_err(|source| FolderError::Read {
        path: path.to_owned(),
        source,
    })?;
    let torn = bytes.last().is_some_and(|last| *last != b'\n');
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let mut rows = Vec::new();
    for row in reader.deserialize() {
        rows.push(row);
    }
    if torn {
        rows.pop(); // what was written last before the process was killed
    }
    rows.into_iter()
        .map(|row: Result<T, csv::Error>| {
            row.map_err(|error| DataError::Row {
                path: path.to_owned(),
                line: error.position().map_or(0, csv::Position::line),
                what: error.to_string(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;

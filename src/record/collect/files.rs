//! The CSV files of a variant while they grow.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CollectError, columns};
use crate::record::folder::FolderError;
use crate::record::{
    ByteSample, EventRow, Hold, Hop, LogSample, MachineSample, ProbeRecord, ProcSample,
    QueueSample, RequestRecord, SocketSample, StageSample, WorkerInterval,
};

/// Bytes of rows that wait for a flush, of each file: those of some hundred rows.
const BUFFER_BYTES: usize = 32 * 1024;

/// One CSV file that grows row by row.
#[derive(Debug)]
pub(super) struct Table {
    path: PathBuf,
    writer: Option<csv::Writer<File>>,
    rows: u64,
}

/// All of them, and the first thing that went wrong.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) requests: Table,
    pub(super) events: Table,
    pub(super) workers: Table,
    pub(super) holds: Table,
    pub(super) hops: Table,
    pub(super) queues: Table,
    pub(super) sockets: Table,
    pub(super) procs: Table,
    pub(super) machine: Table,
    pub(super) logs: Table,
    pub(super) stages: Table,
    pub(super) probes: Table,
    pub(super) bytes: Table,
    pub(super) first_error: Option<CollectError>,
}

impl Tables {
    /// Creates the files; those of requests, hops, workers and holds only on demand.
    pub(super) fn create(folder: &Path, all: bool) -> Tables {
        let mut first_error = None;
        let mut table = |name: &str, columns: &[&str], wanted: bool| {
            let path = folder.join(name);
            let begun = wanted.then(|| begin(&path, columns)).transpose();
            let writer = begun.unwrap_or_else(|error| {
                first_error.get_or_insert(error);
                None
            });
            Table {
                path,
                writer,
                rows: 0,
            }
        };
        Tables {
            requests: table("requests.csv", columns::of::<RequestRecord>(), all),
            events: table("events.csv", columns::of::<EventRow>(), true),
            workers: table("workers.csv", columns::of::<WorkerInterval>(), all),
            holds: table("holds.csv", columns::of::<Hold>(), all),
            hops: table("hops.csv", columns::of::<Hop>(), all),
            queues: table("queues.csv", columns::of::<QueueSample>(), true),
            sockets: table("sockets.csv", columns::of::<SocketSample>(), true),
            procs: table("procs.csv", columns::of::<ProcSample>(), true),
            machine: table("machine.csv", columns::of::<MachineSample>(), true),
            logs: table("logs.csv", columns::of::<LogSample>(), true),
            stages: table("stages.csv", columns::of::<StageSample>(), true),
            probes: table("probes.csv", columns::of::<ProbeRecord>(), true),
            bytes: table("bytes.csv", columns::of::<ByteSample>(), true),
            first_error,
        }
    }

    /// Hands what is buffered to the kernel.
    pub(super) fn flush(&mut self) {
        let tables = [
            &mut self.requests,
            &mut self.events,
            &mut self.workers,
            &mut self.holds,
            &mut self.hops,
            &mut self.queues,
            &mut self.sockets,
            &mut self.procs,
            &mut self.machine,
            &mut self.logs,
            &mut self.stages,
            &mut self.probes,
            &mut self.bytes,
        ];
        for table in tables {
            if let Some(Err(source)) = table.writer.as_mut().map(csv::Writer::flush) {
                table.writer = None;
                self.first_error.get_or_insert(CollectError::Csv {
                    path: table.path.clone(),
                    source: source.into(),
                });
            }
        }
    }

    /// Keeps the first error.
    pub(super) fn note(&mut self, result: Result<(), CollectError>) {
        if let Err(error) = result {
            self.first_error.get_or_insert(error);
        }
    }
}

/// A file with its header: one without rows has that too.
fn begin(path: &Path, columns: &[&str]) -> Result<csv::Writer<File>, CollectError> {
    let file = File::create(path).map_err(|source| {
        CollectError::Folder(FolderError::Write {
            path: path.to_owned(),
            source,
        })
    })?;
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .buffer_capacity(BUFFER_BYTES)
        .from_writer(file);
    writer
        .write_record(columns)
        .map_err(|source| CollectError::Csv {
            path: path.to_owned(),
            source,
        })?;
    Ok(writer)
}

impl Table {
    /// Appends a row. After an error the file is left alone: rows after a gap would lie.
    pub(super) fn append(&mut self, row: &impl Serialize) -> Result<(), CollectError> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        self.rows += 1;
        writer.serialize(row).map_err(|source| {
            self.writer = None;
            CollectError::Csv {
                path: self.path.clone(),
                source,
            }
        })
    }

    /// Rows appended.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }
}

/// Rows as the text of a CSV file.
pub(super) fn to_csv<T: Serialize>(path: &Path, rows: &[T]) -> Result<Vec<u8>, CollectError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|source| CollectError::Csv {
            path: path.to_owned(),
            source,
        })?;
    }
    writer.into_inner().map_err(|error| CollectError::Csv {
        path: path.to_owned(),
        source: error.into_error().into(),
    })
}

/// Takes every row of a file that is written.
pub(super) fn each_row<T: DeserializeOwned>(
    path: &Path,
    mut each: impl FnMut(T),
) -> Result<(), CollectError> {
    let failed = |source| CollectError::Csv {
        path: path.to_owned(),
        source,
    };
    for row in csv::Reader::from_path(path).map_err(failed)?.deserialize() {
        each(row.map_err(failed)?);
    }
    Ok(())
}

/// The rows of a file after a change to each. None without rows: it stays as it was begun, with its header.
pub(super) fn changed<T: DeserializeOwned + Serialize>(
    path: &Path,
    change: impl Fn(&mut T),
) -> Result<Option<Vec<u8>>, CollectError> {
    let mut rows = Vec::new();
    each_row(path, |mut row: T| {
        change(&mut row);
        rows.push(row);
    })?;
    match rows.is_empty() {
        true => Ok(None),
        false => to_csv(path, &rows).map(Some),
    }
}

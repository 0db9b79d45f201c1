//! The CSV files of a variant while they grow.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::CollectError;
use crate::record::folder::FolderError;

/// One CSV file that grows row by row.
#[derive(Debug)]
pub(super) struct Table {
    path: PathBuf,
    writer: Option<csv::Writer<BufWriter<File>>>,
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
    pub(super) probes: Table,
    pub(super) bytes: Table,
    pub(super) first_error: Option<CollectError>,
}

impl Tables {
    /// Creates the files; those of requests, hops, workers and holds only on demand.
    pub(super) fn create(folder: &Path, all: bool) -> Tables {
        let mut first_error = None;
        let mut table = |name: &str, wanted: bool| {
            let path = folder.join(name);
            let writer = match wanted.then(|| File::create(&path)).transpose() {
                Ok(file) => file.map(|file| csv::Writer::from_writer(BufWriter::new(file))),
                Err(source) => {
                    first_error.get_or_insert(CollectError::Folder(FolderError::Write {
                        path: path.clone(),
                        source,
                    }));
                    None
                }
            };
            Table {
                path,
                writer,
                rows: 0,
            }
        };
        Tables {
            requests: table("requests.csv", all),
            events: table("events.csv", true),
            workers: table("workers.csv", all),
            holds: table("holds.csv", all),
            hops: table("hops.csv", all),
            queues: table("queues.csv", true),
            sockets: table("sockets.csv", true),
            procs: table("procs.csv", true),
            probes: table("probes.csv", true),
            bytes: table("bytes.csv", true),
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

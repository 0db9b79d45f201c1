//! The collector: one thread that joins what clients, proxy and workers report and writes the CSV files of a variant.
//!
//! Rows go to disk while the run lasts; what is still waiting for a worker's part stands in `requests.pending.csv`, rewritten
//! about once a second, so that even `kill -9` loses at most the last second. A disk that fills up does not stop a run: the first
//! error is kept, and handed out at the end.

mod chain;
mod columns;
mod direct;
mod files;
mod join;
mod kept;
mod lane;
mod live;
mod run;
mod stream;
mod whole;
mod workers;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc::Receiver};
use std::thread::JoinHandle;

pub use direct::Direct;
pub use kept::{Keeping, Kept};
pub use live::{Live, LiveBytes, LiveGroup, LiveLane, LiveStage};
pub use run::CollectorStats;
pub use stream::{Rows, Stream};

use super::folder::{FolderError, VariantFolder};
use super::{Gauges, Report};

/// The sidecar of `requests.csv` that exists while a run lasts, and after one that was killed.
pub const PENDING: &str = "requests.pending.csv";

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<CollectorStats, CollectError>>>,
}

/// The collector could not write what it collected.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A file could not be written; later rows of that file are missing.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// There is no thread for it.
    #[error("the collector cannot start: {0}\nhint: check `ulimit -u`")]
    Thread(std::io::Error),
    /// A file could not be encoded.
    #[error("cannot write `{}`: {source}\nhint: {}", path.display(), super::folder_error::hint_of_csv(source))]
    Csv {
        /// The file.
        path: std::path::PathBuf,
        /// The csv crate's error.
        source: csv::Error,
    },
}

impl Collector {
    /// Starts collecting: until [`Collector::finish`], or until every [`super::Sink`] is gone. Requests meant to start
    /// before the warm-up of `live` ended stay out of the percentiles and the `.hgrm` and `.hlog` files.
    ///
    /// # Errors
    /// The kernel refuses a thread.
    pub fn start(
        receiver: Receiver<Report>,
        folder: VariantFolder,
        gauges: Arc<Gauges>,
        live: Arc<Live>,
    ) -> Result<Collector, CollectError> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let job = run::Job {
            folder,
            gauges,
            live,
        };
        let thread = std::thread::Builder::new()
            .name("collector".to_owned())
            .spawn(move || run::run(&receiver, job, &stopped))
            .map_err(CollectError::Thread)?;
        Ok(Collector {
            stop,
            thread: Some(thread),
        })
    }

    /// Takes in what is still queued, writes the rest and the histograms, and ends.
    ///
    /// # Errors
    /// The first thing that could not be written, even if it was long ago.
    ///
    /// # Panics
    /// If the collector's thread did: a bug of ours.
    pub fn finish(mut self) -> Result<CollectorStats, CollectError> {
        let thread = self.stop();
        let thread = thread.expect("finish takes self, so it runs once");
        thread.join().expect("the collector does not panic")
    }

    /// Tells the thread to end.
    fn stop(&mut self) -> Option<JoinHandle<Result<CollectorStats, CollectError>>> {
        self.stop.store(true, Ordering::Release);
        let thread = self.thread.take()?;
        thread.thread().unpark();
        Some(thread)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        if let Some(thread) = self.stop() {
            let _ = thread.join(); // its error has no reader any more
        }
    }
}

#[cfg(test)]
mod tests;

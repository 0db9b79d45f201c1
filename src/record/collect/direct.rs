//! A collector without a thread, for engines in virtual time.

use std::sync::Arc;

use super::CollectError;
use super::live::Live;
use super::run::{Collecting, CollectorStats, Job};
use super::stream::Rows;
use crate::record::folder::VariantFolder;
use crate::record::{Gauges, Report};

/// A collector without a thread, for engines in virtual time: it can be waited for, and the same reports give the same files,
/// byte for byte (but for the start time in the `.hlog` files).
pub struct Direct<'a> {
    collecting: Collecting<'a>,
    taken: u64,
}

impl std::fmt::Debug for Direct<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Direct").finish_non_exhaustive()
    }
}

/// Reports after which a direct collector writes out the rows that are settled.
const SETTLE_EVERY: u64 = 1_000_000;

impl<'a> Direct<'a> {
    /// Creates the files. Requests meant to start before the warm-up of `live` ended stay out of the histograms.
    ///
    /// With `instead` there are no files of requests and workers, and events that concern one request are not in `events.csv`: those
    /// rows go to `instead`, and none of them stays in memory. It also sees all other events and the samples of the queues.
    pub fn new(
        folder: VariantFolder,
        gauges: Arc<Gauges>,
        live: Arc<Live>,
        instead: Option<&'a mut dyn Rows>,
    ) -> Direct<'a> {
        let job = Job {
            folder,
            gauges,
            live,
        };
        Direct {
            collecting: Collecting::new(job, instead),
            taken: 0,
        }
    }

    /// Takes in a report.
    pub fn take(&mut self, report: Report) {
        self.collecting.report(report);
        self.taken += 1;
        if self.taken.is_multiple_of(SETTLE_EVERY) {
            self.collecting.flush();
        }
    }

    /// Writes the rest and the histograms.
    ///
    /// # Errors
    /// The first thing that could not be written, even if it was long ago.
    pub fn finish(self) -> Result<CollectorStats, CollectError> {
        self.collecting.finish()
    }
}

//! What the progress line shows: per group the counts and percentiles so far.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;

use crate::record::{ClientHalf, Outcome, RequestRecord, hgrm};
use crate::time::Span;

/// A snapshot that the collector keeps and anyone may read.
#[derive(Debug)]
pub struct Live {
    warmup: Span,
    groups: Mutex<BTreeMap<String, Counts>>,
}

/// One group so far. The warm-up is left out of the percentiles, not of the counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LiveGroup {
    /// The group's name.
    pub group: String,
    /// Requests that are over.
    pub finished: u64,
    /// Of these, not complete, or complete with a status of 400 or more.
    pub failed: u64,
    /// Of these, answered 502.
    pub status_502: u64,
    /// Of these, answered 504.
    pub status_504: u64,
    /// Median latency from the intended start.
    pub p50: Option<Span>,
    /// 99th percentile of it.
    pub p99: Option<Span>,
}

#[derive(Debug)]
struct Counts {
    so_far: LiveGroup,
    latency: Histogram<u64>,
}

impl Live {
    /// An empty snapshot. Requests meant to start before `warmup` stay out of the percentiles (here and in the
    /// `.hgrm` and `.hlog` files).
    pub fn new(warmup: Span) -> Live {
        Live {
            warmup,
            groups: Mutex::default(),
        }
    }

    /// The warm-up.
    pub fn warmup(&self) -> Span {
        self.warmup
    }

    /// The groups that have finished a request, by name.
    pub fn groups(&self) -> Vec<LiveGroup> {
        let snapshot = |counts: &Counts| {
            let at = |quantile| {
                (!counts.latency.is_empty())
                    .then(|| Span::from_us(counts.latency.value_at_quantile(quantile)))
            };
            LiveGroup {
                p50: at(0.5),
                p99: at(0.99),
                ..counts.so_far.clone()
            }
        };
        self.lock().values().map(snapshot).collect()
    }

    /// Counts a request that is over for its client.
    pub(super) fn finished(&self, half: &ClientHalf) {
        let mut groups = self.lock();
        let counts = groups.entry(half.group.clone()).or_insert_with(|| Counts {
            so_far: LiveGroup {
                group: half.group.clone(),
                ..LiveGroup::default()
            },
            latency: hgrm::histogram(),
        });
        let so_far = &mut counts.so_far;
        so_far.finished += 1;
        so_far.status_502 += u64::from(half.status == Some(502));
        so_far.status_504 += u64::from(half.status == Some(504));
        let good = half.outcome == Outcome::Complete && half.status.is_some_and(|s| s < 400);
        so_far.failed += u64::from(!good);
        let row = RequestRecord::from_client(half.clone());
        if let Some(latency) = row.latency()
            && hgrm::is_measured(&row, self.warmup)
        {
            hgrm::record(&mut counts.latency, latency);
        }
    }

    /// A reader that panicked leaves counts that are still good.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Counts>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! A run over time, on a grid: what is drawn of it in a lesson.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::{Outcome, QueueSample, RequestRecord};
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// Steps of the grid over the planned time of a run.
const STEPS: u64 = 60;
/// Steps that are kept, however long requests go on after it.
const MOST_STEPS: usize = 240;

/// What is counted over time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Curve {
    /// Connections that wait in the backend's accept queue.
    AcceptQueue,
    /// Slots of workers that hold a connection.
    BusyWorkers,
    /// Of these, those that are in `send`.
    SendingWorkers,
    /// Bytes in the proxy, in memory and in temp files.
    ProxyBytes,
    /// Requests that have failed so far.
    Failed,
}

impl Curve {
    /// All of them, in the order in which they are drawn.
    pub const ALL: [Curve; 5] = [
        Curve::AcceptQueue,
        Curve::BusyWorkers,
        Curve::SendingWorkers,
        Curve::ProxyBytes,
        Curve::Failed,
    ];

    /// As a lesson writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Curve::AcceptQueue => "accept-queue",
            Curve::BusyWorkers => "busy-workers",
            Curve::SendingWorkers => "sending-workers",
            Curve::ProxyBytes => "proxy-bytes",
            Curve::Failed => "failed",
        }
    }
}

/// Curves on one grid: the most that was seen since the grid's last instant.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Series {
    /// Between two values.
    pub step_s: f64,
    /// The values, from the first step on.
    pub curves: BTreeMap<Curve, Vec<f64>>,
}

/// Collects what becomes [`Series`].
#[derive(Debug)]
pub(super) struct SeriesTally {
    step: Span,
    curves: BTreeMap<Curve, Vec<Option<f64>>>,
    failed_at: Vec<Timestamp>,
    last: usize,
}

impl SeriesTally {
    /// For a run that is planned to take so long.
    pub(super) fn new(duration: Span) -> SeriesTally {
        let step = Span::from_us((duration.as_us() / STEPS).max(1_000));
        SeriesTally {
            step,
            curves: Curve::ALL.map(|curve| (curve, Vec::new())).into(),
            failed_at: Vec::new(),
            last: 0,
        }
    }

    fn index(&self, at: Timestamp) -> usize {
        let steps = at.since(Timestamp::ZERO).as_us() / self.step.as_us();
        usize::try_from(steps).unwrap_or(MOST_STEPS).min(MOST_STEPS)
    }

    pub(super) fn queue(&mut self, sample: &QueueSample) {
        let index = self.index(sample.at);
        self.last = self.last.max(index);
        let of_proxy = [
            sample.buffered_bytes.unwrap_or(0),
            sample.spilled_bytes.unwrap_or(0),
        ];
        let seen = match sample.tier {
            tier if !sample.is_whole(tier) => return,
            Tier::Backend => vec![
                (Curve::AcceptQueue, sample.accept_queue),
                (Curve::BusyWorkers, sample.busy_slots),
                (Curve::SendingWorkers, sample.sending_slots),
            ],
            Tier::Proxy => vec![(Curve::ProxyBytes, Some(of_proxy.iter().sum()))],
            Tier::Edge => return,
        };
        for (curve, value) in seen {
            let (Some(value), Some(values)) = (value, self.curves.get_mut(&curve)) else {
                continue;
            };
            values.resize(values.len().max(index + 1), None);
            let most = values[index].unwrap_or(0.0).max(value as f64);
            values[index] = Some(most);
        }
    }

    pub(super) fn request(&mut self, row: &RequestRecord) {
        let fine = row.outcome == Outcome::Complete && row.status.is_some_and(|code| code < 400);
        let mine = matches!(row.outcome, Outcome::Aborted | Outcome::Unfinished);
        if let (false, false, Some(at)) = (fine, mine, row.closed_at) {
            self.failed_at.push(at);
        }
    }

    pub(super) fn finish(mut self) -> Series {
        let length = self.last + 1;
        let mut failed = vec![0.0; length];
        for at in &self.failed_at {
            failed[self.index(*at).min(self.last)] += 1.0;
        }
        let mut sum = 0.0;
        for value in &mut failed {
            sum += *value;
            *value = sum;
        }
        let mut curves: BTreeMap<Curve, Vec<f64>> = BTreeMap::new();
        for (curve, values) in &mut self.curves {
            values.resize(length, None);
            // Between two samples nothing is known to have changed.
            let carried = values.iter().scan(0.0, |last, value| {
                *last = value.unwrap_or(*last);
                Some(*last)
            });
            curves.insert(*curve, carried.collect());
        }
        curves.insert(Curve::Failed, failed);
        Series {
            step_s: self.step.as_secs_f64(),
            curves,
        }
    }
}

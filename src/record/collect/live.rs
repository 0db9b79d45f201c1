//! What the progress line and the live view show: per group the counts and percentiles so far; and for whoever watches also what
//! each slot of a worker does, and where the bytes are.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hdrhistogram::Histogram;

use crate::record::{
    BytePlace, ByteSample, ClientHalf, Holder, Outcome, RequestRecord, StageSample, StageWait,
    WorkerState, hgrm,
};
use crate::time::{Span, Timestamp};

/// A snapshot that the collector keeps and anyone may read.
#[derive(Debug)]
pub struct Live {
    warmup: Span,
    groups: Mutex<BTreeMap<String, Counts>>,
    watched: AtomicBool,
    lanes: Mutex<Vec<LiveLane>>,
    bytes: Mutex<Vec<LiveBytes>>,
    stages: Mutex<BTreeMap<u32, LiveStage>>,
}

/// What a stage of a pipeline does, as it was looked at last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiveStage {
    /// Its place, from 1.
    pub position: u32,
    /// Which neighbour it waits for; `None` is work of its own.
    pub waits: Option<StageWait>,
    /// Whether it has ended.
    pub ended: bool,
    /// Since when.
    pub since: Timestamp,
}

/// What one slot of a worker does, as it was told last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiveLane {
    /// gunicorn's `age`.
    pub worker: u32,
    /// The slot, from 0.
    pub slot: u32,
    /// The state.
    pub state: WorkerState,
    /// When it was entered.
    pub since: Timestamp,
    /// The request being served.
    pub request_id: Option<u64>,
}

/// Bytes of all groups and both directions that were in one place when the observer counted them last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiveBytes {
    /// Who had them.
    pub tier: Holder,
    /// Where.
    pub place: BytePlace,
    /// How many.
    pub bytes: u64,
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
    /// How they failed, and how many so: a status of 400 or more, or an outcome by its name in the records.
    pub kinds: BTreeMap<String, u64>,
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
            watched: AtomicBool::new(false),
            lanes: Mutex::default(),
            bytes: Mutex::default(),
            stages: Mutex::default(),
        }
    }

    /// From now on somebody looks at lanes and bytes, too: the collector tells them several times a second.
    pub fn watch(&self) {
        self.watched.store(true, Ordering::Relaxed);
    }

    /// Whether somebody does.
    pub(super) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// What each slot does; nothing before somebody watches.
    pub fn lanes(&self) -> Vec<LiveLane> {
        locked(&self.lanes).clone()
    }

    /// Where the bytes are; nothing before somebody watches.
    pub fn bytes(&self) -> Vec<LiveBytes> {
        locked(&self.bytes).clone()
    }

    /// What each stage does, the first one first; nothing before somebody watches, or where there is no pipeline.
    pub fn stages(&self) -> Vec<LiveStage> {
        locked(&self.stages).values().copied().collect()
    }

    /// Tells what a stage does.
    pub(super) fn tell_stage(&self, sample: &StageSample) {
        if !self.is_watched() {
            return;
        }
        let fresh = LiveStage {
            position: sample.position,
            waits: sample.waits,
            ended: sample.exit.is_some(),
            since: sample.at,
        };
        let mut stages = locked(&self.stages);
        let known = stages.entry(sample.position).or_insert(fresh);
        if (known.waits, known.ended) != (fresh.waits, fresh.ended) {
            *known = fresh;
        }
    }

    /// Tells what each slot does.
    pub(super) fn tell_lanes(&self, lanes: Vec<LiveLane>) {
        *locked(&self.lanes) = lanes;
    }

    /// Tells where the bytes are, from the rows of one instant; what clients have read waits nowhere.
    pub(super) fn tell_bytes(&self, rows: &[ByteSample]) {
        if !self.is_watched() {
            return;
        }
        let mut sums: BTreeMap<(Holder, BytePlace), u64> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.place != BytePlace::Delivered) {
            *sums.entry((row.tier, row.place)).or_default() += row.bytes;
        }
        let sums = sums.into_iter();
        let told = sums.map(|((tier, place), bytes)| LiveBytes { tier, place, bytes });
        *locked(&self.bytes) = told.collect();
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
        if let Some(kind) = failure(half) {
            so_far.failed += 1;
            *so_far.kinds.entry(kind).or_default() += 1;
        }
        let row = RequestRecord::from_client(half.clone());
        if let Some(latency) = row.latency()
            && hgrm::is_measured(&row, self.warmup)
        {
            hgrm::record(&mut counts.latency, latency);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Counts>> {
        locked(&self.groups)
    }
}

/// A reader that panicked leaves counts that are still good.
fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How a request failed, in one word of the records.
fn failure(half: &ClientHalf) -> Option<String> {
    match (half.outcome, half.status) {
        (Outcome::Complete, Some(status)) if status < 400 => None,
        (Outcome::Complete, Some(status)) => Some(status.to_string()),
        (outcome, _) => Some(outcome.name().to_owned()),
    }
}

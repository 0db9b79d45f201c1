//! The collector's thread: takes reports in, writes rows out, and closes the variant's folder.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::files::{Tables, changed, each_row, to_csv};
use super::join::Joiner;
use super::lane::Step;
use super::live::Live;
use super::stream::Rows;
use super::workers::Lanes;
use super::{CollectError, PENDING};
use crate::record::folder::{FolderError, VariantFolder, file_name};
use crate::record::hlog::IntervalLog;
use crate::record::{
    Event, EventRow, Gauges, Hold, Hop, ProxyHalf, Report, RequestRecord, WorkerInterval,
    WorkerReport, hgrm,
};
use crate::time::{Clock, Span, Timestamp};

/// How long the thread sleeps at most when nothing is reported.
const PATIENCE: Duration = Duration::from_millis(50);
/// Between two looks at the queue: a thread that is woken for every report costs more than what it does with them.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Reports that are taken in before the files' time is looked at again.
const BATCH: usize = 4096;
/// Rows reach the kernel this often.
const FLUSH_EVERY: Span = Span::from_ms(500);
/// Whoever watches is told this often what workers do.
const TELL_EVERY: Span = Span::from_ms(50);
/// The sidecar is rewritten this often, or less often if that costs more than a twentieth of the thread's time.
const SIDECAR_EVERY: Span = Span::from_secs(1);
/// See [`SIDECAR_EVERY`].
const SIDECAR_SHARE: u64 = 20;

/// What a collector wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CollectorStats {
    /// Rows of `requests.csv`.
    pub requests: u64,
    /// Rows of `events.csv`.
    pub events: u64,
    /// Rows of `workers.csv`.
    pub worker_intervals: u64,
    /// Rows of `holds.csv`.
    pub holds: u64,
    /// Rows of `queues.csv`, `sockets.csv`, `procs.csv` and `bytes.csv`.
    pub samples: u64,
    /// Requests that proxy or worker saw and no client reported: they have no row.
    pub orphans: u64,
    /// Latencies above the histograms' bound of one hour.
    pub saturated: u64,
}

pub(super) struct Collecting<'a> {
    /// Takes the rows of requests and workers instead of the files, and sees all others.
    instead: Option<&'a mut dyn Rows>,
    folder: VariantFolder,
    gauges: Arc<Gauges>,
    live: Arc<Live>,
    tables: Tables,
    joiner: Joiner,
    lanes: Lanes,
    step: Step,
    /// By group; filled as rows are written.
    latencies: BTreeMap<String, Latency>,
    saturated: u64,
}

/// Of a row of `requests.csv`, what names its group.
#[derive(Deserialize)]
struct GroupOf {
    request_id: u64,
    group: String,
}

struct Latency {
    whole: Histogram<u64>,
    by_second: IntervalLog,
}

/// What a collector works with.
pub(super) struct Job {
    pub(super) folder: VariantFolder,
    pub(super) gauges: Arc<Gauges>,
    pub(super) live: Arc<Live>,
}

/// Collects until told to stop, or until all senders are gone.
pub(super) fn run(
    receiver: &Receiver<Report>,
    job: Job,
    stop: &AtomicBool,
) -> Result<CollectorStats, CollectError> {
    let clock = Clock::start();
    let mut collecting = Collecting::new(job, None);
    let (mut flush_at, mut sidecar_at) = (Timestamp::ZERO, Timestamp::ZERO + SIDECAR_EVERY);
    let mut tell_at = Timestamp::ZERO;
    loop {
        // Read before the queue: what was sent before the stop is then surely seen.
        let stopping = stop.load(Ordering::Acquire);
        match receiver.recv_timeout(if stopping { Duration::ZERO } else { PATIENCE }) {
            Ok(report) => {
                collecting.report(report);
                let more = receiver.try_iter().take(BATCH);
                let taken = more.map(|report| collecting.report(report)).count();
                if taken < BATCH && !stopping {
                    // Whoever tells it to stop wakes it.
                    std::thread::park_timeout(LOOK_EVERY);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) if stopping => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = clock.now();
        if now >= tell_at && collecting.live.is_watched() {
            collecting.live.tell_lanes(collecting.lanes.now());
            tell_at = now + TELL_EVERY;
        }
        if now >= flush_at {
            collecting.flush();
            flush_at = now + FLUSH_EVERY;
        }
        if now >= sidecar_at {
            collecting.write_sidecar();
            let cost = clock.now().since(now).as_ns() * SIDECAR_SHARE;
            sidecar_at = clock.now() + SIDECAR_EVERY.max(Span::from_ns(cost));
        }
    }
    collecting.finish()
}

impl<'a> Collecting<'a> {
    pub(super) fn new(job: Job, instead: Option<&'a mut dyn Rows>) -> Collecting<'a> {
        Collecting {
            tables: Tables::create(job.folder.path(), instead.is_none()),
            instead,
            folder: job.folder,
            gauges: job.gauges,
            live: job.live,
            joiner: Joiner::default(),
            lanes: Lanes::default(),
            step: Step::default(),
            latencies: BTreeMap::new(),
            saturated: 0,
        }
    }

    pub(super) fn report(&mut self, report: Report) {
        let appended = match report {
            Report::Client(half) => {
                self.live.finished(&half);
                self.joiner.client(*half);
                Ok(())
            }
            Report::Proxy(half) => {
                let appended = self.append_hops(&half);
                self.joiner.proxy(*half);
                appended
            }
            Report::Worker(report) => self.worker(&report),
            Report::Event(event) => {
                self.joiner.event(&event);
                self.append_event(&event)
            }
            Report::Queue(sample) => {
                if let Some(rows) = &mut self.instead {
                    rows.queue(&sample);
                }
                self.tables.queues.append(&sample)
            }
            Report::Probe(row) => {
                if let Some(rows) = &mut self.instead {
                    rows.probe(&row);
                }
                self.tables.probes.append(&*row)
            }
            Report::Socket(sample) => self.tables.sockets.append(&*sample),
            Report::Bytes(rows) => {
                self.live.tell_bytes(&rows);
                let mut rows = rows.iter();
                rows.try_for_each(|row| self.tables.bytes.append(row))
            }
            Report::Proc(sample) => {
                self.lanes.sample(&sample);
                self.tables.procs.append(&sample)
            }
            Report::Machine(sample) => self.tables.machine.append(&sample),
            Report::Log(sample) => self.tables.logs.append(&*sample),
            Report::Stage(sample) => {
                self.live.tell_stage(&sample);
                self.tables.stages.append(&*sample)
            }
        };
        self.tables.note(appended);
    }

    fn worker(&mut self, report: &WorkerReport) -> Result<(), CollectError> {
        let mut step = std::mem::take(&mut self.step);
        self.lanes.report(report, &mut step);
        self.gauges.busy_slots.set(self.lanes.busy());
        self.gauges.sending_slots.set(self.lanes.sending());
        self.gauges.worker_buffered_bytes.set(self.lanes.buffered());
        self.joiner.step(&mut step);
        let mut appended = Ok(());
        for interval in &step.intervals {
            appended = appended.and(self.append_interval(interval));
        }
        for hold in &step.holds {
            appended = appended.and(self.append_hold(hold));
        }
        self.step = step;
        appended
    }

    fn append_interval(&mut self, interval: &WorkerInterval) -> Result<(), CollectError> {
        match &mut self.instead {
            Some(rows) => rows.interval(interval),
            None => return self.tables.workers.append(interval),
        }
        Ok(())
    }

    fn append_hold(&mut self, hold: &Hold) -> Result<(), CollectError> {
        match &mut self.instead {
            Some(rows) => rows.hold(hold),
            None => return self.tables.holds.append(hold),
        }
        Ok(())
    }

    fn append_hops(&mut self, half: &ProxyHalf) -> Result<(), CollectError> {
        let mut hops = half.hops(self.joiner.attempts_before(half));
        match &mut self.instead {
            Some(rows) => hops.for_each(|hop| rows.hop(&hop)),
            None => return hops.try_for_each(|hop| self.tables.hops.append(&hop)),
        }
        Ok(())
    }

    fn append_event(&mut self, event: &Event) -> Result<(), CollectError> {
        if let Some(rows) = &mut self.instead {
            rows.event(event);
            if event.request_id.is_some() {
                return Ok(());
            }
        }
        self.tables.events.append(&EventRow::from(event))
    }

    pub(super) fn flush(&mut self) {
        for row in self.joiner.settle() {
            self.append_request(&row);
        }
        self.tables.flush();
    }

    fn append_request(&mut self, row: &RequestRecord) {
        match &mut self.instead {
            Some(rows) => rows.request(row),
            None => {
                let appended = self.tables.requests.append(row);
                self.tables.note(appended);
            }
        }
        if !hgrm::is_measured(row, self.live.warmup()) {
            return;
        }
        let (Some(latency), Some(ended_at)) = (row.latency(), row.ended_at()) else {
            return;
        };
        let group = self
            .latencies
            .entry(row.group.clone())
            .or_insert_with(|| Latency {
                whole: hgrm::histogram(),
                by_second: IntervalLog::default(),
            });
        self.saturated += u64::from(hgrm::record(&mut group.whole, latency));
        group.by_second.record(ended_at, latency);
    }

    /// Writes what is known of the requests that are not settled, beside `requests.csv`.
    fn write_sidecar(&mut self) {
        let path = self.folder.path().join(PENDING);
        let written = to_csv(&path, &self.joiner.pending())
            .and_then(|bytes| Ok(self.folder.write(PENDING, &bytes)?));
        self.tables.note(written);
    }

    pub(super) fn finish(mut self) -> Result<CollectorStats, CollectError> {
        self.flush();
        for row in self.joiner.pending() {
            self.append_request(&row);
        }
        for interval in self.lanes.open_intervals() {
            let appended = self.append_interval(&interval);
            self.tables.note(appended);
        }
        for hold in self.lanes.open_holds() {
            let appended = self.append_hold(&hold);
            self.tables.note(appended);
        }
        self.tables.flush();
        if self.tables.first_error.is_none() {
            // With an error the sidecar may be all that there is of these requests.
            let _ = std::fs::remove_file(self.folder.path().join(PENDING)); // a short run has none
        }
        if self.instead.is_none() {
            let written = self.name_groups();
            self.tables.note(written);
        }
        let written = self.write_histograms();
        self.tables.note(written);
        let stats = CollectorStats {
            requests: self.tables.requests.rows(),
            events: self.tables.events.rows(),
            worker_intervals: self.tables.workers.rows(),
            holds: self.tables.holds.rows(),
            samples: self.tables.queues.rows()
                + self.tables.sockets.rows()
                + self.tables.procs.rows()
                + self.tables.bytes.rows(),
            orphans: self.joiner.orphans(),
            saturated: self.saturated,
        };
        match self.tables.first_error {
            Some(error) => Err(error),
            None => Ok(stats),
        }
    }

    /// Rewrites `workers.csv`, `holds.csv` and `hops.csv` with the groups, which were not known while their rows were made. `requests.csv` knows them: a run
    /// that keeps them in mind grows with every request.
    fn name_groups(&self) -> Result<(), CollectError> {
        let mut groups = BTreeMap::new();
        each_row(&self.folder.path().join("requests.csv"), |row: GroupOf| {
            groups.insert(row.request_id, row.group);
        })?;
        let group_of = |id: Option<u64>| Some(groups.get(&id?)?.clone());
        self.rewrite("workers.csv", |row: &mut WorkerInterval| {
            row.group = group_of(row.request_id);
        })?;
        self.rewrite("holds.csv", |row: &mut Hold| {
            row.group = group_of(row.request_id);
        })?;
        self.rewrite("hops.csv", |row: &mut Hop| {
            row.group = group_of(Some(row.request_id));
        })
    }

    fn rewrite<T: DeserializeOwned + Serialize>(
        &self,
        name: &str,
        change: impl Fn(&mut T),
    ) -> Result<(), CollectError> {
        match changed(&self.folder.path().join(name), change)? {
            Some(bytes) => Ok(self.folder.write(name, &bytes)?),
            None => Ok(()),
        }
    }

    fn write_histograms(&self) -> Result<(), CollectError> {
        for (group, latency) in &self.latencies {
            let stem = format!("latency-{}", file_name(group));
            let text = hgrm::render(&latency.whole);
            self.folder
                .write(&format!("{stem}.hgrm"), text.as_bytes())?;
            let name = format!("{stem}.hlog");
            let log = latency.by_second.render(group, self.folder.started());
            let log = log.map_err(|source| FolderError::Write {
                path: self.folder.path().join(&name),
                source,
            })?;
            self.folder.write(&name, &log)?;
        }
        Ok(())
    }
}

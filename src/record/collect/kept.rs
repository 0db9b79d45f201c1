//! A collector that keeps every row in memory, for a run that is looked at and thrown away: no file, no thread.
//!
//! The rows are those that the files of the same reports would have, in the order in which they are read back. Whoever asks for this bounds
//! the run first: it grows with every request.

use super::stream::{Rows, Stream};
use super::whole::Whole;
use crate::record::{
    ByteSample, Event, Hold, Hop, LogSample, MachineSample, ProbeRecord, ProcSample, QueueSample,
    Report, RequestRecord, SocketSample, StageSample, WorkerInterval,
};

/// All rows of a variant.
#[derive(Debug, Default)]
pub struct Kept {
    /// As `requests.csv`, by request id.
    pub requests: Vec<RequestRecord>,
    /// As `events.csv`, by time.
    pub events: Vec<Event>,
    /// As `workers.csv`.
    pub workers: Vec<WorkerInterval>,
    /// As `holds.csv`.
    pub holds: Vec<Hold>,
    /// As `hops.csv`.
    pub hops: Vec<Hop>,
    /// As `queues.csv`.
    pub queues: Vec<QueueSample>,
    /// As `probes.csv`.
    pub probes: Vec<ProbeRecord>,
    /// What needs no joining.
    pub samples: Samples,
}

/// Rows that come as they are.
#[derive(Debug, Default)]
pub struct Samples {
    /// As `sockets.csv`.
    pub sockets: Vec<SocketSample>,
    /// As `procs.csv`.
    pub procs: Vec<ProcSample>,
    /// As `machine.csv`.
    pub machine: Vec<MachineSample>,
    /// As `logs.csv`.
    pub logs: Vec<LogSample>,
    /// As `stages.csv`.
    pub stages: Vec<StageSample>,
    /// As `bytes.csv`.
    pub bytes: Vec<ByteSample>,
}

/// Takes reports in.
#[derive(Debug)]
pub struct Keeping {
    stream: Stream<Kept>,
    samples: Samples,
}

impl Default for Keeping {
    fn default() -> Keeping {
        Keeping {
            stream: Stream::new(Kept::default()),
            samples: Samples::default(),
        }
    }
}

impl Keeping {
    /// Takes in a report.
    pub fn take(&mut self, report: Report) {
        let samples = &mut self.samples;
        match report {
            // Of these nothing is joined.
            Report::Socket(sample) => samples.sockets.push(cut(*sample)),
            Report::Bytes(rows) => samples.bytes.extend(rows),
            Report::Machine(sample) => samples.machine.push(sample),
            Report::Log(sample) => samples.logs.push(*sample),
            Report::Stage(sample) => samples.stages.push(*sample),
            Report::Proc(sample) => {
                samples.procs.push((*sample).clone());
                self.stream.take(Report::Proc(sample));
            }
            joined @ (Report::Client(_)
            | Report::Proxy(_)
            | Report::Worker(_)
            | Report::Event(_)
            | Report::Queue(_)
            | Report::Probe(_)) => self.stream.take(joined),
        }
    }

    /// All rows.
    pub fn finish(self) -> Kept {
        let mut kept = self.stream.finish();
        kept.samples = self.samples;
        kept.requests.sort_by_key(|row| row.request_id);
        kept.events.sort_by_key(|event| event.at);
        kept.name_groups();
        kept
    }
}

impl Kept {
    /// Stretches, holds and hops say whose they are, which was not known while they were made. Requests are in the order of their ids.
    fn name_groups(&mut self) {
        let requests = &self.requests;
        let group_of = |id: Option<u64>| {
            let place = requests.binary_search_by_key(&id?, |row| row.request_id);
            Some(requests[place.ok()?].group.clone())
        };
        for row in &mut self.workers {
            row.group = group_of(row.request_id);
        }
        for row in &mut self.holds {
            row.group = group_of(row.request_id);
        }
        for row in &mut self.hops {
            row.group = group_of(Some(row.request_id));
        }
    }
}

/// A row as a file would have it.
fn whole<T: Whole + Clone>(row: &T) -> T {
    cut(row.clone())
}

fn cut<T: Whole>(mut row: T) -> T {
    row.cut();
    row
}

impl Rows for Kept {
    fn request(&mut self, row: &RequestRecord) {
        self.requests.push(whole(row));
    }

    fn hop(&mut self, row: &Hop) {
        self.hops.push(whole(row));
    }

    fn interval(&mut self, row: &WorkerInterval) {
        self.workers.push(whole(row));
    }

    fn hold(&mut self, row: &Hold) {
        self.holds.push(whole(row));
    }

    fn event(&mut self, event: &Event) {
        self.events.push(whole(event));
    }

    fn queue(&mut self, sample: &QueueSample) {
        self.queues.push(whole(sample));
    }

    fn probe(&mut self, row: &ProbeRecord) {
        self.probes.push(whole(row));
    }
}

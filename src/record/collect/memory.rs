//! A collector that keeps everything in memory: for engines in virtual time whose results are asked for at once.

use std::collections::BTreeMap;

use super::join::Joiner;
use super::workers::Lanes;
use crate::record::{Event, EventKind, QueueSample, Report, RequestRecord, WorkerInterval};

/// The records of one variant in the course of being gathered.
#[derive(Debug, Default)]
pub struct Memory {
    joiner: Joiner,
    lanes: Lanes,
    groups: BTreeMap<u64, String>,
    events: Vec<Event>,
    workers: Vec<WorkerInterval>,
    queues: Vec<QueueSample>,
}

/// The records of one variant, as the files would have them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Records {
    /// By request id.
    pub requests: Vec<RequestRecord>,
    /// By time.
    pub events: Vec<Event>,
    /// By their end.
    pub workers: Vec<WorkerInterval>,
    /// By time.
    pub queues: Vec<QueueSample>,
}

impl Memory {
    /// Takes in a report. Those of single proxies, sockets and processes are not kept.
    pub fn take(&mut self, report: Report) {
        match report {
            Report::Client(half) => {
                self.groups.insert(half.request_id, half.group.clone());
                self.joiner.client(*half);
            }
            Report::Proxy(half) => self.joiner.proxy(*half),
            Report::Worker(report) => {
                let step = self.lanes.report(&report);
                if let Some((request_id, work)) = step.work {
                    self.joiner.work(request_id, work);
                }
                self.workers.extend(step.interval);
            }
            Report::Event(event) => {
                if let (EventKind::WorkerTimeout, Some(worker)) = (event.kind, event.worker) {
                    self.joiner.worker_timeout(worker);
                }
                self.events.push(event);
            }
            Report::Queue(sample) => self.queues.push(sample),
            Report::ProxySample(_) | Report::Socket(_) | Report::Proc(_) => {}
        }
    }

    /// What was gathered.
    pub fn finish(mut self) -> Records {
        self.workers.extend(self.lanes.open_intervals());
        for interval in &mut self.workers {
            let group = interval.request_id.and_then(|id| self.groups.get(&id));
            interval.group = group.cloned();
        }
        Records {
            requests: self.joiner.pending(),
            events: self.events,
            workers: self.workers,
            queues: self.queues,
        }
    }
}

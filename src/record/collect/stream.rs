//! A collector that hands rows on and keeps none: memory for what is in flight, and no file.

use super::join::Joiner;
use super::lane::Step;
use super::workers::Lanes;
use crate::record::{
    Event, Hold, Hop, ProbeRecord, QueueSample, Report, RequestRecord, WorkerInterval,
};

/// Takes rows in as they become whole. Requests come in no order; a stretch or hold of a worker has no group (its request's row tells it).
pub trait Rows {
    /// A request of which nothing more can come.
    fn request(&mut self, row: &RequestRecord);
    /// An attempt of a proxy at a request.
    fn hop(&mut self, row: &Hop);
    /// A stretch of a worker that is over, or open when the run ends.
    fn interval(&mut self, row: &WorkerInterval);
    /// A hold of a slot that is over, or open when the run ends.
    fn hold(&mut self, row: &Hold);
    /// Something that happened.
    fn event(&mut self, event: &Event);
    /// A sample of the queues.
    fn queue(&mut self, sample: &QueueSample);
    /// An attempt of a probe.
    fn probe(&mut self, row: &ProbeRecord);
}

/// Joins reports into rows for `R`, without a thread.
#[derive(Debug)]
pub struct Stream<R> {
    joiner: Joiner,
    lanes: Lanes,
    step: Step,
    taken: u64,
    rows: R,
}

/// Reports after which rows that are settled are handed on: often enough that few wait, rarely enough that looking for them costs little.
const SETTLE_EVERY: u64 = 262_144;

impl<R: Rows> Stream<R> {
    /// Nothing taken in yet.
    pub fn new(rows: R) -> Stream<R> {
        Stream {
            joiner: Joiner::default(),
            lanes: Lanes::default(),
            step: Step::default(),
            taken: 0,
            rows,
        }
    }

    /// Takes in a report. Those of sockets and of where bytes are are let go, and of those of processes all but their memory.
    pub fn take(&mut self, report: Report) {
        match report {
            Report::Client(half) => self.joiner.client(*half),
            Report::Proxy(half) => {
                let before = self.joiner.attempts_before(&half);
                half.hops(before).for_each(|hop| self.rows.hop(&hop));
                self.joiner.proxy(*half);
            }
            Report::Worker(report) => {
                self.lanes.report(&report, &mut self.step);
                self.joiner.step(&mut self.step);
                for interval in &self.step.intervals {
                    self.rows.interval(interval);
                }
                for hold in &self.step.holds {
                    self.rows.hold(hold);
                }
            }
            Report::Event(event) => {
                self.joiner.event(&event);
                self.rows.event(&event);
            }
            Report::Queue(sample) => self.rows.queue(&sample),
            Report::Probe(row) => self.rows.probe(&row),
            Report::Proc(sample) => self.lanes.sample(&sample),
            Report::Socket(_)
            | Report::Bytes(_)
            | Report::Machine(_)
            | Report::Log(_)
            | Report::Stage(_) => {}
        }
        self.taken += 1;
        if self.taken.is_multiple_of(SETTLE_EVERY) {
            let rows = &mut self.rows;
            self.joiner
                .settle()
                .iter()
                .for_each(|row| rows.request(row));
        }
    }

    /// Hands the rest on.
    pub fn finish(mut self) -> R {
        for row in self.joiner.into_pending() {
            self.rows.request(&row);
        }
        for interval in self.lanes.open_intervals() {
            self.rows.interval(&interval);
        }
        for hold in self.lanes.open_holds() {
            self.rows.hold(&hold);
        }
        self.rows
    }
}

//! One slot of a worker, as its reports tell: its stretches, its holds, and what they say of requests.

use super::join::Work;
use super::live::LiveLane;
use crate::record::{Hold, HoldEnd, WorkerInterval, WorkerReport, WorkerState};
use crate::time::{Span, Timestamp};

/// A worker's age and one of its slots; no slot is the process of a worker with several.
pub(super) type Place = (u32, Option<u32>);

/// What follows from one report. Made once and filled again, because there are as many of them as reports.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// The stretches that ended: one, or at a worker's death those of all its slots.
    pub(super) intervals: Vec<WorkerInterval>,
    /// The holds that ended.
    pub(super) holds: Vec<Hold>,
    /// What is now known of requests.
    pub(super) work: Vec<(u64, Work)>,
}

/// A slot, or the process of a worker with several.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) pid: u32,
    pub(super) state: WorkerState,
    since: Timestamp,
    request_id: Option<u64>,
    /// The hold, while there is one; the process of a worker with several slots has none.
    hold: Option<Hold>,
    /// Bytes that the process holds for the slot, now; of a process those for all its slots.
    pub(super) buffered: u64,
    /// The most of it since the state was entered.
    most_buffered: u64,
    /// The largest sample of the process's memory since the state was entered.
    rss: Option<u64>,
}

impl Step {
    pub(super) fn clear(&mut self) {
        self.intervals.clear();
        self.holds.clear();
        self.work.clear();
    }
}

impl Lane {
    /// The lane of a first report, not yet entered.
    pub(super) fn new(report: &WorkerReport) -> Lane {
        Lane {
            pid: report.pid,
            state: report.state,
            since: report.at,
            request_id: None,
            hold: None,
            buffered: 0,
            most_buffered: 0,
            rss: None,
        }
    }

    /// The stretch so far, or all of it.
    pub(super) fn interval(&self, (worker, slot): Place, to: Option<Timestamp>) -> WorkerInterval {
        WorkerInterval {
            worker,
            pid: self.pid,
            slot,
            state: self.state,
            from: self.since,
            to,
            request_id: self.request_id,
            group: None,
            rss_bytes: self.rss,
            buffered_bytes: (self.most_buffered > 0).then_some(self.most_buffered),
        }
    }

    /// What it does now, for whoever watches; a process with several slots is no lane of its own there.
    pub(super) fn now(&self, (worker, slot): Place) -> Option<LiveLane> {
        Some(LiveLane {
            worker,
            slot: slot?,
            state: self.state,
            since: self.since,
            request_id: self.request_id,
        })
    }

    /// The hold that has not ended.
    pub(super) fn open_hold(&self) -> Option<Hold> {
        self.hold.clone()
    }

    /// The stretch that the reported state ends.
    pub(super) fn leave(&self, place: Place, report: &WorkerReport) -> Option<WorkerInterval> {
        (self.state != report.state).then(|| WorkerInterval {
            request_id: match (self.request_id, report.state) {
                (Some(id), _) => Some(id),
                // While it reads, a worker does not know yet whom it reads from; its next state tells.
                (None, WorkerState::Body | WorkerState::App | WorkerState::Send) => {
                    report.request_id
                }
                (None, _) => None,
            },
            ..self.interval(place, Some(report.at))
        })
    }

    /// Moves to the reported state, serving whom the report names or whom the lane knows, and says what that means.
    pub(super) fn enter(&mut self, report: &WorkerReport, step: &mut Step) {
        self.linger_ends(report);
        // A new connection is a new request.
        if report.state == WorkerState::Reading
            && (self.state != report.state || self.hold.is_none())
        {
            self.release(report, step); // a kept connection: the request before is over
            self.request_id = None;
            self.hold = begin(report, Some(report.at));
        }
        self.request_id = report.request_id.or(self.request_id);
        if report.state.holds() {
            // Without its first report, which may have been lost, nobody knows when a hold began.
            let hold = self.hold.take().or_else(|| begin(report, None));
            self.hold = hold.map(|hold| self.follow(hold, report));
            self.tell(report, step);
        } else {
            self.hold = self.hold.take().map(|hold| self.follow(hold, report));
            self.release(report, step);
            self.request_id = report.request_id.filter(|_| report.slot.is_none());
        }
        if self.state != report.state {
            (self.state, self.since) = (report.state, report.at);
            (self.rss, self.most_buffered) = (None, self.buffered);
        }
    }

    /// Takes in how much the process now holds for the slot.
    pub(super) fn buffers(&mut self, bytes: u64) {
        self.buffered = bytes;
        self.most_buffered = self.most_buffered.max(bytes);
    }

    /// Takes in a sample of the process's memory.
    pub(super) fn uses(&mut self, rss: u64) {
        self.rss = self.rss.max(Some(rss));
    }

    fn linger_ends(&mut self, report: &WorkerReport) {
        if self.state == WorkerState::Linger
            && report.state != WorkerState::Linger
            && let Some(hold) = &mut self.hold
        {
            hold.lingering = hold.lingering.saturating_add(report.at.since(self.since));
        }
    }

    /// What a report of the same request says of the hold.
    fn follow(&self, mut hold: Hold, report: &WorkerReport) -> Hold {
        let at = report.at;
        hold.request_id = self.request_id;
        hold.sent_bytes = hold.sent_bytes.max(report.sent_bytes);
        hold.recv_blocked = hold.recv_blocked.max(report.recv_blocked);
        hold.send_blocked = hold.send_blocked.max(report.send_blocked);
        match report.state {
            WorkerState::Body => hold.head_read_at = hold.head_read_at.or(Some(at)),
            WorkerState::App => {
                hold.head_read_at = hold.head_read_at.or(Some(at));
                hold.body_read_at = hold.body_read_at.or(Some(at));
            }
            WorkerState::Send => hold.app_done_at = hold.app_done_at.or(Some(at)),
            _ => {}
        }
        hold
    }

    /// The hold is over, if there is one.
    fn release(&mut self, report: &WorkerReport, step: &mut Step) {
        let Some(mut hold) = self.hold.take() else {
            return;
        };
        hold.released_at = Some(report.at);
        hold.ended = match report.state {
            WorkerState::Dead => HoldEnd::Killed,
            _ => HoldEnd::Released,
        };
        step.work.extend(work(&hold));
        step.holds.push(hold);
    }

    /// What the hold says of its request so far.
    fn tell(&self, report: &WorkerReport, step: &mut Step) {
        if report.slot.is_some() {
            step.work.extend(self.hold.as_ref().and_then(work));
        }
    }
}

/// A hold of the slot of a report; the process of a worker with several slots has none.
fn begin(report: &WorkerReport, began_at: Option<Timestamp>) -> Option<Hold> {
    Some(Hold {
        worker: report.worker,
        slot: report.slot?,
        pid: report.pid,
        request_id: None,
        group: None,
        accepted_at: report.accepted_at.or(began_at),
        began_at,
        head_read_at: None,
        body_read_at: None,
        app_done_at: None,
        released_at: None,
        ended: HoldEnd::Open,
        sent_bytes: 0,
        recv_blocked: Span::ZERO,
        send_blocked: Span::ZERO,
        lingering: Span::ZERO,
    })
}

/// What a hold says of its request, once that is known.
fn work(hold: &Hold) -> Option<(u64, Work)> {
    let work = Work {
        worker: hold.worker,
        pid: hold.pid,
        accepted_at: hold.began_at,
        read_at: hold.body_read_at,
        app_done_at: hold.app_done_at,
        sent_at: hold.released_at.map(|at| at - hold.lingering),
        released_at: hold.released_at,
        sent_bytes: hold.sent_bytes,
        send_blocked: hold.send_blocked,
        killed: hold.ended == HoldEnd::Killed,
    };
    Some((hold.request_id?, work))
}

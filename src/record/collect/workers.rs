//! Workers, as their reports tell: the lanes of `workers.csv`, and which request each one serves.

use std::collections::BTreeMap;

use super::join::Work;
use crate::record::{WorkerInterval, WorkerReport, WorkerState};
use crate::time::Timestamp;

/// All workers of a variant, by age. Dead ones stay, so that their last words are recognised.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: BTreeMap<u32, Lane>,
    /// Workers that hold a connection; kept here, because it is asked for at every report.
    busy: u64,
    /// Workers in `send`.
    sending: u64,
}

#[derive(Debug)]
struct Lane {
    pid: u32,
    state: WorkerState,
    since: Timestamp,
    request_id: Option<u64>,
    /// When the connection was taken up, while there is one.
    accepted_at: Option<Timestamp>,
}

/// What follows from one report.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// A stretch that ended.
    pub(super) interval: Option<WorkerInterval>,
    /// What is now known of a request.
    pub(super) work: Option<(u64, Work)>,
}

/// Whether a worker in this state holds a connection.
fn holds(state: WorkerState) -> bool {
    match state {
        WorkerState::Reading | WorkerState::App | WorkerState::Send | WorkerState::Linger => true,
        WorkerState::Booting | WorkerState::Idle | WorkerState::Dead => false,
    }
}

impl Lanes {
    /// Takes in a report.
    pub(super) fn report(&mut self, report: &WorkerReport) -> Step {
        let before = self.lanes.get(&report.worker).map(|lane| lane.state);
        let step = self.take(report);
        let after = self.lanes.get(&report.worker).map(|lane| lane.state);
        for (count, wanted) in [
            (&mut self.busy, holds as fn(WorkerState) -> bool),
            (&mut self.sending, |state| state == WorkerState::Send),
        ] {
            *count += u64::from(after.is_some_and(wanted));
            *count -= u64::from(before.is_some_and(wanted));
        }
        step
    }

    fn take(&mut self, report: &WorkerReport) -> Step {
        let Some(lane) = self.lanes.get_mut(&report.worker) else {
            let mut lane = Lane {
                pid: report.pid,
                state: report.state,
                since: report.at,
                request_id: None,
                accepted_at: None,
            };
            let work = lane.enter(report, None);
            self.lanes.insert(report.worker, lane);
            return Step {
                interval: None,
                work,
            };
        };
        if lane.state == WorkerState::Dead {
            return Step::default(); // the pipe may still hold a dead worker's last words
        }
        // A new connection is a new request; otherwise the lane knows whom the worker serves.
        let served = match report.state {
            WorkerState::Reading => None,
            _ => lane.request_id,
        };
        let interval = (lane.state != report.state).then_some(WorkerInterval {
            worker: report.worker,
            pid: lane.pid,
            state: lane.state,
            from: lane.since,
            to: Some(report.at),
            request_id: match (lane.request_id, report.state) {
                (Some(id), _) => Some(id),
                // While it reads, a worker does not know yet whom it reads from; its next state tells.
                (None, WorkerState::App | WorkerState::Send) => report.request_id,
                (None, _) => None,
            },
            group: None,
        });
        let work = lane.enter(report, served);
        Step { interval, work }
    }

    /// Workers that hold a connection.
    pub(super) fn busy(&self) -> u64 {
        self.busy
    }

    /// Workers in `send`.
    pub(super) fn sending(&self) -> u64 {
        self.sending
    }

    /// The stretches that no report ended.
    pub(super) fn open_intervals(&self) -> Vec<WorkerInterval> {
        let open = self
            .lanes
            .iter()
            .filter(|(_, lane)| lane.state != WorkerState::Dead);
        open.map(|(worker, lane)| WorkerInterval {
            worker: *worker,
            pid: lane.pid,
            state: lane.state,
            from: lane.since,
            to: None,
            request_id: lane.request_id,
            group: None,
        })
        .collect()
    }
}

impl Lane {
    /// Moves to the reported state, serving `served` or whom the report names; returns what that says of the request.
    fn enter(&mut self, report: &WorkerReport, served: Option<u64>) -> Option<(u64, Work)> {
        let served = report.request_id.or(served);
        let was_held = self.accepted_at.is_some();
        if report.state == WorkerState::Reading && (self.state != report.state || !was_held) {
            self.accepted_at = Some(report.at);
        }
        let released = !holds(report.state);
        let work = served.map(|id| {
            let work = Work {
                worker: report.worker,
                pid: report.pid,
                accepted_at: self.accepted_at,
                app_done_at: (report.state == WorkerState::Send).then_some(report.at),
                released_at: released.then_some(report.at),
                sent_bytes: report.sent_bytes,
                send_blocked: report.send_blocked,
                killed: report.state == WorkerState::Dead && was_held,
            };
            (id, work)
        });
        self.request_id = served.filter(|_| !released);
        if released {
            self.accepted_at = None;
        }
        if self.state != report.state {
            (self.state, self.since) = (report.state, report.at);
        }
        work
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    fn report(at_ms: u64, state: WorkerState, request_id: Option<u64>) -> WorkerReport {
        WorkerReport {
            worker: 1,
            pid: 100,
            at: Timestamp::from_us(at_ms * 1000),
            state,
            request_id,
            sent_bytes: 0,
            send_blocked: Span::ZERO,
        }
    }

    fn ms(at: Option<Timestamp>) -> Option<u64> {
        at.map(|at| at.as_us() / 1000)
    }

    #[test]
    fn a_request_is_followed_from_accept_to_idle() {
        let mut lanes = Lanes::default();
        lanes.report(&report(0, WorkerState::Booting, None));
        lanes.report(&report(5, WorkerState::Idle, None));
        assert!(
            lanes
                .report(&report(10, WorkerState::Reading, None))
                .work
                .is_none()
        );
        assert_eq!((lanes.busy(), lanes.sending()), (1, 0));
        let app = lanes.report(&report(11, WorkerState::App, Some(7)));
        let reading = app.interval.unwrap();
        assert_eq!(
            (reading.state, reading.request_id),
            (WorkerState::Reading, Some(7))
        );
        assert_eq!(ms(app.work.unwrap().1.accepted_at), Some(10));
        let send = lanes.report(&report(20, WorkerState::Send, Some(7)));
        assert_eq!(ms(send.work.unwrap().1.app_done_at), Some(20));
        assert_eq!((lanes.busy(), lanes.sending()), (1, 1));
        let idle = lanes.report(&report(90, WorkerState::Idle, None));
        let (id, work) = idle.work.unwrap();
        assert_eq!(
            (id, ms(work.released_at), work.killed),
            (7, Some(90), false)
        );
        assert_eq!((lanes.busy(), lanes.sending()), (0, 0));
        // The next connection has nothing of the last one.
        lanes.report(&report(95, WorkerState::Reading, None));
        let idle = lanes.report(&report(96, WorkerState::Idle, None));
        assert!(idle.work.is_none() && idle.interval.unwrap().request_id.is_none());
    }

    #[test]
    fn progress_within_a_state_is_not_a_new_stretch() {
        let mut lanes = Lanes::default();
        lanes.report(&report(0, WorkerState::Reading, None));
        lanes.report(&report(1, WorkerState::Send, Some(3)));
        let progress = lanes.report(&report(50, WorkerState::Send, Some(3)));
        assert!(progress.interval.is_none() && progress.work.is_some());
        assert_eq!(ms(Some(lanes.open_intervals()[0].from)), Some(1));
    }

    #[test]
    fn death_while_serving_releases_and_is_told_apart_from_death_at_rest() {
        let mut lanes = Lanes::default();
        lanes.report(&report(0, WorkerState::Reading, None));
        lanes.report(&report(1, WorkerState::Send, Some(3)));
        let death = lanes.report(&report(50, WorkerState::Dead, None));
        let (id, work) = death.work.unwrap();
        assert_eq!((id, ms(work.released_at), work.killed), (3, Some(50), true));
        let late = lanes.report(&report(49, WorkerState::Send, Some(3)));
        assert!(late.work.is_none() && late.interval.is_none());
        assert!(lanes.open_intervals().is_empty());
        assert_eq!(lanes.busy(), 0);
    }
}

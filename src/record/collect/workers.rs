//! Workers, as their reports tell: the lanes of `workers.csv`, one per slot, and which request each one serves.

use std::collections::{BTreeMap, BTreeSet};

use super::join::Work;
use crate::record::{WorkerInterval, WorkerReport, WorkerState};
use crate::time::Timestamp;

/// A worker's age and one of its slots; no slot is the process of a worker with several.
type Place = (u32, Option<u32>);

/// All lanes of a variant whose workers live.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: BTreeMap<Place, Lane>,
    /// Workers that are dead, so that their last words are recognised.
    gone: BTreeSet<u32>,
    /// Slots that hold a connection; kept here, because it is asked for at every report.
    busy: u64,
    /// Slots in `send`.
    sending: u64,
}

#[derive(Debug)]
struct Lane {
    pid: u32,
    state: WorkerState,
    since: Timestamp,
    request_id: Option<u64>,
    /// When the connection was taken up, while there is one.
    began_at: Option<Timestamp>,
}

/// What follows from one report. Made once and filled again, because there are as many of them as reports.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// The stretches that ended: one, or at a worker's death those of all its slots.
    pub(super) intervals: Vec<WorkerInterval>,
    /// What is now known of requests.
    pub(super) work: Vec<(u64, Work)>,
}

impl Step {
    fn clear(&mut self) {
        self.intervals.clear();
        self.work.clear();
    }
}

impl Lanes {
    /// Takes in a report and says what follows.
    pub(super) fn report(&mut self, report: &WorkerReport, step: &mut Step) {
        step.clear();
        if self.gone.contains(&report.worker) {
            return; // the pipe may still hold a dead worker's last words
        }
        if report.state == WorkerState::Dead {
            return self.end(report, step);
        }
        let place = (report.worker, report.slot);
        let (before, lane) = match self.lanes.get_mut(&place) {
            Some(lane) => (Some(lane.state), lane),
            None => (None, self.lanes.entry(place).or_insert(Lane::new(report))),
        };
        if before.is_some() {
            step.intervals.extend(lane.leave(place, report));
        }
        lane.enter(report, step);
        if report.slot.is_some() {
            self.count(before, Some(report.state));
        }
    }

    /// The worker is dead, and so are all its lanes.
    fn end(&mut self, report: &WorkerReport, step: &mut Step) {
        self.gone.insert(report.worker);
        let all = (report.worker, None)..=(report.worker, Some(u32::MAX));
        let places: Vec<Place> = self.lanes.range(all).map(|(place, _)| *place).collect();
        for place in places {
            let Some(mut lane) = self.lanes.remove(&place) else {
                continue;
            };
            let before = lane.state;
            step.intervals.extend(lane.leave(place, report));
            // What the report tells is the process's; a lane's own request and counts are those that it had.
            let death = WorkerReport::gone(report.worker, lane.pid, report.at);
            let death = WorkerReport {
                slot: place.1,
                ..death
            };
            lane.enter(&death, step);
            if place.1.is_some() {
                self.count(Some(before), None);
            }
        }
    }

    /// Keeps the counts of busy slots.
    fn count(&mut self, before: Option<WorkerState>, after: Option<WorkerState>) {
        for (count, wanted) in [
            (
                &mut self.busy,
                WorkerState::holds as fn(WorkerState) -> bool,
            ),
            (&mut self.sending, |state| state == WorkerState::Send),
        ] {
            *count += u64::from(after.is_some_and(wanted));
            *count -= u64::from(before.is_some_and(wanted));
        }
    }

    /// Slots that hold a connection.
    pub(super) fn busy(&self) -> u64 {
        self.busy
    }

    /// Slots in `send`.
    pub(super) fn sending(&self) -> u64 {
        self.sending
    }

    /// The stretches that no report ended.
    pub(super) fn open_intervals(&self) -> Vec<WorkerInterval> {
        let open = self.lanes.iter();
        open.map(|(place, lane)| lane.interval(*place, None))
            .collect()
    }
}

impl Lane {
    /// The lane of a first report, not yet entered.
    fn new(report: &WorkerReport) -> Lane {
        Lane {
            pid: report.pid,
            state: report.state,
            since: report.at,
            request_id: None,
            began_at: None,
        }
    }

    fn interval(&self, (worker, slot): Place, to: Option<Timestamp>) -> WorkerInterval {
        WorkerInterval {
            worker,
            pid: self.pid,
            slot,
            state: self.state,
            from: self.since,
            to,
            request_id: self.request_id,
            group: None,
        }
    }

    /// The stretch that the reported state ends.
    fn leave(&self, place: Place, report: &WorkerReport) -> Option<WorkerInterval> {
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

    /// Moves to the reported state, serving whom the report names or whom the lane knows, and says what that means for the request.
    /// The process of a worker with several slots serves nobody: its slots do.
    fn enter(&mut self, report: &WorkerReport, step: &mut Step) {
        let was_held = self.began_at.is_some();
        // A new connection is a new request.
        let fresh =
            report.state == WorkerState::Reading && (self.state != report.state || !was_held);
        if fresh {
            if was_held {
                self.tell(report, Some(report.at), step); // a kept connection: the request before is over
            }
            (self.began_at, self.request_id) = (Some(report.at), None);
        }
        self.request_id = report.request_id.or(self.request_id);
        let released = !report.state.holds();
        self.tell(report, released.then_some(report.at), step);
        if released {
            (self.began_at, self.request_id) = (None, None);
        }
        if self.state != report.state {
            (self.state, self.since) = (report.state, report.at);
        }
    }

    /// What a report says of the request that the lane serves.
    fn tell(&self, report: &WorkerReport, released_at: Option<Timestamp>, step: &mut Step) {
        let (Some(id), Some(_)) = (self.request_id, report.slot) else {
            return;
        };
        let work = Work {
            worker: report.worker,
            pid: report.pid,
            accepted_at: self.began_at,
            app_done_at: (report.state == WorkerState::Send).then_some(report.at),
            released_at,
            sent_bytes: report.sent_bytes,
            send_blocked: report.send_blocked,
            killed: report.state == WorkerState::Dead && self.began_at.is_some(),
        };
        step.work.push((id, work));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(at_ms: u64, state: WorkerState, request_id: Option<u64>) -> WorkerReport {
        slot(Some(0), at_ms, state, request_id)
    }

    fn slot(
        slot: Option<u32>,
        at_ms: u64,
        state: WorkerState,
        request_id: Option<u64>,
    ) -> WorkerReport {
        WorkerReport {
            request_id,
            ..WorkerReport::bare(1, 100, slot, Timestamp::from_us(at_ms * 1000), state)
        }
    }

    fn take(lanes: &mut Lanes, report: WorkerReport) -> Step {
        let mut step = Step::default();
        lanes.report(&report, &mut step);
        step
    }

    fn ms(at: Option<Timestamp>) -> Option<u64> {
        at.map(|at| at.as_us() / 1000)
    }

    #[test]
    fn a_request_is_followed_from_accept_to_idle() {
        let mut lanes = Lanes::default();
        take(&mut lanes, report(0, WorkerState::Booting, None));
        take(&mut lanes, report(5, WorkerState::Idle, None));
        let taken = take(&mut lanes, report(10, WorkerState::Reading, None));
        assert!(taken.work.is_empty());
        assert_eq!((lanes.busy(), lanes.sending()), (1, 0));
        let app = take(&mut lanes, report(11, WorkerState::App, Some(7)));
        let reading = &app.intervals[0];
        assert_eq!(
            (reading.state, reading.request_id),
            (WorkerState::Reading, Some(7))
        );
        assert_eq!(ms(app.work[0].1.accepted_at), Some(10));
        let send = take(&mut lanes, report(20, WorkerState::Send, Some(7)));
        assert_eq!(ms(send.work[0].1.app_done_at), Some(20));
        assert_eq!((lanes.busy(), lanes.sending()), (1, 1));
        let idle = take(&mut lanes, report(90, WorkerState::Idle, None));
        let (id, work) = &idle.work[0];
        assert_eq!(
            (*id, ms(work.released_at), work.killed),
            (7, Some(90), false)
        );
        assert_eq!((lanes.busy(), lanes.sending()), (0, 0));
        // The next connection has nothing of the last one.
        take(&mut lanes, report(95, WorkerState::Reading, None));
        let idle = take(&mut lanes, report(96, WorkerState::Idle, None));
        assert!(idle.work.is_empty() && idle.intervals[0].request_id.is_none());
    }

    #[test]
    fn progress_within_a_state_is_not_a_new_stretch() {
        let mut lanes = Lanes::default();
        take(&mut lanes, report(0, WorkerState::Reading, None));
        take(&mut lanes, report(1, WorkerState::Send, Some(3)));
        let progress = take(&mut lanes, report(50, WorkerState::Send, Some(3)));
        assert!(progress.intervals.is_empty() && progress.work.len() == 1);
        assert_eq!(ms(Some(lanes.open_intervals()[0].from)), Some(1));
    }

    #[test]
    fn death_while_serving_releases_and_is_told_apart_from_death_at_rest() {
        let mut lanes = Lanes::default();
        take(&mut lanes, report(0, WorkerState::Reading, None));
        take(&mut lanes, report(1, WorkerState::Send, Some(3)));
        let death = take(&mut lanes, report(50, WorkerState::Dead, None));
        let (id, work) = &death.work[0];
        assert_eq!(
            (*id, ms(work.released_at), work.killed),
            (3, Some(50), true)
        );
        let late = take(&mut lanes, report(49, WorkerState::Send, Some(3)));
        assert!(late.work.is_empty() && late.intervals.is_empty());
        assert!(lanes.open_intervals().is_empty());
        assert_eq!(lanes.busy(), 0);
    }

    #[test]
    fn slots_are_lanes_of_their_own_and_die_together() {
        let mut lanes = Lanes::default();
        take(&mut lanes, slot(None, 0, WorkerState::Booting, None));
        take(&mut lanes, slot(None, 1, WorkerState::Idle, None));
        for (number, id) in [(0, 7), (1, 8)] {
            take(
                &mut lanes,
                slot(Some(number), 10, WorkerState::Reading, None),
            );
            take(
                &mut lanes,
                slot(Some(number), 11, WorkerState::Send, Some(id)),
            );
        }
        take(&mut lanes, slot(Some(2), 10, WorkerState::Reading, None));
        take(&mut lanes, slot(Some(2), 12, WorkerState::Idle, None));
        // The process is occupied by one handler: that is no hold, and says nothing of its request's end.
        let process = take(&mut lanes, slot(None, 13, WorkerState::App, Some(7)));
        assert!(process.work.is_empty() && process.intervals.len() == 1);
        assert_eq!((lanes.busy(), lanes.sending()), (2, 2));
        let death = take(
            &mut lanes,
            WorkerReport::gone(1, 100, Timestamp::from_us(20_000)),
        );
        let places: Vec<_> = death.intervals.iter().map(|row| row.slot).collect();
        assert_eq!(places, [None, Some(0), Some(1), Some(2)]);
        let killed: Vec<_> = death
            .work
            .iter()
            .map(|(id, work)| (*id, work.killed))
            .collect();
        assert_eq!(killed, [(7, true), (8, true)]);
        assert_eq!((lanes.busy(), lanes.sending()), (0, 0));
    }

    #[test]
    fn a_kept_connection_is_a_hold_per_request() {
        let mut lanes = Lanes::default();
        take(&mut lanes, report(0, WorkerState::Reading, None));
        take(&mut lanes, report(1, WorkerState::Body, Some(3)));
        take(&mut lanes, report(2, WorkerState::Send, Some(3)));
        let next = take(&mut lanes, report(9, WorkerState::Reading, None));
        let (id, work) = &next.work[0];
        assert_eq!((*id, ms(work.released_at)), (3, Some(9)));
        let send = take(&mut lanes, report(12, WorkerState::Send, Some(4)));
        assert_eq!(ms(send.work[0].1.accepted_at), Some(9));
        assert_eq!(lanes.busy(), 1);
    }
}

//! Workers, as their reports tell: the lanes of `workers.csv`, one per slot, the rows of `holds.csv`, and which request each one serves.

use std::collections::{BTreeMap, BTreeSet};

use super::lane::{Lane, Place, Step};
use super::live::LiveLane;
use crate::record::{Hold, ProcSample, WorkerInterval, WorkerReport, WorkerState};

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
    /// Bytes that all processes hold beyond what the kernel took.
    buffered: u64,
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
        let known = self.lanes.get(&place).map(|lane| lane.state);
        let lane = self.lanes.entry(place).or_insert_with(|| Lane::new(report));
        if known.is_some() {
            step.intervals.extend(lane.leave(place, report));
        }
        lane.enter(report, step);
        if report.slot.is_some() {
            let before = lane.buffered;
            lane.buffers(report.buffered_bytes);
            self.buffered = (self.buffered + report.buffered_bytes).saturating_sub(before);
            self.count(known, Some(report.state));
            self.count_buffered(report.worker, before, report.buffered_bytes);
        }
    }

    /// The worker is dead, and so are all its lanes.
    fn end(&mut self, report: &WorkerReport, step: &mut Step) {
        self.gone.insert(report.worker);
        for place in self.places(report.worker) {
            let Some(mut lane) = self.lanes.remove(&place) else {
                continue;
            };
            let before = lane.state;
            step.intervals.extend(lane.leave(place, report));
            // What the report tells is the process's; a lane's own request and counts are those that it had.
            let death = WorkerReport {
                slot: place.1,
                ..WorkerReport::gone(report.worker, lane.pid, report.at)
            };
            lane.enter(&death, step);
            if place.1.is_some() {
                self.buffered = self.buffered.saturating_sub(lane.buffered);
                self.count(Some(before), None);
            }
        }
    }

    /// The lanes of a worker: its process, if that has one of its own, and its slots.
    fn places(&self, worker: u32) -> Vec<Place> {
        let all = (worker, None)..=(worker, Some(u32::MAX));
        self.lanes.range(all).map(|(place, _)| *place).collect()
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

    /// What a worker with several slots holds for all of them is told of its process.
    fn count_buffered(&mut self, worker: u32, before: u64, after: u64) {
        if before != after
            && let Some(process) = self.lanes.get_mut(&(worker, None))
        {
            let sum = (process.buffered + after).saturating_sub(before);
            process.buffers(sum);
        }
    }

    /// Takes in a look at a process: its memory is told where there is one lane for it, that of the process or of its only slot.
    pub(super) fn sample(&mut self, sample: &ProcSample) {
        let Some(rss) = sample.rss_bytes else { return };
        // A worker's own lane comes before those of its slots.
        let mut own = self
            .lanes
            .values_mut()
            .filter(|lane| lane.pid == sample.pid);
        if let Some(lane) = own.next() {
            lane.uses(rss);
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

    /// Bytes that all processes hold beyond what the kernel took.
    pub(super) fn buffered(&self) -> u64 {
        self.buffered
    }

    /// What each slot does now, by worker and slot.
    pub(super) fn now(&self) -> Vec<LiveLane> {
        let lanes = self.lanes.iter();
        lanes.filter_map(|(place, lane)| lane.now(*place)).collect()
    }

    /// The stretches that no report ended.
    pub(super) fn open_intervals(&self) -> Vec<WorkerInterval> {
        let open = self.lanes.iter();
        open.map(|(place, lane)| lane.interval(*place, None))
            .collect()
    }

    /// The holds that no report ended.
    pub(super) fn open_holds(&self) -> Vec<Hold> {
        self.lanes.values().filter_map(Lane::open_hold).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::HoldEnd;
    use crate::time::{Span, Timestamp};

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

    fn in_send(at_ms: u64, sent_bytes: u64, blocked_ms: u64) -> WorkerReport {
        WorkerReport {
            sent_bytes,
            send_blocked: Span::from_ms(blocked_ms),
            ..report(at_ms, WorkerState::Send, Some(7))
        }
    }

    #[test]
    fn a_hold_has_the_instants_of_its_request_and_how_it_waited() {
        let mut lanes = Lanes::default();
        take(
            &mut lanes,
            WorkerReport {
                accepted_at: Some(Timestamp::from_us(4_000)),
                ..report(10, WorkerState::Reading, None)
            },
        );
        take(&mut lanes, report(11, WorkerState::Body, Some(7)));
        let app = WorkerReport {
            recv_blocked: Span::from_ms(3),
            ..report(14, WorkerState::App, Some(7))
        };
        take(&mut lanes, app);
        take(&mut lanes, in_send(20, 0, 0));
        take(&mut lanes, in_send(50, 900, 25));
        take(&mut lanes, report(60, WorkerState::Linger, Some(7)));
        assert_eq!(lanes.open_holds()[0].ended, HoldEnd::Open);
        let idle = take(&mut lanes, report(75, WorkerState::Idle, None));
        let [hold] = idle.holds.as_slice() else {
            panic!("{:?}", idle.holds);
        };
        let instants = [
            hold.accepted_at,
            hold.began_at,
            hold.head_read_at,
            hold.body_read_at,
            hold.app_done_at,
            hold.released_at,
        ];
        assert_eq!(instants.map(ms), [4, 10, 11, 14, 20, 75].map(Some));
        let waits = [hold.recv_blocked, hold.send_blocked, hold.lingering];
        assert_eq!(waits.map(Span::as_ms), [3, 25, 15]);
        assert_eq!((hold.request_id, hold.sent_bytes), (Some(7), 900));
        assert_eq!(hold.ended, HoldEnd::Released);
        assert!(lanes.open_holds().is_empty());
    }

    #[test]
    fn a_killed_worker_leaves_whole_holds_also_of_nobody() {
        let mut lanes = Lanes::default();
        for number in [0, 1] {
            take(
                &mut lanes,
                slot(Some(number), 10, WorkerState::Reading, None),
            );
        }
        take(&mut lanes, slot(Some(1), 12, WorkerState::App, Some(8)));
        let gone = WorkerReport::gone(1, 100, Timestamp::from_us(30_000));
        let death = take(&mut lanes, gone);
        let holds: Vec<_> = (death.holds.iter())
            .map(|hold| (hold.slot, hold.request_id, hold.ended, ms(hold.released_at)))
            .collect();
        let killed = |slot, id| (slot, id, HoldEnd::Killed, Some(30));
        assert_eq!(holds, [killed(0, None), killed(1, Some(8))]);
        assert_eq!(ms(death.holds[1].body_read_at), Some(12), "there was none");
    }

    #[test]
    fn memory_is_told_of_the_process_or_its_only_slot() {
        let sample = |rss_bytes| ProcSample {
            rss_bytes,
            ..ProcSample::of_worker(Timestamp::ZERO, 100, 'S')
        };
        let mut lanes = Lanes::default();
        take(&mut lanes, report(0, WorkerState::Idle, None));
        for rss in [Some(5), Some(9), Some(7), None] {
            lanes.sample(&sample(rss));
        }
        let idle = take(&mut lanes, report(9, WorkerState::Reading, None));
        assert_eq!(idle.intervals[0].rss_bytes, Some(9));
        assert_eq!(
            lanes.open_intervals()[0].rss_bytes,
            None,
            "nobody looked since"
        );
        let mut lanes = Lanes::default();
        take(&mut lanes, slot(Some(0), 0, WorkerState::Reading, None));
        take(&mut lanes, slot(None, 0, WorkerState::Idle, None));
        lanes.sample(&sample(Some(9)));
        let told: Vec<_> = (lanes.open_intervals().iter())
            .map(|row| (row.slot, row.rss_bytes))
            .collect();
        assert_eq!(told, [(None, Some(9)), (Some(0), None)]);
    }

    #[test]
    fn a_process_is_told_what_it_holds_for_all_its_slots() {
        let mut lanes = Lanes::default();
        take(&mut lanes, slot(None, 0, WorkerState::Idle, None));
        for (number, buffered_bytes) in [(0, 100), (1, 50), (0, 20), (1, 0)] {
            let report = slot(Some(number), 1, WorkerState::Send, Some(u64::from(number)));
            take(
                &mut lanes,
                WorkerReport {
                    buffered_bytes,
                    ..report
                },
            );
        }
        let told: Vec<_> = (lanes.open_intervals().iter())
            .map(|row| (row.slot, row.buffered_bytes))
            .collect();
        let wanted = [(None, Some(150)), (Some(0), Some(100)), (Some(1), Some(50))];
        assert_eq!(told, wanted);
    }
}

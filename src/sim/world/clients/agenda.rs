//! Who starts when, and under which request id: ids are given as the lab gives them.

use crate::machine::arrival::Schedule;
use crate::plan::GroupPlan;
use crate::time::Timestamp;

/// A plan's clients in the order of their starts.
#[derive(Debug)]
pub(super) struct Agenda {
    /// In time order.
    starts: Vec<Start>,
    next: usize,
    first_ids: Vec<u64>,
    next_loop_id: u64,
}

/// One client's start; ordered by its instant, then as the plan has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Start {
    pub(super) at: Timestamp,
    pub(super) group: u32,
    pub(super) index: u32,
}

impl Agenda {
    pub(super) fn new(groups: &[GroupPlan]) -> Agenda {
        let mut starts = Vec::new();
        let mut first_ids = Vec::with_capacity(groups.len());
        let mut next_id = 1;
        for (group, plan) in (0..).zip(groups) {
            let (Schedule::Starts { at } | Schedule::Loops { at, .. }) = &plan.schedule;
            let clients = (0..).zip(at);
            starts.extend(clients.map(|(index, at)| Start {
                at: *at,
                group,
                index,
            }));
            first_ids.push(next_id);
            if matches!(plan.schedule, Schedule::Starts { .. }) {
                next_id += at.len() as u64;
            }
        }
        starts.sort_unstable();
        Agenda {
            starts,
            next: 0,
            first_ids,
            next_loop_id: next_id,
        }
    }

    /// When the next one starts.
    pub(super) fn next_start(&self) -> Option<Timestamp> {
        self.starts.get(self.next).map(|start| start.at)
    }

    /// The next one starts.
    pub(super) fn take(&mut self) -> Option<Start> {
        let start = *self.starts.get(self.next)?;
        self.next += 1;
        Some(start)
    }

    /// The id of a client's first request.
    pub(super) fn first_id(&mut self, schedule: &Schedule, start: Start) -> u64 {
        match schedule {
            Schedule::Starts { .. } => {
                self.first_ids[start.group as usize] + u64::from(start.index)
            }
            Schedule::Loops { .. } => self.loop_id(),
        }
    }

    /// The id of the next request of any looping client.
    pub(super) fn loop_id(&mut self) -> u64 {
        self.next_loop_id += 1;
        self.next_loop_id - 1
    }
}

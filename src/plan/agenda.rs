//! Who starts when, and under which request id: the schedules of all groups merged into one list in time order.

use super::GroupPlan;
use crate::machine::arrival::Schedule;
use crate::time::{Span, Timestamp};

/// One client's start; ordered by its instant, then as the plan has them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Start {
    /// When.
    pub at: Timestamp,
    /// The group's place in the plan.
    pub group: u32,
    /// The client's index within its group.
    pub client: u32,
}

/// All starts, and the ids of requests.
///
/// Ids begin at 1: the first requests of all groups with `Starts` come first, in the order of the plan, so that an id does not depend on
/// how the run goes; looping clients, and requests that are made again, draw theirs from a counter after that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agenda {
    /// In time order; those of the same instant in the order of the plan.
    starts: Vec<Start>,
    next: usize,
    /// The id of each group's first request; `None` for groups that draw theirs.
    first_ids: Vec<Option<u64>>,
    next_id: u64,
}

impl Agenda {
    /// Merges the schedules, moved by `offset`.
    pub fn new(groups: &[GroupPlan], offset: Span) -> Agenda {
        let mut starts = Vec::with_capacity(most_connections(groups));
        let mut first_ids = Vec::with_capacity(groups.len());
        let mut next_id = 1;
        for (group, plan) in (0..).zip(groups) {
            let (Schedule::Starts { at } | Schedule::Loops { at, .. }) = &plan.schedule;
            starts.extend((0..).zip(at).map(|(client, at)| Start {
                at: *at + offset,
                group,
                client,
            }));
            let fixed = matches!(plan.schedule, Schedule::Starts { .. });
            first_ids.push(fixed.then_some(next_id));
            if fixed {
                next_id += at.len() as u64;
            }
        }
        starts.sort_unstable();
        Agenda {
            starts,
            next: 0,
            first_ids,
            next_id,
        }
    }

    /// When the next client starts.
    pub fn next_start(&self) -> Option<Timestamp> {
        self.starts.get(self.next).map(|start| start.at)
    }

    /// The next client starts.
    pub fn take(&mut self) -> Option<Start> {
        let start = *self.starts.get(self.next)?;
        self.next += 1;
        Some(start)
    }

    /// The id of a client's first request.
    pub fn first_id(&mut self, start: Start) -> u64 {
        match self.first_ids[start.group as usize] {
            Some(first) => first + u64::from(start.client),
            None => self.draw_id(),
        }
    }

    /// The id of any request that is not its client's first.
    pub fn draw_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }
}

/// Connections that the groups can hold at once.
pub fn most_connections(groups: &[GroupPlan]) -> usize {
    groups
        .iter()
        .map(|group| group.schedule.most_connections())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::group::tests::group;
    use super::*;

    #[test]
    fn groups_are_merged_in_time_order_and_ids_follow_the_plan() {
        let starts = |us: &[u64]| Schedule::Starts {
            at: us.iter().copied().map(Timestamp::from_us).collect(),
        };
        let groups = [
            group(starts(&[10, 30])),
            group(Schedule::Loops {
                at: vec![Timestamp::from_us(20); 2],
                think: Span::ZERO,
            }),
            group(starts(&[5, 30])),
        ];
        let mut agenda = Agenda::new(&groups, Span::from_us(100));
        let mut order = Vec::new();
        while let Some(at) = agenda.next_start() {
            let start = agenda.take().unwrap();
            assert_eq!(start.at, at);
            order.push((
                at.as_us(),
                start.group,
                start.client,
                agenda.first_id(start),
            ));
        }
        assert_eq!(
            order,
            [
                (105, 2, 0, 3),
                (110, 0, 0, 1),
                (120, 1, 0, 5),
                (120, 1, 1, 6),
                (130, 0, 1, 2),
                (130, 2, 1, 4)
            ]
        );
        assert_eq!((agenda.draw_id(), agenda.take()), (7, None));
        assert_eq!(most_connections(&groups), 6);
    }
}

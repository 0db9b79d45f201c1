//! Who starts when: the schedules of all groups merged into one list in time order.

use crate::machine::arrival::Schedule;
use crate::plan::GroupPlan;
use crate::time::{Span, Timestamp};

/// One start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Entry {
    /// When.
    pub(super) at: Timestamp,
    /// The group's place in the plan.
    pub(super) group: u32,
    /// The client's index within its group.
    pub(super) client: u32,
}

/// All starts, and the request ids that they bring along.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Agenda {
    /// In time order; entries of the same instant in the order of the plan.
    pub(super) entries: Vec<Entry>,
    /// The id of each group's first request; meaningful for groups with `Starts`.
    pub(super) first_ids: Vec<u64>,
    /// The first id that looping clients may draw.
    pub(super) first_loop_id: u64,
}

/// File descriptors that the runtime and the scheduler need for themselves.
const FLEET_OWN_FDS: usize = 16;

/// How much later than planned a busy machine may start a request, or give one up, without the count of descriptors being wrong.
const LATENESS: Span = Span::from_secs(1);

/// The file descriptors that a fleet can need at once, if no request ends before its client loses patience.
pub fn fd_need(groups: &[GroupPlan]) -> usize {
    FLEET_OWN_FDS + groups.iter().map(most_at_once).sum::<usize>()
}

/// Clients with a `timeout` hold their connections no longer than that: so many start within any stretch of its length.
fn most_at_once(group: &GroupPlan) -> usize {
    let (Schedule::Starts { at }, Some(timeout)) = (&group.schedule, group.timeout) else {
        return group.schedule.most_connections();
    };
    let held = timeout.saturating_add(LATENESS);
    let mut first = 0;
    let counts = (1..).zip(at).map(|(started, now): (usize, _)| {
        while now.since(at[first]) > held {
            first += 1;
        }
        started - first
    });
    counts.max().unwrap_or(0)
}

/// Connections that the groups can hold at once.
pub(super) fn connections(groups: &[GroupPlan]) -> usize {
    groups
        .iter()
        .map(|group| group.schedule.most_connections())
        .sum()
}

impl Agenda {
    /// Merges the schedules, moved by `offset`. Ids begin at 1: the `Starts` of all groups come first, in the order of the plan,
    /// so that a request's id does not depend on how the run goes; looping clients draw theirs from a counter after that.
    pub(super) fn new(groups: &[GroupPlan], offset: Span) -> Agenda {
        let mut entries = Vec::with_capacity(connections(groups));
        let mut first_ids = Vec::with_capacity(groups.len());
        let mut next_id = 1;
        for (group, plan) in (0..).zip(groups) {
            let (Schedule::Starts { at } | Schedule::Loops { at, .. }) = &plan.schedule;
            entries.extend((0..).zip(at).map(|(client, at)| Entry {
                at: *at + offset,
                group,
                client,
            }));
            first_ids.push(next_id);
            if matches!(plan.schedule, Schedule::Starts { .. }) {
                next_id += at.len() as u64;
            }
        }
        entries.sort_unstable();
        Agenda {
            entries,
            first_ids,
            first_loop_id: next_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::behavior::{Behavior, Healthy};

    fn group(schedule: Schedule) -> GroupPlan {
        GroupPlan {
            name: "g".to_owned(),
            path: "/".to_owned(),
            timeout: None,
            keepalive: false,
            behavior: Behavior::Healthy(Healthy::default()),
            schedule,
            link: None,
        }
    }

    fn starts(us: &[u64]) -> Schedule {
        Schedule::Starts {
            at: us.iter().copied().map(Timestamp::from_us).collect(),
        }
    }

    #[test]
    fn groups_are_merged_in_time_order_and_ids_follow_the_plan() {
        let groups = [
            group(starts(&[10, 30])),
            group(Schedule::Loops {
                at: vec![Timestamp::from_us(20); 2],
                think: Span::ZERO,
            }),
            group(starts(&[5, 30])),
        ];
        let agenda = Agenda::new(&groups, Span::from_us(100));
        let order: Vec<(u64, u32, u32)> = agenda
            .entries
            .iter()
            .map(|entry| (entry.at.as_us(), entry.group, entry.client))
            .collect();
        assert_eq!(
            order,
            [
                (105, 2, 0),
                (110, 0, 0),
                (120, 1, 0),
                (120, 1, 1),
                (130, 0, 1),
                (130, 2, 1)
            ]
        );
        assert_eq!(agenda.first_ids, [1, 3, 3]);
        assert_eq!(agenda.first_loop_id, 5);
        assert_eq!(fd_need(&groups), FLEET_OWN_FDS + 6);
    }

    #[test]
    fn patience_bounds_what_is_held_at_once() {
        let second = 1_000_000;
        let at: Vec<u64> = (0..600).map(|n| n * second).collect();
        let patient = group(starts(&at));
        let impatient = GroupPlan {
            timeout: Some(Span::from_secs(5)),
            ..patient.clone()
        };
        assert_eq!(fd_need(&[patient]), FLEET_OWN_FDS + 600);
        // Those that started in the last 5 s, a second of lateness, and the one that starts now.
        assert_eq!(fd_need(&[impatient]), FLEET_OWN_FDS + 7);
    }
}

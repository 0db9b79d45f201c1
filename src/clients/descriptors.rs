//! How many descriptors a fleet needs.

use crate::machine::arrival::Schedule;
use crate::plan::GroupPlan;
use crate::time::Span;

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

#[cfg(test)]
mod tests {
    use super::super::tests::healthy;
    use super::*;

    #[test]
    fn patience_bounds_what_is_held_at_once() {
        let at: Vec<u64> = (0..600).map(|n| n * 1000).collect();
        let patient = healthy(&at);
        let impatient = GroupPlan {
            timeout: Some(Span::from_secs(5)),
            ..patient.clone()
        };
        assert_eq!(fd_need(&[patient]), FLEET_OWN_FDS + 600);
        // Those that started in the last 5 s, a second of lateness, and the one that starts now.
        assert_eq!(fd_need(&[impatient]), FLEET_OWN_FDS + 7);
    }
}

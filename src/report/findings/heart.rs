//! Heartbeats that cost what requests would need.

use super::Seen;
use super::view::View;
use crate::record::{ProcRole, ProcSample};

/// The call that changes a file's times.
const BEAT: &str = "utimensat";
/// One sample of workers in so many is more than chance: in memory the call takes a microsecond.
const OFTEN: usize = 5;
/// Fewer say nothing.
const FEWEST: usize = 3;

/// Workers that are found asleep in the call by which they say that they live: the disk of those files is slow.
pub(super) fn slow_heartbeat(view: &View<'_>) -> Vec<Seen> {
    let samples = view.variant.procs.iter();
    let of_workers: Vec<&ProcSample> = samples
        .filter(|sample| sample.role == ProcRole::Worker)
        .collect();
    let beats = |sample: &&&ProcSample| sample.syscall.as_deref() == Some(BEAT);
    let beating: Vec<_> = of_workers.iter().filter(beats).collect();
    let Some(first) = beating.first() else {
        return Vec::new();
    };
    if beating.len() < FEWEST || beating.len() * OFTEN < of_workers.len() {
        return Vec::new();
    }
    let percent = 100 * beating.len() / of_workers.len();
    vec![Seen::new("slow_heartbeat", first.at).with("percent", percent)]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, found, plan, variant};
    use super::*;

    #[test]
    fn workers_that_are_found_in_their_heartbeat_have_a_slow_disk() {
        let said = |beats: u64| {
            let mut data = variant(plan(1, false));
            let look = |number: u64| ProcSample {
                worker: Some(1),
                syscall: Some(if number < beats { BEAT } else { "select" }.to_owned()),
                ..ProcSample::of_worker(at(number * 200), 99, 'S')
            };
            data.procs = (0..10).map(look).collect();
            found(data, "slow_heartbeat")
        };
        let (kinds, text) = said(6);
        assert_eq!(kinds, ["slow_heartbeat"]);
        assert!(text.contains("in 60 % of their samples"), "{text}");
        for few in [0, 2] {
            let (kinds, _) = said(few);
            assert!(!kinds.contains(&"slow_heartbeat".to_owned()), "{few}");
        }
    }
}

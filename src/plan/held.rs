//! A plan whose slow clients stay where they are: for a stage, on which somebody looks at them with his own tools.

use super::Plan;
use crate::machine::behavior::Behavior;
use crate::machine::handler::Distribution;
use crate::time::Span;
use crate::units::ByteRate;

/// Longer than any class: nothing ends before.
const DAY: Span = Span::from_secs(86_400);
/// Whoever reads slowly goes on reading, so that one sees pieces go; a report of a megabyte lasts for an hour.
const READS: ByteRate = ByteRate(256);
/// And whoever sends slowly goes on sending.
const SENDS: ByteRate = ByteRate(1);

impl Plan {
    /// The same with clients that do not come to an end by themselves, nor by a timer: nginx's are a day long, gunicorn's heartbeats are not looked at.
    pub fn held(mut self) -> Plan {
        (self.duration, self.drain) = (DAY, DAY);
        self.backend.timeout = Span::ZERO;
        for tier in [&mut self.edge, &mut self.proxy].into_iter().flatten() {
            for timer in [
                &mut tier.proxy_connect_timeout,
                &mut tier.proxy_send_timeout,
                &mut tier.proxy_read_timeout,
                &mut tier.send_timeout,
                &mut tier.client_header_timeout,
                &mut tier.client_body_timeout,
                &mut tier.keepalive_timeout,
            ] {
                *timer = DAY;
            }
        }
        for group in &mut self.groups {
            group.timeout = None;
            group.rates.clear();
            match &mut group.behavior {
                Behavior::SlowRead(slow) => slow.rate = Distribution::Fixed(READS),
                Behavior::SlowHeader(slow) => slow.rate = Distribution::Fixed(SENDS),
                Behavior::SlowBody(slow) => slow.rate = Distribution::Fixed(SENDS),
                Behavior::Stall(stall) => stall.duration = None,
                _ => {}
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::{Choices, build};
    use crate::scenario::load_embedded;
    use crate::sim;
    use crate::time::Span;

    #[test]
    fn whoever_is_held_is_still_there_when_the_run_would_have_been_over() {
        for (name, group) in [
            ("worker-starvation", "slow"),
            ("read-timeout-misfire", "stalled"),
            ("worker-timeout-kill", "slow"),
            ("slow-upload", "uploaders"),
            ("slowloris", "loris"),
        ] {
            let scenario = load_embedded(name, &[]).unwrap();
            let run = build(&scenario, &Choices::default()).unwrap();
            let mut plan = run.variants.into_iter().next().unwrap().plan.held();
            plan.groups.retain(|other| other.name == group);
            (plan.duration, plan.drain) = (Span::from_secs(20), Span::ZERO);
            let mut ended = 0;
            sim::run(&plan, sim::Options::default(), &mut |report| {
                if let crate::record::Report::Client(half) = report {
                    let is_over = half.outcome != crate::record::Outcome::Unfinished;
                    ended += u32::from(is_over);
                }
            });
            assert_eq!(ended, 0, "{name}");
        }
    }
}

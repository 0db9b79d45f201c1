//! Whether a variant is well only because what did the harm is not in it. That is a control: it proves the cause, and cures nobody.
//!
//! What an operator can change is a cure: a configuration, the length of a queue, whether clients ask again. What befalls him is not: a fault, who comes to
//! ask and how, how far away they are, and what a request takes to answer.

use crate::machine::act::FaultTo;
use crate::machine::arrival::Schedule;
use crate::machine::backend_config::{BackendConfig, BootFault};
use crate::machine::link::Link;
use crate::plan::{GroupPlan, Plan};

/// Whether `after` lacks something of `before` that is no operator's to change.
pub(super) fn leaves_cause_out(before: &Plan, after: &Plan) -> bool {
    lacks_fault(before, after) || asks_less(before, after) || takes_less(before, after)
}

/// A process that goes wrong, or a release that does not start.
fn lacks_fault(before: &Plan, after: &Plan) -> bool {
    let faults = |plan: &Plan| -> Vec<FaultTo> {
        let acts = plan.acts.iter();
        acts.filter_map(|act| act.fault).collect()
    };
    let broken = |plan: &Plan| -> Vec<BootFault> {
        let backends = plan.backends();
        backends.filter_map(|backend| backend.boot.fault).collect()
    };
    lacks(&faults(before), &faults(after)) || lacks(&broken(before), &broken(after))
}

fn lacks<T: PartialEq>(before: &[T], after: &[T]) -> bool {
    before.iter().any(|one| !after.contains(one))
}

/// Clients that are slow, leave or are far away, and that are others here, or fewer.
fn asks_less(before: &Plan, after: &Plan) -> bool {
    let mut unusual = before
        .groups
        .iter()
        .filter(|group| !group.is_healthy() || group.link.is_some());
    unusual.any(|group| {
        let there = after.groups.iter().find(|there| there.name == group.name);
        there.is_none_or(|there| !asks_alike(group, there))
    })
}

fn asks_alike(group: &GroupPlan, there: &GroupPlan) -> bool {
    let line = |group: &GroupPlan| group.link.as_ref().map(distance);
    group.behavior == there.behavior
        && group.path == there.path
        && group.body == there.body
        && line(group) == line(there)
        && count(&there.schedule) >= count(&group.schedule)
}

/// What of a line nobody can configure: its queue and TCP's rules are somebody's settings.
fn distance(link: &Link) -> (u64, u64, f64) {
    (link.rate.0, link.rtt.as_ns(), link.loss)
}

fn count(schedule: &Schedule) -> usize {
    match schedule {
        Schedule::Starts { at } | Schedule::Loops { at, .. } => at.len(),
    }
}

/// A handler that has less to do for what clients ask of it, or does not fail.
fn takes_less(before: &Plan, after: &Plan) -> bool {
    before.groups.iter().any(|group| {
        let handler = |backend: &BackendConfig| {
            let handler = backend.handler(&group.path)?;
            Some((handler.service(), handler.fault))
        };
        let (sick, there) = (handler(&before.backend), handler(&after.backend));
        sick.zip(there).is_some_and(|(sick, there)| {
            there.0 < sick.0 || (sick.1.is_some() && there.1 != sick.1)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::act::{Act, FaultKind, Target};
    use crate::report::chart::fixture;
    use crate::time::Span;
    use crate::units::ByteRate;

    /// Whether a plan that was changed in this way is a control of one that was changed in that way.
    fn control(before: impl Fn(&mut Plan), after: impl Fn(&mut Plan)) -> bool {
        let [mut sick, mut well] = [(); 2].map(|()| fixture::plan("baseline"));
        before(&mut sick);
        after(&mut well);
        leaves_cause_out(&sick, &well)
    }

    fn as_it_is(_: &mut Plan) {}

    fn breaks(kind: FaultKind) -> impl Fn(&mut Plan) {
        move |plan| {
            let to = Target::Worker(1);
            plan.acts = vec![Act {
                fault: Some(FaultTo { to, kind }),
                ..Act::nothing(Span::from_ms(1))
            }];
        }
    }

    #[test]
    fn a_fault_that_is_left_out_is_a_control_and_one_that_is_met_is_none() {
        assert!(control(breaks(FaultKind::Spin), as_it_is));
        assert!(control(
            breaks(FaultKind::Spin),
            breaks(FaultKind::Deadlock)
        ));
        let met = |plan: &mut Plan| {
            breaks(FaultKind::Spin)(plan);
            plan.backend.timeout = Span::from_ms(500);
        };
        assert!(!control(breaks(FaultKind::Spin), met));
        let fails = |plan: &mut Plan| plan.backend.boot.fault = Some(BootFault::Crash);
        assert!(control(fails, as_it_is));
        assert!(!control(as_it_is, fails));
    }

    #[test]
    fn slow_clients_that_stay_away_are_no_cure_and_visitors_may_ask_otherwise() {
        assert!(control(as_it_is, |plan| {
            plan.groups.remove(0);
        }));
        assert!(control(as_it_is, |plan| plan.groups[0].path = "/".to_owned()));
        assert!(!control(as_it_is, |plan| plan.groups[1].addresses = 3));
        let far = |rate: u64, queue: Option<u64>| {
            move |plan: &mut Plan| {
                let line = Link::plain(ByteRate(rate), Span::from_ms(30), 0.0);
                plan.groups[1].link = Some(Link {
                    queue: queue.map(crate::units::Bytes),
                    ..line
                });
            }
        };
        assert!(control(far(1_000, None), far(9_000, None)));
        assert!(!control(far(1_000, None), far(1_000, Some(40_960))));
    }

    #[test]
    fn what_takes_a_moment_instead_of_a_second_is_another_question() {
        let takes = |wait: &'static str, cpu: &'static str| {
            move |plan: &mut Plan| {
                let handler = serde_json::json!({ "wait": wait, "cpu": cpu });
                let handler = serde_json::from_value(handler).unwrap();
                plan.backend.app.insert("/report".to_owned(), handler);
            }
        };
        assert!(control(takes("0s", "1s"), takes("0s", "0s")));
        assert!(!control(takes("0s", "1s"), takes("1s", "0s")));
    }
}

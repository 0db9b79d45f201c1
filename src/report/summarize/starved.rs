//! Who had no CPU, though the plan meant him to: clients that began late, and handlers that woke late.

use crate::machine::backend_config::WorkerClass;
use crate::machine::handler::Handler;
use crate::plan::Plan;
use crate::record::{Event, EventKind, RequestRecord};
use crate::report::data::VariantData;
use crate::report::words::Words;
use crate::time::{Span, Timestamp};

/// A thread that had or wanted a CPU for more than this share of the run, in percent, seldom waited for the stack: arrivals bunch up behind it.
const SATURATED_PERCENT: u64 = 66;
/// A request that begins that much later than it was meant to is not the one that was planned,
const LATE: Span = Span::from_ms(250);
/// and one in so many is more than a hiccup of the machine.
const FEW: usize = 20;
/// A handler that waits for longer than this beyond what it was to wait,
const OVERSLEPT: Span = Span::from_ms(20);
/// and for longer than this part of it, is another handler;
const PART: u64 = 4;
/// one in so many of them is another backend.
const SOME: usize = 10;

pub(super) const CLIENTS_LATE: &str = "clients_late";
pub(super) const STACK_LATE: &str = "stack_late";

/// Clients that wanted a CPU all the time measured how fast they are themselves.
pub(super) fn clients_starved(
    variant: &VariantData,
    words: &Words,
) -> Option<(&'static str, String)> {
    let mut told = variant.events.iter();
    let (wanted, elapsed) = told.find_map(|event| match event.kind {
        EventKind::Generated {
            cpu_us,
            waited_us,
            elapsed_us,
        } => Some((cpu_us + waited_us.unwrap_or(0), elapsed_us)),
        _ => None,
    })?;
    let percent = 100 * wanted / elapsed.max(1);
    let text = words.say("doubt-clients-starved", [("percent", percent.into())]);
    (percent >= SATURATED_PERCENT).then_some(("clients_starved", text))
}

/// Clients that began late, all of them or each: those who did not begin within the duration have no row to tell of it.
pub(super) fn clients_late(variant: &VariantData, words: &Words) -> Option<(&'static str, String)> {
    let began = |event: &Event| matches!(event.kind, EventKind::ClientsStarted {});
    let began = variant.events.iter().find(|event| began(event));
    let behind = began.map_or(Span::ZERO, |event| event.at.since(Timestamp::ZERO));
    if behind >= LATE && behind.as_us() * FEW as u64 > variant.plan.duration.as_us() {
        let arguments = [("late", behind.human().into())];
        return Some((
            CLIENTS_LATE,
            words.say("doubt-clients-began-late", arguments),
        ));
    }
    requests_late(variant, words)
}

fn requests_late(variant: &VariantData, words: &Words) -> Option<(&'static str, String)> {
    let late = |row: &RequestRecord| row.started_at.since(row.intended_at);
    let of = variant.measured().count();
    let behind: Vec<Span> = (variant.measured().map(late))
        .filter(|late| *late >= LATE)
        .collect();
    let longest = behind.iter().max()?.human();
    let arguments = [
        ("count", behind.len().into()),
        ("of", of.into()),
        ("late", longest.into()),
    ];
    let text = words.say("doubt-clients-late", arguments);
    (behind.len() * FEW >= of).then_some((CLIENTS_LATE, text))
}

/// Handlers that only wait, and waited for longer than the plan says: their workers were not woken in time.
pub(super) fn stack_late(variant: &VariantData, words: &Words) -> Option<(&'static str, String)> {
    if !only_waits(&variant.plan) {
        return None;
    }
    let slept = |row| overslept(&variant.plan, row);
    let slept: Vec<(Span, bool)> = variant.measured().filter_map(slept).collect();
    let late: Vec<Span> = (slept.iter().filter(|(_, much)| *much))
        .map(|(by, _)| *by)
        .collect();
    let longest = late.iter().max()?.human();
    let arguments = [
        ("count", late.len().into()),
        ("of", slept.len().into()),
        ("late", longest.into()),
    ];
    let text = words.say("doubt-stack-late", arguments);
    (late.len() * SOME >= slept.len()).then_some((STACK_LATE, text))
}

/// Whether no worker has a reason of the plan's to wake late: none computes, none serves others meanwhile, nothing is done to any.
fn only_waits(plan: &Plan) -> bool {
    let computes = |handler: &Handler| {
        let pieces = handler.pieces.map_or(Span::ZERO, |pieces| pieces.cpu);
        !handler.cpu.is_nothing() || pieces > Span::ZERO
    };
    let class = plan.backend.worker_class;
    let blocks = matches!(class, WorkerClass::Sync | WorkerClass::Gthread);
    blocks && plan.acts.is_empty() && !plan.backend.app.values().any(computes)
}

/// By how much a request's handler waited for too long, and whether that is much; `None` if it did not answer.
fn overslept(plan: &Plan, row: &RequestRecord) -> Option<(Span, bool)> {
    let took = row.app_done_at?.since(row.request_read_at?);
    let wait = (plan.backend)
        .work(&row.path, plan.seed, Some(row.request_id))
        .wait;
    let by = took.saturating_sub(wait);
    let much = by >= OVERSLEPT && by.as_ns() >= wait.as_ns() / PART;
    Some((by, much))
}

#[cfg(test)]
mod tests {
    use super::super::doubts::tests::kinds;
    use super::super::tests::data;
    use super::*;
    use crate::machine::act::Act;
    use crate::machine::handler::Distribution;
    use crate::record::Source;
    use crate::report::findings::tests::{plan, request};

    #[test]
    fn late_clients_are_doubted_when_it_is_more_than_a_hiccup() {
        let late = |span: Span, every: usize| {
            let mut variant = data();
            for row in variant.requests.iter_mut().step_by(every) {
                row.started_at = row.intended_at + span;
            }
            kinds(variant)
        };
        assert_eq!(late(LATE, 1), [CLIENTS_LATE]);
        assert!(late(Span::from_ms(249), 1).is_empty());
        let began = |after: Span, duration: Span| {
            let mut variant = data();
            variant.requests.clear();
            variant.plan.duration = duration;
            let at = Timestamp::ZERO + after;
            let began = Event::new(at, Source::Client, EventKind::ClientsStarted {});
            variant.events.push(began);
            kinds(variant)
        };
        // Nobody began in time, so there is no row that began late.
        assert_eq!(began(LATE, Span::from_ms(300)), [CLIENTS_LATE]);
        assert!(began(Span::from_ms(249), Span::from_ms(300)).is_empty());
        assert!(began(LATE, Span::from_secs(5)).is_empty());
    }

    /// Twenty requests of `/`, which waits for 5 ms; so many of them for that much longer.
    fn woken_late(count: usize, by: Span) -> VariantData {
        let mut variant = data();
        variant.plan = plan(1, true);
        variant.requests = (0..20)
            .map(|id| request(id, "visitors", 2000, 2100))
            .collect();
        for (row, nth) in variant.requests.iter_mut().zip(0..) {
            let by = if nth < count { by } else { Span::ZERO };
            row.request_read_at = Some(row.started_at);
            row.app_done_at = Some(row.started_at + Span::from_ms(5) + by);
        }
        variant
    }

    #[test]
    fn handlers_that_overslept_are_doubted_when_it_is_one_in_ten_of_them() {
        assert_eq!(kinds(woken_late(2, OVERSLEPT)), [STACK_LATE]);
        assert!(kinds(woken_late(1, Span::from_secs(1))).is_empty());
        assert!(kinds(woken_late(20, Span::from_ms(19))).is_empty());
    }

    #[test]
    fn a_long_wait_may_be_late_by_a_part_of_it() {
        let waits = |wait: Span| {
            let mut variant = woken_late(0, Span::ZERO);
            let handler = variant.plan.backend.app.get_mut("/").unwrap();
            handler.wait = Distribution::Fixed(wait);
            for row in &mut variant.requests {
                row.app_done_at = Some(row.started_at + wait + Span::from_ms(30));
            }
            kinds(variant)
        };
        assert_eq!(waits(Span::from_ms(120)), [STACK_LATE]);
        assert!(waits(Span::from_ms(121)).is_empty());
    }

    #[test]
    fn who_computes_or_is_stopped_wakes_late_because_the_plan_says_so() {
        let late = |change: fn(&mut Plan)| {
            let mut variant = woken_late(20, Span::from_secs(1));
            change(&mut variant.plan);
            kinds(variant)
        };
        assert_eq!(late(|_| ()), [STACK_LATE]);
        assert_eq!(
            late(|plan| plan.backend.worker_class = WorkerClass::Gthread),
            [STACK_LATE]
        );
        assert!(late(|plan| plan.backend.worker_class = WorkerClass::Gevent).is_empty());
        assert!(
            late(|plan| {
                let handler = Handler {
                    cpu: Distribution::Fixed(Span::from_ms(1)),
                    ..Handler::default()
                };
                plan.backend.app.insert("/burns".to_owned(), handler);
            })
            .is_empty()
        );
        assert!(
            late(|plan| {
                plan.acts.push(Act::nothing(Span::from_secs(2)));
            })
            .is_empty()
        );
    }
}

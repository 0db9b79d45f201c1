//! What spoils a verdict, what only blurs it, and what is part of the plan.

use super::super::tests::data;
use super::*;
use crate::record::{Event, Loss, Source};
use crate::report::findings::tests::run_of;
use crate::report::words::Language;
use crate::time::Timestamp;

fn kinds(variant: VariantData) -> Vec<String> {
    let run = run_of(variant);
    let found = doubts(&run, Words::of(Language::English));
    found.into_iter().map(|doubt| doubt.kind).collect()
}

fn with(kind: EventKind) -> VariantData {
    let mut variant = data();
    let at = Timestamp::ZERO + Span::from_secs(1);
    variant.events.push(Event::new(at, Source::Lab, kind));
    variant
}

fn problem(errno: i32) -> EventKind {
    EventKind::ClientProblem {
        step: ClientStep::Connect,
        errno: Some(errno),
        error: "told by the kernel".to_owned(),
        count: 1,
    }
}

fn generated(cpu_us: u64, waited_us: Option<u64>) -> EventKind {
    EventKind::Generated {
        cpu_us,
        waited_us,
        elapsed_us: 10_000_000,
    }
}

fn lost(suspended: Span, stolen: Span) -> EventKind {
    EventKind::TimeLost {
        suspended_us: suspended.as_us(),
        stolen_us: stolen.as_us(),
        cpus: 2,
        elapsed_us: 10_000_000,
    }
}

fn spill_failed(error: &str) -> EventKind {
    EventKind::TempFileFailed {
        dir: "/tmp".to_owned(),
        error: error.to_owned(),
    }
}

#[test]
fn a_sick_laboratory_is_doubted_for_its_own_reason() {
    let none = Span::ZERO;
    for (kind, expected) in [
        (problem(libc::EMFILE), Some(MACHINE_LACKS)),
        (problem(libc::EADDRNOTAVAIL), Some(MACHINE_LACKS)),
        (problem(libc::ENETUNREACH), Some(MACHINE_LACKS)),
        // The listener's own answers: full, or not there.
        (problem(libc::EAGAIN), None),
        (problem(libc::ECONNREFUSED), None),
        (generated(9_100_000, None), Some("clients_starved")),
        (
            generated(2_000_000, Some(7_500_000)),
            Some("clients_starved"),
        ),
        (generated(2_000_000, Some(4_000_000)), None),
        (lost(Span::from_secs(2), none), Some("time_lost")),
        (lost(none, Span::from_ms(2100)), Some("time_lost")),
        (lost(Span::from_ms(200), Span::from_ms(900)), None),
        (spill_failed("No space left on device"), Some(DISK_FULL)),
        (spill_failed("Too many open files"), None),
    ] {
        let found = kinds(with(kind.clone()));
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{kind:?}");
    }
}

#[test]
fn rows_that_were_lost_are_missed_in_every_count() {
    let lost = EventKind::ReportsDropped {
        count: 1,
        place: Loss::Queue {},
    };
    assert_eq!(kinds(with(lost)), [REPORTS_LOST]);
}

#[test]
fn late_clients_and_a_late_observer_are_doubted_when_it_is_more_than_a_hiccup() {
    let late = |span: Span, every: usize| {
        let mut variant = data();
        for row in variant.requests.iter_mut().step_by(every) {
            row.started_at = row.intended_at + span;
        }
        kinds(variant)
    };
    assert_eq!(late(LATE, 1), [CLIENTS_LATE]);
    assert!(late(Span::from_ms(249), 1).is_empty());
    let observed = |late: Span| {
        let mut variant = data();
        variant.queues = vec![variant.queues[0].clone(); 20];
        variant
            .queues
            .iter_mut()
            .for_each(|sample| sample.late = late);
        kinds(variant)
    };
    assert_eq!(observed(Span::from_ms(501)), [OBSERVER_BEHIND]);
    assert!(observed(Span::from_ms(400)).is_empty());
}

#[test]
fn of_virtual_time_there_is_no_doubt() {
    let mut run = run_of(with(problem(libc::EADDRNOTAVAIL)));
    run.manifest.engine = "sim".to_owned();
    assert!(doubts(&run, Words::of(Language::English)).is_empty());
}

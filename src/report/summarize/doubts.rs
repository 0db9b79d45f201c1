//! What forbids a verdict: a laboratory that could not do what the plan says. What only blurs the numbers is a warning.
//!
//! Of virtual time there is no doubt: what the modelled machine lacks is part of the model.

use super::starved::{clients_late, clients_starved, stack_late};
use super::{latency_summary, quoted, warnings};
use crate::record::summary::Doubt;
use crate::record::{ClientStep, EventKind};
use crate::report::data::{RunData, VariantData};
use crate::report::words::Words;
use crate::time::Span;

/// An observer that is later than this, with one sample in ten, has seen something else.
const OBSERVER_LATE: Span = Span::from_ms(500);
/// A relay of packets that is late by a whole round trip of the plan, and by more than this, with one packet in a hundred: who should be near was far.
const RELAY_BEHIND: Span = Span::from_ms(20);
/// A machine that slept this long has fired timers that were never due.
const SUSPENDED: Span = Span::from_secs(1);
/// A hypervisor that took more than this share of the CPUs, in percent, gave us another machine.
const STOLEN_PERCENT: u64 = 10;

pub(super) const MACHINE_LACKS: &str = "machine_lacks";
pub(super) const OBSERVER_BEHIND: &str = "observer_late";
pub(super) const RELAY_LATE: &str = "relay_late";
pub(super) const REPORTS_LOST: &str = "reports_lost";
pub(super) const DISK_FULL: &str = "disk_full";

/// One kind of doubt: its name, and what there is to say.
type Look = fn(&VariantData, &Words) -> Option<(&'static str, String)>;

const LOOKS: [Look; 9] = [
    machine_lacks,
    clients_starved,
    clients_late,
    stack_late,
    observer_late,
    relay_late,
    time_lost,
    reports_lost,
    disk_full,
];

/// What forbids a verdict on a run's variants, in these words.
pub fn doubts(run: &RunData, words: &Words) -> Vec<Doubt> {
    if run.manifest.engine == "sim" {
        return Vec::new();
    }
    let of_variant = |variant| {
        let found = LOOKS.iter().filter_map(move |look| look(variant, words));
        found.map(|(kind, text)| Doubt {
            variant: variant.plan.variant.clone(),
            kind: kind.to_owned(),
            text,
        })
    };
    run.variants.iter().flat_map(of_variant).collect()
}

/// Whether this error of `connect` is about this machine, and not about the stack's listener.
fn is_ours(errno: i32) -> bool {
    matches!(
        errno,
        libc::EMFILE
            | libc::ENFILE
            | libc::EADDRNOTAVAIL
            | libc::ENOBUFS
            | libc::ENOMEM
            | libc::ENETDOWN
            | libc::ENETUNREACH
            | libc::EACCES
            | libc::EPERM
    )
}

/// Ports, descriptors, memory of sockets, a network: there was none for a client.
fn machine_lacks(variant: &VariantData, words: &Words) -> Option<(&'static str, String)> {
    let ours = |kind: &EventKind| matches!(kind, EventKind::ClientProblem { step: ClientStep::Connect, errno: Some(errno), .. } if is_ours(*errno));
    let mut events = variant.events.iter();
    let first = events.find(|event| ours(&event.kind))?;
    let text = warnings::clients_kept(variant, &first.kind.problem()?, words);
    Some((MACHINE_LACKS, text))
}

fn observer_late(variant: &VariantData, words: &Words) -> Option<(&'static str, String)> {
    let late = latency_summary(variant.queues.iter().map(|sample| sample.late));
    let late = late.p90.map(Span::from_us)?;
    let text = words.say("doubt-observer-late", [("late", late.human().into())]);
    (late >= OBSERVER_LATE).then_some((OBSERVER_BEHIND, text))
}

/// Distance that the plan does not say, as much of it as the plan does.
fn relay_late(variant: &VariantData, words: &Words) -> Option<(&'static str, String)> {
    let (late, _) = warnings::relayed(variant)?;
    let links = (variant.plan.groups.iter()).filter_map(|group| group.link);
    let shortest = links.map(|link| link.rtt).min()?;
    let arguments = [
        ("late", late.human().into()),
        ("rtt", shortest.human().into()),
    ];
    let text = words.say("doubt-relay-late", arguments);
    (late >= shortest.max(RELAY_BEHIND)).then_some((RELAY_LATE, text))
}

fn time_lost(variant: &VariantData, words: &Words) -> Option<(&'static str, String)> {
    let mut told = variant.events.iter().map(|event| &event.kind);
    let lost = told.find(|kind| match **kind {
        EventKind::TimeLost {
            suspended_us,
            stolen_us,
            cpus,
            elapsed_us,
        } => {
            let much = 100 * stolen_us > STOLEN_PERCENT * elapsed_us * cpus;
            much || suspended_us >= SUSPENDED.as_us()
        }
        _ => false,
    })?;
    Some(("time_lost", quoted::time_lost(lost, words)?))
}

/// Rows that are missing are missing from every count.
fn reports_lost(variant: &VariantData, words: &Words) -> Option<(&'static str, String)> {
    Some((REPORTS_LOST, warnings::dropped(variant, words)?))
}

/// A disk that is full for the proxy's temp files, and not a small one that the plan asked for.
fn disk_full(variant: &VariantData, words: &Words) -> Option<(&'static str, String)> {
    Some((DISK_FULL, warnings::temp_files_failed(variant, words)?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::data;
    use super::*;
    use crate::machine::link::{Link, Preset};
    use crate::record::{Event, Loss, Source};
    use crate::report::findings::tests::run_of;
    use crate::report::words::Language;
    use crate::time::Timestamp;

    pub(in crate::report::summarize) fn kinds(variant: VariantData) -> Vec<String> {
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

    fn spill_failed(errno: i32) -> EventKind {
        EventKind::TempFileFailed {
            dir: "/tmp".to_owned(),
            error: "told by the kernel".to_owned(),
            errno: Some(errno),
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
            (spill_failed(libc::ENOSPC), Some(DISK_FULL)),
            (spill_failed(libc::EMFILE), None),
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
    fn a_late_observer_is_doubted() {
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
    fn a_relay_is_doubted_when_it_adds_as_much_distance_as_the_plan_has() {
        let relayed = |late: Span, rtt: Span| {
            let mut variant = with(EventKind::Relayed {
                packets: 1000,
                lost: 0,
                overflowed: 0,
                vanished: 0,
                dropped: 0,
                late_p99_us: late.as_us(),
                late_max_us: late.as_us(),
                cpu_us: 0,
                elapsed_us: 1_000_000,
                congestion: "cubic".to_owned(),
            });
            let link = Preset::Lan.link();
            variant.plan.groups[0].link = Some(Link { rtt, ..link });
            kinds(variant)
        };
        let ms = Span::from_ms;
        assert_eq!(relayed(ms(106), ms(30)), [RELAY_LATE]);
        assert_eq!(relayed(ms(20), ms(1)), [RELAY_LATE]);
        assert!(relayed(ms(19), ms(1)).is_empty());
        assert!(relayed(ms(29), ms(30)).is_empty());
    }

    #[test]
    fn of_virtual_time_there_is_no_doubt() {
        let mut run = run_of(with(problem(libc::EADDRNOTAVAIL)));
        run.manifest.engine = "sim".to_owned();
        assert!(doubts(&run, Words::of(Language::English)).is_empty());
    }
}

//! What warnings and doubts quote of an event, in a reader's language. In English it is what `events.csv` says.

use crate::record::{ClientStep, EventKind, Loss, Remedy};
use crate::report::words::Words;
use crate::time::Span;

/// How catalogues call what is not there.
const NONE: &str = "none";

/// Reports that were lost, and where; `None` for another kind.
pub(super) fn lost(kind: &EventKind, words: &Words) -> Option<String> {
    let EventKind::ReportsDropped { count, place } = kind else {
        return None;
    };
    let (place, error) = match place {
        Loss::ReportPipe {} => ("pipe", NONE),
        Loss::Unreadable { error } => ("unreadable", error.as_str()),
        Loss::Queue {} => ("queue", NONE),
    };
    let arguments = [
        ("count", (*count).into()),
        ("place", place.into()),
        ("error", error.into()),
    ];
    Some(words.say("quoted-lost", arguments))
}

/// What kept clients from their requests, how often, and what to do about it; the kernel's own words stay. `None` for another kind.
pub(super) fn problem(kind: &EventKind, words: &Words) -> Option<String> {
    let EventKind::ClientProblem {
        step,
        errno,
        error,
        count,
    } = kind
    else {
        return None;
    };
    let step = match step {
        ClientStep::Connect => "connect",
        ClientStep::ReadResponse => "read",
    };
    let remedy = Remedy::of(*errno).map_or(NONE, Remedy::name);
    let arguments = [
        ("count", (*count).into()),
        ("step", step.into()),
        ("error", error.as_str().into()),
        ("remedy", remedy.into()),
    ];
    Some(words.say("quoted-problem", arguments))
}

/// Time in which the machine did nothing for anybody; `None` for another kind.
pub(super) fn time_lost(kind: &EventKind, words: &Words) -> Option<String> {
    let EventKind::TimeLost {
        suspended_us,
        stolen_us,
        cpus,
        elapsed_us,
    } = *kind
    else {
        return None;
    };
    let whole = (elapsed_us * cpus).max(1) as f64;
    let stolen = format!("{:.1} %", 100.0 * stolen_us as f64 / whole);
    let which = match (suspended_us > 0, stolen_us > 0) {
        (true, true) => "both",
        (true, false) => "suspended",
        _ => "stolen",
    };
    let arguments = [
        ("which", which.into()),
        ("suspended", Span::from_us(suspended_us).human().into()),
        ("stolen", stolen.into()),
    ];
    Some(words.say("quoted-time-lost", arguments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::words::Language;

    fn all() -> Vec<EventKind> {
        let losses = [
            Loss::ReportPipe {},
            Loss::Unreadable {
                error: "cut".to_owned(),
            },
            Loss::Queue {},
        ];
        let lost = losses.map(|place| EventKind::ReportsDropped { count: 3, place });
        let times = [(2_000_000, 0), (0, 1_900_000), (2_000_000, 1_900_000)];
        let times = times.map(|(suspended_us, stolen_us)| EventKind::TimeLost {
            suspended_us,
            stolen_us,
            cpus: 2,
            elapsed_us: 9_000_000,
        });
        let errors = [
            libc::EADDRNOTAVAIL,
            libc::EMFILE,
            libc::ENFILE,
            libc::ENOMEM,
            libc::EAGAIN,
            libc::EPERM,
        ];
        let remedied = errors.iter().filter_map(|errno| Remedy::of(Some(*errno)));
        assert!(remedied.eq(Remedy::ALL));
        let problems = errors.into_iter().enumerate().map(|(n, errno)| {
            let step = match n % 2 {
                0 => ClientStep::Connect,
                _ => ClientStep::ReadResponse,
            };
            EventKind::ClientProblem {
                step,
                errno: Some(errno),
                error: "as told".to_owned(),
                count: 1 + n as u64,
            }
        });
        lost.into_iter().chain(times).chain(problems).collect()
    }

    #[test]
    fn what_is_quoted_is_the_row_of_events_csv_and_another_language_is_another_text() {
        let quoted = |kind: &EventKind, words: &Words| {
            let said = [
                lost(kind, words),
                problem(kind, words),
                time_lost(kind, words),
            ];
            let said: Vec<String> = said.into_iter().flatten().collect();
            assert_eq!(said.len(), 1, "{kind:?}: {said:?}");
            said.concat()
        };
        for kind in all() {
            assert_eq!(quoted(&kind, Words::of(Language::English)), kind.text());
            let korean = quoted(&kind, Words::of(Language::Korean));
            assert!(!korean.is_ascii(), "{korean}");
        }
        assert_eq!(
            lost(&EventKind::BackendEnded {}, Words::of(Language::English)),
            None
        );
    }
}

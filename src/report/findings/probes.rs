//! Probes that had the backend restarted: what it was doing when it was taken for dead.

use super::Seen;
use super::view::{View, clock, many};
use crate::record::{Event, EventKind, ProbeRecord};
use crate::time::{Span, Timestamp};

/// A probe failed once too often.
pub(super) fn probe_kill(view: &View<'_>) -> Vec<Seen> {
    let probes = view.variant.plan.probes.iter();
    probes
        .filter_map(|probe| of_probe(view, &probe.name))
        .collect()
}

fn of_probe(view: &View<'_>, name: &str) -> Option<Seen> {
    let events = view.variant.events.iter();
    let kills: Vec<(&Event, u32)> = events
        .filter_map(|event| match &event.kind {
            EventKind::ProbeKilled { probe, failures } if probe == name => Some((event, *failures)),
            _ => None,
        })
        .collect();
    let (first, failures) = *kills.first()?;
    let more = match kills.len() {
        1 => String::new(),
        n => format!(" ({} in all)", many(n, "restart")),
    };
    let text = format!(
        "the backend was told to end at {} because `{name}` failed {failures} times in a row{}{}{}{more}",
        clock(first.at),
        last_outcome(view, name, first.at),
        busy(view, first.at),
        gone(view, first.at),
    );
    Some(Seen {
        kind: "probe_kill",
        at: first.at,
        text,
    })
}

/// ` (timeout)`: how the last attempt before an instant ended.
fn last_outcome(view: &View<'_>, name: &str, at: Timestamp) -> String {
    let rows = view.variant.probes.iter();
    let before = |row: &&ProbeRecord| row.probe == name && row.at + row.latency <= at;
    let last = rows.filter(before).max_by_key(|row| row.at);
    last.map_or(String::new(), |row| format!(" ({})", row.outcome.name()))
}

/// `, while 4 of its 4 workers were busy`, if any was.
fn busy(view: &View<'_>, at: Timestamp) -> String {
    let held = view.at(at).filter(|row| row.is_hold()).count();
    let backend = &view.variant.plan.backend;
    if held == 0 {
        return String::new();
    }
    match (backend.slots_per_worker(), backend.slots()) {
        (Some(1), Some(1)) => ", while its only worker was busy".to_owned(),
        (Some(1), _) => format!(
            ", while {held} of its {} workers were busy",
            backend.workers
        ),
        (_, Some(slots)) => format!(", while {held} of its {slots} slots were busy"),
        (_, None) => format!(", while it had {} in hand", many(held, "connection")),
    }
}

/// `; it was gone 607 ms later`, and whether by force.
fn gone(view: &View<'_>, at: Timestamp) -> String {
    let mut events = view.variant.events.iter();
    let restarted = events.find_map(|event| match &event.kind {
        EventKind::BackendRestarted {
            took_us, forced, ..
        } if event.at >= at => Some((Span::from_us(*took_us).human(), *forced)),
        _ => None,
    });
    match restarted {
        Some((took, false)) => format!("; it was gone {took} later"),
        Some((took, true)) => format!("; it was killed {took} later, with all that it held"),
        None => "; the run was over first".to_owned(),
    }
}

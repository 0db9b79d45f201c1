//! Probes that had the backend restarted: what it was doing when it was taken for dead.

use super::Seen;
use super::view::View;
use crate::record::{Event, EventKind, ProbeRecord};
use crate::time::Timestamp;

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
    let restarted = restarted(view, first.at);
    let gone = match restarted {
        Some((_, false)) => "gone",
        Some((_, true)) => "killed",
        None => "not-seen",
    };
    let backend = &view.variant.plan.backend;
    let busy = view.at(first.at).filter(|row| row.is_hold()).count();
    let of = match (busy, backend.slots_per_worker(), backend.slots()) {
        (0, ..) => "nothing",
        (_, Some(1), Some(1)) => "worker",
        (_, Some(1), _) => "workers",
        (_, _, Some(_)) => "slots",
        (_, _, None) => "connections",
    };
    let seen = Seen::new("probe_kill", first.at)
        .with("probe", name)
        .with("failures", failures)
        .with("last_outcome", last_outcome(view, name, first.at))
        .with("busy", busy)
        .with("of", of)
        .with("workers", backend.workers)
        .with("slots", backend.slots())
        .with("gone", gone)
        .with("took_us", restarted.map(|(took_us, _)| took_us))
        .with("kills", kills.len());
    Some(seen)
}

/// How the last attempt before an instant ended.
fn last_outcome(view: &View<'_>, name: &str, at: Timestamp) -> Option<&'static str> {
    let rows = view.variant.probes.iter();
    let before = |row: &&ProbeRecord| row.probe == name && row.at + row.latency <= at;
    let last = rows.filter(before).max_by_key(|row| row.at);
    last.map(|row| row.outcome.name())
}

/// How long the restart that began at an instant took, in microseconds, and whether it was by force.
fn restarted(view: &View<'_>, at: Timestamp) -> Option<(u64, bool)> {
    let mut events = view.variant.events.iter();
    events.find_map(|event| match &event.kind {
        EventKind::BackendRestarted {
            took_us, forced, ..
        } if event.at >= at => Some((*took_us, *forced)),
        _ => None,
    })
}

//! What a deploy does to requests: a backend that is told to stop, workers that do not boot, a proxy that breaks off what is left after a reload.

use std::collections::BTreeSet;

use super::Seen;
use super::view::View;
use crate::machine::act::{SignalName, Target};
use crate::record::{EndedBy, Event, EventKind, ExitStatus, Outcome, RequestRecord, WorkerState};
use crate::time::{Span, Timestamp};

/// Exit codes with which a worker of gunicorn says that its application cannot be loaded (`Arbiter.WORKER_BOOT_ERROR`, `APP_LOAD_ERROR`): the master
/// gives up.
const HALTS: [i32; 2] = [3, 4];

/// `worker_shutdown_timeout` was up, and an old event loop of the proxy broke off what its clients had not got yet.
pub(super) fn reload_cut(view: &View<'_>) -> Vec<Seen> {
    let cut: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| row.ended_by == EndedBy::WorkerShutdownTimeout)
        .collect();
    let Some(first) = cut.iter().filter_map(|row| row.closed_at).min() else {
        return Vec::new();
    };
    let ages = cut.iter().filter_map(|row| row.latency_from_send());
    let plan = &view.variant.plan;
    let is_reload =
        |signal: SignalName, to: Target| (signal, to) == (SignalName::Hup, Target::Proxy);
    let signals = plan.acts.iter().filter_map(|act| act.signal);
    let reloads = signals.filter(|signal| is_reload(signal.name, signal.to));
    let timeout = plan
        .proxy
        .as_ref()
        .map(|proxy| proxy.worker_shutdown_timeout);
    let seen = Seen::new("reload_cut", first)
        .befell(cut.iter().copied())
        .span("timeout_us", timeout)
        .span("youngest_us", ages.clone().min())
        .span("oldest_us", ages.max())
        .with("reloads", reloads.count());
    vec![seen]
}

/// The master was told to stop, nobody started it again, and requests found nobody.
pub(super) fn backend_stopped(view: &View<'_>) -> Vec<Seen> {
    let events = &view.variant.events;
    let by_a_probe = events
        .iter()
        .any(|event| matches!(event.kind, EventKind::ProbeKilled { .. }));
    let stop = events.iter().find_map(|event| match &event.kind {
        EventKind::SignalHandled { signal } if ["term", "int", "quit"].contains(&&**signal) => {
            Some((event.at, signal))
        }
        _ => None,
    });
    let Some((at, signal)) = stop.filter(|_| !by_a_probe) else {
        return Vec::new();
    };
    let turned_away: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| row.closed_at.is_some_and(|closed| closed > at))
        .filter(|row| row.worker_accepted_at.is_none_or(|taken| taken > at) && found_nobody(row))
        .collect();
    if turned_away.is_empty() {
        return Vec::new();
    }
    let waiting = turned_away.iter().filter(|row| row.started_at <= at);
    let seen = Seen::new("backend_stopped", at)
        .with("signal", signal.to_uppercase())
        .befell(turned_away.iter().copied())
        .with("waiting", waiting.count());
    vec![seen]
}

/// Whether a request was refused, or lost its place in the accept queue.
fn found_nobody(row: &RequestRecord) -> bool {
    matches!(row.outcome, Outcome::Refused | Outcome::Reset) || row.status == Some(502)
}

/// Workers that ended before they could serve anybody.
pub(super) fn boot_failure(view: &View<'_>) -> Vec<Seen> {
    let served: BTreeSet<u32> = (view.variant.workers.iter())
        .filter(|row| !matches!(row.state, WorkerState::Booting | WorkerState::Dead))
        .map(|row| row.worker)
        .collect();
    let events = view.variant.events.iter();
    let failed: Vec<(&Event, ExitStatus)> = events
        .filter_map(|event| match (&event.kind, event.worker) {
            (EventKind::WorkerExited { status, .. }, Some(age)) if !served.contains(&age) => {
                Some((event, *status))
            }
            _ => None,
        })
        .filter(|(_, status)| *status != ExitStatus::Code(0))
        .collect();
    let (Some((first, status)), Some((last, _))) = (failed.first(), failed.last()) else {
        return Vec::new();
    };
    let halted = matches!(status, ExitStatus::Code(code) if HALTS.contains(code));
    let how = match halted {
        true => "halt",
        false => "loop",
    };
    let lasted = last.at.since(first.at);
    let lost = lost_meanwhile(view, first.at);
    let seen = Seen::new("boot_failure", first.at)
        .with("workers", failed.len())
        .ended_with(*status)
        .with("how", how)
        .span("lasted_us", Some(lasted).filter(|span| *span > Span::ZERO))
        .befell(lost.iter().copied());
    vec![seen]
}

/// Requests that began after an instant and that no worker took up.
fn lost_meanwhile<'a>(view: &View<'a>, at: Timestamp) -> Vec<&'a RequestRecord> {
    let rows = view.variant.requests.iter();
    rows.filter(|row| row.started_at >= at && row.worker_accepted_at.is_none())
        .filter(|row| found_nobody(row) || row.status == Some(504))
        .collect()
}

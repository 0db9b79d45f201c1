//! Workers that ended before their time: whom the arbiter killed (gunicorn's `timeout`), whom somebody else did, and what they were
//! doing.

use std::collections::BTreeSet;

use super::Seen;
use super::view::View;
use crate::record::{EventKind, ExitStatus, HoldEnd, RequestRecord, WorkerInterval, WorkerState};
use crate::time::Timestamp;

/// A worker killed for a stale heartbeat.
struct Kill<'a> {
    at: Timestamp,
    worker: u32,
    doing: &'a WorkerInterval,
    request: Option<&'a RequestRecord>,
    /// Requests that ended with it.
    in_hand: usize,
}

impl Kill<'_> {
    /// Whether the worker has several slots: then no client of its own stops its heart, only what keeps its loop or its main thread.
    fn has_slots(&self, view: &View<'_>) -> bool {
        view.variant.plan.backend.slots_per_worker() != Some(1) || self.doing.slot.is_none()
    }

    fn is_in_send(&self, view: &View<'_>) -> bool {
        self.doing.state == WorkerState::Send && !self.has_slots(view)
    }
}

fn kills<'a>(view: &View<'a>) -> Vec<Kill<'a>> {
    let events = view.variant.events.iter();
    let stale = events.filter(|event| matches!(event.kind, EventKind::WorkerTimeout { .. }));
    let (mut kills, mut known) = (Vec::new(), BTreeSet::new());
    for event in stale {
        let Some(worker) = event.worker else { continue };
        if known.contains(&worker) {
            continue;
        }
        if let Some(doing) = doing(view, worker, event.at) {
            known.insert(worker);
            let holds = view.holds_of(worker).iter();
            kills.push(Kill {
                at: event.at,
                worker,
                doing,
                request: view.request(doing.request_id.or(event.request_id)),
                in_hand: holds.filter(|hold| hold.ended == HoldEnd::Killed).count(),
            });
        }
    }
    kills
}

/// What stopped a worker's heart: what its process was doing; if that says nothing, the handler that one of its slots ran.
fn doing<'a>(view: &View<'a>, worker: u32, at: Timestamp) -> Option<&'a WorkerInterval> {
    // A worker may be dead by the time the event is stamped: look at its last stretch that began before. One that begins or ends at that very
    // instant, as in virtual time, is what came of the signal.
    let began = || {
        let rows = view.rows_of(worker).iter().copied();
        rows.filter(move |row| row.from < at)
    };
    let process = began().filter(|row| row.slot.is_none());
    let process = process.max_by_key(|row| row.from);
    let busy = process.filter(|row| row.state != WorkerState::Idle);
    let handler = || {
        let mut lasting = began().filter(|row| row.to.is_none_or(|to| to >= at));
        lasting.find(|row| row.state == WorkerState::App)
    };
    busy.or_else(handler)
        .or(process)
        .or_else(|| began().max_by_key(|row| row.from))
}

/// Killed while it was only sending: the client was slow, the worker was fine.
pub(super) fn killed_in_send(view: &View<'_>) -> Vec<Seen> {
    let kills: Vec<Kill<'_>> = (kills(view).into_iter())
        .filter(|kill| kill.is_in_send(view))
        .collect();
    let Some(first) = kills.first() else {
        return Vec::new();
    };
    let row = first.request;
    let seen = Seen::new("worker_timeout_in_send", first.at)
        .with("worker", first.worker)
        .span("timeout_us", view.variant.plan.backend.timeout)
        .befell(kills.iter().filter_map(|kill| kill.request))
        .with("client", row.map(|row| row.client))
        .with("client_group", row.map(|row| row.group.as_str()))
        .with("received_bytes", row.map(|row| row.received_bytes))
        .with("expected_bytes", row.and_then(|row| row.expected_bytes))
        .with("logged_status", row.and_then(|row| row.proxy_status))
        .with("killed", kills.len());
    vec![seen]
}

/// Killed in its handler: what `timeout` is meant for.
pub(super) fn killed_in_app(view: &View<'_>) -> Vec<Seen> {
    let kills: Vec<Kill<'_>> = (kills(view).into_iter())
        .filter(|kill| !kill.is_in_send(view))
        .collect();
    let Some(first) = kills.first() else {
        return Vec::new();
    };
    let doing = match (first.doing.state, first.has_slots(view)) {
        (WorkerState::Booting, _) => "booting",
        (WorkerState::Reading, false) => "reading",
        (WorkerState::Body, false) => "body",
        (WorkerState::App, false) => "handler",
        (WorkerState::App, true) => "one-handler",
        (WorkerState::Linger, false) => "linger",
        (WorkerState::Linger, true) => "main-thread-linger",
        (_, true) => "no-beat",
        (WorkerState::Idle | WorkerState::Send | WorkerState::Dead, false) => "nothing",
    };
    let in_hand = match first.has_slots(view) {
        true => first.in_hand,
        false => 0,
    };
    let seen = Seen::new("worker_timeout", first.at)
        .with("worker", first.worker)
        .span("timeout_us", view.variant.plan.backend.timeout)
        .befell(kills.iter().filter_map(|kill| kill.request))
        .with("doing", doing)
        .with("in_hand", in_hand)
        .with("killed", kills.len());
    vec![seen]
}

/// Killed by a signal that the arbiter did not send: an operator, the kernel's out-of-memory killer, a crash.
pub(super) fn killed_from_outside(view: &View<'_>) -> Vec<Seen> {
    let events = &view.variant.events;
    // Who is sick hears no TERM, and is killed when the run is over: after the last look at the queues.
    let over = view.variant.queues.iter().map(|sample| sample.at).max();
    // From a signal to the master on, it may be the arbiter itself that kills workers.
    let undisturbed =
        (events.iter()).take_while(|event| !matches!(event.kind, EventKind::SignalHandled { .. }));
    let exits: Vec<(Timestamp, u32, ExitStatus)> = undisturbed
        .filter_map(|event| match (&event.kind, event.worker) {
            (EventKind::WorkerExited { status, .. }, Some(age)) => Some((event.at, age, *status)),
            _ => None,
        })
        .filter(|(at, age, status)| {
            let during = over.is_none_or(|over| *at <= over);
            during && matches!(status, ExitStatus::Signal(_)) && !view.was_timed_out(*age)
        })
        .collect();
    let Some((at, age, status)) = exits.first().copied() else {
        return Vec::new();
    };
    let replaced = events.iter().any(|event| {
        matches!(event.kind, EventKind::WorkerSpawned { .. })
            && event.at >= at
            && event.worker > Some(age)
    });
    let seen = Seen::new("worker_killed_from_outside", at)
        .with("worker", age)
        .ended_with(status)
        .with("replaced", replaced)
        .with("killed", exits.len());
    vec![seen]
}

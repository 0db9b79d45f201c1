//! Workers that ended before their time: whom the arbiter killed (gunicorn's `timeout`), whom somebody else did, and what they were
//! doing.

use super::Seen;
use super::view::{View, clock};
use crate::record::{EventKind, ExitStatus, RequestRecord, WorkerState};
use crate::time::Timestamp;
use crate::units::human_bytes;

/// A worker killed for a stale heartbeat.
struct Kill<'a> {
    at: Timestamp,
    worker: u32,
    state: WorkerState,
    request: Option<&'a RequestRecord>,
}

fn kills<'a>(view: &View<'a>) -> Vec<Kill<'a>> {
    let events = view.variant.events.iter();
    let stale = events.filter(|event| matches!(event.kind, EventKind::WorkerTimeout { .. }));
    let mut kills: Vec<Kill<'a>> = Vec::new();
    for event in stale {
        let Some(worker) = event.worker else { continue };
        let known = kills.iter().any(|kill| kill.worker == worker);
        // A worker may be dead by the time the event is stamped: look at its last stretch that began before.
        let doing = (view.variant.workers.iter())
            .filter(|row| row.worker == worker && row.from <= event.at)
            .max_by_key(|row| row.from);
        if let (false, Some(doing)) = (known, doing) {
            kills.push(Kill {
                at: event.at,
                worker,
                state: doing.state,
                request: view.request(doing.request_id.or(event.request_id)),
            });
        }
    }
    kills
}

/// Killed while it was only sending: the client was slow, the worker was fine.
pub(super) fn killed_in_send(view: &View<'_>) -> Vec<Seen> {
    let kills: Vec<Kill<'_>> = (kills(view).into_iter())
        .filter(|kill| kill.state == WorkerState::Send)
        .collect();
    let Some(first) = kills.first() else {
        return Vec::new();
    };
    let whom = match first.request {
        Some(row) => format!("client {} of `{}`", row.client, row.group),
        None => "a client".to_owned(),
    };
    let got = first.request.map_or(String::new(), |row| {
        let of = row
            .expected_bytes
            .map_or(String::new(), |bytes| format!(" of {}", human_bytes(bytes)));
        format!("; that client got {}{of}", human_bytes(row.received_bytes))
    });
    let logged = first.request.and_then(|row| row.proxy_status);
    let logged = logged.map_or(String::new(), |status| {
        format!(", and the proxy logged {status}")
    });
    let more = match kills.len() {
        1 => String::new(),
        n => format!(" ({n} workers went this way)"),
    };
    let text = format!(
        "worker {} was killed at {} by gunicorn's timeout ({}) while it was only sending to {whom}{got}{logged}{more}",
        first.worker,
        clock(first.at),
        view.variant.plan.backend.timeout.human(),
    );
    vec![Seen {
        kind: "worker_timeout_in_send",
        at: first.at,
        text,
    }]
}

/// Killed in its handler: what `timeout` is meant for.
pub(super) fn killed_in_app(view: &View<'_>) -> Vec<Seen> {
    let kills: Vec<Kill<'_>> = (kills(view).into_iter())
        .filter(|kill| kill.state != WorkerState::Send)
        .collect();
    let Some(first) = kills.first() else {
        return Vec::new();
    };
    let doing = match first.state {
        WorkerState::Booting => "before it was ready",
        WorkerState::Reading => "while it was waiting for a request to arrive",
        WorkerState::Body => "while it was waiting for the rest of a request",
        WorkerState::App => "while its handler ran",
        WorkerState::Linger => "while it was waiting for the client to close",
        WorkerState::Idle | WorkerState::Send | WorkerState::Dead => "while it held no request",
    };
    let more = match kills.len() {
        1 => String::new(),
        n => format!(" ({n} workers were killed outside send)"),
    };
    let text = format!(
        "worker {} was killed at {} by gunicorn's timeout ({}) {doing}{more}",
        first.worker,
        clock(first.at),
        view.variant.plan.backend.timeout.human(),
    );
    vec![Seen {
        kind: "worker_timeout",
        at: first.at,
        text,
    }]
}

/// Killed by a signal that the arbiter did not send: an operator, the kernel's out-of-memory killer, a crash.
pub(super) fn killed_from_outside(view: &View<'_>) -> Vec<Seen> {
    let events = &view.variant.events;
    // From a signal to the master on, it may be the arbiter itself that kills workers.
    let undisturbed =
        (events.iter()).take_while(|event| !matches!(event.kind, EventKind::SignalHandled { .. }));
    let by_arbiter = |age| {
        let mut kills = events.iter();
        kills.any(|event| {
            matches!(event.kind, EventKind::WorkerTimeout { .. }) && event.worker == Some(age)
        })
    };
    let exits: Vec<(Timestamp, u32, ExitStatus)> = undisturbed
        .filter_map(|event| match (&event.kind, event.worker) {
            (EventKind::WorkerExited { status, .. }, Some(age)) => Some((event.at, age, *status)),
            _ => None,
        })
        .filter(|(_, age, status)| matches!(status, ExitStatus::Signal(_)) && !by_arbiter(*age))
        .collect();
    let Some((at, age, status)) = exits.first().copied() else {
        return Vec::new();
    };
    let replaced = events.iter().any(|event| {
        matches!(event.kind, EventKind::WorkerSpawned { .. })
            && event.at >= at
            && event.worker > Some(age)
    });
    let replaced = match replaced {
        true => "; the master started another in its place",
        false => "",
    };
    let more = match exits.len() {
        1 => String::new(),
        n => format!(" ({n} workers ended this way)"),
    };
    let text = format!(
        "worker {age} was killed from outside at {} ({}){replaced}{more}",
        clock(at),
        status.text(),
    );
    vec![Seen {
        kind: "worker_killed_from_outside",
        at,
        text,
    }]
}

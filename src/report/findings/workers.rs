//! gunicorn's `timeout`: whom the arbiter killed, and what the worker was doing.

use super::Seen;
use super::view::{View, clock};
use crate::record::{EventKind, RequestRecord, WorkerState};
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
    let stale = events.filter(|event| event.kind == EventKind::WorkerTimeout);
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

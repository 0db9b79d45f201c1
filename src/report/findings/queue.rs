//! What the accept queue does to requests: timeouts blamed on a healthy backend, work for nobody, connections refused or retried.

use std::collections::BTreeSet;

use super::Seen;
use super::view::View;
use crate::machine::socket_access::{Bar, Class};
use crate::record::{EndedBy, Event, RequestRecord, WorkerState};
use crate::time::{Span, Timestamp};

/// A connection to the backend that took longer than this has lost a SYN: the first retry comes after one second.
const SYN_RETRY: Span = Span::from_ms(900);

/// `proxy_read_timeout` fired on requests that no worker had taken up: the innocent are blamed.
pub(super) fn read_timeout_misfire(view: &View<'_>) -> Vec<Seen> {
    // Where no worker's view was recorded, nobody can say that a request had not been taken up.
    if (view.variant.requests.iter()).all(|row| row.worker_accepted_at.is_none()) {
        return Vec::new();
    }
    let victims: Vec<(&RequestRecord, Timestamp)> = (view.variant.requests.iter())
        .filter(|row| row.ended_by == EndedBy::ProxyReadTimeout)
        .filter_map(|row| Some((row, view.blamed(row)?.at.or(row.closed_at)?)))
        .filter(|(row, fired_at)| row.worker_accepted_at.is_none_or(|at| at > *fired_at))
        .collect();
    let Some((example, fired_at, timed)) = view.first_blamed(&victims) else {
        return Vec::new();
    };
    let culprits: Vec<_> = (view.at(fired_at))
        .filter(|row| row.state == WorkerState::Send)
        .filter_map(|row| Some((row.worker, view.request(row.request_id)?)))
        .filter(|(_, request)| request.request_id != example.request_id)
        .collect();
    let rows = victims.iter().map(|(row, _)| *row);
    let times: BTreeSet<Option<Span>> = rows
        .clone()
        .map(|row| view.handler_time(&row.path))
        .collect();
    let handler = times.first().filter(|_| times.len() == 1);
    let queued_at = example.upstream_connected_at.unwrap_or(example.started_at);
    let blamed = |row: &RequestRecord| row.ended_by == EndedBy::ProxyReadTimeout;
    let holders = || culprits.iter().map(|(_, request)| request);
    let spared = if culprits.is_empty() || holders().any(|row| blamed(row)) {
        "nobody"
    } else if holders().any(|row| victims.iter().any(|(victim, _)| victim.group == row.group)) {
        "senders"
    } else {
        "groups"
    };
    let place = match view.is_hoarded(example) {
        false => "queue",
        true => "worker",
    };
    let workers: BTreeSet<u32> = culprits.iter().map(|(worker, _)| *worker).collect();
    let seen = Seen::new("read_timeout_misfire", fired_at)
        .befell(rows)
        .with("status", example.status)
        .with("tier", timed.whose)
        .span("timeout_us", timed.config.proxy_read_timeout)
        .with("place", place)
        .span("handler_us", handler.copied().flatten())
        .with("example", example.request_id)
        .span("waited_us", fired_at.since(queued_at))
        .with("sending_workers", workers.into_iter().collect::<Vec<u32>>())
        .groups("sending_groups", holders().map(|row| row.group.as_str()))
        .with("spared", spared);
    vec![seen]
}

/// Requests that a worker ran after everybody had given them up.
pub(super) fn zombie_work(view: &View<'_>) -> Vec<Seen> {
    let zombies: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| row.is_zombie())
        .collect();
    let Some(first) = zombies
        .iter()
        .filter_map(|row| row.worker_accepted_at)
        .min()
    else {
        return Vec::new();
    };
    let held: f64 = (zombies.iter().filter_map(|row| row.hold()))
        .map(Span::as_secs_f64)
        .sum();
    let seen = Seen::new("zombie_work", first)
        .befell(zombies.iter().copied())
        .span("held_us", Span::from_secs_f64(held));
    vec![seen]
}

/// A full accept queue of a Unix socket refuses at once: instant 502.
pub(super) fn full_unix_queue(view: &View<'_>) -> Vec<Seen> {
    let refusals: Vec<_> = (view.variant.events.iter())
        .filter(|event| event.kind.is_queue_full())
        .collect();
    let Some(first) = refusals.first() else {
        return Vec::new();
    };
    let refused: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| row.status == Some(502) && row.upstream_connected_at.is_none())
        .collect();
    let slowest = refused
        .iter()
        .filter_map(|row| row.latency_from_send())
        .max();
    let seen = Seen::new("full_unix_queue", first.at)
        .with("backlog", view.numbers.accept_queue.limit)
        .with("refusals", refusals.len())
        .befell(refused.iter().copied())
        .span("slowest_us", slowest);
    vec![seen]
}

/// The mode of a socket, or of its folder, keeps the proxy out.
pub(super) fn socket_refused(view: &View<'_>) -> Vec<Seen> {
    let is_refusal = |event: &&Event| event.kind.connect_error() == Some(libc::EACCES);
    let refusals: Vec<_> = view.variant.events.iter().filter(is_refusal).collect();
    let Some(first) = refusals.first() else {
        return Vec::new();
    };
    let socket = view.variant.plan.backend.socket;
    // Which class it was is not recorded; whichever the plan keeps out.
    let classes = [socket.class_of_proxy(), Class::Owner];
    let bar = classes.into_iter().find_map(|class| socket.bars(class));
    let (of, mode) = match bar {
        Some(Bar::Folder) => ("folder", Some(socket.folder())),
        Some(Bar::Socket) => ("socket", socket.mode),
        None => ("unknown", None),
    };
    let refused: BTreeSet<Option<u64>> = refusals.iter().map(|event| event.request_id).collect();
    let rows = view.variant.requests.iter();
    let seen = Seen::new("socket_refused", first.at)
        .with("of", of)
        .with("mode", mode.map(|mode| mode.to_string()))
        .with("refusals", refusals.len())
        .befell(rows.filter(|row| refused.contains(&Some(row.request_id))));
    vec![seen]
}

/// A full accept queue on TCP drops SYNs silently: the kernel retries, or `proxy_connect_timeout` ends it.
pub(super) fn syn_retries(view: &View<'_>) -> Vec<Seen> {
    let connecting = |row: &RequestRecord| match view.inner_hop(row.request_id) {
        _ if view.variant.has_proxy() && view.sends_slowly(&row.group) => None,
        Some(inner) => Some((inner.accepted_at, inner.connected_at)),
        None if view.variant.plan.edge.is_some() => None,
        None if view.variant.has_proxy() => {
            Some((row.proxy_accepted_at?, row.upstream_connected_at))
        }
        None => Some((row.started_at, row.connected_at)),
    };
    let slow: Vec<(Timestamp, Span)> = (view.variant.requests.iter())
        .filter_map(|row| match connecting(row)? {
            (from, Some(to)) if to.since(from) >= SYN_RETRY => Some((from, to.since(from))),
            _ => None,
        })
        .collect();
    let given_up: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| row.ended_by == EndedBy::ProxyConnectTimeout)
        .filter(|row| view.blamed(row).is_some_and(|blamed| blamed.is_inner))
        .collect();
    let begins = slow.iter().map(|(from, _)| *from);
    let Some(first) = begins
        .chain(given_up.iter().map(|row| row.started_at))
        .min()
    else {
        return Vec::new();
    };
    let longest = slow.iter().map(|(_, span)| *span).max();
    let proxy = view.variant.plan.proxy.as_ref();
    let told = match (slow.is_empty(), given_up.is_empty()) {
        (false, false) => "both",
        (false, true) => "retries",
        (true, _) => "given-up",
    };
    let seen = Seen::new("syn_retries", first)
        .with("told", told)
        .with("connections", slow.len())
        .span("longest_us", longest)
        .befell(given_up.iter().copied())
        .span("timeout_us", proxy.map(|proxy| proxy.proxy_connect_timeout));
    vec![seen]
}

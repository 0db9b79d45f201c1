//! What the accept queue does to requests: timeouts blamed on a healthy backend, work for nobody, connections refused or retried.

use std::collections::BTreeSet;

use super::Seen;
use super::view::{View, many, names};
use crate::record::{EndedBy, RequestRecord, WorkerState};
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
    let times: BTreeSet<Option<Span>> = (victims.iter())
        .map(|(row, _)| view.handler_time(&row.path))
        .collect();
    let handler = match times.first() {
        Some(Some(time)) if times.len() == 1 => format!("; their handler takes {}", time.human()),
        _ => String::new(),
    };
    let queued_at = example.upstream_connected_at.unwrap_or(example.started_at);
    let behind = match culprits.is_empty() {
        true => String::new(),
        false => format!(
            ", behind {} in send to {}",
            worker_list(culprits.iter().map(|(worker, _)| *worker)),
            names(culprits.iter().map(|(_, request)| request.group.as_str()))
        ),
    };
    let blamed = |row: &RequestRecord| row.ended_by == EndedBy::ProxyReadTimeout;
    let holders = || culprits.iter().map(|(_, request)| request);
    let spared = if culprits.is_empty() || holders().any(|row| blamed(row)) {
        String::new()
    } else if holders().any(|row| victims.iter().any(|(victim, _)| victim.group == row.group)) {
        "; those in send never met that timer".to_owned()
    } else {
        format!(
            "; {}, who held the workers, never met that timer",
            names(holders().map(|request| request.group.as_str()))
        )
    };
    let (unseen, place) = match view.is_hoarded(example) {
        false => ("no worker had seen them", "in the accept queue"),
        true => (
            "no thread had taken them up",
            "inside a worker that had accepted it",
        ),
    };
    let text = format!(
        "{} of {} got {} after {} of {}proxy_read_timeout although {unseen}{handler}; request {} waited {} {place}{behind}{spared}",
        many(victims.len(), "request"),
        names(victims.iter().map(|(row, _)| row.group.as_str())),
        example
            .status
            .map_or("no answer".to_owned(), |status| status.to_string()),
        timed.config.proxy_read_timeout.human(),
        timed.whose,
        example.request_id,
        fired_at.since(queued_at).human(),
    );
    vec![Seen {
        kind: "read_timeout_misfire",
        at: fired_at,
        text,
    }]
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
    let text = format!(
        "workers ran {} of {} that nobody waited for any more: {} of worker time for nothing",
        many(zombies.len(), "request"),
        names(zombies.iter().map(|row| row.group.as_str())),
        Span::from_secs_f64(held).human(),
    );
    vec![Seen {
        kind: "zombie_work",
        at: first,
        text,
    }]
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
    let within = slowest.map_or(String::new(), |span| format!(", within {}", span.human()));
    let limit = match view.numbers.accept_queue.limit {
        Some(limit) => format!(" ({} places and one more)", limit),
        None => String::new(),
    };
    let text = format!(
        "the accept queue of the Unix socket was full{limit}: connect was refused {} and {} got 502 at once{within}",
        times(refusals.len()),
        many(refused.len(), "request"),
    );
    vec![Seen {
        kind: "full_unix_queue",
        at: first.at,
        text,
    }]
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
    let mut parts = Vec::new();
    if let Some(longest) = longest {
        parts.push(format!(
            "{} only got through on a retry, after up to {}",
            many(slow.len(), "connection"),
            longest.human()
        ));
    }
    if let (false, Some(proxy)) = (given_up.is_empty(), &view.variant.plan.proxy) {
        parts.push(format!(
            "{} got 504 after {} of proxy_connect_timeout",
            many(given_up.len(), "request"),
            proxy.proxy_connect_timeout.human()
        ));
    }
    let text = format!(
        "the kernel dropped SYNs to the backend without a word, because its accept queue was full: {}",
        parts.join("; ")
    );
    vec![Seen {
        kind: "syn_retries",
        at: first,
        text,
    }]
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}

/// `worker 3`, `workers 1, 2 and 4`.
fn worker_list(workers: impl Iterator<Item = u32>) -> String {
    let unique: BTreeSet<u32> = workers.collect();
    let numbers: Vec<String> = unique.iter().map(u32::to_string).collect();
    match numbers.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("workers {} and {last}", rest.join(", ")),
        _ => format!("worker {}", numbers.join("")),
    }
}

//! Workers that were held without anything to do for it: by a close that waits, by a body that comes slowly; and those that were not, because the kernel
//! took everything in.

use std::collections::BTreeSet;

use super::Seen;
use super::view::{View, WAIT};
use crate::record::{Hold, RequestRecord, WorkerInterval, WorkerState};
use crate::time::Span;

/// A shorter hold is an ordinary request's.
const HOLD: Span = Span::from_ms(250);
/// A close that takes less long is the other end's pace.
const LINGER: Span = Span::from_ms(500);
/// So much longer than its worker a client must take for the kernel to have hidden something.
const HIDDEN: Span = Span::from_secs(1);
/// Of a response, one part in so many may have been with the proxy, and it is still the kernel that holds it.
const PROXYS_PART: u64 = 4;

/// A worker had sent everything, and waited for the other end to close.
pub(super) fn linger_hold(view: &View<'_>) -> Vec<Seen> {
    let length = |row: &WorkerInterval| row.to.unwrap_or(view.end()).since(row.from);
    let lingering = view.variant.workers.iter();
    let lingering: Vec<&WorkerInterval> = lingering
        .filter(|row| row.state == WorkerState::Linger && length(row) >= LINGER)
        .filter(|row| row.slot.is_none() || is_most_of_its_hold(view, row, length(row)))
        .collect();
    let Some(first) = lingering.iter().map(|row| row.from).min() else {
        return Vec::new();
    };
    let longest = lingering.iter().map(|row| length(row)).max();
    let all = lingering.iter().map(|row| length(row));
    let all = all.fold(Span::ZERO, Span::saturating_add);
    let ids: BTreeSet<u64> = lingering.iter().filter_map(|row| row.request_id).collect();
    let whose = match lingering.iter().all(|row| row.slot.is_none()) {
        true => "main-thread",
        false => "worker",
    };
    let seen = Seen::new("linger_hold", first)
        .befell(
            ids.iter()
                .filter_map(|id| view.request(Some(*id)))
                .collect::<Vec<_>>()
                .into_iter(),
        )
        .with("whose", whose)
        .span("longest_us", longest)
        .span("all_us", all)
        .span("limit_us", view.variant.plan.backend.linger);
    vec![seen]
}

/// Whether a worker was held by its close rather than by what came before it.
fn is_most_of_its_hold(view: &View<'_>, row: &WorkerInterval, lingered: Span) -> bool {
    let hold = view.request(row.request_id).and_then(RequestRecord::hold);
    hold.is_none_or(|hold| 2 * lingered.as_ns() >= hold.as_ns())
}

/// A worker that waited for the body of a request.
pub(super) fn upload_hold(view: &View<'_>) -> Vec<Seen> {
    let held: Vec<(&RequestRecord, &Hold, Span)> = (view.variant.holds.iter())
        .filter_map(|hold| Some((view.request(hold.request_id)?, hold, waited(view, hold)?)))
        .filter(|(_, _, wait)| *wait >= HOLD)
        .collect();
    let Some(first) = held
        .iter()
        .filter_map(|(_, hold, _)| hold.head_read_at)
        .min()
    else {
        return Vec::new();
    };
    let longest = held.iter().map(|(_, _, wait)| *wait).max();
    let killed = held.iter().filter(|(_, hold, _)| was_murdered(view, hold));
    let streams = match (&view.variant.plan.proxy, view.variant.has_proxy()) {
        (Some(proxy), true) if !proxy.proxy_request_buffering => "proxy",
        (_, true) => "buffered",
        (_, false) => "none",
    };
    let seen = Seen::new("upload_hold", first)
        .befell(held.iter().map(|(row, ..)| *row))
        .with("streams", streams)
        .span("longest_us", longest)
        .with("killed", killed.count());
    vec![seen]
}

/// How long a worker waited between a request's head and the end of its body.
fn waited(view: &View<'_>, hold: &Hold) -> Option<Span> {
    let from = hold.head_read_at?;
    let mut groups = view.variant.plan.groups.iter();
    let uploads = groups.any(|group| Some(&group.name) == hold.group.as_ref() && group.body.0 > 0);
    let to = hold.body_read_at.or(hold.released_at).unwrap_or(view.end());
    uploads.then(|| to.since(from))
}

fn was_murdered(view: &View<'_>, hold: &Hold) -> bool {
    let began = hold.began_at;
    began.is_some_and(|from| view.timed_out_between(hold.worker, from, hold.released_at))
}

/// Responses that sockets took in whole: the worker is free, the client reads for seconds, and nothing but a few bytes more tells of the cliff.
pub(super) fn hidden_by_the_kernel(view: &View<'_>) -> Vec<Seen> {
    let hidden: Vec<(&RequestRecord, Span, Span)> = (view.variant.requests.iter())
        .filter_map(|row| {
            let hold = row.hold()?;
            let took = row.last_byte_at?.since(row.worker_accepted_at?);
            let is_late = took >= hold.saturating_add(HIDDEN) && hold <= WAIT;
            (is_late && is_in_the_kernel(row)).then_some((row, hold, took))
        })
        .collect();
    let Some(first) = hidden
        .iter()
        .filter_map(|(row, ..)| row.worker_released_at)
        .min()
    else {
        return Vec::new();
    };
    let seen = Seen::new("hidden_by_the_kernel", first)
        .befell(hidden.iter().map(|(row, ..)| *row))
        .with(
            "largest_bytes",
            hidden.iter().filter_map(|(row, ..)| row.sent_bytes).max(),
        )
        .span("hold_us", hidden.iter().map(|(_, hold, _)| *hold).max())
        .span("client_us", hidden.iter().map(|(.., took)| *took).max());
    vec![seen]
}

/// Whether no proxy held more than a small part of a response at any time.
fn is_in_the_kernel(row: &RequestRecord) -> bool {
    let Some(sent) = row.sent_bytes.filter(|sent| *sent > 0) else {
        return false;
    };
    let held = match row.proxy_accepted_at {
        None => Some(0),
        Some(_) => row.peak_buffered_bytes,
    };
    held.is_some_and(|held| held * PROXYS_PART <= sent)
}

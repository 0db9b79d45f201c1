//! The table. A new metric is a new entry; `docs/extending.md` shows one.

use super::Each;
use super::entry::{Allowed, Entry, Missing, Unit};
use super::reading::{
    absorbed, count, counted, error_rate, is_status, measured, point_of, with_status,
};
use crate::record::{Outcome, ProbeOutcome};

/// Every metric but those of proxies ([`super::PROXIES`]), in the order in which people read them.
pub static TABLE: &[Entry] = &[
    Entry::of_group(
        "requests",
        Each::One,
        Unit::Plain,
        "Requests made after the warm-up.",
        |group, _| count(group.requests),
    )
    .compared(&[("", Allowed::Any)]),
    Entry::of_group(
        "retries",
        Each::One,
        Unit::Plain,
        "Of these, retries: requests for what an earlier one had not brought. Without them it is what the clients wanted.",
        |group, _| count(group.retries),
    )
    .compared(&[("", Allowed::Any)]),
    Entry::of_group(
        "complete",
        Each::One,
        Unit::Plain,
        "Of all, complete ones, whatever their status.",
        |group, _| count(group.complete),
    ),
    Entry::of_group(
        "error_rate",
        Each::One,
        Unit::Share,
        "Share of requests that did not end as complete responses with a status below 400.",
        |group, _| error_rate(group),
    ),
    Entry::of_group(
        "zombies",
        Each::One,
        Unit::Plain,
        "Requests that a worker ran after nobody waited for them any more.",
        |group, _| count(group.zombies),
    ),
    Entry::of_group(
        "received_bytes",
        Each::One,
        Unit::Bytes,
        "Body bytes that the clients read.",
        |group, _| count(group.received_bytes),
    ),
    Entry::of_group(
        "latency.count",
        Each::One,
        Unit::Plain,
        "Requests with a latency.",
        |group, _| count(group.latency_us.count),
    ),
    Entry::of_group(
        "latency",
        Each::Point,
        Unit::Micros,
        "From the intended start to the end: what a user would have felt.",
        |group, point| point_of(&group.latency_us, point),
    )
    .compared(&[("p50", Allowed::Share(0.20)), ("p99", Allowed::Share(0.25))]),
    Entry::of_group(
        "latency_from_send.count",
        Each::One,
        Unit::Plain,
        "Requests with a latency from the actual start.",
        |group, _| count(group.latency_from_send_us.count),
    ),
    Entry::of_group(
        "latency_from_send",
        Each::Point,
        Unit::Micros,
        "From the actual start to the end: the naive number, blind to time spent waiting to start.",
        |group, point| point_of(&group.latency_from_send_us, point),
    ),
    Entry::of_group(
        "first_byte.count",
        Each::One,
        Unit::Plain,
        "Requests of whose response a byte was read.",
        |group, _| count(group.first_byte_us.count),
    ),
    Entry::of_group(
        "first_byte",
        Each::Point,
        Unit::Micros,
        "From the intended start to the first byte of the response.",
        |group, point| point_of(&group.first_byte_us, point),
    ),
    Entry::of_group(
        "reading.count",
        Each::One,
        Unit::Plain,
        "The same requests.",
        |group, _| count(group.reading_us.count),
    ),
    Entry::of_group(
        "reading",
        Each::Point,
        Unit::Micros,
        "From the first byte of the response to the last: nothing where it comes in one burst.",
        |group, point| point_of(&group.reading_us, point),
    ),
    Entry::of_group(
        "queue_wait.count",
        Each::One,
        Unit::Plain,
        "Requests that a worker took up from the accept queue.",
        |group, _| count(group.queue_wait_us.count),
    ),
    Entry::of_group(
        "queue_wait",
        Each::Point,
        Unit::Micros,
        "From the connection to the backend being there to a worker taking it up.",
        |group, point| point_of(&group.queue_wait_us, point),
    ),
    Entry::of_group(
        "hold.count",
        Each::One,
        Unit::Plain,
        "Requests that held a worker while somebody waited for them.",
        |group, _| count(group.hold_us.count),
    ),
    Entry::of_group(
        "hold",
        Each::Point,
        Unit::Micros,
        "How long a slot of a worker belonged to one request; those that nobody waited for any more (`zombies`) are left out.",
        |group, point| point_of(&group.hold_us, point),
    )
    .compared(&[("p50", Allowed::Share(0.05))]),
    Entry::of_group(
        "absorbed_bytes.count",
        Each::One,
        Unit::Plain,
        "Responses on their way that their clients gave up.",
        |group, _| count(group.absorbed_bytes.count),
    ),
    Entry::of_group(
        "absorbed_bytes",
        Each::Hop,
        Unit::Bytes,
        "Median of the body bytes of such a response that a worker had sent and its client had not read, in all and by hop.",
        absorbed,
    )
    .compared(&[("*", Allowed::Absorbed { unix: 0.05, tcp: 0.15 })]),
    Entry::of_group(
        "status",
        Each::Status,
        Unit::Plain,
        "Responses with this status, as the clients saw it.",
        |group, code| with_status(&group.status, code),
    )
    .compared(&[(
        "5xx",
        Allowed::PerBurst(|row, code| is_status(row.status, code)),
    )]),
    Entry::of_group(
        "proxy_status",
        Each::Status,
        Unit::Plain,
        "Requests that the proxy logged with this status.",
        |group, code| with_status(&group.proxy_status, code),
    )
    .compared(&[(
        "499",
        Allowed::PerBurst(|row, code| is_status(row.proxy_status, code)),
    )]),
    Entry::of_group(
        "outcomes",
        Each::Outcome,
        Unit::Plain,
        "Requests that ended so for their clients.",
        |group, name| {
            let outcome = Outcome::ALL.into_iter().find(|one| one.name() == name);
            let counted = outcome.and_then(|one| group.outcomes.get(&one));
            count(counted.copied().unwrap_or(0))
        },
    )
    .compared(&[(
        "truncated",
        Allowed::PerBurst(|row, name| row.outcome.name() == name),
    )]),
    Entry::of_stack(
        "workers.count",
        Each::One,
        Unit::Plain,
        "Workers that there should be.",
        |variant, _| count(variant.workers.count),
    ),
    Entry::of_stack(
        "workers.slots",
        Each::One,
        Unit::Plain,
        "Connections that all workers serve at once.",
        |variant, _| match variant.workers.slots {
            None => Err(Missing::Because("judged-no-limit")),
            slots => counted(slots),
        },
    ),
    Entry::of_stack(
        "workers.peak_rss_bytes",
        Each::One,
        Unit::Bytes,
        "Largest resident memory of one worker's process.",
        |variant, _| counted(variant.workers.peak_rss_bytes),
    ),
    Entry::of_stack(
        "workers.peak_buffered_bytes",
        Each::One,
        Unit::Bytes,
        "Most bytes that one worker's process held for its connections beyond what the kernel took.",
        |variant, _| counted(variant.workers.peak_buffered_bytes),
    ),
    Entry::of_stack(
        "workers.busy_ratio",
        Each::One,
        Unit::Share,
        "Share of the workers' slots' time spent holding a connection.",
        |variant, _| measured(variant.workers.busy_ratio),
    )
    .compared(&[("", Allowed::Any)]),
    Entry::of_stack(
        "workers.blocked_in_send",
        Each::One,
        Unit::Seconds,
        "Worker time spent inside `send`.",
        |variant, _| measured(variant.workers.blocked_in_send_s),
    )
    .compared(&[("", Allowed::Any)]),
    Entry::of_stack(
        "workers.blocked_ratio",
        Each::One,
        Unit::Share,
        "Share of the time held that passed inside `send`: what a proxy that buffers would give back.",
        |variant, _| {
            let workers = &variant.workers;
            let held_s: f64 = workers.held_s_by_group.values().sum();
            let blocked_s = workers.blocked_in_send_s.filter(|_| held_s > 0.0);
            measured(blocked_s.map(|blocked_s| (blocked_s / held_s).min(1.0)))
        },
    )
    .compared(&[("", Allowed::Any)]),
    Entry::of_stack(
        "workers.held",
        Each::Group,
        Unit::Seconds,
        "Worker time held by this group's requests.",
        |variant, group| {
            let held = variant.workers.held_s_by_group.get(group).copied();
            held.ok_or(Missing::Because("judged-unobserved"))
        },
    ),
    Entry::of_stack(
        "workers.spawned",
        Each::One,
        Unit::Plain,
        "Workers forked, the first ones included.",
        |variant, _| count(variant.workers.spawned),
    ),
    Entry::of_stack(
        "workers.killed_by_timeout",
        Each::One,
        Unit::Plain,
        "Workers that the arbiter killed for a stale heartbeat.",
        |variant, _| count(variant.workers.killed_by_timeout),
    )
    .compared(&[("", Allowed::PerBurst(|_, _| false))]),
    Entry::of_stack(
        "accept_queue.max",
        Each::One,
        Unit::Plain,
        "Deepest sample of the backend's accept queue.",
        |variant, _| counted(variant.accept_queue.max),
    )
    .compared(&[("", Allowed::Any)]),
    Entry::of_stack(
        "accept_queue.mean",
        Each::One,
        Unit::Plain,
        "Mean of its samples.",
        |variant, _| measured(variant.accept_queue.mean),
    ),
    Entry::of_stack(
        "accept_queue.limit",
        Each::One,
        Unit::Plain,
        "The backlog that the kernel granted; the queue holds one more.",
        |variant, _| counted(variant.accept_queue.limit),
    ),
    Entry::of_stack(
        "accept_queue.refused",
        Each::One,
        Unit::Plain,
        "Connections that found it full: turned away (Unix) or timed out connecting (TCP).",
        |variant, _| count(variant.accept_queue.refused),
    ),
    Entry::of_probe(
        "attempts",
        Each::One,
        Unit::Plain,
        "Attempts of this probe, those during the warm-up included.",
        |probe, _| count(probe.attempts),
    ),
    Entry::of_probe(
        "failures",
        Each::One,
        Unit::Plain,
        "Of these, those that failed.",
        |probe, _| count(probe.failures),
    )
    .compared(&[("", Allowed::Any)]),
    Entry::of_probe(
        "most_in_a_row",
        Each::One,
        Unit::Plain,
        "The most failures in a row.",
        |probe, _| count(probe.most_in_a_row),
    ),
    Entry::of_probe(
        "kills",
        Each::One,
        Unit::Plain,
        "How often the backend was told to end for this probe, to be started anew.",
        |probe, _| count(probe.kills),
    )
    .compared(&[("", Allowed::PerBurst(|_, _| false))]),
    Entry::of_probe(
        "outcomes",
        Each::ProbeOutcome,
        Unit::Plain,
        "Attempts that ended so.",
        |probe, name| {
            let mut all = ProbeOutcome::ALL.into_iter();
            let outcome = all.find(|one| one.name() == name);
            let counted = outcome.and_then(|one| probe.outcomes.get(&one));
            count(counted.copied().unwrap_or(0))
        },
    ),
    Entry::of_probe(
        "latency.count",
        Each::One,
        Unit::Plain,
        "Attempts with a latency.",
        |probe, _| count(probe.latency_us.count),
    ),
    Entry::of_probe(
        "latency",
        Each::Point,
        Unit::Micros,
        "From the question to its answer, or to the end of the probe's patience.",
        |probe, point| point_of(&probe.latency_us, point),
    ),
];

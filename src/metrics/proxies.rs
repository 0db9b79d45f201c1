//! The metrics of a tier of proxies: part of the table. `proxy.<name>`, and where there is an edge `edge.<name>`.

use super::Each;
use super::entry::{Allowed, Entry, Unit};
use super::reading::{count, counted, measured, with_status};

/// Every metric of a tier.
pub static PROXIES: &[Entry] = &[
    Entry::of_tier(
        "peak_buffered_bytes",
        Each::One,
        Unit::Bytes,
        "Most bytes that the proxy held in memory and temp files at once.",
        |proxy, _| counted(proxy.peak_buffered_bytes),
    ),
    Entry::of_tier(
        "spilled_bytes",
        Each::One,
        Unit::Bytes,
        "Bytes that the proxy wrote to temp files.",
        |proxy, _| counted(proxy.spilled_bytes),
    ),
    Entry::of_tier(
        "upstream_held.p50",
        Each::One,
        Unit::Seconds,
        "How long the proxy held a connection to what is behind it: the median.",
        |proxy, _| measured(proxy.upstream_held_s.p50),
    )
    .compared(&[("", Allowed::Any)]),
    Entry::of_tier(
        "upstream_held.max",
        Each::One,
        Unit::Seconds,
        "The longest such hold.",
        |proxy, _| measured(proxy.upstream_held_s.max),
    ),
    Entry::of_tier(
        "longest_silence",
        Each::One,
        Unit::Seconds,
        "The longest time between two reads of one response from what is behind the proxy.",
        |proxy, _| measured(proxy.longest_silence_s),
    ),
    Entry::of_tier(
        "timers_fired",
        Each::Directive,
        Unit::Plain,
        "Requests that this timer of nginx ended.",
        |proxy, directive| count(proxy.timers_fired.get(directive).copied().unwrap_or(0)),
    )
    .compared(&[("*", Allowed::Any)]),
    Entry::of_tier(
        "attempts",
        Each::Status,
        Unit::Plain,
        "Attempts at requests that ended with this status (rows of `hops.csv`): in the tier's access log, or for an earlier attempt 502 or 504.",
        |proxy, code| with_status(&proxy.attempts, code),
    ),
    Entry::of_tier(
        "connect_failed",
        Each::Errno,
        Unit::Plain,
        "Connects to what is behind the proxy that failed with this error: 2 no such file, 11 its queue is full, 13 permission denied, 111 nobody listens.",
        |proxy, errno| with_status(&proxy.connect_failed, errno),
    ),
];

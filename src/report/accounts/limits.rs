//! What held connections back, by the kernel's own clocks (TCP_INFO): the reader, its window, the send buffer, or that there was nothing to send.

use std::collections::BTreeMap;

use super::Books;
use crate::record::SocketSample;
use crate::report::findings::Seen;
use crate::time::Timestamp;

/// Ours: a sender that has bytes outstanding for a smaller part of its time waits for its application, not for the network.
const BUSY: f64 = 0.1;
/// Ours: a reader that leaves bytes unread in so many looks is what a closed window comes from.
const UNREAD: f64 = 0.5;

/// What limited a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Limit {
    /// Its receiver does not read: bytes lie in its queue, and the window is closed.
    Reader,
    /// The window: the receiver reads, and has offered no more.
    Window,
    /// The send buffer: more would have been on the way if it were larger.
    SendBuffer,
    /// There was nothing to send most of the time.
    App,
    /// None of these: the path, or acknowledgements that came late.
    Path,
}

/// The ends that send responses, and the ends that read what they send.
const LINKS: [(&str, &str); 5] = [
    ("edge_downstream", "client"),
    ("proxy_downstream", "client"),
    ("proxy_downstream", "edge_upstream"),
    ("worker", "proxy_upstream"),
    ("worker", "client"),
];

/// The looks at one end of a connection, in order.
type Looks<'a> = Vec<&'a SocketSample>;

/// One account per link and group: how many of its connections were limited by what.
pub(super) fn limits(books: &Books<'_>) -> Vec<Seen> {
    let mut ends: BTreeMap<(&str, u16), Looks<'_>> = BTreeMap::new();
    for row in &books.variant.sockets {
        ends.entry((&row.hop, row.port)).or_default().push(row);
    }
    let groups: BTreeMap<u16, &str> = (books.variant.requests.iter())
        .filter_map(|row| Some((row.client_port?, row.group.as_str())))
        .collect();
    let mut found: BTreeMap<(&str, Option<&str>), Vec<Limit>> = BTreeMap::new();
    for (sends, reads) in LINKS {
        for ((hop, port), sender) in ends.range((sends, 0)..=(sends, u16::MAX)) {
            let Some(reader) = ends.get(&(reads, *port)) else {
                continue;
            };
            let group = (reads == "client").then(|| groups.get(port).copied());
            let of = found.entry((*hop, group.flatten())).or_default();
            of.extend(limit(sender, reader));
        }
    }
    found
        .iter()
        .filter(|(_, limits)| !limits.is_empty())
        .map(|((hop, group), limits)| told(hop, *group, limits))
        .collect()
}

/// What limited a connection, from the looks at its sender and at its reader; `None` if there were too few.
pub(super) fn limit(sender: &[&SocketSample], reader: &[&SocketSample]) -> Option<Limit> {
    let (first, last) = (sender.first()?, sender.last()?);
    let looked_us = last.at.since(first.at).as_us();
    if looked_us == 0 {
        return None;
    }
    // The kernel counts from the beginning of the connection, which may have been looked at later.
    let during = |of: fn(&SocketSample) -> Option<u64>| {
        Some(of(last)?.saturating_sub(of(first).unwrap_or(0)) as f64)
    };
    let busy = during(|row| row.busy_time_us)?;
    let rwnd = during(|row| row.rwnd_limited_us).unwrap_or(0.0);
    let sndbuf = during(|row| row.sndbuf_limited_us).unwrap_or(0.0);
    let unread = reader.iter().filter(|row| row.recv_q_bytes > 0).count();
    let unread = unread as f64 / reader.len().max(1) as f64;
    Some(match () {
        () if busy < BUSY * looked_us as f64 => Limit::App,
        () if rwnd * 2.0 >= busy && unread >= UNREAD => Limit::Reader,
        () if rwnd * 2.0 >= busy => Limit::Window,
        () if sndbuf * 2.0 >= busy => Limit::SendBuffer,
        () => Limit::Path,
    })
}

fn told(hop: &str, group: Option<&str>, limits: &[Limit]) -> Seen {
    let count = |limit| limits.iter().filter(|one| **one == limit).count();
    Seen::new("limits", Timestamp::ZERO)
        .with("hop", hop)
        .with("group", group)
        .with("connections", limits.len())
        .with("by_reader", count(Limit::Reader))
        .with("by_window", count(Limit::Window))
        .with("by_send_buffer", count(Limit::SendBuffer))
        .with("by_app", count(Limit::App))
        .with("by_path", count(Limit::Path))
}

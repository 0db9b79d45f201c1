//! Which sockets to write down, whose end they are, and what their `tcp_info` says.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::offset_of;

use libc::tcp_info;

use super::sock_diag::TcpSocket;
use crate::record::SocketSample;
use crate::time::Timestamp;

/// Ours: rows per sample. With thousands of clients the rest would say the same many times over.
const MOST_SOCKETS: usize = 64;

/// The ports by which a socket's place in the chain is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ports<'a> {
    /// Where the proxies listen.
    pub(super) proxies: &'a [u16],
    /// Where the backend's instances listen, if on TCP.
    pub(super) backends: &'a [u16],
}

/// The connections that are being followed: their rows make a time series only if the choice does not jump about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Followed(BTreeSet<(Link, u16)>);

/// One of the two TCP connections of a proxied request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Link {
    Downstream,
    Upstream,
}

impl Ports<'_> {
    /// Both, as a list.
    pub(super) fn known(self) -> Vec<u16> {
        self.proxies.iter().chain(self.backends).copied().collect()
    }

    /// The connection that a socket belongs to, by the port of its connecting end, and the name of this end.
    fn place(self, socket: &TcpSocket) -> Option<(Link, u16, &'static str)> {
        let direct = self.proxies.is_empty();
        if self.proxies.contains(&socket.peer_port) {
            Some((Link::Downstream, socket.local_port, "client"))
        } else if self.proxies.contains(&socket.local_port) {
            Some((Link::Downstream, socket.peer_port, "proxy_downstream"))
        } else if self.backends.contains(&socket.peer_port) {
            let hop = if direct { "client" } else { "proxy_upstream" };
            Some((Link::Upstream, socket.local_port, hop))
        } else if self.backends.contains(&socket.local_port) {
            Some((Link::Upstream, socket.peer_port, "worker"))
        } else {
            None
        }
    }
}

/// The rows of one sample: connections followed before and still there, then the fullest ones, both ends of each.
pub(super) fn rows(
    sockets: &[TcpSocket],
    ports: Ports<'_>,
    followed: &mut Followed,
    at: Timestamp,
) -> Vec<SocketSample> {
    let mut connections: BTreeMap<(Link, u16), Vec<(&TcpSocket, &'static str)>> = BTreeMap::new();
    for socket in sockets {
        if let Some((link, port, hop)) = ports.place(socket) {
            connections
                .entry((link, port))
                .or_default()
                .push((socket, hop));
        }
    }
    let queued = |ends: &[(&TcpSocket, &str)]| -> u64 {
        ends.iter()
            .map(|(socket, _)| socket.recv_q_bytes + socket.send_q_bytes)
            .sum()
    };
    let mut order: Vec<_> = connections.iter().collect();
    order.sort_by_key(|(key, ends)| {
        (
            !followed.0.contains(key),
            std::cmp::Reverse(queued(ends)),
            **key,
        )
    });
    let mut rows = Vec::new();
    followed.0.clear();
    for (key, ends) in order {
        if rows.len() + ends.len() > MOST_SOCKETS {
            break;
        }
        followed.0.insert(*key);
        rows.extend(ends.iter().map(|(socket, hop)| row(socket, hop, key.1, at)));
    }
    rows
}

fn row(socket: &TcpSocket, hop: &str, port: u16, at: Timestamp) -> SocketSample {
    let info = &socket.info;
    SocketSample {
        at,
        hop: hop.to_owned(),
        port,
        recv_q_bytes: socket.recv_q_bytes,
        send_q_bytes: socket.send_q_bytes,
        snd_wnd_bytes: u32_at(info, offset_of!(tcp_info, tcpi_snd_wnd)),
        notsent_bytes: u32_at(info, offset_of!(tcp_info, tcpi_notsent_bytes)),
        rtt_us: u32_at(info, offset_of!(tcp_info, tcpi_rtt)),
        rwnd_limited_us: u64_at(info, offset_of!(tcp_info, tcpi_rwnd_limited)),
        sndbuf_limited_us: u64_at(info, offset_of!(tcp_info, tcpi_sndbuf_limited)),
        busy_time_us: u64_at(info, offset_of!(tcp_info, tcpi_busy_time)),
        probes: info
            .get(offset_of!(tcp_info, tcpi_probes))
            .map(|probes| u64::from(*probes)),
        total_retrans: u32_at(info, offset_of!(tcp_info, tcpi_total_retrans)),
    }
}

/// A field of `tcp_info`; `None` if this kernel's struct ends before it.
fn u32_at(info: &[u8], offset: usize) -> Option<u64> {
    let bytes = info.get(offset..offset + 4)?;
    Some(u64::from(u32::from_ne_bytes(bytes.try_into().ok()?)))
}

fn u64_at(info: &[u8], offset: usize) -> Option<u64> {
    let bytes = info.get(offset..offset + 8)?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: Ports<'_> = Ports {
        proxies: &[80, 81],
        backends: &[8000],
    };

    fn socket(local_port: u16, peer_port: u16, send_q_bytes: u64) -> TcpSocket {
        TcpSocket {
            local_port,
            peer_port,
            recv_q_bytes: 0,
            send_q_bytes,
            info: Vec::new(),
        }
    }

    #[test]
    fn hops_are_named_by_ports() {
        let direct = Ports {
            proxies: &[],
            backends: &[8000],
        };
        let cases = [
            (PORTS, (40_000, 80), Some((40_000, "client"))),
            (PORTS, (80, 40_000), Some((40_000, "proxy_downstream"))),
            (PORTS, (81, 40_000), Some((40_000, "proxy_downstream"))),
            (PORTS, (41_000, 8000), Some((41_000, "proxy_upstream"))),
            (PORTS, (8000, 41_000), Some((41_000, "worker"))),
            (PORTS, (22, 42_000), None),
            (direct, (40_000, 8000), Some((40_000, "client"))),
            (direct, (8000, 40_000), Some((40_000, "worker"))),
            (direct, (40_000, 80), None),
        ];
        for (ports, (local, peer), expected) in cases {
            let place = ports.place(&socket(local, peer, 0));
            assert_eq!(
                place.map(|(_, port, hop)| (port, hop)),
                expected,
                "{local} to {peer}"
            );
        }
    }

    #[test]
    fn the_fullest_are_chosen_and_then_followed() {
        let mut followed = Followed::default();
        let filled = |fuller: std::ops::Range<u16>| -> Vec<TcpSocket> {
            (1000..1100)
                .flat_map(|port| {
                    let queued = if fuller.contains(&port) { 9 } else { 1 };
                    [socket(port, 80, 0), socket(80, port, queued)]
                })
                .collect()
        };
        let chosen = |rows: Vec<SocketSample>| -> BTreeSet<u16> {
            rows.iter().map(|row| row.port).collect()
        };
        let first = rows(&filled(1050..1082), PORTS, &mut followed, Timestamp::ZERO);
        assert_eq!(first.len(), MOST_SOCKETS);
        let first = chosen(first);
        assert_eq!(first, (1050..1082).collect());
        let second = rows(&filled(1000..1010), PORTS, &mut followed, Timestamp::ZERO);
        assert_eq!(chosen(second), first);
        let mut gone = filled(1000..1010);
        gone.retain(|socket| socket.local_port != 1050 && socket.peer_port != 1050);
        let third = chosen(rows(&gone, PORTS, &mut followed, Timestamp::ZERO));
        assert!(third.contains(&1000) && !third.contains(&1050), "{third:?}");
    }

    #[test]
    fn a_short_tcp_info_leaves_late_fields_empty() {
        let mut old = socket(40_000, 80, 0);
        old.info = vec![1; offset_of!(tcp_info, tcpi_busy_time)];
        let row = row(&old, "client", 40_000, Timestamp::ZERO);
        assert_eq!(row.rtt_us, Some(0x0101_0101));
        assert_eq!((row.busy_time_us, row.snd_wnd_bytes), (None, None));
    }
}

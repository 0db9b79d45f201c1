//! Which sockets to write down, whose end they are, and what their `tcp_info` says.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::offset_of;

use libc::tcp_info;

use super::sock_diag::TcpSocket;
use crate::record::SocketSample;
use crate::tier::Tier;
use crate::time::Timestamp;

/// Ours: rows per sample. With thousands of clients the rest would say the same many times over.
const MOST_SOCKETS: usize = 64;

/// The ports by which a socket's place in the chain is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ports<'a> {
    /// Where the tiers of proxies listen, from the outside in.
    pub(super) tiers: &'a [(Tier, Vec<u16>)],
    /// Where the backend's instances listen, if on TCP.
    pub(super) backends: &'a [u16],
}

/// The connections that are being followed: their rows make a time series only if the choice does not jump about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Followed(BTreeSet<(Link, u16)>);

/// One of the TCP connections of a proxied request: the one to the tier with this index, or behind all of them to the backend.
pub(super) type Link = usize;

/// The two ends of a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum End {
    Connecting,
    Accepting,
}

impl Ports<'_> {
    /// All, as a list.
    pub(super) fn known(self) -> Vec<u16> {
        let proxies = self.tiers.iter().flat_map(|(_, ports)| ports);
        proxies.chain(self.backends).copied().collect()
    }

    /// The connection that a socket belongs to, and which end of it this is.
    pub(super) fn link(self, socket: &TcpSocket) -> Option<(Link, End)> {
        let ports = self.tiers.iter().map(|(_, ports)| &ports[..]);
        let mut links = ports.chain([self.backends]).enumerate();
        links.find_map(|(link, ports)| match socket {
            _ if ports.contains(&socket.peer.port()) => Some((link, End::Connecting)),
            _ if ports.contains(&socket.local.port()) => Some((link, End::Accepting)),
            _ => None,
        })
    }

    /// The tier at an end of a link; a link has no tier before it where clients connect, and none behind it where a worker accepts.
    pub(super) fn tier_at(self, link: Link, end: End) -> Option<Tier> {
        let tier = match end {
            End::Connecting => link.checked_sub(1)?,
            End::Accepting => link,
        };
        self.tiers.get(tier).map(|(tier, _)| *tier)
    }

    /// The connection that a socket belongs to, by the port of its connecting end, and the name of this end.
    fn place(self, socket: &TcpSocket) -> Option<(Link, u16, &'static str)> {
        let (link, end) = self.link(socket)?;
        let tier = self.tier_at(link, end);
        Some(match end {
            End::Connecting => (link, socket.local.port(), connecting(tier)),
            End::Accepting => (link, socket.peer.port(), accepting(tier)),
        })
    }
}

/// The end that a tier has of a connection to what is behind it; nobody's is a client's.
fn connecting(tier: Option<Tier>) -> &'static str {
    match tier {
        None => "client",
        Some(Tier::Edge) => "edge_upstream",
        Some(Tier::Proxy | Tier::Backend) => "proxy_upstream",
    }
}

/// The end that a tier has of a connection that it accepted; behind the tiers of proxies that is a worker's.
fn accepting(tier: Option<Tier>) -> &'static str {
    match tier {
        Some(Tier::Edge) => "edge_downstream",
        Some(Tier::Proxy | Tier::Backend) => "proxy_downstream",
        None => "worker",
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
        sndbuf_bytes: socket.sndbuf_bytes,
        rcvbuf_bytes: socket.rcvbuf_bytes,
    }
}

impl TcpSocket {
    /// Bytes of its peer that have arrived in order.
    pub(super) fn received_bytes(&self) -> Option<u64> {
        u64_at(&self.info, offset_of!(tcp_info, tcpi_bytes_received))
    }

    /// Bytes of its own of which it knows that they have arrived.
    pub(super) fn acked_bytes(&self) -> Option<u64> {
        u64_at(&self.info, offset_of!(tcp_info, tcpi_bytes_acked))
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

    fn one_tier() -> [(Tier, Vec<u16>); 1] {
        [(Tier::Proxy, vec![80, 81])]
    }

    fn ports(tiers: &[(Tier, Vec<u16>)]) -> Ports<'_> {
        Ports {
            tiers,
            backends: &[8000],
        }
    }

    fn socket(local: u16, peer: u16, send_q_bytes: u64) -> TcpSocket {
        let at = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        TcpSocket {
            local: at(local),
            peer: at(peer),
            recv_q_bytes: 0,
            send_q_bytes,
            sndbuf_bytes: None,
            rcvbuf_bytes: None,
            info: Vec::new(),
        }
    }

    #[test]
    fn hops_are_named_by_ports() {
        let one = one_tier();
        let two = [(Tier::Edge, vec![70]), (Tier::Proxy, vec![80, 81])];
        let (direct, before, edge) = (ports(&[]), ports(&one), ports(&two));
        let cases = [
            (before, (40_000, 80), Some((40_000, "client"))),
            (before, (80, 40_000), Some((40_000, "proxy_downstream"))),
            (before, (81, 40_000), Some((40_000, "proxy_downstream"))),
            (before, (41_000, 8000), Some((41_000, "proxy_upstream"))),
            (before, (8000, 41_000), Some((41_000, "worker"))),
            (before, (22, 42_000), None),
            (direct, (40_000, 8000), Some((40_000, "client"))),
            (direct, (8000, 40_000), Some((40_000, "worker"))),
            (direct, (40_000, 80), None),
            (edge, (40_000, 70), Some((40_000, "client"))),
            (edge, (70, 40_000), Some((40_000, "edge_downstream"))),
            (edge, (42_000, 81), Some((42_000, "edge_upstream"))),
            (edge, (81, 42_000), Some((42_000, "proxy_downstream"))),
            (edge, (41_000, 8000), Some((41_000, "proxy_upstream"))),
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
        let one = one_tier();
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
        let first = rows(
            &filled(1050..1082),
            ports(&one),
            &mut followed,
            Timestamp::ZERO,
        );
        assert_eq!(first.len(), MOST_SOCKETS);
        let first = chosen(first);
        assert_eq!(first, (1050..1082).collect());
        let second = rows(
            &filled(1000..1010),
            ports(&one),
            &mut followed,
            Timestamp::ZERO,
        );
        assert_eq!(chosen(second), first);
        let mut gone = filled(1000..1010);
        gone.retain(|socket| socket.local.port() != 1050 && socket.peer.port() != 1050);
        let third = chosen(rows(&gone, ports(&one), &mut followed, Timestamp::ZERO));
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

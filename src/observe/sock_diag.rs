//! The kernel's socket tables by netlink (`NETLINK_SOCK_DIAG`, what `ss` uses).
//!
//! A dump costs about 2 microseconds per socket (measured); the request cannot name ports, so states are all that narrows it.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::Path;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{
    AF_INET, AF_INET6, IPPROTO_TCP, TCP_CLOSE_WAIT, TCP_CLOSING, TCP_FIN_WAIT1, TCP_LAST_ACK,
};
use netlink_packet_sock_diag::inet::nlas::Nla as InetNla;
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, SocketId, StateFlags};
use netlink_packet_sock_diag::unix::nlas::{Nla as UnixNla, UnixDiagName};
use netlink_packet_sock_diag::unix::{
    ShowFlags, StateFlags as UnixStateFlags, UnixRequest, UnixResponse,
};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use netlink_sys::{Socket, SocketAddr};

/// The kernel fills at most 32 KiB per message batch; twice that never truncates one.
const RECEIVE_BYTES: usize = 64 * 1024;
/// Messages are padded to this.
const NETLINK_ALIGN: usize = 4;

/// A netlink socket to ask with.
pub(super) struct SockDiag {
    socket: Socket,
    buffer: Vec<u8>,
    /// Number of the latest dump: what is left of an earlier one that failed half-way is not taken for an answer.
    sequence: u32,
}

/// A listening socket's queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AcceptQueue {
    /// Connections that wait to be accepted.
    pub(super) depth: u64,
    /// The backlog that was granted; the queue holds one more.
    pub(super) limit: u64,
}

/// A connected TCP socket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TcpSocket {
    pub(super) local: std::net::SocketAddr,
    pub(super) peer: std::net::SocketAddr,
    pub(super) recv_q_bytes: u64,
    pub(super) send_q_bytes: u64,
    /// Effective buffer sizes.
    pub(super) sndbuf_bytes: Option<u64>,
    pub(super) rcvbuf_bytes: Option<u64>,
    /// `struct tcp_info`, as long as this kernel makes it.
    pub(super) info: Vec<u8>,
}

/// Unix sockets with a peer, by inode.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct UnixSockets {
    /// Those of the accepting side, each with the end that connected.
    pub(super) accepted: Vec<(u64, u64)>,
    /// Payload that arrived and was not read; the only queue of a direction.
    pub(super) unread: BTreeMap<u64, u64>,
}

impl SockDiag {
    /// Opens the socket.
    pub(super) fn open() -> io::Result<SockDiag> {
        let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        Ok(SockDiag {
            socket,
            buffer: vec![0; RECEIVE_BYTES],
            sequence: 0,
        })
    }

    /// The accept queue of the TCP listener at an address; `None` if nobody listens there.
    pub(super) fn tcp_accept_queue(
        &mut self,
        address: std::net::SocketAddr,
    ) -> io::Result<Option<AcceptQueue>> {
        let mut found = None;
        let request = inet_request(address.ip(), StateFlags::LISTEN, ExtensionFlags::empty());
        self.dump(request, |message| {
            if let SockDiagMessage::InetResponse(response) = message {
                let header = &response.header;
                let here = header.socket_id.source_port == address.port()
                    && (header.socket_id.source_address == address.ip()
                        || header.socket_id.source_address.is_unspecified());
                if here {
                    found = Some(AcceptQueue {
                        depth: u64::from(header.recv_queue),
                        limit: u64::from(header.send_queue),
                    });
                }
            }
        })?;
        Ok(found)
    }

    /// The accept queue of the Unix listener bound to a path; `None` if nobody listens there.
    pub(super) fn unix_accept_queue(&mut self, path: &Path) -> io::Result<Option<AcceptQueue>> {
        let mut found = None;
        let request = SockDiagMessage::UnixRequest(UnixRequest {
            state_flags: UnixStateFlags::LISTEN,
            inode: 0,
            show_flags: ShowFlags::NAME | ShowFlags::RQLEN,
            cookie: [0xff; 8],
        });
        self.dump(request, |message| {
            if let SockDiagMessage::UnixResponse(response) = message
                && is_bound_to(&response, path)
            {
                found = response.nlas.iter().find_map(|nla| match nla {
                    UnixNla::ReceiveQueueLength(depth, limit) => Some(AcceptQueue {
                        depth: u64::from(*depth),
                        limit: u64::from(*limit),
                    }),
                    _ => None,
                });
            }
        })?;
        Ok(found)
    }

    /// The connected IPv4 TCP sockets with one of these ports at either end.
    pub(super) fn tcp_sockets(&mut self, ports: &[u16]) -> io::Result<Vec<TcpSocket>> {
        let states = StateFlags::ESTABLISHED
            | StateFlags::FIN_WAIT1
            | StateFlags::CLOSE_WAIT
            | StateFlags::LAST_ACK
            | StateFlags::CLOSING;
        let mut sockets = Vec::new();
        let any = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        let wanted = ExtensionFlags::INFO | ExtensionFlags::SKMEMINFO;
        let request = inet_request(any, states, wanted);
        self.dump(request, |message| {
            if let SockDiagMessage::InetResponse(response) = message {
                let id = &response.header.socket_id;
                if !ports.contains(&id.source_port) && !ports.contains(&id.destination_port) {
                    return;
                }
                let state = response.header.state;
                let info = response.nlas.iter().find_map(|nla| match nla {
                    InetNla::TcpInfo(info) => Some(info.clone()),
                    _ => None,
                });
                let memory = response.nlas.iter().find_map(|nla| match nla {
                    InetNla::MemInfo(memory) => Some(memory),
                    _ => None,
                });
                sockets.push(TcpSocket {
                    local: (id.source_address, id.source_port).into(),
                    peer: (id.destination_address, id.destination_port).into(),
                    recv_q_bytes: without_end(response.header.recv_queue, state, PEER_HAS_ENDED),
                    send_q_bytes: without_end(response.header.send_queue, state, HAS_ENDED),
                    sndbuf_bytes: memory.map(|memory| u64::from(memory.send_queue_max)),
                    rcvbuf_bytes: memory.map(|memory| u64::from(memory.receive_queue_max)),
                    info: info.unwrap_or_default(),
                });
            }
        })?;
        Ok(sockets)
    }

    /// The Unix sockets with a peer that bear the name of one of these paths (those of the accepting side do), and the unread bytes of all
    /// sockets with a peer, by inode.
    pub(super) fn unix_sockets(&mut self, paths: &[&Path]) -> io::Result<UnixSockets> {
        let mut found = UnixSockets::default();
        let request = SockDiagMessage::UnixRequest(UnixRequest {
            state_flags: UnixStateFlags::ESTABLISHED,
            inode: 0,
            show_flags: ShowFlags::NAME | ShowFlags::RQLEN | ShowFlags::PEER,
            cookie: [0xff; 8],
        });
        self.dump(request, |message| {
            let SockDiagMessage::UnixResponse(response) = message else {
                return;
            };
            let inode = u64::from(response.header.inode);
            let unread = response.receive_queue_size().unwrap_or(0);
            found.unread.insert(inode, u64::from(unread));
            let ours = paths.iter().any(|path| is_bound_to(&response, path));
            if let Some(peer) = response.peer().filter(|_| ours) {
                found.accepted.push((inode, u64::from(peer)));
            }
        })?;
        Ok(found)
    }

    fn dump(
        &mut self,
        request: SockDiagMessage,
        mut each: impl FnMut(SockDiagMessage),
    ) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | NLM_F_DUMP;
        header.sequence_number = self.sequence;
        let mut packet = NetlinkMessage::new(header, request.into());
        packet.finalize();
        let mut bytes = vec![0; packet.buffer_len()];
        packet.serialize(&mut bytes);
        self.socket.send(&bytes, 0)?;
        loop {
            let size = self.socket.recv(&mut &mut self.buffer[..], 0)?;
            let mut rest = &self.buffer[..size];
            while !rest.is_empty() {
                let message = NetlinkMessage::<SockDiagMessage>::deserialize(rest)
                    .map_err(io::Error::other)?;
                let taken = (message.header.length as usize).next_multiple_of(NETLINK_ALIGN);
                rest = rest.get(taken.max(NETLINK_ALIGN)..).unwrap_or_default();
                if message.header.sequence_number != self.sequence {
                    continue;
                }
                match message.payload {
                    NetlinkPayload::InnerMessage(message) => each(message),
                    NetlinkPayload::Done(_) => return Ok(()),
                    NetlinkPayload::Error(error) => return Err(error.to_io()),
                    NetlinkPayload::Overrun(_) => {
                        return Err(io::Error::other("the netlink receive buffer overran"));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Kernel: the states in which a FIN of our own, or of the peer, may be in a queue.
const HAS_ENDED: [u8; 3] = [TCP_FIN_WAIT1, TCP_LAST_ACK, TCP_CLOSING];
const PEER_HAS_ENDED: [u8; 3] = [TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_CLOSING];

/// A queue's length as the kernel tells it counts a FIN as a byte (`tcp_diag_get_info`).
fn without_end(queue: u32, state: u8, ended: [u8; 3]) -> u64 {
    u64::from(queue.saturating_sub(u32::from(ended.contains(&state))))
}

fn inet_request(ip: IpAddr, states: StateFlags, extensions: ExtensionFlags) -> SockDiagMessage {
    let (family, socket_id) = match ip {
        IpAddr::V4(_) => (AF_INET, SocketId::new_v4()),
        IpAddr::V6(_) => (AF_INET6, SocketId::new_v6()),
    };
    SockDiagMessage::InetRequest(InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions,
        states,
        socket_id,
    })
}

fn is_bound_to(response: &UnixResponse, path: &Path) -> bool {
    response.nlas.iter().any(
        |nla| matches!(nla, UnixNla::Name(UnixDiagName::Pathname(name)) if Path::new(name) == path),
    )
}

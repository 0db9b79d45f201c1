//! The byte ledger on real sockets: what the kernel's queues hold by its own tables, what proxies, workers and clients say of themselves.
//!
//! A look is not one instant: the tables are read one after another, and bytes that move meanwhile may be seen twice or not at all. Whose a
//! connection behind a real nginx is nobody knows: its bytes have no group.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::ObservedTier;
use super::sock_diag::{SockDiag, TcpSocket};
use super::sockets::{End, Link, Ports};
use crate::machine::stages::counting_interval;
use crate::net::Address;
use crate::record::{
    ByteLedger, BytePlace, ByteSample, Direction, Endpoint, EventKind, Gauges, Holder, Kept,
};
use crate::time::{Span, Timestamp};

/// Whoever counts.
#[derive(Debug)]
pub(super) struct Counter {
    ledger: ByteLedger,
    groups: Vec<Arc<str>>,
    due_at: Timestamp,
    looks: u64,
    widest: Span,
}

/// What is looked at.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) gauges: &'a Gauges,
    pub(super) tiers: &'a [ObservedTier],
    pub(super) backends: &'a [Address],
    pub(super) ports: Ports<'a>,
    pub(super) sockets: &'a [TcpSocket],
}

/// Whose connections there are, by the end that connected.
type Owners = BTreeMap<Endpoint, u32>;

impl Counter {
    pub(super) fn new(groups: &[String]) -> Counter {
        Counter {
            ledger: ByteLedger::default(),
            groups: groups.iter().map(|group| group.as_str().into()).collect(),
            due_at: Timestamp::ZERO,
            looks: 0,
            widest: Span::ZERO,
        }
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.due_at <= now
    }

    /// Counts what there is.
    pub(super) fn count(&mut self, scene: Scene<'_>, diag: &mut SockDiag) {
        let mut owners = scene.gauges.visitors.now();
        self.proxies(scene, &mut owners);
        self.tcp_links(scene, &owners);
        self.shared_line(scene);
        self.unix_links(scene, &owners, diag);
        let response = Direction::Response;
        let workers = (None, response, Holder::Backend, BytePlace::Memory);
        let buffered = scene.gauges.worker_buffered_bytes.get();
        self.ledger.add(workers, buffered);
        for (group, bytes) in (0..).zip(scene.gauges.visitors.all_delivered()) {
            let key = (Some(group), response, Holder::Client, BytePlace::Delivered);
            self.ledger.add(key, bytes);
        }
    }

    /// The rows of a look that began at `at` and took so long, of so many connections of clients.
    pub(super) fn close(
        &mut self,
        at: Timestamp,
        (connections, took): (u64, Span),
    ) -> Vec<ByteSample> {
        let interval = counting_interval(connections, took);
        (self.due_at, self.looks) = (at + interval, self.looks + 1);
        self.widest = self.widest.max(interval);
        self.ledger.close(at, &self.groups)
    }

    /// What looking on has cost.
    pub(super) fn cost(&self, cpu: Span, elapsed: Span) -> EventKind {
        EventKind::Observed {
            cpu_us: Some(cpu.as_us()),
            elapsed_us: elapsed.as_us(),
            looks: self.looks,
            widest_us: self.widest.as_us(),
        }
    }

    /// What proxies hold, tier by tier from the outside in; what they connect to is then known by whose request it is.
    fn proxies(&mut self, scene: Scene<'_>, owners: &mut Owners) {
        for tier in scene.tiers {
            let gauges = tier.proxies.iter().filter_map(|one| one.gauges.as_ref());
            for (peer, passage) in gauges.flat_map(|gauges| gauges.passages.now()) {
                let group = owners.get(&Endpoint::Tcp(peer)).copied();
                if let (Some(group), Some(end)) = (group, passage.upstream()) {
                    owners.insert(end, group);
                }
                let mut kept = |way, kept: &Kept| {
                    let held = (kept.memory.get(), kept.file.get());
                    self.ledger.add_held((group, way, tier.tier.into()), held);
                };
                kept(Direction::Response, &passage.response);
                kept(Direction::Request, &passage.request);
            }
        }
    }

    fn tcp_links(&mut self, scene: Scene<'_>, owners: &Owners) {
        let mut links: BTreeMap<Ends, [Option<&TcpSocket>; 2]> = BTreeMap::new();
        for socket in scene.sockets {
            let Some((link, end)) = scene.ports.link(socket) else {
                continue;
            };
            let connecting = match end {
                End::Connecting => socket.local,
                End::Accepting => socket.peer,
            };
            let ends = links.entry((link, Endpoint::Tcp(connecting))).or_default();
            ends[end as usize] = Some(socket);
        }
        for ((link, connecting), [near, far]) in links {
            let group = owners.get(&connecting).copied();
            let (before, behind) = holders(scene.ports, link);
            self.queues((group, Direction::Request), (before, behind), (near, far));
            self.queues((group, Direction::Response), (behind, before), (far, near));
        }
    }

    /// What stands before the line that clients share is with its sender too, until somebody has acknowledged it: it is counted here and not there.
    fn shared_line(&mut self, scene: Scene<'_>) {
        let (client, behind) = holders(scene.ports, 0);
        for (way, group, bytes) in scene.gauges.line.now() {
            let from = match way {
                Direction::Request => client,
                Direction::Response => behind,
            };
            let key = |holder, place| (Some(group), way, holder, place);
            let kept = key(from, BytePlace::SendQueue);
            (self.ledger).part(kept, key(client, BytePlace::Line), bytes);
        }
    }

    /// One direction of a TCP connection: what its sender still has, and what its receiver has not read.
    fn queues(
        &mut self,
        (group, way): (Option<u32>, Direction),
        (from, to): (Holder, Holder),
        (sender, receiver): (Option<&TcpSocket>, Option<&TcpSocket>),
    ) {
        let arrived = receiver.and_then(TcpSocket::received_bytes);
        let known = sender.and_then(TcpSocket::acked_bytes);
        // What has arrived without the sender knowing is in its queue still, and would be counted twice.
        let overlap = arrived
            .zip(known)
            .map_or(0, |(arrived, known)| arrived.saturating_sub(known));
        let unsent = sender.map_or(0, |sender| sender.send_q_bytes.saturating_sub(overlap));
        let unread = receiver.map_or(0, |receiver| receiver.recv_q_bytes);
        self.ledger
            .add((group, way, from, BytePlace::SendQueue), unsent);
        self.ledger
            .add((group, way, to, BytePlace::ReceiveQueue), unread);
    }

    fn unix_links(&mut self, scene: Scene<'_>, owners: &Owners, diag: &mut SockDiag) {
        let path = |address| match address {
            &Address::Tcp(_) => None,
            Address::Unix(path) => Some(path.as_path()),
        };
        let paths: Vec<&Path> = scene.backends.iter().filter_map(path).collect();
        if paths.is_empty() {
            return;
        }
        // A dump that was disturbed is one picture without these links; the next look comes soon.
        let sockets = diag.unix_sockets(&paths).unwrap_or_default();
        let (before, behind) = holders(scene.ports, scene.tiers.len());
        for (accepted, connecting) in &sockets.accepted {
            let group = owners.get(&Endpoint::Unix(*connecting)).copied();
            let unread = |inode: &u64| sockets.unread.get(inode).copied().unwrap_or(0);
            let mut queue = |way, to, inode| {
                let key = (group, way, to, BytePlace::ReceiveQueue);
                self.ledger.add(key, unread(inode));
            };
            queue(Direction::Request, behind, accepted);
            queue(Direction::Response, before, connecting);
        }
    }
}

/// A TCP connection: the link that it is one of, and the end that connected.
type Ends = (Link, Endpoint);

/// Who is before a link, and who behind it.
fn holders(ports: Ports<'_>, link: Link) -> (Holder, Holder) {
    let before = ports.tier_at(link, End::Connecting);
    let behind = ports.tier_at(link, End::Accepting);
    (
        before.map_or(Holder::Client, Holder::from),
        behind.map_or(Holder::Backend, Holder::from),
    )
}

//! The tables: connections, listeners, books.

use super::connections::Connections;
use super::flow::Flow;
use super::listen::{Listener, ListenerId};
use super::ports::Ports;
use super::shape::Shapes;
use super::{Ledger, SocketId, Wake};
use crate::machine::sockbuf::KernelBuffers;
use crate::machine::socket_access::Bar;
use crate::net::BufferSizes;
use crate::time::Timestamp;

/// `net.core.somaxconn`: cap of a backlog.
const SOMAXCONN: u32 = 4096;

/// All sockets of a world.
#[derive(Debug, Default)]
pub struct Kernel {
    /// The instant of the call, for those that lines carry further.
    pub(super) now: Timestamp,
    pub(super) buffers: KernelBuffers,
    pub(super) listeners: Vec<Listener>,
    pub(super) shapes: Shapes,
    pub(super) connections: Connections,
    pub(super) free: Vec<u32>,
    /// Per listener and direction (0: towards the listener's side).
    pub(super) books: Vec<[Ledger; 2]>,
    pub(super) wakes: Vec<Wake>,
}

/// A connection, in two cache lines. What end 0 reads (a response, again and again, where a reader is slow) is in the second with all
/// that a read asks for, so that it touches no other.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Connection {
    pub(super) opened_at: Timestamp,
    pub(super) generation: u32,
    pub(super) port: u16,
    pub(super) state: State,
    /// `flows[0]` carries what end 0 writes.
    pub(super) flows: [Flow; 2],
    pub(super) ends: [End; 2],
    pub(super) listener: ListenerId,
    /// Which of the listener's source addresses the port belongs to.
    pub(super) source: u8,
}

const _: () = assert!(size_of::<Connection>() == 128);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Free,
    /// So many SYNs have been sent again.
    Connecting(u8),
    Failed,
    /// The client is connected, and so many packets that would have let it into the accept queue were dropped.
    Half(u8),
    Established,
}

impl State {
    /// Whether its ends may have sent something.
    fn carries(self) -> bool {
        matches!(self, State::Half(_) | State::Established)
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct End {
    pub(super) closed: bool,
    /// Its owner closed or shut down: after the queued bytes the peer reads an end.
    pub(super) fin: bool,
    /// It closed before its peer did, by a FIN.
    pub(super) closed_first: bool,
    /// A reset arrived and has not been told yet.
    pub(super) reset: bool,
    /// A reset arrived, told or not: sending fails.
    pub(super) broken: bool,
    /// For what its owner is to be woken.
    pub(super) watched: Watched,
    /// To be woken when there is room (SOCK_NOSPACE).
    pub(super) short: bool,
}

/// What wakes a socket's owner, once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) enum Watched {
    /// There is nobody to wake: its machine is gone, and says nothing any more.
    Gone,
    #[default]
    Nothing,
    /// The peer's end (EPOLLRDHUP).
    End,
    /// Bytes, and the peer's end.
    Everything,
}

/// What one direction of a connection holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queued {
    /// Bytes that have not reached the receive queue.
    pub unsent: u64,
    /// Bytes in the receive queue.
    pub unread: u64,
    /// Whether nobody will read them.
    pub reader_is_gone: bool,
}

impl Kernel {
    /// A kernel that sizes socket buffers under these limits.
    pub fn new(buffers: KernelBuffers) -> Kernel {
        Kernel {
            buffers,
            ..Kernel::default()
        }
    }

    /// So many connections are to come, which then need not move as their table grows.
    pub fn expect(&mut self, connections: usize) {
        self.connections.reserve(connections);
    }

    /// A listening socket. `one_source` limits those who connect to the ports of one address.
    pub fn listen(
        &mut self,
        unix: bool,
        backlog: u32,
        buffers: BufferSizes,
        one_source: bool,
    ) -> ListenerId {
        self.listeners.push(Listener {
            unix,
            backlog: backlog.min(SOMAXCONN),
            buffers,
            closed: false,
            unlinked: false,
            barred: None,
            queue: std::collections::VecDeque::new(),
            overflows: 0,
            ports: vec![if one_source {
                Ports::limited()
            } else {
                Ports::unlimited()
            }],
        });
        self.books.push([Ledger::default(); 2]);
        ListenerId(u8::try_from(self.listeners.len() - 1).expect("a handful of listeners"))
    }

    /// Who connects to a Unix listener may not, from now on.
    pub fn bar(&mut self, id: ListenerId, by: Option<Bar>) {
        let listener = &mut self.listeners[id.0 as usize];
        listener.barred = by.filter(|_| listener.unix);
    }

    /// `listen` on a listener: its backlog changes, what waits in its queue stays.
    pub fn listen_again(&mut self, id: ListenerId, backlog: u32) {
        self.listeners[id.0 as usize].backlog = backlog.min(SOMAXCONN);
    }

    /// A new socket on the address of a listener that was closed.
    pub fn listen_anew(&mut self, id: ListenerId) {
        let listener = &mut self.listeners[id.0 as usize];
        assert!(listener.queue.is_empty(), "whoever waited was reset");
        (listener.closed, listener.unlinked) = (false, false);
    }

    /// Gives those who connect to a listener so many source addresses instead of one, each with ports of its own.
    pub fn set_sources(&mut self, id: ListenerId, sources: u32) {
        let ports = (0..sources.max(1)).map(|_| Ports::limited());
        self.listeners[id.0 as usize].ports = ports.collect();
    }

    /// A listener, to look at.
    pub fn listener(&self, id: ListenerId) -> &Listener {
        &self.listeners[id.0 as usize]
    }

    /// Time has come to be `now`.
    pub fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// Fetches from memory what a read on this socket needs.
    pub fn touch(&self, socket: SocketId) {
        std::hint::black_box(self.connections[socket.connection()].ends[0].short);
    }

    /// Whether there are wake-ups since the last [`Kernel::take_wakes`].
    #[inline]
    pub fn has_wakes(&self) -> bool {
        !self.wakes.is_empty()
    }

    /// The wake-ups since the last call, in exchange for an empty list.
    pub fn take_wakes(&mut self, into: &mut Vec<Wake>) {
        debug_assert!(into.is_empty(), "the last ones were passed on");
        std::mem::swap(into, &mut self.wakes);
    }

    /// The local port of a connecting socket; `None` on Unix.
    pub fn port(&self, socket: SocketId) -> Option<u16> {
        Some(self.connections[socket.connection()].port).filter(|port| *port > 0)
    }

    /// Which life of its slot a connection is in, to tell an event of an earlier one.
    #[inline]
    pub fn generation(&self, socket: SocketId) -> u32 {
        self.connections[socket.connection()].generation
    }

    /// Effective SO_RCVBUF of a TCP socket that asks for so much.
    pub fn granted_rcvbuf(&self, requested: Option<u64>) -> u64 {
        self.buffers.tcp_rcvbuf(requested)
    }

    /// Bytes on their way to `socket`: unread and unsent.
    pub fn incoming(&self, socket: SocketId) -> u64 {
        self.connections[socket.connection()].flows[socket.peer().end()].held()
    }

    /// The queues of the connection at one of the [`Kernel::places`], if one stands there: the end that connected, its listener, and by direction (0: towards
    /// the listener's side) what its sender still has and what its reader has not read.
    pub fn queues_at(&self, place: usize) -> Option<(SocketId, ListenerId, [Queued; 2])> {
        let connection = &self.connections[place];
        let queued = |direction: usize| Queued {
            unsent: connection.flows[direction].unsent(),
            unread: connection.flows[direction].unread(),
            reader_is_gone: connection.ends[direction ^ 1].closed,
        };
        let stands = connection.state.carries();
        stands.then(|| {
            let socket = SocketId(place as u32 * 2);
            (socket, connection.listener, [queued(0), queued(1)])
        })
    }

    /// Tells the places whose connections may have changed since the last call, in order; at the first call all of them.
    pub fn take_changed(&mut self, tell: impl FnMut(usize)) {
        self.connections.take_changed(tell);
    }

    /// Connections that there ever were at once: what it costs to look at all of them.
    pub fn places(&self) -> u64 {
        self.connections.len() as u64
    }

    /// SIOCINQ: bytes that could be read now.
    pub fn unread(&self, socket: SocketId) -> u64 {
        self.connections[socket.connection()].flows[socket.peer().end()].unread()
    }

    /// The books of a listener: `[towards it, from it]`.
    pub fn ledger(&self, listener: ListenerId) -> [Ledger; 2] {
        self.books[listener.0 as usize]
    }

    /// Counts the bytes of every connection and compares them with the books.
    ///
    /// # Panics
    /// If a byte was made or lost: a bug of the model.
    pub fn audit(&self) {
        for (id, books) in self.books.iter().enumerate() {
            for (direction, book) in books.iter().enumerate() {
                let held: u64 = self
                    .connections
                    .iter()
                    .filter(|connection| connection.state.carries())
                    .filter(|connection| connection.listener.0 as usize == id)
                    .map(|connection| connection.flows[direction].held())
                    .sum();
                assert_eq!(held, book.held, "listener {id}, direction {direction}");
                assert_eq!(book.written, book.read + book.held + book.lost);
            }
        }
    }

    pub(super) fn allocate(
        &mut self,
        now: Timestamp,
        listener: ListenerId,
        flows: [Flow; 2],
    ) -> u32 {
        let fresh = Connection {
            listener,
            state: State::Connecting(0),
            generation: 0,
            port: 0,
            source: 0,
            opened_at: now,
            flows,
            ends: [End::default(); 2],
        };
        match self.free.pop() {
            Some(index) => {
                let slot = &mut self.connections[index as usize];
                let generation = slot.generation.wrapping_add(1);
                *slot = Connection {
                    generation,
                    ..fresh
                };
                index
            }
            None => {
                self.connections.push(fresh);
                u32::try_from(self.connections.len() - 1).expect("fewer than 2^31 connections")
            }
        }
    }

    pub(super) fn release(&mut self, now: Timestamp, socket: SocketId) {
        let index = socket.connection();
        let connection = &mut self.connections[index];
        let established = connection.state.carries();
        connection.state = State::Free;
        let (id, port) = (connection.listener.0 as usize, connection.port);
        let source = usize::from(connection.source);
        let closed_first = connection.ends[0].closed_first;
        if established {
            for direction in 0..2 {
                let lost = connection.flows[direction].held();
                self.books[id][direction].held -= lost;
                self.books[id][direction].lost += lost;
            }
        }
        if port > 0 {
            self.listeners[id].ports[source].give_back(now, port, closed_first);
        }
        self.free.push(index as u32);
    }

    pub(super) fn is_unix(&self, socket: SocketId) -> bool {
        let listener = self.connections[socket.connection()].listener;
        self.listeners[listener.0 as usize].unix
    }

    /// Something arrived at `socket`.
    pub(super) fn notify(&mut self, socket: SocketId, is_end: bool) {
        let end = &mut self.connections[socket.connection()].ends[socket.end()];
        let needed = if is_end {
            Watched::End
        } else {
            Watched::Everything
        };
        if end.watched >= needed {
            end.watched = Watched::Nothing;
            self.wakes.push(Wake::Readable(socket));
        }
    }

    /// The books of what `socket` writes.
    pub(super) fn books_of(&mut self, socket: SocketId) -> &mut Ledger {
        let listener = self.connections[socket.connection()].listener;
        &mut self.books[listener.0 as usize][socket.end()]
    }

    /// The ledger's invariant, at every step.
    #[inline]
    pub(super) fn check(&self, socket: SocketId) {
        let listener = self.connections[socket.connection()].listener;
        for book in &self.books[listener.0 as usize] {
            assert_eq!(
                book.written,
                book.read + book.held + book.lost,
                "bytes are conserved"
            );
        }
    }
}

//! Connections over a line: the handshake, and what the line's timers bring.

use super::far::{self, FarFlow};
use super::flow::Flow;
use super::half::{syn_again_at, was_last};
use super::listen::ListenerId;
use super::table::{Kernel, State};
use super::{Connect, Errno, Options, SocketId, Wake};
use crate::machine::link::Link;
use crate::seed::Stream;
use crate::time::{Span, Timestamp};
use crate::units::Bytes;

/// Kernel: a handshake whose last packet found the accept queue full is tried again by a SYN-ACK after a second.
const SYNACK_AGAIN: Span = Span::from_ms(1024);

/// What lies between a client and a listener.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its figures.
    pub link: Link,
    /// What loses segments, `[towards the listener, from it]`; not needed without loss.
    pub chances: [Option<Stream>; 2],
}

impl Kernel {
    /// As [`Kernel::connect`], over a line if there is one. A Unix listener has none.
    ///
    /// # Errors
    /// As `connect`.
    pub fn connect_over(
        &mut self,
        now: Timestamp,
        to: ListenerId,
        options: Options,
        line: Option<Line>,
    ) -> Result<Connect, Errno> {
        let Some(line) = line.filter(|_| !self.listeners[to.0 as usize].unix) else {
            return self.connect(now, to, options);
        };
        let listener = &mut self.listeners[to.0 as usize];
        if listener.closed {
            return Err(Errno::Refused);
        }
        let ports = &mut listener.ports[usize::from(options.source)];
        let port = ports.take(now).ok_or(Errno::NoPorts)?;
        let (near, far) = (options.buffers, listener.buffers);
        let one_way = line.link.one_way();
        let bytes = |size: Option<Bytes>| size.map(|bytes| bytes.0);
        let [up, down] = line.chances;
        let flow = |narrow, sndbuf, rcvbuf, chance| {
            let options = far::Options {
                sndbuf: bytes(sndbuf),
                rcvbuf: bytes(rcvbuf),
                mss: options.mss,
            };
            let flow = FarFlow::new(&self.buffers, line.link, narrow, options, chance);
            Flow::Far(Box::new(flow))
        };
        let flows = [
            flow(false, near.sndbuf, far.rcvbuf, up),
            flow(true, far.sndbuf, near.rcvbuf, down),
        ];
        let index = self.allocate(now, to, flows);
        let socket = SocketId(index * 2);
        let connection = &mut self.connections[index as usize];
        (connection.port, connection.source) = (port, options.source);
        self.syn_timer(socket, now + one_way);
        Ok(Connect::InProgress(socket))
    }

    /// A SYN of a far client arrives; without an answer it is sent again.
    pub(super) fn far_syn_arrives(&mut self, socket: SocketId, retries: u8) {
        let connection = &mut self.connections[socket.connection()];
        let opened_at = connection.opened_at;
        if retries > 0 && was_last(retries - 1) {
            connection.state = State::Failed;
            return self.wakes.push(Wake::ConnectFailed(socket));
        }
        let listener = &mut self.listeners[connection.listener.0 as usize];
        let Flow::Far(up) = &mut connection.flows[0] else {
            panic!("only far clients come here");
        };
        let one_way = up.link().one_way();
        let lost = up.loses();
        if !lost && !listener.is_full() && !listener.closed {
            up.shake_hands(self.now + one_way);
            return self.carry(socket);
        }
        if !lost {
            listener.overflows += 1;
        }
        connection.state = State::Connecting(retries + 1);
        let again_at = syn_again_at(opened_at, retries);
        let at = match was_last(retries) {
            false => again_at + one_way,
            true => again_at.max(self.now),
        };
        self.syn_timer(socket, at);
    }

    pub(super) fn line_timer(&mut self, socket: SocketId, at: Timestamp) {
        let generation = self.generation(socket);
        self.wakes.push(Wake::LineTimer {
            at,
            socket,
            generation,
        });
    }

    pub(super) fn syn_timer(&mut self, socket: SocketId, at: Timestamp) {
        let generation = self.generation(socket);
        self.wakes.push(Wake::SynTimer {
            at,
            socket,
            generation,
        });
    }

    /// A line's timer, or that of an acknowledgement.
    pub fn on_line_timer(&mut self, socket: SocketId, generation: u32) {
        let connection = &self.connections[socket.connection()];
        if connection.generation == generation && connection.state != State::Free {
            match connection.flows[socket.end()].is_far() {
                true => self.carry(socket),
                false => self.acknowledge_late(socket),
            }
        }
    }

    pub(super) fn is_far(&self, socket: SocketId) -> bool {
        self.connections[socket.connection()].flows[0].is_far()
    }

    /// A reset for the other end.
    pub(super) fn send_reset(&mut self, socket: SocketId) {
        let now = self.now;
        let own = socket.end();
        if let Flow::Far(flow) = &mut self.connections[socket.connection()].flows[own] {
            flow.send_reset(now);
        }
        self.carry(socket);
    }

    /// Lets the line carry what `socket` has written, and tells those whom it concerns.
    pub(super) fn carry(&mut self, socket: SocketId) {
        let now = self.now;
        let (own, peer) = (socket.end(), socket.peer().end());
        let connection = &mut self.connections[socket.connection()];
        let Flow::Far(flow) = &mut connection.flows[own] else {
            return;
        };
        let news = flow.advance(now, connection.ends[own].fin);
        let to_nobody = connection.ends[peer].closed;
        if let Some(at) = news.timer {
            self.line_timer(socket, at);
        }
        self.let_write(socket);
        if news.connected {
            self.connections[socket.connection()].state = State::Established;
            self.wakes.push(Wake::Connected(socket));
        }
        if news.joins {
            self.join(socket);
        }
        if news.arrived && to_nobody {
            self.send_reset(socket.peer());
        } else if news.arrived {
            self.notify(socket.peer(), false);
        }
        if news.fin {
            self.notify(socket.peer(), true);
        }
        if news.reset && !to_nobody {
            self.reset_peer(socket);
        }
    }

    /// The handshake's last packet arrives.
    fn join(&mut self, socket: SocketId) {
        let id = self.connections[socket.connection()].listener;
        let listener = &mut self.listeners[id.0 as usize];
        if listener.closed {
            return self.abort(self.now, socket.peer());
        }
        if listener.is_full() {
            listener.overflows += 1;
            let at = self.now + SYNACK_AGAIN;
            if let Flow::Far(up) = &mut self.connections[socket.connection()].flows[0] {
                up.join_later(at);
            }
            return self.carry(socket);
        }
        listener.queue.push_back(socket.peer());
        self.wakes.push(Wake::Acceptable(id));
    }
}

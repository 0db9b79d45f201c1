//! An end that is gone without a word: it acknowledges nothing any more, and whoever still talks to it is told so in the end.
//!
//! What the peer writes stays in its send buffer and is sent again and again (`tcp_retransmit_timer`); with a window of zero the probes for
//! it take as long. After `tcp_retries2` the socket fails with ETIMEDOUT. A peer that has nothing on its way never learns of it: neither
//! nginx nor gunicorn sets SO_KEEPALIVE.

use super::SocketId;
use super::flow::Flow;
use super::table::{Kernel, Watched};
use crate::time::Span;

/// Kernel: `tcp_retries2` of 15 from a timeout of 200 ms on, doubled up to 120 s each (`ip-sysctl`: "924.6 seconds").
const GIVES_UP: Span = Span::from_ms(924_600);

impl Kernel {
    /// The owner of a TCP socket is gone, with its machine.
    pub fn vanish(&mut self, socket: SocketId) {
        let (own, peer) = (socket.end(), socket.peer());
        let connection = &mut self.connections[socket.connection()];
        if connection.ends[peer.end()].closed {
            return self.close(self.now, socket);
        }
        connection.ends[own].watched = Watched::Gone;
        match &mut connection.flows[peer.end()] {
            Flow::Tcp(flow) => flow.freeze(),
            Flow::Skbs(flow) => flow.freeze(),
            Flow::Unix(_) | Flow::Far(_) => {}
        }
        self.send_in_vain(peer);
    }

    /// After `sender` has written: if its peer has vanished, the clock runs from the first byte that nobody acknowledges.
    pub(super) fn send_in_vain(&mut self, sender: SocketId) {
        let at = self.now + GIVES_UP;
        let connection = &mut self.connections[sender.connection()];
        let set = match &mut connection.flows[sender.end()] {
            Flow::Tcp(flow) => flow.give_up_at(at),
            Flow::Skbs(flow) => flow.give_up_at(at),
            Flow::Unix(_) | Flow::Far(_) => false,
        };
        if set {
            self.line_timer(sender, at);
        }
    }

    /// A timer of a sender whose peer has vanished; whether it was one.
    pub(super) fn gives_up(&mut self, sender: SocketId) -> bool {
        let connection = &mut self.connections[sender.connection()];
        if connection.ends[sender.peer().end()].watched != Watched::Gone {
            return false;
        }
        let given_up = match &connection.flows[sender.end()] {
            Flow::Tcp(flow) => flow.has_given_up(self.now),
            Flow::Skbs(flow) => flow.has_given_up(self.now),
            Flow::Unix(_) | Flow::Far(_) => return false,
        };
        if given_up {
            self.reset_peer(sender.peer());
        }
        true
    }

    /// Before a socket is closed: nobody is there any more to be told.
    pub(super) fn bury(&mut self, peer: SocketId) {
        let end = &mut self.connections[peer.connection()].ends[peer.end()];
        end.closed |= end.watched == Watched::Gone;
    }
}

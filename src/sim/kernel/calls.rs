//! `send`, `recv`, `shutdown`, `close`, and who they wake.

use super::table::{Kernel, State, Watched};
use super::{Errno, Recv, SocketId, Wake};
use crate::time::Timestamp;

impl Kernel {
    /// Non-blocking `send` of `n` bytes. Less than `n` (also none) means that the rest has to wait for [`Wake::Writable`].
    ///
    /// # Errors
    /// `Pipe` if the peer is gone.
    pub fn send(&mut self, socket: SocketId, n: u64) -> Result<u64, Errno> {
        let (own, peer) = (socket.end(), socket.peer().end());
        let unix = self.is_unix(socket);
        let connection = &mut self.connections[socket.connection()];
        let end = &mut connection.ends[own];
        assert!(
            !end.closed && !end.fin,
            "a send on a socket that was closed"
        );
        if end.broken {
            end.reset = false;
            return Err(Errno::Pipe);
        }
        if connection.ends[peer].closed && !connection.flows[own].is_far() {
            // TCP learns it from the answer to this very segment; Unix knows.
            connection.ends[own].broken = true;
            if unix {
                return Err(Errno::Pipe);
            }
            connection.ends[own].reset = true;
            let books = self.books_of(socket);
            books.written += n;
            books.lost += n;
            self.notify(socket, true);
            return Ok(n);
        }
        let before = connection.flows[own].unread();
        let taken = connection.flows[own].write(self.now, n);
        connection.ends[own].short = taken < n;
        let arrived = connection.flows[own].unread() > before;
        let is_gone = connection.ends[peer].watched == Watched::Gone;
        let goes_on_by_itself = connection.flows[own].goes_on_by_itself();
        let books = &mut self.books[connection.listener.0 as usize][own];
        books.written += taken;
        books.held += taken;
        books.most_held = books.most_held.max(books.held);
        if arrived {
            self.notify(socket.peer(), false);
        }
        if is_gone {
            self.send_in_vain(socket);
        }
        if goes_on_by_itself {
            self.carry(socket);
        }
        if taken < n {
            self.let_write(socket);
        }
        if goes_on_by_itself {
            self.set_alarm(socket);
        }
        self.check(socket);
        Ok(taken)
    }

    /// Non-blocking `recv`.
    ///
    /// # Errors
    /// `Reset`, or `TimedOut` if the kernel gave up sending; once, after everything that had arrived before it.
    pub fn recv(&mut self, socket: SocketId, max: u64) -> Result<Recv, Errno> {
        let (own, peer) = (socket.end(), socket.peer().end());
        let connection = &mut self.connections[socket.connection()];
        assert!(
            max > 0 && !connection.ends[own].closed,
            "a receive of nothing or nowhere"
        );
        let taken = connection.flows[peer].read(self.now, max);
        if taken > 0 {
            let is_short = connection.ends[peer].short;
            let goes_on_by_itself = connection.flows[peer].goes_on_by_itself();
            let books = &mut self.books[connection.listener.0 as usize][peer];
            books.read += taken;
            books.held -= taken;
            if is_short {
                self.let_write(socket.peer());
            }
            if goes_on_by_itself {
                self.carry(socket.peer());
                self.set_alarm(socket.peer());
            }
            self.check(socket);
            return Ok(Recv::Bytes(taken));
        }
        let end = &mut connection.ends[own];
        if std::mem::take(&mut end.reset) {
            // Who is gone resets nothing: the kernel has given up sending.
            return Err(match connection.ends[peer].watched {
                Watched::Gone => Errno::TimedOut,
                _ => Errno::Reset,
            });
        }
        if connection.ends[own].broken || self.fin_arrived(socket) {
            return Ok(Recv::Eof);
        }
        self.connections[socket.connection()].ends[own].watched = Watched::Everything;
        Ok(Recv::WouldBlock)
    }

    /// Wakes the owner when something arrives: at once if it is there already.
    pub fn watch(&mut self, socket: SocketId) {
        let end = &mut self.connections[socket.connection()].ends[socket.end()];
        end.watched = Watched::Everything;
        if self.is_readable(socket) {
            self.notify(socket, true);
        }
    }

    /// As [`Kernel::watch`], but what is there already wakes nobody: an edge-triggered epoll.
    pub fn watch_edge(&mut self, socket: SocketId) {
        self.connections[socket.connection()].ends[socket.end()].watched = Watched::Everything;
    }

    /// Wakes the owner only when the peer closes, shuts down or resets: at once if it has.
    pub fn watch_end(&mut self, socket: SocketId) {
        let end = &mut self.connections[socket.connection()].ends[socket.end()];
        end.watched = Watched::End;
        if self.peer_is_gone(socket) {
            self.notify(socket, true);
        }
    }

    /// No wake-ups for arrivals any more.
    pub fn unwatch(&mut self, socket: SocketId) {
        self.connections[socket.connection()].ends[socket.end()].watched = Watched::Nothing;
    }

    /// Whether `recv` would not block.
    pub fn is_readable(&self, socket: SocketId) -> bool {
        let connection = &self.connections[socket.connection()];
        connection.flows[socket.peer().end()].unread() > 0
            || connection.ends[socket.end()].broken
            || self.fin_arrived(socket)
    }

    /// EPOLLRDHUP: the peer has closed or shut down its side, or reset the connection, whatever is still to be read.
    pub fn peer_is_gone(&self, socket: SocketId) -> bool {
        let connection = &self.connections[socket.connection()];
        let peer = socket.peer().end();
        connection.ends[socket.end()].broken
            || connection.flows[peer].end_arrived(connection.ends[peer].fin)
    }

    /// `shutdown(SHUT_WR)`.
    pub fn shutdown_write(&mut self, socket: SocketId) {
        let end = &mut self.connections[socket.connection()].ends[socket.end()];
        if end.fin || end.broken {
            return;
        }
        end.fin = true;
        let peer_fin = self.connections[socket.connection()].ends[socket.peer().end()].fin;
        self.connections[socket.connection()].ends[socket.end()].closed_first = !peer_fin;
        if self.is_far(socket) {
            return self.carry(socket);
        }
        if self.fin_arrived(socket.peer()) || self.peer_is_gone(socket.peer()) {
            self.notify(socket.peer(), true);
        }
    }

    /// `close`: bytes queued for the peer still arrive, unless bytes from it lie unread here, which makes it a reset.
    pub fn close(&mut self, now: Timestamp, socket: SocketId) {
        let (own, peer) = (socket.end(), socket.peer().end());
        match self.connections[socket.connection()].state {
            State::Connecting(_) | State::Failed => return self.release(now, socket),
            State::Free => panic!("a socket was closed twice"),
            State::Half(_) | State::Established => {}
        }
        let connection = &self.connections[socket.connection()];
        assert!(!connection.ends[own].closed, "a socket was closed twice");
        self.bury(socket.peer());
        let connection = &self.connections[socket.connection()];
        let far = connection.flows[peer].is_far();
        let unread = match far {
            // What a line still carries is answered by a reset when it arrives.
            true => connection.flows[peer].unread(),
            false => connection.flows[peer].held(),
        };
        if unread > 0 && !connection.ends[peer].closed {
            return self.abort(now, socket);
        }
        self.shutdown_write(socket);
        let connection = &mut self.connections[socket.connection()];
        connection.ends[own].closed = true;
        let peer_waits = connection.ends[peer].short;
        if connection.ends[peer].closed {
            self.release(now, socket);
        } else if peer_waits && !far {
            self.reset_peer(socket);
        }
    }

    /// `close` with SO_LINGER 0: a reset.
    pub fn abort(&mut self, now: Timestamp, socket: SocketId) {
        self.bury(socket.peer());
        let own = socket.end();
        let lost = self.connections[socket.connection()].flows[own].purge_unsent();
        let books = self.books_of(socket);
        books.held -= lost;
        books.lost += lost;
        let connection = &mut self.connections[socket.connection()];
        connection.ends[own].closed = true;
        connection.ends[own].fin = true;
        connection.ends[own].closed_first = false;
        if connection.ends[socket.peer().end()].closed {
            return self.release(now, socket);
        }
        if self.is_far(socket) {
            return self.send_reset(socket);
        }
        self.reset_peer(socket);
    }

    /// The connection breaks in the middle: both of its ends are told of a reset. Nothing of one that does not stand, or that is far away.
    pub fn sever(&mut self, socket: SocketId) {
        let connection = &self.connections[socket.connection()];
        let stands =
            connection.state == State::Established && !connection.ends.iter().any(|end| end.closed);
        if stands && !self.is_far(socket) {
            self.reset_peer(socket);
            self.reset_peer(socket.peer());
        }
    }

    /// All bytes of the peer have been read and its side is shut.
    pub(super) fn fin_arrived(&self, socket: SocketId) -> bool {
        let connection = &self.connections[socket.connection()];
        let peer = socket.peer().end();
        connection.flows[peer].unread() == 0
            && connection.flows[peer].end_arrived(connection.ends[peer].fin)
    }

    pub(super) fn reset_peer(&mut self, socket: SocketId) {
        let peer = socket.peer().end();
        let lost = self.connections[socket.connection()].flows[peer].purge_unsent();
        let books = self.books_of(socket.peer());
        books.held -= lost;
        books.lost += lost;
        let end = &mut self.connections[socket.connection()].ends[peer];
        end.reset = true;
        end.broken = true;
        if std::mem::take(&mut end.short) {
            self.wakes.push(Wake::Writable(socket.peer()));
        }
        self.notify(socket.peer(), true);
    }
}

//! `connect`, `accept`, and the SYNs in between.

use super::flow::Flow;
use super::half::{syn_again_at, was_last};
use super::listen::{Listener, ListenerId};
use super::shape::Shapes;
use super::skbs::SkbFlow;
use super::table::{Kernel, State};
use super::tcp::TcpFlow;
use super::unix::UnixFlow;
use super::{Connect, Errno, SocketId, Wake};
use crate::machine::sockbuf::KernelBuffers;
use crate::machine::socket_access::Bar;
use crate::net::BufferSizes;
use crate::time::Timestamp;

/// Options of a connecting socket, set before `connect`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// SO_SNDBUF and SO_RCVBUF.
    pub buffers: BufferSizes,
    /// TCP_MAXSEG.
    pub mss: Option<u32>,
    /// Which of the source addresses that the listener's clients have.
    pub source: u8,
}

impl Kernel {
    /// Non-blocking `connect`.
    ///
    /// # Errors
    /// `Access` where its mode or its folder's keeps everybody out, `NoEntry` where a Unix path is gone, `Again` on a full Unix listener, `NoPorts` when one source address has none left, `Refused` when nobody listens.
    pub fn connect(
        &mut self,
        now: Timestamp,
        to: ListenerId,
        options: Options,
    ) -> Result<Connect, Errno> {
        let listener = &mut self.listeners[to.0 as usize];
        if listener.barred == Some(Bar::Folder) {
            return Err(Errno::Access);
        }
        if listener.unlinked {
            return Err(Errno::NoEntry);
        }
        if listener.barred == Some(Bar::Socket) {
            return Err(Errno::Access);
        }
        if listener.closed {
            return Err(Errno::Refused);
        }
        if listener.unix && listener.is_full() {
            listener.overflows += 1;
            return Err(Errno::Again);
        }
        let port = if listener.unix {
            0
        } else {
            let ports = &mut listener.ports[usize::from(options.source)];
            ports.take(now).ok_or(Errno::NoPorts)?
        };
        let flows = flows(&self.buffers, &mut self.shapes, listener, options);
        let full = listener.is_full();
        let index = self.allocate(now, to, flows);
        let socket = SocketId(index * 2);
        self.connections[index as usize].port = port;
        self.connections[index as usize].source = options.source;
        if full {
            self.drop_syn(socket);
            return Ok(Connect::InProgress(socket));
        }
        self.establish(socket);
        Ok(Connect::Connected(socket))
    }

    /// The retry timer of a connecting socket, or of one whose handshake is half done.
    pub fn on_syn_timer(&mut self, socket: SocketId, generation: u32) {
        let connection = &mut self.connections[socket.connection()];
        if connection.generation != generation {
            return;
        }
        let retries = match connection.state {
            State::Connecting(retries) => retries,
            State::Half(before) => return self.last_packet(socket, before),
            State::Free | State::Failed | State::Established => return,
        };
        if connection.flows[0].is_far() {
            return self.far_syn_arrives(socket, retries);
        }
        if was_last(retries) {
            connection.state = State::Failed;
            return self.wakes.push(Wake::ConnectFailed(socket));
        }
        let listener = &self.listeners[connection.listener.0 as usize];
        connection.state = State::Connecting(retries + 1);
        if listener.is_full() || listener.closed {
            self.drop_syn(socket);
        } else {
            self.answer(socket);
        }
    }

    /// `unlink` on the path of a Unix socket: who waits in its queue still does. Nothing for TCP.
    pub fn unlink(&mut self, id: ListenerId) {
        let listener = &mut self.listeners[id.0 as usize];
        listener.unlinked |= listener.unix;
    }

    /// `close` on a listener: whoever waits in its queue is reset. (Dropped SYNs are simply never answered.)
    pub fn close_listener(&mut self, now: Timestamp, id: ListenerId) {
        self.listeners[id.0 as usize].closed = true;
        while let Some(socket) = self.accept(id) {
            self.abort(now, socket);
        }
    }

    /// Non-blocking `accept`.
    pub fn accept(&mut self, from: ListenerId) -> Option<SocketId> {
        self.listeners[from.0 as usize].queue.pop_front()
    }

    fn establish(&mut self, socket: SocketId) {
        let connection = &mut self.connections[socket.connection()];
        connection.state = State::Established;
        let id = connection.listener;
        self.listeners[id.0 as usize].queue.push_back(socket.peer());
        self.wakes.push(Wake::Acceptable(id));
    }

    fn drop_syn(&mut self, socket: SocketId) {
        let connection = &self.connections[socket.connection()];
        let State::Connecting(retries) = connection.state else {
            panic!("only a connecting socket sends SYNs");
        };
        let at = syn_again_at(connection.opened_at, retries);
        self.listeners[connection.listener.0 as usize].overflows += 1;
        self.syn_timer(socket, at);
    }
}

fn flows(
    kernel: &KernelBuffers,
    shapes: &mut Shapes,
    listener: &Listener,
    options: Options,
) -> [Flow; 2] {
    let bytes = |size: Option<crate::units::Bytes>| size.map(|bytes| bytes.0);
    let (near, far) = (options.buffers, listener.buffers);
    if listener.unix {
        return [near, far].map(|buffers| {
            let sndbuf = kernel.unix_sndbuf(bytes(buffers.sndbuf));
            Flow::Unix(Box::new(UnixFlow::new(sndbuf)))
        });
    }
    [(near.sndbuf, far.rcvbuf), (far.sndbuf, near.rcvbuf)].map(|(sndbuf, rcvbuf)| {
        let (sndbuf, rcvbuf) = (bytes(sndbuf), bytes(rcvbuf));
        if options.mss.is_none() && SkbFlow::is_for(kernel, rcvbuf) {
            return Flow::Skbs(Box::new(SkbFlow::new(kernel, sndbuf, rcvbuf)));
        }
        let shape = shapes.of(kernel, (sndbuf, rcvbuf, options.mss));
        Flow::Tcp(TcpFlow::new(shape))
    })
}

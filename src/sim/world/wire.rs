//! What the bytes of a chunked response are, in order: they do not exist here, but whoever reads so many of them must know how many of these
//! are body, and whether that was the end.

use std::collections::VecDeque;

use super::ctx::Ctx;
use super::heads::Response;
use crate::machine::http::{self, Framing, chunk_size_len};
use crate::machine::worker::Payload;
use crate::sim::kernel::SocketId;

/// A response on its way over one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire {
    runs: VecDeque<Run>,
    body_read: u64,
    is_over: bool,
}

/// Bytes of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub(super) kind: Kind,
    pub(super) len: u64,
}

/// What bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The head, a chunk's size or its end.
    Frame,
    Body,
    /// The last chunk: when all of it has come, the body is over.
    End,
}

/// What somebody has read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Taken {
    /// Bytes of the body.
    pub(super) body: u64,
    /// Whether the last chunk was among it.
    pub(super) is_over: bool,
}

impl Wire {
    /// Begins with a head of so many bytes.
    pub(super) fn new(head: u64) -> Wire {
        let mut wire = Wire::default();
        wire.put(Kind::Frame, head);
        wire
    }

    /// More goes onto it.
    pub(super) fn put(&mut self, kind: Kind, len: u64) {
        self.runs.push_back(Run { kind, len });
    }

    /// What a worker hands over.
    pub(super) fn put_payload(&mut self, payload: &Payload) {
        match payload {
            Payload::Chunk { len, .. } => {
                self.put(Kind::Frame, chunk_size_len(*len));
                self.put(Kind::Body, *len);
                self.put(Kind::Frame, CHUNK_END);
            }
            Payload::LastChunk => self.put(Kind::End, payload.len()),
            Payload::Continue
            | Payload::Head { .. }
            | Payload::Body { .. }
            | Payload::ErrorPage { .. }
            | Payload::PlainPage { .. }
            | Payload::H11Page { .. } => {}
        }
    }

    /// The next `n` bytes are read.
    pub(super) fn take(&mut self, n: u64) -> Taken {
        let (mut left, mut body) = (n, 0);
        while left > 0
            && let Some(run) = self.runs.front_mut()
        {
            let taken = left.min(run.len);
            run.len -= taken;
            left -= taken;
            let kind = run.kind;
            if kind == Kind::Body {
                body += taken;
            }
            if run.len == 0 {
                self.is_over |= kind == Kind::End;
                self.runs.pop_front();
            }
        }
        assert!(left == 0, "more was read than was sent");
        self.body_read += body;
        Taken {
            body,
            is_over: self.is_over,
        }
    }

    /// Bytes of the body that were read.
    pub(super) fn body_read(&self) -> u64 {
        self.body_read
    }
}

impl Ctx<'_> {
    /// A response begins: its reader knows it from now on.
    pub(super) fn begin_response(&mut self, socket: SocketId, response: Response) {
        self.traffic_mut(socket).response = Some(response);
        let connection = socket.0 / 2;
        match response.framing {
            Framing::Chunked => {
                self.wires.insert(connection, Wire::new(response.head));
            }
            Framing::None | Framing::Length(_) | Framing::UntilClose => {
                self.wires.remove(&connection);
            }
        }
    }

    /// The wire of a chunked response; `None` of another one, whose bytes are all body.
    #[inline]
    pub(super) fn wire(&mut self, socket: SocketId) -> Option<&mut Wire> {
        self.wires.get_mut(&(socket.0 / 2))
    }

    /// How much of a response's body was read, `read` bytes in all.
    pub(super) fn body_read(&self, socket: SocketId, read: u64) -> u64 {
        let head = self.traffic(socket).response.map_or(0, |known| known.head);
        let wire = self.wires.get(&(socket.0 / 2));
        wire.map_or(read.saturating_sub(head), Wire::body_read)
    }
}

/// Length of the line end after a chunk.
const CHUNK_END: u64 = http::CHUNK_END.len() as u64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_tells_body_from_frame_in_pieces_of_any_size() {
        for size in 1..=60 {
            let mut wire = Wire::new(20);
            wire.put_payload(&Payload::Chunk { offset: 0, len: 26 });
            wire.put_payload(&Payload::LastChunk);
            let length = 20 + 4 + 26 + 2 + 5;
            let (mut read, mut body) = (0, 0);
            while read < length {
                assert!(!wire.is_over);
                let taken = wire.take(size.min(length - read));
                read += size.min(length - read);
                body += taken.body;
            }
            assert_eq!((body, wire.body_read(), wire.is_over), (26, 26, true));
        }
    }
}

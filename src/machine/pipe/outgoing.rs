//! What is on its way to the client: nginx's `busy` chain, with the head and the chunked framing in their places.

use std::collections::VecDeque;

use crate::machine::http::{CHUNK_END, LAST_CHUNK, chunk_size, chunk_size_len};

/// A part of the next write, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Bytes of the response head (or of a whole error page), from this offset.
    Head {
        /// Offset of the first byte.
        from: u64,
        /// How many.
        len: u64,
    },
    /// A chunk-size line, a chunk's end, or the last chunk: see [`Framing::text`].
    Framing {
        /// Which.
        framing: Framing,
        /// Offset of the first byte.
        from: u64,
    },
    /// The next bytes of the driver's memory.
    Memory {
        /// How many.
        len: u64,
    },
    /// Bytes of the temp file.
    File {
        /// Offset of the first byte.
        at: u64,
        /// How many.
        len: u64,
    },
}

/// Framing of the chunked coding towards the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// The size line of a chunk.
    ChunkSize(u64),
    /// The line end after a chunk's payload.
    ChunkEnd,
    /// The last chunk and the empty trailer.
    LastChunk,
}

impl Framing {
    /// The bytes.
    pub fn text(self) -> String {
        match self {
            Framing::ChunkSize(size) => chunk_size(size),
            Framing::ChunkEnd => CHUNK_END.to_owned(),
            Framing::LastChunk => LAST_CHUNK.to_owned(),
        }
    }

    /// How many they are.
    pub(crate) fn len(self) -> u64 {
        match self {
            Framing::ChunkSize(size) => chunk_size_len(size),
            Framing::ChunkEnd => CHUNK_END.len() as u64,
            Framing::LastChunk => LAST_CHUNK.len() as u64,
        }
    }
}

/// Body bytes that go out together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Body {
    /// A memory buffer: its payload and the whole buffer's size, which counts as busy until all of it is sent.
    Memory { len: u64, buffer: u64 },
    /// A range of the temp file.
    File { at: u64, len: u64 },
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    kind: Kind,
    sent: u64,
    len: u64,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Head,
    Framing(Framing),
    Memory { buffer: u64 },
    File { at: u64 },
}

/// The queue of pieces that the client's socket has yet to take.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    segments: VecDeque<Segment>,
    chunked: bool,
    unsent: u64,
    memory: u64,
    file: u64,
    busy: u64,
    head_sent: u64,
    body_sent: u64,
}

impl Outgoing {
    /// A queue that begins with a head (or an error page) of `head` bytes.
    pub(crate) fn new(head: u64, chunked: bool) -> Outgoing {
        let mut outgoing = Outgoing {
            chunked,
            ..Outgoing::default()
        };
        if head > 0 {
            outgoing.push(Kind::Head, head);
        }
        outgoing
    }

    /// Queues body bytes; with chunked coding they become one chunk, as one call of nginx's output filter does.
    pub(super) fn push_body(&mut self, batch: &[Body]) {
        let total = batch.iter().map(|body| body.len()).sum();
        if total == 0 {
            return;
        }
        if self.chunked {
            let size = Framing::ChunkSize(total);
            self.push(Kind::Framing(size), size.len());
        }
        for body in batch {
            match *body {
                Body::Memory { len, buffer } => {
                    self.push(Kind::Memory { buffer }, len);
                    self.memory += len;
                    self.busy += buffer;
                }
                Body::File { at, len } => {
                    self.push(Kind::File { at }, len);
                    self.file += len;
                }
            }
        }
        if self.chunked {
            self.push(Kind::Framing(Framing::ChunkEnd), Framing::ChunkEnd.len());
        }
    }

    /// Queues body bytes of the only buffer there is, so that nobody asks how much of it is busy.
    pub(crate) fn push_memory(&mut self, len: u64) {
        self.push_body(&[Body::Memory { len, buffer: 0 }]);
    }

    /// Queues the end of a complete body: the last chunk, if the client gets chunks.
    pub(super) fn push_end(&mut self) {
        if self.chunked {
            self.push(Kind::Framing(Framing::LastChunk), Framing::LastChunk.len());
        }
    }

    fn push(&mut self, kind: Kind, len: u64) {
        self.unsent += len;
        self.segments.push_back(Segment { kind, sent: 0, len });
    }

    /// Nothing more will be queued: gives back the room for it.
    pub(super) fn shrink(&mut self) {
        self.segments.shrink_to_fit();
    }

    /// Takes `n` written bytes off the queue and calls `freed` with the size of each buffer that is now wholly sent; how many of them were
    /// in memory.
    pub(super) fn take(&mut self, n: u64, mut freed: impl FnMut(u64)) -> u64 {
        assert!(n <= self.unsent, "more was written than was queued");
        self.unsent -= n;
        let memory = self.memory;
        let mut left = n;
        while let Some(segment) = self.segments.front_mut() {
            let taken = left.min(segment.len - segment.sent);
            segment.sent += taken;
            left -= taken;
            match segment.kind {
                Kind::Head => self.head_sent += taken,
                Kind::Framing(_) => {}
                Kind::Memory { .. } => {
                    self.memory -= taken;
                    self.body_sent += taken;
                }
                Kind::File { .. } => {
                    self.file -= taken;
                    self.body_sent += taken;
                }
            }
            if segment.sent < segment.len {
                break;
            }
            if let Kind::Memory { buffer } = segment.kind {
                self.busy -= buffer;
                freed(buffer);
            }
            self.segments.pop_front();
        }
        assert!(left == 0, "a write is made of queued segments only");
        memory - self.memory
    }

    /// As [`Outgoing::take`], when nobody reuses the buffers any more.
    pub(crate) fn take_final(&mut self, n: u64) -> u64 {
        self.take(n, |_| {})
    }

    /// The parts of the next write, in order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece> + '_ {
        self.segments.iter().map(|segment| {
            let (from, len) = (segment.sent, segment.len - segment.sent);
            match segment.kind {
                Kind::Head => Piece::Head { from, len },
                Kind::Framing(framing) => Piece::Framing { framing, from },
                Kind::Memory { .. } => Piece::Memory { len },
                Kind::File { at } => Piece::File { at: at + from, len },
            }
        })
    }

    /// Bytes that the client's socket has yet to take, head and framing included.
    pub fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Body bytes in memory buffers.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// Body bytes in the temp file.
    pub fn file(&self) -> u64 {
        self.file
    }

    /// nginx's `bsize`: the size of the buffers that are busy, counted whole.
    pub(super) fn busy(&self) -> u64 {
        self.busy
    }

    /// Head bytes sent.
    pub fn head_sent(&self) -> u64 {
        self.head_sent
    }

    /// Body bytes sent, without chunked framing.
    pub fn body_sent(&self) -> u64 {
        self.body_sent
    }

    /// Whether the client gets chunks, each of what went out together.
    pub(super) fn is_chunked(&self) -> bool {
        self.chunked
    }

    /// Whether anything but the head is waiting.
    pub(super) fn has_body(&self) -> bool {
        self.segments
            .iter()
            .any(|segment| !matches!(segment.kind, Kind::Head))
    }
}

impl Body {
    fn len(&self) -> u64 {
        match *self {
            Body::Memory { len, .. } | Body::File { len, .. } => len,
        }
    }
}

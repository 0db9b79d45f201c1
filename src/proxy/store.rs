//! The bytes of one response: memory in small blocks, and the temp file.
//!
//! The machine keeps the books; this keeps the bytes in the same order. Blocks are allocated when bytes arrive and freed when the
//! last of their bytes is gone, so a response that is wholly in its temp file occupies no memory here.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::machine::pipe::{Outgoing, Piece, Spill};

/// Bytes per block. Small, because a block that is partly sent, spilled or filled still occupies all of itself, and thousands of held
/// responses have such blocks; of fixed sizes, because then the allocator reuses what one response frees for the next; and a
/// little less than 1 KiB, so that a block and the allocator's own word take 1 KiB together.
const BLOCK: usize = 1008;

/// Bytes per block where so many come at once: what passes through quickly costs four times less to allocate.
const LARGE_BLOCK: usize = 4080;

/// nginx reads a temp file through `output_buffers 2 32k`: no more than this is read ahead of the socket.
const FILE_READ_BYTES: u64 = 32 * 1024;

pub(super) struct Store {
    blocks: VecDeque<Block>,
    file: Option<File>,
}

/// Bytes, without the first few: those are gone. Its capacity never changes.
struct Block {
    start: u16,
    bytes: Vec<u8>,
}

impl Block {
    /// A block for the first of these bytes.
    fn for_some_of(bytes: &[u8]) -> Block {
        let size = match bytes.len() < LARGE_BLOCK {
            true => BLOCK,
            false => LARGE_BLOCK,
        };
        Block {
            start: 0,
            bytes: Vec::with_capacity(size),
        }
    }

    fn used(&self) -> &[u8] {
        &self.bytes[usize::from(self.start)..]
    }

    fn len(&self) -> usize {
        self.bytes.len() - usize::from(self.start)
    }

    /// Appends what fits; how much that was.
    fn fill(&mut self, bytes: &[u8]) -> usize {
        let n = bytes.len().min(self.bytes.capacity() - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..n]);
        n
    }

    /// Takes `n` bytes out, after the first `skip`.
    fn remove(&mut self, skip: usize, n: usize) {
        let from = usize::from(self.start) + skip;
        self.bytes.drain(from..from + n);
    }
}

impl Store {
    pub(super) fn new() -> Store {
        Store {
            blocks: VecDeque::new(),
            file: None,
        }
    }

    /// Appends body bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        if let Some(last) = self.blocks.back_mut() {
            let filled = last.fill(bytes);
            bytes = &bytes[filled..];
        }
        while !bytes.is_empty() {
            let mut block = Block::for_some_of(bytes);
            let filled = block.fill(bytes);
            bytes = &bytes[filled..];
            self.blocks.push_back(block);
        }
    }

    /// Opens the temp file: unlinked from the start, so that nothing stays behind however the process ends.
    pub(super) fn open_file(&mut self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let unnamed = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_TMPFILE)
            .mode(0o600)
            .open(folder);
        let file = match unnamed {
            Ok(file) => file,
            // A file system without O_TMPFILE.
            Err(_) => {
                let file = OpenOptions::new()
                    .read(true)
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)?;
                std::fs::remove_file(path)?;
                file
            }
        };
        self.file = Some(file);
        Ok(())
    }

    /// Moves bytes from memory to the temp file.
    pub(super) fn spill(&mut self, spill: Spill) -> io::Result<()> {
        let file = self.file.as_ref().expect("the temp file was opened before");
        let (mut skip, mut left) = (spill.skip as usize, spill.bytes as usize);
        // One write for all of them, as nginx's pwritev.
        let mut gathered = Vec::with_capacity(left);
        for block in &mut self.blocks {
            if left == 0 {
                break;
            }
            let skipped = skip.min(block.len());
            skip -= skipped;
            let taken = left.min(block.len() - skipped);
            if taken == 0 {
                continue;
            }
            gathered.extend_from_slice(&block.used()[skipped..skipped + taken]);
            block.remove(skipped, taken);
            left -= taken;
        }
        assert!(left == 0, "the machine spills only what is in memory");
        file.write_all_at(&gathered, spill.at)?;
        self.blocks.retain(|block| block.len() > 0);
        Ok(())
    }

    /// Fills `buffer` with the next bytes for the client: head, framing, memory and file in the machine's order.
    pub(super) fn gather(
        &self,
        outgoing: &Outgoing,
        head: &[u8],
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        self.gather_behind((outgoing, 0), head, buffer)
    }

    /// The same where the first `skip` bytes of memory have gone already and are kept, in case they have to go again.
    pub(super) fn gather_behind(
        &self,
        (outgoing, skip): (&Outgoing, u64),
        head: &[u8],
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let (mut filled, mut memory_at) = (0, skip as usize);
        for piece in outgoing.pieces() {
            let room = &mut buffer[filled..];
            if room.is_empty() {
                break;
            }
            filled += match piece {
                Piece::Head { from, .. } => copy(&head[from as usize..], room),
                Piece::Framing { framing, from } => {
                    copy(&framing.text().as_bytes()[from as usize..], room)
                }
                Piece::Memory { len } => {
                    let copied = self.copy_memory(memory_at, len as usize, room);
                    memory_at += len as usize;
                    copied
                }
                Piece::File { at, len } => {
                    let len = (len.min(FILE_READ_BYTES) as usize).min(room.len());
                    let file = self.file.as_ref().expect("a file piece has a file");
                    file.read_exact_at(&mut room[..len], at)?;
                    filled += len;
                    // What follows a piece that was cut short must not be sent before its rest.
                    break;
                }
            };
        }
        Ok(filled)
    }

    fn copy_memory(&self, mut skip: usize, mut len: usize, mut room: &mut [u8]) -> usize {
        let mut copied = 0;
        for block in &self.blocks {
            if len == 0 || room.is_empty() {
                break;
            }
            let skipped = skip.min(block.len());
            skip -= skipped;
            let rest = &block.used()[skipped..];
            let n = copy(&rest[..rest.len().min(len)], room);
            copied += n;
            len -= n;
            room = &mut room[n..];
        }
        copied
    }

    /// Frees the first `n` bytes of memory: the client's socket has them.
    pub(super) fn consume(&mut self, n: u64) {
        let mut left = n as usize;
        while left > 0 {
            let block = self
                .blocks
                .front_mut()
                .expect("the machine sends only what is in memory");
            let taken = left.min(block.len());
            block.start += taken as u16;
            left -= taken;
            if block.len() == 0 {
                self.blocks.pop_front();
            }
        }
    }

    /// Everything is sent or lost.
    pub(super) fn clear(&mut self) {
        self.blocks = VecDeque::new();
        self.file = None;
    }

    /// Nothing more will be pushed.
    pub(super) fn settle(&mut self) {
        self.blocks.shrink_to_fit();
    }
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let n = from.len().min(to.len());
    to[..n].copy_from_slice(&from[..n]);
    n
}

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

/// Blocks are as large as the configured buffers, within these bounds.
const MIN_BLOCK: usize = 512;
const MAX_BLOCK: usize = 16 * 1024;

/// nginx reads a temp file through `output_buffers 2 32k`: no more than this is read ahead of the socket.
const FILE_READ_BYTES: u64 = 32 * 1024;

pub(super) struct Store {
    blocks: VecDeque<Block>,
    block_size: usize,
    file: Option<File>,
}

struct Block {
    bytes: Vec<u8>,
    start: usize,
    size: usize,
}

impl Block {
    fn len(&self) -> usize {
        self.bytes.len() - self.start
    }
}

impl Store {
    pub(super) fn new(buffer_size: usize) -> Store {
        Store {
            blocks: VecDeque::new(),
            block_size: buffer_size.clamp(MIN_BLOCK, MAX_BLOCK),
            file: None,
        }
    }

    /// Makes the first block `size` bytes, the rest of the buffer that holds the upstream's head: so blocks begin and
    /// end where the machine's buffers do, and none is occupied for a fragment.
    pub(super) fn begin(&mut self, size: usize) {
        self.blocks.push_back(Block {
            bytes: Vec::with_capacity(size.min(MAX_BLOCK)),
            start: 0,
            size: size.min(MAX_BLOCK),
        });
    }

    /// Appends body bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let full = self
                .blocks
                .back()
                .is_none_or(|block| block.bytes.len() >= block.size);
            if full {
                self.blocks.push_back(Block {
                    bytes: Vec::with_capacity(self.block_size),
                    start: 0,
                    size: self.block_size,
                });
            }
            let block = self
                .blocks
                .back_mut()
                .expect("a block was just made sure of");
            let (now, later) = bytes.split_at(bytes.len().min(block.size - block.bytes.len()));
            block.bytes.extend_from_slice(now);
            bytes = later;
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
        let (mut skip, mut left, mut at) = (spill.skip as usize, spill.bytes as usize, spill.at);
        for block in &mut self.blocks {
            if left == 0 {
                break;
            }
            let skipped = skip.min(block.len());
            skip -= skipped;
            let from = block.start + skipped;
            let taken = left.min(block.bytes.len() - from);
            if taken == 0 {
                continue;
            }
            file.write_all_at(&block.bytes[from..from + taken], at)?;
            block.bytes.drain(from..from + taken);
            // A block that gave up bytes in its middle is not filled again.
            block.size = block.bytes.len();
            left -= taken;
            at += taken as u64;
        }
        assert!(left == 0, "the machine spills only what is in memory");
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
        let (mut filled, mut memory_at) = (0, 0);
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
            let from = block.start + skipped;
            let end = block.bytes.len().min(from + len);
            let n = copy(&block.bytes[from..end], room);
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
            block.start += taken;
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
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let n = from.len().min(to.len());
    to[..n].copy_from_slice(&from[..n]);
    n
}

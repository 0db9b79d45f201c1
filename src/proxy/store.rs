//! The bytes of one response: memory in small blocks, and the temp file.
//!
//! The machine keeps the books; this keeps the bytes in the same order. Blocks are taken when bytes arrive and given up when the
//! last of their bytes is gone, so a response that is wholly in its temp file occupies no memory here.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::rc::Rc;

use smallvec::SmallVec;

use super::block::{Block, LARGE_BLOCK, Spare};
use crate::machine::pipe::{Piece, Spill};

/// nginx reads a temp file through `output_buffers 2 32k`: no more than this is read ahead of the socket.
const FILE_READ_BYTES: u64 = 32 * 1024;

/// `proxy_buffers` and `proxy_buffer_size` are nine blocks, with a part of one before them. More slices than usual lie on the heap.
const USUAL_SLICES: usize = 10;

/// Blocks of a response that is small: room for so many is 192 bytes.
const FEW_BLOCKS: usize = 8;

pub(super) struct Store {
    blocks: VecDeque<Block>,
    file: Option<File>,
    spare: Rc<Spare>,
}

impl Store {
    pub(super) fn new(spare: Rc<Spare>) -> Store {
        Store {
            blocks: VecDeque::new(),
            file: None,
            spare,
        }
    }

    /// Appends body bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        if let Some(last) = self.blocks.back_mut() {
            let filled = last.fill(bytes);
            bytes = &bytes[filled..];
        }
        while !bytes.is_empty() {
            let mut block = match bytes.len() < LARGE_BLOCK {
                true => self.spare.take_small(),
                false => self.spare.take(),
            };
            let filled = block.fill(bytes);
            bytes = &bytes[filled..];
            self.blocks.push_back(block);
        }
    }

    /// Whether so many bytes are read best where they stay: see [`Store::room`].
    pub(super) fn reads_in_place(max: usize) -> bool {
        max >= LARGE_BLOCK
    }

    /// Room for `max` body bytes behind those that are there, for a read into it; [`Store::grow`] is to follow.
    pub(super) fn room(&mut self, max: usize) -> SmallVec<[IoSliceMut<'_>; USUAL_SLICES]> {
        let behind = self.blocks.back_mut().map_or(0, |last| last.room().len());
        let first = self.blocks.len().saturating_sub(1);
        for _ in 0..max.saturating_sub(behind).div_ceil(LARGE_BLOCK) {
            self.blocks.push_back(self.spare.take());
        }
        let mut left = max;
        let rooms = self.blocks.range_mut(first..).map(|block| {
            let room = block.room();
            let n = left.min(room.len());
            left -= n;
            IoSliceMut::new(&mut room[..n])
        });
        rooms.filter(|room| !room.is_empty()).collect()
    }

    /// Keeps the first `n` bytes that were read into the room, and nothing else of it.
    pub(super) fn grow(&mut self, mut n: usize) {
        // What is in use has at most one block with room, the last; whatever is behind it is new and empty.
        let in_use = self.blocks.iter().rposition(|block| block.len() > 0);
        for block in self.blocks.range_mut(in_use.unwrap_or(0)..) {
            n -= block.grow(n);
        }
        let in_use = in_use.map_or(0, |last| last + 1);
        let now = self.blocks.range(in_use..);
        let grown = now.take_while(|block| block.len() > 0).count();
        for block in self.blocks.drain(in_use + grown..) {
            self.spare.give(block);
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
        let blocks = std::mem::take(&mut self.blocks).into_iter();
        let (kept, gone): (VecDeque<_>, VecDeque<_>) = blocks.partition(|block| block.len() > 0);
        self.blocks = kept;
        gone.into_iter().for_each(|block| self.spare.give(block));
        Ok(())
    }

    /// The next bytes for the client, `max` at most: head, framing, memory and file in the machine's order. What lies in memory is not copied;
    /// the rest goes through `scratch`.
    pub(super) fn gather<'a>(
        &'a self,
        pieces: impl Iterator<Item = Piece>,
        head: &'a [u8],
        scratch: &'a mut [u8],
        max: usize,
    ) -> io::Result<Gathered<'a>> {
        self.gather_behind((pieces, 0), head, scratch, max)
    }

    /// The same where the first `skip` bytes of memory have gone already and are kept, in case they have to go again.
    pub(super) fn gather_behind<'a>(
        &'a self,
        (pieces, skip): (impl Iterator<Item = Piece>, u64),
        head: &'a [u8],
        mut scratch: &'a mut [u8],
        max: usize,
    ) -> io::Result<Gathered<'a>> {
        let mut gathered = Gathered::new(max);
        let mut memory_at = skip as usize;
        for piece in pieces {
            if gathered.is_full() {
                break;
            }
            match piece {
                Piece::Head { from, .. } => gathered.push(&head[from as usize..]),
                Piece::Framing { framing, from } => {
                    let text = framing.text();
                    let text = &text.as_bytes()[from as usize..];
                    let (place, rest) = scratch.split_at_mut(text.len());
                    place.copy_from_slice(text);
                    gathered.push(place);
                    scratch = rest;
                }
                Piece::Memory { len } => {
                    self.gather_memory(&mut gathered, memory_at, len as usize);
                    memory_at += len as usize;
                }
                Piece::File { at, len } => {
                    let room = gathered.room.min(scratch.len());
                    let len = (len.min(FILE_READ_BYTES) as usize).min(room);
                    let file = self.file.as_ref().expect("a file piece has a file");
                    let place = &mut scratch[..len];
                    file.read_exact_at(place, at)?;
                    gathered.push(place);
                    // What follows a piece that was cut short must not be sent before its rest.
                    break;
                }
            }
        }
        Ok(gathered)
    }

    fn gather_memory<'a>(&'a self, gathered: &mut Gathered<'a>, mut skip: usize, mut len: usize) {
        for block in &self.blocks {
            if len == 0 || gathered.is_full() {
                break;
            }
            let skipped = skip.min(block.len());
            skip -= skipped;
            let rest = &block.used()[skipped..];
            let rest = &rest[..rest.len().min(len)];
            gathered.push(rest);
            len -= rest.len();
        }
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
            block.consume(taken);
            left -= taken;
            if block.len() == 0
                && let Some(block) = self.blocks.pop_front()
            {
                self.spare.give(block);
            }
        }
    }

    /// Everything is sent or lost.
    pub(super) fn clear(&mut self) {
        for block in std::mem::take(&mut self.blocks) {
            self.spare.give(block);
        }
        self.file = None;
    }

    /// Nothing more will be pushed. Room for a few blocks is not worth to be moved.
    pub(super) fn settle(&mut self) {
        if self.blocks.capacity() > FEW_BLOCKS {
            self.blocks.shrink_to_fit();
        }
    }
}

/// Slices for one write, in order.
pub(super) struct Gathered<'a> {
    slices: SmallVec<[IoSlice<'a>; USUAL_SLICES]>,
    len: usize,
    /// How many bytes more it takes.
    room: usize,
}

impl<'a> Gathered<'a> {
    /// Nothing yet, and never more than `max` bytes.
    pub(super) fn new(max: usize) -> Gathered<'a> {
        Gathered {
            slices: SmallVec::new(),
            len: 0,
            room: max,
        }
    }

    /// Appends what fits.
    pub(super) fn push(&mut self, bytes: &'a [u8]) {
        let bytes = &bytes[..bytes.len().min(self.room)];
        if !bytes.is_empty() {
            self.slices.push(IoSlice::new(bytes));
            self.len += bytes.len();
            self.room -= bytes.len();
        }
    }

    fn is_full(&self) -> bool {
        self.room == 0
    }

    pub(super) fn slices(&self) -> &[IoSlice<'a>] {
        &self.slices
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next `max` bytes of memory, as one write would send them.
    fn sent(store: &Store, len: u64, max: usize) -> Vec<u8> {
        let pieces = std::iter::once(Piece::Memory { len });
        let gathered = store.gather(pieces, b"", &mut [], max).unwrap();
        assert_eq!(
            gathered
                .slices()
                .iter()
                .map(|slice| slice.len())
                .sum::<usize>(),
            gathered.len()
        );
        gathered
            .slices()
            .iter()
            .flat_map(|slice| slice.to_vec())
            .collect()
    }

    /// Reads `n` bytes into room for `max`, counting on from `from`.
    fn read(store: &mut Store, max: usize, n: usize, from: usize) {
        let mut counted = (from..from + n).map(|byte| byte as u8);
        let mut room = store.room(max);
        assert_eq!(room.iter().map(|slice| slice.len()).sum::<usize>(), max);
        for place in room.iter_mut().flat_map(|slice| slice.iter_mut()) {
            *place = counted.next().unwrap_or(0xaa);
        }
        drop(room);
        store.grow(n);
    }

    #[test]
    fn bytes_read_in_place_come_out_in_order() {
        let mut store = Store::new(Rc::default());
        store.push(&[7; 100]);
        let (mut all, mut from) = (vec![7; 100], 0);
        for (max, n) in [
            (4096, 0),
            (36_864, 36_864),
            (36_864, 5000),
            (4096, 1),
            (65_536, 20_000),
        ] {
            read(&mut store, max, n, from);
            all.extend((from..from + n).map(|byte| byte as u8));
            from += n;
            assert_eq!(sent(&store, all.len() as u64, usize::MAX), all);
            assert_eq!(
                sent(&store, all.len() as u64, 8192),
                all[..all.len().min(8192)]
            );
            store.consume(50);
            all.drain(..50);
        }
    }

    #[test]
    fn room_that_was_not_needed_serves_the_next() {
        let spare = Rc::new(Spare::default());
        let mut store = Store::new(Rc::clone(&spare));
        read(&mut store, 65_536, 1, 0);
        assert_eq!(store.blocks.len(), 1);
        assert_eq!(spare.len(), 15);
        store.consume(1);
        assert_eq!(spare.len(), 16);
        read(&mut store, 65_536, 0, 0);
        assert_eq!((store.blocks.len(), spare.len()), (0, 16));
    }

    #[test]
    fn no_more_is_kept_spare_than_a_few_responses_need() {
        let spare = Rc::new(Spare::default());
        let mut store = Store::new(Rc::clone(&spare));
        store.push(&vec![0; 2 * Spare::MOST * LARGE_BLOCK]);
        store.clear();
        assert_eq!(spare.len(), Spare::MOST);
    }
}

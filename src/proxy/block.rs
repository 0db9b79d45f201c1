//! Blocks of memory in which the bytes of bodies lie, and those that are kept for the next.

use std::cell::RefCell;

/// Bytes per block. Small, because a block that is partly sent, spilled or filled still occupies all of itself, and thousands of held
/// responses have such blocks; of fixed sizes, because then the allocator reuses what one response frees for the next; and the
/// most that glibc's allocator keeps at hand for a thread, which is a little more than a response of 1 KiB.
const BLOCK: usize = 1032;

/// Bytes per block where so many come at once: a buffer of nginx's default, so that bytes on their way are written as they were read.
pub(super) const LARGE_BLOCK: usize = 4096;

/// Bytes, without the first few, which are gone, and the last few, which have not come.
pub(super) struct Block {
    start: u16,
    end: u16,
    bytes: Box<[u8]>,
}

impl Block {
    fn new(bytes: Box<[u8]>) -> Block {
        Block {
            start: 0,
            end: 0,
            bytes,
        }
    }

    /// The bytes that are there.
    pub(super) fn used(&self) -> &[u8] {
        &self.bytes[usize::from(self.start)..usize::from(self.end)]
    }

    /// How many those are.
    pub(super) fn len(&self) -> usize {
        usize::from(self.end - self.start)
    }

    /// Where the next bytes go.
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[usize::from(self.end)..]
    }

    /// Takes over bytes that are in its room already; how many those are of `n`.
    pub(super) fn grow(&mut self, n: usize) -> usize {
        let n = n.min(self.room().len());
        self.end += n as u16;
        n
    }

    /// Appends what fits; how much that was.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> usize {
        let room = self.room();
        let n = bytes.len().min(room.len());
        room[..n].copy_from_slice(&bytes[..n]);
        self.grow(n)
    }

    /// The first `n` bytes are gone.
    pub(super) fn consume(&mut self, n: usize) {
        self.start += n as u16;
    }

    /// Takes `n` bytes out, after the first `skip`.
    pub(super) fn remove(&mut self, skip: usize, n: usize) {
        let from = usize::from(self.start) + skip;
        let end = usize::from(self.end);
        self.bytes.copy_within(from + n..end, from);
        self.end -= n as u16;
    }
}

/// Blocks that nobody needs at the moment, of one event loop: they are not given back to the allocator at once, which would have to clear them for every
/// response anew.
#[derive(Default)]
pub(super) struct Spare {
    small: RefCell<Vec<Box<[u8]>>>,
    large: RefCell<Vec<Box<[u8]>>>,
}

impl Spare {
    /// How many of each size are kept for whoever needs one next: those of a few responses on their way.
    pub(super) const MOST: usize = 64;

    /// A block for a few bytes.
    pub(super) fn take_small(&self) -> Block {
        taken(&self.small, BLOCK)
    }

    /// A large block.
    pub(super) fn take(&self) -> Block {
        taken(&self.large, LARGE_BLOCK)
    }

    /// Keeps a block that nobody needs, if there are not yet enough.
    pub(super) fn give(&self, block: Block) {
        let mut spare = match block.bytes.len() {
            BLOCK => self.small.borrow_mut(),
            _ => self.large.borrow_mut(),
        };
        if spare.len() < Spare::MOST {
            spare.push(block.bytes);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.large.borrow().len()
    }
}

fn taken(spare: &RefCell<Vec<Box<[u8]>>>, len: usize) -> Block {
    let kept = spare.borrow_mut().pop();
    Block::new(kept.unwrap_or_else(|| vec![0; len].into_boxed_slice()))
}

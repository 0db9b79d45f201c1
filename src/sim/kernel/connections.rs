//! The table of connections, which knows those that were written to since somebody last asked: who counts what they hold need not look at the others.

use std::ops::{Index, IndexMut};

use super::table::Connection;

/// Bits of a word of marks.
const WORD: usize = u64::BITS as usize;

/// All connections, by number.
#[derive(Debug, Default)]
pub(super) struct Connections {
    all: Vec<Connection>,
    /// A bit for each that may have changed. There are none until somebody asks: many worlds are not counted.
    marks: Option<Vec<u64>>,
}

impl Connections {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Connection> {
        self.all.iter()
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.all.reserve(more);
    }

    /// A new one behind the last.
    pub(super) fn push(&mut self, connection: Connection) {
        self.all.push(connection);
        if let Some(marks) = &mut self.marks {
            marks.resize(self.all.len().div_ceil(WORD), 0);
        }
        self.mark(self.all.len() - 1);
    }

    /// Tells the numbers of those that were written to since the last call, in order; at the first call all of them.
    pub(super) fn take_changed(&mut self, mut tell: impl FnMut(usize)) {
        let Some(marks) = &mut self.marks else {
            self.marks = Some(vec![0; self.all.len().div_ceil(WORD)]);
            return (0..self.all.len()).for_each(tell);
        };
        for (word, bits) in marks.iter_mut().enumerate() {
            let mut left = std::mem::take(bits);
            while left != 0 {
                tell(word * WORD + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }

    #[inline]
    fn mark(&mut self, index: usize) {
        if let Some(marks) = &mut self.marks {
            marks[index / WORD] |= 1 << (index % WORD);
        }
    }
}

impl Index<usize> for Connections {
    type Output = Connection;

    #[inline]
    fn index(&self, index: usize) -> &Connection {
        &self.all[index]
    }
}

impl IndexMut<usize> for Connections {
    #[inline]
    fn index_mut(&mut self, index: usize) -> &mut Connection {
        self.mark(index);
        &mut self.all[index]
    }
}

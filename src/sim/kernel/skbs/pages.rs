//! Where the pages end into which a sender's bytes are copied: each piece of one is a fragment of an skb.

use std::collections::VecDeque;

/// Kernel: a task's page fragment (`SKB_FRAG_PAGE_ORDER`).
const PAGE: u64 = 32_768;
/// Kernel: with less room than that a new one is taken (`sk_page_frag_refill`).
const LEAST: u64 = 32;

/// The pages of one stream.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// Where those begin that hold bytes still on their way; the first may begin long before.
    begin_at: VecDeque<u64>,
    used: u64,
    end: u64,
}

impl Pages {
    pub(super) fn new() -> Pages {
        Pages {
            begin_at: VecDeque::from([0]),
            used: 0,
            end: 0,
        }
    }

    /// Copies up to `bytes` to the page at hand; how many fit.
    pub(super) fn copy(&mut self, bytes: u64) -> u64 {
        if self.used + LEAST > PAGE {
            self.begin_at.push_back(self.end);
            self.used = 0;
        }
        let taken = bytes.min(PAGE - self.used);
        self.used += taken;
        self.end += taken;
        taken
    }

    /// How many pages the bytes of the stream from `from` up to `to` lie in.
    pub(super) fn frags(&self, from: u64, to: u64) -> u32 {
        let before = self.begin_at.partition_point(|at| *at <= from);
        let touched = self.begin_at.partition_point(|at| *at < to);
        (touched - before + 1) as u32
    }

    /// Nobody asks for bytes before `upto` any more.
    pub(super) fn forget(&mut self, upto: u64) {
        while self.begin_at.get(1).is_some_and(|at| *at <= upto) {
            self.begin_at.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_64_kib_behind_a_head_lies_in_three_pages() {
        let mut pages = Pages::new();
        let mut copy = |mut bytes| {
            while bytes > 0 {
                bytes -= pages.copy(bytes);
            }
        };
        copy(160);
        copy(65_536);
        copy(65_536);
        assert_eq!(pages.frags(0, 160), 1);
        assert_eq!(pages.frags(160, 160 + 65_483), 3);
        assert_eq!(pages.frags(160 + 65_483, 160 + 65_536), 1);
        pages.forget(65_700);
        assert_eq!(pages.frags(65_696, 131_179), 3, "as before");
        assert_eq!(pages.begin_at.len(), 3);
    }

    #[test]
    fn the_last_bytes_of_a_page_are_left() {
        let mut pages = Pages::new();
        assert_eq!(pages.copy(32_750), 32_750);
        assert_eq!(pages.copy(100), 100, "18 bytes would be left");
        assert_eq!(pages.frags(0, 32_750), 1);
        assert_eq!(pages.frags(32_700, 32_800), 2);
    }
}

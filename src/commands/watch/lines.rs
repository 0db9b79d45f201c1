//! How the height of a terminal is shared out among the parts of the view.

/// Lines that are there whatever is shown: title, headings, the queue, what ends a run, and what is left free between them.
const FIXED: u16 = 9;
/// A queue is drawn at most so high.
const QUEUE_HIGH: u16 = 4;

/// How many lines each part has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lines {
    pub(super) lanes: u16,
    pub(super) queue: u16,
    pub(super) bytes: u16,
    pub(super) groups: u16,
}

impl Lines {
    /// Shares the height out: the fewest lines first, workers before bytes, and the rest to the queue.
    pub(super) fn share(height: u16, lanes: usize, bytes: usize, groups: usize) -> Lines {
        let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let (lanes, bytes, groups) = (short(lanes).max(1), short(bytes), short(groups).max(1));
        let free = height.saturating_sub(FIXED);
        let g = groups.min((free / 3).max(1));
        let b = bytes.min((free - g.min(free)) / 2);
        let l = lanes.min(free.saturating_sub(g + b)).max(1);
        let b = bytes.min(free.saturating_sub(g + l));
        let g = groups.min(free.saturating_sub(l + b)).max(1);
        let left = free.saturating_sub(l + b + g);
        Lines {
            lanes: l,
            queue: (1 + left).min(QUEUE_HIGH),
            bytes: b,
            groups: g,
        }
    }
}

//! The cores on which handlers burn: first come, first served, to the end.

use super::World;
use super::backend::Blocked;
use crate::time::Span;

impl World<'_> {
    pub(super) fn burn(&mut self, index: u32, span: Span) {
        if self.workers.free_cores > 0 {
            self.workers.free_cores -= 1;
            self.sleep_worker(index, span, Blocked::Burning);
        } else {
            self.worker(index).blocked = Blocked::ForACore(span);
            self.workers.for_a_core.push_back(index);
        }
    }

    pub(super) fn release_core(&mut self) {
        self.workers.free_cores += 1;
        if let Some(next) = self.workers.for_a_core.pop_front()
            && let Blocked::ForACore(span) = self.worker(next).blocked
        {
            self.burn(next, span);
        }
    }
}

//! Whether everything is to end now: what every wait asks, so that none outlives a Ctrl-C.
//!
//! Whoever hears a signal asks for it, once and for all; whoever waits does so in slices and looks in between. A wait in a thread that ends
//! with something else (a closed pipe, a dropped channel) needs none of this.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, Timespec, poll};

use crate::time::{Clock, Span, Timestamp};

/// How long a wait may go on without a look: a tenth of what a person takes for at once.
pub(crate) const SLICE: Span = Span::from_ms(50);
/// How often it is looked whether something is done that does not tell.
const LOOK: Span = Span::from_ms(5);
/// What those get who are told to end at once before they are killed: an idle process needs a millisecond or two of it.
pub(crate) const HASTE: Span = Span::from_ms(300);

/// The wish, shared by all who wait.
#[derive(Clone, Debug, Default)]
pub struct Leave(Arc<AtomicBool>);

impl Leave {
    /// Everything is to end now.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether that was asked for.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Looks now and then, until it is done: so long at most, or until everything is to end. Whether it was done.
    pub(crate) fn looking(&self, limit: Span, mut done: impl FnMut() -> bool) -> bool {
        self.patience(limit, |slice| {
            let is_done = done();
            if !is_done {
                pause(slice.min(LOOK));
            }
            is_done
        })
    }

    /// Has `wait` wait by slices until it says that it is done: so long at most, or until everything is to end. Whether it was done.
    pub(crate) fn patience(&self, limit: Span, mut wait: impl FnMut(Span) -> bool) -> bool {
        let clock = Clock::start();
        loop {
            let left = (Timestamp::ZERO + limit).since(clock.now());
            if wait(if self.is_asked() {
                Span::ZERO
            } else {
                left.min(SLICE)
            }) {
                return true;
            }
            if left.is_zero() || self.is_asked() {
                return false;
            }
        }
    }
}

/// Nothing is measured by it: it only spaces looks.
pub(crate) fn pause(span: Span) {
    let nobody: &mut [PollFd<'_>] = &mut [];
    let _ = poll(nobody, Timespec::try_from(span.to_duration()).ok().as_ref());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_it_is_done_when_time_is_up_or_when_it_is_asked_to() {
        let leave = Leave::default();
        let mut looks = 0;
        assert!(leave.patience(Span::MAX, |_| {
            looks += 1;
            looks == 3
        }));
        assert!(!leave.patience(Span::ZERO, |slice| !slice.is_zero()));
        let same = leave.clone();
        assert!(!leave.patience(Span::MAX, |slice| {
            assert!(slice <= SLICE);
            same.ask();
            false
        }));
        // Asked for, nothing is waited for any more; what is done already is seen.
        assert!(leave.patience(Span::MAX, |slice| slice.is_zero()));
        assert!(!leave.patience(Span::MAX, |_| false));
    }

    #[test]
    fn what_does_not_tell_is_looked_at() {
        let leave = Leave::default();
        let mut looks = 0;
        assert!(leave.looking(Span::MAX, || {
            looks += 1;
            looks == 2
        }));
        assert!(!leave.looking(Span::from_ms(1), || false));
        leave.ask();
        assert!(!leave.looking(Span::MAX, || false) && leave.looking(Span::MAX, || true));
    }
}

//! The master's ear for its parent: standard input says nothing after the specification, and ends when the parent is gone. All masters of a
//! backend hold the same one.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::poll::readable;
use crate::time::Span;

/// Standard input, looked at without ever waiting for it.
#[derive(Debug)]
pub(super) struct Leash {
    stdin: Option<OwnedFd>,
}

impl Leash {
    pub(super) fn new(stdin: OwnedFd) -> Leash {
        Leash { stdin: Some(stdin) }
    }

    /// What becomes readable at the end; `None` after it.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.stdin.as_ref().map(OwnedFd::as_fd)
    }

    /// Not this process's business any more.
    pub(super) fn close(&mut self) {
        self.stdin = None;
    }

    /// Whether the parent is gone; said once.
    pub(super) fn has_ended(&mut self) -> bool {
        let Some(stdin) = &self.stdin else {
            return false;
        };
        let [ended] = readable([stdin.as_fd()], Span::ZERO);
        if ended {
            self.stdin = None;
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_heard_once() {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let mut leash = Leash::new(read);
        assert!(!leash.has_ended() && leash.fd().is_some());
        drop(write);
        assert!(leash.has_ended());
        assert!(!leash.has_ended() && leash.fd().is_none());
    }
}

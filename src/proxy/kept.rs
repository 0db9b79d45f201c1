//! Connections to the backend between two requests. Which ones are kept is [`crate::machine::peers`]' business; here are their sockets.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use super::generation::until;
use super::listener::Worker;
use super::upstream::Upstream;
use crate::machine::peers::{Life, Ticket};

/// The idle sockets of one worker. One task watches all of them: one for each, with its timer, would be made and ended at every request.
#[derive(Default)]
pub(super) struct Kept {
    idle: RefCell<BTreeMap<Ticket, Box<Upstream>>>,
    /// Wakes the task that watches.
    watcher: RefCell<Option<Waker>>,
    /// Whether that task has a timer. Whoever is kept from then on stays for longer than those for whom it was set.
    has_timer: Cell<bool>,
}

impl Kept {
    /// The socket of a connection that is wanted again.
    pub(super) fn take(&self, ticket: Ticket) -> Option<Box<Upstream>> {
        let upstream = self.idle.borrow_mut().remove(&ticket)?;
        upstream.is_not_watched();
        Some(upstream)
    }

    fn close(&self, ticket: Ticket) {
        self.idle.borrow_mut().remove(&ticket);
    }

    /// Whether there is something on the connection already, which is not kept then.
    fn add(&self, ticket: Ticket, upstream: Box<Upstream>) -> bool {
        let watcher = self.watcher.borrow();
        let watcher = watcher.as_ref().unwrap_or(Waker::noop());
        if upstream.has_more() || upstream.poll_speaks(watcher).is_ready() {
            return true;
        }
        self.idle.borrow_mut().insert(ticket, upstream);
        if !self.has_timer.get() {
            watcher.wake_by_ref();
        }
        false
    }

    /// The connections that are no longer silent; none, if it is a timer that is wanted.
    fn poll(&self, context: &mut Context<'_>) -> Poll<Vec<Ticket>> {
        self.watcher
            .borrow_mut()
            .get_or_insert_with(|| context.waker().clone())
            .clone_from(context.waker());
        let idle = self.idle.borrow();
        let speaks = |upstream: &Upstream| upstream.poll_speaks(context.waker()).is_ready();
        let speaking = idle.iter().filter(|(_, upstream)| speaks(upstream));
        let speaking: Vec<_> = speaking.map(|(ticket, _)| *ticket).collect();
        let wants_timer = !self.has_timer.get() && !idle.is_empty();
        match speaking.is_empty() && !wants_timer {
            true => Poll::Pending,
            false => Poll::Ready(speaking),
        }
    }
}

impl Worker {
    /// A request is done with its connection, which may serve another.
    pub(super) fn keep(&self, peer: u32, life: Life, upstream: Box<Upstream>) {
        let kept = self.peers.borrow_mut().pool.keep(self.lately(), peer, life);
        let Some((ticket, evicted)) = kept else {
            return;
        };
        if let Some(evicted) = evicted {
            self.kept.close(evicted);
        }
        if self.kept.add(ticket, upstream) {
            self.lose(ticket);
        }
    }

    /// None is kept any more, because the loop quits.
    pub(super) fn keep_none(&self) {
        for ticket in self.peers.borrow_mut().pool.close() {
            self.kept.close(ticket);
        }
    }

    /// Waits for peers that close an idle connection or say something on it, and for those that have been idle for too long.
    pub(super) async fn watch_kept(&self) {
        loop {
            let deadline = self.peers.borrow().pool.deadline();
            self.kept.has_timer.set(deadline.is_some());
            tokio::select! {
                biased;
                speaking = poll_fn(|context| self.kept.poll(context)) => {
                    speaking.into_iter().for_each(|ticket| self.lose(ticket));
                }
                () = until(self.clock, deadline) => self.lose_old(),
            }
        }
    }

    fn lose(&self, ticket: Ticket) {
        if self.peers.borrow_mut().pool.lose(ticket) {
            self.kept.close(ticket);
        }
    }

    fn lose_old(&self) {
        let now = self.now();
        let next = || self.peers.borrow_mut().pool.expire(now);
        std::iter::from_fn(next).for_each(|ticket| self.kept.close(ticket));
    }
}

//! Connections to the backend between two requests. Which ones are kept is [`crate::machine::peers`]' business; here are their sockets.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::task::AbortHandle;

use super::listener::Worker;
use super::upstream::Upstream;
use crate::machine::peers::{Life, Ticket};

/// The idle sockets of one worker, each watched by a task of its own.
#[derive(Default)]
pub(super) struct Kept {
    idle: RefCell<BTreeMap<Ticket, Idle>>,
}

struct Idle {
    upstream: Rc<Upstream>,
    watch: AbortHandle,
}

impl Kept {
    /// The socket of a connection that is wanted again.
    pub(super) fn take(&self, ticket: Ticket) -> Option<Rc<Upstream>> {
        let idle = self.idle.borrow_mut().remove(&ticket)?;
        idle.watch.abort();
        Some(idle.upstream)
    }

    fn close(&self, ticket: Ticket) {
        drop(self.take(ticket));
    }
}

impl Worker {
    /// A request is done with its connection, which may serve another.
    pub(super) fn keep(&self, peer: u32, life: Life, upstream: Rc<Upstream>) {
        let pool = &mut self.peers.borrow_mut().pool;
        let Some((ticket, evicted)) = pool.keep(self.now(), peer, life) else {
            return;
        };
        let until = pool.until(ticket).expect("it was kept just now");
        if let Some(evicted) = evicted {
            self.kept.close(evicted);
        }
        let left = self.clock.until(until);
        let watched = watch((self.own.clone(), ticket), Rc::clone(&upstream), left);
        let watch = tokio::task::spawn_local(watched).abort_handle();
        let idle = Idle { upstream, watch };
        self.kept.idle.borrow_mut().insert(ticket, idle);
    }

    /// None is kept any more, because the loop quits.
    pub(super) fn keep_none(&self) {
        for ticket in self.peers.borrow_mut().pool.close() {
            self.kept.close(ticket);
        }
    }

    fn lose(&self, ticket: Ticket) {
        if self.peers.borrow_mut().pool.lose(ticket) {
            self.kept.close(ticket);
        }
    }
}

/// Waits until the peer closes an idle connection or says something on it, or until it has been idle for too long. The worker is not kept
/// alive for it.
async fn watch((worker, ticket): (Weak<Worker>, Ticket), upstream: Rc<Upstream>, left: Duration) {
    let _ = tokio::time::timeout(left, upstream.speaks()).await;
    drop(upstream);
    if let Some(worker) = worker.upgrade() {
        worker.lose(ticket);
    }
}

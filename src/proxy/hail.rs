//! How an event loop speaks to the tasks of its clients: each has an ear, and listens while it waits.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;

use crate::machine::event_loop::Hail;

/// What one client has been told and has not heard yet.
#[derive(Default)]
pub(super) struct Ear {
    said: Cell<Option<Hail>>,
    listener: RefCell<Option<Waker>>,
}

/// The ears of all clients of a loop, by the numbers of their connections.
#[derive(Default)]
pub(super) struct Ears {
    open: RefCell<BTreeMap<u64, Rc<Ear>>>,
    empty: Notify,
}

impl Ear {
    fn tell(&self, hail: Hail) {
        self.said.set(self.said.get().max(Some(hail)));
        if let Some(listener) = self.listener.take() {
            listener.wake();
        }
    }

    /// What was said, once something is.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Hail> {
        if let Some(hail) = self.said.take() {
            return Poll::Ready(hail);
        }
        let mut listener = self.listener.borrow_mut();
        let known = listener.as_ref();
        if !known.is_some_and(|known| known.will_wake(context.waker())) {
            *listener = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Ears {
    /// A client has come.
    pub(super) fn open(&self, number: u64) -> Rc<Ear> {
        let ear = Rc::new(Ear::default());
        self.open.borrow_mut().insert(number, Rc::clone(&ear));
        ear
    }

    /// It is gone.
    pub(super) fn close(&self, number: u64) {
        let mut open = self.open.borrow_mut();
        open.remove(&number);
        if open.is_empty() {
            self.empty.notify_waiters();
        }
    }

    /// Speaks to one.
    pub(super) fn tell(&self, number: u64, hail: Hail) {
        if let Some(ear) = self.open.borrow().get(&number) {
            ear.tell(hail);
        }
    }

    /// Speaks to all.
    pub(super) fn tell_all(&self, hail: Hail) {
        for ear in self.open.borrow().values() {
            ear.tell(hail);
        }
    }

    /// Until nobody is left.
    pub(super) async fn emptied(&self) {
        while !self.open.borrow().is_empty() {
            self.empty.notified().await;
        }
    }
}

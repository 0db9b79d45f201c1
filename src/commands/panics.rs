//! Panics of any thread: our bugs. The run they happen in says nothing, and ends as one.
//!
//! A panic in a task ends that task only, and the runtime says nothing about it: without this, a run in which the proxy lost a connection
//! to a bug of ours would be reported like any other. In a build that does not unwind the process ends here ([`crate::bug`]).

use std::sync::atomic::{AtomicBool, Ordering};

use super::watch;

static HAPPENED: AtomicBool = AtomicBool::new(false);

/// Notes every panic from here on, besides what is printed about it.
pub(super) fn watch() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        HAPPENED.store(true, Ordering::SeqCst);
        // Told on the screen that people go on to see.
        watch::put_back();
        print(panic);
    }));
}

/// Whether any thread has panicked since [`watch`].
pub(super) fn happened() -> bool {
    HAPPENED.load(Ordering::SeqCst)
}

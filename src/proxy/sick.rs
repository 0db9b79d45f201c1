//! What a sick event loop does, really, so that `/proc` shows of it what it shows of a program that went wrong in this way. For a proxy in a process of its own.

use std::sync::{Mutex, PoisonError};

use crate::machine::sickness::Sickness;

/// Suffers for good: this thread does not come back. Of other sicknesses than these a proxy is spared by `check`.
pub(super) fn suffer(sickness: Sickness) {
    match sickness {
        Sickness::Spin => loop {
            std::hint::spin_loop();
        },
        Sickness::Deadlock => wait_for_own_lock(),
        Sickness::FdLeak(_)
        | Sickness::SlowWrite
        | Sickness::Uninterruptible
        | Sickness::Unkillable => {}
    }
}

/// A lock is taken whose holder waits for this thread to give up another one: S in `futex` (202), both of them.
fn wait_for_own_lock() {
    let (first, second) = (Mutex::new(()), Mutex::new(()));
    let met = std::sync::Barrier::new(2);
    let take = |lock: &Mutex<()>| drop(lock.lock().unwrap_or_else(PoisonError::into_inner));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _held = second.lock().unwrap_or_else(PoisonError::into_inner);
            met.wait();
            take(&first);
        });
        let _held = first.lock().unwrap_or_else(PoisonError::into_inner);
        met.wait();
        take(&second);
    });
}

//! What a panic, which is a bug of ours, ends a process with.
//!
//! Most builds unwind: a task that panics ends alone, the run is told to be worth nothing, and everything is dropped in order. `release` does
//! not (`panic = "abort"`: a newcomer's build is there a fifth sooner, docs/build.md). There the process that panics ends at once, and what
//! stands after a SIGKILL stands then: children notice that it is gone, and its private folder is swept at the next start.

use std::sync::Once;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::error::Exit;

/// With what this process ends. A worker is forked with its master's, and says its own.
static CODE: AtomicI32 = AtomicI32::new(0);
static HOOK: Once = Once::new();

/// A panic of any thread of this process prints what it prints and ends the process with 70, if this build does not unwind.
pub fn ends_this_process() {
    ends_with(i32::from(Exit::Bug.code()));
}

/// The same with another code, from here on.
pub(crate) fn ends_with(code: i32) {
    if cfg!(panic = "unwind") {
        return;
    }
    CODE.store(code, Ordering::Relaxed);
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            print(panic);
            exit_now(CODE.load(Ordering::Relaxed));
        }));
    });
}

/// Ends this process at once, whatever its other threads do: no exit handler runs, which might wait for one of them.
#[expect(unsafe_code, reason = "`_exit` has no safe interface")]
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` ends the process; nothing after it runs, and no other thread can see half of anything.
    unsafe { libc::_exit(code) }
}

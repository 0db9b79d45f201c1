//! gunicorn's master as decisions: spawn, manage, murder, reap, kill, reload (27.0, `arbiter.py`).
//!
//! The driver asks [`Arbiter::next`] what to do, does it, and asks again. Signals go in through [`Arbiter::signal`] at any time;
//! exit statuses through [`Arbiter::reaped`] while it serves [`Action::Reap`]. A pause of gunicorn's is an action of its own, because
//! the master is deaf while it pauses, and that deafness is part of its behaviour.
//!
//! Not here: pid files, `preload_app`, a new address at a reload, the dirty arbiter. Ours, not gunicorn's: the last reap waits for workers
//! that were SIGKILLed, so each death is told; and a master that an exception has ended stays as a process until its workers are gone.
//!
//! USR2, measured on 27.0.1: the new master serves 0.3 s later beside the old one, on the same listener; each gets about half of the
//! requests. A further USR2 to either is ignored with a warning. The end of the new one leaves the old one as it was, and USR2 works again.
//! The end of the old one, graceful or not, leaves the new one, which is promoted within a turn. Only a master without parent and child
//! unlinks the path.
//!
//! Measured on 27.0.1: a HUP onto an application that does not import ends the master with 3 where it has one worker and with 1
//! where it has several (all six tries), because the second one raises the halt again inside the shutdown. At the start, and on a machine
//! that is overloaded, several give either: the TERM of the shutdown may kill the second one in Python's own finalization. Here its exit
//! code counts.

mod action;
mod master;
mod reap;
mod reexec;
mod reload;
mod stop;
#[cfg(test)]
mod tests;

pub use action::{Action, ExitStatus, Level, Signal, WorkerSignal, handling};
pub use master::Arbiter;

use super::backend_config::WorkerClass;
use crate::time::Span;

/// The longest wait for a signal: one turn of the main loop (`wait_for_signals(timeout=1.0)`).
pub const TURN: Span = Span::from_secs(1);
/// The pause between looks at dying workers, in `stop` and in `reload` (`time.sleep(0.1)`).
pub const POLL: Span = Span::from_ms(100);
/// Upper end of the random pause after each fork (`time.sleep(0.1 * random.random())`).
pub const FORK_PAUSE: Span = Span::from_ms(100);
/// How much longer workers get when INT or QUIT arrives during a graceful stop.
pub const QUICK_LIMIT: Span = Span::from_secs(2);
/// A worker's exit code for "could not boot" (`WORKER_BOOT_ERROR`).
pub const WORKER_BOOT_ERROR: i32 = 3;
/// A worker's exit code for "the application is not there" (`APP_LOAD_ERROR`).
pub const APP_LOAD_ERROR: i32 = 4;

/// What a master says first (`Arbiter.start`); `listening_at` is an address as gunicorn shows it.
pub fn greeting(listening_at: &str, pid: u32, class: WorkerClass) -> [String; 3] {
    [
        format!("Starting slowlab {}", env!("CARGO_PKG_VERSION")),
        format!("Listening at: {listening_at} ({pid})"),
        format!("Using worker: {}", class.name()),
    ]
}

//! gunicorn's master as decisions: spawn, manage, murder, reap, kill, reload (27.0, `arbiter.py`).
//!
//! The driver asks [`Arbiter::next`] what to do, does it, and asks again. Signals go in through [`Arbiter::signal`] at any time;
//! exit statuses through [`Arbiter::reaped`] while it serves [`Action::Reap`]. A pause of gunicorn's is an action of its own, because
//! the master is deaf while it pauses, and that deafness is part of its behaviour.
//!
//! Not here: re-reading a configuration (a reload keeps the same one), USR2 and WINCH, `preload_app`, the dirty arbiter. Ours, not
//! gunicorn's: the last reap waits for workers that were SIGKILLed, so each death is told; and an exit code of 3 or 4 during a
//! shutdown does not turn the master's own exit code into 1.

mod action;
mod master;
mod reap;
mod stop;
#[cfg(test)]
mod tests;

pub use action::{Action, ExitStatus, Level, Signal, WorkerSignal, handling};
pub use master::Arbiter;

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

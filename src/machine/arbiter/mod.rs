//! gunicorn's master as decisions: spawn, manage, murder, reap, kill, reload (27.0, `arbiter.py`).
//!
//! The driver asks [`Arbiter::next`] what to do, does it, and asks again. Signals go in through [`Arbiter::signal`] at any time;
//! exit statuses through [`Arbiter::reaped`] while it serves [`Action::Reap`]. A pause of gunicorn's is an action of its own, because
//! the master is deaf while it pauses, and that deafness is part of its behaviour.
//!
//! Not here: re-reading a configuration (a reload keeps the same one), USR2 and WINCH, `preload_app`, the dirty arbiter. Ours, not
//! gunicorn's: the last reap waits for workers that were SIGKILLed, so each death is told; and an exit code of 3 or 4 during a
//! shutdown does not turn the master's own exit code into 1.

mod master;
#[cfg(test)]
mod tests;

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

/// What the master hears.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Signal {
    /// A child changed its state.
    Chld,
    /// Graceful stop.
    Term,
    /// Quick stop.
    Int,
    /// Quick stop.
    Quit,
    /// Reload.
    Hup,
    /// One worker more.
    Ttin,
    /// One worker less, but at least one.
    Ttou,
    /// Reopen the logs.
    Usr1,
    /// Ours: the process that started the master is gone. A quick stop within [`QUICK_LIMIT`].
    ParentGone,
}

/// What the master sends to a worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WorkerSignal {
    /// Finish the current request, then end.
    Term,
    /// End at once, unwinding.
    Quit,
    /// The first half of a murder.
    Abrt,
    /// The second half.
    Kill,
    /// Reopen the logs.
    Usr1,
}

/// How a worker ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitStatus {
    /// It exited with a code.
    Code(i32),
    /// A signal of this number ended it.
    Signal(i32),
}

/// Severity of a log line, gunicorn's names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// DEBUG: below what is written by default.
    Debug,
    /// INFO.
    Info,
    /// WARNING.
    Warning,
    /// ERROR.
    Error,
    /// CRITICAL.
    Critical,
}

/// What the driver must do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Fork a worker of this age and answer with [`Arbiter::spawned`].
    Spawn {
        /// 1 for the first worker ever.
        age: u32,
        /// Requests after which it ends, jitter included; `None` for no limit.
        max_requests: Option<u32>,
    },
    /// Send a signal; if the process no longer exists, answer with [`Arbiter::vanished`].
    Kill {
        /// The worker.
        pid: u32,
        /// The signal.
        signal: WorkerSignal,
    },
    /// Write a log line.
    Log(Level, String),
    /// `waitpid` until nothing is left, each result to [`Arbiter::reaped`].
    Reap,
    /// Close the master's copy of the listener and unlink a Unix path.
    CloseListener,
    /// Reopen the log file.
    ReopenLog,
    /// Wait so long at most; any signal ends it at once.
    Wait(Span),
    /// Pause so long whatever comes; signals stay queued.
    Sleep(Span),
    /// End the master with this code. The last action: it is repeated if asked again.
    Exit(i32),
}

//! What the master hears, and what it has its driver do.

use crate::time::Span;

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
    /// A second master beside this one.
    Usr2,
    /// No workers at all, for a daemon; ours never is one, so nothing.
    Winch,
    /// Ours: the process that started the master is gone. A quick stop within [`super::QUICK_LIMIT`].
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

impl Level {
    /// Whether the records have a line of it: from INFO on, which is what is written by default. CRITICAL is only said of a worker timeout, and
    /// that has an event of its own, which names the worker.
    pub fn is_told(self) -> bool {
        matches!(self, Level::Info | Level::Warning | Level::Error)
    }
}

/// The master's line for a signal that it takes up, at [`Level::Info`].
pub fn handling(signal: &str) -> String {
    format!("Handling signal: {signal}")
}

/// What the driver must do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Fork a worker of this age and answer with [`super::Arbiter::spawned`].
    Spawn {
        /// 1 for the first worker ever.
        age: u32,
        /// Requests after which it ends, jitter included; `None` for no limit.
        max_requests: Option<u32>,
    },
    /// Send a signal; if the process no longer exists, answer with [`super::Arbiter::vanished`].
    Kill {
        /// The worker.
        pid: u32,
        /// The signal.
        signal: WorkerSignal,
    },
    /// Write a log line.
    Log(Level, String),
    /// Tell that a signal of this name is taken up, and write [`handling`] into the log.
    Handling(&'static str),
    /// `waitpid` until nothing is left, each result to [`super::Arbiter::reaped`].
    Reap,
    /// Close the master's copy of the listener.
    CloseListener {
        /// Whether the path of a Unix socket goes with it: not while another master is there.
        unlink: bool,
    },
    /// Read what the configuration says by now, and answer with [`super::Arbiter::says`]: workers forked from here on have it.
    TakeOver,
    /// Start a second master on the same listener, with what the configuration says by now; answer with
    /// [`super::Arbiter::reexecuted`].
    Reexec,
    /// Look whether the master that started this one is still its parent; if not, answer with [`super::Arbiter::promoted`].
    CheckParent,
    /// Reopen the log file.
    ReopenLog,
    /// Wait so long at most; any signal ends it at once.
    Wait(Span),
    /// Pause so long whatever comes; signals stay queued.
    Sleep(Span),
    /// End the master with this code. The last action: it is repeated if asked again.
    Exit(i32),
}

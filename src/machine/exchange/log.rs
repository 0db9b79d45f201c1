//! The error log in nginx's words.

use crate::machine::timers::Directive;

/// nginx's log levels, as far as they are used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// `info`: the client's doing.
    Info,
    /// `warn`.
    Warn,
    /// `error`.
    Error,
    /// `crit`: system calls that should not fail.
    Crit,
    /// `alert`: a limit of the proxy's own.
    Alert,
}

impl Level {
    /// As in the log.
    pub fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
            Level::Crit => "crit",
            Level::Alert => "alert",
        }
    }
}

/// A line of the error log up to and including the "while ..." part; the driver adds client, request and upstream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// Its level.
    pub level: Level,
    /// Its text.
    pub text: String,
    /// The directive whose timer fired, if one did.
    pub timer: Option<Directive>,
    /// The system call that failed and its error number, if one did.
    pub failed: Option<FailedCall>,
}

/// A system call that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FailedCall {
    /// Its name, as in `connect`.
    pub name: &'static str,
    /// Why.
    pub errno: i32,
}

/// An error of a system call, as the log prints it: `(111: Connection refused)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OsError {
    /// errno.
    pub code: i32,
    /// The C library's words for it.
    pub name: String,
}

/// errno of a missing socket file.
const ENOENT: i32 = 2;
/// errno of a socket file that may not be written to.
const EACCES: i32 = 13;

pub(super) const CONNECTING: &str = "connecting to upstream";
pub(super) const SENDING_REQUEST: &str = "sending request to upstream";
pub(super) const READING_HEADER: &str = "reading response header from upstream";
pub(super) const READING_UPSTREAM: &str = "reading upstream";
pub(super) const SENDING_TO_CLIENT: &str = "sending to client";

impl LogLine {
    /// `text while action` at `level`.
    pub(in crate::machine) fn new(level: Level, text: &str, action: &str) -> LogLine {
        LogLine {
            level,
            text: format!("{text} while {action}"),
            timer: None,
            failed: None,
        }
    }

    /// `text` alone, where nginx has no action to name.
    pub(in crate::machine) fn bare(level: Level, text: &str) -> LogLine {
        LogLine {
            level,
            text: text.to_owned(),
            timer: None,
            failed: None,
        }
    }

    /// `who timed out (110: Connection timed out) while action`. nginx logs the client's at info, the upstream's at error.
    pub(in crate::machine) fn timed_out(who: &str, action: &str, timer: Directive) -> LogLine {
        let level = if who == "client" {
            Level::Info
        } else {
            Level::Error
        };
        LogLine {
            timer: Some(timer),
            ..LogLine::new(
                level,
                &format!("{who} timed out (110: Connection timed out)"),
                action,
            )
        }
    }

    /// `call() failed (code: name) while action`.
    pub(super) fn failed(
        level: Level,
        call: &'static str,
        error: &OsError,
        action: &str,
    ) -> LogLine {
        let text = format!("{call}() failed ({}: {})", error.code, error.name);
        LogLine::new(level, &text, action).of_call(call, error)
    }

    /// The same line, which says that this call failed.
    pub(in crate::machine) fn of_call(self, name: &'static str, error: &OsError) -> LogLine {
        let errno = error.code;
        LogLine {
            failed: Some(FailedCall { name, errno }),
            ..self
        }
    }

    /// A connect that failed. nginx names the address only where it fails at once, which is on Unix sockets.
    pub(super) fn connect_failed(upstream: &str, error: &OsError) -> LogLine {
        let level = match error.code {
            ENOENT | EACCES => Level::Crit,
            _ => Level::Error,
        };
        let to = match upstream.starts_with("unix:") {
            true => format!(" to {upstream}"),
            false => String::new(),
        };
        let text = format!("connect(){to} failed ({}: {})", error.code, error.name);
        LogLine::new(level, &text, CONNECTING).of_call("connect", error)
    }

    /// The warning with which nginx opens a temp file.
    pub fn spill_started(path: &str) -> LogLine {
        let text = format!("an upstream response is buffered to a temporary file {path}");
        LogLine::new(Level::Warn, &text, READING_UPSTREAM)
    }
    /// The warning with which nginx opens the temp file of a request's body.
    pub fn body_spill_started(path: &str) -> LogLine {
        let text = format!("a client request body is buffered to a temporary file {path}");
        LogLine::bare(Level::Warn, &text)
    }
}

//! Exit codes, and errors that know theirs.
//!
//! A *finding* is not a failure: reproducing starvation is success when the scenario expects it. Errors name what, where and, after
//! `hint:`, what to do.

use std::{fmt, io};

use thiserror::Error;

/// How the process ends. The numbers are part of the interface: CI jobs branch on them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// All expectations held (or there was nothing to judge, as for `list`).
    Held,
    /// An expectation failed.
    Failed,
    /// A wrong flag, or a scenario that says something impossible.
    Usage,
    /// Nothing could be decided, or nothing was tested.
    Undecided,
    /// This machine or environment cannot do it; the message says what to change.
    Unfit,
    /// A bug of slowlab.
    Bug,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Exit {
    /// The process's exit status.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Held => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Undecided => 3,
            Exit::Unfit => 4,
            Exit::Bug => 70,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit.code())
    }
}

/// An error that decides the exit code. Anything else that reaches `main` counts as a bug.
#[derive(Debug, Error)]
pub struct Refusal {
    exit: Exit,
    message: String,
}

impl Refusal {
    /// The user asked for something impossible.
    pub fn usage(message: impl fmt::Display) -> Refusal {
        Refusal {
            exit: Exit::Usage,
            message: message.to_string(),
        }
    }

    /// Something that was named cannot be read: because of what it is, or because this machine lacks something (memory, open files).
    pub fn unreadable(error: &(dyn std::error::Error + 'static)) -> Refusal {
        let causes = std::iter::successors(Some(error), |error| error.source());
        let codes = causes.filter_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error());
        let lacks = |code| {
            matches!(
                code,
                libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOSPC | libc::EIO | libc::EINTR
            )
        };
        match codes.into_iter().any(lacks) {
            true => Refusal::unfit(error),
            false => Refusal::usage(error),
        }
    }

    /// The environment cannot do it.
    pub fn unfit(message: impl fmt::Display) -> Refusal {
        Refusal {
            exit: Exit::Unfit,
            message: message.to_string(),
        }
    }

    /// The run says nothing either way.
    pub fn undecided(message: impl fmt::Display) -> Refusal {
        Refusal {
            exit: Exit::Undecided,
            message: message.to_string(),
        }
    }

    /// An error with a given exit code.
    pub fn with_exit(exit: Exit, message: impl fmt::Display) -> Refusal {
        Refusal {
            exit,
            message: message.to_string(),
        }
    }

    /// The exit code that this error asks for.
    pub const fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_the_users_or_the_machines_business() {
        for (code, exit) in [
            (libc::ENOENT, Exit::Usage),
            (libc::EACCES, Exit::Usage),
            (libc::EMFILE, Exit::Unfit),
            (libc::ENOMEM, Exit::Unfit),
        ] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(Refusal::unreadable(&error).exit(), exit);
        }
    }
}

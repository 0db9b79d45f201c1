//! The kernel's errors as the C library puts them.

use crate::machine::exchange::OsError;
use crate::record::{ClientStep, EventKind};
use crate::sim::kernel::Errno;

impl Errno {
    fn words(self) -> &'static str {
        match self {
            Errno::Access => "Permission denied",
            Errno::NoEntry => "No such file or directory",
            Errno::Refused => "Connection refused",
            Errno::Again => "Resource temporarily unavailable",
            Errno::NoPorts => "Cannot assign requested address",
            Errno::NoFiles => "Too many open files",
            Errno::NoSpace => "No space left on device",
            Errno::TimedOut => "Connection timed out",
            Errno::Reset => "Connection reset by peer",
            Errno::Pipe => "Broken pipe",
        }
    }

    fn code(self) -> i32 {
        match self {
            Errno::Access => 13,
            Errno::NoEntry => 2,
            Errno::Refused => 111,
            Errno::Again => 11,
            Errno::NoPorts => 99,
            Errno::NoFiles => 24,
            Errno::NoSpace => 28,
            Errno::TimedOut => 110,
            Errno::Reset => 104,
            Errno::Pipe => 32,
        }
    }

    pub(super) fn as_os_error(self) -> OsError {
        OsError {
            code: self.code(),
            name: self.words().to_owned(),
        }
    }

    /// What kept so many clients from connecting.
    pub(super) fn as_problem(self, count: u64) -> EventKind {
        EventKind::ClientProblem {
            step: ClientStep::Connect,
            errno: Some(self.code()),
            error: self.words().to_owned(),
            count,
        }
    }
}

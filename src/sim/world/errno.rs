//! The kernel's errors as the C library puts them.

use crate::machine::exchange::OsError;
use crate::sim::kernel::Errno;

impl Errno {
    pub(super) fn words(self) -> &'static str {
        match self {
            Errno::Refused => "Connection refused",
            Errno::Again => "Resource temporarily unavailable",
            Errno::NoPorts => "Cannot assign requested address",
            Errno::TimedOut => "Connection timed out",
            Errno::Reset => "Connection reset by peer",
            Errno::Pipe => "Broken pipe",
        }
    }

    pub(super) fn as_os_error(self) -> OsError {
        let code = match self {
            Errno::Refused => 111,
            Errno::Again => 11,
            Errno::NoPorts => 99,
            Errno::TimedOut => 110,
            Errno::Reset => 104,
            Errno::Pipe => 32,
        };
        OsError {
            code,
            name: self.words().to_owned(),
        }
    }
}

//! The guard: a process between us and a real program, so that nothing stays behind whatever becomes of us.
//!
//! It holds the reading end of a pipe whose other end is ours. When that ends, because we ask for it or because we were killed, it
//! stops the program: the polite signals first, then SIGKILL for the program's whole process group. Guard and program are in process
//! groups of their own, so that Ctrl-C on the terminal reaches neither.
//!
//! A guard that is killed or stopped itself is noticed by us, who then end the program's group. If we are gone as well, the kernel tells the program
//! (its parent-death signal), and what is left nevertheless is recorded in the private folder, for the next start to end.
//!
//! A gunicorn may go on without the process that was started: as another master after USR2, as workers whose master was killed. The guard
//! inherits those, and ends when there are none left.

mod child;
mod parent;

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::time::{Clock, Span, Timestamp};

pub use child::{guard_main, program_main};
pub use parent::Lost;
pub(super) use parent::{Guarded, Order};

/// The hidden first argument that makes the binary a guard.
pub const GUARD_ROLE: &str = "__reference-guard";

/// The hidden first argument with which the binary becomes a program that is told when its guard dies.
pub const PROGRAM_ROLE: &str = "__reference-program";

/// How long each polite signal may take.
const GRACE: Span = Span::from_secs(2);

/// The arguments for the two values of `company`.
const WITH_COMPANY: &str = "company";
const ALONE: &str = "alone";

/// Tells the guard to end the program, and that we are still there to clean up.
const ORDERLY: u8 = b'q';
/// The same, and that it is to be by force.
const AT_ONCE: u8 = b'k';

/// What ended a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    /// The program is gone.
    End,
    /// There is word from our side, or our side is gone.
    Leash,
    /// Nothing happened.
    Nothing,
}

/// Waits for the program's end, for the leash, or so long.
fn wait_for(program: &OwnedFd, leash: Option<BorrowedFd<'_>>, limit: Span) -> Seen {
    let clock = Clock::start();
    let deadline = Timestamp::ZERO + limit;
    loop {
        let left = deadline.since(clock.now());
        let mut fds = vec![PollFd::new(program, PollFlags::IN)];
        fds.extend(leash.map(|leash| PollFd::from_borrowed_fd(leash, PollFlags::IN)));
        let timeout = Timespec::try_from(left.to_duration()).ok();
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => return Seen::Nothing,
            Ok(_) if !fds[0].revents().is_empty() => return Seen::End,
            Ok(_) => return Seen::Leash,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Seen::Nothing,
        }
    }
}

//! What a worker's process falls sick of by an act: it exists afterwards, and serves nobody.
//!
//! Each is what a real program does when it goes wrong in this way, so that the kernel shows of it what it shows of them (`/proc/PID/stat`, `wchan`,
//! `syscall`). What was measured of each, on Linux 6.18 with a server of one process, stands beside it.

use crate::time::Span;

/// How long a process that is sick for good stays so, for engines that count in spans: longer than any run.
pub const FOR_GOOD: Span = Span::from_secs(86_400);

/// Ours: how many descriptors a process may have whose leak has come to its end. Measured with the same number.
pub const LEAK_LIMIT: u32 = 64;

/// Ours: how long an accept loop waits that backs off. Measured with the same.
pub const BACK_OFF: Span = Span::from_ms(100);

/// What a process suffers from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sickness {
    /// A loop without an end: R, 95 % of a core in user mode.
    Spin,
    /// Two threads, each of which waits for the other's lock: S in `futex` (202), both of them, no CPU.
    Deadlock,
    /// Descriptors leak until there are none, and then its accept loop goes on like this.
    FdLeak(AfterLeak),
    /// It writes to a client of its own that does not read: S in `write` (1), `wait_woken`, no CPU.
    SlowWrite,
    /// It is the parent of a `vfork` whose child does not go on: D in `kernel_clone`, no CPU, and one more in the load average. SIGKILL ends it:
    /// D does not always mean that it cannot be killed.
    Uninterruptible,
    /// It opens a file of a file system that does not answer while somebody reads it: D in `open` (257), `__folio_lock`, no CPU, and one more in the load
    /// average. No signal ends it, SIGKILL waits with it (`SigPnd` has 0x100), until the file system answers or is gone.
    Unkillable,
}

/// What a program does when `accept` fails for want of a descriptor (EMFILE).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AfterLeak {
    /// It raises, as in gunicorn's sync worker: the worker ends, the master forks another, and the leak is healed by a crash (0.1 s).
    Raises,
    /// It tries again at once. The listener stays readable, so `poll` returns, `accept` fails, and so on: R, 19 % user and 77 % system.
    TriesAgain,
    /// It waits before it tries again ([`BACK_OFF`]): S in `nanosleep`, no CPU.
    BacksOff,
}

impl Sickness {
    /// All that there are.
    pub const ALL: [Sickness; 8] = [
        Sickness::Spin,
        Sickness::Deadlock,
        Sickness::FdLeak(AfterLeak::Raises),
        Sickness::FdLeak(AfterLeak::TriesAgain),
        Sickness::FdLeak(AfterLeak::BacksOff),
        Sickness::SlowWrite,
        Sickness::Uninterruptible,
        Sickness::Unkillable,
    ];

    /// Its place among all: how engines tell a process of it by a number.
    pub fn number(self) -> u8 {
        let place = Sickness::ALL.iter().position(|one| *one == self);
        u8::try_from(place.unwrap_or_default()).unwrap_or_default()
    }

    /// Whether the process never comes back to its work. A leak before a loop that raises ends the process instead.
    pub fn is_for_good(self) -> bool {
        self != Sickness::FdLeak(AfterLeak::Raises)
    }

    /// Whether it keeps a core busy.
    pub fn burns(self) -> bool {
        matches!(
            self,
            Sickness::Spin | Sickness::FdLeak(AfterLeak::TriesAgain)
        )
    }

    /// Whether a signal that unwinds what a worker does (ABRT, QUIT) reaches it, as Python's handlers run between two steps and after an
    /// interrupted call. A lock that is waited for in C is waited for again, and a `vfork` does not return; of those only SIGKILL makes an end.
    pub fn hears_signals(self) -> bool {
        !matches!(
            self,
            Sickness::Deadlock | Sickness::Uninterruptible | Sickness::Unkillable
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_number_of_its_own() {
        for (place, sickness) in (0..).zip(Sickness::ALL) {
            assert_eq!(sickness.number(), place);
        }
    }

    #[test]
    fn only_the_leak_that_raises_is_healed_by_its_own_crash() {
        let healed: Vec<Sickness> = Sickness::ALL
            .into_iter()
            .filter(|sickness| !sickness.is_for_good())
            .collect();
        assert_eq!(healed, [Sickness::FdLeak(AfterLeak::Raises)]);
    }
}

//! The one `fork`, and why it is sound; and what a process that was started again takes over.
//!
//! After `fork` only the calling thread lives on in the child, with whatever locks other threads held still locked. The
//! master has no other threads: it is re-executed for this purpose, before any runtime, and each fork checks that it is alone.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use rustix::process::{Pid, Signal};

use crate::bug;

/// What a worker ends with that has panicked.
const PANICKED: i32 = 255;

/// Forks. In the child `run` is called, and the process ends with what it returns, without unwinding into the master's code and
/// without running its exit handlers. In the parent: the child's pid.
///
/// A child that is `tied` dies with its parent (`PR_SET_PDEATHSIG`, SIGKILL), even if that is killed by SIGKILL.
///
/// # Errors
/// Those of `fork`; or that this process has several threads.
#[expect(unsafe_code, reason = "a pre-fork server forks")]
pub(super) fn fork_worker(tied: bool, run: impl FnOnce() -> i32) -> io::Result<u32> {
    if threads()? != 1 {
        return Err(io::Error::other(
            "the master has more than one thread, so it must not fork",
        ));
    }
    let master = rustix::process::getpid();
    // SAFETY: this process has exactly one thread (checked above), so no lock can be held by a thread that the child lacks, and
    // the child may use the whole of the standard library.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let code = code_of(|| {
                if tied {
                    tie_to(master);
                }
                run()
            });
            // The master's buffers are left alone.
            bug::exit_now(code)
        }
        pid => Ok(u32::try_from(pid).expect("fork returns a positive pid in the parent")),
    }
}

/// What a process ends with: what `run` returns, or 255 after a panic, as Python code that gunicorn does not expect to raise.
pub(super) fn code_of(run: impl FnOnce() -> i32) -> i32 {
    bug::ends_with(PANICKED);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or(PANICKED)
}

/// Makes this process die with `master`; at once if that has already happened.
fn tie_to(master: Pid) {
    let tied = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    if tied.is_err() || rustix::process::getppid() != Some(master) {
        bug::exit_now(0);
    }
}

/// Has the kernel send SIGIO to this process group when the pipe behind `leash` has no writer any more. Who does not ignore it dies of
/// it, whatever it is doing: this is how a lab that is gone takes workers with it that have no master left.
///
/// # Errors
/// This process does not lead its group, which may then be somebody else's; or those of `fcntl`.
#[expect(unsafe_code, reason = "`F_SETOWN` has no safe interface")]
pub(super) fn end_group_with(leash: BorrowedFd<'_>) -> io::Result<()> {
    let group = rustix::process::getpgrp();
    if group != rustix::process::getpid() {
        return Err(io::Error::other(
            "the master does not lead its process group",
        ));
    }
    let owner = -group.as_raw_nonzero().get();
    let fd = leash.as_raw_fd();
    // SAFETY: `fcntl` gets an open descriptor and numbers.
    let done = unsafe {
        match libc::fcntl(fd, libc::F_GETFL) {
            flags if flags >= 0 && libc::fcntl(fd, libc::F_SETOWN, owner) == 0 => {
                libc::fcntl(fd, libc::F_SETFL, flags | libc::O_ASYNC)
            }
            _ => -1,
        }
    };
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Takes over a descriptor that the parent left open for this process, and keeps it from programs that this one runs.
///
/// # Errors
/// There is none of this number.
#[expect(unsafe_code, reason = "a number becomes a descriptor")]
pub(super) fn inherited(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: `fcntl` may be asked about any number; it fails for one that is not open.
    if fd < 3 || unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
        return Err(io::Error::other("no such descriptor was inherited"));
    }
    // SAFETY: the descriptor is open, and was left so for whoever is told its number; nothing else in this process has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn threads() -> io::Result<usize> {
    let mut tasks = std::fs::read_dir("/proc/self/task")?;
    tasks.try_fold(0, |count, task| task.map(|_| count + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_exit_code_255() {
        assert_eq!(code_of(|| 3), 3);
        assert_eq!(code_of(|| panic!("as a test wants it")), 255);
    }

    #[test]
    fn a_descriptor_that_is_not_there_is_not_taken_over() {
        assert!(inherited(2).is_err() && inherited(-1).is_err() && inherited(1 << 20).is_err());
    }
}

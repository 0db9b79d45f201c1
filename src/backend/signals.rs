//! Real signals: a handler counts and writes one byte into the wake pipe; everything else happens outside of it.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use libc::c_int;

/// Signals 1 to 64, the real-time ones among them.
const COUNT: usize = 65;

static ARRIVED: [AtomicU32; COUNT] = [const { AtomicU32::new(0) }; COUNT];
static WAKE: AtomicI32 = AtomicI32::new(-1);

/// What a process does about a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Disposition {
    /// Count it; system calls that it interrupts are restarted.
    CountAndRestart,
    /// Count it; system calls that it interrupts fail with EINTR.
    CountAndInterrupt,
    /// The kernel's default.
    Default,
    /// Nothing.
    Ignore,
}

/// Sets up signals and makes their handler write to `wake`, which must stay open for the rest of the process. Forgets what arrived before.
///
/// # Errors
/// Those of `sigaction`.
pub(super) fn install(
    dispositions: &[(c_int, Disposition)],
    wake: BorrowedFd<'_>,
) -> io::Result<()> {
    WAKE.store(wake.as_raw_fd(), Ordering::SeqCst);
    for arrived in &ARRIVED {
        arrived.store(0, Ordering::SeqCst);
    }
    for (number, disposition) in dispositions {
        set(*number, *disposition)?;
    }
    Ok(())
}

/// Ignores a signal, here and in programs that this process runs.
///
/// # Errors
/// Those of `sigaction`.
pub(super) fn ignore(number: c_int) -> io::Result<()> {
    set(number, Disposition::Ignore)
}

/// How often a signal has arrived since the last time that this was asked.
pub(super) fn take(number: c_int) -> u32 {
    usize::try_from(number)
        .ok()
        .and_then(|index| ARRIVED.get(index))
        .map_or(0, |arrived| arrived.swap(0, Ordering::SeqCst))
}

/// Whether a signal has arrived that unwinds what a worker does, and nobody has taken it yet.
pub(super) fn unwinds() -> bool {
    [libc::SIGABRT, libc::SIGQUIT, libc::SIGINT]
        .into_iter()
        .filter_map(|number| ARRIVED.get(usize::try_from(number).ok()?))
        .any(|arrived| arrived.load(Ordering::SeqCst) > 0)
}

#[expect(unsafe_code, reason = "signal dispositions have no safe interface")]
fn set(number: c_int, disposition: Disposition) -> io::Result<()> {
    let flags = match disposition {
        Disposition::CountAndRestart => libc::SA_RESTART,
        Disposition::CountAndInterrupt | Disposition::Default | Disposition::Ignore => 0,
    };
    let handler: libc::sighandler_t = match disposition {
        Disposition::Default => libc::SIG_DFL,
        Disposition::Ignore => libc::SIG_IGN,
        _ => on_signal as extern "C" fn(c_int) as usize,
    };
    // SAFETY: `action` is a fully initialised sigaction (all-zero bytes are a valid value of this plain C struct, and
    // the fields that matter are set), its mask is an initialised empty set, and the handler does only what is allowed in one:
    // see `on_signal`.
    let result = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(number, &raw const action, std::ptr::null_mut())
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The handler: an atomic addition and a `write`, both async-signal-safe; `errno` is put back.
#[expect(
    unsafe_code,
    reason = "a signal handler may call only raw async-signal-safe functions"
)]
extern "C" fn on_signal(number: c_int) {
    if let Some(arrived) = usize::try_from(number).ok().and_then(|i| ARRIVED.get(i)) {
        arrived.fetch_add(1, Ordering::SeqCst);
    }
    let wake = WAKE.load(Ordering::SeqCst);
    if wake < 0 {
        return;
    }
    // SAFETY: `write` is async-signal-safe and gets a valid one-byte buffer; a full pipe or a closed one only makes it fail.
    // `__errno_location` returns this thread's errno, which the interrupted code may be about to read.
    unsafe {
        let errno = libc::__errno_location();
        let saved = *errno;
        libc::write(wake, [1_u8].as_ptr().cast(), 1);
        *errno = saved;
    }
}

/// Signals held back; they are let through again when this is dropped.
#[derive(Debug)]
pub(super) struct HeldBack {
    before: libc::sigset_t,
}

/// Holds back all signals of this thread, so that none is lost between `fork` and the child's own handlers.
///
/// # Errors
/// Those of `pthread_sigmask`.
#[expect(unsafe_code, reason = "signal masks have no safe interface")]
pub(super) fn hold_back() -> io::Result<HeldBack> {
    // SAFETY: both sets live on this stack, and are written by `sigfillset` and `pthread_sigmask` before they are read.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        match libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) {
            0 => Ok(HeldBack { before }),
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }
}

impl Drop for HeldBack {
    #[expect(unsafe_code, reason = "signal masks have no safe interface")]
    fn drop(&mut self) {
        // SAFETY: `before` was filled in by `pthread_sigmask`; the old mask is not asked for.
        unsafe {
            libc::pthread_sigmask(
                libc::SIG_SETMASK,
                &raw const self.before,
                std::ptr::null_mut(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_signal_that_comes_before_the_handlers_is_heard_when_they_are_there() {
        let (mut hears, wake) = UnixStream::pair().expect("a pair");
        let held_back = hold_back().expect("a mask");
        // To this thread alone: `raise` is `pthread_kill`. Its default would end the whole test.
        raise(libc::SIGUSR2);
        install(
            &[(libc::SIGUSR2, Disposition::CountAndRestart)],
            wake.as_fd(),
        )
        .expect("a handler");
        assert_eq!(take(libc::SIGUSR2), 0, "it is still held back");
        drop(held_back);
        let mut woken = [0];
        hears.read_exact(&mut woken).expect("a byte");
        assert_eq!(take(libc::SIGUSR2), 1);
        set(libc::SIGUSR2, Disposition::Default).expect("as it was");
    }

    #[expect(unsafe_code, reason = "rustix raises no signal")]
    fn raise(number: c_int) {
        // SAFETY: no memory is touched.
        assert_eq!(unsafe { libc::raise(number) }, 0);
    }
}

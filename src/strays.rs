//! What a process inherits from whoever started it: open descriptors, and what is to happen at a limit of file sizes.
//!
//! A shell, a test runner or a CI job often passes descriptors on. Where descriptors are counted, in a proxy's own process and in the real nginx, they would
//! count too.

/// Closes all but the standard streams. Only for the very beginning of a process that was started for a role of its own: whatever is open
/// by then beyond those three is nobody's.
#[expect(unsafe_code, reason = "`close_range` has no safe interface")]
pub(crate) fn close_strays() {
    // SAFETY: nothing in this process owns a descriptor yet. A kernel without the call (before 5.9) leaves them open, and no harm is done.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
}

/// A write beyond the limit of file sizes (`ulimit -f`) is an error like that of a full disk, and not the end of the process. Processes that this
/// one starts inherit it.
pub(crate) fn full_files_are_errors() {
    at_full_files(libc::SIG_IGN);
}

/// The kernel's default again, for a program that is not ours.
pub(crate) fn full_files_end_the_process() {
    at_full_files(libc::SIG_DFL);
}

#[expect(unsafe_code, reason = "signal dispositions have no safe interface")]
fn at_full_files(disposition: libc::sighandler_t) {
    // SAFETY: no handler is installed: the signal is ignored, or does what it does by default. It fails only for a number that is no signal's.
    unsafe { libc::signal(libc::SIGXFSZ, disposition) };
}

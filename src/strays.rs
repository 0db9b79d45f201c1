//! Descriptors that whoever started this process has left open in it.
//!
//! A shell, a test runner or a CI job often passes some on. Where descriptors are counted, in a proxy's own process and in the real nginx, they would
//! count too.

/// Closes all but the standard streams. Only for the very beginning of a process that was started for a role of its own: whatever is open
/// by then beyond those three is nobody's.
#[expect(unsafe_code, reason = "`close_range` has no safe interface")]
pub(crate) fn close_strays() {
    // SAFETY: nothing in this process owns a descriptor yet. A kernel without the call (before 5.9) leaves them open, and no harm is done.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
}

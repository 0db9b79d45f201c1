//! Giving up root, as nginx's workers do: who passes every mode shows nothing about modes.

use std::io;
use std::os::unix::fs::chown;
use std::path::Path;

use crate::process::NOBODY;

/// Makes this process, all threads of it, `nobody`'s, and the folder of its temp files with it.
///
/// # Errors
/// It is not root's.
#[expect(
    unsafe_code,
    reason = "credentials of all threads have no safe interface"
)]
pub(super) fn become_nobody(temp_dir: &Path) -> io::Result<()> {
    chown(temp_dir, Some(NOBODY), Some(NOBODY))?;
    // SAFETY: numbers and an empty list. The C library has every thread do the same, and what they may do from here on is less than before.
    let done = unsafe {
        [
            libc::setgroups(0, std::ptr::null()),
            libc::setresgid(NOBODY, NOBODY, NOBODY),
            libc::setresuid(NOBODY, NOBODY, NOBODY),
        ]
    };
    match done {
        [0, 0, 0] => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

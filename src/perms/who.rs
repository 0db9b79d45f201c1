//! Being somebody else than root, for a moment and in one thread.

/// Which class of a file's mode counts for whoever tries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// It is his: the first digit counts, and no other.
    Owner,
    /// It is not his, and of a group of his: the second.
    Group,
    /// Neither: the third.
    Other,
}

/// Whether this process passes every mode.
pub fn is_root() -> bool {
    crate::process::is_root()
}

/// Does something as `nobody` where this process is root, and as who it is where it is not.
///
/// # Panics
/// If the kernel does not let root be somebody else, or `work` panics.
pub fn as_nobody<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if !is_root() {
        return work();
    }
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            become_nobody();
            work()
        });
        match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// This thread alone: the system calls themselves, which the C library would have all threads make.
#[expect(
    unsafe_code,
    reason = "credentials of one thread have no safe interface"
)]
fn become_nobody() {
    let nobody = libc::c_long::from(super::NOBODY);
    let none: *const libc::gid_t = std::ptr::null();
    // SAFETY: numbers and an empty list. What this thread may do from here on is less than before, and it ends soon; others are not touched.
    let done = unsafe {
        [
            libc::syscall(libc::SYS_setgroups, 0_usize, none),
            libc::syscall(libc::SYS_setresgid, nobody, nobody, nobody),
            libc::syscall(libc::SYS_setresuid, nobody, nobody, nobody),
        ]
    };
    assert_eq!(done, [0; 3], "root may become anybody");
}

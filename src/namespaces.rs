//! Namespaces of a process of its own, in which it may mount: without rights over this machine.
//!
//! A process with threads cannot make a user namespace, so whoever wants one starts a helper.

use std::ffi::{CStr, CString, OsStr};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

/// Where the kernel keeps whether users may have them, the value that forbids it, and how that is changed.
const SWITCHES: [(&str, &str, &str); 3] = [
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "user namespaces are switched off (user.max_user_namespaces = 0); `sysctl user.max_user_namespaces=10000` as root",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "users may not make namespaces (kernel.unprivileged_userns_clone = 0); `sysctl kernel.unprivileged_userns_clone=1` as root",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor keeps users from namespaces (kernel.apparmor_restrict_unprivileged_userns = 1); set it to 0 as root, or give slowlab a profile with \
         `userns,`",
    ),
];

/// The switch of this kernel that keeps users from namespaces, if one does, and what to do.
pub(crate) fn forbidden_by(reads: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let forbids = |(path, value, _): &&(&str, &str, &str)| {
        reads(path).is_some_and(|found| found.trim_end() == *value)
    };
    SWITCHES.iter().find(forbids).map(|(.., why)| *why)
}

/// Puts this process into a user namespace in which its user is root, and a mount namespace below it.
///
/// # Errors
/// The kernel does not let users have them, or this process has threads.
pub(crate) fn enter() -> io::Result<()> {
    let (user, group) = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {group} 1"))
}

/// Puts this process into a network namespace of its own; whether that took a user namespace, in which its user keeps his number.
///
/// # Errors
/// The kernel does not let users have them, or this process has threads.
pub(crate) fn leave_the_network() -> io::Result<bool> {
    if another_network().is_ok() {
        return Ok(false);
    }
    let (user, group) = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    Ok(true)
}

/// Puts this process into a fresh network namespace.
///
/// # Errors
/// Without the right to.
pub(crate) fn another_network() -> io::Result<()> {
    unshare(libc::CLONE_NEWNET)
}

#[expect(unsafe_code, reason = "`unshare` has no safe interface here")]
fn unshare(what: libc::c_int) -> io::Result<()> {
    // SAFETY: callers have one thread, and nothing of them depends on the namespaces that they leave.
    match unsafe { libc::unshare(what) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Mounts a file system of this kind, in namespaces of this process.
///
/// # Errors
/// Those of `mount`.
#[expect(unsafe_code, reason = "`mount` has no safe interface here")]
pub(crate) fn mount(kind: &CStr, at: &OsStr, options: &[u8]) -> io::Result<()> {
    let (options, at) = (CString::new(options)?, CString::new(at.as_bytes())?);
    // SAFETY: all strings end in zero bytes and live until the call returns.
    let mounted = unsafe {
        libc::mount(
            c"none".as_ptr(),
            at.as_ptr(),
            kind.as_ptr(),
            libc::MS_NOSUID | libc::MS_NODEV,
            options.as_ptr().cast(),
        )
    };
    match mounted {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_that_forbids_it_is_named() {
        for (path, value, _) in SWITCHES {
            let reads = |asked: &str| (asked == path).then(|| format!("{value}\n"));
            let said = forbidden_by(reads).unwrap_or_default();
            assert!(said.contains(path.rsplit('/').next().unwrap()), "{said}");
        }
        assert_eq!(forbidden_by(|_| Some("100\n".to_owned())), None);
    }
}

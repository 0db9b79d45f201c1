//! Names of the system calls in which the processes of a stack are met.

/// What `/proc/PID/syscall` says: the name of the call, or its number where it is not a usual one; nothing while the process runs, or is in none.
pub(super) fn name_of(text: &str) -> Option<String> {
    let number: libc::c_long = text.split_ascii_whitespace().next()?.parse().ok()?;
    if number < 0 {
        return None;
    }
    let known = KNOWN.iter().chain(OF_X86);
    let found = known.into_iter().find(|(known, _)| *known == number);
    Some(found.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned()))
}

const KNOWN: [(libc::c_long, &str); 23] = [
    (libc::SYS_read, "read"),
    (libc::SYS_write, "write"),
    (libc::SYS_writev, "writev"),
    (libc::SYS_sendto, "sendto"),
    (libc::SYS_sendmsg, "sendmsg"),
    (libc::SYS_recvfrom, "recvfrom"),
    (libc::SYS_recvmsg, "recvmsg"),
    (libc::SYS_accept, "accept"),
    (libc::SYS_accept4, "accept4"),
    (libc::SYS_connect, "connect"),
    (libc::SYS_ppoll, "ppoll"),
    (libc::SYS_pselect6, "pselect6"),
    (libc::SYS_epoll_pwait, "epoll_pwait"),
    (libc::SYS_futex, "futex"),
    (libc::SYS_nanosleep, "nanosleep"),
    (libc::SYS_clock_nanosleep, "clock_nanosleep"),
    (libc::SYS_clone, "clone"),
    (libc::SYS_openat, "openat"),
    (libc::SYS_fsync, "fsync"),
    (libc::SYS_utimensat, "utimensat"),
    (libc::SYS_wait4, "wait4"),
    (libc::SYS_waitid, "waitid"),
    (libc::SYS_sendfile, "sendfile"),
];

/// Calls that newer architectures do without.
#[cfg(target_arch = "x86_64")]
const OF_X86: &[(libc::c_long, &str)] = &[
    (libc::SYS_poll, "poll"),
    (libc::SYS_select, "select"),
    (libc::SYS_epoll_wait, "epoll_wait"),
    (libc::SYS_vfork, "vfork"),
    (libc::SYS_fork, "fork"),
    (libc::SYS_pause, "pause"),
    (libc::SYS_open, "open"),
];
#[cfg(not(target_arch = "x86_64"))]
const OF_X86: &[(libc::c_long, &str)] = &[];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_named_or_numbered() {
        let write = format!(
            "{} 0x3 0x7ffc 0x10 0x0 0x0 0x0 0x7ffc 0x7f",
            libc::SYS_write
        );
        assert_eq!(name_of(&write).as_deref(), Some("write"));
        assert_eq!(name_of("99999 0x0").as_deref(), Some("99999"));
        assert_eq!(name_of("running\n"), None);
        assert_eq!(name_of("-1 0x7ffc 0x7f"), None);
    }
}

//! Why a process gets no network of its own: which setting or profile, and what to do.

use std::fs;
use std::io;

/// Where the kernel keeps it, the value that forbids it, and how that is changed.
const SWITCHES: [(&str, &str, &str); 3] = [
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "user namespaces are switched off (user.max_user_namespaces = 0); `sysctl user.max_user_namespaces=10000` as root, or run as root",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "users may not make namespaces (kernel.unprivileged_userns_clone = 0); `sysctl kernel.unprivileged_userns_clone=1` as root, or run as root",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor keeps users from namespaces (kernel.apparmor_restrict_unprivileged_userns = 1); set it to 0 as root, give slowlab a profile with \
         `userns,`, or run as root",
    ),
];

/// The error, and what stands behind it as far as that can be told.
pub(super) fn explained(error: &io::Error) -> String {
    let reads = |path: &str| fs::read_to_string(path).ok();
    format!(
        "no network of its own for this user: {error}; {}",
        cause(error, reads)
    )
}

fn cause(error: &io::Error, reads: impl Fn(&str) -> Option<String>) -> String {
    let forbids = |(path, value, _): &&(&str, &str, &str)| {
        reads(path).is_some_and(|found| found.trim_end() == *value)
    };
    if let Some((.., why)) = SWITCHES.iter().find(forbids) {
        return (*why).to_owned();
    }
    let why = match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => {
            "probably a seccomp profile, as containers have one; run the container with `--security-opt seccomp=unconfined` or \
             `--cap-add SYS_ADMIN --cap-add NET_ADMIN`"
        }
        Some(libc::ENOSPC) => {
            "all namespaces are taken; raise user.max_net_namespaces and user.max_user_namespaces"
        }
        Some(libc::EOPNOTSUPP) => "the kernel has no virtual Ethernet; `modprobe veth` as root",
        _ => "the kernel may lack namespaces, virtual Ethernet (veth) or packet sockets",
    };
    why.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_that_forbids_it_is_named() {
        let error = io::Error::from_raw_os_error(libc::EPERM);
        for (path, value, _) in SWITCHES {
            let reads = |asked: &str| (asked == path).then(|| format!("{value}\n"));
            let said = cause(&error, reads);
            let name = path.rsplit('/').next().unwrap();
            assert!(said.contains(name), "{said}");
        }
        assert!(cause(&error, |_| None).contains("seccomp"));
        let full = io::Error::from_raw_os_error(libc::ENOSPC);
        assert!(cause(&full, |_| Some("100\n".to_owned())).contains("max_net_namespaces"));
    }
}

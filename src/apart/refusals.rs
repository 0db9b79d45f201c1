//! Why a process gets no network of its own: which setting or profile, and what to do.

use std::fs;
use std::io;

use crate::namespaces;

/// The error, and what stands behind it as far as that can be told.
pub(super) fn explained(error: &io::Error) -> String {
    let reads = |path: &str| fs::read_to_string(path).ok();
    format!(
        "no network of its own for this user: {error}; {}",
        cause(error, reads)
    )
}

fn cause(error: &io::Error, reads: impl Fn(&str) -> Option<String>) -> String {
    if let Some(switch) = namespaces::forbidden_by(reads) {
        return format!("{switch}, or run as root");
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
    fn the_switch_or_the_profile_that_forbids_it_is_named() {
        let error = io::Error::from_raw_os_error(libc::EPERM);
        let off = |asked: &str| (asked.ends_with("max_user_namespaces")).then(|| "0\n".to_owned());
        let said = cause(&error, off);
        assert!(said.contains("max_user_namespaces"), "{said}");
        assert!(cause(&error, |_| None).contains("seccomp"));
        let full = io::Error::from_raw_os_error(libc::ENOSPC);
        assert!(cause(&full, |_| Some("100\n".to_owned())).contains("max_net_namespaces"));
    }
}

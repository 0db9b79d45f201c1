//! What the kernel says of a process, by its number: `/proc/PID/stat`.

use std::path::PathBuf;

/// A process as it is now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stat {
    /// `R`, `S`, `D`, `T`, `Z` and others (proc(5)).
    state: char,
    /// Its process group.
    pub(super) group: u32,
    /// Its session.
    pub(super) session: u32,
    /// When it began, in clock ticks since the machine did. With it a number means one process only.
    pub(super) started: u64,
}

/// Fields of the file counted from the one after the name (proc(5): 3, 5, 6 and 22).
const STATE: usize = 0;
const GROUP: usize = 2;
const SESSION: usize = 3;
const STARTED: usize = 19;

impl Stat {
    /// Of the process with this number; `None` if there is none.
    pub(crate) fn of(pid: u32) -> Option<Stat> {
        Stat::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    fn parse(text: &str) -> Option<Stat> {
        // A name may have anything in it, also brackets.
        let fields: Vec<&str> = text[text.rfind(')')? + 1..].split_whitespace().collect();
        Some(Stat {
            state: fields.get(STATE)?.chars().next()?,
            group: fields.get(GROUP)?.parse().ok()?,
            session: fields.get(SESSION)?.parse().ok()?,
            started: fields.get(STARTED)?.parse().ok()?,
        })
    }

    /// Whether it only waits for its parent to take note of its end.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }

    /// Whether somebody has stopped it (SIGSTOP, job control); not by a debugger.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state == 'T'
    }
}

/// Whether a process has been stopped.
pub(crate) fn is_stopped(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| stat.is_stopped())
}

/// All processes of this user: number and what is known.
pub(super) fn own() -> Vec<(u32, Stat)> {
    use std::os::unix::fs::MetadataExt as _;
    let me = rustix::process::geteuid().as_raw();
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mine = all.filter(|entry| entry.metadata().is_ok_and(|about| about.uid() == me));
    let pids = mine.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, Stat::of(pid)?))).collect()
}

/// Its name, as `ps` shows it.
pub(super) fn name(pid: u32) -> String {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end().to_owned()
}

/// Its working folder.
pub(super) fn working_folder(pid: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_brackets_in_them() {
        let text = "77 (a) (b)) T 1 70 60 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 1 1";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.group, stat.session, stat.started), (70, 60, 12_345));
        assert!(stat.is_stopped() && !stat.is_dead());
        assert_eq!(Stat::parse("77 (a"), None);
        assert_eq!(Stat::parse(""), None);
    }

    #[test]
    fn this_process_is_one_of_its_users() {
        let me = std::process::id();
        let stat = Stat::of(me).unwrap();
        assert!(!stat.is_dead() && !is_stopped(me));
        assert!(
            own()
                .iter()
                .any(|(pid, it)| *pid == me && it.started == stat.started)
        );
        assert_eq!(working_folder(me), std::env::current_dir().ok());
        assert_eq!(Stat::of(u32::MAX), None);
    }
}

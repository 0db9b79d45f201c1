//! A process that a run has started, as it can be found again by somebody who did not start it; and its end by force.
//!
//! A number alone may be another process's by then. With the instant at which it began it is not, and whoever is killed is held by a
//! pidfd meanwhile. What a process started that leads its group is found by the group. The number of a group is nobody else's while one of it lives;
//! but the group may have ended and come anew, so a member has to show that it belongs here: by the folder in which the program was
//! started, or by a name of ours.

use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use crate::masters::{has_ended, open_pidfd, pid_of, reap_group};
use crate::process::{Stat, name, own, working_folder};
use crate::time::Span;

/// How all processes of ours are called.
const OURS: &str = "slowlab:";
/// A process that is killed may have started another just before: so often it is looked again.
const ROUNDS: usize = 4;
/// How long one that was killed may take to end.
const END_LIMIT: Span = Span::from_secs(2);

/// A process that leads a group of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Trace {
    pid: u32,
    started: u64,
    session: u32,
    /// Where a program that is not ours was started.
    folder: Option<PathBuf>,
}

impl Trace {
    /// One that lives; `None` if it does not any more. `folder` is where it was started, if it is a program that is not ours.
    pub(crate) fn of(pid: u32, folder: Option<&Path>) -> Option<Trace> {
        let stat = Stat::of(pid)?;
        Some(Trace {
            pid,
            started: stat.started,
            session: stat.session,
            folder: folder
                .map(|folder| folder.canonicalize().unwrap_or_else(|_| folder.to_owned())),
        })
    }

    /// The numbers of all of its group that are left.
    pub(super) fn left(&self) -> Vec<u32> {
        self.members().into_iter().map(|(pid, _)| pid).collect()
    }

    /// Kills it and its group; the numbers of those who were, and whether none is left.
    pub(crate) fn end(&self) -> (Vec<u32>, bool) {
        let mut killed = Vec::new();
        for _ in 0..ROUNDS {
            let members = self.members();
            if members.is_empty() {
                return (killed, true);
            }
            for (pid, stat) in members {
                if kill(pid, stat) {
                    killed.push(pid);
                }
            }
        }
        let none_left = self.members().is_empty();
        (killed, none_left)
    }

    /// Takes note of the ends of those whose parent this process has become.
    pub(crate) fn reap(&self) {
        if let Ok(group) = pid_of(self.pid) {
            reap_group(group);
        }
    }

    fn members(&self) -> Vec<(u32, Stat)> {
        let all = own();
        let leader = all.iter().find(|(pid, _)| *pid == self.pid);
        if leader.is_some_and(|(_, stat)| stat.started != self.started) {
            return Vec::new();
        }
        let ours = |(pid, stat): &(u32, Stat)| {
            // It may have been looked at before it began a session of its own, which then has its number.
            let in_session = [self.session, self.pid].contains(&stat.session);
            let of_group = stat.group == self.pid && in_session;
            !stat.is_dead()
                && (*pid == self.pid
                    || of_group && stat.started >= self.started && self.shows(*pid))
        };
        all.into_iter().filter(ours).collect()
    }

    fn shows(&self, pid: u32) -> bool {
        match &self.folder {
            Some(folder) => working_folder(pid).as_ref() == Some(folder),
            None => name(pid).starts_with(OURS),
        }
    }
}

/// Kills a process if it is still the one that was looked at, and waits for its end.
fn kill(pid: u32, seen: Stat) -> bool {
    let Ok(pidfd) = open_pidfd(pid) else {
        return false;
    };
    let same = Stat::of(pid).is_some_and(|stat| stat.started == seen.started);
    let killed = same && rustix::process::pidfd_send_signal(&pidfd, Signal::KILL).is_ok();
    if killed {
        has_ended(&pidfd, END_LIMIT);
    }
    killed
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use super::*;

    /// A shell in a group of its own that starts others and waits.
    fn family(folder: &Path) -> std::process::Child {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "sleep 300 & sleep 300 & wait"])
            .current_dir(folder);
        shell.process_group(0).spawn().unwrap()
    }

    fn sleepers(group: u32) -> usize {
        let all = own();
        let found = all
            .iter()
            .filter(|(pid, stat)| stat.group == group && !stat.is_dead() && name(*pid) == "sleep");
        found.count()
    }

    fn eventually(condition: impl Fn() -> bool) {
        assert!(crate::leave::Leave::default().looking(Span::from_secs(60), condition));
    }

    #[test]
    fn a_group_is_ended_with_its_leader_and_without() {
        let folder = tempfile::tempdir().unwrap();
        for leader_dies in [false, true] {
            let mut shell = family(folder.path());
            let trace = Trace::of(shell.id(), Some(folder.path())).unwrap();
            eventually(|| sleepers(shell.id()) == 2);
            if leader_dies {
                shell.kill().unwrap();
                shell.wait().unwrap();
            }
            assert!(!trace.left().is_empty());
            let (killed, none_left) = trace.end();
            assert_eq!(
                (killed.len(), none_left),
                (3 - usize::from(leader_dies), true)
            );
            assert!(trace.left().is_empty() && sleepers(trace.pid) == 0);
            let _ = shell.wait();
        }
    }

    #[test]
    fn who_does_not_show_that_it_belongs_here_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let mut shell = family(folder.path());
        let trace = Trace::of(shell.id(), Some(elsewhere.path())).unwrap();
        let other = Trace {
            started: trace.started + 1,
            ..trace.clone()
        };
        eventually(|| sleepers(shell.id()) == 2);
        // Another process has the number: it and all of its group are somebody else's.
        assert_eq!(other.end(), (Vec::new(), true));
        shell.kill().unwrap();
        shell.wait().unwrap();
        assert_eq!(trace.end(), (Vec::new(), true));
        assert_eq!(sleepers(trace.pid), 2);
        let right = Trace {
            folder: Some(folder.path().canonicalize().unwrap()),
            ..trace
        };
        assert_eq!(right.end().0.len(), 2);
    }
}

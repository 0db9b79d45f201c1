//! `reexec` and `maybe_promote_master`: a second master beside the first, and what becomes of it when the first one ends.

use super::{Action, Arbiter, Level};
use crate::machine::backend_config::BackendConfig;
use crate::seed::Seed;
use crate::time::Timestamp;

/// The other master, as far as this one knows (`reexec_pid` and `master_pid`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Second {
    /// There is none.
    None,
    /// This one has started it; its process id.
    Child(u32),
    /// It started this one, and is there.
    Parent,
}

impl Arbiter {
    /// A master that another one has started: it takes that one's place when it is gone.
    pub fn successor(config: &BackendConfig, seed: Seed) -> Arbiter {
        Arbiter {
            second: Second::Parent,
            ..Arbiter::new(config, seed)
        }
    }

    pub(super) fn reexec(&mut self) {
        let there = match self.second {
            Second::None => return self.actions.push_back(Action::Reexec),
            Second::Child(_) => "Child",
            Second::Parent => "Parent",
        };
        let text = format!("USR2 signal ignored. {there} exists.");
        self.log(Level::Warning, text);
    }

    /// The answer to [`Action::Reexec`].
    pub fn reexecuted(&mut self, pid: u32) {
        self.second = Second::Child(pid);
    }

    /// The other answer to it: the kernel refused. gunicorn lets the exception end the master.
    pub fn reexec_failed(&mut self, now: Timestamp, why: &str) {
        self.spawn_failed(now, why);
    }

    /// The answer to [`Action::CheckParent`]: the master that started this one is gone.
    pub fn promoted(&mut self) {
        // Before the wait that comes next.
        let text = "Master has been promoted.".to_owned();
        self.actions.push_front(Action::Log(Level::Info, text));
        self.second = Second::None;
    }

    /// What it calls itself (`master_name`).
    pub(super) fn name(&self) -> &'static str {
        match self.second {
            Second::Parent => "Master.2",
            Second::None | Second::Child(_) => "Master",
        }
    }
}

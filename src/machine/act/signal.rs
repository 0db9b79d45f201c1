//! Signals, and who has a meaning for them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::target::Target;

/// A signal and who gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignalTo {
    /// Who.
    pub to: Target,
    /// Which.
    pub name: SignalName,
}

/// A signal, without the SIG.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum SignalName {
    /// End gracefully.
    Term,
    /// End at once.
    Int,
    /// End at once.
    Quit,
    /// Reload.
    Hup,
    /// Reopen the logs.
    Usr1,
    /// A second master.
    Usr2,
    /// One worker more.
    Ttin,
    /// One worker less.
    Ttou,
    /// A terminal's new size; gunicorn: no workers, if it is a daemon.
    Winch,
    /// What the master sends to a worker whose heartbeat is stale; the master itself has no handler for it and dies.
    Abrt,
    /// The end, whatever the process does.
    Kill,
}

impl SignalTo {
    /// Whether a master dies of it without a word, and leaves its workers to themselves.
    pub fn kills_a_master(&self) -> bool {
        self.name.kills_a_master() && matches!(self.to, Target::Backend | Target::NewBackend)
    }
}

impl SignalName {
    /// As in the file, and after `kill -`.
    pub fn name(self) -> &'static str {
        match self {
            SignalName::Term => "TERM",
            SignalName::Int => "INT",
            SignalName::Quit => "QUIT",
            SignalName::Hup => "HUP",
            SignalName::Usr1 => "USR1",
            SignalName::Usr2 => "USR2",
            SignalName::Ttin => "TTIN",
            SignalName::Ttou => "TTOU",
            SignalName::Winch => "WINCH",
            SignalName::Abrt => "ABRT",
            SignalName::Kill => "KILL",
        }
    }

    /// Whether a master dies of it without a word.
    pub fn kills_a_master(self) -> bool {
        matches!(self, SignalName::Abrt | SignalName::Kill)
    }

    /// Whether a master reads its configuration at it, or a new one does.
    pub fn has_configuration_read(self) -> bool {
        matches!(self, SignalName::Hup | SignalName::Usr2)
    }

    /// Whether a proxy takes it only in a process of its own: within the run's it would meet clients and measurement too.
    pub fn needs_own_process(self) -> bool {
        self != SignalName::Hup
    }

    /// Why an act cannot send this to `target`, and what would do instead; `None` if it can.
    pub fn refused_by(self, target: Target) -> Option<(&'static str, &'static str)> {
        use SignalName::{Abrt, Hup, Int, Kill, Quit, Term, Ttin, Ttou, Usr1, Usr2, Winch};
        match (target, self) {
            (Target::Backend | Target::NewBackend, _)
            | (Target::Proxy | Target::Edge, Hup | Quit | Term | Int | Usr1 | Kill) => None,
            (Target::Proxy | Target::Edge, Usr2 | Winch | Ttin | Ttou | Abrt) => Some((
                "it is not played there",
                "HUP, QUIT, TERM, INT, USR1 and KILL are",
            )),
            (Target::EveryWorker, _) => Some((
                "a signal goes to one process",
                "send it to `backend`, or to one worker after another",
            )),
            (Target::Worker(_), Term | Int | Quit | Usr1 | Abrt | Kill) => None,
            (Target::Worker(_), Hup | Ttin | Ttou | Usr2 | Winch) => Some((
                "only a master has a meaning for it",
                "send it to `backend`, or TERM, QUIT, ABRT or KILL to a worker",
            )),
        }
    }
}

impl fmt::Display for SignalTo {
    /// `HUP to backend`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.name, self.to)
    }
}

impl fmt::Display for SignalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

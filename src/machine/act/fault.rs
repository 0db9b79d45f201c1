//! Faults: a process that goes wrong at an instant, and how an engine brings that about.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::target::Target;
use crate::machine::sickness::{AfterLeak, Sickness};

/// A fault and whom it befalls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultTo {
    /// Whom.
    pub to: Target,
    /// Which.
    pub kind: FaultKind,
}

/// What goes wrong with a process that exists.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A loop without an end.
    Spin,
    /// Two threads that wait for each other's lock.
    Deadlock,
    /// Descriptors leak until there are none; the accept loop raises, as gunicorn's does, or pauses for 500 ms, as nginx's.
    FdLeak,
    /// The same before a loop that tries again at once. No gunicorn does that.
    FdLeakSpins,
    /// The same before a loop that waits 100 ms. No gunicorn does that.
    FdLeakBacksOff,
    /// SIGSTOP.
    Stop,
    /// SIGKILL: the master sees it and forks another.
    Kill,
    /// SIGKILL, and nobody waits for it: a worker's master is stopped before, and of a proxy in a process of its own slowlab is the parent.
    Zombie,
    /// A write to a client that does not read.
    SlowWrite,
    /// A `vfork` whose child does not go on: D, which SIGKILL ends all the same.
    Uninterruptible,
    /// A file is opened that a file system in user space (FUSE) does not let go of: D, which no signal ends. Needs a `/dev/fuse` that may be opened.
    Unkillable,
}

/// How it is brought about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// SIGSTOP to the process.
    Stopped,
    /// SIGKILL to the process.
    Killed,
    /// SIGKILL to the process, and its parent does not wait for it: a master is stopped before, slowlab leaves it.
    Unreaped,
    /// The process does it itself.
    FallsSick(Sickness),
}

impl FaultKind {
    /// As in the file.
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Spin => "spin",
            FaultKind::Deadlock => "deadlock",
            FaultKind::FdLeak => "fd-leak",
            FaultKind::FdLeakSpins => "fd-leak-spins",
            FaultKind::FdLeakBacksOff => "fd-leak-backs-off",
            FaultKind::Stop => "stop",
            FaultKind::Kill => "kill",
            FaultKind::Zombie => "zombie",
            FaultKind::SlowWrite => "slow-write",
            FaultKind::Uninterruptible => "uninterruptible",
            FaultKind::Unkillable => "unkillable",
        }
    }

    /// How it is brought about.
    pub fn how(self) -> How {
        How::FallsSick(match self {
            FaultKind::Stop => return How::Stopped,
            FaultKind::Kill => return How::Killed,
            FaultKind::Zombie => return How::Unreaped,
            FaultKind::Spin => Sickness::Spin,
            FaultKind::Deadlock => Sickness::Deadlock,
            FaultKind::FdLeak => Sickness::FdLeak(AfterLeak::Raises),
            FaultKind::FdLeakSpins => Sickness::FdLeak(AfterLeak::TriesAgain),
            FaultKind::FdLeakBacksOff => Sickness::FdLeak(AfterLeak::BacksOff),
            FaultKind::SlowWrite => Sickness::SlowWrite,
            FaultKind::Uninterruptible => Sickness::Uninterruptible,
            FaultKind::Unkillable => Sickness::Unkillable,
        })
    }

    /// Whether somebody is there afterwards who serves nobody, so that what waits for him is never worked off.
    pub fn is_for_good(self) -> bool {
        match self.how() {
            How::Stopped | How::Unreaped => true,
            How::Killed => false,
            How::FallsSick(sickness) => sickness.is_for_good(),
        }
    }

    /// Whether a process is stopped for it, which SIGCONT would have go on.
    pub fn stops_somebody(self) -> bool {
        matches!(self.how(), How::Stopped | How::Unreaped)
    }

    /// Why it cannot befall `target`, and what would do instead; `None` if it can.
    pub fn refused_by(self, target: Target) -> Option<(&'static str, &'static str)> {
        match (target, self) {
            (Target::EveryWorker, FaultKind::Zombie) => {
                Some(("a master is stopped once", "say `worker 1`"))
            }
            (Target::Worker(_) | Target::EveryWorker, _)
            | (
                Target::Proxy | Target::Edge,
                FaultKind::Stop
                | FaultKind::Kill
                | FaultKind::Zombie
                | FaultKind::Spin
                | FaultKind::Deadlock
                | FaultKind::FdLeak
                | FaultKind::SlowWrite
                | FaultKind::Uninterruptible
                | FaultKind::Unkillable,
            )
            | (Target::Backend | Target::NewBackend, FaultKind::Stop) => None,
            (Target::Proxy | Target::Edge, FaultKind::FdLeakSpins | FaultKind::FdLeakBacksOff) => {
                Some((
                    "a proxy's accept loop is nginx's, which pauses for 500 ms",
                    "say `fd-leak`; a worker takes every kind",
                ))
            }
            (Target::Backend | Target::NewBackend, FaultKind::Kill) => Some((
                "a master is killed by a signal",
                "say `signal = { to = \"backend\", name = \"KILL\" }`",
            )),
            (Target::Backend | Target::NewBackend, _) => Some((
                "a master serves nobody itself",
                "`stop` is played there; a worker takes every kind",
            )),
        }
    }
}

impl FaultTo {
    /// Whether a master is stopped by it.
    pub fn stops_a_master(&self) -> bool {
        let is_master = matches!(self.to, Target::Backend | Target::NewBackend);
        match self.kind.how() {
            How::Unreaped => self.to.tier().is_none(),
            How::Stopped => is_master,
            How::Killed | How::FallsSick(_) => false,
        }
    }

    /// Whether a proxy falls sick by it.
    pub fn sickens_a_proxy(&self) -> bool {
        self.to.tier().is_some() && matches!(self.kind.how(), How::FallsSick(_))
    }

    /// Whether a proxy is stopped by it.
    pub fn stops_a_proxy(&self) -> bool {
        self.to.tier().is_some() && self.kind.how() == How::Stopped
    }
}

impl fmt::Display for FaultTo {
    /// `fault spin in worker 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault {} in {}", self.kind.name(), self.to)
    }
}

//! The masters of a backend, ours or gunicorn's, as whoever runs it knows them: one, or after USR2 several, of which the oldest and the newest
//! that live can be told apart.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};

use crate::process::is_stopped;
use crate::time::Span;

/// Why a signal for the newer of two masters finds nobody.
pub(crate) const NO_SECOND_MASTER: &str = "there is no second master";

/// All that ever were, by their ordinals.
#[derive(Debug, Default)]
pub(crate) struct Masters {
    all: BTreeMap<u32, Master>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Master {
    pub(crate) pid: u32,
    /// `None` if it was gone before it could be had.
    pidfd: Option<Arc<OwnedFd>>,
    /// The code with which it said that it ends: after a signal, or because it cannot go on.
    pub(crate) exits: Option<i32>,
    /// Whether it was sent something that it dies of without a word.
    killed: bool,
    /// Whether its end was told to whoever asks.
    told: bool,
}

impl Masters {
    /// There is one more.
    pub(crate) fn add(&mut self, ordinal: u32, pid: u32) {
        let master = Master {
            pid,
            pidfd: open_pidfd(pid).ok().map(Arc::new),
            exits: None,
            killed: false,
            told: false,
        };
        self.all.insert(ordinal, master);
    }

    /// The ordinal of the next one.
    pub(crate) fn next(&self) -> u32 {
        u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }

    /// All that live are killed from here: their end is no surprise.
    pub(crate) fn are_killed(&mut self) {
        for master in self.all.values_mut().filter(|master| master.lives()) {
            master.killed = true;
        }
    }

    /// One says that it ends.
    pub(crate) fn exits(&mut self, ordinal: u32, code: i32) {
        if let Some(master) = self.all.get_mut(&ordinal) {
            master.exits = Some(code);
        }
    }

    /// Sends a signal to a master: of two to the newer or the older one.
    ///
    /// # Errors
    /// It is gone, or never was.
    pub(crate) fn signal(&mut self, newer: bool, signal: Signal) -> io::Result<()> {
        let mut living = self.all.values_mut().filter(|master| master.lives());
        let (oldest, newest) = (living.next(), living.next_back());
        let master = match (newer, oldest, newest) {
            (_, None, _) => return Err(rustix::io::Errno::SRCH.into()),
            (true, _, newest) => newest.ok_or_else(|| io::Error::other(NO_SECOND_MASTER))?,
            (false, Some(oldest), _) => oldest,
        };
        master.killed |= matches!(signal, Signal::KILL | Signal::ABORT);
        master.signal(signal)
    }

    /// Those that live, the oldest first.
    pub(crate) fn living(&self) -> Vec<Master> {
        let living = self.all.values().filter(|master| master.lives());
        living.cloned().collect()
    }

    /// The one whose business the others' was in the end.
    pub(crate) fn last(&self) -> Option<&Master> {
        self.all.values().next_back()
    }

    /// The process id of the oldest that lives, or of the last that did.
    pub(crate) fn pid(&self) -> Option<u32> {
        let living = self.living();
        let master = living.first().or_else(|| self.last());
        master.map(|master| master.pid)
    }

    /// The process id of one that somebody has stopped (SIGSTOP): nothing is spawned, murdered or ended until it goes on.
    pub(crate) fn stopped(&self) -> Option<u32> {
        let mut pids = self.living().into_iter().map(|master| master.pid);
        pids.find(|pid| is_stopped(*pid))
    }

    /// Process ids of all of a backend: masters that live, without a number, and these workers with theirs.
    pub(crate) fn with_workers(&self, workers: &BTreeMap<u32, u32>) -> Vec<(Option<u32>, u32)> {
        let masters = self.living().into_iter().map(|master| (None, master.pid));
        let workers = workers.iter().map(|(age, pid)| (Some(*age), *pid));
        masters.chain(workers).collect()
    }

    /// Whether a second one was ever started.
    pub(crate) fn are_several(&self) -> bool {
        self.all.len() > 1
    }

    /// Those that have ended and whose end was not told yet.
    pub(crate) fn untold(&self) -> Vec<u32> {
        let untold = self.all.iter();
        let untold = untold.filter(|(_, master)| !master.told && !master.lives());
        untold.map(|(ordinal, _)| *ordinal).collect()
    }

    /// The end of one is told now.
    pub(crate) fn tell(&mut self, ordinal: u32) -> Option<Master> {
        let master = self.all.get_mut(&ordinal)?;
        master.told = true;
        Some(master.clone())
    }

    /// One with this process id tells of itself.
    pub(crate) fn meet(&mut self, pid: u32) {
        if self.ordinal(pid).is_none() {
            self.add(self.next(), pid);
        }
    }

    /// The ordinal of the one with this process id.
    pub(crate) fn ordinal(&self, pid: u32) -> Option<u32> {
        let found = self.all.iter().rev().find(|(_, master)| master.pid == pid);
        found.map(|(ordinal, _)| *ordinal)
    }

    /// Whether there is nothing more to be heard of one.
    pub(crate) fn has_said(&self, ordinal: u32) -> bool {
        self.all.get(&ordinal).is_some_and(Master::is_accounted_for)
    }
}

impl Master {
    fn lives(&self) -> bool {
        let ended = self
            .pidfd
            .as_ref()
            .is_none_or(|pidfd| has_ended(pidfd, Span::ZERO));
        !ended
    }

    /// Whether its end is no surprise: it said so, or was killed from here.
    pub(crate) fn is_accounted_for(&self) -> bool {
        self.exits.is_some() || self.killed
    }

    /// Waits for its end, so long at most, or until a signal comes.
    pub(crate) fn await_end(&self, limit: Span) {
        if let Some(pidfd) = &self.pidfd {
            has_ended(pidfd, limit);
        }
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// It is gone.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        let Some(pidfd) = &self.pidfd else {
            return Err(rustix::io::Errno::SRCH.into());
        };
        Ok(rustix::process::pidfd_send_signal(pidfd, signal)?)
    }
}

/// Whether a process has ended, or does so within this time.
pub(crate) fn has_ended(pidfd: &OwnedFd, limit: Span) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(pidfd.as_fd(), PollFlags::IN)];
    let limit = Timespec::try_from(limit.to_duration()).ok();
    poll(&mut fds, limit.as_ref()).is_ok_and(|ready| ready > 0)
}

/// A handle on a process, which no other process can come by with its number.
pub(crate) fn open_pidfd(pid: u32) -> io::Result<OwnedFd> {
    let pid = pid_of(pid)?;
    Ok(rustix::process::pidfd_open(pid, PidfdFlags::empty())?)
}

/// Takes note of the ends of those of a group whose parent this process is, or has become.
pub(crate) fn reap_group(group: Pid) {
    let reaped = || rustix::process::waitpgid(group, WaitOptions::NOHANG);
    while matches!(reaped(), Ok(Some(_))) {}
}

/// The signal by which a worker is told to fall sick: a real-time one, which nothing else here uses.
///
/// `number` is the sickness's own (`machine::sickness`).
pub(crate) fn sickening_signal(number: u8) -> libc::c_int {
    // glibc keeps the first ones for itself, and tells so by where it begins.
    libc::SIGRTMIN() + 1 + libc::c_int::from(number)
}

/// Tells a process to fall sick.
///
/// # Errors
/// It is gone.
#[expect(unsafe_code, reason = "rustix does not send real-time signals")]
pub(crate) fn sicken(pid: u32, number: u8) -> io::Result<()> {
    let pid = pid_of(pid)?.as_raw_nonzero().get();
    // SAFETY: no memory is touched.
    match unsafe { libc::kill(pid, sickening_signal(number)) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A process id as the kernel takes it.
///
/// # Errors
/// No process can have this number.
pub(crate) fn pid_of(pid: u32) -> io::Result<Pid> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.ok_or_else(|| io::Error::other("not a process id"))
}

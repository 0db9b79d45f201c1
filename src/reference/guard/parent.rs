//! Our side: starting a program under guard, knowing both, and ending them whatever has become of the guard.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;
use thiserror::Error;

use super::{ALONE, AT_ONCE, GRACE, GUARD_ROLE, ORDERLY, Seen, WITH_COMPANY, wait_for};
use crate::leave::{HASTE, Leave};
use crate::masters::open_pidfd;
use crate::private::{Trace, note};
use crate::process::is_stopped;
use crate::time::Span;

/// How long a guard may take to start the program.
const START_LIMIT: Span = Span::from_secs(30);
/// How long the guard may take beyond its program before it is given up.
const GUARD_LIMIT: Span = Span::from_secs(5);
/// The longest first line of a guard: a number, or why there is none.
const LONGEST_LINE: u64 = 4096;

/// What is to be run.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Order<'a> {
    /// slowlab's own binary.
    pub(in crate::reference) executable: &'a Path,
    /// The program and its arguments.
    pub(in crate::reference) command: Vec<OsString>,
    /// The working folder.
    pub(in crate::reference) dir: &'a Path,
    /// Takes what the program prints.
    pub(in crate::reference) output: &'a Path,
    /// A private folder of its own, which goes with it if we are killed.
    pub(in crate::reference) scratch: &'a Path,
    /// How to ask it to end, in order.
    pub(in crate::reference) farewell: &'static [Signal],
    /// Whether its other processes may go on without the one that is started; otherwise they end with it.
    pub(in crate::reference) company: bool,
    /// What every wait for it asks.
    pub(in crate::reference) leave: &'a Leave,
}

/// What has become of a guard that is none any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Lost {
    /// Somebody killed it.
    #[error("was killed (pid {0})")]
    Killed(u32),
    /// Somebody stopped it.
    #[error("is stopped (pid {0})")]
    Stopped(u32),
}

/// A program under guard. Dropping it ends the program.
#[derive(Debug)]
pub(in crate::reference) struct Guarded {
    guard: Child,
    leash: Option<ChildStdin>,
    pid: u32,
    /// The program and its group, if it could be looked at.
    trace: Option<Trace>,
    patience: Span,
    leave: Leave,
}

impl Guarded {
    /// Starts a program.
    ///
    /// # Errors
    /// The guard or the program could not be started, or was not waited for.
    pub(in crate::reference) fn start(order: &Order<'_>) -> io::Result<Guarded> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(order.output)?;
        std::fs::create_dir_all(order.scratch)?;
        let mut farewell = Vec::new();
        for signal in order.farewell {
            farewell.push(signal.as_raw().to_string());
        }
        let mut guard = Command::new(order.executable)
            .arg(GUARD_ROLE)
            .arg(farewell.join(","))
            .arg(match order.company {
                true => WITH_COMPANY,
                false => ALONE,
            })
            .arg(order.scratch)
            .args(&order.command)
            .current_dir(order.dir)
            // gunicorn makes a file there for each worker's heartbeat and takes its name away; who is killed between the two leaves it.
            .env("TMPDIR", order.scratch)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(output)
            .process_group(0)
            .spawn()?;
        note(order.scratch, guard.id(), Some(order.dir));
        let leash = guard.stdin.take();
        let line = match guard.stdout.take() {
            Some(stdout) => first_line(File::from(std::os::fd::OwnedFd::from(stdout)), order.leave),
            None => Ok(String::new()),
        };
        let Some(pid) = line.as_ref().ok().and_then(|line| line.trim().parse().ok()) else {
            drop(leash);
            // One that said why is about to end; one that is stopped never will be.
            let _ = guard.kill();
            let _ = guard.wait();
            return Err(match line {
                Ok(why) if !why.is_empty() => io::Error::other(why),
                Ok(_) => io::Error::other("the guard did not start it"),
                Err(error) => error,
            });
        };
        note(order.scratch, pid, Some(order.dir));
        let rounds = u64::try_from(order.farewell.len()).unwrap_or(1);
        Ok(Guarded {
            guard,
            leash,
            pid,
            trace: Trace::of(pid, Some(order.dir)),
            // The process that was started, and after it those that went on without it.
            patience: Span::from_ns(2 * GRACE.as_ns() * rounds).saturating_add(GUARD_LIMIT),
            leave: order.leave.clone(),
        })
    }

    /// The program's process id.
    pub(in crate::reference) fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended, if it has.
    pub(in crate::reference) fn ended(&mut self) -> Option<ExitStatus> {
        self.guard.try_wait().ok().flatten()
    }

    /// How it ended, if it does so within this time.
    pub(in crate::reference) fn ended_within(&mut self, limit: Span) -> Option<ExitStatus> {
        if let Ok(ended) = open_pidfd(self.guard.id()) {
            let _ = wait_for(&ended, None, limit);
        }
        self.ended()
    }

    /// Whether nobody guards the program any more.
    pub(in crate::reference) fn lost(&mut self) -> Option<Lost> {
        let guard = self.guard.id();
        match self.ended() {
            Some(status) => status.signal().map(|_| Lost::Killed(guard)),
            None => is_stopped(guard).then_some(Lost::Stopped(guard)),
        }
    }

    /// Ends the program and waits until nothing of it is left.
    pub(in crate::reference) fn stop(&mut self) {
        let Some(leash) = self.leash.take() else {
            return;
        };
        let say = |word: u8| drop((&leash).write_all(&[word])); // a guard that is gone has nothing to do
        say(ORDERLY);
        if let Ok(ended) = open_pidfd(self.guard.id()) {
            let guard = self.guard.id();
            let done = |slice| wait_for(&ended, None, slice) == Seen::End || is_stopped(guard);
            let gone = self.leave.patience(self.patience, done);
            if !gone && self.leave.is_asked() {
                say(AT_ONCE);
                wait_for(&ended, None, HASTE);
            }
            // What has no guard any more, or one that does not do what it is there for, is ended from here.
            if wait_for(&ended, None, Span::ZERO) != Seen::End {
                let _ = self.guard.kill();
            }
        }
        drop(leash);
        let orderly = self
            .guard
            .wait()
            .is_ok_and(|status| status.signal().is_none());
        if let (false, Some(trace)) = (orderly, &self.trace) {
            trace.end();
            trace.reap();
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a guard says first.
fn first_line(stdout: File, leave: &Leave) -> io::Result<String> {
    let mut line = String::new();
    let mut stdout = stdout.take(LONGEST_LINE);
    let mut failed = None;
    let said = leave.patience(START_LIMIT, |slice| {
        let timeout = Timespec::try_from(slice.to_duration()).ok();
        let mut fds = [PollFd::from_borrowed_fd(
            stdout.get_ref().as_fd(),
            PollFlags::IN,
        )];
        if !poll(&mut fds, timeout.as_ref()).is_ok_and(|ready| ready > 0) {
            return false;
        }
        let mut byte = [0];
        match stdout.read(&mut byte) {
            Ok(1..) if byte[0] != b'\n' => line.push(char::from(byte[0])),
            Ok(_) => return true,
            Err(error) => failed = Some(error),
        }
        failed.is_some()
    });
    match (failed, said) {
        (Some(error), _) => Err(error),
        (None, true) => Ok(line),
        (None, false) => Err(io::Error::other("its guard does not say that it has")),
    }
}

//! The parent's ear: a thread that reads the report pipe and forwards what it hears to the run's sink.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::sync::{Condvar, Mutex, MutexGuard};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::messages::{Line, Message, next};
use crate::leave::Leave;
use crate::masters::{Master, Masters};
use crate::net::Address;
use crate::record::{
    Event, EventKind, ExitStatus, Loss, Numbers, Report, Sink, Source, WorkerReport, WorkerState,
};
use crate::time::{Clock, Span, Timestamp};

/// Between two reads of the pipe: a busy backend says some ten thousand lines a second, and a thread that is woken for each costs more than
/// reading them. A line after a silence is heard at once.
const READ_EVERY: Span = Span::from_ms(5);

/// The most that is read at once: what a busy backend says in [`READ_EVERY`].
const READ_BYTES: usize = 128 * 1024;

/// What the parent knows of its backend.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub address: Option<Address>,
    pub failed: Option<(String, String)>,
    /// Ages of workers that have reached their loop.
    pub booted: BTreeSet<u32>,
    /// Live workers: age and pid.
    pub workers: BTreeMap<u32, u32>,
    /// Whether master and workers have all closed the pipe.
    pub ended: bool,
    /// Whether the parent asked for the end.
    pub stopping: bool,
    /// Whether a worker was ever forked.
    pub forked: bool,
    /// Whether the parent has killed all of them, so that no master tells of their ends.
    pub killed: bool,
    pub masters: Masters,
    numbers: Numbers,
}

/// The same, shared between the parent's threads.
#[derive(Debug, Default)]
pub(super) struct Shared {
    known: Mutex<Known>,
    changed: Condvar,
}

impl Shared {
    /// Process ids of the workers that are alive, as far as reported, oldest first.
    pub(super) fn worker_pids(&self) -> Vec<u32> {
        self.lock().workers.values().copied().collect()
    }

    /// The process id of the worker of this age, if it is alive as far as reported.
    pub(super) fn worker_pid(&self, age: u32) -> Option<u32> {
        self.lock().workers.get(&age).copied()
    }

    /// The state, for a moment.
    pub(super) fn lock(&self) -> MutexGuard<'_, Known> {
        // A thread that panicked while it held the lock left plain data behind, which is still true.
        self.known
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The same, at most until everything is to end.
    pub(super) fn wait_or_leave(
        &self,
        (timeout, leave): (Span, &Leave),
        done: impl Fn(&Known) -> bool,
    ) -> MutexGuard<'_, Known> {
        leave.patience(timeout, |slice| done(&self.wait_until(slice, &done)));
        self.lock()
    }

    /// Waits until `done` or for `timeout`.
    pub(super) fn wait_until(
        &self,
        timeout: Span,
        done: impl Fn(&Known) -> bool,
    ) -> MutexGuard<'_, Known> {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), timeout.to_duration(), |known| !done(known));
        match waited {
            Ok((known, _)) => known,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }

    /// A new master takes the place of those that have ended: of them only their numbers and those of their workers count.
    pub(super) fn begin_anew(&self) {
        self.change(|known| {
            *known = Known {
                masters: std::mem::take(&mut known.masters),
                numbers: std::mem::take(&mut known.numbers),
                ..Known::default()
            };
        });
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

/// Reads until every writer is gone.
pub(super) fn read_reports(pipe: File, shared: &Shared, sink: &Sink, clock: Clock) {
    let pipe = Paced {
        pipe,
        clock,
        next_at: Timestamp::ZERO,
    };
    let (mut pipe, mut line) = (BufReader::with_capacity(READ_BYTES, pipe), Vec::new());
    while let Ok(Some(line)) = next(&mut pipe, &mut line) {
        match line {
            Ok(line) => hear(line, shared, sink),
            Err(error) => {
                let place = Loss::Unreadable { error };
                sink.event(lab_event(
                    clock,
                    EventKind::ReportsDropped { count: 1, place },
                ));
            }
        }
    }
    shared.change(|known| {
        known.ended = true;
        let workers = std::mem::take(&mut known.workers);
        if known.killed {
            workers
                .into_iter()
                .for_each(|worker| tell_killed(worker, sink, clock));
        }
        let said = known.masters.last().is_some_and(Master::is_accounted_for);
        if !known.stopping && !said {
            sink.event(lab_event(clock, EventKind::BackendEnded {}));
        }
    });
}

/// The pipe, read in batches.
struct Paced {
    pipe: File,
    clock: Clock,
    next_at: Timestamp,
}

impl Read for Paced {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.clock.until(self.next_at);
        if !left.is_zero() {
            // Asked for no event, the kernel tells only of the end: of the last writer, which is not to be heard of late.
            let mut pipe = [PollFd::new(&self.pipe, PollFlags::empty())];
            let left = Timespec {
                tv_sec: 0,
                tv_nsec: left.subsec_nanos().into(),
            };
            poll(&mut pipe, Some(&left))?;
        }
        let read = self.pipe.read(buffer);
        self.next_at = self.clock.now() + READ_EVERY;
        read
    }
}

fn hear(line: Line, shared: &Shared, sink: &Sink) {
    let from = line.from;
    match line.said {
        Message::Listening(address) => shared.change(|known| known.address = Some(address)),
        Message::Failed { message, hint } => {
            shared.change(|known| known.failed = Some((message, hint)));
        }
        Message::Reexecuted { ordinal, pid } => {
            shared.change(|known| known.masters.add(ordinal, pid));
        }
        Message::Exits(code) => shared.change(|known| known.masters.exits(from, code)),
        Message::Worker(mut report) => {
            report.worker = shared.lock().numbers.of(from, report.worker);
            let (pid, age, state) = (report.pid, report.worker, report.state);
            match state {
                WorkerState::Dead => shared.change(|known| {
                    known.workers.remove(&age);
                }),
                WorkerState::Booting => shared.change(|known| {
                    known.forked = true;
                    known.workers.insert(age, pid);
                }),
                WorkerState::Idle if !shared.lock().booted.contains(&age) => {
                    shared.change(|known| {
                        known.booted.insert(age);
                    });
                }
                _ => {}
            }
            sink.send(Report::Worker(report));
        }
        Message::Event(mut event) => {
            event.worker = event.worker.map(|age| shared.lock().numbers.of(from, age));
            sink.event(event);
        }
    }
}

/// A worker that was killed together with its master.
fn tell_killed((number, pid): (u32, u32), sink: &Sink, clock: Clock) {
    let report = WorkerReport::gone(number, pid, clock.now());
    sink.send(Report::Worker(report));
    let status = ExitStatus::Signal(libc::SIGKILL);
    let kind = EventKind::WorkerExited { pid, status };
    sink.event(lab_event(clock, kind).of_worker(Some(number)));
}

/// An event that the lab itself saw.
pub(super) fn lab_event(clock: Clock, kind: EventKind) -> Event {
    Event::new(clock.now(), Source::Lab, kind)
}

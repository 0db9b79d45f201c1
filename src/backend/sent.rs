//! What is sent to the processes of a backend from outside.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, PoisonError};

use rustix::process::Signal;

use super::Backend;
use crate::machine::act::Target;
use crate::masters::open_pidfd;

/// Numbers of the workers that a fault has befallen: they hear no TERM.
#[derive(Debug, Default)]
pub(super) struct Sick(Mutex<BTreeSet<u32>>);

impl Sick {
    fn add(&self, number: u32) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number);
    }

    fn all(&self) -> Vec<u32> {
        let sick = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sick.iter().copied().collect()
    }
}

impl Backend {
    /// Sends a signal to a master or to a worker.
    ///
    /// # Errors
    /// There is no such process (any more).
    pub fn signal(&self, to: Target, signal: Signal) -> io::Result<()> {
        match to {
            Target::Backend | Target::NewBackend => {
                let newer = to == Target::NewBackend;
                self.shared.lock().masters.signal(newer, signal)
            }
            Target::Worker(number) => {
                let pid = self.worker(number)?;
                let pidfd = open_pidfd(pid)?;
                // A pid that was handed on since is told by the worker's death, which was reported before.
                if self.shared.worker_pid(number) != Some(pid) {
                    return Err(gone(number));
                }
                Ok(rustix::process::pidfd_send_signal(&pidfd, signal)?)
            }
            Target::EveryWorker | Target::Proxy | Target::Edge => {
                Err(io::Error::other("it is no one process of a backend"))
            }
        }
    }

    /// A fault is about to befall a worker: from then on it hears no TERM.
    pub fn expects_sick(&self, number: u32) {
        self.sick.add(number);
    }

    /// Masters have been told to end. One that is stopped goes on, so that it hears of it; workers that are sick hear nothing, and would have the
    /// master wait for all of its `graceful_timeout`.
    pub(super) fn end_the_sick(&self) {
        for master in self.shared.lock().masters.living() {
            let _ = master.signal(Signal::CONT);
        }
        for number in self.sick.all() {
            let _ = self.signal(Target::Worker(number), Signal::KILL);
        }
    }

    /// The process id of a worker that lives, as far as reported.
    ///
    /// # Errors
    /// There is none with this number (any more).
    pub fn worker(&self, number: u32) -> io::Result<u32> {
        self.shared.worker_pid(number).ok_or_else(|| gone(number))
    }
}

fn gone(number: u32) -> io::Error {
    io::Error::other(format!("there is no worker {number}"))
}

//! How a backend ends: asked, told to be quick, or by force; and that nothing of it is left then.

use std::thread::JoinHandle;

use rustix::process::{Pid, Signal};

use super::{Backend, on_file};
use crate::leave::{HASTE, Leave};
use crate::masters::{pid_of, reap_group};
use crate::net::Address;
use crate::process::name;
use crate::time::Span;

/// How long an end that was forced may take.
const FORCED_LIMIT: Span = Span::from_secs(3);

impl Backend {
    /// From here on its end is waited for, whatever was asked before.
    pub fn is_waited_for(&mut self) {
        self.spec.leave = Leave::default();
    }

    /// TERM: workers finish their request, for `graceful_timeout` at most; what is left then is killed.
    pub fn stop(mut self) {
        let graceful = self.spec.config.graceful_timeout;
        self.end(Signal::TERM, graceful.saturating_add(FORCED_LIMIT));
    }

    /// QUIT: workers drop what they are doing.
    pub fn quit(mut self) {
        self.end(Signal::QUIT, FORCED_LIMIT);
    }

    /// Ends the masters by `signal`, by force after `limit`, and waits until no process of the backend is left.
    fn end(&mut self, signal: Signal, limit: Span) {
        let Some(reader) = self.reader.take() else {
            return;
        };
        self.shared.lock().stopping = true;
        let living = || self.shared.lock().masters.living();
        let tell = |signal| {
            for master in living() {
                let _ = master.signal(signal);
            }
        };
        tell(signal);
        self.end_the_sick();
        let leave = self.spec.leave.clone();
        let idle = |slice| self.ended_within(slice) || self.stopped_master().is_some();
        leave.patience(limit, idle);
        let mut gone = self.ended_within(Span::ZERO);
        if !gone && leave.is_asked() {
            tell(Signal::QUIT);
            gone = self.ended_within(HASTE);
        }
        if !gone {
            // A master is deaf while it forks. Its workers need not be told: they are in its group.
            self.kill_group();
        }
        self.clear_away(reader);
        on_file::remove(&self.spec.runtime_dir);
    }

    /// The masters have ended: waits until no process is left, and removes what they could not.
    pub(super) fn clear_away(&mut self, reader: JoinHandle<()>) {
        if self.spec.leave.is_asked() {
            // Workers that a plan lets outlive their master have had their time.
            self.kill_group();
        }
        let group = Pid::from_child(&self.master);
        let clean = self.master.wait().is_ok_and(|status| status.success());
        // Also the end of a master that was started so late that nobody has heard of it.
        drop(self.stdin.take());
        // The pipe ends when the last worker is gone; a worker that outlives its master would be a bug, and is killed.
        if !self
            .shared
            .wait_until(FORCED_LIMIT, |known| known.ended)
            .ended
        {
            self.kill_workers();
        }
        if self
            .shared
            .wait_until(FORCED_LIMIT, |known| known.ended)
            .ended
        {
            let _ = reader.join();
        }
        // Those who lost their master have become this process's children.
        reap_group(group);
        let known = self.shared.lock();
        // Only what the master really bound and could not unlink itself: never a file that was in its way. None of two unlinks it.
        if (!clean || known.masters.are_several())
            && let Some(Address::Unix(path)) = &known.address
        {
            let _ = std::fs::remove_file(path);
        }
    }

    /// SIGKILL to workers that are still there, if their pids still belong to workers of ours.
    fn kill_workers(&self) {
        for pid in self.worker_pids() {
            if name(pid) != "slowlab: worker" {
                continue;
            }
            if let Ok(pid) = pid_of(pid) {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
    }

    /// SIGKILL to all that are left.
    pub(super) fn kill_group(&self) {
        // The first master leads their process group, and is not waited for before all of it is gone: the number is not anybody else's.
        let group = Pid::from_child(&self.master);
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.end(Signal::QUIT, FORCED_LIMIT);
    }
}

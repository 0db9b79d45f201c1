//! A worker as a process: signals, its end, and what it reports.

use super::backend::Blocked;
use super::{WAKE_UP, World};
use crate::attribution::worker_state;
use crate::machine::arbiter::{ExitStatus, Level, WorkerSignal};
use crate::machine::sync_worker::{self, Action, Interrupt, Outcome};
use crate::record::{EventKind, Report, Source, WorkerReport, WorkerState};

const SIGKILL: i32 = 9;
const SIGABRT: i32 = 6;

impl World<'_> {
    /// The master sends a signal; whether the process was there.
    pub(super) fn signal_worker(&mut self, pid: u32, signal: WorkerSignal) -> bool {
        let Some(index) = self.workers.index_of(pid) else {
            return false;
        };
        match signal {
            WorkerSignal::Usr1 => {}
            WorkerSignal::Kill => self.worker_ended(index, ExitStatus::Signal(SIGKILL)),
            WorkerSignal::Term => {
                self.worker(index).machine.terminate();
                if self.worker(index).blocked == Blocked::Selecting {
                    self.sleep_worker(index, WAKE_UP, Blocked::Selecting);
                }
            }
            WorkerSignal::Abrt => self.interrupt(index, Interrupt::Abort),
            WorkerSignal::Quit => self.interrupt(index, Interrupt::Quit),
        }
        true
    }

    /// A signal that unwinds what the worker is doing.
    fn interrupt(&mut self, index: u32, by: Interrupt) {
        let blocked = self.worker(index).blocked;
        let sent = match blocked {
            Blocked::Sending { sent, .. } => sent,
            _ => 0,
        };
        match blocked {
            // Before its handlers are in place the default action is to die.
            Blocked::Forking => return self.worker_ended(index, ExitStatus::Signal(SIGABRT)),
            Blocked::InHandler | Blocked::No | Blocked::Dead => {
                self.worker(index).pending = Some(by);
                return;
            }
            Blocked::Selecting => self.leave_select(index),
            Blocked::Burning => self.release_core(),
            Blocked::ForACore(_) => self.workers.for_a_core.retain(|other| *other != index),
            Blocked::Receiving | Blocked::Waiting => {}
            Blocked::Sending { .. } | Blocked::Lingering => {}
        }
        self.worker(index).alarm.set(None);
        self.resume(index, Outcome::Interrupted { by, sent });
    }

    /// The process is gone; its sockets are closed by the kernel, and its master hears of it.
    pub(super) fn worker_ended(&mut self, index: u32, status: ExitStatus) {
        match self.worker(index).blocked {
            Blocked::Selecting => self.leave_select(index),
            Blocked::Burning => self.release_core(),
            Blocked::ForACore(_) => self.workers.for_a_core.retain(|other| *other != index),
            _ => {}
        }
        self.close_request(index);
        let worker = self.worker(index);
        worker.alarm.set(None);
        worker.blocked = Blocked::Dead;
        worker.state = WorkerState::Dead;
        let (pid, age) = (worker.pid, worker.age);
        self.child_ended(pid, age, status);
    }

    pub(super) fn worker_report(&mut self, index: u32, report: &sync_worker::Report) {
        let state = worker_state(report.state);
        let at = self.told(self.now());
        let worker = self.worker(index);
        worker.state = state;
        worker.booted |= state == WorkerState::Idle;
        let report = WorkerReport {
            request_id: report.request_id,
            sent_bytes: report.sent_bytes,
            send_blocked: report.send_blocked,
            ..WorkerReport::bare(worker.age, worker.pid, Some(0), at, state)
        };
        self.report(Report::Worker(report));
    }

    pub(super) fn worker_log(&mut self, index: u32, level: Level, text: String) {
        let age = self.worker(index).age;
        if level >= Level::Info {
            let what = (Source::Worker, EventKind::WorkerLog { line: text });
            self.event(what, None, Some(age));
        }
    }
}

/// Whether a pending signal unwinds this call.
pub(super) fn may_block(action: &Action) -> bool {
    matches!(
        action,
        Action::Accept
            | Action::Select { .. }
            | Action::Recv { .. }
            | Action::LingerRecv { .. }
            | Action::Wait(_)
            | Action::Burn(_)
            | Action::Send(_)
    )
}

//! `reap_workers`: what the master makes of a worker's end.

use super::reexec::Second;
use super::{APP_LOAD_ERROR, Action, Arbiter, ExitStatus, Level, WORKER_BOOT_ERROR};
use crate::time::Timestamp;

impl Arbiter {
    /// A worker was reaped.
    pub fn reaped(&mut self, now: Timestamp, pid: u32, status: ExitStatus) {
        if self.second == Second::Child(pid) {
            self.second = Second::None;
            return;
        }
        if self.workers.remove(&pid).is_none() {
            let text = format!("Reaped unknown child process (pid:{pid}, status:{status:?})");
            return self.log(Level::Debug, text);
        }
        // Another death in the same breath may have had it told to end; its pid now belongs to nobody, or to a stranger.
        self.actions
            .retain(|action| !matches!(action, Action::Kill { pid: told, .. } if *told == pid));
        match status {
            ExitStatus::Code(0) => {}
            ExitStatus::Code(code) => {
                let text = format!("Worker (pid:{pid}) exited with code {code}.");
                self.log(Level::Error, text);
            }
            ExitStatus::Signal(number) => self.log_sent(pid, number),
        }
        match status {
            ExitStatus::Code(WORKER_BOOT_ERROR) => {
                self.halt(now, WORKER_BOOT_ERROR, "Worker failed to boot.");
            }
            ExitStatus::Code(APP_LOAD_ERROR) => {
                self.halt(now, APP_LOAD_ERROR, "App failed to load.");
            }
            _ => {}
        }
    }

    fn log_sent(&mut self, pid: u32, number: i32) {
        let name = signal_name(number);
        let (level, hint) = match number {
            9 => (Level::Error, " Perhaps out of memory?"),
            15 => (Level::Info, ""),
            _ => (Level::Warning, ""),
        };
        self.log(level, format!("Worker (pid:{pid}) was sent {name}!{hint}"));
    }
}

/// Linux's names of the signals that end processes.
fn signal_name(number: i32) -> String {
    let name = match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

//! `reload` and `setup`: what the master does at HUP, and what it reads anew.

use super::master::Task;
use super::{Action, Arbiter, Level, POLL};
use crate::machine::backend_config::BackendConfig;
use crate::time::{Span, Timestamp};

/// What the master itself makes of a configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) workers: u32,
    pub(super) timeout: Span,
    pub(super) graceful_timeout: Span,
    pub(super) max_requests: u32,
    pub(super) max_requests_jitter: u32,
}

impl From<&BackendConfig> for Settings {
    fn from(config: &BackendConfig) -> Settings {
        Settings {
            workers: config.workers,
            timeout: config.timeout,
            graceful_timeout: config.graceful_timeout,
            max_requests: config.max_requests,
            max_requests_jitter: config.max_requests_jitter,
        }
    }
}

impl Arbiter {
    /// The answer to [`Action::TakeOver`]: what the configuration says. Without one it stays as it was.
    pub fn says(&mut self, config: &BackendConfig) {
        self.settings = Settings::from(config);
    }

    pub(super) fn reload(&mut self) {
        self.log(Level::Info, format!("Hang up: {}", self.name()));
        self.actions.extend([Action::TakeOver, Action::ReopenLog]);
        self.first([Task::Reloaded]);
    }

    /// The configuration has been read.
    pub(super) fn reloaded(&mut self, now: Timestamp) {
        // `setup` reads the number of workers anew, so what TTIN and TTOU did is forgotten.
        self.num_workers = self.settings.workers;
        let last_age = self.worker_age;
        let deadline = now + self.settings.graceful_timeout;
        self.first(
            (0..self.num_workers)
                .map(|_| Task::Spawn { pause: false })
                .chain([Task::Manage, Task::AwaitOld { deadline, last_age }]),
        );
    }

    pub(super) fn await_old(&mut self, now: Timestamp, deadline: Timestamp, last_age: u32) {
        let old_ones_left = self.workers.values().any(|worker| worker.age <= last_age);
        if old_ones_left && now < deadline {
            self.actions.push_back(Action::Reap);
            self.first([Task::Sleep(POLL), Task::AwaitOld { deadline, last_age }]);
        }
    }
}

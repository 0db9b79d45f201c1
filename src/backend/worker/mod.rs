//! A worker process: the machine of its class, with real sockets under it.
//!
//! [`hands`] does what cannot block; what can is done as the class does it: `alone` blocks (sync), `threads` has a thread per task
//! (gthread), `event_loop` waits for all tasks at once (gevent, asgi, uvicorn).

mod alone;
mod body;
mod dispositions;
mod event_loop;
mod gil;
mod hands;
mod sick;
mod socket;
mod threads;
mod transport;

use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::heartbeat::Heartbeat;
use super::log::Log;
use super::messages::Reports;
use super::poll::WakePipe;
use super::signals;
use crate::machine::arbiter::WORKER_BOOT_ERROR;
use crate::machine::backend_config::BackendConfig;
use crate::machine::worker::{Identity, Model, Orders, Worker};
use crate::seed::Seed;
use crate::time::{Clock, Span};
use crate::title::set_title;
pub(super) use body::body_of;
use hands::Hands;

/// What a worker inherits from its master.
pub(super) struct Inherited<'a> {
    pub age: u32,
    pub max_requests: Option<u32>,
    pub config: &'a Arc<BackendConfig>,
    /// From which requests draw what they do.
    pub seed: Seed,
    /// The body's pattern, long enough for the largest write from any offset; made before the fork and shared by all workers.
    pub body: &'a [u8],
    pub listener: OwnedFd,
    pub heartbeat: &'a Heartbeat,
    pub reports: &'a Reports,
    pub log: &'a Log,
    pub clock: Clock,
    pub master: rustix::process::Pid,
    /// The master's mask; dropped once the worker's own handlers are in place.
    pub held_back: signals::HeldBack,
}

/// Runs a worker to its end; its exit code.
pub(super) fn worker_main(inherited: Inherited<'_>) -> i32 {
    set_title(c"slowlab: worker");
    let Ok(wake) = WakePipe::new() else {
        return WORKER_BOOT_ERROR;
    };
    let Ok(log) = inherited.log.for_this_process() else {
        return WORKER_BOOT_ERROR;
    };
    let config = inherited.config;
    let dispositions = dispositions::of(config.class());
    if signals::install(&dispositions, wake.writer()).is_err() {
        return WORKER_BOOT_ERROR;
    }
    let identity = Identity {
        age: inherited.age,
        pid: std::process::id(),
    };
    let machine = Worker::new(Orders {
        identity,
        config: Arc::clone(config),
        seed: inherited.seed,
        max_requests: inherited.max_requests,
        own_cpu: Span::ZERO,
    });
    drop(inherited.held_back);
    let model = Model::of(config);
    let hands = Hands {
        machine,
        identity,
        class: config.class(),
        keeps_the_object: Worker::keeps_the_object(config),
        listener: Some(Arc::new(inherited.listener)),
        sndbuf: config.socket.sndbuf,
        heartbeat: inherited.heartbeat,
        reports: inherited.reports,
        clock: inherited.clock,
        master: inherited.master,
        body: inherited.body,
        log,
        connections: hands::Connections::default(),
        leaked: Vec::new(),
    };
    match model {
        Model::Alone => alone::run(hands, &wake),
        Model::Threads => threads::run(hands, &wake),
        Model::Loop => event_loop::run(hands, &wake),
    }
}

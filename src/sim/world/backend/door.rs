//! Where connections come in: who waits for them, accepts them, and what a poll finds.

use super::super::ctx::Ctx;
use super::calls::Done;
use super::costs::TAKE_UP;
use super::task::{Blocked, TaskAt};
use super::turns::Compute;
use super::workers::Workers;
use crate::machine::worker::{ConnId, Failure, Model, Outcome};
use crate::sim::kernel::Errno;
use crate::time::Span;

impl Workers {
    pub(super) fn accept(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) -> Option<Done> {
        if self.worker(at.worker).out_of_files {
            let failure = Failure::Other(Errno::NoFiles.as_os_error().name);
            return Some(Done::Plain(Outcome::Failed { failure, sent: 0 }));
        }
        let Some(socket) = ctx.kernel.accept(ctx.back) else {
            return Some(Done::Plain(Outcome::Empty));
        };
        ctx.own(socket, at.owner(ctx));
        let worker = self.worker(at.worker);
        let conn = worker.add(socket);
        if worker.machine.model() == Model::Alone {
            return Some(Done::Plain(Outcome::Accepted(conn)));
        }
        self.compute(ctx, at, Compute::Asleep(TAKE_UP), Blocked::TakingUp(conn));
        None
    }

    pub(super) fn select(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, timeout: Span) -> Option<Done> {
        if ctx.kernel.listener(ctx.back).depth() > 0 {
            return Some(Done::Plain(Outcome::Done));
        }
        self.sleep(ctx, at, timeout, Blocked::Selecting);
        self.idle.push_back(at);
        None
    }

    pub(super) fn await_connections(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) -> Option<Done> {
        if ctx.kernel.listener(ctx.back).depth() > 0 {
            return Some(Done::Plain(Outcome::Done));
        }
        self.worker(at.worker).task(at.task).blocked = Blocked::AwaitingConnections;
        self.idle.push_back(at);
        None
    }

    pub(super) fn poll(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        (timeout, listener, conns): (Span, bool, Vec<ConnId>),
    ) -> Option<Done> {
        let found = self.found(ctx, at, listener, &conns);
        if found != nothing() || timeout.is_zero() {
            return Some(Done::Plain(found));
        }
        for conn in &conns {
            if let Some(socket) = self.worker(at.worker).socket(*conn) {
                ctx.own(socket, at.owner(ctx));
                ctx.kernel.watch(socket);
            }
        }
        if listener {
            self.idle.push_back(at);
        }
        self.sleep(ctx, at, timeout, Blocked::Polling { listener, conns });
        None
    }

    /// What a poll would find now.
    pub(super) fn found(
        &mut self,
        ctx: &Ctx<'_>,
        at: TaskAt,
        listener: bool,
        conns: &[ConnId],
    ) -> Outcome<'static> {
        let worker = self.worker(at.worker);
        let readable = |conn: &&ConnId| {
            let socket = worker.socket(**conn);
            socket.is_some_and(|socket| ctx.kernel.is_readable(socket))
        };
        Outcome::Polled {
            listener: listener && ctx.kernel.listener(ctx.back).depth() > 0,
            conns: conns.iter().filter(readable).copied().collect(),
        }
    }
}

pub(super) fn nothing() -> Outcome<'static> {
    Outcome::Polled {
        listener: false,
        conns: Vec::new(),
    }
}

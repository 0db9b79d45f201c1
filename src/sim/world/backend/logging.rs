//! The access log where it is a pipe: its writers wait for its reader.

use std::collections::VecDeque;

use super::super::ctx::Ctx;
use super::super::event::Event;
use super::calls::Done;
use super::task::{Blocked, Ready, TaskAt};
use super::workers::Workers;
use crate::machine::backend_config::Bind;
use crate::machine::log_target::{LogPipe, Pipe, READ_EVERY};
use crate::machine::worker::{Access, Outcome};
use crate::time::Timestamp;

/// As long as any other.
const DATE: &str = "28/May/2026:13:55:36 +0000";

/// The pipe, who reads it, and who waits to write.
#[derive(Debug)]
pub(super) struct AccessPipe {
    pipe: Pipe,
    config: LogPipe,
    /// Read so far.
    read: u64,
    /// Those that wait, longest first, each with the length of its line.
    waiting: VecDeque<(TaskAt, u64)>,
    /// Whether the reader is on its way.
    expected: bool,
}

impl AccessPipe {
    pub(super) fn new(pipe: LogPipe) -> AccessPipe {
        AccessPipe {
            pipe: Pipe::new(pipe.size),
            config: pipe,
            read: 0,
            waiting: VecDeque::new(),
            expected: false,
        }
    }
}

impl Workers {
    /// A task writes a line; nothing where it waits.
    pub(super) fn write_access(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        access: &Access,
    ) -> Option<Done> {
        let Some(log) = &mut self.access_pipe else {
            return Some(Done::Plain(Outcome::Done));
        };
        let host = match ctx.plan.backend.bind {
            Bind::Tcp => "127.0.0.1",
            Bind::Unix => "",
        };
        let len = access.line(host, DATE).len() as u64;
        let fits = log.waiting.is_empty() && log.pipe.write(len);
        if !fits {
            log.waiting.push_back((at, len));
            self.worker(at.worker).task(at.task).blocked = Blocked::Logging;
        }
        self.expect_the_reader(ctx);
        fits.then_some(Done::Plain(Outcome::Done))
    }

    fn expect_the_reader(&mut self, ctx: &mut Ctx<'_>) {
        let Some(log) = &mut self.access_pipe else {
            return;
        };
        let reads = log.config.reads.0 > 0 && !log.pipe.is_empty();
        if reads && !std::mem::replace(&mut log.expected, true) {
            let (next, instance) = (ctx.now() + READ_EVERY, ctx.instance);
            ctx.push(next, Event::LogReader { instance });
        }
    }

    /// The reader takes what is due since the stack was started, and lets those go on whose lines fit.
    pub(super) fn read_access(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(log) = &mut self.access_pipe {
            log.expected = false;
            let due = log.config.due(ctx.now().since(Timestamp::ZERO));
            log.read += log.pipe.read(due.saturating_sub(log.read));
        }
        self.let_writers_go_on(ctx);
        self.expect_the_reader(ctx);
    }

    /// The run is over: the reader takes whatever comes.
    pub(super) fn read_all_access(&mut self, ctx: &mut Ctx<'_>) {
        let Some(log) = self.access_pipe.take() else {
            return;
        };
        for (at, _) in log.waiting {
            self.writer_goes_on(ctx, at);
        }
    }

    fn let_writers_go_on(&mut self, ctx: &mut Ctx<'_>) {
        while let Some((at, len)) = self.first_writer() {
            let Some(log) = &mut self.access_pipe else {
                return;
            };
            if !log.pipe.write(len) {
                return;
            }
            log.waiting.pop_front();
            self.writer_goes_on(ctx, at);
        }
    }

    /// Who waits longest; those who were killed or interrupted meanwhile wait no more.
    fn first_writer(&mut self) -> Option<(TaskAt, u64)> {
        loop {
            let (at, len) = *self.access_pipe.as_ref()?.waiting.front()?;
            let worker = self.worker(at.worker);
            if !worker.gone && worker.task(at.task).blocked == Blocked::Logging {
                return Some((at, len));
            }
            self.access_pipe.as_mut()?.waiting.pop_front();
        }
    }

    fn writer_goes_on(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        let worker = self.worker(at.worker);
        if !worker.gone && worker.task(at.task).blocked == Blocked::Logging {
            self.ready(ctx, at, Ready::Room);
        }
    }
}

//! What an orchestrator does to the backend: as `kill(2)` and the start of a new container do it.

use super::super::ctx::Ctx;
use super::Backend;
use super::master::Master;
use super::workers::Ended;
use crate::attribution::exit_status;
use crate::machine::arbiter::Signal;
use crate::machine::probe::Order;
use crate::record::{EventKind, Report, Source, WorkerReport};

impl Backend {
    /// Carries out an order.
    pub(in crate::sim::world) fn obey(&mut self, ctx: &mut Ctx<'_>, order: Order) {
        match order {
            Order::Term if self.is_gone() => {}
            Order::Term => {
                self.master.is_to_end();
                self.master.signal(ctx, Signal::Term);
            }
            Order::Kill => self.kill(ctx),
            Order::Start => self.start_anew(ctx),
        }
    }

    /// SIGKILL to all processes at once: nobody is left to reap anybody.
    fn kill(&mut self, ctx: &mut Ctx<'_>) {
        let mut ended = self.master.killed();
        self.workers.kill_all(ctx);
        while let Some(child) = self.workers.next_ended() {
            ended.push_back(child);
        }
        let at = ctx.told(ctx.now());
        for Ended { pid, age, status } in ended {
            ctx.report(Report::Worker(WorkerReport::gone(age, pid, at)));
            let status = exit_status(status);
            let kind = EventKind::WorkerExited { pid, status };
            ctx.event((Source::Lab, kind), None, Some(age));
        }
    }

    fn start_anew(&mut self, ctx: &mut Ctx<'_>) {
        self.workers.begin_anew(self.master.on_file());
        ctx.kernel.listen_anew(ctx.back);
        let before = u32::try_from(self.workers.all.len()).expect("fewer than 2^32 forks");
        let fresh = Master::new(&self.workers.config, self.workers.seed);
        self.master.gives_way_to(fresh.after(before));
        let listening_at = self.listening_at.clone();
        self.start(ctx, &listening_at);
    }
}

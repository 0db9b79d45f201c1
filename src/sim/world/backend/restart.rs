//! What an orchestrator does to the backend: as `kill(2)` and the start of a new container do it.

use super::super::ctx::Ctx;
use super::Backend;
use super::master::{Child, Master, worker_gone};
use crate::machine::arbiter::Signal;
use crate::machine::probe::Order;
use crate::record::Source;

impl Backend {
    /// Carries out an order.
    pub(in crate::sim::world) fn obey(&mut self, ctx: &mut Ctx<'_>, order: Order) {
        match order {
            Order::Term => self.term(ctx),
            Order::Kill => self.kill(ctx),
        }
    }

    /// TERM to the oldest master that lives.
    fn term(&mut self, ctx: &mut Ctx<'_>) {
        self.shared.is_to_end = true;
        let mut living = self.masters.iter_mut().filter(|master| !master.is_gone());
        if let Some(master) = living.next() {
            master.signal(ctx, Signal::Term);
        }
    }

    /// SIGKILL to all processes at once: nobody is left to reap anybody.
    fn kill(&mut self, ctx: &mut Ctx<'_>) {
        let workers = &mut self.shared.workers;
        for master in self.masters.iter_mut().filter(|master| !master.is_gone()) {
            for child in master.killed(ctx, workers) {
                if let Child::Worker(worker) = child {
                    worker_gone(ctx, Source::Lab, worker);
                }
            }
        }
        workers.kill_all(ctx);
        while let Some(worker) = workers.next_ended() {
            worker_gone(ctx, Source::Lab, worker);
        }
    }

    /// A new master, in the place of those that have ended.
    pub(in crate::sim::world) fn start_anew(&mut self, ctx: &mut Ctx<'_>) {
        // Workers that have outlived a master that was killed do not outlive its container.
        self.kill(ctx);
        let shared = &mut self.shared;
        shared.workers.begin_anew();
        shared.is_to_end = false;
        ctx.kernel.listen_anew(ctx.back);
        let config = shared.on_file.as_ref().unwrap_or(&ctx.plan.backend);
        let mut master = Master::anew(config, ctx.plan.seed, shared.masters);
        shared.masters += 1;
        master.start(ctx, shared);
        self.masters.push(master);
    }
}

//! A run from boot to the master's end, in the lab's order.

use std::sync::Arc;

use super::backend::Backend;
use super::clients::Clients;
use super::ctx::Ctx;
use super::engine::World;
use super::event::{Event, Stage};
use super::observe::Observer;
use super::probes::Probes;
use super::proxy::Proxy;
use crate::machine::arbiter::Signal;
use crate::machine::backend_config::Bind;
use crate::machine::costs::Costs;
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::sockbuf::KernelBuffers;
use crate::machine::stages::SETTLE_LIMIT;
use crate::net::BufferSizes;
use crate::plan::Plan;
use crate::record::{EventKind, Report, Source};
use crate::sim::faults::{Chance, Faults};
use crate::sim::kernel::{Kernel, Ledger, ListenerId};
use crate::time::{Span, Timestamp};

/// Ours: the addresses that log lines name.
const BACKEND_PORT: u32 = 8000;
const PROXY_PORT: u32 = 8080;
const BACKEND_UNIX: &str = "unix:/run/slowlab/backend.sock";

/// What a simulation needs to know beyond the plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Cores on which handlers burn.
    pub cores: u32,
    /// The limits under which the kernel sizes socket buffers.
    pub kernel: KernelBuffers,
    /// What bytes cost on the host that it stands for.
    pub costs: Costs,
    /// What fails by chance; nothing does in a run that is to be looked at.
    pub faults: Option<Faults>,
    /// Whether it is counted where bytes are: that changes nothing else, and whoever looks at no bytes need not wait for it.
    pub counts_bytes: bool,
}

impl Default for Options {
    /// Two cores and the kernel of the measured machine, whatever this one has: the same plan must give the same records
    /// everywhere.
    fn default() -> Options {
        Options {
            cores: 2,
            kernel: KernelBuffers::default(),
            costs: Costs::default(),
            faults: None,
            counts_bytes: true,
        }
    }
}

/// How a simulation went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SimStats {
    /// Virtual time from the first client to the master's end.
    pub virtual_time: Span,
    /// Events that happened.
    pub events: u64,
    /// The most events that were pending at once.
    pub most_pending: usize,
    /// Requests that clients started.
    pub requests: u64,
    /// Connections that found the backend's accept queue full, retries included.
    pub overflows: u64,
    /// The most bytes that all sockets towards or from the backend held at once, by direction summed.
    pub backend_held_bytes: u64,
    /// The same for the sockets of clients; zero without a proxy.
    pub client_held_bytes: u64,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// Where a simulation stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SimStatus {
    /// Virtual time since the clients began.
    pub elapsed: Span,
    /// Events so far.
    pub events: u64,
    /// Client connections open.
    pub held_connections: u64,
    /// Slots of workers that hold a connection.
    pub busy_slots: u64,
}

/// Events between two looks at whether the run is to go on.
const LOOK_EVERY: u64 = 65_536;

/// Runs one variant in virtual time. Reports go to `sink` as the lab's parts would send them; nothing else is kept.
pub fn run(plan: &Plan, options: Options, sink: &mut dyn FnMut(Report)) -> SimStats {
    run_while(plan, options, &mut |_| true, sink)
}

/// As [`run`], but `go_on` is asked now and then; when it says no, clients stop and the run ends in its usual order.
pub fn run_while(
    plan: &Plan,
    options: Options,
    go_on: &mut dyn FnMut(&SimStatus) -> bool,
    sink: &mut dyn FnMut(Report),
) -> SimStats {
    let mut world = World::new(plan, options, sink);
    world.boot();
    let went_on = world.serve(go_on);
    world.settle();
    world.stop();
    world.stats(!went_on)
}

/// One listener for each proxy of a tier.
fn fronts(kernel: &mut Kernel, proxy: &ProxyConfig) -> Vec<ListenerId> {
    let buffers = BufferSizes {
        sndbuf: proxy.listen.sndbuf,
        rcvbuf: proxy.listen.rcvbuf,
    };
    let listen = |_| kernel.listen(false, proxy.listen.backlog, buffers, false);
    (0..proxy.instances.max(1)).map(listen).collect()
}

/// How many backends there are.
fn instances(plan: &Plan) -> u32 {
    plan.backend.instances.max(1)
}

/// Where an instance of the backend listens, as log lines name it.
pub(super) fn name_of(unix: bool, index: u32) -> String {
    match (unix, index) {
        (true, 0) => BACKEND_UNIX.to_owned(),
        (true, index) => format!("unix:/run/slowlab/backend-{index}.sock"),
        (false, index) => format!("127.0.0.1:{}", BACKEND_PORT + index),
    }
}

/// Where a proxy behind another one listens, as log lines name it.
fn proxy_name(instance: u32) -> String {
    format!("127.0.0.1:{}", PROXY_PORT + instance)
}

impl<'a> World<'a> {
    fn new(plan: &'a Plan, options: Options, sink: &'a mut dyn FnMut(Report)) -> World<'a> {
        let mut kernel = Kernel::new(options.kernel);
        let unix = plan.backend.bind == Bind::Unix;
        let through_proxy = plan.proxy.is_some();
        let listen = |_| {
            let (backlog, buffers) = (plan.backend.backlog, plan.backend.socket.buffers());
            let listener = kernel.listen(unix, backlog, buffers, through_proxy);
            let socket = plan.backend.socket;
            // Virtual time has as many users as are wanted.
            kernel.bar(listener, socket.bars(socket.class_of_proxy()));
            listener
        };
        let backs: Vec<ListenerId> = (0..instances(plan)).map(listen).collect();
        let names = (0..instances(plan)).map(|index| name_of(unix, index));
        let mut names: Arc<[String]> = names.collect();
        let (mut tiers, mut proxies) = (Vec::new(), Vec::new());
        for (index, of) in plan.tiers().into_iter().enumerate().rev() {
            for listener in tiers.last().unwrap_or(&backs) {
                kernel.set_sources(*listener, of.config.instances);
            }
            proxies.push(Proxy::new(plan, index as u8, of, names));
            tiers.push(fronts(&mut kernel, of.config));
            let instances = 0..of.config.instances.max(1);
            names = instances.map(proxy_name).collect();
        }
        tiers.reverse();
        proxies.reverse();
        let mut ctx = Ctx::new(
            plan,
            kernel,
            (tiers, backs),
            (options.cores, options.costs),
            sink,
        );
        ctx.chance = options.faults.map(|faults| Box::new(Chance::new(faults)));
        World {
            ctx,
            clients: Clients::new(&plan.groups),
            proxies,
            backends: (0..instances(plan))
                .map(|_| Backend::new(plan, options.cores))
                .collect(),
            probes: Probes::default(),
            observer: Observer::new(options.counts_bytes),
        }
    }

    /// Until every worker waits for requests.
    fn boot(&mut self) {
        for (backend, instance) in self.backends.iter_mut().zip(0..) {
            self.ctx.turn_of(instance);
            backend.start(&mut self.ctx);
        }
        let config = &self.ctx.plan.backend;
        let is_up = |backend: &Backend| config.is_up(backend.booted(), backend.forked());
        while !self.backends.iter().all(is_up) {
            assert!(self.step(), "workers boot by themselves");
        }
    }

    /// Until the clients are done, or the drain is over; whether it came to that.
    fn serve(&mut self, go_on: &mut dyn FnMut(&SimStatus) -> bool) -> bool {
        let ctx = &mut self.ctx;
        ctx.origin = ctx.now().since(Timestamp::ZERO);
        ctx.stage = Stage::Running;
        ctx.event((Source::Client, EventKind::ClientsStarted {}), None, None);
        let ends_at = ctx.ends_at();
        ctx.push(ends_at, Event::Ends);
        ctx.push(ends_at + ctx.plan.drain, Event::Drained);
        for (index, act) in (0..).zip(&ctx.plan.acts) {
            let at = Timestamp::ZERO + ctx.origin + act.at;
            ctx.queue.push(at, Event::Act { index });
        }
        ctx.break_one();
        self.clients.call_next(ctx);
        self.probes.start(ctx);
        self.observer.start(ctx);
        let mut went_on = true;
        while went_on && self.is_served() {
            assert!(self.step(), "a run has an end");
            let looks = self.ctx.queue.popped().is_multiple_of(LOOK_EVERY);
            went_on = !looks || go_on(&self.status());
        }
        if !went_on {
            let kind = EventKind::Interrupted { settling: false };
            self.ctx.event((Source::Lab, kind), None, None);
        }
        self.clients.stop(&mut self.ctx);
        self.probes.stop(&mut self.ctx);
        self.ctx.pass_on_wakes();
        went_on
    }

    /// Whether clients are at work or may yet come.
    fn is_served(&self) -> bool {
        match self.ctx.stage {
            Stage::Running => true,
            Stage::Draining => !self.clients.is_idle(),
            _ => false,
        }
    }

    fn status(&self) -> SimStatus {
        let ctx = &self.ctx;
        SimStatus {
            elapsed: ctx.told(ctx.now()).since(Timestamp::ZERO),
            events: ctx.queue.popped(),
            held_connections: ctx.gauges.held,
            busy_slots: ctx.gauges.busy_slots,
        }
    }

    /// Until no worker is busy, for three seconds at most: zombie work is counted.
    fn settle(&mut self) {
        self.ctx.stage = Stage::Settling;
        for (backend, instance) in self.backends.iter_mut().zip(0..) {
            self.ctx.turn_of(instance);
            backend.catch_up(&mut self.ctx);
        }
        let limit = self.ctx.now() + SETTLE_LIMIT;
        self.ctx.push(limit, Event::Settled);
        while self.ctx.stage == Stage::Settling && self.is_busy() {
            assert!(self.step(), "the limit is an event");
        }
    }

    /// Whether the backend still has work.
    fn is_busy(&self) -> bool {
        let ctx = &self.ctx;
        if !ctx.plan.settles() {
            return false;
        }
        let waits = |back: &ListenerId| ctx.kernel.listener(*back).depth() > 0;
        ctx.gauges.busy_slots > 0 || ctx.backs.iter().any(waits)
    }

    /// Observer, proxy, backend, in this order.
    fn stop(&mut self) {
        self.ctx.stage = Stage::Stopping;
        self.observer.stop(&mut self.ctx);
        for proxy in &mut self.proxies {
            proxy.stop(&mut self.ctx);
        }
        self.ctx.pass_on_wakes();
        for (backend, instance) in self.backends.iter_mut().zip(0..) {
            self.ctx.turn_of(instance);
            backend.signal(&mut self.ctx, Signal::Term);
            backend.end_the_sick(&mut self.ctx);
        }
        while !self.backends.iter().all(Backend::is_gone) {
            assert!(self.step(), "a master that was told to ends");
        }
        self.ctx.kernel.audit();
        self.check_end();
    }

    fn stats(&self, interrupted: bool) -> SimStats {
        let ctx = &self.ctx;
        let held = |listener: ListenerId| {
            let books: [Ledger; 2] = ctx.kernel.ledger(listener);
            books.iter().map(|book| book.most_held).sum::<u64>()
        };
        SimStats {
            virtual_time: ctx.now().since(Timestamp::ZERO + ctx.origin),
            events: ctx.queue.popped(),
            most_pending: ctx.queue.most_pending(),
            requests: self.clients.requests(),
            overflows: (ctx.backs.iter())
                .map(|back| ctx.kernel.listener(*back).overflows())
                .sum(),
            backend_held_bytes: ctx.backs.iter().map(|back| held(*back)).sum(),
            client_held_bytes: match self.proxies.is_empty() {
                true => 0,
                false => ctx.fronts().iter().map(|front| held(*front)).sum(),
            },
            interrupted,
        }
    }
}

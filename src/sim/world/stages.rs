//! A run from boot to the master's end, in the lab's order.

use std::sync::Arc;

use super::World;
use super::backend::Workers;
use super::clients::Clients;
use super::event::Event;
use super::master::Master;
use super::observe::Observer;
use super::proxy::Proxy;
use crate::machine::arbiter::Signal;
use crate::machine::backend_config::Bind;
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::sockbuf::KernelBuffers;
use crate::net::BufferSizes;
use crate::plan::Plan;
use crate::record::{EventKind, Report, Source};
use crate::sim::kernel::{Kernel, Ledger, ListenerId};
use crate::sim::queue::EventQueue;
use crate::time::{Span, Timestamp};

/// How long the backend may work off requests that nobody waits for any more (the lab's figure).
const SETTLE_LIMIT: Span = Span::from_secs(3);
/// Ours: the addresses that log lines name.
const BACKEND_TCP: &str = "127.0.0.1:8000";
const BACKEND_UNIX: &str = "unix:/run/slowlab/backend.sock";
/// Before the stack is up, records stand at zero.
const BEFORE_TIME: Span = Span::MAX;

/// What a simulation needs to know beyond the plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Cores on which handlers burn.
    pub cores: u32,
    /// The limits under which the kernel sizes socket buffers.
    pub kernel: KernelBuffers,
}

impl Default for Options {
    /// Two cores and the kernel of the measured machine, whatever this one has: the same plan must give the same records
    /// everywhere.
    fn default() -> Options {
        Options {
            cores: 2,
            kernel: KernelBuffers::default(),
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
    /// Workers that hold a connection.
    pub busy_workers: u64,
}

/// Where a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    Booting,
    Running,
    Draining,
    Settling,
    Stopping,
}

impl Stage {
    /// Whether clients may start requests.
    pub(super) fn starts(self) -> bool {
        self == Stage::Running
    }
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
    world.serve(go_on);
    world.settle();
    world.stop();
    world.stats()
}

/// One listener for each proxy.
fn fronts(kernel: &mut Kernel, proxy: &ProxyConfig) -> Vec<ListenerId> {
    let buffers = BufferSizes {
        sndbuf: proxy.listen.sndbuf,
        rcvbuf: proxy.listen.rcvbuf,
    };
    let listen = |_| kernel.listen(false, proxy.listen.backlog, buffers, false);
    (0..proxy.instances.max(1)).map(listen).collect()
}

impl<'a> World<'a> {
    fn new(plan: &'a Plan, options: Options, sink: &'a mut dyn FnMut(Report)) -> World<'a> {
        let mut kernel = Kernel::new(options.kernel);
        let unix = plan.backend.bind == Bind::Unix;
        let through_proxy = plan.proxy.is_some();
        let back = kernel.listen(
            unix,
            plan.backend.backlog,
            plan.backend.socket,
            through_proxy,
        );
        let fronts = match &plan.proxy {
            Some(proxy) => {
                kernel.set_sources(back, proxy.instances);
                fronts(&mut kernel, proxy)
            }
            None => vec![back],
        };
        let name = if unix { BACKEND_UNIX } else { BACKEND_TCP };
        let connections = plan
            .groups
            .iter()
            .map(|group| group.schedule.most_connections());
        World {
            plan,
            backend: Arc::new(plan.backend.clone()),
            queue: EventQueue::new(connections.sum()),
            kernel,
            owners: Vec::new(),
            traffic: Vec::new(),
            fronts,
            back,
            clients: Clients::new(&plan.groups),
            proxy: plan.proxy.as_ref().map(|config| Proxy::new(config, name)),
            workers: Workers::new(options.cores),
            master: Master::new(&plan.backend, plan.seed),
            observer: Observer::default(),
            origin: BEFORE_TIME,
            stage: Stage::Booting,
            interrupted: false,
            wakes: Vec::new(),
            sink,
        }
    }

    /// When nothing new starts any more.
    pub(super) fn ends_at(&self) -> Timestamp {
        Timestamp::ZERO + self.origin.saturating_add(self.plan.duration)
    }

    /// Until every worker waits for requests.
    fn boot(&mut self) {
        let name = match self.backend_is_unix() {
            true => BACKEND_UNIX.to_owned(),
            false => format!("http://{BACKEND_TCP}"),
        };
        self.start_master(&name);
        let wanted = self.plan.backend.workers as usize;
        while self
            .workers
            .all
            .iter()
            .filter(|worker| worker.booted)
            .count()
            < wanted
        {
            assert!(self.step(), "workers boot by themselves");
        }
    }

    /// Until the clients are done, or the drain is over.
    fn serve(&mut self, go_on: &mut dyn FnMut(&SimStatus) -> bool) {
        self.origin = self.now().since(Timestamp::ZERO);
        self.stage = Stage::Running;
        self.event((Source::Client, EventKind::ClientsStarted {}), None, None);
        let ends_at = self.ends_at();
        self.push(ends_at, Event::Ends);
        self.push(ends_at + self.plan.drain, Event::Drained);
        if let Some(first) = self.clients.next_start() {
            self.push(first + self.origin, Event::Start);
        }
        self.observer.running = true;
        self.sample();
        while self.stage == Stage::Running
            || (self.stage == Stage::Draining && !self.clients.is_idle())
        {
            assert!(self.step(), "a run has an end");
            if self.queue.popped().is_multiple_of(LOOK_EVERY) && !go_on(&self.status()) {
                self.interrupted = true;
                let kind = EventKind::Interrupted { settling: false };
                self.event((Source::Lab, kind), None, None);
                break;
            }
        }
        self.stop_clients();
        self.pass_on_wakes();
    }

    fn status(&self) -> SimStatus {
        SimStatus {
            elapsed: self.told(self.now()).since(Timestamp::ZERO),
            events: self.queue.popped(),
            held_connections: self.clients.held,
            busy_workers: self.workers.busy().0,
        }
    }

    /// Until no worker is busy, for three seconds at most: zombie work is counted.
    fn settle(&mut self) {
        self.stage = Stage::Settling;
        let limit = self.now() + SETTLE_LIMIT;
        self.push(limit, Event::Settled);
        while self.stage == Stage::Settling
            && (self.workers.busy().0 > 0 || self.kernel.listener(self.back).depth() > 0)
        {
            assert!(self.step(), "the limit is an event");
        }
    }

    /// Observer, proxy, backend, in this order.
    fn stop(&mut self) {
        self.stage = Stage::Stopping;
        self.observer.running = false;
        self.stop_proxy();
        self.pass_on_wakes();
        self.signal_master(Signal::Term);
        while !self.master.is_gone() {
            assert!(self.step(), "a master that was told to ends");
        }
        self.kernel.audit();
    }

    pub(super) fn on_stage(&mut self, event: Event) {
        match (event, self.stage) {
            (Event::Ends, Stage::Running) => {
                self.stage = Stage::Draining;
                let open_connections = self.clients.held;
                let kind = EventKind::DrainStarted { open_connections };
                self.event((Source::Client, kind), None, None);
            }
            // The stage after it begins with the end of the loop that waits for it.
            (Event::Drained, Stage::Draining) => self.stage = Stage::Settling,
            (Event::Settled, Stage::Settling) => self.stage = Stage::Stopping,
            _ => {}
        }
    }

    fn stats(&self) -> SimStats {
        let held = |listener: ListenerId| {
            let books: [Ledger; 2] = self.kernel.ledger(listener);
            books.iter().map(|book| book.most_held).sum()
        };
        SimStats {
            virtual_time: self.now().since(Timestamp::ZERO + self.origin),
            events: self.queue.popped(),
            most_pending: self.queue.most_pending(),
            requests: self.clients.requests,
            overflows: self.kernel.listener(self.back).overflows(),
            backend_held_bytes: held(self.back),
            client_held_bytes: match self.proxy {
                None => 0,
                Some(_) => self.fronts.iter().map(|front| held(*front)).sum(),
            },
            interrupted: self.interrupted,
        }
    }
}

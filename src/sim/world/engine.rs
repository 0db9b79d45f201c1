//! The parties around their common ground, and who is told of what.

use super::backend::{Backend, BackendEvent};
use super::clients::{ClientEvent, Clients};
use super::ctx::{Ctx, Owner};
use super::event::{Event, Stage, Wakeup};
use super::observe::{Observer, ObserverEvent};
use super::probes::{Probes, ProbesEvent};
use super::proxy::{Proxy, ProxyEvent};
use crate::record::{EventKind, Source};
use crate::sim::kernel::{ListenerId, SocketId};

/// Everybody there is.
pub(super) struct World<'a> {
    pub(super) ctx: Ctx<'a>,
    pub(super) clients: Clients,
    /// By tier, from the outside in.
    pub(super) proxies: Vec<Proxy>,
    /// By instance.
    pub(super) backends: Vec<Backend>,
    pub(super) probes: Probes,
    pub(super) observer: Observer,
}

impl World<'_> {
    /// Takes the next event and lets it happen; `false` if there is none.
    pub(super) fn step(&mut self) -> bool {
        let Some(event) = self.ctx.next_event() else {
            return false;
        };
        self.look_ahead();
        match event {
            Event::Start => self.client(ClientEvent::Start),
            Event::Client { client, generation } => {
                self.client(ClientEvent::Timer { client, generation });
            }
            Event::Patience { client, request } => {
                self.client(ClientEvent::Patience { client, request });
            }
            Event::Wake { socket, what } => self.wake(socket, what),
            Event::SynTimer { socket, generation } => {
                self.ctx.kernel.on_syn_timer(socket, generation);
            }
            Event::Line { socket, generation } => {
                self.ctx.kernel.on_line_timer(socket, generation);
            }
            Event::Acceptable(listener) => self.acceptable(listener),
            Event::AcceptMore { .. }
            | Event::Listens { .. }
            | Event::Proxy { .. }
            | Event::Idle { .. }
            | Event::Life { .. } => {
                self.proxy_comes_back(event);
            }
            Event::Worker {
                instance,
                worker,
                task,
                generation,
            } => self.backend(
                instance,
                BackendEvent::Timer {
                    worker,
                    task,
                    generation,
                },
            ),
            Event::Master {
                instance,
                master,
                generation,
            } => self.backend(instance, BackendEvent::Master { master, generation }),
            Event::LogReader { instance } => self.backend(instance, BackendEvent::LogReader),
            Event::Act { index } => self.act(index),
            Event::GoesOn { index } => self.go_on(index),
            Event::Probe { probe, generation } => {
                self.probes(ProbesEvent::Timer { probe, generation });
            }
            Event::Grace { generation } => self.probes(ProbesEvent::Grace { generation }),
            Event::Breaks => self.ctx.break_one(),
            Event::Sample => self.observer.on_event(&mut self.ctx, ObserverEvent::Sample),
            Event::Ends | Event::Drained | Event::Settled => self.on_stage(event),
        }
        self.ctx.pass_on_wakes();
        self.check();
        true
    }

    /// In a large world nearly all time goes by waiting for memory, and nearly all events are clients' timers. Their clients are looked at a
    /// tick at a time, since the processor fetches from many places at once but waits for each that is asked for alone.
    fn look_ahead(&self) {
        for event in self.ctx.queue.dawned() {
            match event {
                Event::Client { client, .. } => {
                    if let Some(socket) = self.clients.touch(*client) {
                        self.ctx.touch(socket);
                    }
                }
                Event::Line { socket, .. } => self.ctx.kernel.touch(*socket),
                _ => {}
            }
        }
    }

    fn wake(&mut self, socket: SocketId, what: Wakeup) {
        match self.ctx.woken(socket, what) {
            Owner::Nobody => {}
            Owner::Client(client) => self.client(ClientEvent::Wake { client, what }),
            Owner::Downstream { tier, connection } => {
                self.proxy(tier, ProxyEvent::Downstream { connection, what });
            }
            Owner::Upstream { at, connection } => {
                self.proxy(at.tier, ProxyEvent::Upstream { connection, what });
            }
            Owner::Idle { at, house } => {
                self.proxy(at.tier, ProxyEvent::Idle { at, house, socket });
            }
            Owner::Worker {
                instance,
                worker,
                task,
            } => self.backend(instance, BackendEvent::Wake { worker, task }),
            Owner::Probe(probe) => self.probes(ProbesEvent::Wake { probe, what }),
        }
    }

    fn acceptable(&mut self, listener: ListenerId) {
        match self.ctx.station_of(listener) {
            Some((tier, instance)) => {
                self.proxy(tier, ProxyEvent::Acceptable { instance });
            }
            // The backend's listeners were made first.
            None => self.backend(listener.0, BackendEvent::Acceptable),
        }
    }

    fn client(&mut self, event: ClientEvent) {
        self.clients.on_event(&mut self.ctx, event);
    }

    fn proxy(&mut self, tier: u8, event: ProxyEvent) {
        self.proxies[usize::from(tier)].on_event(&mut self.ctx, event);
    }

    /// What a proxy has put into the queue for itself.
    fn proxy_comes_back(&mut self, event: Event) {
        let (tier, event) = match event {
            Event::AcceptMore { tier, instance } => (tier, ProxyEvent::AcceptMore { instance }),
            Event::Listens { at, house } => (at.tier, ProxyEvent::Listens { at, house }),
            Event::Proxy {
                tier,
                connection,
                generation,
            } => {
                let timer = ProxyEvent::Timer {
                    connection,
                    generation,
                };
                (tier, timer)
            }
            Event::Idle {
                at,
                house,
                generation,
            } => {
                let timer = ProxyEvent::IdleTimer {
                    at,
                    house,
                    generation,
                };
                (at.tier, timer)
            }
            Event::Life { tier, house } => (tier, ProxyEvent::Life { house }),
            _ => unreachable!("no event of a proxy"),
        };
        self.proxy(tier, event);
    }

    fn backend(&mut self, instance: u8, event: BackendEvent) {
        self.ctx.turn_of(instance);
        self.backends[usize::from(instance)].on_event(&mut self.ctx, event);
        self.look_after_backend();
    }

    /// `check` refuses acts on a backend of several instances. When the clients are gone nothing is done to the stack any more, as in the lab.
    fn act(&mut self, index: u16) {
        if !self.ctx.stage.has_clients() {
            return;
        }
        let act = &self.ctx.plan.acts[usize::from(index)];
        let mut is_taken = true;
        for proxy in &mut self.proxies {
            if let Some(config) = act.says(proxy.tier()) {
                proxy.says(config.clone());
            }
            if let Some((tier, name)) = act.to_proxies()
                && tier == proxy.tier()
            {
                is_taken = proxy.signal(&mut self.ctx, name);
            }
            if let Some(fault) = act.fault
                && fault.to.tier() == Some(proxy.tier())
            {
                is_taken = proxy.fault(&mut self.ctx, fault.kind);
            }
        }
        let stops = act.fault.is_some_and(|fault| fault.kind.stops_somebody());
        let chance = self.ctx.chance.as_ref().filter(|_| stops);
        if let Some(after) = chance.and_then(|chance| chance.resumes_after()) {
            self.ctx
                .push(self.ctx.now() + after, Event::GoesOn { index });
        }
        self.backend(0, BackendEvent::Act { index, is_taken });
    }

    /// SIGCONT to whoever an act has stopped.
    fn go_on(&mut self, index: u16) {
        let act = &self.ctx.plan.acts[usize::from(index)];
        let stopped = act.fault.and_then(|fault| fault.to.tier());
        for proxy in &mut self.proxies {
            if stopped == Some(proxy.tier()) {
                proxy.thaw(&mut self.ctx);
            }
        }
        self.backend(0, BackendEvent::GoesOn { index });
    }

    fn probes(&mut self, event: ProbesEvent) {
        if let Some(order) = self.probes.on_event(&mut self.ctx, event) {
            self.ctx.turn_of(0);
            self.backends[0].obey(&mut self.ctx, order);
            self.look_after_backend();
        }
    }

    /// A backend that has ended is started anew if somebody wanted its end. `check` refuses that of several instances.
    fn look_after_backend(&mut self) {
        if self.backends[0].is_gone() && self.probes.on_backend_ended(&mut self.ctx) {
            self.ctx.turn_of(0);
            self.backends[0].start_anew(&mut self.ctx);
        }
    }

    fn on_stage(&mut self, event: Event) {
        match (event, self.ctx.stage) {
            (Event::Ends, Stage::Running) => {
                self.ctx.stage = Stage::Draining;
                let open_connections = self.ctx.gauges.held;
                let kind = EventKind::DrainStarted { open_connections };
                self.ctx.event((Source::Client, kind), None, None);
            }
            // The stage after it begins with the end of the loop that waits for it.
            (Event::Drained, Stage::Draining) => self.ctx.stage = Stage::Settling,
            (Event::Settled, Stage::Settling) => self.ctx.stage = Stage::Stopping,
            _ => {}
        }
    }
}

//! The world itself: its parts, its clock, and who is told of what.

use std::sync::Arc;

use super::WAKE_UP;
use super::backend::Workers;
use super::clients::Clients;
use super::event::{Event, Wakeup};
use super::heads::Response;
use super::master::Master;
use super::observe::Observer;
use super::proxy::Proxy;
use super::stages::Stage;
use crate::machine::backend_config::BackendConfig;
use crate::plan::Plan;
use crate::record::{self, EventKind, Report, Source};
use crate::sim::alarm::Ticket;
use crate::sim::kernel::{Kernel, ListenerId, SocketId, Wake};
use crate::sim::queue::EventQueue;
use crate::time::{Span, Timestamp};

/// Everything there is.
pub(super) struct World<'a> {
    pub(super) plan: &'a Plan,
    pub(super) backend: Arc<BackendConfig>,
    pub(super) queue: EventQueue<Event>,
    pub(super) kernel: Kernel,
    /// Who owns a socket, by its id.
    pub(super) owners: Vec<Owner>,
    /// What travels on a connection, by its index.
    pub(super) traffic: Vec<Traffic>,
    /// Where clients connect to: one listener for each proxy.
    pub(super) fronts: Vec<ListenerId>,
    /// Where the backend listens; the same without a proxy.
    pub(super) back: ListenerId,
    pub(super) clients: Clients,
    pub(super) proxy: Option<Proxy>,
    pub(super) workers: Workers,
    pub(super) master: Master,
    pub(super) observer: Observer,
    /// What records count from: the instant at which the stack was up.
    pub(super) origin: Span,
    pub(super) stage: Stage,
    pub(super) interrupted: bool,
    pub(super) wakes: Vec<Wake>,
    pub(super) sink: &'a mut dyn FnMut(Report),
}

/// A socket's owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    Nobody,
    Client(u32),
    Downstream(u32),
    Upstream(u32),
    Worker(u32),
}

/// The request on a connection, and the response to it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    pub(super) group: u32,
    pub(super) request_id: u64,
    /// Request bytes that the accepting side has read.
    pub(super) request_read: u64,
    pub(super) response: Option<Response>,
}

impl World<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.queue.now()
    }

    /// An instant as records count it.
    pub(super) fn told(&self, at: Timestamp) -> Timestamp {
        at - self.origin
    }

    pub(super) fn push(&mut self, at: Timestamp, event: Event) {
        self.queue.push(at, event);
    }

    /// Pushes the entry of an alarm, if it needs one.
    pub(super) fn push_ticket(&mut self, ticket: Option<Ticket>, event: impl Fn(u32) -> Event) {
        if let Some(Ticket { at, generation }) = ticket {
            let at = at.max(self.now());
            self.queue.push(at, event(generation));
        }
    }

    /// Takes the next event and lets it happen; `false` if there is none.
    pub(super) fn step(&mut self) -> bool {
        let Some((_, event)) = self.queue.pop() else {
            return false;
        };
        self.kernel.set_now(self.queue.now());
        match event {
            Event::Start => self.start_next_client(),
            Event::Client { client, generation } => self.on_client_timer(client, generation),
            Event::Patience { client, request } => self.on_patience(client, request),
            Event::Wake { socket, what } => self.on_wake(socket, what),
            Event::SynTimer { socket, generation } => {
                self.kernel.on_syn_timer(socket, generation);
            }
            Event::Line { socket, generation } => {
                self.kernel.on_line_timer(socket, generation);
            }
            Event::AcceptMore { instance } => self.accept_more(instance),
            Event::Acceptable(listener) => self.on_acceptable(listener),
            Event::Proxy {
                connection,
                generation,
            } => self.on_proxy_timer(connection, generation),
            Event::Worker { worker, generation } => self.on_worker_timer(worker, generation),
            Event::Master { generation } => self.on_master_timer(generation),
            Event::Sample => self.sample(),
            Event::Ends | Event::Drained | Event::Settled => self.on_stage(event),
        }
        self.pass_on_wakes();
        true
    }

    /// The kernel's wake-ups become events.
    pub(super) fn pass_on_wakes(&mut self) {
        let mut wakes = std::mem::take(&mut self.wakes);
        self.kernel.take_wakes(&mut wakes);
        let soon = self.now() + WAKE_UP;
        for wake in wakes.drain(..) {
            let (socket, wakeup): (_, fn(u16) -> Wakeup) = match wake {
                Wake::Readable(socket) => (socket, Wakeup::Readable),
                Wake::Writable(socket) => (socket, Wakeup::Writable),
                Wake::Connected(socket) => (socket, Wakeup::Connected),
                Wake::ConnectFailed(socket) => (socket, Wakeup::ConnectFailed),
                Wake::Acceptable(listener) => {
                    self.push(soon, Event::Acceptable(listener));
                    continue;
                }
                Wake::SynTimer {
                    at,
                    socket,
                    generation,
                } => {
                    self.push(at, Event::SynTimer { socket, generation });
                    continue;
                }
                Wake::LineTimer {
                    at,
                    socket,
                    generation,
                } => {
                    self.push(at, Event::Line { socket, generation });
                    continue;
                }
            };
            let what = wakeup(self.kernel.generation(socket) as u16);
            self.push(soon, Event::Wake { socket, what });
        }
        self.wakes = wakes;
    }

    fn on_wake(&mut self, socket: SocketId, what: Wakeup) {
        if self.kernel.generation(socket) as u16 != what.generation() {
            return;
        }
        match self.owners[socket.0 as usize] {
            Owner::Nobody => {}
            Owner::Client(client) => self.wake_client(client, what),
            Owner::Downstream(connection) => self.wake_downstream(connection, what),
            Owner::Upstream(connection) => self.wake_upstream(connection, what),
            Owner::Worker(worker) => self.wake_worker(worker),
        }
    }

    fn on_acceptable(&mut self, listener: ListenerId) {
        if listener == self.back {
            self.wake_idle_worker();
        } else {
            // The proxies' listeners were made one after another.
            let instance = listener.0 - self.fronts[0].0;
            if !self.proxy().accepts_again(instance) {
                self.accept_clients(instance);
            }
        }
    }

    /// Gives a socket an owner, and a fresh connection its slot.
    pub(super) fn own(&mut self, socket: SocketId, owner: Owner) {
        let index = socket.0 as usize;
        if self.owners.len() <= index {
            self.owners.resize(index + 2, Owner::Nobody);
            self.traffic.resize(index / 2 + 1, Traffic::default());
        }
        self.owners[index] = owner;
    }

    pub(super) fn close(&mut self, socket: SocketId) {
        self.owners[socket.0 as usize] = Owner::Nobody;
        self.kernel.close(self.queue.now(), socket);
    }

    pub(super) fn abort(&mut self, socket: SocketId) {
        self.owners[socket.0 as usize] = Owner::Nobody;
        self.kernel.abort(self.queue.now(), socket);
    }

    pub(super) fn traffic(&mut self, socket: SocketId) -> &mut Traffic {
        &mut self.traffic[socket.0 as usize / 2]
    }

    pub(super) fn report(&mut self, report: Report) {
        (self.sink)(report);
    }

    pub(super) fn event(
        &mut self,
        (source, kind): (Source, EventKind),
        request_id: Option<u64>,
        worker: Option<u32>,
    ) {
        let event = record::Event::new(self.told(self.now()), source, kind);
        self.report(Report::Event(
            event.of_request(request_id).of_worker(worker),
        ));
    }
}

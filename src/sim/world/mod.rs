//! One variant in virtual time: clients, proxy, backend and observer around one kernel and one event queue.
//!
//! Every party is the driver of a machine: it carries out what the machine asks for against [`super::kernel`] and tells it what
//! came of it, as the lab's drivers do with real sockets. The stages of a run are the lab's too: the backend boots, time counts
//! from then on, clients begin; at `duration` nothing new starts; after `drain` what is in flight is given up; the backend gets
//! up to three seconds to work off what nobody waits for; then the proxy stops and the master is told to end.
//!
//! Limits: whoever is woken runs [`WAKE_UP`] later and then takes no time, except for a handler's `cpu`, which is served by
//! `cores` servers first come, first served: no context switches, no time slices, no cost of system calls, of the proxy's
//! event loop or of disks. One client request is one packet. Records of sockets and processes do not exist.

mod backend;
mod clients;
mod event;
mod heads;
mod master;
mod observe;
mod proxy;
mod relay;
mod stages;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use backend::Workers;
use clients::Clients;
use event::{Event, Wakeup};
use heads::Response;
use master::Master;
use observe::Observer;
use proxy::Proxy;

use super::alarm::Ticket;
use super::kernel::{Kernel, ListenerId, SocketId, Wake};
use super::queue::EventQueue;
use crate::machine::backend_config::BackendConfig;
use crate::plan::Plan;
use crate::record::{self, EventKind, Report, Source};
use crate::time::{Span, Timestamp};

pub use stages::{Options, SimStats, run, run_while};

/// From an event on a socket to its owner's reaction. Measured: 52 us for a round trip of one byte over TCP between two
/// cores, that is two wake-ups (`reference/sockets.md`, 4).
pub(super) const WAKE_UP: Span = Span::from_us(25);

/// Everything there is.
struct World<'a> {
    plan: &'a Plan,
    backend: Arc<BackendConfig>,
    queue: EventQueue<Event>,
    kernel: Kernel,
    /// Who owns a socket, by its id.
    owners: Vec<Owner>,
    /// What travels on a connection, by its index.
    traffic: Vec<Traffic>,
    /// Where clients connect to.
    front: ListenerId,
    /// Where the backend listens; the same without a proxy.
    back: ListenerId,
    clients: Clients,
    proxy: Option<Proxy>,
    workers: Workers,
    master: Master,
    observer: Observer,
    /// What records count from: the instant at which the stack was up.
    origin: Span,
    stage: stages::Stage,
    interrupted: bool,
    wakes: Vec<Wake>,
    sink: &'a mut dyn FnMut(Report),
}

/// A socket's owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    Nobody,
    Client(u32),
    Downstream(u32),
    Upstream(u32),
    Worker(u32),
}

/// The request on a connection, and the response to it.
#[derive(Clone, Copy, Debug, Default)]
struct Traffic {
    group: u32,
    request_id: u64,
    /// Request bytes that the accepting side has read.
    request_read: u64,
    response: Option<Response>,
}

impl World<'_> {
    fn now(&self) -> Timestamp {
        self.queue.now()
    }

    /// An instant as records count it.
    fn told(&self, at: Timestamp) -> Timestamp {
        at - self.origin
    }

    fn push(&mut self, at: Timestamp, event: Event) {
        self.queue.push(at, event);
    }

    /// Pushes the entry of an alarm, if it needs one.
    fn push_ticket(&mut self, ticket: Option<Ticket>, event: impl Fn(u32) -> Event) {
        if let Some(Ticket { at, generation }) = ticket {
            let at = at.max(self.now());
            self.queue.push(at, event(generation));
        }
    }

    /// Takes the next event and lets it happen; `false` if there is none.
    fn step(&mut self) -> bool {
        let Some((_, event)) = self.queue.pop() else {
            return false;
        };
        match event {
            Event::Start => self.start_next_client(),
            Event::Client { client, generation } => self.on_client_timer(client, generation),
            Event::Patience { client, request } => self.on_patience(client, request),
            Event::Wake { socket, what } => self.on_wake(socket, what),
            Event::SynTimer { socket, generation } => {
                self.kernel.on_syn_timer(socket, generation);
            }
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
    fn pass_on_wakes(&mut self) {
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
            self.accept_clients();
        }
    }

    /// Gives a socket an owner, and a fresh connection its slot.
    fn own(&mut self, socket: SocketId, owner: Owner) {
        let index = socket.0 as usize;
        if self.owners.len() <= index {
            self.owners.resize(index + 2, Owner::Nobody);
            self.traffic.resize(index / 2 + 1, Traffic::default());
        }
        self.owners[index] = owner;
    }

    fn close(&mut self, socket: SocketId) {
        self.owners[socket.0 as usize] = Owner::Nobody;
        self.kernel.close(self.queue.now(), socket);
    }

    fn abort(&mut self, socket: SocketId) {
        self.owners[socket.0 as usize] = Owner::Nobody;
        self.kernel.abort(self.queue.now(), socket);
    }

    fn traffic(&mut self, socket: SocketId) -> &mut Traffic {
        &mut self.traffic[socket.0 as usize / 2]
    }

    fn report(&mut self, report: Report) {
        (self.sink)(report);
    }

    fn event(
        &mut self,
        (source, kind): (Source, EventKind),
        request_id: Option<u64>,
        worker: Option<u32>,
        text: String,
    ) {
        let at = self.told(self.now());
        self.report(Report::Event(record::Event {
            at,
            source,
            kind,
            request_id,
            worker,
            text,
        }));
    }
}

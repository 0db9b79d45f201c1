//! The proxies of a tier, and the connections of their clients.

use std::sync::Arc;

use super::super::ctx::{Ctx, Owner, Station};
use super::super::event::{Event, Wakeup};
use super::connection::{Connection, Fate, House, Seat};
use super::kept::Upstreams;
use crate::plan::ProxyTier;
use crate::sim::kernel::SocketId;
use crate::time::Span;

/// CPU time of a connection's making, accepting and closing over TCP on loopback (measured, `reference/sockets.md` 5).
const ACCEPT: Span = Span::from_us(42);

/// What a fresh connection costs before its request is on the way upstream: the client's connecting, the proxy's accepting, reading and
/// connecting. Measured on the lab with nobody waiting: 0.27 ms (Unix) and 0.42 ms (TCP) in all, and 0.2 ms more that are spent later.
const TAKE_UP: Span = Span::from_us(300);

/// The proxies of a tier. The workers of each are as one: they share nothing that a model without CPU cost could tell apart. Connections of
/// all proxies are in one table, and each knows whose it is.
#[derive(Debug)]
pub(in crate::sim::world) struct Proxy {
    house: House,
    connections: Vec<Connection>,
    /// Places in the table that nobody uses.
    free: Vec<u32>,
    /// By instance: whether an event loop comes back to the accept queue by itself.
    accepts_again: Vec<bool>,
}

/// What happens to proxies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::sim::world) enum ProxyEvent {
    /// A connection has joined the accept queue.
    Acceptable { instance: u8 },
    /// An event loop comes back to it.
    AcceptMore { instance: u8 },
    /// A timer of an exchange or of a request that is being read.
    Timer { connection: u32, generation: u32 },
    /// Something happened on the client's connection.
    Downstream { connection: u32, what: Wakeup },
    /// Something happened on an idle one to what is behind.
    Idle { instance: u8, socket: SocketId },
    /// Idle ones may have been idle for too long.
    IdleTimer { instance: u8, generation: u32 },
    /// Something happened on the one to what is behind.
    Upstream { connection: u32, what: Wakeup },
}

impl Proxy {
    /// Those of the tier with this index. The names of the instances of what is behind it are those in the error log.
    pub(in crate::sim::world) fn new(
        index: u8,
        ProxyTier { tier, config }: ProxyTier<'_>,
        names: Arc<[String]>,
    ) -> Proxy {
        Proxy {
            house: House {
                tier,
                index,
                config: Arc::new(config.clone()),
                upstreams: Upstreams::new(index, config, names.len() as u32),
                names,
            },
            connections: Vec::new(),
            free: Vec::new(),
            accepts_again: vec![false; config.instances.max(1) as usize],
        }
    }

    pub(in crate::sim::world) fn on_event(&mut self, ctx: &mut Ctx<'_>, event: ProxyEvent) {
        match event {
            ProxyEvent::Acceptable { instance } => {
                if !self.accepts_again[usize::from(instance)] {
                    self.accept(ctx, instance);
                }
            }
            ProxyEvent::AcceptMore { instance } => {
                self.accepts_again[usize::from(instance)] = false;
                self.accept(ctx, instance);
            }
            ProxyEvent::Timer {
                connection,
                generation,
            } => self.on_timer(ctx, connection, generation),
            ProxyEvent::Downstream { connection, what } => {
                let place = &mut self.connections[connection as usize];
                let fate = place.on_downstream(&self.house, ctx, what);
                self.after(connection, fate);
            }
            ProxyEvent::Idle { instance, socket } => {
                self.house.upstreams.on_idle(instance, ctx, socket);
            }
            ProxyEvent::IdleTimer {
                instance,
                generation,
            } => self.house.upstreams.on_timer(instance, ctx, generation),
            ProxyEvent::Upstream { connection, what } => {
                let place = &mut self.connections[connection as usize];
                let fate = place.on_upstream(&self.house, ctx, what);
                self.after(connection, fate);
            }
        }
    }

    /// A proxy accepts as many as it has event loops, and comes back for the rest: while a burst is being accepted the backend's
    /// workers already take up its first requests.
    fn accept(&mut self, ctx: &mut Ctx<'_>, instance: u8) {
        let station = self.house.station(instance);
        let front = ctx.tiers[usize::from(station.tier)][usize::from(instance)];
        let loops = self.house.config.worker_processes.max(1);
        for _ in 0..loops {
            let Some(socket) = ctx.kernel.accept(front) else {
                return;
            };
            let connection = self.seat(ctx, station, socket);
            let tier = station.tier;
            ctx.own(socket, Owner::Downstream { tier, connection });
            let what = Wakeup::Readable(ctx.kernel.generation(socket) as u16);
            let at = ctx.now() + TAKE_UP;
            ctx.push(at, Event::Wake { socket, what });
        }
        let comes_back = &mut self.accepts_again[usize::from(instance)];
        if ctx.kernel.listener(front).depth() > 0 && !*comes_back {
            *comes_back = true;
            let at = ctx.now() + ACCEPT;
            ctx.push(at, Event::AcceptMore(station));
        }
    }

    /// A place in the table for a connection.
    fn seat(&mut self, ctx: &Ctx<'_>, at: Station, client: SocketId) -> u32 {
        let seat = |id| Seat { id, at, client };
        if let Some(id) = self.free.pop() {
            self.connections[id as usize].reopen(seat(id), &self.house, ctx.now());
            return id;
        }
        let id = u32::try_from(self.connections.len()).expect("fewer than 2^32 connections");
        let fresh = Connection::new(seat(id), &self.house, ctx.now());
        self.connections.push(fresh);
        id
    }

    fn after(&mut self, connection: u32, fate: Fate) {
        if fate == Fate::Closed {
            self.free.push(connection);
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, connection: u32, generation: u32) {
        let place = &mut self.connections[connection as usize];
        let tier = self.house.index;
        let event = |generation| Event::Proxy {
            tier,
            connection,
            generation,
        };
        if ctx.rings(&mut place.alarm, generation, event) {
            let fate = place.on_timer(&self.house, ctx);
            self.after(connection, fate);
        }
    }

    /// The run ends: every exchange is stopped and reported, every connection closed.
    pub(in crate::sim::world) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        for connection in &mut self.connections {
            connection.stop(&self.house, ctx);
        }
        self.house.upstreams.stop(ctx);
    }
}

//! The proxies of a tier, and the connections of their clients.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::super::ctx::{Ctx, Owner, Station};
use super::super::event::{Event, Wakeup};
use super::connection::{Connection, Fate, House, Seat, log};
use super::kept::Upstreams;
use crate::machine::act::SignalName;
use crate::machine::event_loop::{Deed, Hail, Life, LimitConn, RELOAD_OVERLAP, deed};
use crate::machine::proxy_config::ProxyConfig;
use crate::plan::ProxyTier;
use crate::sim::kernel::SocketId;
use crate::tier::Tier;
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
    /// By generation: the first one, and one more for each reload.
    houses: Vec<House>,
    connections: Vec<Connection>,
    /// Places in the table that nobody uses.
    free: Vec<u32>,
    /// By instance: whether an event loop comes back to the accept queue by itself.
    accepts_again: Vec<bool>,
    /// What the configuration says: the next reload takes it up.
    on_file: ProxyConfig,
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
    /// Something happened on an idle one to the backend.
    Idle {
        instance: u8,
        house: u8,
        socket: SocketId,
    },
    /// Idle ones may have been idle for too long.
    IdleTimer {
        instance: u8,
        house: u8,
        generation: u32,
    },
    /// A generation has something to do for its own end.
    Life { house: u8 },
    /// Something happened on the one to the backend.
    Upstream { connection: u32, what: Wakeup },
}

impl Proxy {
    /// Those of the tier with this index. The names of the instances of what is behind it are those in the error log.
    pub(in crate::sim::world) fn new(
        index: u8,
        ProxyTier { tier, config }: ProxyTier<'_>,
        names: Arc<[String]>,
    ) -> Proxy {
        let instances = config.instances.max(1);
        let limits: Vec<RefCell<LimitConn>> = (0..instances).map(|_| RefCell::default()).collect();
        Proxy {
            houses: vec![House {
                tier,
                index,
                config: Arc::new(config.clone()),
                upstreams: Upstreams::new((index, 0), config, names.len() as u32),
                names,
                limits: limits.into(),
                evicted: RefCell::default(),
                life: Life::new(config.worker_shutdown_timeout),
            }],
            connections: Vec::new(),
            free: Vec::new(),
            accepts_again: vec![false; instances as usize],
            on_file: config.clone(),
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
                self.with(ctx, connection, |place, house, ctx| {
                    place.on_downstream(house, ctx, what)
                });
            }
            ProxyEvent::Idle {
                instance,
                house,
                socket,
            } => {
                let upstreams = &self.houses[usize::from(house)].upstreams;
                upstreams.on_idle(instance, ctx, socket);
            }
            ProxyEvent::IdleTimer {
                instance,
                house,
                generation,
            } => {
                let upstreams = &self.houses[usize::from(house)].upstreams;
                upstreams.on_timer(instance, ctx, generation);
            }
            ProxyEvent::Life { house } => self.on_life(ctx, house),
            ProxyEvent::Upstream { connection, what } => {
                self.with(ctx, connection, |place, house, ctx| {
                    place.on_upstream(house, ctx, what)
                });
            }
        }
        self.evict(ctx);
    }

    /// Lets something happen to a connection, if it is open.
    fn with(
        &mut self,
        ctx: &mut Ctx<'_>,
        connection: u32,
        what: impl FnOnce(&mut Connection, &House, &mut Ctx<'_>) -> Fate,
    ) {
        let place = &mut self.connections[connection as usize];
        let Some(house) = place.house() else { return };
        if what(place, &self.houses[usize::from(house)], ctx) == Fate::Closed {
            self.free.push(connection);
        }
    }

    /// Closes what has to make room.
    fn evict(&mut self, ctx: &mut Ctx<'_>) {
        for house in 0..self.houses.len() {
            let evicted = self.houses[house].evicted.take();
            for connection in evicted {
                self.hail(ctx, connection, Hail::Evicted);
            }
        }
    }

    fn hail(&mut self, ctx: &mut Ctx<'_>, connection: u32, hail: Hail) {
        self.with(ctx, connection, |place, house, ctx| {
            place.on_hailed(house, ctx, hail)
        });
    }

    /// Which tier it is.
    pub(in crate::sim::world) fn tier(&self) -> Tier {
        self.houses[0].tier
    }

    /// What the configuration says from now on.
    pub(in crate::sim::world) fn says(&mut self, config: ProxyConfig) {
        self.on_file = config;
    }

    /// Does what nginx's master does at this signal.
    pub(in crate::sim::world) fn signal(&mut self, ctx: &mut Ctx<'_>, name: SignalName) {
        if deed(name) == Some(Deed::Reload) {
            self.reload(ctx);
        }
    }

    /// Event loops with the configuration as it is by now take over; the others serve their clients to the end, or until their
    /// `worker_shutdown_timeout`.
    fn reload(&mut self, ctx: &mut Ctx<'_>) {
        let config = &self.on_file;
        let (id, last) = (self.houses.len() as u8, &self.houses[self.houses.len() - 1]);
        let names = Arc::clone(&last.names);
        let (tier, index) = (last.tier, last.index);
        let house = House {
            tier,
            index,
            config: Arc::new(config.clone()),
            upstreams: Upstreams::new((index, id), config, names.len() as u32),
            names,
            limits: Rc::clone(&last.limits),
            evicted: RefCell::default(),
            life: Life::new(config.worker_shutdown_timeout),
        };
        self.houses.push(house);
        let old = Event::Life {
            tier: index,
            house: id - 1,
        };
        ctx.push(ctx.now() + RELOAD_OVERLAP, old);
    }

    /// A generation quits, or breaks off what it still has.
    fn on_life(&mut self, ctx: &mut Ctx<'_>, id: u8) {
        let house = &mut self.houses[usize::from(id)];
        let hail = if house.life.quit(ctx.now()) {
            house.upstreams.keep_none(ctx);
            if let Some(at) = house.life.deadline() {
                let tier = house.index;
                ctx.push(at, Event::Life { tier, house: id });
            }
            Hail::Quit
        } else if house.life.on_timer(ctx.now()) {
            Hail::ShutdownTimeout
        } else {
            return;
        };
        for connection in 0..self.connections.len() {
            if self.connections[connection].house() == Some(id) {
                self.hail(ctx, connection as u32, hail);
            }
        }
    }

    /// A proxy accepts as many as it has event loops, and comes back for the rest: while a burst is being accepted the backend's
    /// workers already take up its first requests.
    fn accept(&mut self, ctx: &mut Ctx<'_>, instance: u8) {
        // The old generation accepts for a moment longer; whose turn it is nobody can tell.
        let newest = self.houses.len() - 1;
        let station = self.houses[newest].station(instance);
        let front = ctx.tiers[usize::from(station.tier)][usize::from(instance)];
        let loops = self.houses[newest].config.worker_processes.max(1);
        for _ in 0..loops {
            let Some(socket) = ctx.kernel.accept(front) else {
                return;
            };
            if let Err(line) = self.houses[newest].room(ctx, instance) {
                log(ctx, (self.houses[newest].tier, None), &line);
                ctx.close(socket);
                continue;
            }
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
        let newest = self.houses.len() - 1;
        let house = &self.houses[newest];
        let seat = |id| Seat {
            id,
            at,
            house: newest as u8,
            client,
        };
        if let Some(id) = self.free.pop() {
            self.connections[id as usize].reopen(seat(id), house, ctx.now());
            return id;
        }
        let id = u32::try_from(self.connections.len()).expect("fewer than 2^32 connections");
        let fresh = Connection::new(seat(id), house, ctx.now());
        self.connections.push(fresh);
        id
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, connection: u32, generation: u32) {
        let place = &mut self.connections[connection as usize];
        let tier = self.houses[0].index;
        let event = |generation| Event::Proxy {
            tier,
            connection,
            generation,
        };
        if ctx.rings(&mut place.alarm, generation, event) {
            self.with(ctx, connection, Connection::on_timer);
        }
    }

    /// The run ends: every exchange is stopped and reported, every connection closed.
    pub(in crate::sim::world) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        for connection in &mut self.connections {
            if let Some(house) = connection.house() {
                connection.stop(&self.houses[usize::from(house)], ctx);
            }
        }
        for house in &self.houses {
            house.upstreams.stop(ctx);
        }
    }
}

//! The proxies of a tier, and the connections of their clients.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::super::ctx::{Ctx, Owner, Station};
use super::super::event::{Event, Wakeup};
use super::connection::{Common, Connection, Fate, House, Seat, log};
use super::life::{Missed, Process};
use crate::machine::event_loop::{AcceptTurn, Hail, Health, LimitConn, accept_failed};
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::temp_disk::TempDisk;
use crate::plan::{Plan, ProxyTier};
use crate::sim::kernel::{Errno, SocketId};
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// CPU time of a connection's making, accepting and closing over TCP on loopback (measured, `reference/sockets.md` 5).
const ACCEPT: Span = Span::from_us(42);

/// What a fresh connection costs before its request is on the way upstream: the client's connecting, the proxy's accepting, reading and
/// connecting. Measured on the lab with nobody waiting: 0.27 ms (Unix) and 0.42 ms (TCP) in all, and 0.2 ms more that are spent later.
const TAKE_UP: Span = Span::from_us(300);

/// The proxies of a tier. Each event loop has its own slots, descriptors and idle connections, as an nginx worker has. Connections of
/// all proxies are in one table, and each knows whose it is.
#[derive(Debug)]
pub(in crate::sim::world) struct Proxy {
    /// By generation: the first one, and one more for each reload.
    pub(super) houses: Vec<House>,
    pub(super) connections: Vec<Connection>,
    /// Places in the table that nobody uses.
    free: Vec<u32>,
    /// By instance: whether an event loop comes back to the accept queue by itself.
    accepts_again: Vec<bool>,
    /// What the configuration says: the next reload takes it up.
    pub(super) on_file: ProxyConfig,
    /// By instance: how its process is.
    pub(super) processes: Vec<Process>,
    pub(super) health: Health,
    /// How many of the generations, the oldest first, have loops that do not come back.
    pub(super) stuck: usize,
    /// What has come to them since they were stopped.
    pub(super) missed: Vec<Missed>,
    /// When they last went on: timers that were due before ring one after the other at that instant.
    pub(super) thawed_at: Option<Timestamp>,
}

/// What happens to proxies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::sim::world) enum ProxyEvent {
    /// A connection has joined the accept queue.
    Acceptable { instance: u8 },
    /// An event loop comes back to it.
    AcceptMore { instance: u8 },
    /// One of a generation that was out of descriptors listens again.
    Listens { at: Station, house: u8 },
    /// A timer of an exchange or of a request that is being read.
    Timer { connection: u32, generation: u32 },
    /// Something happened on the client's connection.
    Downstream { connection: u32, what: Wakeup },
    /// Something happened on an idle one to the backend.
    Idle {
        at: Station,
        house: u8,
        socket: SocketId,
    },
    /// Idle ones may have been idle for too long.
    IdleTimer {
        at: Station,
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
        plan: &Plan,
        index: u8,
        of: ProxyTier<'_>,
        names: Arc<[String]>,
    ) -> Proxy {
        let config = of.config;
        let instances = config.instances.max(1);
        let limits: Vec<RefCell<LimitConn>> = (0..instances).map(|_| RefCell::default()).collect();
        let common = Common {
            names,
            limits: limits.into(),
            disk: Rc::new(RefCell::new(TempDisk::new(config.temp_disk))),
        };
        Proxy {
            houses: vec![House::new(plan, (index, 0), of, common)],
            connections: Vec::new(),
            free: Vec::new(),
            accepts_again: vec![false; instances as usize],
            on_file: config.clone(),
            processes: vec![Process::Accepts; instances as usize],
            health: Health::default(),
            stuck: 0,
            missed: Vec::new(),
            thawed_at: None,
        }
    }

    pub(in crate::sim::world) fn on_event(&mut self, ctx: &mut Ctx<'_>, event: ProxyEvent) {
        if self.health.is_stopped() {
            self.missed.push(Missed::Event(event));
            return;
        }
        if self.is_stuck(event) {
            return;
        }
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
            ProxyEvent::Listens { at, house } => {
                let house = &mut self.houses[usize::from(house)];
                house.turns[usize::from(at.instance)].resume(at.event_loop.into());
                self.accept(ctx, at.instance);
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
            ProxyEvent::Idle { at, house, socket } => {
                let upstreams = &self.houses[usize::from(house)].upstreams;
                upstreams.on_idle(at, ctx, socket);
            }
            ProxyEvent::IdleTimer {
                at,
                house,
                generation,
            } => {
                let upstreams = &self.houses[usize::from(house)].upstreams;
                upstreams.on_timer(at, ctx, generation);
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
        let instance = place.instance();
        if what(place, &self.houses[usize::from(house)], ctx) == Fate::Closed {
            self.free.push(connection);
            self.end_if_done(ctx, instance);
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

    pub(super) fn hail(&mut self, ctx: &mut Ctx<'_>, connection: u32, hail: Hail) {
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

    /// A proxy accepts what its event loops accept in one turn, and comes back for the rest: while a burst is being accepted the backend's
    /// workers already take up its first requests.
    fn accept(&mut self, ctx: &mut Ctx<'_>, instance: u8) {
        // The old generation accepts for a moment longer; whose turn it is nobody can tell.
        let newest = self.houses.len() - 1;
        let tier = self.houses[newest].index;
        let front = ctx.tiers[usize::from(tier)][usize::from(instance)];
        let loops = self.houses[newest].config.worker_processes.max(1);
        let mut turn = AcceptTurn::of_loops(loops);
        while turn.has_another() {
            if ctx.kernel.listener(front).depth() == 0 {
                return;
            }
            let house = &mut self.houses[newest];
            let Some(first) = house.turns[usize::from(instance)].first() else {
                return;
            };
            let at = house.station(instance, first as u8);
            if !ctx.fails() && house.upstreams.table(at).descriptors.take() {
                self.accept_one(ctx, at);
            } else {
                self.pause(ctx, at);
            }
        }
        let comes_back = &mut self.accepts_again[usize::from(instance)];
        if ctx.kernel.listener(front).depth() > 0 && !*comes_back {
            *comes_back = true;
            let at = ctx.now() + ACCEPT;
            ctx.push(at, Event::AcceptMore { tier, instance });
        }
    }

    /// New loops meet whoever waits: the old ones may have been unable to accept.
    pub(super) fn accept_anew(&mut self, ctx: &mut Ctx<'_>, instance: u8) {
        self.accepts_again[usize::from(instance)] = false;
        self.accept(ctx, instance);
    }

    /// An event loop accepts who is first in the queue; the connection that finds no room is closed.
    fn accept_one(&mut self, ctx: &mut Ctx<'_>, at: Station) {
        let front = ctx.tiers[usize::from(at.tier)][usize::from(at.instance)];
        let Some(socket) = ctx.kernel.accept(front) else {
            return;
        };
        let newest = self.houses.len() - 1;
        let house = &mut self.houses[newest];
        let is_crowded = house.upstreams.table(at).slots.is_crowded();
        if let Err(line) = house.room(ctx, at) {
            log(ctx, (house.tier, None), &line);
            house.upstreams.table(at).descriptors.give_back(1);
            return ctx.close(socket);
        }
        house.turns[usize::from(at.instance)].accepted(at.event_loop.into(), is_crowded);
        let (tier, connection) = (at.tier, self.seat(ctx, at, socket));
        ctx.own(socket, Owner::Downstream { tier, connection });
        let what = Wakeup::Readable(ctx.kernel.generation(socket) as u16);
        ctx.push(ctx.now() + TAKE_UP, Event::Wake { socket, what });
    }

    /// An event loop has no descriptor for another connection.
    fn pause(&mut self, ctx: &mut Ctx<'_>, at: Station) {
        let failed = accept_failed(&Errno::NoFiles.as_os_error());
        log(ctx, (self.tier(), None), &failed.line);
        let newest = self.houses.len() - 1;
        self.houses[newest].turns[usize::from(at.instance)].pause(at.event_loop.into());
        let again = Event::Listens {
            at,
            house: newest as u8,
        };
        ctx.push(ctx.now() + failed.pause.unwrap_or(ACCEPT), again);
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
        self.close_listeners(ctx);
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

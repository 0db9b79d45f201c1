//! What each event loop of a proxy knows of the instances of the tier behind it, and its idle connections to them.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;

use super::super::ctx::{Ctx, Owner, Station};
use super::super::event::Event;
use super::check::Holds;
use crate::machine::event_loop::{Descriptors, Slots};
use crate::machine::exchange::{Exchange, Release};
use crate::machine::peers::{Choice, Peers, Ticket};
use crate::machine::proxy_config::ProxyConfig;
use crate::sim::alarm::Alarm;
use crate::sim::kernel::SocketId;

/// The upstream side of every event loop of a tier's proxies. Its connections take from it and give back while the house is shared.
#[derive(Debug)]
pub(super) struct Upstreams {
    /// The index of the proxies' tier.
    tier: u8,
    /// Whose they are: which generation of the proxies.
    house: u8,
    /// Event loops of each proxy.
    loops: u8,
    /// Those of the first proxy, then those of the next.
    by_loop: Vec<RefCell<Upstream>>,
}

#[derive(Debug)]
struct Upstream {
    peers: Peers,
    idle: BTreeMap<Ticket, SocketId>,
    alarm: Alarm,
    table: Table,
}

/// What an event loop has only so many of, for all its connections, the clients' too.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) slots: Slots,
    pub(super) descriptors: Descriptors,
}

impl Table {
    fn new(config: &ProxyConfig) -> Table {
        Table {
            slots: Slots::new(config.worker_connections),
            descriptors: Descriptors::new(config.worker_rlimit_nofile),
        }
    }

    /// A connection to an upstream is closed.
    pub(super) fn give_back(&mut self) {
        self.slots.give_back();
        self.descriptors.give_back(1);
    }
}

impl Upstreams {
    pub(super) fn new((tier, house): (u8, u8), config: &ProxyConfig, count: u32) -> Upstreams {
        let one = || Upstream {
            table: Table::new(config),
            peers: Peers::new(&config.upstream, count),
            idle: BTreeMap::new(),
            alarm: Alarm::default(),
        };
        let (instances, loops) = (config.instances.max(1), config.worker_processes.max(1));
        let all = instances as usize * loops as usize;
        Upstreams {
            tier,
            house,
            loops: loops as u8,
            by_loop: (0..all).map(|_| RefCell::new(one())).collect(),
        }
    }

    fn of(&self, at: Station) -> &RefCell<Upstream> {
        let (instance, loops) = (usize::from(at.instance), usize::from(self.loops));
        &self.by_loop[instance * loops + usize::from(at.event_loop)]
    }

    fn each(&self) -> impl Iterator<Item = (Station, &RefCell<Upstream>)> {
        (0_usize..).zip(&self.by_loop).map(|(index, upstream)| {
            let loops = usize::from(self.loops);
            let at = Station {
                tier: self.tier,
                instance: (index / loops) as u8,
                event_loop: (index % loops) as u8,
            };
            (at, upstream)
        })
    }

    /// What an event loop has.
    pub(super) fn table(&self, at: Station) -> RefMut<'_, Table> {
        let upstream = self.of(at).borrow_mut();
        RefMut::map(upstream, |upstream| &mut upstream.table)
    }

    /// Nobody gets a descriptor any more.
    pub(super) fn leak(&self) {
        for (_, upstream) in self.each() {
            upstream.borrow_mut().table.descriptors.leak();
        }
    }

    /// Whether an event loop can account for all that it has.
    pub(super) fn check(&self, at: Station, holds: Holds) {
        let upstream = self.of(at).borrow();
        let (table, idle) = (&upstream.table, upstream.idle.len() as u32);
        let open = holds.clients + holds.upstreams + idle;
        let slots = (table.slots.taken() + table.slots.evicted(), open);
        assert_eq!(slots.0, slots.1, "slots of {at:?}, {holds:?}, {idle} idle");
        let used = table.descriptors.taken();
        assert!(
            used.is_none_or(|used| used == open + holds.files),
            "{used:?} descriptors of {at:?}, {holds:?}, {idle} idle"
        );
    }

    /// None is kept any more, because the event loops quit.
    pub(super) fn keep_none(&self, ctx: &mut Ctx<'_>) {
        for (at, upstream) in self.each() {
            let upstream = &mut *upstream.borrow_mut();
            for ticket in upstream.peers.pool.close() {
                if let Some(socket) = upstream.idle.remove(&ticket) {
                    close(ctx, (at, &mut upstream.table), socket);
                }
            }
        }
    }

    /// Whom a request of this event loop asks, and the socket if it is a kept connection's.
    pub(super) fn choose(
        &self,
        at: Station,
        ctx: &Ctx<'_>,
        exchange: &mut Exchange,
    ) -> (Choice, Option<SocketId>) {
        let mut upstream = self.of(at).borrow_mut();
        let choice = upstream.peers.choose(ctx.now(), exchange.tried());
        let socket = match choice {
            Choice::Kept { ticket, .. } => upstream.idle.remove(&ticket),
            Choice::Fresh { .. } | Choice::NoneAlive => None,
        };
        (choice, socket)
    }

    /// A request is done with a peer; whether that is left out from now on.
    pub(super) fn release(&self, at: Station, ctx: &Ctx<'_>, release: Release) -> bool {
        let mut upstream = self.of(at).borrow_mut();
        let Release { peer, failed, .. } = release;
        upstream.peers.release(ctx.now(), peer, failed)
    }

    /// Keeps a connection, or closes it where there is no room.
    pub(super) fn keep(
        &self,
        at: Station,
        ctx: &mut Ctx<'_>,
        (release, socket): (Release, SocketId),
    ) {
        let upstream = &mut *self.of(at).borrow_mut();
        let now = ctx.now();
        let kept = release
            .keep
            .and_then(|life| upstream.peers.pool.keep(now, release.peer, life));
        let Some((ticket, evicted)) = kept else {
            return close(ctx, (at, &mut upstream.table), socket);
        };
        if let Some(evicted) = evicted.and_then(|ticket| upstream.idle.remove(&ticket)) {
            close(ctx, (at, &mut upstream.table), evicted);
        }
        upstream.idle.insert(ticket, socket);
        let house = self.house;
        ctx.own(socket, Owner::Idle { at, house });
        ctx.kernel.watch(socket);
        upstream.wake_at_deadline(ctx, (at, house));
    }

    /// The peer has closed an idle connection, or spoken on it.
    pub(super) fn on_idle(&self, at: Station, ctx: &mut Ctx<'_>, socket: SocketId) {
        let upstream = &mut *self.of(at).borrow_mut();
        let found = upstream.idle.iter().find(|(_, idle)| **idle == socket);
        let Some((&ticket, _)) = found else { return };
        if !ctx.kernel.is_readable(socket) {
            // It was woken for what the request before has read: nginx peeks, too.
            return ctx.kernel.watch(socket);
        }
        upstream.idle.remove(&ticket);
        upstream.peers.pool.lose(ticket);
        close(ctx, (at, &mut upstream.table), socket);
    }

    /// Some may have been idle for too long.
    pub(super) fn on_timer(&self, at: Station, ctx: &mut Ctx<'_>, generation: u32) {
        let upstream = &mut *self.of(at).borrow_mut();
        let house = self.house;
        let event = |generation| Event::Idle {
            at,
            house,
            generation,
        };
        if !ctx.rings(&mut upstream.alarm, generation, event) {
            return;
        }
        while let Some(ticket) = upstream.peers.pool.expire(ctx.now()) {
            if let Some(socket) = upstream.idle.remove(&ticket) {
                close(ctx, (at, &mut upstream.table), socket);
            }
        }
        upstream.wake_at_deadline(ctx, (at, house));
    }

    /// The run ends.
    pub(super) fn stop(&self, ctx: &mut Ctx<'_>) {
        for (at, upstream) in self.each() {
            let upstream = &mut *upstream.borrow_mut();
            for socket in std::mem::take(&mut upstream.idle).into_values() {
                close(ctx, (at, &mut upstream.table), socket);
            }
        }
    }
}

impl Upstream {
    fn wake_at_deadline(&mut self, ctx: &mut Ctx<'_>, (at, house): (Station, u8)) {
        let ticket = self.alarm.set(self.peers.pool.deadline());
        ctx.push_ticket(ticket, |generation| Event::Idle {
            at,
            house,
            generation,
        });
    }
}

fn close(ctx: &mut Ctx<'_>, (at, table): (Station, &mut Table), socket: SocketId) {
    table.give_back();
    ctx.gauge(at).upstreams -= 1;
    ctx.close(socket);
}

//! What a proxy knows of the instances of the tier behind it, and its idle connections to them.

use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;

use super::super::ctx::{Ctx, Owner, Station};
use super::super::event::Event;
use crate::machine::event_loop::Slots;
use crate::machine::exchange::{Exchange, Release};
use crate::machine::peers::{Choice, Peers, Ticket};
use crate::machine::proxy_config::ProxyConfig;
use crate::sim::alarm::Alarm;
use crate::sim::kernel::SocketId;

/// The upstream side of every proxy, by instance. Its connections take from it and give back while the house is shared.
#[derive(Debug)]
pub(super) struct Upstreams {
    /// The index of the proxies' tier.
    tier: u8,
    /// Whose they are: which generation of the proxies.
    house: u8,
    by_instance: Vec<RefCell<Upstream>>,
}

#[derive(Debug)]
struct Upstream {
    peers: Peers,
    idle: BTreeMap<Ticket, SocketId>,
    alarm: Alarm,
    /// Slots of all connections, the clients' too.
    slots: Slots,
}

impl Upstreams {
    pub(super) fn new((tier, house): (u8, u8), config: &ProxyConfig, count: u32) -> Upstreams {
        let loops = config.worker_processes.max(1);
        let one = || Upstream {
            slots: Slots::of_loops(config.worker_connections, loops),
            peers: Peers::new(&config.upstream, count),
            idle: BTreeMap::new(),
            alarm: Alarm::default(),
        };
        let instances = config.instances.max(1);
        Upstreams {
            tier,
            house,
            by_instance: (0..instances).map(|_| RefCell::new(one())).collect(),
        }
    }

    fn station(&self, instance: u8) -> Station {
        let tier = self.tier;
        Station { tier, instance }
    }

    /// The slots of a proxy's event loops.
    pub(super) fn slots(&self, instance: u8) -> RefMut<'_, Slots> {
        let upstream = self.by_instance[usize::from(instance)].borrow_mut();
        RefMut::map(upstream, |upstream| &mut upstream.slots)
    }

    /// None is kept any more, because the event loops quit.
    pub(super) fn keep_none(&self, ctx: &mut Ctx<'_>) {
        for (upstream, instance) in self.by_instance.iter().zip(0..) {
            let upstream = &mut *upstream.borrow_mut();
            for ticket in upstream.peers.pool.close() {
                if let Some(socket) = upstream.idle.remove(&ticket) {
                    close(ctx, (self.station(instance), &mut upstream.slots), socket);
                }
            }
        }
    }

    /// Whom a request of this proxy asks, and the socket if it is a kept connection's.
    pub(super) fn choose(
        &self,
        instance: u8,
        ctx: &Ctx<'_>,
        exchange: &mut Exchange,
    ) -> (Choice, Option<SocketId>) {
        let mut upstream = self.by_instance[usize::from(instance)].borrow_mut();
        let choice = upstream.peers.choose(ctx.now(), exchange.tried());
        let socket = match choice {
            Choice::Kept { ticket, .. } => upstream.idle.remove(&ticket),
            Choice::Fresh { .. } | Choice::NoneAlive => None,
        };
        (choice, socket)
    }

    /// A request is done with a peer; whether that is left out from now on.
    pub(super) fn release(&self, instance: u8, ctx: &Ctx<'_>, release: Release) -> bool {
        let mut upstream = self.by_instance[usize::from(instance)].borrow_mut();
        let Release { peer, failed, .. } = release;
        upstream.peers.release(ctx.now(), peer, failed)
    }

    /// Keeps a connection, or closes it where there is no room.
    pub(super) fn keep(
        &self,
        instance: u8,
        ctx: &mut Ctx<'_>,
        (release, socket): (Release, SocketId),
    ) {
        let upstream = &mut *self.by_instance[usize::from(instance)].borrow_mut();
        let now = ctx.now();
        let kept = release
            .keep
            .and_then(|life| upstream.peers.pool.keep(now, release.peer, life));
        let Some((ticket, evicted)) = kept else {
            return close(ctx, (self.station(instance), &mut upstream.slots), socket);
        };
        if let Some(evicted) = evicted.and_then(|ticket| upstream.idle.remove(&ticket)) {
            close(ctx, (self.station(instance), &mut upstream.slots), evicted);
        }
        upstream.idle.insert(ticket, socket);
        let (at, house) = (self.station(instance), self.house);
        ctx.own(socket, Owner::Idle { at, house });
        ctx.kernel.watch(socket);
        upstream.wake_at_deadline(ctx, (at, house));
    }

    /// The peer has closed an idle connection, or spoken on it.
    pub(super) fn on_idle(&self, instance: u8, ctx: &mut Ctx<'_>, socket: SocketId) {
        let upstream = &mut *self.by_instance[usize::from(instance)].borrow_mut();
        let found = upstream.idle.iter().find(|(_, idle)| **idle == socket);
        let Some((&ticket, _)) = found else { return };
        if !ctx.kernel.is_readable(socket) {
            // It was woken for what the request before has read: nginx peeks, too.
            return ctx.kernel.watch(socket);
        }
        upstream.idle.remove(&ticket);
        upstream.peers.pool.lose(ticket);
        close(ctx, (self.station(instance), &mut upstream.slots), socket);
    }

    /// Some may have been idle for too long.
    pub(super) fn on_timer(&self, instance: u8, ctx: &mut Ctx<'_>, generation: u32) {
        let upstream = &mut *self.by_instance[usize::from(instance)].borrow_mut();
        let (at, house) = (self.station(instance), self.house);
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
                close(ctx, (self.station(instance), &mut upstream.slots), socket);
            }
        }
        upstream.wake_at_deadline(ctx, (at, house));
    }

    /// The run ends.
    pub(super) fn stop(&self, ctx: &mut Ctx<'_>) {
        for (upstream, instance) in self.by_instance.iter().zip(0..) {
            let upstream = &mut *upstream.borrow_mut();
            for socket in std::mem::take(&mut upstream.idle).into_values() {
                close(ctx, (self.station(instance), &mut upstream.slots), socket);
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

fn close(ctx: &mut Ctx<'_>, (at, slots): (Station, &mut Slots), socket: SocketId) {
    slots.give_back();
    ctx.gauge(at).upstreams -= 1;
    ctx.close(socket);
}

//! What a proxy knows of the instances of the tier behind it, and its idle connections to them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::super::ctx::{Ctx, Owner, Station};
use super::super::event::Event;
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
    all: Vec<RefCell<Upstream>>,
}

#[derive(Debug)]
struct Upstream {
    peers: Peers,
    idle: BTreeMap<Ticket, SocketId>,
    alarm: Alarm,
}

impl Upstreams {
    pub(super) fn new(tier: u8, config: &ProxyConfig, count: u32) -> Upstreams {
        let one = || Upstream {
            peers: Peers::new(&config.upstream, count),
            idle: BTreeMap::new(),
            alarm: Alarm::default(),
        };
        let instances = config.instances.max(1);
        Upstreams {
            tier,
            all: (0..instances).map(|_| RefCell::new(one())).collect(),
        }
    }

    fn station(&self, instance: u8) -> Station {
        let tier = self.tier;
        Station { tier, instance }
    }

    /// Whom a request of this proxy asks, and the socket if it is a kept connection's.
    pub(super) fn choose(
        &self,
        instance: u8,
        ctx: &Ctx<'_>,
        exchange: &mut Exchange,
    ) -> (Choice, Option<SocketId>) {
        let mut upstream = self.all[usize::from(instance)].borrow_mut();
        let choice = upstream.peers.choose(ctx.now(), exchange.tried());
        let socket = match choice {
            Choice::Kept { ticket, .. } => upstream.idle.remove(&ticket),
            Choice::Fresh { .. } | Choice::NoneAlive => None,
        };
        (choice, socket)
    }

    /// A request is done with a peer; whether that is left out from now on.
    pub(super) fn release(&self, instance: u8, ctx: &Ctx<'_>, release: Release) -> bool {
        let mut upstream = self.all[usize::from(instance)].borrow_mut();
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
        let mut upstream = self.all[usize::from(instance)].borrow_mut();
        let now = ctx.now();
        let kept = release
            .keep
            .and_then(|life| upstream.peers.pool.keep(now, release.peer, life));
        let Some((ticket, evicted)) = kept else {
            return close(ctx, self.station(instance), socket);
        };
        if let Some(evicted) = evicted.and_then(|ticket| upstream.idle.remove(&ticket)) {
            close(ctx, self.station(instance), evicted);
        }
        upstream.idle.insert(ticket, socket);
        ctx.own(socket, Owner::Idle(self.station(instance)));
        ctx.kernel.watch(socket);
        upstream.wake_at_deadline(ctx, self.station(instance));
    }

    /// The peer has closed an idle connection, or spoken on it.
    pub(super) fn on_idle(&self, instance: u8, ctx: &mut Ctx<'_>, socket: SocketId) {
        let mut upstream = self.all[usize::from(instance)].borrow_mut();
        let found = upstream.idle.iter().find(|(_, idle)| **idle == socket);
        let Some((&ticket, _)) = found else { return };
        if !ctx.kernel.is_readable(socket) {
            // It was woken for what the request before has read: nginx peeks, too.
            return ctx.kernel.watch(socket);
        }
        upstream.idle.remove(&ticket);
        upstream.peers.pool.lose(ticket);
        close(ctx, self.station(instance), socket);
    }

    /// Some may have been idle for too long.
    pub(super) fn on_timer(&self, instance: u8, ctx: &mut Ctx<'_>, generation: u32) {
        let mut upstream = self.all[usize::from(instance)].borrow_mut();
        let at = self.station(instance);
        let event = |generation| Event::Idle { at, generation };
        if !ctx.rings(&mut upstream.alarm, generation, event) {
            return;
        }
        while let Some(ticket) = upstream.peers.pool.expire(ctx.now()) {
            if let Some(socket) = upstream.idle.remove(&ticket) {
                close(ctx, at, socket);
            }
        }
        upstream.wake_at_deadline(ctx, self.station(instance));
    }

    /// The run ends.
    pub(super) fn stop(&self, ctx: &mut Ctx<'_>) {
        for (upstream, instance) in self.all.iter().zip(0..) {
            let idle = std::mem::take(&mut upstream.borrow_mut().idle);
            for socket in idle.into_values() {
                close(ctx, self.station(instance), socket);
            }
        }
    }
}

impl Upstream {
    fn wake_at_deadline(&mut self, ctx: &mut Ctx<'_>, at: Station) {
        let ticket = self.alarm.set(self.peers.pool.deadline());
        ctx.push_ticket(ticket, |generation| Event::Idle { at, generation });
    }
}

fn close(ctx: &mut Ctx<'_>, at: Station, socket: SocketId) {
    ctx.gauge(at).upstreams -= 1;
    ctx.close(socket);
}

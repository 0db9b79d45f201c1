//! A client's connection at a proxy: its machine driven, and the report of each of its requests. The exchange's steps are in `relay`.

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::sync::Arc;

use super::super::ctx::{Ctx, Station};
use super::super::event::{Event, Wakeup};
use super::super::heads;
use super::super::requests::Requests;
use super::check::Holds;
use super::kept::Upstreams;
use super::relay::Relay;
use crate::attribution::{proxy_event, proxy_half};
use crate::machine::downstream::{Downstream, Step};
use crate::machine::event_loop::{Hail, Life, LimitConn, Place, Turns};
use crate::machine::exchange::{Finished, LogLine};
use crate::machine::proxy_config::ProxyConfig;
use crate::machine::temp_disk::TempDisk;
use crate::plan::{Plan, ProxyTier};
use crate::record::Report;
use crate::sim::alarm::Alarm;
use crate::sim::kernel::SocketId;
use crate::tier::{ProxyId, Tier};
use crate::time::Timestamp;

/// What all connections have in common.
#[derive(Debug)]
pub(super) struct House {
    /// The tier, and its index from the outside in.
    pub(super) tier: Tier,
    pub(super) index: u8,
    pub(super) config: Arc<ProxyConfig>,
    /// The instances of the tier behind as the error log names them.
    pub(super) names: Arc<[String]>,
    /// What it passes on to them.
    pub(super) requests: Requests,
    /// By event loop: what is known of them, the idle connections to them, and the slots of all connections.
    pub(super) upstreams: Upstreams,
    /// `limit_conn`, by instance; every generation has the same.
    pub(super) limits: Rc<[RefCell<LimitConn>]>,
    /// What their temp files are on, as in the lab: one for all proxies and generations of the tier.
    pub(super) disk: Rc<RefCell<TempDisk>>,
    /// Connections that are to make room for others.
    pub(super) evicted: RefCell<Vec<u32>>,
    pub(super) life: Life,
    /// By instance: which of its event loops accepts next.
    pub(super) turns: Vec<Turns>,
}

impl House {
    /// Takes a slot; otherwise what the log says of it.
    pub(super) fn room(&self, ctx: &mut Ctx<'_>, at: Station) -> Result<(), LogLine> {
        let taken = self.upstreams.table(at).slots.take(ctx.now());
        let evicted = taken.evicted.into_iter().map(|client| client as u32);
        self.evicted.borrow_mut().extend(evicted);
        match (taken.granted, taken.line) {
            (false, line) => return Err(line.expect("a lack is told")),
            (true, Some(line)) => log(ctx, (self.tier, None), &line),
            (true, None) => {}
        }
        Ok(())
    }
}

/// What every generation has of the one before.
pub(super) struct Common {
    pub(super) names: Arc<[String]>,
    pub(super) limits: Rc<[RefCell<LimitConn>]>,
    pub(super) disk: Rc<RefCell<TempDisk>>,
}

/// A place in the table of connections, and who sits there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seat {
    pub(super) id: u32,
    /// Which event loop of which proxy it belongs to.
    pub(super) at: Station,
    /// And to which generation of it.
    pub(super) house: u8,
    pub(super) client: SocketId,
}

impl House {
    /// The next generation of those of a tier, or the first one.
    pub(super) fn new(
        plan: &Plan,
        (index, id): (u8, u8),
        of: ProxyTier<'_>,
        common: Common,
    ) -> House {
        let ProxyTier { tier, config } = of;
        let turns = Turns::new(config.worker_processes.max(1));
        House {
            tier,
            index,
            config: Arc::new(config.clone()),
            upstreams: Upstreams::new((index, id), config, common.names.len() as u32),
            requests: Requests::passed_on((config, common.names.len()), plan),
            names: common.names,
            limits: common.limits,
            disk: common.disk,
            evicted: RefCell::default(),
            life: Life::new(config.worker_shutdown_timeout),
            turns: vec![turns; config.instances.max(1) as usize],
        }
    }

    /// An event loop of one of the tier's proxies.
    pub(super) fn station(&self, instance: u8, event_loop: u8) -> Station {
        Station {
            tier: self.index,
            instance,
            event_loop,
        }
    }
}

/// A connection, or the place that one has left.
#[derive(Debug)]
pub(super) struct Connection {
    machine: Downstream,
    relay: Relay,
    open: bool,
    /// Its place among those that may be closed to make room.
    place: Option<Place>,
    pub(super) alarm: Alarm,
}

/// Whether a connection lives on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    Open,
    Closed,
}

impl Connection {
    /// One that was just accepted.
    pub(super) fn new(seat: Seat, house: &House, now: Timestamp) -> Connection {
        let (config, names) = (Arc::clone(&house.config), Arc::clone(&house.names));
        Connection {
            machine: Downstream::new(config, names, now),
            relay: Relay::new(seat),
            open: true,
            place: None,
            alarm: Alarm::default(),
        }
    }

    /// The next one in the same place.
    pub(super) fn reopen(&mut self, seat: Seat, house: &House, now: Timestamp) {
        self.alarm.reset();
        *self = Connection {
            alarm: self.alarm,
            ..Connection::new(seat, house, now)
        };
    }

    pub(super) fn on_downstream(&mut self, house: &House, ctx: &mut Ctx<'_>, what: Wakeup) -> Fate {
        if !self.open || !self.relay.on_downstream(&mut self.machine, ctx, what) {
            return Fate::Open;
        }
        self.drive(house, ctx)
    }

    pub(super) fn on_upstream(&mut self, house: &House, ctx: &mut Ctx<'_>, what: Wakeup) -> Fate {
        if !self.open || !self.relay.on_upstream(&mut self.machine, ctx, what) {
            return Fate::Open;
        }
        self.drive(house, ctx)
    }

    /// Which generation serves it; `None` once it is closed.
    pub(super) fn house(&self) -> Option<u8> {
        self.open.then_some(self.relay.seat.house)
    }

    /// Which of the tier's proxies it is a connection of, or was.
    pub(super) fn instance(&self) -> u8 {
        self.relay.seat.at.instance
    }

    /// Whether it is open, and one of this proxy's.
    pub(super) fn is_of(&self, instance: u8) -> bool {
        self.open && self.instance() == instance
    }

    /// Whether it is open, and one of this event loop's in this generation.
    pub(super) fn sits_at(&self, at: Station, house: u8) -> bool {
        self.open && (self.relay.seat.at, self.relay.seat.house) == (at, house)
    }

    /// What it holds of its event loop's.
    pub(super) fn holds(&self) -> Holds {
        Holds {
            clients: 1,
            upstreams: self.relay.upstream.is_some().into(),
            files: self.relay.files.count(),
        }
    }

    /// Pages that its temp files have.
    pub(super) fn pages(&self) -> u64 {
        self.relay.files.pages()
    }

    /// Whether it counts for `limit_conn`.
    pub(super) fn counts(&self) -> bool {
        self.machine.counts()
    }

    /// Its event loop says something.
    pub(super) fn on_hailed(&mut self, house: &House, ctx: &mut Ctx<'_>, hail: Hail) -> Fate {
        if !self.open {
            return Fate::Open;
        }
        self.machine.on_hailed(ctx.now(), hail);
        self.drive(house, ctx)
    }

    /// Lets the machine act until it waits or closes.
    fn drive(&mut self, house: &House, ctx: &mut Ctx<'_>) -> Fate {
        let now = ctx.now();
        loop {
            match self.machine.next(now) {
                Step::Wait(wait) => {
                    self.relay.rest(&self.machine, ctx, &wait);
                    self.set_alarm(ctx, wait.deadline);
                    self.rank(house);
                    return Fate::Open;
                }
                Step::Close { reset } => return self.close(house, ctx, reset),
                Step::Exchange(step) => self.relay.act(house, self.machine.exchange(), ctx, step),
                Step::Receive { max } => {
                    let received = self.relay.receive(ctx, max);
                    self.machine.on_received(now, &received);
                    // Who has spoken is not closed to make room any more, not even for its own upstream.
                    self.rank(house);
                }
                Step::DiscardBody { max } => {
                    let read = self.relay.take_body_bytes(ctx, max);
                    self.machine.on_body_discarded(now, &read);
                }
                Step::Discard { max } => {
                    let received = self.relay.discard(ctx, max);
                    self.machine.on_received(now, &received);
                }
                Step::Judge => {
                    let judged = self.relay.judge(ctx);
                    self.machine.on_judged(now, judged);
                }
                Step::Admit => {
                    let most = house.config.limit_conn;
                    let limit = &house.limits[usize::from(self.relay.seat.at.instance)];
                    let admitted = limit.borrow_mut().begin(self.address(ctx), most);
                    self.machine.on_admitted(now, admitted);
                }
                Step::Peek => {
                    let unread = ctx.kernel.is_readable(self.relay.seat.client);
                    self.machine.on_peeked(now, unread);
                }
                Step::ShutdownWrite => ctx.kernel.shutdown_write(self.relay.seat.client),
                Step::Log(line) => log(ctx, (house.tier, self.relay.known_id(ctx)), &line),
                Step::Finish(finished) => self.finish(house, ctx, &finished),
            }
        }
    }

    /// Where whoever is before it comes from: clients have addresses, a tier of proxies counts as one.
    fn address(&self, ctx: &Ctx<'_>) -> u128 {
        let seat = self.relay.seat;
        let address = match seat.at.tier {
            0 => heads::address(ctx.plan, ctx.traffic(seat.client).asks),
            _ => Ipv4Addr::LOCALHOST,
        };
        address.to_bits().into()
    }

    /// Says whether its slot may be worth more to another one.
    fn rank(&mut self, house: &House) {
        let (seat, reusable) = (self.relay.seat, self.machine.is_reusable());
        if reusable != self.place.is_some() {
            let slots = &mut house.upstreams.table(seat.at).slots;
            slots.set_reusable(seat.id.into(), &mut self.place, reusable);
        }
    }

    fn set_alarm(&mut self, ctx: &mut Ctx<'_>, deadline: Option<Timestamp>) {
        let Seat {
            id: connection, at, ..
        } = self.relay.seat;
        let ticket = self.alarm.set(deadline);
        ctx.push_ticket(ticket, |generation| Event::Proxy {
            tier: at.tier,
            connection,
            generation,
        });
    }

    pub(super) fn on_timer(&mut self, house: &House, ctx: &mut Ctx<'_>) -> Fate {
        if !self.open {
            return Fate::Open;
        }
        self.machine.on_timer(ctx.now());
        self.drive(house, ctx)
    }

    /// A request is over: its report, if its head ever came.
    fn finish(&mut self, house: &House, ctx: &mut Ctx<'_>, finished: &Finished) {
        self.relay.settle(house, ctx);
        if self.machine.stops_counting() {
            let limit = &house.limits[usize::from(self.relay.seat.at.instance)];
            limit.borrow_mut().end(self.address(ctx));
        }
        let Some(request_id) = self.relay.known_id(ctx) else {
            return;
        };
        let proxy = ProxyId {
            tier: house.tier,
            instance: u32::from(self.relay.seat.at.instance),
        };
        let at = (self.machine.accepted_at(), ctx.now(), self.relay.head);
        let half = proxy_half(finished, (request_id, proxy), at, |at| ctx.told(at));
        ctx.report(Report::Proxy(Box::new(half)));
        self.relay = Relay::new(self.relay.seat);
    }

    fn close(&mut self, house: &House, ctx: &mut Ctx<'_>, reset: bool) -> Fate {
        self.alarm.set(None);
        self.open = false;
        let seat = self.relay.seat;
        let table = &mut *house.upstreams.table(seat.at);
        table.slots.leave(seat.id.into(), &mut self.place);
        table.descriptors.give_back(1);
        if reset {
            ctx.abort(self.relay.seat.client);
        } else {
            ctx.close(self.relay.seat.client);
        }
        Fate::Closed
    }

    /// Its process is gone, without a word to anybody.
    pub(super) fn die(&mut self, ctx: &mut Ctx<'_>) {
        if std::mem::take(&mut self.open) {
            self.alarm.set(None);
            self.relay.die(ctx);
        }
    }

    /// The run ends.
    pub(super) fn stop(&mut self, house: &House, ctx: &mut Ctx<'_>) {
        if self.open {
            self.machine.on_stop(ctx.now());
            self.drive(house, ctx);
        }
    }
}

/// A line of the error log becomes an event, as in the lab.
pub(super) fn log(ctx: &mut Ctx<'_>, (tier, request_id): (Tier, Option<u64>), line: &LogLine) {
    ctx.proxy_event(tier, proxy_event(line), request_id);
}

//! Probes, and the orchestrator that listens to them.

use super::ctx::{Asks, Ctx, Owner, Traffic};
use super::event::{Event, Wakeup};
use super::heads;
use crate::attribution::{backend_restarted, probe_failed, probe_killed, probe_record};
use crate::machine::probe::{Attempt, Order, ProbeConfig, Prober, Response, Restart, Step};
use crate::record::{Report, Source};
use crate::sim::alarm::Alarm;
use crate::sim::kernel::{Connect, Options, Recv, SocketId};
use crate::tier::Tier;
use crate::time::Timestamp;

/// The most that a probe reads at once, as in the lab.
const LARGEST_READ: u64 = 16 * 1024;

/// All probes.
#[derive(Debug, Default)]
pub(super) struct Probes {
    all: Vec<Probe>,
    restart: Restart,
    /// Rings at the end of a grace period.
    grace: Alarm,
}

/// One probe and its connection.
#[derive(Debug)]
struct Probe {
    prober: Prober,
    socket: Option<SocketId>,
    /// Bytes of the response so far.
    read: u64,
    alarm: Alarm,
}

/// What happens to probes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ProbesEvent {
    /// A probe's time has come.
    Timer { probe: u16, generation: u32 },
    /// Something happened on a probe's connection.
    Wake { probe: u16, what: Wakeup },
    /// A grace period ends.
    Grace { generation: u32 },
}

impl Probes {
    /// Clients begin, and probes with them.
    pub(super) fn start(&mut self, ctx: &mut Ctx<'_>) {
        let origin = Timestamp::ZERO + ctx.origin;
        let fresh = |config: &ProbeConfig| Probe {
            prober: Prober::new(config.clone(), origin),
            socket: None,
            read: 0,
            alarm: Alarm::default(),
        };
        self.all = ctx.plan.probes.iter().map(fresh).collect();
        for probe in 0..self.all.len() as u16 {
            self.set_alarm(ctx, probe);
        }
    }

    /// The run is over for them.
    pub(super) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        for probe in &mut self.all {
            probe.hang_up(ctx);
        }
        *self = Probes::default();
    }

    /// What follows for the backend.
    pub(super) fn on_event(&mut self, ctx: &mut Ctx<'_>, event: ProbesEvent) -> Option<Order> {
        let (probe, judged) = match event {
            ProbesEvent::Grace { generation } => return self.on_grace(ctx, generation),
            ProbesEvent::Timer { probe, generation } => {
                let place = self.all.get_mut(usize::from(probe))?;
                let event = |generation| Event::Probe { probe, generation };
                if !ctx.rings(&mut place.alarm, generation, event) {
                    return None;
                }
                (probe, place.on_time(ctx, probe))
            }
            ProbesEvent::Wake { probe, what } => {
                let place = self.all.get_mut(usize::from(probe))?;
                (probe, place.on_wake(ctx, (probe, what)))
            }
        };
        let order = judged.and_then(|attempt| self.judged(ctx, probe, &attempt));
        self.set_alarm(ctx, probe);
        order
    }

    /// An attempt is over: its row, and what the orchestrator makes of it.
    fn judged(&mut self, ctx: &mut Ctx<'_>, probe: u16, attempt: &Attempt) -> Option<Order> {
        let place = &mut self.all[usize::from(probe)];
        place.hang_up(ctx);
        let config = place.prober.config();
        let row = probe_record(config, attempt, ctx.told(attempt.asked_at));
        let (now, grace) = (ctx.now(), config.grace);
        let order = match attempt.kills {
            true => self.restart.ask(now, usize::from(probe), grace),
            false => None,
        };
        let killed = order.map(|_| probe_killed(config, attempt.failures));
        for kind in probe_failed(&row).into_iter().chain(killed) {
            ctx.event((Source::Lab, kind), None, None);
        }
        ctx.report(Report::Probe(Box::new(row)));
        if order.is_some() {
            self.all.iter_mut().for_each(|place| place.prober.hold());
            self.set_grace(ctx);
        }
        order
    }

    /// Nothing of the backend is left; whether that was wanted, so that it is to start anew.
    pub(super) fn on_backend_ended(&mut self, ctx: &mut Ctx<'_>) -> bool {
        let now = ctx.now();
        let Some(restarted) = self.restart.on_ended(now) else {
            return false;
        };
        self.grace.set(None);
        let config = self.all[restarted.probe].prober.config();
        let kind = backend_restarted(config, restarted);
        ctx.event((Source::Lab, kind), None, None);
        for probe in 0..self.all.len() as u16 {
            self.all[usize::from(probe)].prober.release(now);
            self.set_alarm(ctx, probe);
        }
        true
    }

    fn on_grace(&mut self, ctx: &mut Ctx<'_>, generation: u32) -> Option<Order> {
        let event = |generation| Event::Grace { generation };
        match ctx.rings(&mut self.grace, generation, event) {
            true => self.restart.on_time(ctx.now()),
            false => None,
        }
    }

    fn set_grace(&mut self, ctx: &mut Ctx<'_>) {
        let ticket = self.grace.set(self.restart.due());
        ctx.push_ticket(ticket, |generation| Event::Grace { generation });
    }

    fn set_alarm(&mut self, ctx: &mut Ctx<'_>, probe: u16) {
        let place = &mut self.all[usize::from(probe)];
        let ticket = place.alarm.set(place.prober.due());
        ctx.push_ticket(ticket, |generation| Event::Probe { probe, generation });
    }
}

impl Probe {
    fn on_time(&mut self, ctx: &mut Ctx<'_>, probe: u16) -> Option<Attempt> {
        match self.prober.on_time(ctx.now())? {
            Step::Judged(attempt) => Some(attempt),
            Step::Ask => self.dial(ctx, probe),
        }
    }

    fn dial(&mut self, ctx: &mut Ctx<'_>, probe: u16) -> Option<Attempt> {
        let now = ctx.now();
        let target = match self.prober.config().to {
            Tier::Backend => ctx.backs[0],
            proxy => ctx.tiers[heads::index_of(ctx.plan, proxy)][0],
        };
        let connected = ctx.kernel.connect(now, target, Options::default());
        let socket = match connected {
            Err(_) => return self.prober.on_refused(now),
            Ok(Connect::Connected(socket) | Connect::InProgress(socket)) => socket,
        };
        ctx.own(socket, Owner::Probe(probe));
        *ctx.traffic_mut(socket) = Traffic::of(Asks::Probe(probe));
        (self.socket, self.read) = (Some(socket), 0);
        match connected {
            Ok(Connect::Connected(_)) => self.ask(ctx, probe),
            _ => None,
        }
    }

    /// There is a connection.
    fn ask(&mut self, ctx: &mut Ctx<'_>, probe: u16) -> Option<Attempt> {
        let (now, socket) = (ctx.now(), self.socket?);
        if let Some(attempt) = self.prober.on_connected(now) {
            return Some(attempt);
        }
        let length = ctx.sent(Asks::Probe(probe)).len(Asks::Probe(probe));
        match ctx.kernel.send(socket, length) {
            Ok(taken) if taken == length => self.listen(ctx),
            _ => self.prober.on_end(now, true),
        }
    }

    fn on_wake(&mut self, ctx: &mut Ctx<'_>, (probe, what): (u16, Wakeup)) -> Option<Attempt> {
        match what {
            Wakeup::Connected(_) => self.ask(ctx, probe),
            Wakeup::ConnectFailed(_) => self.prober.on_refused(ctx.now()),
            Wakeup::Readable(_) => self.listen(ctx),
            Wakeup::Writable(_) => None,
        }
    }

    fn listen(&mut self, ctx: &mut Ctx<'_>) -> Option<Attempt> {
        let (now, socket) = (ctx.now(), self.socket?);
        loop {
            match ctx.kernel.recv(socket, LARGEST_READ) {
                Ok(Recv::Bytes(n)) => {
                    self.read += n;
                    if let Some(wire) = ctx.wire(socket) {
                        wire.take(n);
                    }
                }
                Ok(Recv::WouldBlock) => return None,
                Ok(Recv::Eof) => return self.prober.on_end(now, false),
                Err(_) => return self.prober.on_end(now, true),
            }
            let response = ctx.traffic(socket).response;
            let Some(response) = response.filter(|response| self.read >= response.head) else {
                continue;
            };
            let seen = Response {
                status: response.status,
                length: response.length(),
                read: ctx.body_read(socket, self.read),
            };
            if let Some(attempt) = self.prober.on_response(now, seen) {
                return Some(attempt);
            }
        }
    }

    fn hang_up(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(socket) = self.socket.take() {
            ctx.close(socket);
        }
    }
}

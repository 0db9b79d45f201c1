//! A client's connection at a proxy: its requests, one after another, and the report of each. The exchange itself is in `relay`.

use std::sync::Arc;

use super::super::ctx::Ctx;
use super::super::event::{Event, Wakeup};
use super::super::heads;
use super::kept::Upstreams;
use super::relay::{Relay, Rest};
use crate::attribution::{attempt, ended_by, proxy_event};
use crate::machine::exchange::{Exchange, Finished, Intake, LogLine, Outbound, Refusal};
use crate::machine::http::MAX_HEAD_BYTES;
use crate::machine::proxy_config::ProxyConfig;
use crate::record::{ProxyHalf, Report, Source, Tier};
use crate::sim::alarm::Alarm;
use crate::sim::kernel::{Recv, SocketId};
use crate::time::Timestamp;

/// What all connections have in common.
#[derive(Debug)]
pub(super) struct House {
    pub(super) config: Arc<ProxyConfig>,
    /// The backend's instances as the error log names them.
    pub(super) names: Arc<[String]>,
    pub(super) upstreams: Upstreams,
}

/// A place in the table of connections, and who sits there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seat {
    pub(super) id: u32,
    /// Which proxy it belongs to.
    pub(super) instance: u8,
    pub(super) client: SocketId,
}

/// A connection, or the place that one has left.
#[derive(Debug)]
pub(super) struct Connection {
    seat: Seat,
    accepted_at: Timestamp,
    /// Whether a request was served on it before.
    served: bool,
    phase: Phase,
    pub(super) alarm: Alarm,
}

#[derive(Debug)]
enum Phase {
    Closed,
    /// A request is being read, or waited for.
    Request(Intake),
    Exchange(Box<Relay>),
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
        Connection {
            seat,
            accepted_at: now,
            served: false,
            phase: Phase::Request(Intake::first(&house.config, now)),
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
        let Phase::Exchange(relay) = &mut self.phase else {
            return self.read(house, ctx);
        };
        if !relay.on_downstream(ctx, what) {
            return Fate::Open;
        }
        self.drive(house, ctx)
    }

    pub(super) fn on_upstream(&mut self, house: &House, ctx: &mut Ctx<'_>, what: Wakeup) -> Fate {
        if let Phase::Exchange(relay) = &mut self.phase {
            relay.on_upstream(ctx, what);
        }
        self.drive(house, ctx)
    }

    /// Reads what has come of a request, and begins the exchange once it is whole.
    pub(super) fn read(&mut self, house: &House, ctx: &mut Ctx<'_>) -> Fate {
        let Phase::Request(intake) = &mut self.phase else {
            return Fate::Open;
        };
        let (now, socket) = (ctx.now(), self.seat.client);
        match ctx.kernel.recv(socket, MAX_HEAD_BYTES as u64) {
            Ok(Recv::Bytes(n)) => {
                let traffic = ctx.traffic_mut(socket);
                let before = traffic.request_read;
                traffic.request_read += n;
                if before == 0 && self.served {
                    self.accepted_at = now;
                }
                intake.on_head_bytes(&house.config, now, n);
                let asks = traffic.asks;
                let whole = heads::request(ctx.plan, asks).len() as u64;
                if before + n >= whole {
                    let peers = house.names.len();
                    let proxy = (&*house.config, peers);
                    let request = heads::upstream_request(proxy, ctx.plan, asks);
                    let length = request.len() as u64;
                    return self.begin_exchange(house, ctx, length);
                }
                self.wait_for_request(ctx)
            }
            Ok(Recv::WouldBlock) => self.wait_for_request(ctx),
            Ok(Recv::Eof) | Err(_) => self.close(ctx, false),
        }
    }

    fn wait_for_request(&mut self, ctx: &mut Ctx<'_>) -> Fate {
        if let Phase::Request(intake) = &self.phase {
            let deadline = intake.wait().deadline;
            ctx.kernel.watch(self.seat.client);
            self.set_alarm(ctx, deadline);
        }
        Fate::Open
    }

    fn set_alarm(&mut self, ctx: &mut Ctx<'_>, deadline: Option<Timestamp>) {
        let connection = self.seat.id;
        let ticket = self.alarm.set(deadline);
        ctx.push_ticket(ticket, |generation| Event::Proxy {
            connection,
            generation,
        });
    }

    /// The proxy's own request will have `length` bytes.
    fn begin_exchange(&mut self, house: &House, ctx: &mut Ctx<'_>, length: u64) -> Fate {
        self.alarm.set(None);
        let (config, names) = (Arc::clone(&house.config), Arc::clone(&house.names));
        let request = Outbound {
            bytes: length,
            idempotent: heads::is_idempotent(ctx.plan, ctx.traffic(self.seat.client).asks),
        };
        let exchange = Exchange::new(config, names, request, ctx.now());
        self.phase = Phase::Exchange(Box::new(Relay::new(self.seat, exchange)));
        self.drive(house, ctx)
    }

    /// Lets the exchange act until it waits or is over.
    fn drive(&mut self, house: &House, ctx: &mut Ctx<'_>) -> Fate {
        let Phase::Exchange(relay) = &mut self.phase else {
            return Fate::Open;
        };
        match relay.drive(house, ctx) {
            Rest::Waits { deadline } => {
                self.set_alarm(ctx, deadline);
                Fate::Open
            }
            Rest::Over { finished, head } => self.finish(house, ctx, (&finished, head)),
        }
    }

    pub(super) fn on_timer(&mut self, house: &House, ctx: &mut Ctx<'_>) -> Fate {
        let now = ctx.now();
        match &mut self.phase {
            Phase::Exchange(relay) => {
                relay.exchange.on_timer(now);
                self.drive(house, ctx)
            }
            Phase::Request(intake) => match intake.on_timer(now) {
                None => self.wait_for_request(ctx),
                Some(Refusal::TimedOut { line, .. }) => {
                    if let Some(line) = line {
                        log(ctx, None, &line);
                    }
                    self.close(ctx, false)
                }
                Some(Refusal::Answer(_)) => unreachable!("a timer never answers"),
            },
            Phase::Closed => Fate::Open,
        }
    }

    /// The exchange is over: its report, and the connection's next request or its end. `head` is the length of the head that the
    /// client got.
    fn finish(
        &mut self,
        house: &House,
        ctx: &mut Ctx<'_>,
        (finished, head): (&Finished, u64),
    ) -> Fate {
        self.alarm.set(None);
        let told = |at: Option<Timestamp>| at.map(|at| ctx.told(at));
        let request_id = ctx.traffic(self.seat.client).asks.request_id();
        let half = request_id.map(|request_id| ProxyHalf {
            request_id,
            tier: Tier::Proxy,
            instance: u32::from(self.seat.instance),
            peer: finished.peer,
            reused: Some(finished.reused),
            accepted_at: ctx.told(self.accepted_at),
            upstream_connected_at: told(finished.upstream_connected_at),
            upstream_header_at: told(finished.upstream_header_at),
            upstream_released_at: told(finished.upstream_released_at),
            status: finished.status,
            ended_by: ended_by(finished.ending),
            sent_bytes: match finished.upstream_header_at {
                Some(_) => finished.body_sent,
                None => finished.bytes_sent.saturating_sub(head),
            },
            read_bytes: Some(finished.body_read),
            spilled_bytes: Some(finished.spilled),
            peak_buffered_bytes: Some(finished.peak_buffered),
            longest_silence: finished.longest_silence,
            earlier: finished
                .earlier
                .iter()
                .map(|of| attempt(of, |at| ctx.told(at)))
                .collect(),
        });
        if let Some(half) = half {
            ctx.report(Report::Proxy(Box::new(half)));
        }
        if !finished.keep_alive {
            return self.close(ctx, finished.reset);
        }
        self.served = true;
        self.phase = Phase::Request(Intake::kept_alive(&house.config, ctx.now()));
        self.wait_for_request(ctx)
    }

    fn close(&mut self, ctx: &mut Ctx<'_>, reset: bool) -> Fate {
        self.alarm.set(None);
        self.phase = Phase::Closed;
        if reset {
            ctx.abort(self.seat.client);
        } else {
            ctx.close(self.seat.client);
        }
        Fate::Closed
    }

    /// The run ends.
    pub(super) fn stop(&mut self, house: &House, ctx: &mut Ctx<'_>) {
        if let Phase::Exchange(relay) = &mut self.phase {
            relay.exchange.on_stop(ctx.now());
            self.drive(house, ctx);
        }
        if !matches!(self.phase, Phase::Closed) {
            self.close(ctx, false);
        }
    }
}

/// A line of the error log becomes an event, as in the lab.
pub(super) fn log(ctx: &mut Ctx<'_>, request_id: Option<u64>, line: &LogLine) {
    ctx.event((Source::Proxy, proxy_event(line)), request_id, None);
}

//! One client: does in virtual time what its visit says.

use super::super::ctx::{Asks, Ctx, Owner, Traffic};
use super::super::event::Event;
use crate::machine::http::Framing;
use crate::machine::visit::{Action, AtEof, End, Heard, Parting, Terms, Visit, Wait};
use crate::net::BufferSizes;
use crate::sim::alarm::Alarm;
use crate::sim::kernel::{Connect, Errno, Line, Options, Recv, SocketId};
use crate::time::Timestamp;

/// The most that a client reads at once, as in the lab.
const LARGEST_READ: usize = 64 * 1024;

/// A client, in its place in the table.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: u32,
    pub(super) group: u32,
    pub(super) index: u32,
    /// Counts the requests of this place in the table: a deadline of an earlier one is stale.
    pub(super) number: u32,
    pub(super) request_id: u64,
    pub(super) connection: Option<SocketId>,
    pub(super) visit: Visit,
    pub(super) alarm: Alarm,
}

/// Where a client stands after its moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stand {
    /// It waits for the kernel, for its alarm or for its deadline.
    Waits,
    /// It wants to be connected, over its line if it has one.
    Dials,
    /// The request is over.
    Over(End),
}

impl Client {
    pub(super) fn terms<'a>(&self, ctx: &Ctx<'a>) -> Terms<'a> {
        ctx.plan.groups[self.group as usize].terms(self.index, ctx.ends_at())
    }

    /// A request begins.
    pub(super) fn begin(&mut self, ctx: &mut Ctx<'_>, intended_at: Timestamp) {
        let (now, terms) = (ctx.now(), self.terms(ctx));
        self.number = self.number.wrapping_add(1);
        let asks = self.fresh_traffic(ctx).asks;
        let head = ctx.sent(asks).len(asks) as u32;
        self.visit.begin(&terms, now, (intended_at, head));
        if let Some(socket) = self.connection {
            *ctx.traffic_mut(socket) = self.fresh_traffic(ctx);
        }
        if let Some(deadline) = self.visit.deadline(&terms) {
            let (client, request) = (self.id, self.number);
            ctx.push(deadline.max(now), Event::Patience { client, request });
        }
    }

    /// Does what the visit says until it waits, dials or is over.
    pub(super) fn drive(&mut self, ctx: &mut Ctx<'_>) -> Stand {
        let (now, terms) = (ctx.now(), self.terms(ctx));
        loop {
            match (self.visit.next(&terms, now), self.connection) {
                (Action::Wait(wait), socket) => {
                    self.wait(ctx, socket, wait);
                    return Stand::Waits;
                }
                (Action::Over(end), _) => return Stand::Over(end),
                (Action::Dial, _) => return Stand::Dials,
                (Action::Send { most, .. }, Some(socket)) => self.send(ctx, socket, most),
                (Action::ShutdownWrite, Some(socket)) => ctx.kernel.shutdown_write(socket),
                (Action::Receive(limit), Some(socket)) => {
                    self.receive(ctx, &terms, (socket, limit))
                }
                (action, None) => unreachable!("{action:?} without a connection"),
            }
        }
    }

    /// Connects.
    pub(super) fn dial(&mut self, ctx: &mut Ctx<'_>, line: Option<Line>) -> Result<(), Errno> {
        self.alarm.set(None);
        self.hang_up(ctx);
        let now = ctx.now();
        let knobs = self.terms(ctx).behavior.socket();
        let fronts = ctx.fronts();
        let front = fronts[self.index as usize % fronts.len()];
        let options = Options {
            buffers: BufferSizes {
                sndbuf: None,
                rcvbuf: knobs.rcvbuf,
            },
            mss: knobs.mss,
            source: 0,
        };
        match ctx.kernel.connect_over(now, front, options, line) {
            Err(errno) => {
                self.visit.on_refused(false);
                return Err(errno);
            }
            Ok(Connect::Connected(socket)) => {
                self.take(ctx, socket);
                self.connected(ctx);
            }
            Ok(Connect::InProgress(socket)) => self.take(ctx, socket),
        }
        Ok(())
    }

    fn take(&mut self, ctx: &mut Ctx<'_>, socket: SocketId) {
        ctx.own(socket, Owner::Client(self.id));
        ctx.gauges.held += 1;
        self.connection = Some(socket);
    }

    /// A request of which nobody has read anything.
    fn fresh_traffic(&self, ctx: &Ctx<'_>) -> Traffic {
        let addresses = ctx.plan.groups[self.group as usize].addresses.max(1);
        Traffic::of(Asks::Client {
            group: self.group,
            address: (self.index % addresses) as u16,
            request_id: self.request_id,
        })
    }

    /// The connection stands.
    pub(super) fn connected(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(socket) = self.connection {
            *ctx.traffic_mut(socket) = self.fresh_traffic(ctx);
        }
        let (terms, now) = (self.terms(ctx), ctx.now());
        self.visit.on_connected(&terms, now);
    }

    fn send(&mut self, ctx: &mut Ctx<'_>, socket: SocketId, most: u64) {
        match ctx.kernel.send(socket, most) {
            Ok(taken) => self.visit.on_sent(taken, most),
            Err(_) => self.visit.on_send_failed(&self.terms(ctx)),
        }
    }

    fn receive(
        &mut self,
        ctx: &mut Ctx<'_>,
        terms: &Terms<'_>,
        (socket, limit): (SocketId, usize),
    ) {
        match ctx.kernel.recv(socket, limit.min(LARGEST_READ) as u64) {
            Ok(Recv::Bytes(n)) => {
                ctx.gauges.delivered[self.group as usize] += n;
                let whole = match ctx.wire(socket) {
                    Some(wire) => wire.take(n).is_over,
                    None => is_whole(ctx.traffic(socket), self.visit.read() + n),
                };
                self.visit.on_received(terms, ctx.now(), (n, whole));
            }
            Ok(Recv::WouldBlock) => self.visit.on_empty(),
            Ok(Recv::Eof) => {
                let at = at_eof(ctx.traffic(socket), self.visit.read());
                self.visit.on_eof(terms, at);
            }
            Err(_) => self.visit.on_reset(terms),
        }
    }

    fn wait(&mut self, ctx: &mut Ctx<'_>, socket: Option<SocketId>, wait: Wait) {
        if let Some(socket) = socket.filter(|_| !wait.readable) {
            ctx.kernel.unwatch(socket);
        }
        if let Some(until) = wait.until {
            self.wait_until(ctx, until);
        }
    }

    pub(super) fn wait_until(&mut self, ctx: &mut Ctx<'_>, until: Timestamp) {
        let client = self.id;
        let ticket = self.alarm.set(Some(until));
        ctx.push_ticket(ticket, |generation| Event::Client { client, generation });
    }

    /// What it knows of the response.
    pub(super) fn heard(&self, ctx: &Ctx<'_>) -> Heard {
        let response = self
            .connection
            .and_then(|socket| ctx.traffic(socket).response);
        Heard {
            status: response.map(|response| response.status),
            usable: response.is_some_and(|response| response.keep_alive),
        }
    }

    pub(super) fn hang_up(&mut self, ctx: &mut Ctx<'_>) {
        self.part(ctx, Parting::Closes);
    }

    /// What becomes of its connection.
    pub(super) fn part(&mut self, ctx: &mut Ctx<'_>, parting: Parting) {
        let leaves = parting != Parting::Keeps;
        let Some(socket) = self.connection.take_if(|_| leaves) else {
            return;
        };
        ctx.gauges.held -= 1;
        match parting {
            Parting::Keeps | Parting::Closes => ctx.close(socket),
            Parting::Resets => ctx.abort(socket),
            Parting::Vanishes => ctx.vanish(socket),
        }
    }
}

fn is_whole(traffic: &Traffic, read: u64) -> bool {
    traffic.response.is_some_and(|response| {
        let length = response.length();
        length.is_some_and(|length| read >= response.head + length)
    })
}

fn at_eof(traffic: &Traffic, read: u64) -> AtEof {
    match traffic.response {
        Some(response) if read < response.head => AtEof::NoHead,
        Some(response) if response.framing == Framing::UntilClose => AtEof::Whole,
        Some(_) => AtEof::Cut,
        None => AtEof::NoHead,
    }
}

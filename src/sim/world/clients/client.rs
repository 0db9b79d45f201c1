//! One client: a request in flight, or a pause between two.

use super::super::ctx::{Asks, Ctx, Owner, Traffic};
use super::super::event::Event;
use super::ending::{COMPLETE, End, end_by_peer};
use crate::machine::behavior::{AnyReader, Appetite, Reader};
use crate::machine::http::CLIENTS_HOST;
use crate::net::BufferSizes;
use crate::record::Outcome;
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
    /// Counts the requests of this place in the table: a patience of an earlier one is stale.
    pub(super) number: u32,
    pub(super) request_id: u64,
    pub(super) connection: Option<SocketId>,
    /// Requests that went over the connection.
    pub(super) asked: u32,
    /// What is in flight.
    pub(super) request: Option<Request>,
    pub(super) alarm: Alarm,
}

/// A request in flight.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) intended_at: Timestamp,
    pub(super) started_at: Timestamp,
    pub(super) connected_at: Option<Timestamp>,
    pub(super) first_byte_at: Option<Timestamp>,
    pub(super) last_byte_at: Option<Timestamp>,
    /// Whoever reads the response, once the request is on its way.
    pub(super) reader: Option<AnyReader>,
    pub(super) read_bytes: u64,
    /// Whether the request went over a connection kept from the one before.
    pub(super) kept: bool,
    /// Nothing is asked: the client only waits for the server to close.
    pub(super) silent: bool,
    /// The whole response is there, and the connection stays open all the same.
    pub(super) complete: bool,
}

/// What a client's move came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Move {
    /// It waits for the kernel or for its alarm.
    Waits,
    /// The request is over.
    Ended(End),
    /// A reset, or an end before the response.
    Lost,
    /// No connection.
    Refused(Errno),
}

impl Client {
    /// A request begins.
    pub(super) fn begin(&mut self, ctx: &mut Ctx<'_>, intended_at: Timestamp) {
        let now = ctx.now();
        self.number = self.number.wrapping_add(1);
        self.request = Some(Request {
            intended_at,
            started_at: now,
            connected_at: None,
            first_byte_at: None,
            last_byte_at: None,
            reader: None,
            read_bytes: 0,
            kept: self.connection.is_some(),
            silent: false,
            complete: false,
        });
        if let Some(patience) = ctx.plan.groups[self.group as usize].timeout {
            let at = (intended_at + patience).max(now);
            let (client, request) = (self.id, self.number);
            ctx.push(at, Event::Patience { client, request });
        }
    }

    /// Connects, over its line if it has one.
    pub(super) fn dial(&mut self, ctx: &mut Ctx<'_>, line: Option<Line>) -> Move {
        let now = ctx.now();
        let knobs = ctx.plan.groups[self.group as usize].behavior.socket();
        let front = ctx.fronts[self.index as usize % ctx.fronts.len()];
        let options = Options {
            buffers: BufferSizes {
                sndbuf: None,
                rcvbuf: knobs.rcvbuf,
            },
            mss: knobs.mss,
            source: 0,
        };
        match ctx.kernel.connect_over(now, front, options, line) {
            Err(errno) => Move::Refused(errno),
            Ok(Connect::Connected(socket)) => {
                self.take(ctx, socket);
                self.ask(ctx)
            }
            Ok(Connect::InProgress(socket)) => {
                self.take(ctx, socket);
                Move::Waits
            }
        }
    }

    fn take(&mut self, ctx: &mut Ctx<'_>, socket: SocketId) {
        ctx.own(socket, Owner::Client(self.id));
        ctx.gauges.held += 1;
        self.connection = Some(socket);
        self.asked = 0;
    }

    /// It is connected: it sends its request and begins to read.
    pub(super) fn ask(&mut self, ctx: &mut Ctx<'_>) -> Move {
        let now = ctx.now();
        let (Some(socket), Some(request)) = (self.connection, &mut self.request) else {
            return Move::Waits;
        };
        request.connected_at = Some(now);
        *ctx.traffic_mut(socket) = Traffic::of(Asks::Client {
            group: self.group,
            request_id: self.request_id,
        });
        let group = &ctx.plan.groups[self.group as usize];
        request.silent = !group.behavior.asks(self.asked);
        if !request.silent {
            let length = group.request_text(CLIENTS_HOST, self.request_id).len() as u64;
            match ctx.kernel.send(socket, length) {
                Ok(taken) if taken == length => self.asked += 1,
                _ => return Move::Lost,
            }
        }
        request.reader = Some(group.behavior.reader(now));
        self.listen(ctx)
    }

    /// Asks the reader until it wants to wait or nothing is there.
    pub(super) fn listen(&mut self, ctx: &mut Ctx<'_>) -> Move {
        let now = ctx.now();
        let (Some(socket), Some(request)) = (self.connection, &mut self.request) else {
            return Move::Waits;
        };
        let Some(reader) = request.reader.as_mut().filter(|_| !request.complete) else {
            return Move::Waits;
        };
        loop {
            match reader.appetite(now, request.read_bytes) {
                Appetite::Never => {
                    ctx.kernel.unwatch(socket);
                    return Move::Waits;
                }
                Appetite::Wait(until) => {
                    ctx.kernel.unwatch(socket);
                    self.wait_until(ctx, until);
                    return Move::Waits;
                }
                Appetite::Read(limit) => {
                    let limit = limit.min(LARGEST_READ) as u64;
                    match ctx.kernel.recv(socket, limit) {
                        Ok(Recv::Bytes(n)) => {
                            request.read_bytes += n;
                            request.first_byte_at.get_or_insert(now);
                            request.last_byte_at = Some(now);
                        }
                        Ok(Recv::WouldBlock) => return Move::Waits,
                        Ok(Recv::Eof) => return at_eof(ctx, socket, request.read_bytes),
                        Err(_) => return Move::Lost,
                    }
                    if is_whole(ctx.traffic(socket), request.read_bytes) {
                        return self.has_it_all(ctx, socket);
                    }
                }
            }
        }
    }

    /// The whole response is there: the client goes, or keeps its connection open without a word.
    fn has_it_all(&mut self, ctx: &mut Ctx<'_>, socket: SocketId) -> Move {
        let stays = ctx.plan.groups[self.group as usize].behavior.keeps_open();
        match &mut self.request {
            Some(request) if stays => {
                request.complete = true;
                ctx.kernel.unwatch(socket);
                Move::Waits
            }
            _ => Move::Ended(COMPLETE),
        }
    }

    /// A connection was lost before any byte: over a kept one every client would quietly connect again. Whether it is to.
    pub(super) fn forgives(&mut self, ctx: &mut Ctx<'_>) -> bool {
        let request = self.request.as_mut();
        let again = |request: &Request| request.kept && !request.silent && request.read_bytes == 0;
        let Some(request) = request.filter(|request| again(request)) else {
            return false;
        };
        request.kept = false;
        self.alarm.set(None);
        self.hang_up(ctx);
        true
    }

    pub(super) fn wait_until(&mut self, ctx: &mut Ctx<'_>, until: Timestamp) {
        let client = self.id;
        let ticket = self.alarm.set(Some(until));
        ctx.push_ticket(ticket, |generation| Event::Client { client, generation });
    }

    pub(super) fn hang_up(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(socket) = self.connection.take() {
            ctx.gauges.held -= 1;
            ctx.close(socket);
        }
    }
}

fn is_whole(traffic: &Traffic, read: u64) -> bool {
    let response = traffic.response;
    response.is_some_and(|response| read >= response.head + response.length)
}

fn at_eof(ctx: &Ctx<'_>, socket: SocketId, read: u64) -> Move {
    match ctx.traffic(socket).response {
        Some(response) if read >= response.head => {
            Move::Ended(end_by_peer(ctx, Outcome::Truncated))
        }
        _ => Move::Lost,
    }
}

//! What a task does to its connection: receive, linger, send. A call either returns at once or blocks until it is woken.

use super::super::ctx::Ctx;
use super::gil::SEND;
use super::task::{Blocked, TaskAt};
use super::turns::Compute;
use super::workers::Workers;
use crate::machine::http;
use crate::machine::worker::{Action, ConnId, Failure, LINGER_PIECE, Outcome, Payload, RECV_SIZE};
use crate::sim::kernel::{Recv, SocketId};
use crate::time::Timestamp;

/// What came of a call that did not block.
pub(super) enum Done {
    Plain(Outcome<'static>),
    Bytes(Vec<u8>),
}

impl Workers {
    /// A call on a connection.
    pub(super) fn call(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        (conn, action): (Option<ConnId>, Action),
    ) -> Option<Done> {
        let socket = conn.and_then(|conn| self.worker(at.worker).socket(conn));
        let (Some(conn), Some(socket)) = (conn, socket) else {
            return Some(Done::Plain(gone(0)));
        };
        let task = self.worker(at.worker).task(at.task);
        if task.conn.replace(conn) != Some(conn) {
            task.passing.begins_anew();
        }
        ctx.own(socket, at.owner(ctx));
        let on = (conn, socket);
        if !matches!(action, Action::Send(_)) {
            self.lets_go_and_is_back(ctx, at);
        }
        let outcome = match action {
            Action::Recv { until, .. } => return self.receive(ctx, at, on, until),
            Action::AwaitReadable { until } => return self.await_bytes(ctx, at, on, until),
            Action::LingerRecv { until } => return self.linger(ctx, at, on, until),
            Action::Send(payload) => {
                self.worker(at.worker).task(at.task).sends_a_head =
                    matches!(payload, Payload::Head { .. });
                let left = announce(ctx, socket, &payload);
                return self.send_on(ctx, at, on, (left, 0));
            }
            Action::Write(payload) => self.write(ctx, at, on, &payload),
            Action::Drain => return self.drain(ctx, at, on),
            Action::SendNow(payload) => {
                let length = announce(ctx, socket, &payload);
                // Its result is ignored, a full buffer included.
                let _ = ctx.kernel.send(socket, length);
                Outcome::Done
            }
            Action::ShutdownWrite => {
                ctx.kernel.shutdown_write(socket);
                Outcome::Done
            }
            Action::Close => {
                self.worker(at.worker).remove(conn);
                ctx.close(socket);
                Outcome::Done
            }
            other => unreachable!("{other:?} is no call on a connection"),
        };
        Some(Done::Plain(outcome))
    }

    /// Something arrived on the socket of a task's call, or there is room.
    pub(super) fn socket_ready(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) -> Option<Done> {
        let task = self.worker(at.worker).task(at.task);
        let (until, blocked) = (task.alarm.deadline(), task.blocked.clone());
        let Some(conn) = blocked.conn() else {
            self.flush_in_the_background(ctx, at);
            return None;
        };
        let Some(socket) = self.worker(at.worker).socket(conn) else {
            return Some(Done::Plain(gone(blocked.sent())));
        };
        let on = (conn, socket);
        match blocked {
            Blocked::Receiving(_) => self.receive(ctx, at, on, until),
            Blocked::AwaitingBytes(_) => {
                let ready = ctx.kernel.is_readable(socket);
                ready.then_some(Done::Plain(Outcome::Done))
            }
            Blocked::Sending { left, sent, .. } => {
                let (now, resting) = (ctx.now(), ctx.kernel.incoming(socket.peer()));
                let passing = &self.worker(at.worker).task(at.task).passing;
                if let Some(wait) = passing.relayed(now, resting, &mut ctx.relays) {
                    self.alarm_in(ctx, at, wait);
                    return None;
                }
                self.send_on(ctx, at, on, (left, sent))
            }
            Blocked::Draining(_) => self.drain(ctx, at, on),
            Blocked::Lingering { until, .. } => self.linger(ctx, at, on, until),
            _ => None,
        }
    }

    fn receive(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        (conn, socket): (ConnId, SocketId),
        until: Option<Timestamp>,
    ) -> Option<Done> {
        match ctx.kernel.recv(socket, RECV_SIZE as u64) {
            Ok(Recv::Bytes(n)) => Some(Done::Bytes(request_bytes(ctx, socket, n))),
            Ok(Recv::Eof) => Some(Done::Plain(Outcome::Eof)),
            Err(_) => Some(Done::Plain(gone(0))),
            Ok(Recv::WouldBlock) => {
                self.block(ctx, at, Blocked::Receiving(conn), until);
                None
            }
        }
    }

    fn await_bytes(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        (conn, socket): (ConnId, SocketId),
        until: Timestamp,
    ) -> Option<Done> {
        if ctx.kernel.is_readable(socket) {
            return Some(Done::Plain(Outcome::Done));
        }
        ctx.kernel.watch(socket);
        self.block(ctx, at, Blocked::AwaitingBytes(conn), Some(until));
        None
    }

    /// Puts a task into a call that ends at an instant, if at all.
    fn block(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, blocked: Blocked, until: Option<Timestamp>) {
        match until {
            Some(until) => self.sleep(ctx, at, until.since(ctx.now()), blocked),
            None => self.worker(at.worker).task(at.task).blocked = blocked,
        }
    }

    fn linger(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        (conn, socket): (ConnId, SocketId),
        until: Timestamp,
    ) -> Option<Done> {
        let now = ctx.now();
        match ctx.kernel.recv(socket, LINGER_PIECE as u64) {
            Ok(Recv::Bytes(n)) => Some(Done::Bytes(vec![0; n as usize])),
            Ok(Recv::Eof) => Some(Done::Plain(Outcome::Eof)),
            Err(_) => Some(Done::Plain(gone(0))),
            Ok(Recv::WouldBlock) if until <= now => Some(Done::Plain(Outcome::TimedOut)),
            Ok(Recv::WouldBlock) => {
                let blocked = Blocked::Lingering { conn, until };
                self.sleep(ctx, at, until.since(now), blocked);
                None
            }
        }
    }

    /// Who reads what a `sendall` sends has got round to it.
    pub(super) fn relayed(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) -> Option<Done> {
        let blocked = self.worker(at.worker).task(at.task).blocked.clone();
        let Blocked::Sending { conn, left, sent } = blocked else {
            return None;
        };
        match self.worker(at.worker).socket(conn) {
            Some(socket) => self.send_on(ctx, at, (conn, socket), (left, sent)),
            None => Some(Done::Plain(gone(sent))),
        }
    }

    /// `sendall`, or what is left of it.
    fn send_on(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        (conn, socket): (ConnId, SocketId),
        (left, sent): (u64, u64),
    ) -> Option<Done> {
        if left == 0 {
            return Some(Done::Plain(Outcome::Sent));
        }
        match ctx.kernel.send(socket, left) {
            Ok(n) => {
                let task = self.worker(at.worker).task(at.task);
                task.passing.sent(ctx.now(), n, ctx.read_by(socket));
                let (left, sent) = (left - n, sent + n);
                if left == 0 {
                    return self.pass_on(ctx, at, sent);
                }
                task.passing
                    .blocked(ctx.now(), ctx.kernel.incoming(socket.peer()));
                task.blocked = Blocked::Sending { conn, left, sent };
                None
            }
            Err(_) => Some(Done::Plain(gone(sent))),
        }
    }

    /// A `send` returns once what it sent is paid for with time.
    pub(super) fn pass_on(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, sent: u64) -> Option<Done> {
        let now = ctx.now();
        let worker = self.worker(at.worker);
        let to = worker
            .task(at.task)
            .conn
            .and_then(|conn| worker.socket(conn));
        let resting = to.map_or(0, |socket| ctx.kernel.incoming(socket.peer()));
        let passing = &mut self.worker(at.worker).task(at.task).passing;
        let blocked = Blocked::PassingOn { sent };
        let cpu = passing.cpu(&ctx.costs);
        let cpu = cpu.or_else(|| passing.read(now, resting, &ctx.costs));
        if let Some(cpu) = cpu {
            match self.loses_the_lock(at, sent) {
                // The kernel works for it meanwhile. Whether there is a core for that is not asked.
                true => self.sleep(ctx, at, cpu, blocked),
                false => {
                    self.lets_go_and_is_back(ctx, at);
                    self.compute(ctx, at, Compute::Burning(cpu), blocked);
                }
            }
            return None;
        }
        let of_proxy = passing.is_ahead(now, &mut ctx.relays);
        match of_proxy.max(passing.wait(now, &ctx.costs)) {
            Some(wait) => {
                self.sleep(ctx, at, wait, blocked);
                None
            }
            None if self.loses_the_lock(at, sent) => {
                self.sleep(ctx, at, SEND, Blocked::Sent);
                None
            }
            None => Some(Done::Plain(Outcome::Sent)),
        }
    }

    /// asyncio's `transport.write`: what the kernel does not take now is kept.
    fn write(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        (conn, socket): (ConnId, SocketId),
        payload: &Payload,
    ) -> Outcome<'static> {
        let length = announce(ctx, socket, payload);
        let kept = self.worker(at.worker).kept(conn);
        let taken = match kept {
            0 => match ctx.kernel.send(socket, length) {
                Ok(n) => n,
                Err(_) => return gone(0),
            },
            _ => 0,
        };
        let left = kept + length - taken;
        self.worker(at.worker).keep(conn, left);
        Outcome::Written { left }
    }

    /// Sends more of what a transport keeps, if there is room.
    fn drain(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        (conn, socket): (ConnId, SocketId),
    ) -> Option<Done> {
        let kept = self.worker(at.worker).kept(conn);
        if kept == 0 {
            return Some(Done::Plain(Outcome::Written { left: 0 }));
        }
        match ctx.kernel.send(socket, kept) {
            Ok(0) => {
                self.worker(at.worker).task(at.task).blocked = Blocked::Draining(conn);
                None
            }
            Ok(n) => {
                let left = kept - n;
                self.worker(at.worker).keep(conn, left);
                Some(Done::Plain(Outcome::Written { left }))
            }
            Err(_) => Some(Done::Plain(gone(0))),
        }
    }

    /// A transport sends on while its task does something else.
    fn flush_in_the_background(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        let worker = self.worker(at.worker);
        let Some(conn) = worker.task(at.task).conn else {
            return;
        };
        let (Some(socket), kept @ 1..) = (worker.socket(conn), worker.kept(conn)) else {
            return;
        };
        if let Ok(n) = ctx.kernel.send(socket, kept) {
            self.worker(at.worker).keep(conn, kept - n);
        }
    }
}

/// Makes a response known to its reader; how long the payload is.
fn announce(ctx: &mut Ctx<'_>, socket: SocketId, payload: &Payload) -> u64 {
    let Some(response) = ctx.announced.of(payload) else {
        if let Some(wire) = ctx.wire(socket) {
            wire.put_payload(payload);
        }
        return payload.len();
    };
    if ctx.traffic(socket).response.is_none() {
        ctx.begin_response(socket, response);
    }
    match response.is_page {
        true => response.head + response.length().unwrap_or(0),
        false => response.head,
    }
}

/// The next `n` bytes of the request on a connection.
fn request_bytes(ctx: &mut Ctx<'_>, socket: SocketId, n: u64) -> Vec<u8> {
    let traffic = ctx.traffic_mut(socket);
    let from = traffic.request_read;
    traffic.request_read += n;
    let asks = traffic.asks;
    let request = ctx.request(asks, ctx.tiers.len());
    let (head, body) = (request.text(asks), request.upload);
    let mut bytes = vec![0; n as usize];
    http::request_bytes(head.as_bytes(), body, from, &mut bytes);
    bytes
}

pub(super) fn gone(sent: u64) -> Outcome<'static> {
    Outcome::Failed {
        failure: Failure::Gone,
        sent,
    }
}

//! What a worker does to its connection: receive, linger, send. A call either returns at once or blocks until it is woken.

use super::super::ctx::Ctx;
use super::super::heads::{request_at_backend, response_of};
use super::workers::{Blocked, Done, Workers};
use crate::machine::worker::{Failure, Outcome, Payload, RECV_SIZE};
use crate::sim::kernel::{Recv, SocketId};
use crate::time::Timestamp;

/// gunicorn drains in pieces of 4096 bytes.
const LINGER_PIECE: u64 = 4096;

impl Workers {
    pub(super) fn receive(&mut self, ctx: &mut Ctx<'_>, index: u32) -> Option<Done> {
        let Some(socket) = self.worker(index).socket else {
            return Some(Done::Plain(gone(0)));
        };
        match ctx.kernel.recv(socket, RECV_SIZE as u64) {
            Ok(Recv::Bytes(n)) => Some(Done::Bytes(request_bytes(ctx, socket, n))),
            Ok(Recv::Eof) => Some(Done::Plain(Outcome::Eof)),
            Err(_) => Some(Done::Plain(gone(0))),
            Ok(Recv::WouldBlock) => {
                self.worker(index).blocked = Blocked::Receiving;
                None
            }
        }
    }

    pub(super) fn linger(
        &mut self,
        ctx: &mut Ctx<'_>,
        index: u32,
        until: Timestamp,
    ) -> Option<Done> {
        let now = ctx.now();
        let Some(socket) = self.worker(index).socket else {
            return Some(Done::Plain(gone(0)));
        };
        match ctx.kernel.recv(socket, LINGER_PIECE) {
            Ok(Recv::Bytes(n)) => Some(Done::Bytes(vec![0; n as usize])),
            Ok(Recv::Eof) => Some(Done::Plain(Outcome::Eof)),
            Err(_) => Some(Done::Plain(gone(0))),
            Ok(Recv::WouldBlock) if until <= now => Some(Done::Plain(Outcome::TimedOut)),
            Ok(Recv::WouldBlock) => {
                self.sleep(ctx, index, until.since(now), Blocked::Lingering { until });
                None
            }
        }
    }

    /// Makes a response known to its reader; the length of the payload.
    pub(super) fn begin_send(&mut self, ctx: &mut Ctx<'_>, index: u32, payload: &Payload) -> u64 {
        if let Some(socket) = self.worker(index).socket
            && let Some(response) = response_of(payload)
        {
            ctx.traffic_mut(socket).response.get_or_insert(response);
        }
        payload.len()
    }

    /// `sendall`, or what is left of it.
    pub(super) fn send_on(
        &mut self,
        ctx: &mut Ctx<'_>,
        index: u32,
        left: u64,
        sent: u64,
    ) -> Option<Outcome<'static>> {
        let Some(socket) = self.worker(index).socket else {
            return Some(gone(sent));
        };
        if left == 0 {
            return Some(Outcome::Sent);
        }
        match ctx.kernel.send(socket, left) {
            Ok(n) if n == left => Some(Outcome::Sent),
            Ok(n) => {
                self.worker(index).blocked = Blocked::Sending {
                    left: left - n,
                    sent: sent + n,
                };
                None
            }
            Err(_) => Some(gone(sent)),
        }
    }

    pub(super) fn shutdown_write(&mut self, ctx: &mut Ctx<'_>, index: u32) -> Outcome<'static> {
        match self.worker(index).socket {
            Some(socket) => {
                ctx.kernel.shutdown_write(socket);
                Outcome::Done
            }
            None => gone(0),
        }
    }

    /// Something arrived on a worker's socket, or there is room.
    pub(super) fn wake(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        let done = match self.worker(index).blocked {
            Blocked::Receiving => self.receive(ctx, index),
            Blocked::Sending { left, sent } => {
                self.send_on(ctx, index, left, sent).map(Done::Plain)
            }
            Blocked::Lingering { until } => {
                self.worker(index).alarm.set(None);
                self.linger(ctx, index, until)
            }
            _ => return,
        };
        match done {
            None => {}
            Some(Done::Plain(outcome)) => self.resume(ctx, index, outcome),
            Some(Done::Bytes(bytes)) => self.resume(ctx, index, Outcome::Received(&bytes)),
        }
    }
}

/// The next `n` bytes of the request on a connection.
fn request_bytes(ctx: &mut Ctx<'_>, socket: SocketId, n: u64) -> Vec<u8> {
    let traffic = ctx.traffic_mut(socket);
    let from = traffic.request_read as usize;
    traffic.request_read += n;
    let (group, request_id) = (traffic.group, traffic.request_id);
    let text = request_at_backend(ctx.plan, group, request_id);
    text.as_bytes()[from..from + n as usize].to_vec()
}

fn gone(sent: u64) -> Outcome<'static> {
    Outcome::Failed {
        failure: Failure::Gone,
        sent,
    }
}

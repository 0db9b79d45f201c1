//! The request on its way through a relay: its head, its body, and what becomes of it upstream.

use super::super::ctx::Ctx;
use super::super::heads;
use super::super::relays::LARGEST_CALL;
use super::connection::House;
use super::relay::Relay;
use crate::machine::downstream::{Judged, Received};
use crate::machine::exchange::{BodyRead, Exchange, RequestHeadInfo};
use crate::machine::http::Upload;
use crate::machine::pipe::{BodyBytes, RequestBody};
use crate::sim::kernel::Recv;

impl Relay {
    /// Reads of a request's head.
    pub(super) fn receive(&mut self, ctx: &mut Ctx<'_>, max: u64) -> Received {
        let received = self.discard(ctx, max);
        if let Received::Bytes { n, .. } = received {
            ctx.traffic_mut(self.seat.client).request_read += n;
        }
        received
    }

    pub(super) fn discard(&mut self, ctx: &mut Ctx<'_>, max: u64) -> Received {
        match ctx.kernel.recv(self.seat.client, max) {
            Ok(Recv::Bytes(n)) => Received::Bytes {
                n,
                filled: n == max,
            },
            Ok(Recv::WouldBlock) => Received::WouldBlock,
            Ok(Recv::Eof) => Received::Closed,
            Err(errno) => Received::Failed(errno.as_os_error()),
        }
    }

    /// What the head so far amounts to.
    pub(super) fn judge(&mut self, ctx: &Ctx<'_>) -> Judged {
        let traffic = ctx.traffic(self.seat.client);
        let asks = traffic.asks;
        let at = usize::from(self.seat.at.tier);
        let request = ctx.request(asks, at);
        let (read, len, upload) = (traffic.request_read, request.len(asks), request.upload);
        if read < len {
            let line = request.has_line(read);
            self.known = request.has_id(asks, read);
            return Judged::More { line };
        }
        let body = match upload {
            Upload { bytes: 0, .. } => RequestBody::None,
            Upload { chunked: true, .. } => RequestBody::Chunked,
            Upload { bytes, .. } => RequestBody::Length(bytes),
        };
        let keep_alive = heads::keeps_alive(ctx.plan, asks, at);
        let idempotent = heads::is_idempotent(ctx.plan, asks);
        self.known = true;
        self.chunked = (body == RequestBody::Chunked).then(Box::default);
        let preread = self.take_body(upload, 0, read - len);
        Judged::Head(RequestHeadInfo {
            len,
            body,
            preread: preread.unwrap_or_default(),
            malformed: preread.is_none(),
            expects_continue: false,
            keep_alive,
            idempotent,
        })
    }

    /// What `n` bytes of the body's wire are, from the one with the index `from` on; `None` if they are no chunked body.
    fn take_body(&mut self, upload: Upload, from: u64, n: u64) -> Option<BodyBytes> {
        self.body_wire = from + n;
        let Some(chunked) = &mut self.chunked else {
            let payload = n.min(upload.bytes - from);
            return Some(BodyBytes {
                wire: payload,
                payload,
                beyond: n - payload,
                ..BodyBytes::default()
            });
        };
        let mut bytes = vec![0; n as usize];
        upload.fill(from, &mut bytes);
        let progress = chunked.feed(&bytes).ok()?;
        let wire = progress.consumed as u64;
        Some(BodyBytes {
            wire,
            payload: progress.payload,
            last: progress.done,
            ahead: chunked.ahead(),
            beyond: n - wire,
        })
    }

    /// The length of the proxy's own request.
    pub(super) fn upstream_request(&self, house: &House, ctx: &Ctx<'_>) -> u64 {
        let asks = ctx.traffic(self.seat.client).asks;
        house.requests.of(ctx.plan, asks).len(asks)
    }

    /// Reads of the request's body.
    pub(super) fn read_body(&mut self, exchange: &mut Exchange, ctx: &mut Ctx<'_>, max: u64) {
        let read = self.take_body_bytes(ctx, max);
        exchange.on_body_read(ctx.now(), read);
    }

    /// Reads of it, whoever wants it.
    pub(super) fn take_body_bytes(&mut self, ctx: &mut Ctx<'_>, max: u64) -> BodyRead {
        let offered = max.min(LARGEST_CALL);
        match ctx.kernel.recv(self.seat.client, offered) {
            Ok(Recv::Bytes(n)) => {
                let asks = ctx.traffic(self.seat.client).asks;
                let at = usize::from(self.seat.at.tier);
                let upload = ctx.request(asks, at).upload;
                match self.take_body(upload, self.body_wire, n) {
                    None => BodyRead::Malformed,
                    Some(bytes) => BodyRead::Bytes {
                        bytes,
                        filled: n == offered,
                    },
                }
            }
            Ok(Recv::WouldBlock) => BodyRead::WouldBlock,
            Ok(Recv::Eof) => BodyRead::Closed,
            Err(errno) => BodyRead::Failed(errno.as_os_error()),
        }
    }
}

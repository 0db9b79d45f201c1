//! The upstream side of a relay: connecting, sending the request, reading the response.

use std::io;

use super::Relay;
use crate::machine::exchange::{Exchange, ReadResult, Release, ResponseHeadInfo};
use crate::machine::http::nginx::{Answer, AnswerHead, Stop, answer};
use crate::machine::http::{ChunkedBody, Framing};
use crate::machine::peers::Choice;
use crate::proxy::heads::{downstream_head, upstream_request};
use crate::proxy::listener::offered;
use crate::proxy::store::{Gathered, Store};
use crate::proxy::upstream::{Connecting, connect, os_error};

impl Relay<'_> {
    /// Asks a peer, over a kept connection or a new one.
    pub(super) fn connect(&mut self, exchange: &mut Exchange) {
        self.contacted = true;
        self.forget_attempt();
        let (worker, now) = (self.worker, self.worker.lately());
        let choice = worker.peers.borrow_mut().choose(now, exchange.tried());
        if let Choice::Kept { peer, ticket, .. } = choice {
            self.peer = peer as usize;
            self.upstream = worker.kept.take(ticket);
            self.goes_on();
        }
        exchange.on_choice(now, choice);
        if let Choice::Fresh { peer } = choice {
            self.peer = peer as usize;
            self.connect_anew(exchange);
        }
    }

    /// What an attempt that failed has left.
    fn forget_attempt(&mut self) {
        self.request_sent = 0;
        self.connecting = false;
        self.upstream_closed_seen = false;
        self.upstream_head.clear();
        self.chunked = None;
        self.has_head = false;
        self.head.clear();
        self.store.clear();
    }

    fn connect_anew(&mut self, exchange: &mut Exchange) {
        let now = self.worker.lately();
        let slot = match self.worker.upstream_slot() {
            Ok(slot) => slot,
            Err(line) => return exchange.on_no_slot(now, &line),
        };
        match connect(&self.worker.backends[self.peer], slot) {
            Ok(Connecting::Done(upstream)) => {
                self.upstream = Some(Box::new(upstream));
                exchange.on_connected(now);
            }
            Ok(Connecting::Pending(upstream)) => {
                self.upstream = Some(Box::new(upstream));
                self.connecting = true;
                exchange.on_connect_pending(now);
            }
            Err(error) => exchange.on_connect_failed(now, &os_error(&error)),
        }
        self.goes_on();
    }

    /// Says over which connection the request goes on, for whoever looks for its bytes.
    fn goes_on(&self) {
        let upstream = self.upstream.as_ref();
        let end = upstream.and_then(|upstream| upstream.endpoint());
        self.connection.pass.goes_on(end);
    }

    pub(super) fn create_request(&mut self, exchange: &mut Exchange, body: Option<u64>) {
        let mut granted = self.asked.take().expect("a request has a head");
        let asked = &granted.head;
        let backends = &self.worker.backends;
        let config = &self.worker.config;
        let line = (asked.method.as_str(), asked.target.as_str());
        let opening = config.request_opening(line, &backends[0].host, backends.len());
        self.request = upstream_request(asked, &opening, body);
        self.info.target = std::mem::take(&mut granted.head.target);
        exchange.on_request_created(self.request.len() as u64);
    }

    pub(super) fn write_upstream(&mut self, exchange: &mut Exchange, max: u64) {
        let now = self.worker.lately();
        let upstream = self.upstream.as_mut().expect("it is connected");
        let mut scratch = self.worker.scratch.borrow_mut();
        let gathered = match exchange.request_outgoing() {
            None => {
                let rest = &self.request[self.request_sent..];
                let mut all = Gathered::new(rest.len());
                all.push(rest);
                Ok(all)
            }
            Some(outgoing) => {
                let sent = (outgoing, exchange.body_sent_from_memory());
                let body = &mut self.body;
                body.gather(sent, &self.request, &mut scratch, offered(max))
            }
        };
        let written = gathered.and_then(|all| {
            let n = upstream.write(all.slices(), all.len())?;
            Ok((n, all.len()))
        });
        match written {
            Ok((n, offered)) => {
                self.request_sent += n;
                let streamed = exchange.on_upstream_written(now, n as u64, n < offered);
                self.body.consume(streamed);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                exchange.on_upstream_written(now, 0, true);
            }
            Err(error) => exchange.on_upstream_write_failed(now, &os_error(&error)),
        }
    }

    pub(super) fn read_upstream(&mut self, exchange: &mut Exchange, max: u64) {
        let worker = self.worker;
        let offered = offered(max);
        if self.has_head && self.chunked.is_none() && Store::reads_in_place(offered) {
            return self.read_in_place(exchange, offered);
        }
        let mut scratch = worker.scratch.borrow_mut();
        let upstream = self.upstream.as_ref().expect("it is connected");
        let result = upstream.read(&mut scratch[..offered]);
        let now = worker.about_now();
        let result = match result {
            Ok(0) => ReadResult::Closed,
            Ok(n) if !self.has_head => {
                return self.take_head_bytes(exchange, &scratch[..n], n == offered);
            }
            Ok(n) => return self.take_body_bytes(exchange, &scratch[..n], n == offered),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ReadResult::WouldBlock,
            Err(error) => ReadResult::Failed(os_error(&error)),
        };
        exchange.on_upstream_read(now, result);
    }

    /// Reads bytes of a body to where they stay until the client has them.
    fn read_in_place(&mut self, exchange: &mut Exchange, offered: usize) {
        let upstream = self.upstream.as_ref().expect("it is connected");
        let result = upstream.read_vectored(&mut self.store.room(offered));
        let result = match result {
            Ok(0) => ReadResult::Closed,
            Ok(n) => ReadResult::Bytes {
                n: n as u64,
                filled: n == offered,
                last: false,
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ReadResult::WouldBlock,
            Err(error) => ReadResult::Failed(os_error(&error)),
        };
        let now = self.worker.about_now();
        let kept = exchange.on_upstream_read(now, result);
        self.store.grow(kept as usize);
    }

    pub(super) fn take_head_bytes(&mut self, exchange: &mut Exchange, bytes: &[u8], filled: bool) {
        let now = self.worker.lately();
        let mut before = std::mem::take(&mut self.upstream_head);
        let raw = match before.is_empty() {
            // Most heads come in one piece.
            true => bytes,
            false => {
                before.extend_from_slice(bytes);
                &before
            }
        };
        let head = match answer(raw) {
            Err(Stop::More) => {
                self.upstream_head = raw.to_vec();
                let n = bytes.len() as u64;
                let last = false;
                let read = ReadResult::Bytes { n, filled, last };
                exchange.on_upstream_read(now, read);
                return;
            }
            Ok(Answer::Head(head)) => head,
            Ok(Answer::Simple) => {
                self.has_head = true;
                let (n, to_head) = (raw.len() as u64, self.info.is_head);
                if !to_head {
                    self.store.push(raw);
                }
                return exchange.on_simple_answer(now, (n, filled), to_head);
            }
            Err(_) => return exchange.on_invalid_head(now),
        };
        self.has_head = true;
        self.pass_on(exchange, (&head, &raw[head.len..]), filled);
    }

    /// The response's head is there, and perhaps some of its body.
    fn pass_on(
        &mut self,
        exchange: &mut Exchange,
        (head, body): (&AnswerHead<'_>, &[u8]),
        filled: bool,
    ) {
        let now = self.worker.lately();
        let framing = head.framing(self.info.is_head);
        let keep_alive = exchange.wants_keep_alive();
        let date = &self.worker.dates().http;
        let down = downstream_head(head, framing, &self.info, keep_alive, date);
        self.head_len = down.text.len() as u64;
        self.head = down.text;
        let mut broken = false;
        let (preread, upstream_chunked, length) = match framing {
            Framing::None => (0, None, Some(0)),
            Framing::Length(length) => {
                let kept = body.len().min(length as usize);
                self.store.push(&body[..kept]);
                (kept as u64, None, Some(length))
            }
            Framing::UntilClose => {
                self.store.push(body);
                (body.len() as u64, None, None)
            }
            Framing::Chunked => {
                self.chunked = Some(ChunkedBody::default());
                match self.decode(body) {
                    Ok((payload, done)) => (payload, Some(done), None),
                    Err(()) => {
                        broken = true;
                        (0, Some(false), None)
                    }
                }
            }
        };
        exchange.on_head(
            now,
            filled,
            ResponseHeadInfo {
                status: head.status,
                upstream_head: head.len as u64,
                preread,
                length,
                upstream_chunked,
                downstream_head: self.head_len,
                downstream_chunked: down.chunked,
                keep_alive: down.keep_alive,
                accel_buffering: head.accel_buffering(),
                upstream_keep_alive: head.keeps_alive(),
            },
        );
        if broken {
            exchange.on_invalid_body(now);
        }
        if exchange.is_done_with_request() {
            self.request = Vec::new();
            self.body.forget();
        }
    }

    pub(super) fn take_body_bytes(&mut self, exchange: &mut Exchange, bytes: &[u8], filled: bool) {
        let now = self.worker.lately();
        if self.chunked.is_some() {
            match self.decode(bytes) {
                Ok((n, last)) => {
                    exchange.on_upstream_read(now, ReadResult::Bytes { n, filled, last });
                }
                Err(()) => exchange.on_invalid_body(now),
            }
            return;
        }
        let n = bytes.len() as u64;
        let last = false;
        let read = ReadResult::Bytes { n, filled, last };
        let kept = exchange.on_upstream_read(now, read);
        self.store.push(&bytes[..kept as usize]);
    }

    /// Stores the payload of chunked bytes; how much that was, and whether it was the last.
    pub(super) fn decode(&mut self, bytes: &[u8]) -> Result<(u64, bool), ()> {
        let store = &mut self.store;
        let chunked = self.chunked.as_mut().expect("the body is chunked");
        chunked
            .decode(bytes, |run| store.push(run))
            .map(|progress| (progress.payload, progress.done))
            .map_err(|_| ())
    }

    /// Lets go of the connection: it is kept for another request, or closed.
    pub(super) fn close_upstream(&mut self, exchange: &mut Exchange, release: Release) {
        let worker = self.worker;
        let Release { peer, failed, keep } = release;
        let disabled = worker
            .peers
            .borrow_mut()
            .release(worker.lately(), peer, failed);
        if disabled {
            exchange.on_peer_disabled();
        }
        self.connection.pass.goes_on(None);
        if let (Some(upstream), Some(life)) = (self.upstream.take(), keep) {
            worker.keep(peer, life, upstream);
        }
        self.store.settle();
    }
}

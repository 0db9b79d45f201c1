//! One exchange driven over real sockets: each step of the machine carried out, each result told back.

use std::io;

use tokio::io::{Interest, Ready as Readiness};

use super::client::Connection;
use super::heads::{downstream_head, error_page};
use super::intake::Ready;
use super::listener::{SCRATCH_BYTES, Worker};
use super::store::Store;
use super::upstream::{Connecting, Upstream, connect, os_error};
use crate::machine::exchange::{
    Exchange, Finished, LogLine, Note, ReadResult, ReadWait, ResponseHeadInfo, Step, Wait,
};
use crate::machine::http::{ChunkedBody, Framing, parse_response, response_framing};
use crate::machine::pipe::{Ledger, Spill};
use crate::record::EventKind;

/// Steps without a wait after which a busy exchange lets the worker's other connections have a turn.
const TURN: u32 = 64;

/// An exchange and everything it owns. Dropped before its end (the run stops), it still reports itself and settles the gauges.
pub(super) struct Relay<'a> {
    worker: &'a Worker,
    connection: &'a Connection,
    ready: Ready,
    exchange: Exchange,
    upstream: Option<Upstream>,
    connecting: bool,
    /// A FIN is a level that never goes away: it is reported as an edge once.
    upstream_closed_seen: bool,
    request_sent: usize,
    upstream_head: Vec<u8>,
    chunked: Option<ChunkedBody>,
    head: Vec<u8>,
    head_len: u64,
    store: Store,
    counted: Ledger,
    finished: bool,
}

enum Event {
    Upstream(Readiness),
    Client(Readiness),
    Timer,
}

impl<'a> Relay<'a> {
    pub(super) fn new(
        worker: &'a Worker,
        connection: &'a Connection,
        ready: Ready,
        exchange: Exchange,
    ) -> Relay<'a> {
        let config = &worker.config;
        let block = if config.proxy_buffering {
            config.proxy_buffers.size
        } else {
            config.proxy_buffer_size
        };
        Relay {
            worker,
            connection,
            ready,
            exchange,
            upstream: None,
            connecting: false,
            upstream_closed_seen: false,
            request_sent: 0,
            upstream_head: Vec::new(),
            chunked: None,
            head: Vec::new(),
            head_len: 0,
            store: Store::new(block.as_usize()),
            counted: Ledger::default(),
            finished: false,
        }
    }

    /// Runs the exchange to its end.
    pub(super) async fn run(mut self) -> Finished {
        let mut turn = 0;
        loop {
            turn += 1;
            match self.exchange.next(self.worker.now()) {
                Step::Wait(wait) => {
                    turn = 0;
                    let event = self.wait(wait).await;
                    self.tell(event);
                }
                Step::Finish(finished) => {
                    self.finish(&finished);
                    return finished;
                }
                step => self.act(step),
            }
            self.count();
            if turn >= TURN {
                turn = 0;
                tokio::task::yield_now().await;
            }
        }
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::Connect => self.connect(),
            Step::WriteUpstream { .. } => self.write_upstream(),
            Step::ReadUpstream { max } => self.read_upstream(max),
            Step::WriteDownstream { .. } => self.write_downstream(),
            Step::Spill(spill) => self.spill(spill),
            Step::ErrorPage { status } => self.error_page(status),
            Step::CloseUpstream => self.close_upstream(),
            Step::Log(line) => self.log(&line),
            Step::Note(note) => self.note(note),
            Step::Wait(_) | Step::Finish(_) => unreachable!("handled by the caller"),
        }
    }

    fn connect(&mut self) {
        self.worker.gauges.upstream_connections.add(1);
        let now = self.worker.now();
        match connect(&self.worker.peer) {
            Ok(Connecting::Done(upstream)) => {
                self.upstream = Some(upstream);
                self.exchange.on_connected(now);
            }
            Ok(Connecting::Pending(upstream)) => {
                self.upstream = Some(upstream);
                self.connecting = true;
                self.exchange.on_connect_pending(now);
            }
            Err(error) => self.exchange.on_connect_failed(now, &os_error(&error)),
        }
    }

    fn write_upstream(&mut self) {
        let now = self.worker.now();
        let upstream = self.upstream.as_ref().expect("it is connected");
        let rest = &self.ready.request[self.request_sent..];
        match upstream.try_write(rest) {
            Ok(n) => {
                if n < rest.len() {
                    upstream.forget(Interest::WRITABLE);
                }
                self.request_sent += n;
                self.exchange.on_upstream_written(now, n as u64);
                if self.request_sent == self.ready.request.len() {
                    self.ready.request = Vec::new();
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.exchange.on_upstream_written(now, 0);
            }
            Err(error) => self
                .exchange
                .on_upstream_write_failed(now, &os_error(&error)),
        }
    }

    fn read_upstream(&mut self, max: u64) {
        let worker = self.worker;
        let mut scratch = worker.scratch.borrow_mut();
        let offered = usize::try_from(max).map_or(SCRATCH_BYTES, |max| max.min(SCRATCH_BYTES));
        let upstream = self.upstream.as_ref().expect("it is connected");
        let result = upstream.try_read(&mut scratch[..offered]);
        let now = worker.now();
        let result = match result {
            Ok(0) => ReadResult::Closed,
            Ok(n) if self.head.is_empty() => {
                return self.take_head_bytes(&scratch[..n], n == offered);
            }
            Ok(n) => return self.take_body_bytes(&scratch[..n], n == offered),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ReadResult::WouldBlock,
            Err(error) => ReadResult::Failed(os_error(&error)),
        };
        self.exchange.on_upstream_read(now, result);
    }

    fn take_head_bytes(&mut self, bytes: &[u8], filled: bool) {
        let now = self.worker.now();
        self.upstream_head.extend_from_slice(bytes);
        let parsed = parse_response(&self.upstream_head);
        let (head, framing) = match parsed {
            Ok(None) => {
                let n = bytes.len() as u64;
                let last = false;
                let read = ReadResult::Bytes { n, filled, last };
                self.exchange.on_upstream_read(now, read);
                return;
            }
            Ok(Some(head)) => match response_framing(&head, self.ready.info.is_head) {
                Ok(framing) => (head, framing),
                Err(_) => return self.exchange.on_invalid_head(now),
            },
            Err(_) => return self.exchange.on_invalid_head(now),
        };
        let keep_alive = self.keeps_alive();
        let down = downstream_head(&head, framing, &self.ready.info, keep_alive);
        self.head_len = down.text.len() as u64;
        self.head = down.text;
        let raw = std::mem::take(&mut self.upstream_head);
        let body = &raw[head.len..];
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
                    Err(()) => return self.exchange.on_invalid_head(now),
                }
            }
        };
        self.exchange.on_head(
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
            },
        );
    }

    fn take_body_bytes(&mut self, bytes: &[u8], filled: bool) {
        let now = self.worker.now();
        if self.chunked.is_some() {
            let result = match self.decode(bytes) {
                Ok((n, last)) => ReadResult::Bytes { n, filled, last },
                Err(()) => ReadResult::Closed,
            };
            self.exchange.on_upstream_read(now, result);
            return;
        }
        let n = bytes.len() as u64;
        let last = false;
        let read = ReadResult::Bytes { n, filled, last };
        let kept = self.exchange.on_upstream_read(now, read);
        self.store.push(&bytes[..kept as usize]);
    }

    /// Stores the payload of chunked bytes; how much that was, and whether it was the last.
    fn decode(&mut self, bytes: &[u8]) -> Result<(u64, bool), ()> {
        let store = &mut self.store;
        let chunked = self.chunked.as_mut().expect("the body is chunked");
        chunked
            .decode(bytes, |run| store.push(run))
            .map(|progress| (progress.payload, progress.done))
            .map_err(|_| ())
    }

    fn keeps_alive(&self) -> bool {
        self.ready.info.keep_alive && !self.worker.config.keepalive_timeout.is_zero()
    }

    fn write_downstream(&mut self) {
        let worker = self.worker;
        let mut scratch = worker.scratch.borrow_mut();
        let outgoing = self.exchange.outgoing().expect("there is a response");
        let before = outgoing.memory();
        let gathered = self.store.gather(outgoing, &self.head, &mut scratch);
        let stream = &self.connection.stream;
        let result = gathered.and_then(|len| {
            let n = stream.try_write(&scratch[..len])?;
            if n < len {
                // A short write means a full socket; nginx then waits for the next edge, which comes when a third is free.
                let _: io::Result<()> =
                    stream.try_io(Interest::WRITABLE, || Err(io::ErrorKind::WouldBlock.into()));
            }
            Ok((n, n < len))
        });
        let now = worker.now();
        match result {
            Ok((n, blocked)) => {
                self.exchange.on_client_written(now, n as u64, blocked);
                let after = self
                    .exchange
                    .outgoing()
                    .map_or(0, |outgoing| outgoing.memory());
                self.store.consume(before - after);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.exchange.on_client_written(now, 0, true);
            }
            Err(error) => self.exchange.on_client_write_failed(now, &os_error(&error)),
        }
    }

    fn spill(&mut self, spill: Spill) {
        match self.store.spill(spill) {
            Ok(()) => self.exchange.on_spilled(spill),
            Err(error) => self.temp_file_failed(&error),
        }
    }

    /// A full disk: nginx finalises the request with an error, and so do we.
    fn temp_file_failed(&mut self, error: &io::Error) {
        let text = format!(
            "pwritev() to a temporary file in {} failed ({error})",
            self.worker.temp_dir.display()
        );
        self.worker.logs.error("crit", &text);
        self.connection
            .event(self.worker, EventKind::ProxyError, self.ready.info.id, text);
        self.exchange.on_spill_failed(self.worker.now());
    }

    fn note(&mut self, note: Note) {
        let (kind, text) = match note {
            Note::SpillStarted => {
                let path = self.worker.temp_path();
                let line = LogLine::spill_started(&path.display().to_string());
                self.write_log(&line);
                if let Err(error) = self.store.open_file(&path) {
                    return self.temp_file_failed(&error);
                }
                (EventKind::SpillStarted, line.text)
            }
            Note::UpstreamBlocked => (
                EventKind::UpstreamBlocked,
                "no buffer space left: upstream is not read until the client takes bytes"
                    .to_owned(),
            ),
        };
        self.connection
            .event(self.worker, kind, self.ready.info.id, text);
    }

    fn error_page(&mut self, status: u16) {
        let page = error_page(status, &self.ready.info, self.keeps_alive());
        self.head = page.text;
        self.head_len = page.head_len as u64;
        let len = self.head.len() as u64;
        self.exchange
            .on_error_page(self.worker.now(), len, page.keep_alive);
    }

    fn close_upstream(&mut self) {
        self.upstream = None;
        self.worker.gauges.upstream_connections.sub(1);
    }

    fn write_log(&self, line: &LogLine) {
        let url = self.worker.peer.url(&self.ready.info.target);
        self.connection
            .log_only(self.worker, line, Some(&url), &self.ready.info);
    }

    fn log(&self, line: &LogLine) {
        let url = self.worker.peer.url(&self.ready.info.target);
        self.connection
            .log(self.worker, line, Some(&url), &self.ready.info);
    }

    fn finish(&mut self, finished: &Finished) {
        self.finished = true;
        self.connection
            .finish(self.worker, &self.ready, finished, self.head_len);
    }

    /// Brings the live counters up to date.
    fn count(&mut self) {
        let ledger = self.exchange.ledger();
        let over = ledger.sent + ledger.dropped == ledger.read;
        let (memory, file) = if over {
            (0, 0)
        } else {
            (ledger.memory, ledger.file)
        };
        let gauges = &self.worker.gauges;
        shift(&gauges.proxy_buffered_bytes, self.counted.memory, memory);
        shift(&gauges.proxy_spilled_bytes, self.counted.file, file);
        self.counted.memory = memory;
        self.counted.file = file;
    }
}

fn shift(gauge: &crate::record::Gauge, from: u64, to: u64) {
    if to >= from {
        gauge.add(to - from);
    } else {
        gauge.sub(from - to);
    }
}

impl Relay<'_> {
    /// Sleeps until one of the things that the machine waits for.
    async fn wait(&mut self, wait: Wait) -> Event {
        let read = match wait.upstream_read {
            ReadWait::No => false,
            ReadWait::Readable => true,
            ReadWait::MoreArrives => {
                if let Some(upstream) = &self.upstream {
                    upstream.forget(Interest::READABLE);
                }
                !self.upstream_closed_seen
            }
        };
        let upstream_interest = match (read, wait.upstream_write) {
            (false, false) => None,
            (true, false) => Some(Interest::READABLE),
            (false, true) => Some(Interest::WRITABLE),
            (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
        };
        // PRIORITY stands for nothing but EPOLLRDHUP here: bytes that the client sends early do not wake anybody.
        let client_interest = match (wait.client_write, wait.client_closed) {
            (false, false) => None,
            (true, false) => Some(Interest::WRITABLE),
            (false, true) => Some(Interest::PRIORITY),
            (true, true) => Some(Interest::WRITABLE | Interest::PRIORITY),
        };
        let upstream = &self.upstream;
        let clock = self.worker.clock;
        let event = tokio::select! {
            biased;
            ready = upstream_ready(upstream.as_ref(), upstream_interest) => Event::Upstream(ready),
            ready = client_ready(self.connection, client_interest) => Event::Client(ready),
            () = until(clock, wait.deadline) => Event::Timer,
        };
        if let Event::Upstream(ready) = &event
            && ready.is_read_closed()
        {
            self.upstream_closed_seen = true;
        }
        event
    }

    fn tell(&mut self, event: Event) {
        let now = self.worker.now();
        match event {
            Event::Upstream(ready) if self.connecting => {
                let _ = ready;
                self.connecting = false;
                let upstream = self.upstream.as_ref().expect("it is connecting");
                match upstream.connect_result() {
                    Ok(()) => self.exchange.on_connected(now),
                    Err(error) => self.exchange.on_connect_failed(now, &os_error(&error)),
                }
            }
            Event::Upstream(ready) => {
                if ready.is_writable() || ready.is_write_closed() {
                    self.exchange.on_upstream_writable();
                }
                if ready.is_readable() || ready.is_read_closed() {
                    self.exchange.on_upstream_readable();
                }
            }
            Event::Client(ready) => {
                if ready.is_read_closed() && !self.ignores_close() {
                    self.exchange.on_client_closed(now);
                } else {
                    self.exchange.on_client_writable();
                }
            }
            Event::Timer => self.exchange.on_timer(now),
        }
    }

    fn ignores_close(&self) -> bool {
        !self.exchange.watches_client_close()
    }
}

async fn upstream_ready(upstream: Option<&Upstream>, interest: Option<Interest>) -> Readiness {
    match (upstream, interest) {
        (Some(upstream), Some(interest)) => upstream
            .ready(interest)
            .await
            .unwrap_or(Readiness::READ_CLOSED),
        _ => std::future::pending().await,
    }
}

async fn client_ready(connection: &Connection, interest: Option<Interest>) -> Readiness {
    match interest {
        Some(interest) => connection
            .stream
            .ready(interest)
            .await
            .unwrap_or(Readiness::READ_CLOSED),
        None => std::future::pending().await,
    }
}

async fn until(clock: crate::time::Clock, deadline: Option<crate::time::Timestamp>) {
    match deadline {
        Some(deadline) => tokio::time::sleep(clock.until(deadline)).await,
        None => std::future::pending().await,
    }
}

impl Drop for Relay<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.exchange.on_stop(self.worker.now());
            loop {
                match self.exchange.next(self.worker.now()) {
                    Step::Finish(finished) => break self.finish(&finished),
                    Step::CloseUpstream => self.close_upstream(),
                    _ => {}
                }
            }
        }
        self.store.clear();
        let gauges = &self.worker.gauges;
        shift(&gauges.proxy_buffered_bytes, self.counted.memory, 0);
        shift(&gauges.proxy_spilled_bytes, self.counted.file, 0);
    }
}

//! One exchange driven over the kernel's model: each step of the machine carried out, each result told back.

use super::super::ctx::{Ctx, Owner, ProxyGauge, Traffic};
use super::super::event::Wakeup;
use super::super::heads::{self, Response, downstream, error_page};
use super::connection::{House, Seat, log};
use crate::machine::exchange::{
    Exchange, Finished, Note, ReadResult, ReadWait, Release, ResponseHeadInfo, Step, Wait,
};
use crate::machine::peers::Choice;
use crate::machine::pipe::Ledger;
use crate::record::{EventKind, Source};
use crate::sim::kernel::{Connect, Errno, Options, Recv, SocketId};
use crate::time::Timestamp;

/// The most that one system call moves, as in the lab.
const LARGEST_CALL: u64 = 64 * 1024;

/// An exchange and its connection to the backend.
#[derive(Debug)]
pub(super) struct Relay {
    seat: Seat,
    pub(super) exchange: Exchange,
    upstream: Option<SocketId>,
    /// A FIN is a level that never goes away: it is told as an edge once.
    upstream_end_told: bool,
    /// Bytes of the upstream's response that were read so far.
    upstream_read: u64,
    /// Length of the head that the client gets.
    head: u64,
    /// What the gauges count of it.
    gauged: Ledger,
}

/// Where an exchange rests.
#[derive(Debug)]
pub(super) enum Rest {
    /// For the kernel, until `deadline` at most.
    Waits { deadline: Option<Timestamp> },
    /// It is over; `head` is the length of the head that the client got.
    Over { finished: Finished, head: u64 },
}

impl Relay {
    /// The machine has not done anything yet.
    pub(super) fn new(seat: Seat, exchange: Exchange) -> Relay {
        Relay {
            seat,
            exchange,
            upstream: None,
            upstream_end_told: false,
            upstream_read: 0,
            head: 0,
            gauged: Ledger::default(),
        }
    }

    /// Lets the exchange act until it waits or is over.
    pub(super) fn drive(&mut self, house: &House, ctx: &mut Ctx<'_>) -> Rest {
        let now = ctx.now();
        loop {
            match self.exchange.next(now) {
                Step::Wait(wait) => {
                    self.check_books(ctx);
                    self.watch(ctx, &wait);
                    let deadline = wait.deadline;
                    return Rest::Waits { deadline };
                }
                Step::Finish(finished) => {
                    self.check_books(ctx);
                    self.gauge(ctx, Ledger::default());
                    let head = self.head;
                    return Rest::Over { finished, head };
                }
                Step::Connect => self.connect(house, ctx),
                Step::WriteUpstream { max } => self.write_upstream(ctx, max),
                Step::ReadUpstream { max } => self.read_upstream(house, ctx, max),
                Step::WriteDownstream { max } => self.write_downstream(ctx, max),
                Step::Spill(spill) => self.exchange.on_spilled(spill),
                Step::ErrorPage { status } => {
                    let page = error_page(status, self.keeps_alive(house, ctx));
                    self.answer_with(ctx, page);
                    let length = page.head + page.length;
                    self.exchange.on_error_page(now, length, page.keep_alive);
                }
                Step::CloseUpstream(release) => self.close_upstream(house, ctx, release),
                Step::Log(line) => log(ctx, self.request_id(ctx), &line),
                Step::Note(note) => self.note(ctx, note),
            }
        }
    }

    /// The machine's books must balance whenever it rests, and the gauges follow them.
    fn check_books(&mut self, ctx: &mut Ctx<'_>) {
        let ledger = self.exchange.ledger();
        assert_eq!(
            ledger.read,
            ledger.memory + ledger.file + ledger.sent + ledger.dropped,
            "a pipe conserves bytes"
        );
        self.gauge(ctx, ledger);
    }

    /// Brings the gauges of buffered bytes up to date.
    fn gauge(&mut self, ctx: &mut Ctx<'_>, ledger: Ledger) {
        let before = std::mem::replace(&mut self.gauged, ledger);
        let proxy = self.proxy(ctx);
        proxy.buffered = proxy.buffered + ledger.memory - before.memory;
        proxy.spilled = proxy.spilled + ledger.file - before.file;
    }

    /// The proxy that the connection belongs to.
    fn proxy<'c>(&self, ctx: &'c mut Ctx<'_>) -> &'c mut ProxyGauge {
        &mut ctx.gauges.proxies[usize::from(self.seat.instance)]
    }

    /// Asks a peer, over a kept connection or a new one.
    fn connect(&mut self, house: &House, ctx: &mut Ctx<'_>) {
        let instance = self.seat.instance;
        (self.upstream_end_told, self.upstream_read) = (false, 0);
        let (choice, kept) = house.upstreams.choose(instance, ctx, &mut self.exchange);
        if let Some(socket) = kept {
            self.take(ctx, socket);
        }
        self.exchange.on_choice(ctx.now(), choice);
        if let Choice::Fresh { peer } = choice {
            self.connect_anew(ctx, peer);
        }
    }

    fn connect_anew(&mut self, ctx: &mut Ctx<'_>, peer: u32) {
        let now = ctx.now();
        self.proxy(ctx).upstreams += 1;
        let listener = ctx.backs[peer as usize];
        let options = Options {
            source: self.seat.instance,
            ..Options::default()
        };
        match ctx.kernel.connect(now, listener, options) {
            Ok(Connect::Connected(socket)) => {
                self.take(ctx, socket);
                self.exchange.on_connected(now);
            }
            Ok(Connect::InProgress(socket)) => {
                self.take(ctx, socket);
                self.exchange.on_connect_pending(now);
            }
            Err(errno) => self.exchange.on_connect_failed(now, &errno.as_os_error()),
        }
    }

    fn take(&mut self, ctx: &mut Ctx<'_>, socket: SocketId) {
        ctx.own(socket, Owner::Upstream(self.seat.id));
        *ctx.traffic_mut(socket) = Traffic::of(ctx.traffic(self.seat.client).asks);
        self.upstream = Some(socket);
    }

    /// # Panics
    /// Before there is a connection: the machine connects before it reads or writes.
    fn connected(&self) -> SocketId {
        self.upstream.expect("the machine has connected")
    }

    fn write_upstream(&mut self, ctx: &mut Ctx<'_>, max: u64) {
        let now = ctx.now();
        match ctx.kernel.send(self.connected(), max) {
            Ok(n) => self.exchange.on_upstream_written(now, n),
            Err(errno) => self
                .exchange
                .on_upstream_write_failed(now, &errno.as_os_error()),
        }
    }

    fn read_upstream(&mut self, house: &House, ctx: &mut Ctx<'_>, max: u64) {
        let offered = max.min(LARGEST_CALL);
        let result = match ctx.kernel.recv(self.connected(), offered) {
            Ok(Recv::Bytes(n)) => return self.take_bytes(house, ctx, (n, n == offered)),
            Ok(Recv::WouldBlock) => ReadResult::WouldBlock,
            Ok(Recv::Eof) => ReadResult::Closed,
            Err(errno) => ReadResult::Failed(errno.as_os_error()),
        };
        self.exchange.on_upstream_read(ctx.now(), result);
    }

    fn take_bytes(&mut self, house: &House, ctx: &mut Ctx<'_>, (n, filled): (u64, bool)) {
        let before = self.upstream_read;
        self.upstream_read += n;
        let read = self.upstream_read;
        let completes = |response: &Response| before < response.head && read >= response.head;
        let response = ctx.traffic(self.connected()).response.filter(completes);
        let Some(response) = response else {
            let result = ReadResult::Bytes {
                n,
                filled,
                last: false,
            };
            self.exchange.on_upstream_read(ctx.now(), result);
            return;
        };
        let keep_alive = self.keeps_alive(house, ctx);
        let passed_on = downstream(response, keep_alive);
        self.answer_with(ctx, passed_on);
        let info = ResponseHeadInfo {
            status: response.status,
            upstream_head: response.head,
            preread: (read - response.head).min(response.length),
            length: Some(response.length),
            upstream_chunked: None,
            downstream_head: passed_on.head,
            downstream_chunked: false,
            keep_alive,
            accel_buffering: response.accel_buffering,
            upstream_keep_alive: response.keep_alive,
        };
        self.exchange.on_head(ctx.now(), filled, info);
    }

    /// The client will get this response.
    fn answer_with(&mut self, ctx: &mut Ctx<'_>, response: Response) {
        ctx.traffic_mut(self.seat.client).response = Some(response);
        self.head = response.head;
    }

    fn keeps_alive(&self, house: &House, ctx: &Ctx<'_>) -> bool {
        let asks = ctx.traffic(self.seat.client).asks;
        heads::keeps_alive(ctx.plan, asks) && !house.config.keepalive_timeout.is_zero()
    }

    fn write_downstream(&mut self, ctx: &mut Ctx<'_>, max: u64) {
        let now = ctx.now();
        let offered = max.min(LARGEST_CALL);
        match ctx.kernel.send(self.seat.client, offered) {
            Ok(n) => self.exchange.on_client_written(now, n, n < offered),
            Err(errno) => self
                .exchange
                .on_client_write_failed(now, &errno.as_os_error()),
        }
    }

    /// Lets go of the connection: it is kept for another request, or closed.
    fn close_upstream(&mut self, house: &House, ctx: &mut Ctx<'_>, release: Release) {
        let instance = self.seat.instance;
        if house.upstreams.release(instance, ctx, release) {
            self.exchange.on_peer_disabled();
        }
        match self.upstream.take() {
            Some(socket) => house.upstreams.keep(instance, ctx, (release, socket)),
            None => self.proxy(ctx).upstreams -= 1,
        }
    }

    /// None of a probe.
    fn request_id(&self, ctx: &Ctx<'_>) -> Option<u64> {
        ctx.traffic(self.seat.client).asks.request_id()
    }

    fn note(&self, ctx: &mut Ctx<'_>, note: Note) {
        let kind = match note {
            Note::SpillStarted => EventKind::SpillStarted { path: None },
            Note::UpstreamBlocked => EventKind::UpstreamBlocked {},
        };
        let request_id = self.request_id(ctx);
        ctx.event((Source::Proxy, kind), request_id, None);
    }

    fn watch(&self, ctx: &mut Ctx<'_>, wait: &Wait) {
        if let Some(upstream) = self.upstream {
            match wait.upstream_read {
                ReadWait::No => ctx.kernel.unwatch(upstream),
                ReadWait::Readable => ctx.kernel.watch(upstream),
                ReadWait::MoreArrives if self.upstream_end_told => ctx.kernel.unwatch(upstream),
                ReadWait::MoreArrives => ctx.kernel.watch_edge(upstream),
            }
        }
        // Bytes that the client sends early wake nobody; only its end does.
        if wait.client_closed {
            ctx.kernel.watch_end(self.seat.client);
        } else {
            ctx.kernel.unwatch(self.seat.client);
        }
    }

    /// Something happened on the client's connection; whether the machine was told.
    pub(super) fn on_downstream(&mut self, ctx: &Ctx<'_>, what: Wakeup) -> bool {
        let gone = ctx.kernel.peer_is_gone(self.seat.client);
        match what {
            Wakeup::Writable(_) | Wakeup::Readable(_)
                if gone && self.exchange.watches_client_close() =>
            {
                self.exchange.on_client_closed(ctx.now());
            }
            Wakeup::Writable(_) => self.exchange.on_client_writable(),
            _ => return false,
        }
        true
    }

    /// Something happened on the connection to the backend.
    pub(super) fn on_upstream(&mut self, ctx: &Ctx<'_>, what: Wakeup) {
        let Some(socket) = self.upstream else {
            return;
        };
        let now = ctx.now();
        self.upstream_end_told |= ctx.kernel.peer_is_gone(socket);
        match what {
            Wakeup::Connected(_) => self.exchange.on_connected(now),
            Wakeup::ConnectFailed(_) => {
                let error = Errno::TimedOut.as_os_error();
                self.exchange.on_connect_failed(now, &error);
            }
            Wakeup::Writable(_) => self.exchange.on_upstream_writable(),
            Wakeup::Readable(_) => self.exchange.on_upstream_readable(),
        }
    }
}

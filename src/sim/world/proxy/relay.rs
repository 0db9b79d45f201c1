//! One exchange driven over the kernel's model: each step of the machine carried out, each result told back.

use super::super::ctx::{Ctx, Owner, Traffic};
use super::super::gauges::{Held, ProxyGauge};
use super::super::heads::{Response, downstream, version_of};
use super::super::relays::LARGEST_CALL;
use super::super::wire::{Kind, Wire};
use super::connection::{House, Seat, log};
use super::files::{Files, Of};
use crate::machine::downstream::Downstream;
use crate::machine::exchange::{
    CONTINUE, Exchange, ReadResult, Release, ResponseHeadInfo, Step, Wait,
};
use crate::machine::http::{ChunkedBody, Framing};
use crate::machine::peers::Choice;
use crate::machine::pipe::{self, Outgoing, Piece};
use crate::sim::kernel::{Connect, Errno, Options, Recv, SocketId};

/// What an exchange has in its hands, and what of its request has come.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) seat: Seat,
    pub(super) upstream: Option<SocketId>,
    /// A FIN is a level that never goes away: it is told as an edge once.
    pub(super) upstream_end_told: bool,
    /// Whether the machine waits for the client to send something.
    pub(super) reads_client: bool,
    /// Whether the request's head has come.
    pub(super) known: bool,
    /// Bytes of the request's body that were read, framing included, and the reader of that framing.
    pub(super) body_wire: u64,
    pub(super) chunked: Option<Box<ChunkedBody>>,
    /// Bytes of the upstream's response that were read so far.
    upstream_read: u64,
    /// Length of the head that the client gets.
    pub(super) head: u64,
    pub(super) files: Files,
    /// What the gauges count of it.
    gauged: Held,
}

impl Relay {
    /// Nothing has come yet.
    pub(super) fn new(seat: Seat) -> Relay {
        Relay {
            seat,
            upstream: None,
            upstream_end_told: false,
            reads_client: true,
            known: false,
            body_wire: 0,
            chunked: None,
            upstream_read: 0,
            head: 0,
            files: Files::default(),
            gauged: Held::default(),
        }
    }

    /// Carries out a step that is neither `Wait` nor `Finish`.
    pub(super) fn act(
        &mut self,
        house: &House,
        exchange: &mut Exchange,
        ctx: &mut Ctx<'_>,
        step: Step,
    ) {
        match step {
            Step::Continue => {
                // Its result does not matter.
                let _ = ctx.kernel.send(self.seat.client, CONTINUE);
            }
            Step::ReadBody { max } => self.read_body(exchange, ctx, max),
            Step::SpillBody(spill) => {
                if self.writes(house, exchange, (ctx, Of::Request, spill)) {
                    exchange.on_body_spilled(spill);
                }
            }
            Step::CreateRequest { .. } => {
                exchange.on_request_created(self.upstream_request(house, ctx));
            }
            Step::Connect => self.connect(house, exchange, ctx),
            Step::WriteUpstream { max } => self.write_upstream(exchange, ctx, max),
            Step::ReadUpstream { max } => {
                self.read_upstream(exchange, ctx, max);
                if exchange.is_done_with_request() {
                    self.close_file(house, Of::Request);
                }
            }
            // Every call is nginx's here: a simulated one costs nothing.
            Step::WriteDownstream { max, ahead: _ } => self.write_downstream(exchange, ctx, max),
            Step::Spill(spill) => {
                if self.writes(house, exchange, (ctx, Of::Response, spill)) {
                    exchange.on_spilled(spill);
                }
            }
            Step::ErrorPage { status, keep_alive } => {
                let page = ctx.announced.page(status, keep_alive);
                self.answer_with(ctx, page);
                let length = page.head + page.length().unwrap_or(0);
                exchange.on_error_page(ctx.now(), length);
            }
            Step::CloseUpstream(release) => {
                self.close_upstream(house, exchange, (ctx, release));
            }
            Step::Log(line) => log(ctx, (house.tier, self.request_id(ctx)), &line),
            Step::Note(note) => self.note(house, exchange, (ctx, note)),
            Step::Wait(_) | Step::Finish(_) => unreachable!("handled by the caller"),
        }
    }

    /// The machine waits.
    pub(super) fn rest(&mut self, machine: &Downstream, ctx: &mut Ctx<'_>, wait: &Wait) {
        if let Some(exchange) = machine.exchange_in_hand() {
            self.check_books(exchange, ctx);
        }
        self.reads_client = wait.client_read;
        self.watch(ctx, wait);
    }

    /// The request is over.
    pub(super) fn settle(&mut self, house: &House, ctx: &mut Ctx<'_>) {
        self.gauge(ctx, Held::default());
        self.close_file(house, Of::Request);
        self.close_file(house, Of::Response);
    }

    /// The process is gone: the kernel closes what it had.
    pub(super) fn die(&mut self, ctx: &mut Ctx<'_>) {
        self.gauge(ctx, Held::default());
        if let Some(upstream) = self.upstream.take() {
            self.proxy(ctx).upstreams -= 1;
            ctx.close(upstream);
        }
        ctx.close(self.seat.client);
    }

    /// The machine's books must balance whenever it rests, and the gauges follow them.
    fn check_books(&mut self, exchange: &Exchange, ctx: &mut Ctx<'_>) {
        let (ledger, request) = (exchange.ledger(), exchange.request_ledger());
        for ledger in [ledger, request] {
            assert_eq!(
                ledger.read,
                ledger.memory + ledger.file + ledger.sent + ledger.dropped,
                "a pipe conserves bytes"
            );
        }
        let held = Held {
            response: (ledger.memory, ledger.file),
            request: (request.memory, request.file),
        };
        self.gauge(ctx, held);
    }

    /// Brings the gauges of buffered bytes up to date.
    fn gauge(&mut self, ctx: &mut Ctx<'_>, held: Held) {
        if self.gauged == held {
            return;
        }
        let before = std::mem::replace(&mut self.gauged, held);
        let proxy = self.proxy(ctx);
        proxy.buffered = proxy.buffered + held.memory() - before.memory();
        proxy.spilled = proxy.spilled + held.file() - before.file();
        let group = ctx.traffic(self.seat.client).asks.group();
        let by = &mut ctx.gauges.held_by[usize::from(self.seat.at.tier)];
        let nobody = by.len() - 1;
        by[group.map_or(nobody, |group| group as usize)].shift(before, held);
    }

    /// The proxy that the connection belongs to.
    fn proxy<'c>(&self, ctx: &'c mut Ctx<'_>) -> &'c mut ProxyGauge {
        ctx.gauge(self.seat.at)
    }

    /// Asks a peer, over a kept connection or a new one.
    fn connect(&mut self, house: &House, exchange: &mut Exchange, ctx: &mut Ctx<'_>) {
        let at = self.seat.at;
        (self.upstream_end_told, self.upstream_read) = (false, 0);
        let (choice, kept) = house.upstreams.choose(at, ctx, exchange);
        if let Some(socket) = kept {
            self.take(ctx, socket);
        }
        exchange.on_choice(ctx.now(), choice);
        if let Choice::Fresh { peer } = choice {
            self.connect_anew(house, exchange, (ctx, peer));
        }
    }

    fn connect_anew(
        &mut self,
        house: &House,
        exchange: &mut Exchange,
        (ctx, peer): (&mut Ctx<'_>, u32),
    ) {
        let now = ctx.now();
        let at = self.seat.at;
        if ctx.fails() || !house.upstreams.table(at).descriptors.take() {
            return exchange.on_connect_failed(now, &Errno::NoFiles.as_os_error());
        }
        if let Err(line) = house.room(ctx, at) {
            house.upstreams.table(at).descriptors.give_back(1);
            return exchange.on_no_slot(now, &line);
        }
        self.proxy(ctx).upstreams += 1;
        let listener = ctx.behind(self.seat.at.tier)[peer as usize];
        let options = Options {
            source: self.seat.at.instance,
            ..Options::default()
        };
        let connected = match ctx.fails() {
            true => Err(Errno::Refused),
            false => ctx.kernel.connect(now, listener, options),
        };
        match connected {
            Ok(Connect::Connected(socket)) => {
                self.take(ctx, socket);
                exchange.on_connected(now);
            }
            Ok(Connect::InProgress(socket)) => {
                self.take(ctx, socket);
                exchange.on_connect_pending(now);
            }
            Err(errno) => {
                self.proxy(ctx).upstreams -= 1;
                house.upstreams.table(at).give_back();
                exchange.on_connect_failed(now, &errno.as_os_error());
            }
        }
    }

    fn take(&mut self, ctx: &mut Ctx<'_>, socket: SocketId) {
        let (at, connection) = (self.seat.at, self.seat.id);
        ctx.own(socket, Owner::Upstream { at, connection });
        *ctx.traffic_mut(socket) = Traffic::of(ctx.traffic(self.seat.client).asks);
        self.upstream = Some(socket);
    }

    /// # Panics
    /// Before there is a connection: the machine connects before it reads or writes.
    fn connected(&self) -> SocketId {
        self.upstream.expect("the machine has connected")
    }

    fn write_upstream(&mut self, exchange: &mut Exchange, ctx: &mut Ctx<'_>, max: u64) {
        let now = ctx.now();
        let max = max.min(LARGEST_CALL);
        match ctx.kernel.send(self.connected(), max) {
            Ok(n) => {
                exchange.on_upstream_written(now, n, n < max);
            }
            Err(errno) => exchange.on_upstream_write_failed(now, &errno.as_os_error()),
        }
    }

    fn read_upstream(&mut self, exchange: &mut Exchange, ctx: &mut Ctx<'_>, max: u64) {
        let offered = max.min(LARGEST_CALL);
        let result = match ctx.kernel.recv(self.connected(), offered) {
            Ok(Recv::Bytes(n)) => return self.take_bytes(exchange, ctx, (n, n == offered)),
            Ok(Recv::WouldBlock) => ReadResult::WouldBlock,
            Ok(Recv::Eof) => ReadResult::Closed,
            Err(errno) => ReadResult::Failed(errno.as_os_error()),
        };
        exchange.on_upstream_read(ctx.now(), result);
    }

    fn take_bytes(&mut self, exchange: &mut Exchange, ctx: &mut Ctx<'_>, (n, filled): (u64, bool)) {
        let (before, upstream) = (self.upstream_read, self.connected());
        self.upstream_read += n;
        let read = self.upstream_read;
        let chunks = ctx.wire(upstream).map(|wire| wire.take(n));
        let known = ctx.traffic(upstream).response;
        let completes = |response: &Response| before < response.head && read >= response.head;
        let Some(response) = known.filter(completes) else {
            // While its head comes, bytes are bytes.
            let chunks = chunks.filter(|_| known.is_some_and(|known| before >= known.head));
            let result = ReadResult::Bytes {
                n: chunks.map_or(n, |chunks| chunks.body),
                filled,
                last: chunks.is_some_and(|chunks| chunks.is_over),
            };
            exchange.on_upstream_read(ctx.now(), result);
            return;
        };
        let asks = ctx.traffic(self.seat.client).asks;
        let version = version_of(ctx.plan, asks, self.seat.at.tier.into());
        let passed_on = downstream(response, exchange.wants_keep_alive(), version);
        self.answer_with(ctx, passed_on);
        let rest = read - response.head;
        let info = ResponseHeadInfo {
            status: response.status,
            upstream_head: response.head,
            preread: match (response.length(), chunks) {
                (Some(length), _) => rest.min(length),
                (None, Some(chunks)) => chunks.body,
                (None, None) => rest,
            },
            length: response.length(),
            upstream_chunked: chunks.map(|chunks| chunks.is_over),
            downstream_head: passed_on.head,
            downstream_chunked: passed_on.framing == Framing::Chunked,
            keep_alive: passed_on.keep_alive,
            accel_buffering: response.accel_buffering,
            upstream_keep_alive: response.keep_alive,
        };
        exchange.on_head(ctx.now(), filled, info);
    }

    /// The client will get this response.
    fn answer_with(&mut self, ctx: &mut Ctx<'_>, response: Response) {
        ctx.begin_response(self.seat.client, response);
        self.head = response.head;
    }

    fn write_downstream(&mut self, exchange: &mut Exchange, ctx: &mut Ctx<'_>, max: u64) {
        let now = ctx.now();
        let offered = max.min(LARGEST_CALL);
        match ctx.kernel.send(self.seat.client, offered) {
            Ok(n) => {
                if let (Some(wire), Some(outgoing)) =
                    (ctx.wire(self.seat.client), exchange.outgoing())
                {
                    lay(wire, outgoing, n);
                }
                exchange.on_client_written(now, n, n < offered);
            }
            Err(errno) => exchange.on_client_write_failed(now, &errno.as_os_error()),
        }
    }

    /// Lets go of the connection: it is kept for another request, or closed.
    fn close_upstream(
        &mut self,
        house: &House,
        exchange: &mut Exchange,
        (ctx, release): (&mut Ctx<'_>, Release),
    ) {
        let at = self.seat.at;
        if house.upstreams.release(at, ctx, release) {
            exchange.on_peer_disabled();
        }
        if let Some(socket) = self.upstream.take() {
            house.upstreams.keep(at, ctx, (release, socket));
        }
    }

    /// None of a probe.
    pub(super) fn request_id(&self, ctx: &Ctx<'_>) -> Option<u64> {
        ctx.traffic(self.seat.client).asks.request_id()
    }

    /// The request, if its head has come.
    pub(super) fn known_id(&self, ctx: &Ctx<'_>) -> Option<u64> {
        self.request_id(ctx).filter(|_| self.known)
    }
}

/// The client's socket takes the next `n` bytes of what is on its way.
fn lay(wire: &mut Wire, outgoing: &Outgoing, n: u64) {
    let mut left = n;
    for piece in outgoing.pieces() {
        let (kind, len) = match piece {
            // The wire has begun with it.
            Piece::Head { len, .. } => (None, len),
            Piece::Memory { len } | Piece::File { len, .. } => (Some(Kind::Body), len),
            Piece::Framing { framing, from } => {
                let len = framing.len() - from;
                match framing {
                    pipe::Framing::LastChunk => (Some(Kind::End), len),
                    pipe::Framing::ChunkSize(_) | pipe::Framing::ChunkEnd => {
                        (Some(Kind::Frame), len)
                    }
                }
            }
        };
        let taken = len.min(left);
        left -= taken;
        if let Some(kind) = kind.filter(|_| taken > 0) {
            let is_cut = kind == Kind::End && taken < len;
            wire.put(if is_cut { Kind::Frame } else { kind }, taken);
        }
    }
}

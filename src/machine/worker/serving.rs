//! The request in hand: what it asked for and how far its response has come.

use super::judge::Asked;
use super::{Access, Action, Orders, Payload, Report, State};
use crate::machine::boot::CRASH;
use crate::machine::handler::{Fault, LEAKED_DESCRIPTORS, Work};
use crate::machine::http::{Framing, RequestHead};
use crate::time::{Span, Timestamp};

/// Longer than any run: what hangs, hangs for ever.
const FOR_EVER: Span = Span::from_secs(366 * 24 * 3600);

/// Ours: a change of kept bytes that is worth a report of its own.
const MUCH: u64 = 64 << 10;

/// A parsed request on its way through the worker.
#[derive(Debug)]
pub(super) struct Serving {
    request_id: Option<u64>,
    method: String,
    target: String,
    version: u8,
    referer: Option<String>,
    agent: Option<String>,
    /// The access log's clock starts after the head.
    started_at: Timestamp,
    work: Work,
    /// Whether both sides would go on after this request if nothing were sent for it.
    pub(super) may_go_on: bool,
    /// Whether the response promises to read another one.
    pub(super) keeps: bool,
    /// Whether the connection is gone, and the application does not know.
    pub(super) is_for_nobody: bool,
    pub(super) slot: u32,
    pub(super) accepted_at: Option<Timestamp>,
    /// How its response ends.
    framing: Framing,
    /// Whether the last chunk was handed to `sendall`.
    ended: bool,
    /// Body bytes handed to `sendall`, counted before it.
    pub(super) counted: u64,
    /// Body bytes that the kernel accepted.
    pub(super) sent: u64,
    /// Time inside `recv`.
    pub(super) recv_blocked: Span,
    /// Time inside `send`.
    pub(super) send_blocked: Span,
    /// Bytes that the transport keeps, and whether it takes no more for now.
    pub(super) left: u64,
    pub(super) paused: bool,
    /// Bytes of the application's object whose `send` has not returned.
    pub(super) object: u64,
    /// When the last report was made, and how many bytes the process kept then.
    pub(super) reported_at: Timestamp,
    pub(super) reported_bytes: u64,
}

impl Serving {
    /// `may_keep` is whether the worker would serve another request on the connection.
    pub(super) fn new(now: Timestamp, asked: &Asked, orders: &Orders, may_keep: bool) -> Serving {
        let head = &asked.head;
        let request_id = head.request_id();
        let work = orders.config.work(&asked.path, orders.seed, request_id);
        let may_go_on = may_keep && asked.keep_alive;
        let framing = framing(head, &work);
        let broken = matches!(work.fault, Some(Fault::ShortBody | Fault::EarlyReply));
        Serving {
            request_id,
            method: head.method.clone(),
            target: head.target.clone(),
            version: head.version,
            referer: head.text("referer"),
            agent: head.text("user-agent"),
            started_at: now,
            keeps: may_go_on && !broken && framing != Framing::UntilClose,
            may_go_on,
            is_for_nobody: false,
            framing,
            ended: false,
            work,
            slot: 0,
            accepted_at: None,
            counted: 0,
            sent: 0,
            recv_blocked: Span::ZERO,
            send_blocked: Span::ZERO,
            left: 0,
            paused: false,
            object: 0,
            reported_at: now,
            reported_bytes: 0,
        }
    }

    /// Whether the handler does not read the request's body.
    pub(super) fn answers_early(&self) -> bool {
        self.work.fault == Some(Fault::EarlyReply)
    }

    /// Whether a request that is not its connection's first gets no answer.
    pub(super) fn closes_on_reuse(&self) -> bool {
        self.work.fault == Some(Fault::CloseOnReuse)
    }

    /// A call that sends has taken so long.
    pub(super) fn waited_in_send(&mut self, span: Span) {
        self.send_blocked = self.send_blocked.saturating_add(span);
    }

    /// How the handler waits before it computes, if it does.
    pub(super) fn wait(&self) -> Option<Action> {
        let wait = self.work.wait;
        (!wait.is_zero()).then_some(match self.work.blocking {
            true => Action::Block(wait),
            false => Action::Wait(wait),
        })
    }

    /// How it computes, if it does; a handler that is broken does so here.
    pub(super) fn compute(&self) -> Vec<Action> {
        let cpu = self.work.cpu;
        let burn = (!cpu.is_zero()).then_some(match self.work.fault {
            Some(Fault::CpuHoldsTheLock) => Action::BurnLocked(cpu),
            _ => Action::Burn(cpu),
        });
        let breaks = match self.work.fault {
            Some(Fault::Hang) => Some(Action::Wait(FOR_EVER)),
            Some(Fault::Deadlock) => Some(Action::Block(FOR_EVER)),
            Some(Fault::Crash) => Some(Action::Exit(CRASH)),
            Some(Fault::FdLeak) => Some(Action::Leak(LEAKED_DESCRIPTORS)),
            _ => None,
        };
        burn.into_iter().chain(breaks).collect()
    }

    /// The pause before a piece that is not the first; a last chunk comes at once.
    pub(super) fn wait_for_piece(&self) -> Option<Action> {
        let waits = self.counted > 0 && self.has_pieces() && !self.work.every.is_zero();
        waits.then_some(Action::Wait(self.work.every))
    }

    /// What a piece costs.
    pub(super) fn burn_for_piece(&self) -> Option<Action> {
        let cpu = self.work.piece_cpu;
        (self.has_pieces() && !cpu.is_zero()).then_some(Action::Burn(cpu))
    }

    pub(super) fn head(&self) -> Payload {
        Payload::Head {
            status: self.work.status,
            version: self.version,
            framing: self.framing,
            headers: self.work.headers.clone(),
            keep_alive: self.keeps,
        }
    }

    /// Whether the application yields more; for a HEAD it does not.
    fn has_pieces(&self) -> bool {
        self.counted < self.work.body_bytes() && self.method != "HEAD"
    }

    /// The next item that the application yields, or the last chunk behind it.
    pub(super) fn next_piece(&self) -> Option<Payload> {
        let chunked = self.framing == Framing::Chunked;
        if !self.has_pieces() {
            return (chunked && !self.ended).then_some(Payload::LastChunk);
        }
        let offset = self.counted;
        let len = (self.work.body_bytes() - offset).min(self.work.write_size);
        Some(match chunked {
            true => Payload::Chunk { offset, len },
            false => Payload::Body { offset, len },
        })
    }

    /// A piece is handed over.
    pub(super) fn counts(&mut self, piece: &Payload) {
        self.counted += piece.body_bytes();
        self.ended |= *piece == Payload::LastChunk;
    }

    /// The kernel has taken everything that was handed over.
    pub(super) fn all_taken(&mut self) {
        self.sent = self.counted;
    }

    /// The kernel has taken so much of the last piece; of a head and of what frames chunks nothing counts.
    pub(super) fn part_taken(&mut self, bytes: u64) {
        self.sent = (self.sent + bytes).min(self.counted);
    }

    /// The transport keeps so much of what was handed over.
    pub(super) fn transport_keeps(&mut self, left: u64) {
        self.left = left;
        self.sent = self.sent.max(self.counted.saturating_sub(left));
    }

    /// Bytes that the process keeps for this response.
    pub(super) fn buffered(&self) -> u64 {
        self.left + if self.paused { self.object } else { 0 }
    }

    /// Whether that is much more than was told last.
    pub(super) fn keeps_more(&self) -> bool {
        self.buffered() > self.reported_bytes.saturating_mul(2).max(MUCH)
    }

    pub(super) fn access(&self, now: Timestamp) -> Access {
        Access {
            request_line: format!("{} {} HTTP/1.{}", self.method, self.target, self.version),
            status: self.work.status,
            bytes: self.counted,
            elapsed: now.since(self.started_at),
            referer: self.referer.clone(),
            agent: self.agent.clone(),
        }
    }

    /// The line for a request that ended in an error page: a fresh clock, and a length of the page's message.
    pub(super) fn access_of_page(&self, status: u16, message: usize) -> Access {
        Access {
            status,
            bytes: message as u64,
            ..self.access(self.started_at)
        }
    }

    pub(super) fn is_1_1(&self) -> bool {
        self.version > 0
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    pub(super) fn request_id(&self) -> Option<u64> {
        self.request_id
    }

    pub(super) fn report(&self, state: State) -> Report {
        Report {
            state,
            slot: Some(self.slot),
            request_id: self.request_id,
            accepted_at: self.accepted_at,
            sent_bytes: self.sent,
            recv_blocked: self.recv_blocked,
            send_blocked: self.send_blocked,
            buffered_bytes: self.buffered(),
        }
    }
}

/// gunicorn `Response.is_chunked` and `should_close`.
fn framing(head: &RequestHead, work: &Work) -> Framing {
    match head.version {
        _ if work.announces => Framing::Length(work.length),
        _ if head.method == "HEAD" || matches!(work.status, 204 | 304) => Framing::None,
        0 => Framing::UntilClose,
        _ => Framing::Chunked,
    }
}

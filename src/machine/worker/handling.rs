//! One connection being handled (`Worker.handle`): requests read, the application run, responses sent. The task that all classes have
//! in common; [`Manners`] says what each does differently.

use super::base::Turn;
use super::judge::{Verdict, judge};
use super::manners::{HeadLimit, Manners};
use super::serving::{BodyLeft, Serving};
use super::{Action, Outcome, Payload, RECV_SIZE, Report, State};
use crate::machine::http::{Framing, RequestHead};
use crate::time::{Span, Timestamp};

/// A connection in a task's hand.
#[derive(Debug)]
pub(super) struct Handling {
    pub(super) manners: Manners,
    /// Which of the worker's slots it occupies.
    slot: u32,
    /// When the connection left the accept queue, if that was before the slot took it up.
    accepted_at: Option<Timestamp>,
    /// Whether it served a request before the one that is being read.
    reused: bool,
    /// Time inside `recv` for the request that is being read.
    recv_blocked: Span,
    pub(super) stage: Stage,
}

/// Which outcome the task waits for.
#[derive(Debug)]
pub(super) enum Stage {
    ReadingHead {
        buffer: Vec<u8>,
        until: Option<Timestamp>,
    },
    ReadingBody(Box<Serving>, BodyLeft),
    Waiting(Box<Serving>),
    Computing(Box<Serving>),
    SendingHead(Box<Serving>),
    PieceWaiting(Box<Serving>),
    PieceBurning(Box<Serving>),
    SendingPiece(Box<Serving>),
    /// The transport is to take no more before it is below the low-water mark.
    Draining(Box<Serving>),
    /// The transport is to be empty.
    Flushing(Box<Serving>),
    Over,
}

/// How the handling of a connection, or of one request on it, ended.
#[derive(Debug)]
pub(super) enum End {
    /// The response is sent, and the connection may serve another request.
    Kept(Box<Serving>),
    /// The connection is to be closed as the class does.
    Close(Option<Box<Serving>>),
    /// It is to be closed without any ceremony.
    Drop(Option<Box<Serving>>),
}

impl Handling {
    pub(super) fn new(manners: Manners, slot: u32, accepted_at: Option<Timestamp>) -> Handling {
        Handling {
            manners,
            slot,
            accepted_at,
            reused: false,
            recv_blocked: Span::ZERO,
            stage: Stage::Over,
        }
    }

    /// The task has taken the connection up.
    pub(super) fn report_taken(&self, turn: &mut Turn<'_>) {
        turn.todo.push(Action::Report(Report {
            accepted_at: self.accepted_at,
            ..Report::plain(Some(self.slot), State::Reading)
        }));
    }

    /// Reads a request; `first` is whether it is the connection's first.
    pub(super) fn read(&mut self, turn: &mut Turn<'_>, first: bool) {
        (self.reused, self.recv_blocked) = (!first, Span::ZERO);
        let limit = match self.manners.head_limit {
            HeadLimit::Each(limit) => Some(limit),
            HeadLimit::Kept(limit) | HeadLimit::KeptFirstByte(limit) if !first => Some(limit),
            _ => None,
        };
        let until = limit.map(|limit| turn.now + limit);
        let buffer = Vec::new();
        self.recv(turn, until, Stage::ReadingHead { buffer, until });
    }

    /// Goes on with what came of the last action; how it ended, if it has.
    pub(super) fn resume(&mut self, turn: &mut Turn<'_>, outcome: Outcome<'_>) -> Option<End> {
        match self.take_stage() {
            Stage::ReadingHead { buffer, until } => self.read_head(turn, buffer, until, outcome),
            Stage::ReadingBody(serving, left) => self.read_body(turn, serving, left, outcome),
            Stage::Waiting(serving) => self.compute(turn, serving),
            Stage::Computing(serving) => self.answer(turn, serving),
            Stage::SendingHead(serving) => self.sent(turn, serving, outcome),
            Stage::PieceWaiting(serving) => self.burn_for_piece(turn, serving),
            Stage::PieceBurning(serving) => self.send_piece(turn, serving),
            Stage::SendingPiece(serving) => self.sent(turn, serving, outcome),
            Stage::Draining(serving) => self.drained(turn, serving, outcome),
            Stage::Flushing(serving) => self.flushed(turn, serving, outcome),
            Stage::Over => Some(End::Drop(None)),
        }
    }

    /// Whether it waits for a request of which nothing has come.
    pub(super) fn is_reading_head(&self) -> bool {
        matches!(&self.stage, Stage::ReadingHead { buffer, .. } if buffer.is_empty())
    }

    /// The request in hand.
    pub(super) fn request_id(&self) -> Option<u64> {
        match &self.stage {
            Stage::ReadingBody(serving, _)
            | Stage::Waiting(serving)
            | Stage::Computing(serving)
            | Stage::SendingHead(serving)
            | Stage::PieceWaiting(serving)
            | Stage::PieceBurning(serving)
            | Stage::SendingPiece(serving)
            | Stage::Draining(serving)
            | Stage::Flushing(serving) => serving.request_id(),
            Stage::ReadingHead { .. } | Stage::Over => None,
        }
    }

    pub(super) fn take_stage(&mut self) -> Stage {
        std::mem::replace(&mut self.stage, Stage::Over)
    }

    /// The last action of a stage, and where its outcome goes.
    pub(super) fn act(&mut self, turn: &mut Turn<'_>, action: Action, stage: Stage) -> Option<End> {
        turn.todo.push(action);
        self.stage = stage;
        None
    }

    fn recv(&mut self, turn: &mut Turn<'_>, until: Option<Timestamp>, stage: Stage) -> Option<End> {
        let max = RECV_SIZE;
        self.act(turn, Action::Recv { max, until }, stage)
    }

    fn read_head(
        &mut self,
        turn: &mut Turn<'_>,
        mut buffer: Vec<u8>,
        until: Option<Timestamp>,
        outcome: Outcome<'_>,
    ) -> Option<End> {
        self.recv_blocked = self.recv_blocked.saturating_add(turn.took());
        match outcome {
            Outcome::Received(bytes) => buffer.extend_from_slice(bytes),
            // gevent's `Timeout` and asyncio's timers close without a word.
            Outcome::TimedOut => return Some(End::Drop(None)),
            outcome => return Some(self.gone(turn, &outcome)),
        }
        match judge(&buffer) {
            Verdict::More => {
                // With some, a first byte lifts the limit.
                let lifted = matches!(self.manners.head_limit, HeadLimit::KeptFirstByte(_));
                let until = until.filter(|_| !lifted);
                self.recv(turn, until, Stage::ReadingHead { buffer, until })
            }
            Verdict::Refuse { status, why } => Some(self.refuse(turn, status, why)),
            Verdict::Serve(head, framing) => {
                let rest = &buffer[head.len..];
                self.begin_request(turn, &head, framing, rest)
            }
        }
    }

    fn begin_request(
        &mut self,
        turn: &mut Turn<'_>,
        head: &RequestHead,
        framing: Framing,
        rest: &[u8],
    ) -> Option<End> {
        turn.base.count_request(turn.todo);
        let may_keep = self.manners.keeps && turn.base.alive;
        let mut serving = Box::new(Serving::new(turn.now, head, &turn.base.orders, may_keep));
        serving.slot = self.slot;
        serving.accepted_at = self.accepted_at;
        serving.recv_blocked = self.recv_blocked;
        if head.header("expect").is_some() {
            turn.todo.push(Action::SendNow(Payload::Continue));
        }
        if serving.answers_early() {
            return self.run_app(turn, serving);
        }
        match BodyLeft::of(framing).feed(rest) {
            Ok(BodyLeft::Nothing) => self.run_app(turn, serving),
            Ok(left) => {
                turn.todo.push(Action::Report(serving.report(State::Body)));
                self.recv(turn, None, Stage::ReadingBody(serving, left))
            }
            Err(why) => Some(self.refuse(turn, 400, why)),
        }
    }

    fn read_body(
        &mut self,
        turn: &mut Turn<'_>,
        mut serving: Box<Serving>,
        left: BodyLeft,
        outcome: Outcome<'_>,
    ) -> Option<End> {
        serving.recv_blocked = serving.recv_blocked.saturating_add(turn.took());
        let bytes = match outcome {
            Outcome::Received(bytes) => bytes,
            // gunicorn's Body.read returns what there is; the application answers all the same.
            Outcome::Eof => return self.run_app(turn, serving),
            outcome => return Some(self.gone(turn, &outcome)),
        };
        match left.feed(bytes) {
            Ok(BodyLeft::Nothing) => self.run_app(turn, serving),
            Ok(left) => self.recv(turn, None, Stage::ReadingBody(serving, left)),
            Err(why) => Some(self.refuse(turn, 400, why)),
        }
    }

    fn run_app(&mut self, turn: &mut Turn<'_>, serving: Box<Serving>) -> Option<End> {
        turn.todo.push(Action::Report(serving.report(State::App)));
        let own = turn.base.orders.config.cpu_per_request;
        if !own.is_zero() {
            turn.todo.push(Action::Burn(own));
        }
        match serving.wait() {
            None => self.compute(turn, serving),
            Some(wait) => self.act(turn, wait, Stage::Waiting(serving)),
        }
    }

    fn compute(&mut self, turn: &mut Turn<'_>, serving: Box<Serving>) -> Option<End> {
        let steps = serving.compute();
        if steps.is_empty() {
            return self.answer(turn, serving);
        }
        steps.into_iter().for_each(|step| turn.todo.push(step));
        self.stage = Stage::Computing(serving);
        None
    }

    fn answer(&mut self, turn: &mut Turn<'_>, serving: Box<Serving>) -> Option<End> {
        if self.reused && serving.closes_on_reuse() {
            return Some(End::Drop(Some(serving)));
        }
        self.send_head(turn, serving)
    }
}

//! One connection being handled (`Worker.handle`): requests read, the application run, responses sent. The task that all classes have
//! in common; [`Manners`] says what each does differently.

use super::base::Turn;
use super::judge::{Asked, BodyLeft, Broken, Dialect, Refused, Verdict};
use super::manners::{HeadLimit, Manners, is_python};
use super::serving::Serving;
use super::warmth::warm_share;
use super::{Action, Outcome, Payload, RECV_SIZE, Report, State};
use crate::machine::http::Framing;
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
    /// What came with the last request and belongs to the next one.
    pub(super) rest: Vec<u8>,
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
            rest: Vec::new(),
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
        let buffer = std::mem::take(&mut self.rest);
        if buffer.is_empty() {
            self.recv(turn, until, Stage::ReadingHead { buffer, until });
        } else {
            // What was done last has an outcome too, and nothing more is waited for.
            self.stage = Stage::ReadingHead { buffer, until };
        }
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
        let mut seen = buffer.len();
        match outcome {
            Outcome::Received(bytes) => buffer.extend_from_slice(bytes),
            // It came with the request before.
            Outcome::Done => seen = 0,
            // gevent's `Timeout` and asyncio's timers close without a word.
            Outcome::TimedOut => return Some(End::Drop(None)),
            outcome => return Some(self.gone(turn, &outcome)),
        }
        match self.manners.dialect.judge(&buffer, seen) {
            Verdict::More => {
                // With some, a first byte lifts the limit.
                let lifted = matches!(self.manners.head_limit, HeadLimit::KeptFirstByte(_));
                let until = until.filter(|_| !lifted);
                self.recv(turn, until, Stage::ReadingHead { buffer, until })
            }
            Verdict::Refuse(refused) => Some(self.refuse(turn, &refused)),
            Verdict::Serve(asked) => {
                let rest = buffer.split_off(asked.head.len);
                self.begin_request(turn, &asked, &rest)
            }
        }
    }

    fn begin_request(&mut self, turn: &mut Turn<'_>, asked: &Asked, rest: &[u8]) -> Option<End> {
        turn.base.count_request(turn.todo);
        let may_keep = self.manners.keeps && turn.base.alive;
        let mut serving = Box::new(Serving::new(turn.now, asked, &turn.base.orders, may_keep));
        serving.slot = self.slot;
        serving.accepted_at = self.accepted_at;
        serving.recv_blocked = self.recv_blocked;
        if self.tells_to_continue(asked, rest, serving.answers_early()) {
            turn.todo.push(Action::SendNow(Payload::Continue));
        }
        if serving.answers_early() {
            return self.run_app(turn, serving);
        }
        let reader = (self.manners.dialect, asked.head.headers.len());
        let left = BodyLeft::of(asked.framing, reader).feed(rest);
        if !matches!(left, Ok(BodyLeft::Nothing { .. }) | Err(_)) {
            turn.todo.push(Action::Report(serving.report(State::Body)));
        }
        self.read_on(turn, serving, left)
    }

    /// The WSGI classes say it at once, the others when the application asks for a body; asgi not if some of it has come by then.
    fn tells_to_continue(&self, asked: &Asked, rest: &[u8], answers_early: bool) -> bool {
        asked.expects
            && match self.manners.dialect {
                Dialect::Wsgi => true,
                Dialect::Asgi => {
                    let has_body = !matches!(asked.framing, Framing::None | Framing::Length(0));
                    has_body && rest.is_empty() && !answers_early
                }
                Dialect::H11 => !answers_early,
            }
    }

    /// What is left of the body, or why it is none.
    fn read_on(
        &mut self,
        turn: &mut Turn<'_>,
        serving: Box<Serving>,
        left: Result<BodyLeft, Refused>,
    ) -> Option<End> {
        match left {
            Ok(BodyLeft::Nothing { beyond }) => {
                self.rest = beyond;
                self.run_app(turn, serving)
            }
            Ok(left) => {
                let until = self.manners.body_limit.map(|limit| turn.now + limit);
                self.recv(turn, until, Stage::ReadingBody(serving, left))
            }
            Err(refused) => Some(self.refuse_body(turn, &serving, &refused)),
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
        match outcome {
            Outcome::Received(bytes) => self.read_on(turn, serving, left.feed(bytes)),
            Outcome::TimedOut => {
                // asgi tells the application that the client is gone, whether it is or not, and does not read on.
                serving.keeps = false;
                self.run_app(turn, serving)
            }
            Outcome::Eof => self.body_ended(turn, serving, &left),
            outcome => Some(self.gone(turn, &outcome)),
        }
    }

    /// The client sends no more, and has not sent all.
    fn body_ended(
        &mut self,
        turn: &mut Turn<'_>,
        mut serving: Box<Serving>,
        left: &BodyLeft,
    ) -> Option<End> {
        if self.manners.dialect != Dialect::Wsgi {
            // asyncio closes a connection whose client has shut its side; the application goes on, for nobody.
            serving.is_for_nobody = true;
            return self.run_app(turn, serving);
        }
        match left.ended() {
            // The application answers to what there is (`LengthReader`).
            Broken::Short => self.run_app(turn, serving),
            Broken::Dropped => Some(self.gone(turn, &Outcome::Eof)),
            Broken::Refused(refused) => Some(self.refuse_body(turn, &serving, &refused)),
        }
    }

    fn run_app(&mut self, turn: &mut Turn<'_>, serving: Box<Serving>) -> Option<End> {
        self.use_cpu(turn);
        self.go_round(turn);
        turn.todo.push(Action::Report(serving.report(State::App)));
        match serving.wait() {
            None => self.compute(turn, serving),
            Some(wait) => self.act(turn, wait, Stage::Waiting(serving)),
        }
    }

    /// Half of what a request costs beside its handler: before it is called, and once it has answered.
    pub(super) fn use_cpu(&self, turn: &mut Turn<'_>) {
        let cpu = Span::from_ns(self.manners.own_cpu.as_ns() / 2);
        let costs = (cpu, warm_share(turn.base.config().class()));
        let is_python = is_python(turn.base.config());
        turn.todo.burn(turn.base.warmth.charge(costs, is_python));
    }

    /// Whether the loop closes a connection when others have had their turn (asyncio's `transport.close`, which calls `_call_connection_lost` soon).
    pub(super) fn closes_later(&self) -> bool {
        self.manners.reads_in_rounds
    }

    /// Lets others go first, if that is how the loop reads.
    pub(super) fn go_round(&self, turn: &mut Turn<'_>) {
        if self.manners.reads_in_rounds {
            turn.todo.push(Action::Yield);
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
        if serving.is_for_nobody {
            return Some(self.drop_answer(turn, serving));
        }
        self.send_head(turn, serving)
    }
}

//! The worker's loop, cut open at every call that can block.

use std::collections::VecDeque;
use std::sync::Arc;

use super::judge::{Verdict, judge};
use super::serving::{BodyLeft, Serving};
use super::{
    Action, LINGER_DRAIN, Outcome, PROGRESS, Payload, RECV_SIZE, Report, SELECT_FLOOR, State,
};
use crate::machine::arbiter::Level;
use crate::machine::backend_config::BackendConfig;
use crate::machine::boot::Failed;
use crate::machine::http::{Framing, RequestHead};
use crate::seed::Seed;
use crate::time::{Span, Timestamp};

/// Who the worker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// gunicorn's `age`: 1 for the first worker ever.
    pub age: u32,
    /// Its process id.
    pub pid: u32,
}

/// A sync worker, without hands.
#[derive(Debug)]
pub struct SyncWorker {
    identity: Identity,
    pub(super) config: Arc<BackendConfig>,
    seed: Seed,
    max_requests: Option<u32>,
    nr: u32,
    pub(super) alive: bool,
    pub(super) actions: VecDeque<Action>,
    /// When the last action was handed out: what a send took is counted from there.
    pub(super) issued_at: Timestamp,
    stage: Stage,
}

/// Where in the loop the worker waits for an outcome.
#[derive(Debug)]
pub(super) enum Stage {
    Boot,
    Importing,
    Top,
    Accepting,
    CheckingParent,
    Selecting,
    ReadingHead(Vec<u8>),
    ReadingBody(Box<Serving>, BodyLeft),
    Waiting(Box<Serving>),
    Burning(Box<Serving>),
    SendingHead(Box<Serving>),
    SendingBody(Box<Serving>),
    Shutting,
    Lingering { until: Timestamp, drained: u64 },
    Ended(i32),
}

impl SyncWorker {
    /// A worker that was just forked. From `seed` its requests draw what they do; `max_requests` is the arbiter's draw.
    pub fn new(
        identity: Identity,
        config: Arc<BackendConfig>,
        seed: Seed,
        max_requests: Option<u32>,
    ) -> SyncWorker {
        SyncWorker {
            identity,
            config,
            seed,
            max_requests,
            nr: 0,
            alive: true,
            actions: VecDeque::new(),
            issued_at: Timestamp::ZERO,
            stage: Stage::Boot,
        }
    }

    /// Goes on with what came of the last action ([`Outcome::Done`] the first time).
    pub fn resume(&mut self, now: Timestamp, outcome: Outcome<'_>) -> Action {
        if self.actions.is_empty() {
            self.advance(now, outcome);
        }
        self.issued_at = now;
        self.actions
            .pop_front()
            .expect("every stage leaves an action behind")
    }

    /// SIGTERM: the current request is the last.
    pub fn terminate(&mut self) {
        self.alive = false;
    }

    /// Requests handled (`nr`).
    pub fn nr(&self) -> u32 {
        self.nr
    }

    /// Whether it will take another request.
    pub fn is_alive(&self) -> bool {
        self.alive
    }

    fn advance(&mut self, now: Timestamp, outcome: Outcome<'_>) {
        let stage = std::mem::replace(&mut self.stage, Stage::Ended(0));
        if let Outcome::Interrupted { by, sent } = outcome {
            return self.interrupted(now, stage, by, sent);
        }
        match stage {
            Stage::Boot => self.boot(),
            Stage::Importing => self.imported(),
            Stage::Top => self.top(),
            Stage::Accepting => self.accepted(outcome),
            Stage::CheckingParent => self.parent_checked(&outcome),
            Stage::Selecting => self.top(),
            Stage::ReadingHead(buffer) => self.read_head(now, buffer, outcome),
            Stage::ReadingBody(serving, left) => self.read_body(now, serving, left, outcome),
            Stage::Waiting(serving) => self.burn(now, serving),
            Stage::Burning(serving) => self.send_head(now, serving),
            Stage::SendingHead(serving) => self.head_sent(now, serving, outcome),
            Stage::SendingBody(serving) => self.piece_sent(now, serving, outcome),
            Stage::Shutting => match outcome {
                Outcome::Failed { .. } => self.close(),
                _ => {
                    let until = now + self.config.linger;
                    self.linger(until, 0);
                }
            },
            Stage::Lingering { until, drained } => match outcome {
                Outcome::Received(bytes) => {
                    let drained = drained + bytes.len() as u64;
                    if drained >= LINGER_DRAIN || now >= until {
                        self.close();
                    } else {
                        self.linger(until, drained);
                    }
                }
                _ => self.close(),
            },
            Stage::Ended(code) => self.act(Action::Exit(code), Stage::Ended(code)),
        }
    }

    fn boot(&mut self) {
        let text = format!("Booting worker with pid: {}", self.identity.pid);
        self.log(Level::Info, text);
        self.report_plain(State::Booting);
        match self.config.boot.time {
            Span::ZERO => self.imported(),
            time => self.act(Action::Wait(time), Stage::Importing),
        }
    }

    /// The application is there, or it is not; `spawn_worker` tells which by the exit code.
    fn imported(&mut self) {
        let Some(fault) = self.config.boot.fault else {
            return self.act(self.idle(), Stage::Top);
        };
        let end = Failed::from(fault);
        if let Some((level, text)) = end.word {
            self.log(level, text.to_owned());
        }
        match end.goes_quietly {
            true => self.act(Action::Exit(end.code), Stage::Ended(end.code)),
            false => self.exit(end.code),
        }
    }

    fn top(&mut self) {
        if !self.alive {
            return self.exit(0);
        }
        self.actions.push_back(Action::Beat);
        self.act(Action::Accept, Stage::Accepting);
    }

    fn accepted(&mut self, outcome: Outcome<'_>) {
        match outcome {
            Outcome::Accepted => {
                self.report_plain(State::Reading);
                self.recv(Stage::ReadingHead(Vec::new()));
            }
            Outcome::Failed { failure, .. } => {
                let text = format!("Exception in worker process: accept: {failure:?}");
                self.log(Level::Error, text);
                self.exit(255);
            }
            _ => self.act(Action::CheckParent, Stage::CheckingParent),
        }
    }

    fn parent_checked(&mut self, outcome: &Outcome<'_>) {
        if *outcome == Outcome::Orphaned {
            let pid = self.identity.pid;
            let text = format!("Parent changed, shutting down: <Worker {pid}>");
            self.log(Level::Info, text);
            return self.exit(0);
        }
        let half = Span::from_ns(self.config.timeout.as_ns() / 2);
        let timeout = if half.is_zero() { SELECT_FLOOR } else { half };
        self.actions.push_back(Action::Beat);
        self.act(Action::Select { timeout }, Stage::Selecting);
    }

    fn read_head(&mut self, now: Timestamp, mut buffer: Vec<u8>, outcome: Outcome<'_>) {
        match outcome {
            Outcome::Received(bytes) => buffer.extend_from_slice(bytes),
            outcome => return self.gone(&outcome),
        }
        match judge(&buffer) {
            Verdict::More => self.recv(Stage::ReadingHead(buffer)),
            Verdict::Refuse { status, why } => self.refuse(status, why),
            Verdict::Serve(head, framing) => {
                self.begin_request(now, &head, framing, &buffer[head.len..]);
            }
        }
    }

    fn begin_request(&mut self, now: Timestamp, head: &RequestHead, framing: Framing, rest: &[u8]) {
        let work = self.config.work(&head.target, self.seed, head.request_id());
        let serving = Box::new(Serving::new(now, head, work));
        self.nr += 1;
        if self.max_requests.is_some_and(|limit| self.nr >= limit) {
            let text = "Autorestarting worker after current request.".to_owned();
            self.log(Level::Info, text);
            self.alive = false;
        }
        if head.header("expect").is_some() {
            self.actions.push_back(Action::SendNow(Payload::Continue));
        }
        self.take_body(now, serving, BodyLeft::of(framing), rest);
    }

    fn read_body(
        &mut self,
        now: Timestamp,
        serving: Box<Serving>,
        left: BodyLeft,
        outcome: Outcome<'_>,
    ) {
        match outcome {
            Outcome::Received(bytes) => self.take_body(now, serving, left, bytes),
            // gunicorn's Body.read returns what there is; the application answers all the same.
            Outcome::Eof => self.run_app(now, serving),
            outcome => self.gone(&outcome),
        }
    }

    fn take_body(&mut self, now: Timestamp, serving: Box<Serving>, left: BodyLeft, bytes: &[u8]) {
        match left.feed(bytes) {
            Ok(BodyLeft::Nothing) => self.run_app(now, serving),
            Ok(left) => self.recv(Stage::ReadingBody(serving, left)),
            Err(why) => self.refuse(400, why),
        }
    }

    fn run_app(&mut self, now: Timestamp, serving: Box<Serving>) {
        self.actions
            .push_back(Action::Report(serving.report(State::App)));
        if serving.wait().is_zero() {
            self.burn(now, serving);
        } else {
            self.act(Action::Wait(serving.wait()), Stage::Waiting(serving));
        }
    }

    fn burn(&mut self, now: Timestamp, serving: Box<Serving>) {
        if serving.cpu().is_zero() {
            self.send_head(now, serving);
        } else {
            self.act(Action::Burn(serving.cpu()), Stage::Burning(serving));
        }
    }

    fn send_head(&mut self, now: Timestamp, mut serving: Box<Serving>) {
        serving.reported_at = now;
        self.actions
            .push_back(Action::Report(serving.report(State::Send)));
        self.act(Action::Send(serving.head()), Stage::SendingHead(serving));
    }

    fn head_sent(&mut self, now: Timestamp, mut serving: Box<Serving>, outcome: Outcome<'_>) {
        serving.blocked = serving.blocked.saturating_add(now.since(self.issued_at));
        match outcome {
            Outcome::Sent => self.send_piece(now, serving),
            outcome => self.cut(now, &serving, &outcome),
        }
    }

    fn send_piece(&mut self, now: Timestamp, mut serving: Box<Serving>) {
        let Some(piece) = serving.next_piece() else {
            self.access(&serving, now);
            return self.begin_close(&serving);
        };
        if now.since(serving.reported_at) >= PROGRESS {
            serving.reported_at = now;
            self.actions
                .push_back(Action::Report(serving.report(State::Send)));
        }
        serving.counted += piece.len();
        self.act(Action::Send(piece), Stage::SendingBody(serving));
    }

    fn piece_sent(&mut self, now: Timestamp, mut serving: Box<Serving>, outcome: Outcome<'_>) {
        serving.blocked = serving.blocked.saturating_add(now.since(self.issued_at));
        match outcome {
            Outcome::Sent => {
                serving.sent = serving.counted;
                self.send_piece(now, serving);
            }
            Outcome::Failed { ref failure, sent } => {
                serving.sent += sent;
                self.cut(
                    now,
                    &serving,
                    &Outcome::Failed {
                        failure: failure.clone(),
                        sent,
                    },
                );
            }
            outcome => self.cut(now, &serving, &outcome),
        }
    }

    fn linger(&mut self, until: Timestamp, drained: u64) {
        self.act(
            Action::LingerRecv { until },
            Stage::Lingering { until, drained },
        );
    }

    pub(super) fn close(&mut self) {
        self.actions.push_back(Action::Close);
        self.act(self.idle(), Stage::Top);
    }

    pub(super) fn exit(&mut self, code: i32) {
        let text = format!("Worker exiting (pid: {})", self.identity.pid);
        self.log(Level::Info, text);
        self.act(Action::Exit(code), Stage::Ended(code));
    }

    fn recv(&mut self, stage: Stage) {
        self.act(Action::Recv { max: RECV_SIZE }, stage);
    }

    pub(super) fn access(&mut self, serving: &Serving, now: Timestamp) {
        let access = Box::new(serving.access(now));
        self.actions.push_back(Action::Access(access));
    }

    fn idle(&self) -> Action {
        Action::Report(plain(State::Idle))
    }

    pub(super) fn report_plain(&mut self, state: State) {
        self.actions.push_back(Action::Report(plain(state)));
    }

    pub(super) fn log(&mut self, level: Level, text: String) {
        self.actions.push_back(Action::Log(level, text));
    }

    /// The last action of a stage, and where its outcome goes.
    pub(super) fn act(&mut self, action: Action, stage: Stage) {
        self.actions.push_back(action);
        self.stage = stage;
    }
}

/// A report of a state that belongs to no request.
fn plain(state: State) -> Report {
    Report {
        state,
        request_id: None,
        sent_bytes: 0,
        send_blocked: Span::ZERO,
    }
}

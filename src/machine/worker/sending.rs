//! The second half of a request: the response goes out, piece by piece, to the kernel or to a transport.

use super::base::Turn;
use super::handling::{End, Handling, Stage};
use super::manners::{Sends, is_paused};
use super::serving::Serving;
use super::{Action, Outcome, PROGRESS, Payload, State};
use crate::time::Timestamp;

impl Handling {
    pub(super) fn send_head(
        &mut self,
        turn: &mut Turn<'_>,
        mut serving: Box<Serving>,
    ) -> Option<End> {
        serving.reported_at = turn.now;
        turn.todo.push(Action::Report(serving.report(State::Send)));
        self.use_cpu(turn);
        let send = self.send(serving.head());
        self.act(turn, send, Stage::SendingHead(serving))
    }

    fn send(&self, payload: Payload) -> Action {
        match self.manners.sends {
            Sends::All => Action::Send(payload),
            Sends::Transport { .. } => Action::Write(payload),
        }
    }

    /// The head or a piece has been sent, or is with the transport.
    pub(super) fn sent(
        &mut self,
        turn: &mut Turn<'_>,
        mut serving: Box<Serving>,
        outcome: Outcome<'_>,
    ) -> Option<End> {
        serving.waited_in_send(turn.took());
        match outcome {
            Outcome::Sent => serving.all_taken(),
            Outcome::Written { left } => serving.transport_keeps(left),
            outcome => {
                if let Outcome::Failed { sent, .. } = outcome {
                    serving.part_taken(sent);
                }
                return Some(self.cut(turn, serving, &outcome));
            }
        }
        match self.manners.sends {
            Sends::Transport { waits_after: true } => self.drain(turn, serving),
            _ => self.next_piece(turn, serving),
        }
    }

    /// Waits until the transport takes more, if it does not.
    fn drain(&mut self, turn: &mut Turn<'_>, mut serving: Box<Serving>) -> Option<End> {
        serving.paused = is_paused(serving.paused, serving.left);
        if !serving.paused {
            return match self.manners.sends {
                Sends::Transport { waits_after: false } => self.write_piece(turn, serving),
                _ => self.next_piece(turn, serving),
            };
        }
        self.await_room(turn, serving, Stage::Draining)
    }

    /// Waits until the transport is rid of some; the answer goes to `stage`.
    fn await_room(
        &mut self,
        turn: &mut Turn<'_>,
        mut serving: Box<Serving>,
        stage: fn(Box<Serving>) -> Stage,
    ) -> Option<End> {
        self.progress(turn, &mut serving);
        self.act(turn, Action::Drain, stage(serving))
    }

    pub(super) fn drained(
        &mut self,
        turn: &mut Turn<'_>,
        mut serving: Box<Serving>,
        outcome: Outcome<'_>,
    ) -> Option<End> {
        serving.waited_in_send(turn.took());
        match outcome {
            Outcome::Written { left } => serving.transport_keeps(left),
            outcome => return Some(self.cut(turn, serving, &outcome)),
        }
        self.drain(turn, serving)
    }

    fn next_piece(&mut self, turn: &mut Turn<'_>, serving: Box<Serving>) -> Option<End> {
        if serving.next_piece().is_none() {
            return self.complete(turn, serving);
        }
        match serving.wait_for_piece() {
            None => self.burn_for_piece(turn, serving),
            Some(wait) => self.act(turn, wait, Stage::PieceWaiting(serving)),
        }
    }

    pub(super) fn burn_for_piece(
        &mut self,
        turn: &mut Turn<'_>,
        serving: Box<Serving>,
    ) -> Option<End> {
        match serving.burn_for_piece() {
            None => self.send_piece(turn, serving),
            Some(burn) => self.act(turn, burn, Stage::PieceBurning(serving)),
        }
    }

    pub(super) fn send_piece(&mut self, turn: &mut Turn<'_>, serving: Box<Serving>) -> Option<End> {
        match self.manners.sends {
            Sends::Transport { waits_after: false } => self.drain(turn, serving),
            _ => self.write_piece(turn, serving),
        }
    }

    fn write_piece(&mut self, turn: &mut Turn<'_>, mut serving: Box<Serving>) -> Option<End> {
        let Some(piece) = serving.next_piece() else {
            return self.complete(turn, serving);
        };
        self.progress(turn, &mut serving);
        serving.counts(&piece);
        serving.object = match self.manners.sends.keeps_the_object() {
            true => piece.len(),
            false => 0,
        };
        let send = self.send(piece);
        self.act(turn, send, Stage::SendingPiece(serving))
    }

    /// A send of many pieces, or of one that takes long, says now and then how far it is.
    fn progress(&self, turn: &mut Turn<'_>, serving: &mut Serving) {
        if turn.now.since(serving.reported_at) >= PROGRESS || serving.keeps_more() {
            serving.reported_at = turn.now;
            serving.reported_bytes = serving.buffered();
            turn.todo.push(Action::Report(serving.report(State::Send)));
        }
    }

    /// The application is done.
    fn complete(&mut self, turn: &mut Turn<'_>, mut serving: Box<Serving>) -> Option<End> {
        self.access(turn, &serving, turn.now);
        serving.object = 0;
        self.flush(turn, serving)
    }

    fn flush(&mut self, turn: &mut Turn<'_>, serving: Box<Serving>) -> Option<End> {
        if serving.left == 0 {
            return Some(match serving.keeps && turn.base.alive {
                true => End::Kept(serving),
                false => End::Close(Some(serving)),
            });
        }
        self.await_room(turn, serving, Stage::Flushing)
    }

    pub(super) fn flushed(
        &mut self,
        turn: &mut Turn<'_>,
        mut serving: Box<Serving>,
        outcome: Outcome<'_>,
    ) -> Option<End> {
        serving.waited_in_send(turn.took());
        match outcome {
            Outcome::Written { left } => serving.transport_keeps(left),
            _ => return Some(End::Drop(Some(serving))),
        }
        self.flush(turn, serving)
    }

    pub(super) fn access(&self, turn: &mut Turn<'_>, serving: &Serving, at: Timestamp) {
        let access = Box::new(serving.access(at));
        turn.todo.push(Action::Access(access));
    }
}

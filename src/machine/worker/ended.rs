//! How a request ends early: refused, cut by its client, or unwound by a signal.

use super::base::Turn;
use super::handling::{End, Handling, Stage};
use super::judge::{Dialect, Refused};
use super::manners::Unwinds;
use super::serving::Serving;
use super::{Access, Action, Failure, Interrupt, Outcome, Payload, QUIT_SLEEP};
use crate::machine::arbiter::Level;
use crate::machine::http::RequestHead;
use crate::time::Span;

impl Handling {
    /// A send failed: the access line is written all the same, with all the bytes that were meant to go.
    pub(super) fn cut(
        &mut self,
        turn: &mut Turn<'_>,
        serving: Box<Serving>,
        outcome: &Outcome<'_>,
    ) -> End {
        self.access(turn, &serving, turn.now);
        log_failure(turn, outcome);
        End::Close(Some(serving))
    }

    /// The client left while its request was read.
    pub(super) fn gone(&mut self, turn: &mut Turn<'_>, outcome: &Outcome<'_>) -> End {
        log_failure(turn, outcome);
        End::Close(None)
    }

    /// A request whose head is none.
    pub(super) fn refuse(&mut self, turn: &mut Turn<'_>, refused: &Refused) -> End {
        if let Some(head) = &refused.known {
            let access = access_of(head, refused);
            turn.todo.push(Action::Access(Box::new(access)));
        }
        self.page(turn, refused, false)
    }

    /// A request whose body is none: gunicorn knows it, and has it in the access log.
    pub(super) fn refuse_body(
        &mut self,
        turn: &mut Turn<'_>,
        serving: &Serving,
        refused: &Refused,
    ) -> End {
        if self.manners.dialect == Dialect::Wsgi {
            let access = serving.access_of_page(refused.status, message_len(refused));
            turn.todo.push(Action::Access(Box::new(access)));
        }
        self.page(turn, refused, serving.is_1_1())
    }

    fn page(&self, turn: &mut Turn<'_>, refused: &Refused, is_1_1: bool) -> End {
        let text = format!("Invalid request: {}", refused.message);
        turn.todo.log(Level::Warning, text);
        let page = self.manners.dialect.page(refused, is_1_1);
        turn.todo.push(Action::SendNow(page));
        End::Close(None)
    }

    /// The application has an answer that nobody gets. asgi takes it for none, and logs that.
    pub(super) fn drop_answer(&self, turn: &mut Turn<'_>, serving: Box<Serving>) -> End {
        if self.manners.dialect == Dialect::Asgi {
            let access = Box::new(serving.access_of_page(500, 0));
            turn.todo.push(Action::Access(access));
        }
        End::Drop(Some(serving))
    }

    /// `SystemExit`, raised by a signal's handler where the task just is. `sent` bytes of a send had gone.
    pub(super) fn interrupted(&mut self, turn: &mut Turn<'_>, by: Interrupt, sent: u64) -> End {
        // The access log's clock runs on while the handler sleeps.
        let unwound_at = match by {
            Interrupt::Abort => turn.now,
            Interrupt::Quit => turn.now + QUIT_SLEEP,
        };
        match self.take_stage() {
            Stage::ReadingHead { .. } => {
                let text = "Error handling request (no URI read)".to_owned();
                turn.todo.log(Level::Error, text);
                send_500(turn);
                End::Close(None)
            }
            Stage::ReadingBody(serving, _)
            | Stage::Waiting(serving)
            | Stage::Computing(serving) => self.error_page(turn, serving),
            Stage::SendingHead(serving) => {
                self.access(turn, &serving, unwound_at);
                self.error_page(turn, serving)
            }
            Stage::PieceWaiting(serving)
            | Stage::PieceBurning(serving)
            | Stage::Draining(serving)
            | Stage::Flushing(serving) => self.unwound_in_body(turn, serving, unwound_at),
            Stage::SendingPiece(mut serving) => {
                serving.part_taken(sent);
                serving.waited_in_send(turn.took());
                self.unwound_in_body(turn, serving, unwound_at)
            }
            Stage::Over => End::Drop(None),
        }
    }

    fn unwound_in_body(
        &self,
        turn: &mut Turn<'_>,
        serving: Box<Serving>,
        at: crate::time::Timestamp,
    ) -> End {
        self.access(turn, &serving, at);
        turn.todo
            .log(Level::Error, "Error handling request".to_owned());
        match self.manners.unwinds {
            Unwinds::Page => End::Close(Some(serving)),
            Unwinds::Silence => End::Drop(Some(serving)),
        }
    }

    /// `handle_error`: the head of the response has not been sent, so a page can still be.
    fn error_page(&mut self, turn: &mut Turn<'_>, serving: Box<Serving>) -> End {
        if self.manners.unwinds == Unwinds::Silence {
            return match serving.may_go_on {
                true => End::Kept(serving),
                false => End::Drop(Some(serving)),
            };
        }
        let text = format!("Error handling request {}", serving.name());
        turn.todo.log(Level::Error, text);
        let access = Box::new(serving.access_of_page(500, 0));
        turn.todo.push(Action::Access(access));
        send_500(turn);
        End::Close(Some(serving))
    }
}

/// A line for a request that is known, but not well enough to be served.
fn access_of(head: &RequestHead, refused: &Refused) -> Access {
    Access {
        request_line: format!("{} {} HTTP/1.{}", head.method, head.target, head.version),
        status: refused.status,
        bytes: message_len(refused) as u64,
        elapsed: Span::ZERO,
        referer: head.text("referer"),
        agent: head.text("user-agent"),
    }
}

/// Python counts characters.
fn message_len(refused: &Refused) -> usize {
    refused.message.chars().count()
}

fn log_failure(turn: &mut Turn<'_>, outcome: &Outcome<'_>) {
    match outcome {
        Outcome::Failed {
            failure: Failure::Other(why),
            ..
        } => {
            let text = format!("Socket error processing request. {why}");
            turn.todo.log(Level::Error, text);
        }
        Outcome::Failed { .. } => turn.todo.log(Level::Debug, "Ignoring EPIPE".to_owned()),
        _ => turn.todo.log(
            Level::Debug,
            "Ignored premature client disconnection.".to_owned(),
        ),
    }
}

fn send_500(turn: &mut Turn<'_>) {
    let page = Payload::ErrorPage {
        status: 500,
        message: String::new(),
    };
    turn.todo.push(Action::SendNow(page));
}

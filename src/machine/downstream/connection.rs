//! What to do next, and what happened.

use std::sync::Arc;

use super::intake::Intake;
use super::linger::{Linger, Unheard};
use super::{Downstream, Phase, Received, Step};
use crate::machine::event_loop::Hail;
use crate::machine::exchange::{self, Ending, Exchange, Finished, ReadWait, Wait};
use crate::machine::proxy_config::{LingeringClose, ProxyConfig};
use crate::time::Timestamp;

impl Downstream {
    /// A connection that was just accepted. `names` are the upstream's peers as the error log prints them.
    pub fn new(config: Arc<ProxyConfig>, names: Arc<[String]>, now: Timestamp) -> Downstream {
        let intake = Intake::first(&config, now);
        Downstream {
            config,
            names,
            accepted_at: now,
            requests: 0,
            exiting: false,
            counted: false,
            line: None,
            refused: None,
            taken_whole: 0,
            phase: Phase::Request(intake),
        }
    }

    /// What to do now.
    pub fn next(&mut self, now: Timestamp) -> Step {
        if let Some(line) = self.line.take() {
            return Step::Log(*line);
        }
        match &mut self.phase {
            Phase::Request(intake) if intake.unjudged => Step::Judge,
            Phase::Request(intake) if intake.readable => Step::Receive {
                max: intake.spare(),
            },
            Phase::Request(intake) => reads_until(intake.deadline()),
            Phase::Admitting(_) => Step::Admit,
            Phase::Exchange(exchange) => match exchange.next(now) {
                exchange::Step::Wait(wait) => Step::Wait(wait),
                exchange::Step::Finish(finished) => self.answered(now, finished),
                step => Step::Exchange(step),
            },
            Phase::Peeking(_) => Step::Peek,
            Phase::Lingering(linger) if !linger.shut => {
                linger.shut = true;
                Step::ShutdownWrite
            }
            Phase::Lingering(linger) if linger.readable && linger.hears_chunks() => {
                Step::DiscardBody { max: linger.most() }
            }
            Phase::Lingering(linger) if linger.readable => Step::Discard { max: linger.most() },
            Phase::Lingering(linger) => reads_until(linger.deadline()),
            Phase::Heard(_, beyond) => {
                let intake = Intake::kept_alive(&self.config, now, *beyond);
                let Phase::Heard(finished, _) =
                    std::mem::replace(&mut self.phase, Phase::Request(intake))
                else {
                    unreachable!("it was just there")
                };
                Step::Finish(finished)
            }
            Phase::Over { finished, reset } => match finished.take() {
                Some(finished) => Step::Finish(finished),
                None => Step::Close { reset: *reset },
            },
        }
    }

    /// The exchange in hand, for the answers to its steps.
    ///
    /// # Panics
    /// If there is none.
    pub fn exchange(&mut self) -> &mut Exchange {
        match &mut self.phase {
            Phase::Exchange(exchange) => exchange,
            _ => panic!("an answer to a step of no exchange"),
        }
    }

    /// The exchange in hand, if there is one.
    pub fn exchange_in_hand(&self) -> Option<&Exchange> {
        match &self.phase {
            Phase::Exchange(exchange) => Some(exchange),
            _ => None,
        }
    }

    /// When the request in hand began: the accept, or its first byte on a kept connection.
    pub fn accepted_at(&self) -> Timestamp {
        self.accepted_at
    }

    /// What came of `Receive` or `Discard`.
    pub fn on_received(&mut self, now: Timestamp, received: &Received) {
        match &mut self.phase {
            Phase::Request(intake) => match received {
                Received::Bytes { n, filled } => {
                    if intake.is_idle() {
                        self.accepted_at = now;
                    }
                    intake.on_bytes(&self.config, now, *n);
                    intake.readable = *filled;
                }
                Received::WouldBlock => intake.readable = false,
                Received::Closed | Received::Failed(_) => {
                    let begun = intake.received > 0;
                    self.line = intake.left().map(Box::new);
                    self.end_unanswered(begun.then_some((400, Ending::ClientClosed)));
                }
            },
            Phase::Lingering(linger) => {
                let heard = linger.on_received(&self.config, now, received);
                self.heard(now, heard);
            }
            _ => panic!("nothing was to be received"),
        }
    }

    /// The client never got an answer; with a status there is a line in the access log.
    fn end_unanswered(&mut self, with: Option<(u16, Ending)>) {
        let finished = with.map(|(status, ending)| Box::new(Finished::unanswered(status, ending)));
        let reset = false;
        self.phase = Phase::Over { finished, reset };
    }

    /// An exchange is over: `ngx_http_finalize_connection`.
    fn answered(&mut self, now: Timestamp, finished: Box<Finished>) -> Step {
        let Phase::Exchange(exchange) = &self.phase else {
            unreachable!("only an exchange is answered")
        };
        let beyond = exchange.beyond();
        self.taken_whole = exchange.taken_whole();
        let refused = self.refused.take();
        if finished.keep_alive && !self.exiting && refused.is_none() {
            let intake = Intake::kept_alive(&self.config, now, beyond);
            self.phase = Phase::Request(intake);
            return Step::Finish(finished);
        }
        let hears = match self.config.lingering_close {
            _ if !is_finalized(&finished) => Hears::Nothing,
            _ if refused.is_some() => Hears::Client,
            LingeringClose::Off => Hears::Nothing,
            LingeringClose::Always => Hears::Client,
            LingeringClose::On if finished.unread || beyond > 0 => Hears::Client,
            LingeringClose::On => Hears::Perhaps,
        };
        self.phase = match hears {
            Hears::Client => self.linger(now, (*finished, refused)),
            Hears::Perhaps => Phase::Peeking(finished),
            Hears::Nothing => over(finished),
        };
        self.next(now)
    }

    /// All of a body that was refused has come, and so many bytes behind it: `ngx_http_finalize_connection` once more.
    pub(super) fn heard_out(&self, now: Timestamp, finished: Finished, beyond: u64) -> Phase {
        match self.config.lingering_close {
            LingeringClose::Off => over(Box::new(finished)),
            LingeringClose::On if beyond == 0 => Phase::Peeking(Box::new(finished)),
            LingeringClose::On | LingeringClose::Always => self.linger(now, (finished, None)),
        }
    }

    pub(super) fn leave(&mut self) -> Phase {
        let over = Phase::Over {
            finished: None,
            reset: false,
        };
        std::mem::replace(&mut self.phase, over)
    }

    fn linger(&self, now: Timestamp, (finished, refused): (Finished, Option<Unheard>)) -> Phase {
        let linger = Linger::new(&self.config, now, (finished, refused));
        Phase::Lingering(Box::new(linger))
    }

    /// Whether the client has sent anything that nobody has read, or closed.
    pub fn on_peeked(&mut self, now: Timestamp, unread: bool) {
        let Phase::Peeking(finished) = self.leave() else {
            panic!("nobody asked")
        };
        self.phase = match unread {
            true => self.linger(now, (*finished, None)),
            false => over(finished),
        };
    }

    /// The client has sent something, or closed.
    pub fn on_client_readable(&mut self) {
        match &mut self.phase {
            Phase::Request(intake) => intake.readable = true,
            Phase::Exchange(exchange) => exchange.on_client_readable(),
            Phase::Lingering(linger) => linger.readable = true,
            Phase::Admitting(_) | Phase::Peeking(_) | Phase::Heard(..) | Phase::Over { .. } => {}
        }
    }

    /// Its event loop says something.
    pub fn on_hailed(&mut self, now: Timestamp, hail: Hail) {
        self.exiting |= hail != Hail::Evicted;
        match (&mut self.phase, hail) {
            (Phase::Request(intake), Hail::Quit) if intake.is_idle() => self.end_unanswered(None),
            (Phase::Request(intake), Hail::Evicted | Hail::ShutdownTimeout)
                if intake.received == 0 =>
            {
                self.end_unanswered(None);
            }
            (Phase::Exchange(exchange), Hail::ShutdownTimeout) => exchange.on_shutdown_timeout(now),
            (Phase::Lingering(linger), Hail::Evicted | Hail::ShutdownTimeout) => {
                self.phase = linger.over();
            }
            _ => {}
        }
    }

    /// Whether the request in hand counts for its client's address.
    pub fn counts(&self) -> bool {
        self.counted
    }

    /// A request is over: whether it counted for its client's address until now.
    pub fn stops_counting(&mut self) -> bool {
        std::mem::take(&mut self.counted)
    }

    /// Whether its slot may be taken away for another connection (`ngx_reusable_connection`).
    pub fn is_reusable(&self) -> bool {
        match &self.phase {
            Phase::Request(intake) => intake.received == 0,
            Phase::Lingering(linger) => !linger.hears_refused(),
            _ => false,
        }
    }

    /// The wait's deadline has come.
    pub fn on_timer(&mut self, now: Timestamp) {
        match &mut self.phase {
            Phase::Request(intake) => {
                if intake.on_timer(now) {
                    let begun = intake.received > 0;
                    self.line = intake.timed_out().map(Box::new);
                    self.end_unanswered(begun.then_some((408, Ending::HeaderTimeout)));
                }
            }
            Phase::Exchange(exchange) => exchange.on_timer(now),
            Phase::Lingering(linger) => {
                if linger.on_timer(now) {
                    self.phase = linger.over();
                }
            }
            Phase::Admitting(_) | Phase::Peeking(_) | Phase::Heard(..) | Phase::Over { .. } => {}
        }
    }

    /// The run ends.
    pub fn on_stop(&mut self, now: Timestamp) {
        match &mut self.phase {
            Phase::Exchange(exchange) => exchange.on_stop(now),
            Phase::Request(_) | Phase::Admitting(_) => self.end_unanswered(None),
            Phase::Peeking(_) => self.on_peeked(now, false),
            Phase::Lingering(linger) => self.phase = linger.over(),
            Phase::Heard(..) | Phase::Over { .. } => {}
        }
    }
}

/// The connection is to be closed, and what was on it to be told.
fn over(finished: Box<Finished>) -> Phase {
    Phase::Over {
        reset: finished.reset,
        finished: Some(finished),
    }
}

/// Whether a client is heard out after its answer.
enum Hears {
    Nothing,
    Perhaps,
    Client,
}

/// Whether nginx goes through `ngx_http_finalize_connection`; after what breaks a request off it closes at once (`ngx_http_terminate_request`).
fn is_finalized(finished: &Finished) -> bool {
    match finished.ending {
        Ending::Completed => true,
        Ending::ClientClosed
        | Ending::SendTimeout
        | Ending::ShutdownTimeout
        | Ending::HeaderTimeout
        | Ending::BodyTimeout
        | Ending::Stopped => false,
        Ending::Refused
        | Ending::ConnectFailed
        | Ending::ConnectTimeout
        | Ending::SendRequestTimeout
        | Ending::ReadTimeout
        | Ending::UpstreamClosed
        | Ending::InvalidHead
        | Ending::UpstreamStatus => finished.upstream_header_at.is_none(),
    }
}

fn reads_until(deadline: Option<Timestamp>) -> Step {
    Step::Wait(Wait {
        upstream_read: ReadWait::No,
        upstream_write: false,
        client_read: true,
        client_write: false,
        client_closed: false,
        deadline,
    })
}

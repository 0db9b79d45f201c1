//! How a request ends: regularly, in an error page, or unwound by a signal.

use super::serving::Serving;
use super::worker::Stage;
use super::{Action, Failure, Interrupt, Outcome, Payload, QUIT_SLEEP, State, SyncWorker};
use crate::machine::arbiter::Level;
use crate::time::Timestamp;

impl SyncWorker {
    /// A send failed: the access line is written all the same, with all the bytes that were meant to go.
    pub(super) fn cut(&mut self, now: Timestamp, serving: &Serving, outcome: &Outcome<'_>) {
        self.access(serving, now);
        self.log_failure(outcome);
        self.begin_close(serving);
    }

    /// The client left while its request was read.
    pub(super) fn gone(&mut self, outcome: &Outcome<'_>) {
        self.log_failure(outcome);
        self.begin_close_unserved();
    }

    pub(super) fn log_failure(&mut self, outcome: &Outcome<'_>) {
        match outcome {
            Outcome::Failed {
                failure: Failure::Other(why),
                ..
            } => {
                let text = format!("Socket error processing request. {why}");
                self.log(Level::Error, text);
            }
            Outcome::Failed { .. } => self.log(Level::Debug, "Ignoring EPIPE".to_owned()),
            _ => self.log(
                Level::Debug,
                "Ignored premature client disconnection.".to_owned(),
            ),
        }
    }

    pub(super) fn refuse(&mut self, status: u16, why: String) {
        self.log(Level::Warning, format!("Invalid request: {why}"));
        let message = match status {
            431 => format!("Error parsing headers: '{why}'"),
            _ => why,
        };
        let page = Payload::ErrorPage { status, message };
        self.actions.push_back(Action::SendNow(page));
        self.begin_close_unserved();
    }

    pub(super) fn interrupted(&mut self, now: Timestamp, stage: Stage, by: Interrupt, sent: u64) {
        self.alive = false;
        // The access log's clock runs on while the handler sleeps.
        let mut unwound_at = now;
        if by == Interrupt::Quit {
            self.actions.push_back(Action::HandlerSleep(QUIT_SLEEP));
            unwound_at = now + QUIT_SLEEP;
        }
        let code = match by {
            Interrupt::Abort => 1,
            Interrupt::Quit => 0,
        };
        match stage {
            Stage::ReadingHead(_) => {
                let text = "Error handling request (no URI read)".to_owned();
                self.log(Level::Error, text);
                self.send_500();
                self.begin_close_unserved();
            }
            Stage::ReadingBody(serving, _) | Stage::Waiting(serving) | Stage::Burning(serving) => {
                self.error_page(&serving);
            }
            Stage::SendingHead(serving) => {
                self.access(&serving, unwound_at);
                self.error_page(&serving);
            }
            Stage::SendingBody(mut serving) => {
                serving.sent += sent;
                serving.blocked = serving.blocked.saturating_add(now.since(self.issued_at));
                self.access(&serving, unwound_at);
                self.log(Level::Error, "Error handling request".to_owned());
                self.begin_close(&serving);
            }
            // Nothing catches the exception in the linger: the process ends with its code.
            Stage::Shutting | Stage::Lingering { .. } => {
                self.actions.push_back(Action::Close);
                self.exit(code);
            }
            Stage::Ended(code) => self.exit(code),
            Stage::Boot | Stage::Importing | Stage::Top | Stage::Accepting => self.exit(code),
            Stage::CheckingParent | Stage::Selecting => self.exit(code),
        }
    }

    /// `handle_error`: the head of the response has not been sent, so a page can still be.
    pub(super) fn error_page(&mut self, serving: &Serving) {
        let text = format!("Error handling request {}", serving.name());
        self.log(Level::Error, text);
        let access = Box::new(serving.access_500());
        self.actions.push_back(Action::Access(access));
        self.send_500();
        self.begin_close(serving);
    }

    pub(super) fn send_500(&mut self) {
        let page = Payload::ErrorPage {
            status: 500,
            message: String::new(),
        };
        self.actions.push_back(Action::SendNow(page));
    }

    /// `close_graceful` after a response. The report that ends `Send` carries what the kernel took.
    pub(super) fn begin_close(&mut self, serving: &Serving) {
        if self.config.linger.is_zero() {
            self.actions
                .push_back(Action::Report(serving.report(State::Send)));
            return self.close();
        }
        self.actions
            .push_back(Action::Report(serving.report(State::Linger)));
        self.act(Action::ShutdownWrite, Stage::Shutting);
    }

    /// The same where no request was understood.
    pub(super) fn begin_close_unserved(&mut self) {
        if self.config.linger.is_zero() {
            return self.close();
        }
        self.report_plain(State::Linger);
        self.act(Action::ShutdownWrite, Stage::Shutting);
    }
}

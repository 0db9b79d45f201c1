//! The request in hand: what it asked for and how far its response has come.

use super::{Access, State};
use super::{Payload, Report};
use crate::machine::handler::Work;
use crate::machine::http::{ChunkedBody, Framing, RequestHead};
use crate::time::{Span, Timestamp};

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
    /// Body bytes handed to `sendall`, counted before it.
    pub counted: u64,
    /// Body bytes that the kernel accepted.
    pub sent: u64,
    /// Time inside `send`.
    pub blocked: Span,
    /// When the last report was made.
    pub reported_at: Timestamp,
}

/// What is left of a request body.
#[derive(Debug)]
pub(super) enum BodyLeft {
    Nothing,
    Bytes(u64),
    Chunks(ChunkedBody),
}

impl Serving {
    pub(super) fn new(now: Timestamp, head: &RequestHead, work: Work) -> Serving {
        let text = |name| {
            head.header(name)
                .map(|value| String::from_utf8_lossy(value).into_owned())
        };
        Serving {
            request_id: head.request_id(),
            method: head.method.clone(),
            target: head.target.clone(),
            version: head.version,
            referer: text("referer"),
            agent: text("user-agent"),
            started_at: now,
            work,
            counted: 0,
            sent: 0,
            blocked: Span::ZERO,
            reported_at: now,
        }
    }

    pub(super) fn wait(&self) -> Span {
        self.work.wait
    }

    pub(super) fn cpu(&self) -> Span {
        self.work.cpu
    }

    pub(super) fn head(&self) -> Payload {
        Payload::Head {
            status: self.work.status,
            length: self.work.length,
            headers: self.work.headers.clone(),
        }
    }

    /// The next item that the application yields; a HEAD has none.
    pub(super) fn next_piece(&self) -> Option<Payload> {
        let left = self.work.length - self.counted;
        (left > 0 && self.method != "HEAD").then(|| Payload::Body {
            offset: self.counted,
            len: left.min(self.work.write_size),
        })
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

    /// The line for a request that ended in an error page: a fresh clock, and a length of the message, which is empty.
    pub(super) fn access_500(&self) -> Access {
        Access {
            status: 500,
            bytes: 0,
            ..self.access(self.started_at)
        }
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    pub(super) fn report(&self, state: State) -> Report {
        Report {
            state,
            request_id: self.request_id,
            sent_bytes: self.sent,
            send_blocked: self.blocked,
        }
    }
}

impl BodyLeft {
    pub(super) fn of(framing: Framing) -> BodyLeft {
        match framing {
            Framing::Length(bytes) if bytes > 0 => BodyLeft::Bytes(bytes),
            Framing::Chunked => BodyLeft::Chunks(ChunkedBody::default()),
            _ => BodyLeft::Nothing,
        }
    }

    /// Takes input; what remains afterwards, or the reason why it is no body.
    pub(super) fn feed(self, input: &[u8]) -> Result<BodyLeft, String> {
        match self {
            BodyLeft::Nothing => Ok(BodyLeft::Nothing),
            BodyLeft::Bytes(left) => Ok(match left.saturating_sub(input.len() as u64) {
                0 => BodyLeft::Nothing,
                left => BodyLeft::Bytes(left),
            }),
            BodyLeft::Chunks(mut body) => {
                let progress = body.feed(input).map_err(|error| error.to_string())?;
                Ok(if progress.done {
                    BodyLeft::Nothing
                } else {
                    BodyLeft::Chunks(body)
                })
            }
        }
    }
}

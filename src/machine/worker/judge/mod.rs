//! Requests as gunicorn's workers read them: what is served, and what gets which error page. Each file is one parser: that of the WSGI
//! classes, asgi's own, and h11, which uvicorn uses.
//!
//! The statuses are held against a real gunicorn, shape by shape (tests/shapes). Not here: the PROXY protocol, HTTP/2, the parser in C
//! (`gunicorn_h1c`), and settings that make a parser more lenient.

mod asgi;
mod body;
mod h11;
mod names;
mod python;
mod scheme;
mod target;
mod wsgi;

#[cfg(test)]
mod tests;

pub(super) use body::{BodyLeft, Broken};

use super::{LIMIT_REQUEST_LINE, MAX_HEAD_BUFFER, Payload};
use crate::machine::backend_config::WorkerClass;
use crate::machine::http::{Framing, Header, RequestHead};

/// Which parser reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Dialect {
    /// `http/message.py`, `http/body.py`: sync, gthread, gevent.
    Wsgi,
    /// `asgi/parser.py`.
    Asgi,
    /// h11 0.16, below uvicorn's `h11_impl.py`.
    H11,
}

/// What the bytes so far amount to.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Not yet a whole head.
    More,
    /// A request that is served.
    Serve(Box<Asked>),
    /// A request that gets an error page.
    Refuse(Box<Refused>),
}

/// A request that is served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    pub(super) head: RequestHead,
    pub(super) framing: Framing,
    /// What the application takes for the path.
    pub(super) path: String,
    /// Whether the client would send another request on the connection.
    pub(super) keep_alive: bool,
    /// Whether it waits for `100 Continue`.
    pub(super) expects: bool,
}

/// Why a request gets an error page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    /// The reason, as the page has it.
    pub(super) message: String,
    /// The request, if it is known well enough for a line in the access log (`exc.req`).
    pub(super) known: Option<RequestHead>,
}

impl Dialect {
    pub(super) fn of(class: WorkerClass) -> Dialect {
        match class {
            WorkerClass::Sync | WorkerClass::Gthread | WorkerClass::Gevent => Dialect::Wsgi,
            WorkerClass::Asgi => Dialect::Asgi,
            WorkerClass::Uvicorn => Dialect::H11,
        }
    }

    /// Judges the bytes received so far, of which the first `seen` came to nothing yet.
    pub(super) fn judge(self, buffer: &[u8], seen: usize) -> Verdict {
        if self.is_in_a_field(buffer, seen) {
            return Verdict::More;
        }
        let read = match self {
            Dialect::Wsgi => wsgi::read(buffer),
            Dialect::Asgi => asgi::read(buffer),
            Dialect::H11 => h11::read(buffer),
        };
        match read {
            Ok(Some(asked)) => Verdict::Serve(Box::new(asked)),
            Ok(None) => Verdict::More,
            Err(refused) => Verdict::Refuse(Box::new(refused)),
        }
    }

    /// Whether more of a long field is all that has come since: nothing is decided before its line ends, or a limit is reached.
    fn is_in_a_field(self, buffer: &[u8], seen: usize) -> bool {
        let most = match self {
            Dialect::Wsgi => MAX_HEAD_BUFFER,
            // A line of it has a limit of its own, and is soon refused.
            Dialect::Asgi => 0,
            Dialect::H11 => h11::MOST_INCOMPLETE,
        };
        let is_behind_the_line = seen > 2 * LIMIT_REQUEST_LINE;
        is_behind_the_line && buffer.len() <= most && !buffer[seen - 2..].contains(&b'\n')
    }

    /// The page that a refused request gets; `begun` is whether its head was good.
    pub(super) fn page(self, refused: &Refused, begun: bool) -> Payload {
        let (status, message) = (refused.status, refused.message.clone());
        match self {
            Dialect::Wsgi => Payload::ErrorPage { status, message },
            Dialect::Asgi => Payload::PlainPage { status, message },
            Dialect::H11 => Payload::H11Page { chunked: begun },
        }
    }
}

impl Refused {
    fn new(status: u16, message: impl Into<String>) -> Refused {
        Refused {
            status,
            message: message.into(),
            known: None,
        }
    }

    fn bad(message: impl Into<String>) -> Refused {
        Refused::new(400, message)
    }
}

/// A head whose request line is read.
fn head_of((method, target): (&[u8], &[u8]), version: u8) -> RequestHead {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    RequestHead {
        method: text(method),
        target: text(target),
        version,
        headers: Vec::new(),
        len: 0,
    }
}

fn header(name: &[u8], value: &[u8]) -> Header {
    Header {
        name: String::from_utf8_lossy(name).into_owned(),
        value: value.to_vec(),
    }
}

/// Where the first of `bytes` is in `buffer`.
fn find(buffer: &[u8], bytes: &[u8]) -> Option<usize> {
    let (first, rest) = bytes.split_first()?;
    let mut from = 0;
    // Byte by byte until the first fits: this is asked of every line of every head.
    while let Some(at) = buffer[from..].iter().position(|byte| byte == first) {
        if buffer[from + at + 1..].starts_with(rest) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// Without spaces and tabs around it.
fn trim(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

fn trim_start(text: &[u8]) -> &[u8] {
    let from = text.iter().position(|byte| !is_blank(byte));
    &text[from.unwrap_or(text.len())..]
}

fn trim_end(text: &[u8]) -> &[u8] {
    let to = text.iter().rposition(|byte| !is_blank(byte));
    &text[..to.map_or(0, |last| last + 1)]
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Digits as a length; what no machine could send counts as more than any.
fn length_of(digits: &[u8]) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let add = |length: u64, digit: &u8| {
        let longer = length.saturating_mul(10);
        longer.saturating_add(u64::from(digit - b'0'))
    };
    is_number.then(|| digits.iter().fold(0, add))
}

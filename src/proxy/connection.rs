//! A client's connection: its socket, and what the logs and the records say of it.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Waker};

use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::hail::Ear;
use super::heads::RequestInfo;
use super::listener::Worker;
use super::upstream;
use crate::attribution::{proxy_event, proxy_half};
use crate::machine::exchange::{Finished, LogLine};
use crate::machine::http::LogText;
use crate::record::{Event, EventKind, Pass, Report, Source};
use crate::time::{Span, Timestamp};

/// A time as nginx's logs have it: in seconds, with three digits.
struct Millis(Span);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.as_us() + 500) / 1000 {
            // Most are.
            0 => f.write_str("0.000"),
            ms => write!(f, "{}.{:03}", ms / 1000, ms % 1000),
        }
    }
}

/// A client's connection.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// Its address as logs have it (`addr_text`).
    pub(super) ip: Box<str>,
    /// nginx's `*17`.
    pub(super) number: u64,
    /// Bytes of a head that were read and not yet used.
    pub(super) inbox: RefCell<Vec<u8>>,
    /// Where its event loop speaks to it.
    pub(super) ear: Rc<Ear>,
    /// What is held for it, for whoever looks.
    pub(super) pass: Pass,
}

impl Connection {
    /// Writes what fits. A short write means a full socket: nginx then waits for the next edge, which comes when a third is free.
    pub(super) fn write(&self, slices: &[IoSlice<'_>], len: usize) -> io::Result<usize> {
        let result = upstream::write(&self.stream, slices);
        let short = match &result {
            Ok(n) => *n < len,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        };
        if short {
            let _: io::Result<()> = self
                .stream
                .try_io(Interest::WRITABLE, || Err(io::ErrorKind::WouldBlock.into()));
        }
        result
    }

    /// Reads what is there. A short read leaves nothing behind: what is known of more is forgotten until the next edge.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.stream.try_read(buffer);
        if matches!(result, Ok(n) if n < buffer.len()) {
            let _: io::Result<()> = self
                .stream
                .try_io(Interest::READABLE, || Err(io::ErrorKind::WouldBlock.into()));
        }
        result
    }

    /// Writes in one call whose result does not matter.
    pub(super) fn write_now(&self, bytes: &[u8]) {
        let _ = self.stream.try_write(bytes);
    }

    /// Keeps bytes for the next request.
    pub(super) fn keep(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.inbox.borrow_mut().extend_from_slice(bytes);
        }
    }

    /// Whether something has come that nobody has read, or the client has closed.
    pub(super) fn has_unread(&self) -> bool {
        let mut nobody = Context::from_waker(Waker::noop());
        if self.stream.poll_read_ready(&mut nobody).is_pending() {
            return false;
        }
        // A read that took exactly what there was has left the readiness behind; nginx asks with FIONREAD.
        let mut byte = [MaybeUninit::uninit()];
        let peeked = SockRef::from(&self.stream).peek(&mut byte);
        !matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends no more.
    pub(super) fn shutdown_write(&self) {
        let _ = SockRef::from(&self.stream).shutdown(std::net::Shutdown::Write);
    }

    /// The close that follows is a reset.
    pub(super) fn reset(&self) {
        let _ = SockRef::from(&self.stream).set_linger(Some(std::time::Duration::ZERO));
    }

    /// Writes a line to the error log and makes it an event.
    pub(super) fn log(
        &self,
        worker: &Worker,
        line: &LogLine,
        upstream: Option<&str>,
        info: &RequestInfo,
    ) {
        self.log_only(worker, line, upstream, info);
        self.event(worker, proxy_event(line), info.id);
    }

    /// Writes a line to the error log.
    pub(super) fn log_only(
        &self,
        worker: &Worker,
        line: &LogLine,
        upstream: Option<&str>,
        info: &RequestInfo,
    ) {
        let mut text = format!(
            "*{} {}, client: {}, server: ",
            self.number, line.text, self.ip
        );
        if !info.line.is_empty() {
            let line = String::from_utf8_lossy(&info.line);
            text.push_str(&format!(", request: \"{line}\""));
        }
        if let Some(upstream) = upstream {
            text.push_str(&format!(", upstream: \"{upstream}\""));
        }
        if let Some(host) = &info.host {
            text.push_str(&format!(", host: \"{host}\""));
        }
        worker.logs.error(line.level.name(), &text);
    }

    pub(super) fn event(&self, worker: &Worker, kind: EventKind, request_id: Option<u64>) {
        let event = Event::new(worker.now(), Source::Proxy, kind).in_tier(worker.id.tier);
        worker.sink.event(event.of_request(request_id));
    }

    /// The combined format, `request_time` and `upstream_response_time`.
    fn access(
        &self,
        worker: &Worker,
        info: &RequestInfo,
        (status, body_bytes_sent): (u16, u64),
        (accepted_at, upstream_time): (Timestamp, Option<Span>),
    ) {
        let request_time = Millis(worker.lately().since(accepted_at));
        let mut line = worker.line.borrow_mut();
        line.clear();
        for part in [&*self.ip, " - - [", &worker.dates().local, "] \""] {
            line.push_str(part);
        }
        let written = write!(
            line,
            "{}\" {status:03} {body_bytes_sent} \"{}\" \"{}\" request_time={request_time} upstream_response_time=",
            LogText(&info.line),
            LogText(info.referer.as_deref().unwrap_or(b"-")),
            LogText(info.user_agent.as_deref().unwrap_or(b"-")),
        );
        let written = written.and_then(|()| match upstream_time {
            Some(time) => write!(line, "{}", Millis(time)),
            None => line.write_char('-'),
        });
        written.expect("a string takes everything");
        line.push('\n');
        worker.logs.access(&line);
    }

    /// The access log's line and the report of a request that is over.
    pub(super) fn finish(
        &self,
        worker: &Worker,
        info: &RequestInfo,
        finished: &Finished,
        (accepted_at, head_len): (Timestamp, u64),
    ) {
        let body_bytes_sent = finished.bytes_sent.saturating_sub(head_len);
        self.access(
            worker,
            info,
            (finished.status, body_bytes_sent),
            (accepted_at, finished.upstream_response_time),
        );
        let Some(request_id) = info.id else { return };
        let who = (request_id, worker.id);
        let at = (accepted_at, worker.now(), head_len);
        let half = proxy_half(finished, who, at, |at| at);
        worker.sink.send(Report::Proxy(Box::new(half)));
    }
}

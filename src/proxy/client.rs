//! A client's connection: requests one after another, the logs and the report of each.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

use super::heads::RequestInfo;
use super::intake::{Outcome, Ready, next_request};
use super::listener::Worker;
use super::logs::Civil;
use super::relay::Relay;
use super::upstream;
use crate::attribution::{attempt, ended_by, proxy_event};
use crate::machine::exchange::{Exchange, Finished, LogLine, Outbound};
use crate::record::{EndedBy, Event, EventKind, ProxyHalf, Report, Source, Tier};
use crate::time::{Span, Timestamp};

/// nginx `lingering_timeout` and `lingering_time`: how long unread request data is still taken in after an early answer.
const LINGERING_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);
const LINGERING_TIME: std::time::Duration = std::time::Duration::from_secs(30);

/// A client's connection.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    peer: SocketAddr,
    number: u64,
    /// Bytes that were read and not yet used.
    pub(super) inbox: Vec<u8>,
}

/// Serves a connection until either side closes it.
pub(super) async fn serve(
    worker: Rc<Worker>,
    stream: TcpStream,
    peer: SocketAddr,
    (number, accepted_at): (u64, Timestamp),
) {
    let mut connection = Connection {
        stream,
        peer,
        number,
        inbox: Vec::new(),
    };
    let mut first_at = Some(accepted_at);
    loop {
        let outcome = next_request(&worker, &mut connection, first_at.take()).await;
        if connection.inbox.is_empty() {
            connection.inbox = Vec::new();
        }
        let lingers = matches!(outcome, Outcome::Answer(..));
        let Some(mut relay) = begin(&worker, &connection, outcome) else {
            return;
        };
        let finished = relay.run().await;
        drop(relay);
        if finished.reset {
            let _ = SockRef::from(&connection.stream).set_linger(Some(std::time::Duration::ZERO));
        }
        if lingers {
            let _ = tokio::time::timeout(LINGERING_TIME, connection.linger()).await;
        }
        if !finished.keep_alive {
            return;
        }
    }
}

/// What to do about the outcome of waiting for a request; `None` if the connection is to be closed without an answer. Apart from
/// [`serve`], so that no task keeps room for the values that only lead up to its relay; boxed, so that an idle connection does
/// not keep room for one.
fn begin<'a>(
    worker: &'a Worker,
    connection: &'a Connection,
    outcome: Outcome,
) -> Option<Box<Relay<'a>>> {
    let (exchange, ready) = match outcome {
        Outcome::Ready(ready) => {
            let request = Outbound {
                bytes: ready.request.len() as u64,
                idempotent: ready.info.is_idempotent,
            };
            let (config, names) = (worker.config.clone(), worker.names.clone());
            let exchange = Exchange::new(config, names, request, worker.now());
            (exchange, ready)
        }
        Outcome::Answer(status, info, accepted_at) => {
            let exchange = Exchange::refusal(worker.config.clone(), status, worker.now());
            let request = Vec::new();
            let ready = Ready {
                info,
                request,
                accepted_at,
            };
            (exchange, ready)
        }
        Outcome::Close(status, info, accepted_at) => {
            if let Some(status) = status {
                connection.close_unanswered(worker, status, &info, accepted_at);
            }
            return None;
        }
    };
    Some(Box::new(Relay::new(worker, connection, ready, exchange)))
}

impl Connection {
    /// Writes what fits. A short write means a full socket: nginx then waits for the next edge, which comes when a third is free.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let result = upstream::write(SockRef::from(&self.stream), bytes);
        let short = match &result {
            Ok(n) => *n < bytes.len(),
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        };
        if short {
            let _: io::Result<()> = self
                .stream
                .try_io(Interest::WRITABLE, || Err(io::ErrorKind::WouldBlock.into()));
        }
        result
    }

    /// Takes in what the client still sends, so that the answer is not destroyed by a reset.
    async fn linger(&self) {
        let _ = SockRef::from(&self.stream).shutdown(std::net::Shutdown::Write);
        loop {
            let readable = tokio::time::timeout(LINGERING_TIMEOUT, self.stream.readable()).await;
            if !matches!(readable, Ok(Ok(()))) {
                return;
            }
            let mut discarded = [0; 512];
            match self.stream.try_read(&mut discarded) {
                Ok(0) => return,
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
                _ => {}
            }
        }
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
            self.number,
            line.text,
            self.peer.ip()
        );
        if !info.line.is_empty() {
            text.push_str(&format!(", request: \"{}\"", info.line));
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
        let event = Event::new(worker.now(), Source::Proxy, kind);
        worker.sink.event(event.of_request(request_id));
    }

    fn close_unanswered(
        &self,
        worker: &Worker,
        status: u16,
        info: &RequestInfo,
        accepted_at: Timestamp,
    ) {
        let ending = if status == 408 {
            EndedBy::ClientHeaderTimeout
        } else {
            EndedBy::Client
        };
        self.access(worker, info, (status, 0), (accepted_at, None));
        if let Some(request_id) = info.id {
            worker.sink.send(Report::Proxy(Box::new(ProxyHalf {
                request_id,
                tier: Tier::Proxy,
                instance: worker.instance,
                peer: None,
                reused: None,
                accepted_at,
                upstream_connected_at: None,
                upstream_header_at: None,
                upstream_released_at: None,
                status,
                ended_by: ending,
                sent_bytes: 0,
                read_bytes: Some(0),
                spilled_bytes: Some(0),
                peak_buffered_bytes: Some(0),
                longest_silence: None,
                earlier: Vec::new(),
            })));
        }
    }

    /// The combined format, `request_time` and `upstream_response_time`.
    fn access(
        &self,
        worker: &Worker,
        info: &RequestInfo,
        (status, body_bytes_sent): (u16, u64),
        (accepted_at, upstream_time): (Timestamp, Option<Span>),
    ) {
        let upstream_time =
            upstream_time.map_or("-".to_owned(), |time| format!("{:.3}", time.as_secs_f64()));
        let request_time = worker.now().since(accepted_at).as_secs_f64();
        worker.logs.access(format!(
            "{} - - [{}] \"{}\" {status} {body_bytes_sent} \"{}\" \"{}\" \
             request_time={request_time:.3} upstream_response_time={upstream_time}",
            self.peer.ip(),
            Civil::now().time_local(),
            info.line,
            info.referer.as_deref().unwrap_or("-"),
            info.user_agent.as_deref().unwrap_or("-"),
        ));
    }

    /// The access log's line and the report of a request that is over.
    pub(super) fn finish(
        &self,
        worker: &Worker,
        ready: &Ready,
        finished: &Finished,
        head_len: u64,
    ) {
        let info = &ready.info;
        let body_bytes_sent = finished.bytes_sent.saturating_sub(head_len);
        self.access(
            worker,
            info,
            (finished.status, body_bytes_sent),
            (ready.accepted_at, finished.upstream_response_time),
        );
        let Some(request_id) = info.id else { return };
        worker.sink.send(Report::Proxy(Box::new(ProxyHalf {
            request_id,
            tier: Tier::Proxy,
            instance: worker.instance,
            peer: finished.peer,
            reused: Some(finished.reused),
            accepted_at: ready.accepted_at,
            upstream_connected_at: finished.upstream_connected_at,
            upstream_header_at: finished.upstream_header_at,
            upstream_released_at: finished.upstream_released_at,
            status: finished.status,
            ended_by: ended_by(finished.ending),
            // An error page is a body of the proxy's own; otherwise the payload, without chunked framing.
            sent_bytes: if finished.upstream_header_at.is_some() {
                finished.body_sent
            } else {
                body_bytes_sent
            },
            read_bytes: Some(finished.body_read),
            spilled_bytes: Some(finished.spilled),
            peak_buffered_bytes: Some(finished.peak_buffered),
            longest_silence: finished.longest_silence,
            earlier: finished
                .earlier
                .iter()
                .map(|of| attempt(of, |at| at))
                .collect(),
        })));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output_bytes<A, B, C, D, F>(_: impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_held_connection_stays_small() {
        let task = output_bytes(serve);
        let relay = size_of::<Relay>();
        assert!(
            task + relay <= 2048,
            "{task} bytes of task, {relay} of relay"
        );
    }
}

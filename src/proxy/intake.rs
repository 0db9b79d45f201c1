//! Reading a request from a client, however slowly it comes.

use std::io;

use tokio::io::Interest;

use super::client::Connection;
use super::heads::{RequestInfo, upstream_request};
use super::listener::Worker;
use crate::machine::exchange::{Intake, Refusal};
use crate::machine::http::{
    ChunkedBody, Framing, HeadError, MAX_HEAD_BYTES, RequestHead, parse_request, request_framing,
};
use crate::time::Timestamp;

/// A request that has been read in full.
pub(super) struct Ready {
    pub(super) info: Box<RequestInfo>,
    /// As it goes upstream.
    pub(super) request: Vec<u8>,
    /// The accept, or the first byte on a kept connection.
    pub(super) accepted_at: Timestamp,
}

/// What came of waiting for a request.
pub(super) enum Outcome {
    /// Serve it.
    Ready(Ready),
    /// Answer with an error page; request data may still be coming in.
    Answer(u16, Box<RequestInfo>, Timestamp),
    /// Close without a word; with a status there is an entry in the access log.
    Close(Option<u16>, Box<RequestInfo>, Timestamp),
}

enum Stop {
    Refused(Refusal),
    Left,
}

/// Waits for the next request of a connection. `first_at` is the accept, for the first one.
pub(super) async fn next_request(
    worker: &Worker,
    connection: &mut Connection,
    first_at: Option<Timestamp>,
) -> Outcome {
    let now = worker.now();
    let mut intake = match first_at {
        Some(at) => Intake::first(&worker.config, at),
        None => Intake::kept_alive(&worker.config, now),
    };
    let mut accepted_at = first_at.unwrap_or(now);
    if !connection.inbox.is_empty() {
        intake.on_head_bytes(&worker.config, now, connection.inbox.len() as u64);
    }
    let mut info = Box::new(RequestInfo::unreadable());
    let head = loop {
        match parse_request(&connection.inbox) {
            Ok(Some(head)) => break head,
            Ok(None) => {}
            Err(error) => return Outcome::Answer(head_status(&error), info, accepted_at),
        }
        let empty = connection.inbox.is_empty();
        match receive(worker, connection, &mut intake).await {
            Ok(n) => {
                if empty && first_at.is_none() {
                    accepted_at = worker.now();
                }
                intake.on_head_bytes(&worker.config, worker.now(), n as u64);
            }
            Err(Stop::Left) => {
                let status = (!empty).then_some(400);
                return Outcome::Close(status, info, accepted_at);
            }
            Err(Stop::Refused(refusal)) => {
                return refused(worker, connection, refusal, (info, accepted_at));
            }
        }
    };
    *info = RequestInfo::new(&head);
    connection.inbox.drain(..head.len);
    match read_body(worker, connection, &mut intake, &head).await {
        Ok(body) => Outcome::Ready(Ready {
            request: upstream_request(&head, &opening(worker, &head), &body),
            info,
            accepted_at,
        }),
        Err(Stop::Left) => Outcome::Close(Some(400), info, accepted_at),
        Err(Stop::Refused(refusal)) => refused(worker, connection, refusal, (info, accepted_at)),
    }
}

/// The lines with which the request upstream begins.
fn opening(worker: &Worker, head: &RequestHead) -> String {
    let line = format!("{} {}", head.method, head.target);
    let peers = worker.backends.len();
    let authority = &worker.backends[0].host;
    worker.config.request_opening(&line, authority, peers)
}

fn head_status(error: &HeadError) -> u16 {
    match error {
        // nginx answers an oversized head with 400 (fields) or 414 (request line).
        HeadError::TooLarge | HeadError::Syntax(_) | HeadError::Framing => 400,
    }
}

fn refused(
    worker: &Worker,
    connection: &Connection,
    refusal: Refusal,
    (info, accepted_at): (Box<RequestInfo>, Timestamp),
) -> Outcome {
    match refusal {
        Refusal::Answer(status) => Outcome::Answer(status, info, accepted_at),
        Refusal::TimedOut { line, status } => {
            if let Some(line) = line {
                connection.log(worker, &line, None, &info);
            }
            Outcome::Close(status, info, accepted_at)
        }
    }
}

async fn read_body(
    worker: &Worker,
    connection: &mut Connection,
    intake: &mut Intake,
    head: &RequestHead,
) -> Result<Vec<u8>, Stop> {
    let framing = request_framing(head).map_err(|_| Stop::Refused(Refusal::Answer(400)))?;
    let mut body = match framing {
        Framing::None | Framing::UntilClose => return Ok(Vec::new()),
        Framing::Length(length) => BodyReader::Length(length),
        Framing::Chunked => BodyReader::Chunked(ChunkedBody::default()),
    };
    // A chunked body has no length beforehand: it is held to the limit as it comes.
    let announced = match body {
        BodyReader::Length(length) => length,
        BodyReader::Chunked(_) => 1,
    };
    intake
        .on_head(&worker.config, worker.now(), announced)
        .map_err(Stop::Refused)?;
    if head
        .header("expect")
        .is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue"))
    {
        let _ = connection
            .stream
            .try_write(b"HTTP/1.1 100 Continue\r\n\r\n");
    }
    let limit = worker.config.client_max_body_size.0;
    let mut out = Vec::new();
    loop {
        if body.take(&mut connection.inbox, &mut out)? {
            return Ok(out);
        }
        if limit > 0 && out.len() as u64 > limit {
            return Err(Stop::Refused(Refusal::Answer(413)));
        }
        receive(worker, connection, intake).await?;
        // The timer counts between two reads, whatever they bring.
        let _ = intake.on_body_bytes(&worker.config, worker.now(), 0);
    }
}

enum BodyReader {
    Length(u64),
    Chunked(ChunkedBody),
}

impl BodyReader {
    /// Moves body bytes from `inbox` to `out`; true once the body is complete.
    fn take(&mut self, inbox: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<bool, Stop> {
        match self {
            BodyReader::Length(length) => {
                let n = inbox.len().min(*length as usize - out.len());
                out.extend(inbox.drain(..n));
                Ok(out.len() as u64 == *length)
            }
            BodyReader::Chunked(chunked) => {
                let progress = chunked
                    .decode(inbox, |run| out.extend_from_slice(run))
                    .map_err(|_| Stop::Refused(Refusal::Answer(400)))?;
                inbox.drain(..progress.consumed);
                Ok(progress.done)
            }
        }
    }
}

/// Reads once into the inbox, under the intake's timer.
async fn receive(
    worker: &Worker,
    connection: &mut Connection,
    intake: &mut Intake,
) -> Result<usize, Stop> {
    loop {
        let deadline = intake.wait().deadline;
        let ready = async {
            match deadline {
                Some(at) => tokio::time::timeout(worker.clock.until(at), readable(connection))
                    .await
                    .is_ok(),
                None => {
                    readable(connection).await;
                    true
                }
            }
        };
        if !ready.await {
            match intake.on_timer(worker.now()) {
                Some(refusal) => return Err(Stop::Refused(refusal)),
                None => continue,
            }
        }
        let mut scratch = worker.scratch.borrow_mut();
        let room = scratch.len().min(MAX_HEAD_BYTES);
        match connection.stream.try_read(&mut scratch[..room]) {
            Ok(0) => return Err(Stop::Left),
            Ok(n) => {
                connection.inbox.extend_from_slice(&scratch[..n]);
                return Ok(n);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return Err(Stop::Left),
        }
    }
}

async fn readable(connection: &Connection) {
    let _ = connection.stream.ready(Interest::READABLE).await;
}

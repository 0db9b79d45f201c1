//! One exchange driven over real sockets: each step of the machine carried out, each result told back.

mod body;
mod down;
mod report;
mod up;

use std::rc::Rc;

use super::connection::Connection;
use super::heads::RequestInfo;
use super::listener::{SCRATCH_BYTES, Worker};
use super::store::Store;
use super::upstream::Upstream;
use crate::machine::downstream::Granted;
use crate::machine::exchange::{Exchange, Step};
use crate::machine::http::ChunkedBody;
use body::Body;

/// What an exchange has in its hands: sockets, bytes, files.
pub(super) struct Relay<'a> {
    worker: &'a Worker,
    connection: &'a Connection,
    pub(super) info: Box<RequestInfo>,
    /// The client's, until the upstream's is made of it.
    asked: Option<Box<Granted>>,
    body: Body,
    pub(super) upstream: Option<Box<Upstream>>,
    /// The peer that is or was asked.
    peer: usize,
    /// The connection to the upstream was tried: lines of the error log name it from now on.
    contacted: bool,
    pub(super) connecting: bool,
    /// A FIN is a level that never goes away: it is reported as an edge once.
    pub(super) upstream_closed_seen: bool,
    /// The head of the upstream's request, and how much of it was sent if there is nothing else.
    request: Vec<u8>,
    request_sent: usize,
    upstream_head: Vec<u8>,
    chunked: Option<ChunkedBody>,
    /// The response's head has come, or it is known to have none.
    has_head: bool,
    /// As it goes to the client.
    head: Vec<u8>,
    pub(super) head_len: u64,
    store: Store,
    /// How many bytes the next write offers at most.
    offer: usize,
}

impl<'a> Relay<'a> {
    pub(super) fn new(
        worker: &'a Worker,
        connection: &'a Connection,
        info: Box<RequestInfo>,
    ) -> Relay<'a> {
        Relay {
            worker,
            connection,
            info,
            asked: None,
            body: Body::None,
            upstream: None,
            peer: 0,
            contacted: false,
            connecting: false,
            upstream_closed_seen: false,
            request: Vec::new(),
            request_sent: 0,
            upstream_head: Vec::new(),
            chunked: None,
            has_head: false,
            head: Vec::new(),
            head_len: 0,
            store: Store::new(Rc::clone(&worker.spare)),
            offer: SCRATCH_BYTES,
        }
    }

    /// Carries out a step that is neither `Wait` nor `Finish`.
    pub(super) fn act(&mut self, exchange: &mut Exchange, step: Step) {
        match step {
            Step::Continue => self.connection.write_now(b"HTTP/1.1 100 Continue\r\n\r\n"),
            Step::ReadBody { max } => self.read_body(exchange, max),
            Step::SpillBody(spill) => self.spill_body(exchange, spill),
            Step::CreateRequest { body } => self.create_request(exchange, body),
            Step::Connect => self.connect(exchange),
            Step::WriteUpstream { max } => self.write_upstream(exchange, max),
            Step::ReadUpstream { max } => self.read_upstream(exchange, max),
            Step::WriteDownstream { max, ahead } => self.write_downstream(exchange, (max, ahead)),
            Step::Spill(spill) => self.spill(exchange, spill),
            Step::ErrorPage { status, keep_alive } => self.error_page(exchange, status, keep_alive),
            Step::CloseUpstream(release) => self.close_upstream(exchange, release),
            Step::Log(line) => self.log(&line),
            Step::Note(note) => self.note(exchange, note),
            Step::Wait(_) | Step::Finish(_) => unreachable!("handled by the caller"),
        }
    }
}

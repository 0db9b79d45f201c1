//! One exchange driven over real sockets: each step of the machine carried out, each result told back.

mod down;
mod report;
mod up;
mod wait;

use std::rc::Rc;

use super::client::Connection;
use super::intake::Ready;
use super::listener::{SCRATCH_BYTES, Worker};
use super::store::Store;
use super::upstream::Upstream;
use crate::machine::exchange::{Exchange, Finished, Step};
use crate::machine::http::ChunkedBody;
use crate::machine::pipe::Ledger;

/// Steps without a wait after which a busy exchange lets the worker's other connections have a turn.
const TURN: u32 = 64;

/// An exchange and everything it owns. Dropped before its end (the run stops), it still reports itself and settles the gauges.
pub(super) struct Relay<'a> {
    worker: &'a Worker,
    connection: &'a Connection,
    ready: Ready,
    exchange: Exchange,
    upstream: Option<Rc<Upstream>>,
    /// The peer that is or was asked.
    peer: usize,
    connecting: bool,
    /// A FIN is a level that never goes away: it is reported as an edge once.
    upstream_closed_seen: bool,
    request_sent: usize,
    upstream_head: Vec<u8>,
    chunked: Option<ChunkedBody>,
    head: Vec<u8>,
    head_len: u64,
    store: Store,
    /// How many bytes the next write offers at most.
    offer: usize,
    counted: Ledger,
    finished: bool,
}

impl<'a> Relay<'a> {
    pub(super) fn new(
        worker: &'a Worker,
        connection: &'a Connection,
        ready: Ready,
        exchange: Exchange,
    ) -> Relay<'a> {
        Relay {
            worker,
            connection,
            ready,
            exchange,
            upstream: None,
            peer: 0,
            connecting: false,
            upstream_closed_seen: false,
            request_sent: 0,
            upstream_head: Vec::new(),
            chunked: None,
            head: Vec::new(),
            head_len: 0,
            store: Store::new(),
            offer: SCRATCH_BYTES,
            counted: Ledger::default(),
            finished: false,
        }
    }

    /// Runs the exchange to its end. By reference, because a future that takes its subject by value holds it twice.
    pub(super) async fn run(&mut self) -> Finished {
        let mut turn = 0;
        loop {
            turn += 1;
            match self.exchange.next(self.worker.now()) {
                Step::Wait(wait) => {
                    turn = 0;
                    let event = self.wait(wait).await;
                    self.tell(event);
                }
                Step::Finish(finished) => {
                    self.finish(&finished);
                    return finished;
                }
                step => self.act(step),
            }
            self.count();
            if turn >= TURN {
                turn = 0;
                tokio::task::yield_now().await;
            }
        }
    }

    pub(super) fn act(&mut self, step: Step) {
        match step {
            Step::Connect => self.connect(),
            Step::WriteUpstream { .. } => self.write_upstream(),
            Step::ReadUpstream { max } => self.read_upstream(max),
            Step::WriteDownstream { max } => self.write_downstream(max),
            Step::Spill(spill) => self.spill(spill),
            Step::ErrorPage { status } => self.error_page(status),
            Step::CloseUpstream(release) => self.close_upstream(release),
            Step::Log(line) => self.log(&line),
            Step::Note(note) => self.note(note),
            Step::Wait(_) | Step::Finish(_) => unreachable!("handled by the caller"),
        }
    }
}

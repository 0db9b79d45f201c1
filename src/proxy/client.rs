//! A client's connection driven over real sockets: each step of the machine carried out, each result told back.

use std::io;
use std::rc::Rc;

use super::connection::Connection;
use super::heads::RequestInfo;
use super::listener::{Worker, offered};
use super::relay::Relay;
use super::upstream::os_error;
use super::wait::Alarm;
use crate::machine::downstream::{Downstream, HeadVerdict, Judged, Received, Step, judge};
use crate::machine::event_loop::Place;
use crate::machine::exchange::{self, Finished, LogLine, Release};
use crate::time::Timestamp;

/// Steps without a wait after which the live counters are brought up to date.
const COUNTED: u32 = 64;

/// Steps without a wait after which a busy connection lets the worker's others, and whoever ends the loop, have a turn: some 80 MiB. nginx goes on for as long as there
/// are bytes (`ngx_event_pipe`), so that of two responses one is out before the other; in short turns both would end together.
const TURN: u32 = 1 << 14;

/// A connection and its machine. Dropped before its end (the run stops), it still reports its request.
pub(super) struct Client<'a> {
    pub(super) worker: &'a Worker,
    pub(super) connection: &'a Connection,
    pub(super) machine: Downstream,
    /// Boxed, so that an idle connection does not keep room for one.
    pub(super) relay: Option<Box<Relay<'a>>>,
    /// Its place among those that may be closed to make room.
    place: Option<Place>,
    pub(super) alarm: Alarm,
    closed: bool,
}

/// Serves a connection until either side closes it.
#[expect(
    clippy::manual_async_fn,
    reason = "the future of an async fn holds its arguments twice"
)]
pub(super) fn serve(
    worker: Rc<Worker>,
    connection: Connection,
    accepted_at: Timestamp,
) -> impl Future<Output = ()> {
    async move {
        let (config, names) = (worker.config.clone(), worker.names.clone());
        let mut client = Client {
            worker: &worker,
            connection: &connection,
            machine: Downstream::new(config, names, accepted_at),
            relay: None,
            place: None,
            alarm: Alarm::default(),
            closed: false,
        };
        client.run().await;
    }
}

impl<'a> Client<'a> {
    /// By reference, because a future that takes its subject by value holds it twice.
    async fn run(&mut self) {
        let mut turn = 0u32;
        self.worker.now();
        while !self.closed {
            turn += 1;
            match self.machine.next(self.worker.lately()) {
                Step::Wait(wait) => {
                    turn = 0;
                    self.rank();
                    self.count();
                    let event = self.wait(wait).await;
                    self.tell(wait, event);
                }
                step => self.act(step),
            }
            if turn > 0 && turn.is_multiple_of(COUNTED) {
                self.count();
            }
            if turn >= TURN {
                turn = 0;
                tokio::task::yield_now().await;
                self.worker.now();
            }
        }
    }

    /// Says whether its slot may be worth more to another one.
    fn rank(&mut self) {
        let (number, reusable) = (self.connection.number, self.machine.is_reusable());
        if reusable != self.place.is_some() {
            let mut slots = self.worker.slots.borrow_mut();
            slots.set_reusable(number, &mut self.place, reusable);
        }
    }

    /// Brings the live counters up to date: before others have their turn, not at every step.
    fn count(&self) {
        if let (Some(relay), Some(exchange)) = (&self.relay, self.machine.exchange_in_hand()) {
            relay.count(exchange);
        }
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::Receive { max } => self.receive(max),
            Step::Judge => self.judge(),
            Step::Admit => {
                let admitted = self.worker.admits(self.connection.peer.ip());
                self.machine.on_admitted(self.worker.lately(), admitted);
            }
            Step::Exchange(step) => self.exchange(step),
            Step::Peek => {
                let unread = self.connection.has_unread();
                self.machine.on_peeked(self.worker.now(), unread);
            }
            Step::ShutdownWrite => self.connection.shutdown_write(),
            Step::DiscardBody { max } => {
                let relay = self
                    .relay
                    .as_mut()
                    .expect("a request that was refused had a head");
                let read = relay.discard_body(max);
                self.machine.on_body_discarded(self.worker.now(), &read);
            }
            Step::Discard { max } => self.discard(max),
            Step::Log(line) => self.log(&line),
            Step::Finish(finished) => self.finish(&finished),
            Step::Close { reset } => {
                if reset {
                    self.connection.reset();
                }
                self.closed = true;
            }
            Step::Wait(_) => unreachable!("handled by the caller"),
        }
    }

    fn exchange(&mut self, step: exchange::Step) {
        let (worker, connection) = (self.worker, self.connection);
        // A refused head has a page, and nothing to go on with.
        let relay = self.relay.get_or_insert_with(|| {
            let info = RequestInfo::partial(&connection.inbox.borrow());
            Box::new(Relay::new(worker, connection, Box::new(info)))
        });
        relay.act(self.machine.exchange(), step);
    }

    /// Reads once, into the scratch; what came of it, and the bytes.
    fn read<R>(&self, max: u64, keep: impl FnOnce(&[u8]) -> R) -> Received {
        let mut scratch = self.worker.scratch.borrow_mut();
        let offered = offered(max);
        match self.connection.read(&mut scratch[..offered]) {
            Ok(0) => Received::Closed,
            Ok(n) => {
                keep(&scratch[..n]);
                Received::Bytes {
                    n: n as u64,
                    filled: n == offered,
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Received::WouldBlock,
            Err(error) => Received::Failed(os_error(&error)),
        }
    }

    fn receive(&mut self, max: u64) {
        let received = self.read(max, |bytes| self.connection.keep(bytes));
        self.machine.on_received(self.worker.lately(), &received);
        // Who has spoken is not closed to make room any more, not even for its own upstream.
        self.rank();
    }

    fn discard(&mut self, max: u64) {
        let received = self.read(max, |_| ());
        self.machine.on_received(self.worker.now(), &received);
    }

    fn judge(&mut self) {
        let now = self.worker.lately();
        let inbox = self.connection.inbox.take();
        let judged = match judge(&inbox) {
            HeadVerdict::More { line } => {
                self.connection.inbox.replace(inbox);
                Judged::More { line }
            }
            HeadVerdict::Refused(refusal) => {
                // The page's log line names what there is of the request.
                self.connection.inbox.replace(inbox);
                Judged::Refused(refusal)
            }
            HeadVerdict::Head(granted) => {
                let info = Box::new(RequestInfo::new(&granted, &inbox));
                let mut relay = Box::new(Relay::new(self.worker, self.connection, info));
                let rest = &inbox[granted.head.len..];
                let info = relay.take_head(granted, rest);
                let beyond = info.preread.beyond as usize;
                self.connection.keep(&rest[rest.len() - beyond..]);
                self.relay = Some(relay);
                Judged::Head(info)
            }
        };
        self.machine.on_judged(now, judged);
    }

    fn log(&self, line: &LogLine) {
        match &self.relay {
            Some(relay) => relay.log(line),
            None => {
                let info = RequestInfo::partial(&self.connection.inbox.borrow());
                self.connection.log(self.worker, line, None, &info);
            }
        }
    }

    /// A request is over.
    fn finish(&mut self, finished: &Finished) {
        let at = self.machine.accepted_at();
        if self.machine.stops_counting() {
            self.worker.discounts(self.connection.peer.ip());
        }
        match self.relay.take() {
            Some(relay) => {
                let (info, head) = (&relay.info, relay.head_len);
                self.connection
                    .finish(self.worker, info, finished, (at, head));
            }
            None => {
                let info = RequestInfo::partial(&self.connection.inbox.borrow());
                self.connection
                    .finish(self.worker, &info, finished, (at, 0));
            }
        }
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        self.stop();
        let number = self.connection.number;
        let mut slots = self.worker.slots.borrow_mut();
        slots.leave(number, &mut self.place);
        self.worker.ears.close(number);
    }
}

impl Client<'_> {
    /// The run is over, unless the client is.
    fn stop(&mut self) {
        if self.closed {
            return;
        }
        self.machine.on_stop(self.worker.now());
        while !self.closed {
            match self.machine.next(self.worker.now()) {
                Step::Finish(finished) => self.finish(&finished),
                // The run is over: nothing is kept.
                Step::Exchange(exchange::Step::CloseUpstream(release)) => {
                    let keep = None;
                    let release = Release { keep, ..release };
                    self.exchange(exchange::Step::CloseUpstream(release));
                }
                Step::Close { .. } => self.closed = true,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::exchange::Exchange;

    fn output_bytes<A, B, C, F>(_: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_held_connection_stays_small() {
        let task = output_bytes(serve);
        let relay = size_of::<Relay>();
        let exchange = size_of::<Exchange>();
        assert!(
            task + relay + exchange <= 2048,
            "{task} bytes of task, {relay} of relay, {exchange} of exchange"
        );
    }
}

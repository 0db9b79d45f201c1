//! One request in flight and its record. However it ends, even by being dropped with the runtime, it is reported once.

use std::io;
use std::rc::Rc;

use super::dial::{Connection, Granted};
use super::world::World;
use crate::attribution::client_end;
use crate::machine::behavior::SocketKnobs;
use crate::machine::http::request_bytes;
use crate::machine::visit::{Action, AtEof, End, Next, Response, Terms, Visit};
use crate::net::Address;
use crate::record::{ClientHalf, ClientStep, Report};
use crate::time::Timestamp;

/// A request in flight. Dropping it reports it: as unfinished, unless it was over before.
pub(super) struct Exchange {
    pub(super) world: Rc<World>,
    pub(super) group: u32,
    pub(super) client: u32,
    pub(super) request_id: u64,
    pub(super) visit: Visit,
    pub(super) granted: Granted,
    response: Response,
    end: Option<End>,
}

/// What came of an attempt to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Came {
    Bytes {
        n: u64,
        whole: bool,
    },
    Nothing,
    /// What came is not HTTP.
    Nonsense,
    Eof(AtEof),
    Reset,
}

impl Exchange {
    /// A request of `visit` that starts now.
    pub(super) fn begin(
        world: &Rc<World>,
        (group, client): (u32, u32),
        (request_id, intended_at): (u64, Timestamp),
        mut visit: Visit,
    ) -> Exchange {
        let started_at = world.clock.now();
        world.request_starts(intended_at, started_at);
        world.gauges.visitors.ask(request_id, group);
        let head = world.group(group).request_text(&world.host, request_id);
        let head = u32::try_from(head.len()).expect("a path has a limit");
        visit.begin(&world.terms(group, client), started_at, (intended_at, head));
        Exchange {
            world: Rc::clone(world),
            group,
            client,
            request_id,
            visit,
            granted: Granted::default(),
            response: Response::default(),
            end: None,
        }
    }

    pub(super) fn terms(&self) -> Terms<'_> {
        self.world.terms(self.group, self.client)
    }

    /// What to do now.
    pub(super) fn next(&mut self) -> Action {
        let terms = self.world.terms(self.group, self.client);
        self.visit.next(&terms, self.world.clock.now())
    }

    /// The request's deadline has come.
    pub(super) fn on_deadline(&mut self) -> End {
        let terms = self.world.terms(self.group, self.client);
        self.visit.on_deadline(&terms);
        self.over()
    }

    fn over(&mut self) -> End {
        match self.next() {
            Action::Over(end) => end,
            other => unreachable!("{other:?} after the end"),
        }
    }

    /// Notes that a new connection stands.
    pub(super) fn on_connected(&mut self, granted: Granted) {
        self.granted = granted;
        let terms = self.world.terms(self.group, self.client);
        self.visit.on_connected(&terms, self.world.clock.now());
    }

    /// The request from the byte with the index `from` on, at most as much as the buffer has room for.
    pub(super) fn fill(&self, from: u64, buffer: &mut [u8], most: u64) -> usize {
        let group = self.world.group(self.group);
        let head = group.request_text(&self.world.host, self.request_id);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let room = most.min(buffer.len());
        request_bytes(head.as_bytes(), group.upload(), from, &mut buffer[..room])
    }

    /// Reads at most `limit` bytes, once.
    pub(super) fn read(&mut self, connection: &Connection, limit: usize) -> Came {
        let world = Rc::clone(&self.world);
        let mut scratch = world.scratch.borrow_mut();
        let limit = limit.min(scratch.len());
        let read = connection.try_read(&mut scratch[..limit]);
        world.read(self.group, *read.as_ref().unwrap_or(&0) as u64);
        match read {
            Ok(0) => Came::Eof(self.response.at_eof()),
            Ok(n) => match self.response.feed(&scratch[..n]) {
                Ok(whole) => Came::Bytes { n: n as u64, whole },
                Err(error) => {
                    let error = io::Error::other(error);
                    world.problem(self.request_id, ClientStep::ReadResponse, &error);
                    Came::Nonsense
                }
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Came::Nothing,
            Err(_) => Came::Reset,
        }
    }

    /// The request is over: reports it. The visit goes on.
    pub(super) fn finish(mut self, end: End) -> (Visit, Next) {
        self.end = Some(end);
        let world = Rc::clone(&self.world);
        let (who, heard) = ((self.group, self.client), self.response.heard());
        let mut visit = self.visit.clone();
        drop(self);
        let next = visit.leave(&world.terms(who.0, who.1), world.clock.now(), heard);
        (visit, next)
    }

    fn half(&mut self) -> ClientHalf {
        let end = self.end.unwrap_or_else(|| {
            self.visit.on_stop();
            self.over()
        });
        let (outcome, ended_by) = client_end(end, self.world.through_proxy);
        let milestones = self.visit.milestones();
        let plan = self.world.group(self.group);
        let knobs = match self.world.target(self.client) {
            Address::Tcp(_) => plan.behavior.socket(),
            Address::Unix(_) => SocketKnobs::default(),
        };
        ClientHalf {
            request_id: self.request_id,
            group: plan.name.clone(),
            client: self.client,
            path: plan.path.clone(),
            intended_at: milestones.intended_at,
            started_at: milestones.started_at,
            connected_at: milestones.connected_at,
            first_byte_at: milestones.first_byte_at,
            last_byte_at: milestones.last_byte_at,
            closed_at: self.world.clock.now(),
            status: self.response.status,
            outcome,
            ended_by,
            expected_bytes: self.response.expected_bytes,
            received_bytes: self.response.body_bytes,
            rcvbuf_requested_bytes: knobs.rcvbuf.map(|rcvbuf| rcvbuf.0),
            rcvbuf_granted_bytes: self.granted.rcvbuf_bytes,
            client_port: self.granted.client_port,
            attempt: self.visit.attempt(),
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let half = self.half();
        self.world.gauges.visitors.answered(self.request_id);
        self.world.sink.send(Report::Client(Box::new(half)));
    }
}

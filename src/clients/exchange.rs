//! One request in flight and its record. However it ends, even by being dropped with the runtime, it is reported once.

use std::io;
use std::rc::Rc;

use super::dial::{Connection, Granted};
use super::response::Response;
use super::world::World;
use crate::machine::behavior::{Behavior, SocketKnobs};
use crate::net::Address;
use crate::record::{ClientHalf, ClientStep, EndedBy, Outcome, Report};
use crate::time::Timestamp;

/// A request in flight. Dropping it reports it: as [`End::RUN_END`] unless it was finished before.
pub(super) struct Exchange {
    pub(super) world: Rc<World>,
    pub(super) group: u32,
    pub(super) request_id: u64,
    pub(super) response: Response,
    pub(super) client: u32,
    intended_at: Timestamp,
    started_at: Timestamp,
    connected_at: Option<Timestamp>,
    first_byte_at: Option<Timestamp>,
    last_byte_at: Option<Timestamp>,
    granted: Granted,
    end: End,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct End {
    pub(super) outcome: Outcome,
    pub(super) by: EndedBy,
}

/// What came of an attempt to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Some bytes were read and more are to come.
    Progress,
    /// Nothing is there.
    Empty,
    /// The request is over.
    Over(End),
}

impl End {
    /// The whole response arrived.
    pub(super) const COMPLETE: End = End {
        outcome: Outcome::Complete,
        by: EndedBy::Completion,
    };
    /// The client's patience ran out.
    pub(super) const TIMEOUT: End = End {
        outcome: Outcome::Timeout,
        by: EndedBy::ClientTimeout,
    };
    /// The run ended first.
    const RUN_END: End = End {
        outcome: Outcome::Unfinished,
        by: EndedBy::RunEnd,
    };
    /// What arrived is not HTTP: the client gives up.
    const NOT_HTTP: End = End {
        outcome: Outcome::Aborted,
        by: EndedBy::Client,
    };
}

impl Exchange {
    /// A request that starts now.
    pub(super) fn begin(
        world: &Rc<World>,
        (group, client): (u32, u32),
        request_id: u64,
        intended_at: Timestamp,
    ) -> Exchange {
        let started_at = world.clock.now();
        world.request_starts(intended_at, started_at);
        Exchange {
            world: Rc::clone(world),
            group,
            request_id,
            response: Response::default(),
            client,
            intended_at,
            started_at,
            connected_at: None,
            first_byte_at: None,
            last_byte_at: None,
            granted: Granted::default(),
            end: End::RUN_END,
        }
    }

    /// Notes that the connection stands: just made, or kept from the request before.
    pub(super) fn connected(&mut self, granted: Granted) {
        self.connected_at = Some(self.world.clock.now());
        self.granted = granted;
    }

    /// Reads at most `limit` bytes, once.
    pub(super) fn read(&mut self, connection: &Connection, limit: usize) -> Step {
        let world = Rc::clone(&self.world);
        let mut scratch = world.scratch.borrow_mut();
        let limit = limit.min(scratch.len());
        match connection.try_read(&mut scratch[..limit]) {
            Ok(0) => Step::Over(self.end_at_eof()),
            Ok(n) => {
                let now = world.clock.now();
                self.first_byte_at.get_or_insert(now);
                self.last_byte_at = Some(now);
                match self.response.feed(&scratch[..n]) {
                    Ok(false) => Step::Progress,
                    Ok(true) => Step::Over(End::COMPLETE),
                    Err(error) => {
                        let error = io::Error::other(error);
                        world.problem(self.request_id, ClientStep::ReadResponse, &error);
                        Step::Over(End::NOT_HTTP)
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Step::Empty,
            Err(_) => Step::Over(self.by_peer(Outcome::Reset)),
        }
    }

    /// An end that the peer brought about, whoever that is for this fleet.
    pub(super) fn by_peer(&self, outcome: Outcome) -> End {
        let by = if self.world.through_proxy {
            EndedBy::Proxy
        } else {
            EndedBy::Upstream
        };
        End { outcome, by }
    }

    /// The connection could not be made: for lack of something at this end, or because the peer would not have it.
    pub(super) fn refused(&self, error: &io::Error) -> End {
        if is_own_lack(error) {
            return End {
                outcome: Outcome::Refused,
                by: EndedBy::Client,
            };
        }
        self.by_peer(Outcome::Refused)
    }

    /// How the client treats its connection and the response.
    pub(super) fn behavior(&self) -> &Behavior {
        &self.world.group(self.group).behavior
    }

    /// The whole response is there, and stays so whatever ends the connection.
    pub(super) fn complete(&mut self) {
        self.end = End::COMPLETE;
    }

    /// Finishes and reports it.
    pub(super) fn finish(mut self, end: End) {
        if self.end != End::COMPLETE {
            self.end = end;
        }
    }

    fn end_at_eof(&self) -> End {
        match self.response.outcome_at_eof() {
            Outcome::Complete => End::COMPLETE,
            broken => self.by_peer(broken),
        }
    }

    fn half(&self) -> ClientHalf {
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
            intended_at: self.intended_at,
            started_at: self.started_at,
            connected_at: self.connected_at,
            first_byte_at: self.first_byte_at,
            last_byte_at: self.last_byte_at,
            closed_at: self.world.clock.now(),
            status: self.response.status,
            outcome: self.end.outcome,
            ended_by: self.end.by,
            expected_bytes: self.response.expected_bytes,
            received_bytes: self.response.body_bytes,
            rcvbuf_requested_bytes: knobs.rcvbuf.map(|rcvbuf| rcvbuf.0),
            rcvbuf_granted_bytes: self.granted.rcvbuf_bytes,
            client_port: self.granted.client_port,
        }
    }
}

/// Whether the connecting end lacked ports, descriptors or memory, or asked for an option that the kernel does not grant.
fn is_own_lack(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::EADDRNOTAVAIL
                | libc::EMFILE
                | libc::ENFILE
                | libc::ENOBUFS
                | libc::ENOMEM
                | libc::EINVAL
        )
    )
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.world.sink.send(Report::Client(Box::new(self.half())));
    }
}

//! The clients: agenda, connections, readers. The twin of the lab's fleet.

use std::collections::BTreeMap;

use super::event::{Event, Wakeup};
use super::heads::HOST;
use super::{Owner, Traffic, World};
use crate::machine::arrival::Schedule;
use crate::machine::behavior::{AnyReader, Appetite, Reader};
use crate::net::BufferSizes;
use crate::plan::GroupPlan;
use crate::record::{EndedBy, Outcome, Source};
use crate::sim::alarm::{Alarm, Ring};
use crate::sim::kernel::{Connect, Errno, Options, Recv, SocketId};
use crate::time::Timestamp;

/// The most that a client reads at once, as in the lab.
const LARGEST_READ: usize = 64 * 1024;

/// All clients.
#[derive(Debug)]
pub(super) struct Clients {
    /// (start, group, index), in time order.
    agenda: Vec<(Timestamp, u32, u32)>,
    next: usize,
    first_ids: Vec<u64>,
    pub(super) next_loop_id: u64,
    pub(super) slots: Vec<Client>,
    pub(super) free: Vec<u32>,
    /// Slots in use.
    pub(super) active: usize,
    /// Connections open.
    pub(super) held: u64,
    /// Requests started.
    pub(super) requests: u64,
    pub(super) refusals: Vec<(Errno, u64)>,
    /// By group and index: how often a client of a lossy line has dialled.
    pub(super) dials: BTreeMap<(u32, u32), u32>,
}

/// One client: a request in flight, or a pause between two.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) group: u32,
    pub(super) index: u32,
    /// Counts this slot's requests: a patience of an earlier one is stale.
    pub(super) request: u32,
    pub(super) in_flight: bool,
    pub(super) request_id: u64,
    pub(super) intended_at: Timestamp,
    pub(super) started_at: Timestamp,
    pub(super) connected_at: Option<Timestamp>,
    pub(super) first_byte_at: Option<Timestamp>,
    pub(super) last_byte_at: Option<Timestamp>,
    pub(super) socket: Option<SocketId>,
    pub(super) reader: Option<AnyReader>,
    pub(super) read_bytes: u64,
    /// Whether the request went over a connection kept from the one before.
    pub(super) kept: bool,
    pub(super) alarm: Alarm,
}

/// How a request ended.
pub(super) type End = (Outcome, EndedBy);

pub(super) const COMPLETE: End = (Outcome::Complete, EndedBy::Completion);

impl Clients {
    /// The agenda of a plan; ids as the lab gives them.
    pub(super) fn new(groups: &[GroupPlan]) -> Clients {
        let mut agenda = Vec::new();
        let mut first_ids = Vec::with_capacity(groups.len());
        let mut next_id = 1;
        for (group, plan) in (0..).zip(groups) {
            let (Schedule::Starts { at } | Schedule::Loops { at, .. }) = &plan.schedule;
            agenda.extend((0..).zip(at).map(|(index, at)| (*at, group, index)));
            first_ids.push(next_id);
            if matches!(plan.schedule, Schedule::Starts { .. }) {
                next_id += at.len() as u64;
            }
        }
        agenda.sort_unstable();
        Clients {
            agenda,
            next: 0,
            first_ids,
            next_loop_id: next_id,
            slots: Vec::new(),
            free: Vec::new(),
            active: 0,
            held: 0,
            requests: 0,
            refusals: Vec::new(),
            dials: BTreeMap::new(),
        }
    }

    /// When the next one starts.
    pub(super) fn next_start(&self) -> Option<Timestamp> {
        self.agenda.get(self.next).map(|(at, ..)| *at)
    }

    /// Whether nobody is at work.
    pub(super) fn is_idle(&self) -> bool {
        self.active == 0
    }
}

impl World<'_> {
    /// The agenda's next client starts, and the one after it is put into the queue.
    pub(super) fn start_next_client(&mut self) {
        let (at, group, index) = self.clients.agenda[self.clients.next];
        self.clients.next += 1;
        if let Some(next) = self.clients.next_start() {
            self.push(next + self.origin, Event::Start);
        }
        if !self.stage.starts() {
            return;
        }
        let client = self.client_slot(group, index);
        let request_id = match self.plan.groups[group as usize].schedule {
            Schedule::Starts { .. } => self.clients.first_ids[group as usize] + u64::from(index),
            Schedule::Loops { .. } => self.draw_loop_id(),
        };
        self.clients.slots[client as usize].request_id = request_id;
        self.begin_request(client, at + self.origin);
    }

    fn draw_loop_id(&mut self) -> u64 {
        self.clients.next_loop_id += 1;
        self.clients.next_loop_id - 1
    }

    fn client_slot(&mut self, group: u32, index: u32) -> u32 {
        let fresh = Client {
            group,
            index,
            request: 0,
            in_flight: false,
            request_id: 0,
            intended_at: Timestamp::ZERO,
            started_at: Timestamp::ZERO,
            connected_at: None,
            first_byte_at: None,
            last_byte_at: None,
            socket: None,
            reader: None,
            read_bytes: 0,
            kept: false,
            alarm: Alarm::default(),
        };
        let clients = &mut self.clients;
        clients.active += 1;
        if let Some(slot) = clients.free.pop() {
            let old = &mut clients.slots[slot as usize];
            old.alarm.reset();
            *old = Client {
                alarm: old.alarm,
                request: old.request,
                ..fresh
            };
            return slot;
        }
        clients.slots.push(fresh);
        u32::try_from(clients.slots.len() - 1).expect("fewer than 2^32 clients")
    }

    fn begin_request(&mut self, client: u32, intended_at: Timestamp) {
        let now = self.now();
        self.clients.requests += 1;
        let slot = &mut self.clients.slots[client as usize];
        slot.request = slot.request.wrapping_add(1);
        slot.in_flight = true;
        slot.intended_at = intended_at;
        slot.started_at = now;
        (slot.connected_at, slot.first_byte_at, slot.last_byte_at) = (None, None, None);
        (slot.read_bytes, slot.reader) = (0, None);
        let (group, request) = (slot.group as usize, slot.request);
        slot.kept = slot.socket.is_some();
        if let Some(patience) = self.plan.groups[group].timeout {
            let at = (intended_at + patience).max(now);
            self.push(at, Event::Patience { client, request });
        }
        if self.clients.slots[client as usize].kept {
            self.client_connected(client);
        } else {
            self.dial(client);
        }
    }

    fn dial(&mut self, client: u32) {
        let now = self.now();
        let slot = &self.clients.slots[client as usize];
        let (group, front) = (slot.group as usize, slot.index as usize % self.fronts.len());
        let knobs = self.plan.groups[group].behavior.socket();
        let options = Options {
            buffers: BufferSizes {
                sndbuf: None,
                rcvbuf: knobs.rcvbuf,
            },
            mss: knobs.mss,
            source: 0,
        };
        let line = self.line(client);
        match self
            .kernel
            .connect_over(now, self.fronts[front], options, line)
        {
            Err(errno) => self.client_refused(client, errno),
            Ok(Connect::Connected(socket)) => {
                self.client_owns(client, socket);
                self.client_connected(client);
            }
            Ok(Connect::InProgress(socket)) => self.client_owns(client, socket),
        }
    }

    fn client_owns(&mut self, client: u32, socket: SocketId) {
        self.own(socket, Owner::Client(client));
        self.clients.held += 1;
        self.clients.slots[client as usize].socket = Some(socket);
    }

    fn client_refused(&mut self, client: u32, errno: Errno) {
        let refusals = &mut self.clients.refusals;
        match refusals.iter_mut().find(|(known, _)| *known == errno) {
            Some((_, count)) => *count += 1,
            None => {
                refusals.push((errno, 1));
                let request_id = self.clients.slots[client as usize].request_id;
                let what = (Source::Client, errno.as_problem(1));
                self.event(what, Some(request_id), None);
            }
        }
        self.end_by_peer(client, Outcome::Refused);
    }

    fn client_connected(&mut self, client: u32) {
        let now = self.now();
        let slot = &mut self.clients.slots[client as usize];
        slot.connected_at = Some(now);
        let socket = slot.socket.expect("it is connected");
        let (group, request_id) = (slot.group, slot.request_id);
        let plan = self.plan;
        *self.traffic(socket) = Traffic {
            group,
            request_id,
            ..Traffic::default()
        };
        let length = plan.groups[group as usize]
            .request_text(HOST, request_id)
            .len() as u64;
        match self.kernel.send(socket, length) {
            Ok(taken) if taken == length => {}
            _ => return self.client_lost(client),
        }
        let reader = plan.groups[group as usize].behavior.reader(now);
        self.clients.slots[client as usize].reader = Some(reader);
        self.listen(client);
    }

    /// A reset before any byte: on a kept connection every client would quietly connect again.
    fn client_lost(&mut self, client: u32) {
        let slot = &mut self.clients.slots[client as usize];
        if slot.kept && slot.read_bytes == 0 {
            slot.kept = false;
            slot.alarm.set(None);
            self.hang_up(client);
            return self.dial(client);
        }
        self.end_by_peer(client, Outcome::Reset);
    }

    /// Asks the reader until it wants to wait or nothing is there.
    fn listen(&mut self, client: u32) {
        let now = self.now();
        loop {
            let slot = &mut self.clients.slots[client as usize];
            let Some(reader) = &mut slot.reader else {
                return;
            };
            let socket = slot.socket.expect("a reader has a connection");
            match reader.appetite(now, slot.read_bytes) {
                Appetite::Never => return self.kernel.unwatch(socket),
                Appetite::Wait(until) => {
                    self.kernel.unwatch(socket);
                    let ticket = slot.alarm.set(Some(until));
                    return self
                        .push_ticket(ticket, |generation| Event::Client { client, generation });
                }
                Appetite::Read(limit) => {
                    let limit = limit.min(LARGEST_READ) as u64;
                    if !self.client_recv(client, socket, limit) {
                        return;
                    }
                }
            }
        }
    }

    /// One read; whether the reader is to be asked again.
    fn client_recv(&mut self, client: u32, socket: SocketId, limit: u64) -> bool {
        match self.kernel.recv(socket, limit) {
            Ok(Recv::Bytes(n)) if self.client_read(client, n) => {
                self.finish_request(client, COMPLETE);
            }
            Ok(Recv::Bytes(_)) => return true,
            Ok(Recv::WouldBlock) => {}
            Ok(Recv::Eof) => self.client_at_eof(client),
            Err(_) => self.client_lost(client),
        }
        false
    }

    /// Takes bytes in; whether the response is complete.
    fn client_read(&mut self, client: u32, n: u64) -> bool {
        let now = self.now();
        let slot = &mut self.clients.slots[client as usize];
        slot.read_bytes += n;
        slot.first_byte_at.get_or_insert(now);
        slot.last_byte_at = Some(now);
        let read = slot.read_bytes;
        let socket = slot.socket.expect("bytes come over a connection");
        let response = self.traffic(socket).response;
        response.is_some_and(|response| read >= response.head + response.length)
    }

    fn client_at_eof(&mut self, client: u32) {
        let slot = &self.clients.slots[client as usize];
        let (read, socket) = (
            slot.read_bytes,
            slot.socket.expect("an end has a connection"),
        );
        match self.traffic(socket).response {
            Some(response) if read >= response.head => {
                self.end_by_peer(client, Outcome::Truncated);
            }
            _ => self.client_lost(client),
        }
    }

    pub(super) fn wake_client(&mut self, client: u32, what: Wakeup) {
        match what {
            Wakeup::Readable(_) => self.listen(client),
            Wakeup::Connected(_) => self.client_connected(client),
            Wakeup::ConnectFailed(_) => self.client_refused(client, Errno::TimedOut),
            Wakeup::Writable(_) => {}
        }
    }

    pub(super) fn on_client_timer(&mut self, client: u32, generation: u32) {
        let now = self.now();
        let slot = &mut self.clients.slots[client as usize];
        match slot.alarm.ring(now, generation) {
            Ring::Stale => {}
            Ring::Again(ticket) => self.push_ticket(Some(ticket), |generation| Event::Client {
                client,
                generation,
            }),
            Ring::Due if slot.in_flight => self.listen(client),
            Ring::Due => self.next_of_loop(client),
        }
    }

    fn next_of_loop(&mut self, client: u32) {
        if !self.stage.starts() {
            return self.retire(client);
        }
        let request_id = self.draw_loop_id();
        self.clients.slots[client as usize].request_id = request_id;
        self.begin_request(client, self.now());
    }

    pub(super) fn on_patience(&mut self, client: u32, request: u32) {
        let slot = &self.clients.slots[client as usize];
        if slot.in_flight && slot.request == request {
            self.finish_request(client, (Outcome::Timeout, EndedBy::ClientTimeout));
        }
    }

    /// The run is over for the clients: whatever is in flight is reported as unfinished.
    pub(super) fn stop_clients(&mut self) {
        for client in 0..self.clients.slots.len() {
            let client = client as u32;
            let slot = &self.clients.slots[client as usize];
            if slot.in_flight {
                self.finish_request(client, (Outcome::Unfinished, EndedBy::RunEnd));
            }
        }
        for (errno, count) in std::mem::take(&mut self.clients.refusals) {
            if count > 1 {
                self.event((Source::Client, errno.as_problem(count)), None, None);
            }
        }
    }
}

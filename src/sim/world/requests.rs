//! How clients' requests end: the report, and what comes next.

use super::World;
use super::clients::{COMPLETE, End};
use super::event::Event;
use crate::machine::arrival::Schedule;
use crate::record::{ClientHalf, EndedBy, Outcome, Report};
use crate::time::Span;

impl World<'_> {
    pub(super) fn end_by_peer(&mut self, client: u32, outcome: Outcome) {
        let by = if self.proxy.is_some() {
            EndedBy::Proxy
        } else {
            EndedBy::Upstream
        };
        self.finish_request(client, (outcome, by));
    }

    pub(super) fn finish_request(&mut self, client: u32, end: End) {
        let half = self.client_half(client, end);
        let slot = &mut self.clients.slots[client as usize];
        slot.in_flight = false;
        slot.reader = None;
        slot.alarm.set(None);
        let plan = &self.plan.groups[slot.group as usize];
        let socket = slot.socket;
        let keeps = plan.keepalive && end == COMPLETE;
        let think = match plan.schedule {
            Schedule::Loops { think, .. } => Some(think),
            Schedule::Starts { .. } => None,
        };
        let keeps = keeps
            && think.is_some()
            && socket.is_some_and(|socket| {
                self.traffic(socket)
                    .response
                    .is_some_and(|response| response.keep_alive)
            });
        if !keeps {
            self.hang_up(client);
        }
        self.report(Report::Client(Box::new(half)));
        match think {
            Some(think) if self.now() + think < self.ends_at() && self.stage.starts() => {
                self.think(client, think);
            }
            _ => self.retire(client),
        }
    }

    /// The pause before a looping client's next request. Even without one another event comes first, so that a target which
    /// refuses at once does not hold up time.
    fn think(&mut self, client: u32, think: Span) {
        let at = self.now() + think.max(Span::from_us(1));
        let ticket = self.clients.slots[client as usize].alarm.set(Some(at));
        self.push_ticket(ticket, |generation| Event::Client { client, generation });
    }

    pub(super) fn hang_up(&mut self, client: u32) {
        if let Some(socket) = self.clients.slots[client as usize].socket.take() {
            self.clients.held -= 1;
            self.close(socket);
        }
    }

    pub(super) fn retire(&mut self, client: u32) {
        self.hang_up(client);
        self.clients.active -= 1;
        self.clients.free.push(client);
    }

    fn client_half(&mut self, client: u32, (outcome, ended_by): End) -> ClientHalf {
        let slot = &self.clients.slots[client as usize];
        let plan = &self.plan.groups[slot.group as usize];
        let response = slot
            .socket
            .and_then(|socket| self.traffic[socket.0 as usize / 2].response)
            .filter(|response| slot.read_bytes >= response.head);
        let unix_front = self.proxy.is_none() && self.backend_is_unix();
        let asked = plan.behavior.socket().rcvbuf.filter(|_| !unix_front);
        let port = slot.socket.and_then(|socket| self.kernel.port(socket));
        let granted = (port.is_some() && slot.connected_at.is_some())
            .then(|| self.kernel.granted_rcvbuf(asked.map(|bytes| bytes.0)));
        ClientHalf {
            request_id: slot.request_id,
            group: plan.name.clone(),
            client: slot.index,
            path: plan.path.clone(),
            intended_at: self.told(slot.intended_at),
            started_at: self.told(slot.started_at),
            connected_at: slot.connected_at.map(|at| self.told(at)),
            first_byte_at: slot.first_byte_at.map(|at| self.told(at)),
            last_byte_at: slot.last_byte_at.map(|at| self.told(at)),
            closed_at: self.told(self.now()),
            status: response.map(|response| response.status),
            outcome,
            ended_by,
            expected_bytes: response.map(|response| response.length),
            received_bytes: response.map_or(0, |response| slot.read_bytes - response.head),
            rcvbuf_requested_bytes: asked.map(|bytes| bytes.0),
            rcvbuf_granted_bytes: granted,
            client_port: port,
        }
    }
}

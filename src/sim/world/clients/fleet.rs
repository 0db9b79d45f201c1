//! All clients: who starts, who goes on, who is done.

use super::super::ctx::Ctx;
use super::super::event::{Event, Wakeup};
use super::client::{Client, Stand};
use super::distance::Dials;
use super::refusals::Refusals;
use crate::machine::visit::{Action, End, Visit};
use crate::plan::{Agenda, GroupPlan};
use crate::record::Report;
use crate::sim::alarm::Alarm;
use crate::sim::kernel::{Errno, SocketId};
use crate::time::{Span, Timestamp};

/// The fleet.
#[derive(Debug)]
pub(in crate::sim::world) struct Clients {
    agenda: Agenda,
    clients: Vec<Client>,
    /// Places in the table that nobody uses.
    free: Vec<u32>,
    /// Requests started.
    requests: u64,
    refusals: Refusals,
    dials: Dials,
}

/// What happens to clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::sim::world) enum ClientEvent {
    /// The next of the agenda starts.
    Start,
    /// The reader's pause, or the one for thought, is over.
    Timer { client: u32, generation: u32 },
    /// The patience with a request is at its end.
    Patience { client: u32, request: u32 },
    /// Something happened on the connection.
    Wake { client: u32, what: Wakeup },
}

impl Clients {
    /// Nobody has started yet.
    pub(in crate::sim::world) fn new(groups: &[GroupPlan]) -> Clients {
        Clients {
            agenda: Agenda::new(groups, Span::ZERO),
            clients: Vec::new(),
            free: Vec::new(),
            requests: 0,
            refusals: Refusals::default(),
            dials: Dials::default(),
        }
    }

    /// The agenda's next client is put into the queue.
    pub(in crate::sim::world) fn call_next(&self, ctx: &mut Ctx<'_>) {
        if let Some(first) = self.agenda.next_start() {
            ctx.push(first + ctx.origin, Event::Start);
        }
    }

    /// Whether nobody is at work.
    pub(in crate::sim::world) fn is_idle(&self) -> bool {
        self.free.len() == self.clients.len()
    }

    /// Fetches a client from memory; its connection.
    pub(in crate::sim::world) fn touch(&self, client: u32) -> Option<SocketId> {
        let place = &self.clients[client as usize];
        std::hint::black_box(place.alarm.deadline());
        std::hint::black_box(place.visit.read());
        std::hint::black_box(place.group);
        place.connection
    }

    /// Requests started so far.
    pub(in crate::sim::world) fn requests(&self) -> u64 {
        self.requests
    }

    pub(in crate::sim::world) fn on_event(&mut self, ctx: &mut Ctx<'_>, event: ClientEvent) {
        match event {
            ClientEvent::Start => self.start_next(ctx),
            ClientEvent::Timer { client, generation } => self.on_timer(ctx, client, generation),
            ClientEvent::Patience { client, request } => {
                let place = &mut self.clients[client as usize];
                if place.visit.is_at_work() && place.number == request {
                    let terms = place.terms(ctx);
                    place.visit.on_deadline(&terms);
                    self.drive(ctx, client);
                }
            }
            ClientEvent::Wake { client, what } => {
                let place = &mut self.clients[client as usize];
                match what {
                    Wakeup::Readable(_) | Wakeup::Writable(_) => place.visit.on_awake(),
                    Wakeup::Connected(_) => place.connected(ctx),
                    Wakeup::ConnectFailed(_) => {
                        place.visit.on_refused(false);
                        self.refusals.count(ctx, Errno::TimedOut, place.request_id);
                    }
                }
                self.drive(ctx, client);
            }
        }
    }

    /// The agenda's next client starts, and the one after it is put into the queue.
    fn start_next(&mut self, ctx: &mut Ctx<'_>) {
        let Some(start) = self.agenda.take() else {
            return;
        };
        self.call_next(ctx);
        if !ctx.stage.starts() {
            return;
        }
        let client = self.place(start.group, start.client);
        self.clients[client as usize].request_id = self.agenda.first_id(start);
        self.begin(ctx, client, start.at + ctx.origin);
    }

    /// A place in the table.
    fn place(&mut self, group: u32, index: u32) -> u32 {
        let fresh = |id| Client {
            id,
            group,
            index,
            number: 0,
            request_id: 0,
            connection: None,
            visit: Visit::default(),
            alarm: Alarm::default(),
        };
        if let Some(id) = self.free.pop() {
            let old = &mut self.clients[id as usize];
            old.alarm.reset();
            *old = Client {
                alarm: old.alarm,
                number: old.number,
                ..fresh(id)
            };
            return id;
        }
        let id = u32::try_from(self.clients.len()).expect("fewer than 2^32 clients");
        self.clients.push(fresh(id));
        id
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>, client: u32, intended_at: Timestamp) {
        self.requests += 1;
        self.clients[client as usize].begin(ctx, intended_at);
        self.drive(ctx, client);
    }

    /// Lets a client act until it waits or its request is over.
    fn drive(&mut self, ctx: &mut Ctx<'_>, client: u32) {
        loop {
            let place = &mut self.clients[client as usize];
            match place.drive(ctx) {
                Stand::Waits => return,
                Stand::Over(end) => return self.finish(ctx, client, end),
                Stand::Dials => {
                    let line = self.dials.line(ctx.plan, place.group, place.index);
                    if let Err(errno) = place.dial(ctx, line) {
                        self.refusals.count(ctx, errno, place.request_id);
                    }
                }
            }
        }
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, client: u32, generation: u32) {
        let place = &mut self.clients[client as usize];
        let event = |generation| Event::Client { client, generation };
        if !ctx.rings(&mut place.alarm, generation, event) {
            return;
        }
        if place.visit.is_at_work() {
            place.visit.on_awake();
            self.drive(ctx, client);
        } else {
            self.comes_back(ctx, client);
        }
    }

    /// A client's next request.
    fn comes_back(&mut self, ctx: &mut Ctx<'_>, client: u32) {
        if !ctx.stage.starts() {
            return self.retire(ctx, client);
        }
        self.clients[client as usize].request_id = self.agenda.draw_id();
        self.begin(ctx, client, ctx.now());
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, client: u32, end: End) {
        let now = ctx.now();
        let place = &mut self.clients[client as usize];
        place.alarm.set(None);
        let half = place.half(ctx, end);
        let (terms, heard) = (place.terms(ctx), place.heard(ctx));
        let next = place.visit.leave(&terms, now, heard);
        place.part(ctx, next.parting);
        ctx.report(Report::Client(Box::new(half)));
        match next.at {
            Some(at) if ctx.stage.starts() => {
                // Even without a pause another event comes first, so that patience of no length does not hold up time.
                let until = at.max(now + Span::from_us(1));
                place.wait_until(ctx, until);
            }
            _ => self.retire(ctx, client),
        }
    }

    fn retire(&mut self, ctx: &mut Ctx<'_>, client: u32) {
        self.clients[client as usize].hang_up(ctx);
        self.free.push(client);
    }

    /// The run is over for the clients: whatever is in flight is reported as unfinished.
    pub(in crate::sim::world) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        for client in 0..self.clients.len() {
            let place = &mut self.clients[client];
            place.visit.on_stop();
            let terms = place.terms(ctx);
            if let Action::Over(end) = place.visit.next(&terms, ctx.now()) {
                self.finish(ctx, client as u32, end);
            }
        }
        self.refusals.tell(ctx);
    }
}

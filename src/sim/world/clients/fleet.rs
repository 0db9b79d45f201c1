//! All clients: who starts, who goes on, who is done.

use super::super::ctx::Ctx;
use super::super::event::{Event, Wakeup};
use super::agenda::Agenda;
use super::client::{Client, Move};
use super::distance::Dials;
use super::ending::{COMPLETE, End, IMPATIENT, UNFINISHED, end_by_peer};
use super::refusals::Refusals;
use crate::machine::arrival::Schedule;
use crate::plan::GroupPlan;
use crate::record::{Outcome, Report};
use crate::sim::alarm::{Alarm, Ring};
use crate::sim::kernel::{Errno, SocketId};
use crate::time::Span;

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
            agenda: Agenda::new(groups),
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
        std::hint::black_box(place.request.as_ref().map(|request| request.read_bytes));
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
                let place = &self.clients[client as usize];
                if place.request.is_some() && place.number == request {
                    self.finish(ctx, client, IMPATIENT);
                }
            }
            ClientEvent::Wake { client, what } => {
                let place = &mut self.clients[client as usize];
                let came = match what {
                    Wakeup::Readable(_) => place.listen(ctx),
                    Wakeup::Connected(_) => place.ask(ctx),
                    Wakeup::ConnectFailed(_) => Move::Refused(Errno::TimedOut),
                    Wakeup::Writable(_) => Move::Waits,
                };
                self.after(ctx, client, came);
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
        let client = self.place(start.group, start.index);
        let schedule = &ctx.plan.groups[start.group as usize].schedule;
        self.clients[client as usize].request_id = self.agenda.first_id(schedule, start);
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
            asked: 0,
            request: None,
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

    fn begin(&mut self, ctx: &mut Ctx<'_>, client: u32, intended_at: crate::time::Timestamp) {
        self.requests += 1;
        let place = &mut self.clients[client as usize];
        place.begin(ctx, intended_at);
        let came = match place.connection {
            Some(_) => place.ask(ctx),
            None => self.dial(ctx, client),
        };
        self.after(ctx, client, came);
    }

    fn dial(&mut self, ctx: &mut Ctx<'_>, client: u32) -> Move {
        let place = &mut self.clients[client as usize];
        let line = self.dials.line(ctx.plan, place.group, place.index);
        place.dial(ctx, line)
    }

    /// What follows from a client's move.
    fn after(&mut self, ctx: &mut Ctx<'_>, client: u32, came: Move) {
        let end = match came {
            Move::Waits => return,
            Move::Ended(end) => end,
            Move::Refused(errno) => {
                let request_id = self.clients[client as usize].request_id;
                self.refusals.count(ctx, errno, request_id);
                end_by_peer(ctx, Outcome::Refused)
            }
            Move::Lost if self.clients[client as usize].forgives(ctx) => {
                let came = self.dial(ctx, client);
                return self.after(ctx, client, came);
            }
            Move::Lost => end_by_peer(ctx, Outcome::Reset),
        };
        self.finish(ctx, client, end);
    }

    fn on_timer(&mut self, ctx: &mut Ctx<'_>, client: u32, generation: u32) {
        let place = &mut self.clients[client as usize];
        match place.alarm.ring(ctx.now(), generation) {
            Ring::Stale => {}
            Ring::Again(ticket) => {
                ctx.push_ticket(Some(ticket), |generation| Event::Client {
                    client,
                    generation,
                });
            }
            Ring::Due if place.request.is_some() => {
                let came = place.listen(ctx);
                self.after(ctx, client, came);
            }
            Ring::Due => self.next_of_loop(ctx, client),
        }
    }

    fn next_of_loop(&mut self, ctx: &mut Ctx<'_>, client: u32) {
        if !ctx.stage.starts() {
            return self.retire(ctx, client);
        }
        self.clients[client as usize].request_id = self.agenda.loop_id();
        self.begin(ctx, client, ctx.now());
    }

    fn finish(&mut self, ctx: &mut Ctx<'_>, client: u32, end: End) {
        let place = &mut self.clients[client as usize];
        let Some(request) = place.request.take() else {
            return;
        };
        place.alarm.set(None);
        let end = if request.complete { COMPLETE } else { end };
        let half = place.half(ctx, &request, end);
        let plan = &ctx.plan.groups[place.group as usize];
        let response = place
            .connection
            .and_then(|socket| ctx.traffic(socket).response);
        let kept = response.is_some_and(|response| response.keep_alive);
        let loops = matches!(plan.schedule, Schedule::Loops { .. });
        let keeps = plan.keepalive && loops && !request.complete;
        if !(kept && keeps && end == COMPLETE) {
            place.hang_up(ctx);
        }
        ctx.report(Report::Client(Box::new(half)));
        let (now, refused) = (ctx.now(), end.0 == Outcome::Refused);
        match plan.schedule.next(now, refused, ctx.ends_at()) {
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
            self.finish(ctx, client as u32, UNFINISHED);
        }
        self.refusals.tell(ctx);
    }
}

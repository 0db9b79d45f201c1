//! What all parties share: the queue and its clock, the kernel, who owns a socket and what travels on it, the records' way out.

use std::collections::BTreeMap;

use super::event::{Event, Stage, Wakeup};
use super::gauges::{Gauges, Held, ProxyGauge};
use super::heads::{self, Announced, Response};
use super::relays::{Reader, Relays};
use super::requests::{Request, Requests};
use super::wire::Wire;
use crate::machine::backend_config::AGES_OF_INSTANCE;
use crate::machine::costs::Costs;
use crate::plan::{Plan, most_connections};
use crate::record::{self, EventKind, Report, Source};
use crate::sim::alarm::{Alarm, Ring, Ticket};
use crate::sim::faults::Chance;
use crate::sim::kernel::{Kernel, ListenerId, SocketId, Wake};
use crate::sim::queue::EventQueue;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// Before the stack is up, records stand at zero.
const BEFORE_TIME: Span = Span::MAX;

/// Connections that room is kept for beforehand; beyond, tables grow as they must.
const MOST_EXPECTED: usize = 1_200_000;

/// The ground that the parties stand on.
pub(super) struct Ctx<'a> {
    pub(super) plan: &'a Plan,
    pub(super) queue: EventQueue<Event>,
    pub(super) kernel: Kernel,
    /// Who owns a socket, by its id.
    pub(super) owners: Vec<Owner>,
    /// What travels on a connection, by its index.
    traffic: Vec<Traffic>,
    /// What the bytes of chunked responses are, by their connection's index.
    pub(super) wires: BTreeMap<u32, Wire>,
    pub(super) announced: Announced,
    /// What is read where: by the index of the tier, from the outside in, the backend last.
    requests: Vec<Requests>,
    /// Where proxies listen: by tier, from the outside in, one listener for each.
    pub(super) tiers: Vec<Vec<ListenerId>>,
    /// Where the backend's instances listen.
    pub(super) backs: Vec<ListenerId>,
    /// Which of them is having its turn, and where it listens; without a proxy that is where clients go.
    pub(super) instance: u8,
    pub(super) back: ListenerId,
    /// What records count from: the instant at which the stack was up.
    pub(super) origin: Span,
    pub(super) stage: Stage,
    pub(super) gauges: Gauges,
    pub(super) relays: Relays,
    /// What bytes cost on the host that this stands for.
    pub(super) costs: Costs,
    /// What fails, if anything is to.
    pub(super) chance: Option<Box<Chance>>,
    pub(super) wakes: Vec<Wake>,
    sink: &'a mut dyn FnMut(Report),
}

/// A socket's owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    Nobody,
    Client(u32),
    Downstream {
        tier: u8,
        connection: u32,
    },
    Upstream {
        at: Station,
        connection: u32,
    },
    /// An idle connection of this generation of this event loop to what is behind it.
    Idle {
        at: Station,
        house: u8,
    },
    Worker {
        instance: u8,
        worker: u32,
        task: u16,
    },
    Probe(u16),
}

/// An event loop of one of the proxies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Station {
    /// The index of its tier, from the outside in.
    pub(super) tier: u8,
    /// Which of the tier's proxies.
    pub(super) instance: u8,
    /// Which of that one's event loops.
    pub(super) event_loop: u8,
}

/// The request on a connection, and the response to it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    pub(super) asks: Asks,
    /// Request bytes that the accepting side has read.
    pub(super) request_read: u64,
    pub(super) response: Option<Response>,
}

/// Whose request it is, by which its text is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asks {
    /// A client of a group.
    Client {
        group: u32,
        /// Which of its group's addresses it comes from.
        address: u16,
        request_id: u64,
    },
    /// A probe: its request has no id, and no row among those of clients.
    Probe(u16),
}

impl Default for Asks {
    fn default() -> Asks {
        Asks::Client {
            group: 0,
            address: 0,
            request_id: 0,
        }
    }
}

impl Asks {
    /// The id by which records know the request.
    pub(super) fn request_id(self) -> Option<u64> {
        match self {
            Asks::Client { request_id, .. } => Some(request_id),
            Asks::Probe(_) => None,
        }
    }
}

impl Traffic {
    /// A request that nobody has read anything of.
    pub(super) fn of(asks: Asks) -> Traffic {
        Traffic {
            asks,
            ..Traffic::default()
        }
    }
}

impl<'a> Ctx<'a> {
    /// Time stands at zero, and nobody is there yet.
    pub(super) fn new(
        plan: &'a Plan,
        mut kernel: Kernel,
        (tiers, backs): (Vec<Vec<ListenerId>>, Vec<ListenerId>),
        (cores, costs): (u32, Costs),
        sink: &'a mut dyn FnMut(Report),
    ) -> Ctx<'a> {
        let connections = most_connections(&plan.groups);
        // And some of a proxy's, which are few at a time.
        kernel.expect((connections + connections / 8).min(MOST_EXPECTED));
        let gauges = tiers.iter().map(|of| vec![ProxyGauge::default(); of.len()]);
        let groups = plan.groups.len();
        let gauges = Gauges {
            tiers: gauges.collect(),
            held_by: vec![vec![Held::default(); groups + 1]; tiers.len()],
            delivered: vec![0; groups],
            ..Gauges::default()
        };
        let relays = Relays::new(tiers.last().map_or(0, Vec::len), cores, costs).of(plan);
        Ctx {
            plan,
            queue: EventQueue::new(connections),
            kernel,
            owners: Vec::new(),
            traffic: Vec::new(),
            wires: BTreeMap::new(),
            announced: Announced::default(),
            requests: (0..=tiers.len())
                .map(|at| Requests::read_at(plan, at))
                .collect(),
            tiers,
            back: backs[0],
            backs,
            instance: 0,
            origin: BEFORE_TIME,
            stage: Stage::Booting,
            gauges,
            relays,
            costs,
            chance: None,
            wakes: Vec::new(),
            sink,
        }
    }

    /// Where clients connect to: the outermost proxies, or without any the first backend.
    pub(super) fn fronts(&self) -> &[ListenerId] {
        self.tiers.first().map_or(&self.backs[..1], Vec::as_slice)
    }

    /// Where the proxies of a tier find what is behind it.
    pub(super) fn behind(&self, tier: u8) -> &[ListenerId] {
        let next = self.tiers.get(usize::from(tier) + 1);
        next.map_or(&self.backs, |fronts| fronts)
    }

    /// Whose listener it is, if a proxy's: its tier and which of its proxies.
    pub(super) fn station_of(&self, listener: ListenerId) -> Option<(u8, u8)> {
        (0..).zip(&self.tiers).find_map(|(tier, fronts)| {
            let instance = fronts.iter().position(|front| *front == listener)?;
            Some((tier, instance as u8))
        })
    }

    /// The request as whoever listens in the tier with the index `at` reads it.
    pub(super) fn request(&self, asks: Asks, at: usize) -> &Request {
        self.requests[at].of(self.plan, asks)
    }

    /// The request as who asks sends it.
    pub(super) fn sent(&self, asks: Asks) -> &Request {
        self.request(asks, heads::asked_first(self.plan, asks))
    }

    /// Which event loop reads what is sent on a socket, where one of a proxy's does.
    pub(super) fn read_by(&self, socket: SocketId) -> Option<Reader> {
        let at = match self.owners[socket.peer().0 as usize] {
            Owner::Upstream { at, .. } | Owner::Idle { at, .. } => at,
            _ => return None,
        };
        let response = self.traffic(socket).response;
        let order = response.and_then(|response| response.accel_buffering);
        Some(self.relays.reader(at, order))
    }

    /// What a proxy holds.
    pub(super) fn gauge(&mut self, of: Station) -> &mut ProxyGauge {
        &mut self.gauges.tiers[usize::from(of.tier)][usize::from(of.instance)]
    }

    /// An instance of the backend has its turn.
    pub(super) fn turn_of(&mut self, instance: u8) {
        self.instance = instance;
        self.back = self.backs[usize::from(instance)];
    }

    /// What is added to the ages of the workers of the instance that has its turn.
    fn first_age(&self) -> u32 {
        u32::from(self.instance) * AGES_OF_INSTANCE
    }

    #[inline]
    pub(super) fn now(&self) -> Timestamp {
        self.queue.now()
    }

    /// An instant as records count it.
    pub(super) fn told(&self, at: Timestamp) -> Timestamp {
        at - self.origin
    }

    /// When nothing new starts any more.
    #[inline]
    pub(super) fn ends_at(&self) -> Timestamp {
        Timestamp::ZERO + self.origin.saturating_add(self.plan.duration)
    }

    #[inline]
    pub(super) fn push(&mut self, at: Timestamp, event: Event) {
        self.queue.push(at, event);
    }

    /// Pushes the entry of an alarm, if it needs one.
    #[inline]
    pub(super) fn push_ticket(&mut self, ticket: Option<Ticket>, event: impl Fn(u32) -> Event) {
        if let Some(Ticket { at, generation }) = ticket {
            let at = at.max(self.now());
            self.queue.push(at, event(generation));
        }
    }

    /// An alarm's entry has come out of the queue: whether it rings. One that has been moved meanwhile is put back.
    pub(super) fn rings(
        &mut self,
        alarm: &mut Alarm,
        generation: u32,
        event: impl Fn(u32) -> Event,
    ) -> bool {
        match alarm.ring(self.now(), generation) {
            Ring::Stale => false,
            Ring::Again(ticket) => {
                self.push_ticket(Some(ticket), event);
                false
            }
            Ring::Due => true,
        }
    }

    /// The next event. The kernel's clock follows the queue's.
    #[inline]
    pub(super) fn next_event(&mut self) -> Option<Event> {
        let (now, event) = self.queue.pop()?;
        self.kernel.set_now(now);
        Some(event)
    }

    /// Who is woken; nobody if the socket has lived on without its owner of then.
    #[inline]
    pub(super) fn woken(&self, socket: SocketId, what: Wakeup) -> Owner {
        if self.kernel.generation(socket) as u16 != what.generation() {
            return Owner::Nobody;
        }
        self.owners[socket.0 as usize]
    }

    /// Gives a socket an owner, and a fresh connection its slot.
    pub(super) fn own(&mut self, socket: SocketId, owner: Owner) {
        let index = socket.0 as usize;
        if self.owners.len() <= index {
            self.owners.resize(index + 2, Owner::Nobody);
            self.traffic.resize(index / 2 + 1, Traffic::default());
        }
        self.owners[index] = owner;
    }

    pub(super) fn close(&mut self, socket: SocketId) {
        self.owners[socket.0 as usize] = Owner::Nobody;
        self.kernel.close(self.queue.now(), socket);
    }

    pub(super) fn abort(&mut self, socket: SocketId) {
        self.owners[socket.0 as usize] = Owner::Nobody;
        self.kernel.abort(self.queue.now(), socket);
    }

    /// Its owner is gone without a word.
    pub(super) fn vanish(&mut self, socket: SocketId) {
        self.owners[socket.0 as usize] = Owner::Nobody;
        self.kernel.vanish(socket);
    }

    /// Fetches from memory what a client's read needs of its connection.
    pub(super) fn touch(&self, socket: SocketId) {
        self.kernel.touch(socket);
        std::hint::black_box(self.traffic(socket).response.is_some());
    }

    #[inline]
    pub(super) fn traffic(&self, socket: SocketId) -> &Traffic {
        &self.traffic[socket.0 as usize / 2]
    }

    #[inline]
    pub(super) fn traffic_mut(&mut self, socket: SocketId) -> &mut Traffic {
        &mut self.traffic[socket.0 as usize / 2]
    }

    /// A report goes out. Workers of a further instance have numbers of their own.
    pub(super) fn report(&mut self, mut report: Report) {
        if let Report::Worker(of) = &mut report {
            of.worker += self.first_age();
        }
        (self.sink)(report);
    }

    /// An event that a proxy of a tier saw.
    pub(super) fn proxy_event(&mut self, tier: Tier, kind: EventKind, request_id: Option<u64>) {
        let event = record::Event::new(self.told(self.now()), Source::Proxy, kind);
        self.report(Report::Event(event.in_tier(tier).of_request(request_id)));
    }

    pub(super) fn event(
        &mut self,
        (source, kind): (Source, EventKind),
        request_id: Option<u64>,
        worker: Option<u32>,
    ) {
        let first_age = self.first_age();
        let event = record::Event::new(self.told(self.now()), source, kind);
        self.report(Report::Event(
            event
                .of_request(request_id)
                .of_worker(worker.map(|age| age + first_age)),
        ));
    }
}

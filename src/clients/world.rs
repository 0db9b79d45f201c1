//! What all clients of a fleet share: one thread, so plain cells.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::machine::relay::{Vanish, Whose};
use crate::machine::visit::Terms;
use crate::net::Address;
use crate::plan::{Agenda, GroupPlan, Start};
use crate::record::{ClientStep, Event, EventKind, Gauge, Gauges, Report, Sink, Source};
use crate::relay::Ear;
use crate::time::{Clock, Span, Timestamp};

/// Largest single read; the contents are looked at and thrown away, so one buffer serves every client.
const SCRATCH_BYTES: usize = 64 * 1024;

/// The surroundings of every client.
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) sink: Sink,
    pub(super) gauges: Arc<Gauges>,
    pub(super) targets: Vec<Address>,
    pub(super) groups: Vec<GroupPlan>,
    pub(super) host: String,
    pub(super) through_proxy: bool,
    ear: Option<Ear>,
    /// Whether source addresses must be spread, because one has not enough ports.
    pub(super) spread_sources: bool,
    /// Nothing new starts from here on.
    pub(super) ends_at: Timestamp,
    pub(super) scratch: RefCell<Box<[u8]>>,
    /// By group: what its clients have read.
    delivered: Vec<Arc<Gauge>>,
    agenda: RefCell<Agenda>,
    active: Cell<usize>,
    idle: Notify,
    requests: Cell<u64>,
    latest_start: Cell<Span>,
    problems: RefCell<BTreeMap<Problem, u64>>,
    panicked: Cell<bool>,
}

/// A client that is at work; counts itself out when it is dropped.
pub(super) struct Active(Rc<World>);

/// A kind of thing that keeps clients from their requests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    step: ClientStep,
    errno: Option<i32>,
    error: String,
}

/// The part of a world that a fleet decides.
pub(super) struct Setting {
    pub(super) clock: Clock,
    pub(super) sink: Sink,
    pub(super) gauges: Arc<Gauges>,
    pub(super) targets: Vec<Address>,
    pub(super) groups: Vec<GroupPlan>,
    pub(super) host: String,
    pub(super) through_proxy: bool,
    pub(super) ear: Option<Ear>,
    pub(super) spread_sources: bool,
    pub(super) ends_at: Timestamp,
    pub(super) agenda: Agenda,
}

impl World {
    pub(super) fn new(setting: Setting) -> Rc<World> {
        let delivered = (0..).zip(&setting.groups);
        let delivered = delivered.map(|(group, _)| setting.gauges.visitors.delivered(group));
        Rc::new(World {
            delivered: delivered.collect(),
            clock: setting.clock,
            sink: setting.sink,
            gauges: setting.gauges,
            targets: setting.targets,
            groups: setting.groups,
            host: setting.host,
            through_proxy: setting.through_proxy,
            ear: setting.ear,
            spread_sources: setting.spread_sources,
            ends_at: setting.ends_at,
            scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
            agenda: RefCell::new(setting.agenda),
            active: Cell::new(0),
            idle: Notify::new(),
            requests: Cell::new(0),
            latest_start: Cell::new(Span::ZERO),
            problems: RefCell::new(BTreeMap::new()),
            panicked: Cell::new(false),
        })
    }

    /// Where a client connects to, by its index in its group.
    pub(super) fn target(&self, client: u32) -> &Address {
        &self.targets[client as usize % self.targets.len()]
    }

    /// The plan of a client's group.
    pub(super) fn group(&self, group: u32) -> &GroupPlan {
        &self.groups[group as usize]
    }

    /// What a client's visit depends on.
    pub(super) fn terms(&self, group: u32, client: u32) -> Terms<'_> {
        self.group(group).terms(client, self.ends_at)
    }

    /// The next client that starts before the end.
    pub(super) fn next_start(&self) -> Option<Start> {
        let next = self.agenda.borrow_mut().take();
        next.filter(|start| start.at < self.ends_at)
    }

    /// The id of a client's first request.
    pub(super) fn first_id(&self, start: Start) -> u64 {
        self.agenda.borrow_mut().first_id(start)
    }

    /// The id of a request that is not its client's first.
    pub(super) fn draw_id(&self) -> u64 {
        self.agenda.borrow_mut().draw_id()
    }

    /// Counts a client in; when it is spawned, not when it first runs, or the fleet might look idle in between.
    pub(super) fn enter(self: &Rc<World>) -> Active {
        self.active.set(self.active.get() + 1);
        Active(Rc::clone(self))
    }

    /// Waits until no client is at work.
    pub(super) async fn idle(&self) {
        while self.active.get() > 0 {
            self.idle.notified().await;
        }
    }

    /// Counts a request that starts now.
    pub(super) fn request_starts(&self, intended_at: Timestamp, now: Timestamp) {
        self.gauges.requests_started.add(1);
        self.requests.set(self.requests.get() + 1);
        let late = now.since(intended_at);
        self.latest_start.set(self.latest_start.get().max(late));
    }

    /// A client is not heard of any more: for so long, or for good.
    pub(super) fn vanish(&self, (group, client): (u32, u32), length: Option<Span>) {
        if let Some(ear) = &self.ear {
            let whose = Whose { group, client };
            ear.vanish(Vanish { whose, length });
        }
    }

    /// Counts bytes that a client of a group has read.
    pub(super) fn read(&self, group: u32, bytes: u64) {
        self.delivered[group as usize].add(bytes);
    }

    /// Reports something that kept a client from its request. Each kind is told once when it first happens and once, with its
    /// count, at the end: five thousand clients without a port are one finding.
    pub(super) fn problem(&self, request_id: u64, step: ClientStep, error: &io::Error) {
        let problem = Problem {
            step,
            errno: error.raw_os_error(),
            error: crate::net::words_of(error),
        };
        let mut problems = self.problems.borrow_mut();
        let count = problems.entry(problem.clone()).or_default();
        *count += 1;
        if *count == 1 {
            self.event(problem.kind(1), Some(request_id));
        }
    }

    /// Tells the counts of problems that happened more than once.
    pub(super) fn sum_up_problems(&self) {
        for (problem, count) in self.problems.borrow().iter() {
            if *count > 1 {
                self.event(problem.clone().kind(*count), None);
            }
        }
    }

    /// Sends an event on.
    pub(super) fn event(&self, kind: EventKind, request_id: Option<u64>) {
        let event = Event::new(self.clock.now(), Source::Client, kind);
        self.sink.send(Report::Event(event.of_request(request_id)));
    }

    /// Requests so far, and how late the latest of them began.
    pub(super) fn counts(&self) -> (u64, Span) {
        (self.requests.get(), self.latest_start.get())
    }

    /// Whether a client ended by a panic, which the runtime would otherwise swallow.
    pub(super) fn panicked(&self) -> bool {
        self.panicked.get()
    }
}

impl Active {
    /// The world that it is at work in.
    pub(super) fn world(&self) -> &Rc<World> {
        &self.0
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let world = &self.0;
        world.active.set(world.active.get() - 1);
        if world.active.get() == 0 {
            world.idle.notify_one();
        }
        if std::thread::panicking() {
            world.panicked.set(true);
        }
    }
}

impl Problem {
    fn kind(self, count: u64) -> EventKind {
        EventKind::ClientProblem {
            step: self.step,
            errno: self.errno,
            error: self.error,
            count,
        }
    }
}

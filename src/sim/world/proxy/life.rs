//! How the event loops of a tier's proxies end, and those that take over: at a reload and at the signals that end a proxy's process.

use std::rc::Rc;
use std::sync::Arc;

use super::super::SIGKILL;
use super::super::ctx::Ctx;
use super::super::event::Event;
use super::connection::{Common, House};
use super::party::{Proxy, ProxyEvent};
use crate::machine::act::{FaultKind, How, SignalName};
use crate::machine::event_loop::{Befalls, Deed, Hail, RELOAD_OVERLAP, deed};
use crate::plan::ProxyTier;
use crate::record::{self, EventKind, ExitStatus, Report, Source};

/// A proxy's process, which an act may end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Process {
    Accepts,
    /// It ends with its last client.
    Quits,
    Ended,
}

/// What came to processes that were stopped, and waits for them to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Missed {
    Event(ProxyEvent),
    Signal(SignalName),
}

/// The process id of the outermost tier's first proxy, where there are no processes.
const FIRST_PID: u32 = 10_000;
/// Process ids of a tier.
const PIDS_OF_TIER: u32 = 100;

impl Proxy {
    /// Does what nginx's masters do at this signal; whether one of them was there.
    pub(in crate::sim::world) fn signal(&mut self, ctx: &mut Ctx<'_>, name: SignalName) -> bool {
        let is_there = self.processes.iter().any(|one| *one != Process::Ended);
        if self.health.keeps_waiting(name) {
            self.missed.push(Missed::Signal(name));
            return is_there;
        }
        let accepts = self.processes.contains(&Process::Accepts);
        match (deed(name), name) {
            (Some(Deed::Reload), _) if accepts => self.reload(ctx),
            (Some(Deed::Quit), _) if accepts => self.quit(ctx),
            (Some(Deed::End), _) => self.die(ctx, ExitStatus::Code(0)),
            (None, SignalName::Kill) => self.die(ctx, ExitStatus::Signal(SIGKILL)),
            // There are no logs, and who quits heeds nothing but an end.
            (Some(Deed::ReopenLogs | Deed::Reload | Deed::Quit) | None, _) => {}
        }
        is_there
    }

    /// Brings a fault; whether a proxy was there.
    pub(in crate::sim::world) fn fault(&mut self, ctx: &mut Ctx<'_>, kind: FaultKind) -> bool {
        let ended = vec![Process::Ended; self.processes.len()];
        match kind.how() {
            How::Killed => return self.signal(ctx, SignalName::Kill),
            How::Unreaped => {
                // Nobody notices, so nobody tells.
                let before = std::mem::replace(&mut self.processes, ended);
                self.die(ctx, ExitStatus::Signal(SIGKILL));
                return before.iter().any(|one| *one != Process::Ended);
            }
            How::Stopped => self.health.stops(),
            How::FallsSick(sickness) => match self.health.falls_sick(sickness) {
                Befalls::Loops => self.stuck = self.houses.len(),
                Befalls::Descriptors => self.houses.iter().for_each(|house| house.upstreams.leak()),
            },
        }
        self.processes.iter().any(|one| *one != Process::Ended)
    }

    /// Whether it is an event of a loop that does not come back.
    pub(super) fn is_stuck(&self, event: ProxyEvent) -> bool {
        let generation = match event {
            ProxyEvent::Acceptable { .. } | ProxyEvent::AcceptMore { .. } => {
                self.houses.len().checked_sub(1)
            }
            ProxyEvent::Listens { house, .. }
            | ProxyEvent::Idle { house, .. }
            | ProxyEvent::IdleTimer { house, .. }
            | ProxyEvent::Life { house } => Some(usize::from(house)),
            ProxyEvent::Timer { connection, .. }
            | ProxyEvent::Downstream { connection, .. }
            | ProxyEvent::Upstream { connection, .. } => self.connections[connection as usize]
                .house()
                .map(usize::from),
        };
        generation.is_some_and(|generation| generation < self.stuck)
    }

    /// SIGCONT: it takes what has come meanwhile.
    pub(in crate::sim::world) fn thaw(&mut self, ctx: &mut Ctx<'_>) {
        self.health.goes_on();
        self.thawed_at = Some(ctx.now());
        for missed in std::mem::take(&mut self.missed) {
            match missed {
                Missed::Event(event) => self.on_event(ctx, event),
                Missed::Signal(name) => {
                    self.signal(ctx, name);
                }
            }
        }
    }

    /// Accepts nobody any more, and ends with its last client.
    fn quit(&mut self, ctx: &mut Ctx<'_>) {
        self.close_listeners(ctx);
        self.processes.fill(Process::Quits);
        let tier = self.houses[0].index;
        for house in 0..self.houses.len() as u8 {
            ctx.push(ctx.now(), Event::Life { tier, house });
        }
    }

    /// The processes are gone: nothing of what was under way is told.
    fn die(&mut self, ctx: &mut Ctx<'_>, status: ExitStatus) {
        self.missed.clear();
        self.close_listeners(ctx);
        for connection in &mut self.connections {
            connection.die(ctx);
        }
        for house in &self.houses {
            house.upstreams.stop(ctx);
        }
        for instance in 0..self.processes.len() {
            self.ended(ctx, instance as u8, status);
        }
    }

    pub(super) fn close_listeners(&self, ctx: &mut Ctx<'_>) {
        for front in ctx.tiers[usize::from(self.houses[0].index)].clone() {
            ctx.kernel.close_listener(ctx.now(), front);
        }
    }

    /// A process that quits ends with its last client.
    pub(super) fn end_if_done(&mut self, ctx: &mut Ctx<'_>, instance: u8) {
        let quits = self.processes[usize::from(instance)] == Process::Quits;
        // Loops that do not come back do not quit either.
        let all_quit = quits && self.health.ends_in_order();
        if all_quit && !self.connections.iter().any(|one| one.is_of(instance)) {
            self.ended(ctx, instance, ExitStatus::Code(0));
        }
    }

    fn ended(&mut self, ctx: &mut Ctx<'_>, instance: u8, status: ExitStatus) {
        let process = &mut self.processes[usize::from(instance)];
        if std::mem::replace(process, Process::Ended) == Process::Ended {
            return;
        }
        let pid = FIRST_PID + u32::from(self.houses[0].index) * PIDS_OF_TIER + u32::from(instance);
        let kind = EventKind::ProxyExited { pid, status };
        let event = record::Event::new(ctx.told(ctx.now()), Source::Lab, kind);
        ctx.report(Report::Event(event.in_tier(self.tier())));
    }

    /// Event loops with the configuration as it is by now take over; the others serve their clients to the end, or until their
    /// `worker_shutdown_timeout`.
    fn reload(&mut self, ctx: &mut Ctx<'_>) {
        let (id, last) = (self.houses.len() as u8, &self.houses[self.houses.len() - 1]);
        let common = Common {
            names: Arc::clone(&last.names),
            limits: Rc::clone(&last.limits),
            disk: Rc::clone(&last.disk),
        };
        let (tier, index, config) = (last.tier, last.index, &self.on_file);
        let house = House::new(ctx.plan, (index, id), ProxyTier { tier, config }, common);
        self.houses.push(house);
        for instance in 0..self.processes.len() as u8 {
            self.accept_anew(ctx, instance);
        }
        let old = Event::Life {
            tier: index,
            house: id - 1,
        };
        ctx.push(ctx.now() + RELOAD_OVERLAP, old);
    }

    /// A generation quits, or breaks off what it still has.
    pub(super) fn on_life(&mut self, ctx: &mut Ctx<'_>, id: u8) {
        let house = &mut self.houses[usize::from(id)];
        let hail = if house.life.quit(ctx.now()) {
            house.upstreams.keep_none(ctx);
            if let Some(at) = house.life.deadline() {
                let tier = house.index;
                ctx.push(at, Event::Life { tier, house: id });
            }
            Hail::Quit
        } else if house.life.on_timer(ctx.now()) {
            Hail::ShutdownTimeout
        } else {
            return;
        };
        for connection in 0..self.connections.len() {
            if self.connections[connection].house() == Some(id) {
                self.hail(ctx, connection as u32, hail);
            }
        }
        for instance in 0..self.processes.len() {
            self.end_if_done(ctx, instance as u8);
        }
    }
}

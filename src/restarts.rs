//! Restarts the backend of a run when a probe wants it: an orchestrator's hands on real processes.
//!
//! What is done, and when, is [`Restart`]'s business. The end of the backend is looked for every [`END_LOOK`] while it is awaited, so that a
//! restart is late by so much at most.

use std::io;

use rustix::process::Signal;

use crate::attribution::{backend_restarted, probe_killed};
use crate::machine::act::Target;
use crate::machine::http::CLIENTS_HOST;
use crate::machine::probe::{Order, ProbeConfig, Restart};
use crate::parts::{BackendPart, PartError, Place, ProxyPart};
use crate::plan::Plan;
use crate::probes::{Ask, Probes, ProbesSpec};
use crate::record::EventKind;
use crate::time::{Span, Timestamp};

/// How often a backend that is to end is looked at.
const END_LOOK: Span = Span::from_ms(2);

/// The probes of a run, and what follows from them.
#[derive(Debug)]
pub(crate) struct Restarts {
    probes: Option<Probes>,
    configs: Vec<ProbeConfig>,
    machine: Restart,
    asked: Option<Ask>,
}

impl Restarts {
    /// Starts the probes of a plan, if it has any.
    ///
    /// # Errors
    /// The kernel refuses a thread or a socket.
    pub(crate) fn start(
        plan: &Plan,
        proxies: &[ProxyPart],
        backend: &BackendPart,
        place: &Place,
    ) -> io::Result<Restarts> {
        let first = |part: &ProxyPart| Some((part.tier(), *part.addresses().first()?));
        let start = || {
            Probes::start(ProbesSpec {
                probes: plan.probes.clone(),
                backend: backend.address().clone(),
                proxies: proxies.iter().filter_map(first).collect(),
                host: CLIENTS_HOST.to_owned(),
                clock: place.clock,
                sink: place.sink.clone(),
            })
        };
        let wanted = !plan.probes.is_empty();
        Ok(Restarts {
            probes: wanted.then(start).transpose()?,
            configs: plan.probes.clone(),
            machine: Restart::default(),
            asked: None,
        })
    }

    /// Lets so much time pass at most: less if a probe has something to say, or the end of the backend is to be looked for. `pause` is for runs
    /// without probes.
    pub(crate) fn wait(&mut self, limit: Span, pause: impl FnOnce(Span)) {
        let limit = match self.is_under_way() {
            true => limit.min(END_LOOK),
            false => limit,
        };
        match &self.probes {
            Some(probes) => self.asked = probes.wait(limit),
            None => pause(limit),
        }
    }

    /// Whether the end of the backend is wanted.
    pub(crate) fn is_under_way(&self) -> bool {
        self.machine.is_under_way()
    }

    /// Does what is due; what is to be told of it.
    pub(crate) fn perform(
        &mut self,
        now: Timestamp,
        backend: &mut BackendPart,
    ) -> Result<Vec<EventKind>, PartError> {
        let mut told = Vec::new();
        if let Some(Ask { probe, failures }) = self.asked.take()
            && let Some(order) = self.machine.ask(now, probe, self.configs[probe].grace)
        {
            told.push(probe_killed(&self.configs[probe], failures));
            self.tell(Probes::hold);
            obey(order, backend);
        }
        if let Some(order) = self.machine.on_time(now) {
            obey(order, backend);
        }
        if self.is_under_way()
            && !backend.is_alive()
            && let Some(restarted) = self.machine.on_ended(now)
        {
            // What the old one said last is no news: its end was wanted.
            drop(backend.ended());
            backend.restart()?;
            told.push(backend_restarted(&self.configs[restarted.probe], restarted));
            self.tell(Probes::release);
        }
        Ok(told)
    }

    fn tell(&self, what: impl Fn(&Probes)) {
        self.probes.iter().for_each(what);
    }

    /// The run is over for the probes.
    pub(crate) fn stop(self) {
        if let Some(probes) = self.probes {
            probes.stop();
        }
    }
}

/// A signal to whoever is gone already is no mistake: that is what was wanted.
fn obey(order: Order, backend: &BackendPart) {
    match order {
        Order::Term => drop(backend.signal(Target::Backend, Signal::TERM)),
        Order::Kill => backend.kill(),
    }
}

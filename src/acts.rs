//! Performs a plan's acts on the parts of a run: signals by `kill(2)`, and what the configuration says by then.
//!
//! An act is late by what its thread is late, a few milliseconds at most. One that finds nobody (a worker that is gone) is told as an
//! event like one that was performed: scenarios may well mean a worker that died meanwhile.

use std::collections::VecDeque;

use rustix::process::Signal;

use crate::machine::act::{Act, FaultTo, How, SignalName};
use crate::parts::{BackendPart, ProxyPart};
use crate::plan::Plan;
use crate::record::EventKind;
use crate::time::Timestamp;

/// The acts that are still to come, the next one first.
#[derive(Debug)]
pub(crate) struct Acts {
    to_come: VecDeque<Act>,
    /// Whether one has killed a master.
    killed: bool,
}

impl Acts {
    pub(crate) fn of(plan: &Plan) -> Acts {
        Acts {
            to_come: plan.acts.iter().cloned().collect(),
            killed: false,
        }
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        Some(Timestamp::ZERO + self.to_come.front()?.at)
    }

    /// Whether an act has killed a master by now.
    pub(crate) fn have_killed_a_master(&self) -> bool {
        self.killed
    }

    /// Performs all that are due; what is to be told of each.
    pub(crate) fn perform(
        &mut self,
        now: Timestamp,
        backend: &BackendPart,
        proxies: &mut [ProxyPart],
    ) -> Vec<EventKind> {
        let mut told = Vec::new();
        while self.next().is_some_and(|at| at <= now)
            && let Some(act) = self.to_come.pop_front()
        {
            self.killed |= act.signal.is_some_and(|signal| signal.kills_a_master());
            let error = perform(&act, backend, proxies).err();
            told.push(EventKind::Act {
                act: act.to_string(),
                error: error.map(|error| error.to_string()),
            });
        }
        told
    }
}

fn perform(act: &Act, backend: &BackendPart, proxies: &mut [ProxyPart]) -> std::io::Result<()> {
    if let Some(config) = &act.backend {
        backend.says(config)?;
    }
    for proxy in proxies.iter_mut() {
        if let Some(config) = act.says(proxy.tier()) {
            proxy.says(config)?;
        }
    }
    if let Some((tier, name)) = act.to_proxies() {
        let there = proxies.iter_mut().find(|part| part.tier() == tier);
        let there = there.ok_or_else(|| std::io::Error::other("there is no such proxy"))?;
        return there.signal(name, kernel_signal(name));
    }
    if let Some(fault) = act.fault {
        return befall(fault, backend, proxies);
    }
    match act.signal {
        Some(signal) => backend.signal(signal.to, kernel_signal(signal.name)),
        None => Ok(()),
    }
}

fn befall(fault: FaultTo, backend: &BackendPart, proxies: &mut [ProxyPart]) -> std::io::Result<()> {
    let Some(tier) = fault.to.tier() else {
        return backend.fault(fault);
    };
    let there = proxies.iter_mut().find(|part| part.tier() == tier);
    let there = there.ok_or_else(|| std::io::Error::other("there is no such proxy"))?;
    match fault.kind.how() {
        How::Stopped => there.stop_processes(),
        How::Killed => there.signal(SignalName::Kill, Signal::KILL),
        How::Unreaped | How::FallsSick(_) => {
            Err(std::io::Error::other("a proxy falls sick of nothing"))
        }
    }
}

fn kernel_signal(name: SignalName) -> Signal {
    match name {
        SignalName::Term => Signal::TERM,
        SignalName::Int => Signal::INT,
        SignalName::Quit => Signal::QUIT,
        SignalName::Hup => Signal::HUP,
        SignalName::Usr1 => Signal::USR1,
        SignalName::Usr2 => Signal::USR2,
        SignalName::Ttin => Signal::TTIN,
        SignalName::Ttou => Signal::TTOU,
        SignalName::Winch => Signal::WINCH,
        SignalName::Abrt => Signal::ABORT,
        SignalName::Kill => Signal::KILL,
    }
}

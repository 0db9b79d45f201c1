//! Performs a plan's acts on the parts of a run: signals by `kill(2)`, and what the configuration says by then.
//!
//! An act is late by what its thread is late, a few milliseconds at most. One that finds nobody (a worker that is gone) is told as an
//! event like one that was performed: scenarios may well mean a worker that died meanwhile.

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;

use rustix::process::Signal;

use crate::machine::act::{Act, FaultTo, How, HowRotated, Rotation, SignalName, Target, older};
use crate::machine::log_target::UNAPPENDED;
use crate::parts::{BackendPart, ProxyPart};
use crate::plan::Plan;
use crate::record::EventKind;
use crate::tier::Tier;
use crate::time::Timestamp;

/// The acts that are still to come, the next one first.
#[derive(Debug)]
pub(crate) struct Acts {
    to_come: VecDeque<Act>,
    /// Whether one has killed a master.
    killed: bool,
    /// Whether one has stopped a master.
    stopped: bool,
    /// Whether one has stopped a proxy.
    stopped_a_proxy: bool,
    /// Whether the backend's access log is a file of its own, not opened for appending.
    unappended: bool,
}

impl Acts {
    pub(crate) fn of(plan: &Plan) -> Acts {
        Acts {
            to_come: plan.acts.iter().cloned().collect(),
            killed: false,
            stopped: false,
            stopped_a_proxy: false,
            unappended: !plan.backend.accesslog.append,
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

    /// Whether an act has stopped a master by now.
    pub(crate) fn have_stopped_a_master(&self) -> bool {
        self.stopped
    }

    /// Whether an act has stopped a proxy by now.
    pub(crate) fn have_stopped_a_proxy(&self) -> bool {
        self.stopped_a_proxy
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
            self.stopped |= act.fault.is_some_and(|fault| fault.stops_a_master());
            self.stopped_a_proxy |= act.fault.is_some_and(|fault| fault.stops_a_proxy());
            self.killed |= act.signal.is_some_and(|signal| signal.kills_a_master());
            let error = self.perform_one(&act, backend, proxies).err();
            told.push(EventKind::Act {
                act: act.to_string(),
                error: error.map(|error| error.to_string()),
            });
        }
        told
    }

    fn perform_one(
        &self,
        act: &Act,
        backend: &BackendPart,
        proxies: &mut [ProxyPart],
    ) -> std::io::Result<()> {
        if let Some(config) = &act.backend {
            backend.says(config)?;
        }
        for proxy in proxies.iter_mut() {
            if let Some(config) = act.says(proxy.tier()) {
                proxy.says(config)?;
            }
        }
        if let Some((tier, name)) = act.to_proxies() {
            return proxy_of(tier, proxies)?.signal(name, kernel_signal(name));
        }
        if let Some(fault) = act.fault {
            return befall(fault, backend, proxies);
        }
        if let Some(rotation) = act.rotate {
            return self.rotate(rotation, backend, proxies);
        }
        match act.signal {
            Some(signal) => backend.signal(signal.to, kernel_signal(signal.name)),
            None => Ok(()),
        }
    }

    /// Rotates a log, and tells its writer if it is to be told.
    fn rotate(
        &self,
        rotation: Rotation,
        backend: &BackendPart,
        proxies: &mut [ProxyPart],
    ) -> std::io::Result<()> {
        let tier = rotation.log.tier();
        let mut proxy = proxies.iter_mut().find(|part| part.tier() == tier);
        let path = match &proxy {
            Some(proxy) => proxy.access_log(),
            None if self.unappended => Some(backend.log().with_file_name(UNAPPENDED)),
            None => Some(backend.log().to_owned()),
        };
        let path = path.ok_or_else(|| std::io::Error::other("there is no such log"))?;
        rotate(&path, rotation.how)?;
        match (&mut proxy, rotation.tell) {
            (_, false) => Ok(()),
            (Some(proxy), true) => proxy.signal(SignalName::Usr1, Signal::USR1),
            (None, true) => backend.signal(Target::Backend, Signal::USR1),
        }
    }
}

/// What logrotate does with a log of which one older one is kept.
fn rotate(path: &Path, how: HowRotated) -> std::io::Result<()> {
    let older = older(path);
    match how {
        HowRotated::Rename => {
            // The older one, if there is one, loses its name.
            std::fs::rename(path, &older)?;
            File::create_new(path).map(drop)
        }
        HowRotated::Copytruncate => {
            std::fs::copy(path, &older)?;
            File::options().write(true).open(path)?.set_len(0)
        }
    }
}

fn befall(fault: FaultTo, backend: &BackendPart, proxies: &mut [ProxyPart]) -> std::io::Result<()> {
    let Some(tier) = fault.to.tier() else {
        return backend.fault(fault);
    };
    let there = proxy_of(tier, proxies)?;
    match fault.kind.how() {
        How::Stopped => there.stop_processes(),
        How::Killed => there.signal(SignalName::Kill, Signal::KILL),
        How::FallsSick(sickness) => there.sicken(sickness),
        How::Unreaped => there.kill_and_leave(),
    }
}

fn proxy_of(tier: Tier, proxies: &mut [ProxyPart]) -> std::io::Result<&mut ProxyPart> {
    let there = proxies.iter_mut().find(|part| part.tier() == tier);
    there.ok_or_else(|| std::io::Error::other("there is no such proxy"))
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

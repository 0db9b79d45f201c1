//! Acts: signals from outside, and what the configuration says by then. As `kill(2)` and the lab's file for its masters do it.

use super::super::SIGKILL;
use super::super::ctx::Ctx;
use super::Backend;
use super::master::MASTER_PID;
use super::process::SIGABRT;
use crate::machine::act::{Act, SignalName, Target};
use crate::machine::arbiter::{Signal, WorkerSignal};
use crate::masters::NO_SECOND_MASTER;
use crate::record::{EventKind, Source};

/// The kernel's words about a process that is gone.
const NO_PROCESS: &str = "No such process (os error 3)";

impl Backend {
    /// Performs an act of the plan, and tells it.
    pub(super) fn act(&mut self, ctx: &mut Ctx<'_>, index: u16, is_taken: bool) {
        let act = &ctx.plan.acts[usize::from(index)];
        let performed = self.perform(ctx, act);
        let gone = (!is_taken).then(|| NO_PROCESS.to_owned());
        let error = performed.err().or(gone);
        let kind = EventKind::Act {
            act: act.to_string(),
            error,
        };
        ctx.event((Source::Lab, kind), None, None);
    }

    fn perform(&mut self, ctx: &mut Ctx<'_>, act: &Act) -> Result<(), String> {
        if let Some(config) = &act.backend {
            self.shared.on_file = Some(config.clone());
        }
        if let Some(fault) = act.fault {
            return self.fault(ctx, fault);
        }
        let Some(signal) = act.signal else {
            return Ok(());
        };
        match signal.to {
            Target::Backend | Target::NewBackend => {
                let mut living = self.masters.iter_mut().filter(|master| !master.is_gone());
                let (oldest, newer) = (living.next(), living.next_back());
                let there = match (signal.to, oldest, newer) {
                    (_, None, _) => return Err(NO_PROCESS.to_owned()),
                    (Target::NewBackend, _, newest) => newest.ok_or(NO_SECOND_MASTER)?,
                    (_, Some(oldest), _) => oldest,
                };
                match to_master(signal.name) {
                    Ok(signal) => there.signal(ctx, signal),
                    Err(number) => there.die(ctx, &mut self.shared, number),
                }
                Ok(())
            }
            // They have seen to it.
            Target::EveryWorker | Target::Proxy | Target::Edge => Ok(()),
            Target::Worker(number) => {
                let pid = MASTER_PID.saturating_add(number);
                let workers = &mut self.shared.workers;
                let there =
                    to_worker(signal.name).is_some_and(|signal| workers.signal(ctx, pid, signal));
                there
                    .then_some(())
                    .ok_or_else(|| format!("there is no worker {number}"))
            }
        }
    }
}

/// What a master makes of a signal; the number of one that it dies of.
fn to_master(name: SignalName) -> Result<Signal, i32> {
    Ok(match name {
        SignalName::Term => Signal::Term,
        SignalName::Int => Signal::Int,
        SignalName::Quit => Signal::Quit,
        SignalName::Hup => Signal::Hup,
        SignalName::Usr1 => Signal::Usr1,
        SignalName::Usr2 => Signal::Usr2,
        SignalName::Ttin => Signal::Ttin,
        SignalName::Ttou => Signal::Ttou,
        SignalName::Winch => Signal::Winch,
        SignalName::Abrt => return Err(SIGABRT),
        SignalName::Kill => return Err(SIGKILL),
    })
}

/// What a worker makes of one.
fn to_worker(name: SignalName) -> Option<WorkerSignal> {
    Some(match name {
        SignalName::Term => WorkerSignal::Term,
        SignalName::Int | SignalName::Quit => WorkerSignal::Quit,
        SignalName::Abrt => WorkerSignal::Abrt,
        SignalName::Kill => WorkerSignal::Kill,
        SignalName::Usr1 => WorkerSignal::Usr1,
        SignalName::Hup
        | SignalName::Usr2
        | SignalName::Ttin
        | SignalName::Ttou
        | SignalName::Winch => return None,
    })
}

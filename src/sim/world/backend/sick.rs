//! Faults that befall a worker or a master: who is there afterwards, and does nothing.
//!
//! Modelled is what others notice: who goes on, who hears a signal, who keeps a core. Not modelled: what `/proc` would show, for which there is
//! nobody here; and that a loop which tries again at once sleeps until the first connection comes.

use super::super::ctx::Ctx;
use super::super::{SIGKILL, WAKE_UP};
use super::Backend;
use super::calls::Done;
use super::master::MASTER_PID;
use super::task::{Blocked, TaskAt};
use super::turns::Compute;
use super::workers::Workers;
use crate::machine::act::{FaultTo, How, Target};
use crate::machine::arbiter::ExitStatus;
use crate::machine::sickness::{FOR_GOOD, Sickness};
use crate::machine::worker::{Model, Outcome};

impl Backend {
    /// Brings a fault.
    pub(super) fn fault(&mut self, ctx: &mut Ctx<'_>, fault: FaultTo) -> Result<(), String> {
        let number = match fault.to {
            Target::Worker(number) => number,
            // They have seen to it.
            Target::Proxy | Target::Edge => return Ok(()),
            Target::EveryWorker => return Err("this is not played in virtual time".to_owned()),
            Target::Backend | Target::NewBackend => {
                self.freeze();
                return Ok(());
            }
        };
        let pid = MASTER_PID.saturating_add(number);
        let index = self.shared.workers.index_of(pid);
        let index = index.ok_or_else(|| format!("there is no worker {number}"))?;
        self.shared.workers.sick.push(index);
        match fault.kind.how() {
            How::Stopped => self.shared.workers.freeze(index),
            How::Killed => self.shared.workers.kill(ctx, index),
            How::Unreaped => {
                self.freeze();
                self.shared.workers.kill(ctx, index);
            }
            How::FallsSick(sickness) => self.shared.workers.falls_sick(ctx, index, sickness),
        }
        Ok(())
    }

    /// Masters stop.
    fn freeze(&mut self) {
        for master in self.masters.iter_mut().filter(|master| !master.is_gone()) {
            master.freeze();
        }
    }

    /// SIGCONT to whoever this act has stopped.
    pub(super) fn go_on(&mut self, ctx: &mut Ctx<'_>, index: u16) {
        let Some(fault) = ctx.plan.acts[usize::from(index)].fault else {
            return;
        };
        match fault.to {
            Target::Worker(number) if fault.kind.how() == How::Stopped => {
                let pid = MASTER_PID.saturating_add(number);
                if let Some(index) = self.shared.workers.index_of(pid) {
                    self.shared.workers.thaw(ctx, index);
                }
            }
            Target::Worker(_) | Target::Backend | Target::NewBackend => {
                for master in &mut self.masters {
                    master.thaw(ctx);
                }
            }
            Target::Proxy | Target::Edge | Target::EveryWorker => {}
        }
    }

    /// Masters have been told to end: one that was stopped goes on, and workers that hear nothing are killed.
    pub(in crate::sim::world) fn end_the_sick(&mut self, ctx: &mut Ctx<'_>) {
        for master in &mut self.masters {
            master.thaw(ctx);
        }
        for index in std::mem::take(&mut self.shared.workers.sick) {
            if !self.shared.workers.worker(index).gone {
                let status = ExitStatus::Signal(SIGKILL);
                self.shared.workers.end(ctx, index, status);
            }
        }
        self.bring_home(ctx);
    }
}

impl Workers {
    /// SIGSTOP.
    fn freeze(&mut self, index: u32) {
        self.worker(index).frozen = true;
        self.idle.retain(|at| at.worker != index);
    }

    /// SIGCONT: it takes what has come meanwhile.
    fn thaw(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        let worker = self.worker(index);
        if worker.gone || !std::mem::take(&mut worker.frozen) {
            return;
        }
        let waiting = worker.tasks_at_the_door();
        let at = |task| TaskAt {
            worker: index,
            task,
        };
        self.idle.extend(waiting.into_iter().map(at));
        if let Some(place) = self.sick.iter().position(|other| *other == index) {
            self.sick.remove(place);
        }
        self.look_at_the_lock(ctx, index);
        self.run(ctx, index);
        if ctx.kernel.listener(ctx.back).depth() > 0 {
            self.wake_idle(ctx);
        }
    }

    /// The worker is told to fall sick: its handler rings at the door of whoever waits there.
    fn falls_sick(&mut self, ctx: &mut Ctx<'_>, index: u32, sickness: Sickness) {
        let worker = self.worker(index);
        worker.machine.falls_sick(sickness);
        let at = TaskAt {
            worker: index,
            task: 0,
        };
        let waits = &worker.task(0).blocked;
        if matches!(waits, Blocked::Selecting | Blocked::Polling { .. }) {
            self.alarm_in(ctx, at, WAKE_UP);
        }
    }

    /// The main task is sick.
    pub(super) fn suffer(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        sickness: Sickness,
    ) -> Option<Done> {
        let worker = self.worker(at.worker);
        worker.out_of_files |= matches!(sickness, Sickness::FdLeak(_));
        if !sickness.is_for_good() {
            return Some(Done::Plain(Outcome::Done));
        }
        let alone = worker.machine.model() != Model::Loop;
        let blocked = Blocked::Sick(sickness);
        match (sickness.burns(), alone) {
            (true, _) => self.compute(ctx, at, Compute::Locked(FOR_GOOD), blocked),
            (false, true) => self.sleep(ctx, at, FOR_GOOD, blocked),
            // Nobody else of the loop goes on either.
            (false, false) => self.compute(ctx, at, Compute::Asleep(FOR_GOOD), blocked),
        }
        None
    }
}

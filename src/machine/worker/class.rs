//! A worker of any class.

use super::base::Base;
use super::gthread::GthreadWorker;
use super::hub::HubWorker;
use super::illness::{Illness, Met};
use super::manners::{Manners, delivery, unwinds};
use super::sync::SyncWorker;
use super::{Action, Delivery, Interrupt, Orders, Outcome, Step, TaskId};
use crate::machine::backend_config::{BackendConfig, WorkerClass};
use crate::machine::sickness::Sickness;
use crate::time::{Span, Timestamp};

/// A worker, without hands.
#[derive(Debug)]
pub enum Worker {
    /// One task.
    Sync(Box<SyncWorker>),
    /// A main thread and a pool.
    Gthread(Box<GthreadWorker>),
    /// A loop.
    Hub(Box<HubWorker>),
}

/// How the tasks of one process run beside each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Model {
    /// There is one.
    Alone,
    /// Each has a thread; the interpreter's lock lets one compute at a time.
    Threads,
    /// One runs until it waits, then another.
    Loop,
}

impl Model {
    /// How the class of this configuration runs.
    pub fn of(config: &BackendConfig) -> Model {
        match config.class() {
            WorkerClass::Sync => Model::Alone,
            WorkerClass::Gthread => Model::Threads,
            WorkerClass::Gevent | WorkerClass::Asgi | WorkerClass::Uvicorn => Model::Loop,
        }
    }
}

impl Worker {
    /// A worker that was just forked.
    pub fn new(orders: Orders) -> Worker {
        match Model::of(&orders.config) {
            Model::Alone => Worker::Sync(Box::new(SyncWorker::new(orders))),
            Model::Threads => Worker::Gthread(Box::new(GthreadWorker::new(orders))),
            Model::Loop => Worker::Hub(Box::new(HubWorker::new(orders))),
        }
    }

    /// Goes on with what came of a task's last action ([`Outcome::Done`] the first time).
    pub fn resume(&mut self, task: TaskId, now: Timestamp, outcome: Outcome<'_>) -> Step {
        let outcome = match task {
            TaskId::MAIN => match self.base_mut().illness.meets(outcome) {
                Met::GoesOn(outcome) => outcome,
                Met::FallsSick(sickness) => {
                    let action = Action::Suffer(sickness);
                    return Step { conn: None, action };
                }
            },
            _ => outcome,
        };
        self.base_mut().warmth.resumes(now, task);
        let step = match self {
            Worker::Sync(worker) => worker.resume(now, outcome),
            Worker::Gthread(worker) => worker.resume(task, now, outcome),
            Worker::Hub(worker) => worker.resume(task, now, outcome),
        };
        self.base_mut().warmth.does(now, task, &step.action);
        step
    }

    /// The next task that has been woken (or is new) since this was asked.
    pub fn woken(&mut self) -> Option<TaskId> {
        match self {
            Worker::Sync(_) => None,
            Worker::Gthread(worker) => worker.woken(),
            Worker::Hub(worker) => worker.woken(),
        }
    }

    /// Tasks that exist from the start, the main one included; the others are new when they are woken.
    pub fn first_tasks(&self) -> u32 {
        match self {
            Worker::Sync(_) | Worker::Hub(_) => 1,
            Worker::Gthread(worker) => worker.tasks(),
        }
    }

    /// It is to fall sick, as soon as its main task is back from the call that it is in.
    pub fn falls_sick(&mut self, sickness: Sickness) {
        self.base_mut().illness = Illness::Coming(sickness);
    }

    fn base_mut(&mut self) -> &mut Base {
        match self {
            Worker::Sync(worker) => &mut worker.base,
            Worker::Gthread(worker) => &mut worker.base,
            Worker::Hub(worker) => &mut worker.base,
        }
    }

    /// SIGTERM: what is in hand is the last.
    pub fn terminate(&mut self) {
        match self {
            Worker::Sync(worker) => worker.base.alive = false,
            Worker::Gthread(worker) => worker.terminate(),
            Worker::Hub(worker) => worker.terminate(),
        }
    }

    /// Requests handled (`nr`).
    pub fn nr(&self) -> u32 {
        match self {
            Worker::Sync(worker) => worker.base.nr,
            Worker::Gthread(worker) => worker.base.nr,
            Worker::Hub(worker) => worker.base.nr,
        }
    }

    /// How its tasks run beside each other.
    pub fn model(&self) -> Model {
        match self {
            Worker::Sync(_) => Model::Alone,
            Worker::Gthread(_) => Model::Threads,
            Worker::Hub(_) => Model::Loop,
        }
    }

    /// Whether the application's object stays in memory for as long as its `send` waits, beside what the transport keeps.
    pub fn keeps_the_object(config: &BackendConfig) -> bool {
        Manners::of(config, Span::ZERO).sends.keeps_the_object()
    }

    /// Whether a signal unwinds this call of a worker of this class before its end.
    pub fn unwinds(class: WorkerClass, action: &Action) -> bool {
        unwinds(class, action)
    }

    /// What a process of this class does about a signal that would unwind it.
    pub fn delivery_of(class: WorkerClass, by: Interrupt) -> Delivery {
        delivery(class, by)
    }
}

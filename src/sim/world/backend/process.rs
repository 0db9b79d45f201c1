//! A worker as a process: its birth, its connections, signals, its end, and what it reports.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::super::ctx::Ctx;
use super::super::{SIGKILL, WAKE_UP};
use super::costs::REQUEST_CPU;
use super::master::MASTER_PID;
use super::task::{Blocked, Ready, Task, TaskAt};
use super::turns::Compute;
use super::workers::{Ended, Workers};
use crate::attribution::worker_state;
use crate::machine::arbiter::{ExitStatus, Level, WorkerSignal};
use crate::machine::backend_config::{BackendConfig, WorkerClass};
use crate::machine::herd::Herd;
use crate::machine::sickness::Sickness;
use crate::machine::worker::{
    self, Action, ConnId, Delivery, Gil, Identity, Interrupt, Model, Orders, Outcome, TaskId,
    Worker as Machine,
};
use crate::record::{EventKind, Report, Source, WorkerReport, WorkerState};
use crate::sim::kernel::SocketId;
use crate::time::{Span, Timestamp};

/// Ours: what a fork and the first steps of a worker take.
const FORK: Span = Span::from_ms(1);

pub(super) const SIGABRT: i32 = 6;

/// A worker process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) machine: Machine,
    /// Of the configuration with which it was forked; a reload may have brought another.
    class: WorkerClass,
    /// How it and its like share connections among them.
    pub(super) herd: Herd,
    /// The master that forked it, and whether that is gone.
    master: u16,
    pub(super) orphaned: bool,
    /// 1 is the first that was ever forked.
    pub(super) number: u32,
    pub(super) pid: u32,
    pub(super) last_update: Option<Timestamp>,
    pub(super) booted: bool,
    pub(super) gone: bool,
    /// Whether it was stopped.
    pub(super) frozen: bool,
    /// Whether it has no descriptor left to accept with.
    pub(super) out_of_files: bool,
    tasks: Vec<Task>,
    conns: BTreeMap<ConnId, Conn>,
    next_conn: u32,
    has_listener: bool,
    /// Tasks that can go on, in the order in which something came of their calls.
    pub(super) ready: VecDeque<(u16, Ready)>,
    /// The task beside which no other runs, and what it does meanwhile.
    pub(super) occupant: Option<u16>,
    pub(super) turn: Compute,
    /// Since when; `None` while it waits for a core.
    pub(super) turn_began: Option<Timestamp>,
    /// Whether it still has the core of a turn that is over, while it sees what comes next.
    pub(super) has_core: bool,
    /// The interpreter's lock, if its tasks are threads.
    pub(super) gil: Gil,
    /// How often in a row a large `send` has kept the lock, asked up to three times for each.
    pub(super) outrun: u32,
    /// Brief calls since one last cost its thread the lock.
    pub(super) brief: u32,
    /// Threads that were woken since it is or was free, and when they look.
    pub(super) lookers: VecDeque<(Timestamp, TaskId)>,
    /// A signal that arrived where it could not unwind anything.
    pub(super) pending: Option<Interrupt>,
    /// By slot: what the gauges count it as, busy and sending.
    slots: Vec<Gauged>,
}

/// What the gauges count of a slot: whether it holds a connection, whether it sends, and what is kept for it.
type Gauged = (bool, bool, u64);

/// A connection of a worker.
#[derive(Clone, Copy, Debug)]
struct Conn {
    socket: SocketId,
    /// Bytes that its transport keeps.
    kept: u64,
}

impl Process {
    fn new(
        machine: Machine,
        config: &BackendConfig,
        (master, identity): (u16, Identity),
    ) -> Process {
        Process {
            machine,
            class: config.class(),
            herd: Herd::of(config.class(), config.bind),
            master,
            orphaned: false,
            number: identity.age,
            pid: identity.pid,
            last_update: None,
            booted: false,
            gone: false,
            frozen: false,
            out_of_files: false,
            tasks: Vec::new(),
            conns: BTreeMap::new(),
            next_conn: 0,
            has_listener: true,
            ready: VecDeque::new(),
            occupant: None,
            turn: Compute::Asleep(Span::ZERO),
            turn_began: None,
            has_core: false,
            gil: Gil::default(),
            outrun: 0,
            brief: 0,
            lookers: VecDeque::new(),
            pending: None,
            slots: Vec::new(),
        }
    }

    /// A task, made if it is new.
    pub(super) fn task(&mut self, task: u16) -> &mut Task {
        let index = usize::from(task);
        if self.tasks.len() <= index {
            self.tasks.resize_with(index + 1, Task::default);
        }
        &mut self.tasks[index]
    }

    /// Where the alarm of the interpreter's lock is, as if it were a task behind all threads.
    pub(super) fn lock(&self) -> u16 {
        u16::try_from(self.machine.first_tasks()).expect("fewer than 2^16 tasks in a process")
    }

    /// Whether this is no task, but that.
    pub(super) fn is_lock(&self, task: u16) -> bool {
        self.machine.model() == Model::Threads && task == self.lock()
    }

    /// The tasks that wait for connections, and have not been told of one.
    pub(super) fn tasks_at_the_door(&self) -> Vec<u16> {
        let told = |task: u16| self.ready.contains(&(task, Ready::Acceptable));
        let tasks = (0..).zip(&self.tasks);
        let waiting = tasks.filter(|(task, at)| at.blocked.is_for_connections() && !told(*task));
        waiting.map(|(task, _)| task).collect()
    }

    pub(super) fn add(&mut self, socket: SocketId) -> ConnId {
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        self.conns.insert(conn, Conn { socket, kept: 0 });
        conn
    }

    pub(super) fn socket(&self, conn: ConnId) -> Option<SocketId> {
        self.conns.get(&conn).map(|conn| conn.socket)
    }

    pub(super) fn remove(&mut self, conn: ConnId) {
        self.conns.remove(&conn);
    }

    pub(super) fn kept(&self, conn: ConnId) -> u64 {
        self.conns.get(&conn).map_or(0, |conn| conn.kept)
    }

    pub(super) fn keep(&mut self, conn: ConnId, bytes: u64) {
        if let Some(conn) = self.conns.get_mut(&conn) {
            conn.kept = bytes;
        }
    }

    /// Brings the gauges up to date with what a slot does.
    fn gauge(&mut self, ctx: &mut Ctx<'_>, slot: u32, (state, kept): (WorkerState, u64)) {
        let index = slot as usize;
        if self.slots.len() <= index {
            self.slots.resize(index + 1, Gauged::default());
        }
        let after = (state.holds(), state == WorkerState::Send, kept);
        let before = std::mem::replace(&mut self.slots[index], after);
        let gauges = &mut ctx.gauges;
        gauges.busy_slots = gauges.busy_slots + u64::from(after.0) - u64::from(before.0);
        gauges.sending_slots = gauges.sending_slots + u64::from(after.1) - u64::from(before.1);
        gauges.worker_buffered = gauges.worker_buffered + after.2 - before.2;
    }
}

impl Workers {
    /// A master forks; the worker's process id and number.
    pub(super) fn fork(
        &mut self,
        ctx: &mut Ctx<'_>,
        (master, config): (u16, &Arc<BackendConfig>),
        max_requests: Option<u32>,
    ) -> (u32, u32) {
        let worker = u32::try_from(self.all.len()).expect("fewer than 2^32 forks");
        let number = worker + 1;
        let identity = Identity {
            age: number,
            pid: MASTER_PID + number,
        };
        let machine = Machine::new(Orders {
            identity,
            config: Arc::clone(config),
            seed: self.seed,
            max_requests,
            own_cpu: REQUEST_CPU,
        });
        self.all
            .push(Process::new(machine, config, (master, identity)));
        self.listeners += 1;
        self.sleep(ctx, TaskAt { worker, task: 0 }, FORK, Blocked::Forking);
        (identity.pid, number)
    }

    /// The master sends a signal; whether the process was there.
    pub(super) fn signal(&mut self, ctx: &mut Ctx<'_>, pid: u32, signal: WorkerSignal) -> bool {
        let Some(index) = self.index_of(pid) else {
            return false;
        };
        match signal {
            WorkerSignal::Usr1 => {}
            WorkerSignal::Kill => self.kill(ctx, index),
            WorkerSignal::Term => self.terminate(ctx, index),
            WorkerSignal::Abrt => self.interrupt(ctx, index, Interrupt::Abort),
            WorkerSignal::Quit => self.interrupt(ctx, index, Interrupt::Quit),
        }
        true
    }

    fn terminate(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        let worker = self.worker(index);
        worker.machine.terminate();
        let at = TaskAt {
            worker: index,
            task: 0,
        };
        if worker.task(0).blocked == Blocked::Selecting {
            self.alarm_in(ctx, at, WAKE_UP);
        }
        self.wake_tasks(ctx, index);
        self.run(ctx, index);
    }

    /// SIGKILL: its end, unless it waits where no signal reaches. What it was killed by waits with it then, until the end of the run.
    pub(super) fn kill(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        let blocked = &self.worker(index).task(0).blocked;
        if *blocked != Blocked::Sick(Sickness::Unkillable) {
            self.end(ctx, index, ExitStatus::Signal(SIGKILL));
        }
    }

    /// A signal that unwinds what the worker is doing, as its class takes it.
    fn interrupt(&mut self, ctx: &mut Ctx<'_>, index: u32, by: Interrupt) {
        let worker = self.worker(index);
        let class = worker.class;
        let delivery = Machine::delivery_of(class, by);
        if worker.frozen {
            worker.pending = Some(by);
            return;
        }
        // Held back until its handlers are in place.
        if worker.task(0).blocked == Blocked::Forking && delivery != Delivery::Dies {
            worker.pending = Some(by);
            return;
        }
        let occupant = worker.occupant;
        let unwinds_the_occupant = match delivery {
            Delivery::Dies => return self.end(ctx, index, ExitStatus::Signal(SIGABRT)),
            Delivery::Running => occupant.is_some(),
            Delivery::Main => occupant == Some(0),
            Delivery::Loop => false,
        };
        let worker = self.worker(index);
        let call = match worker.task(0).blocked {
            Blocked::Sick(sickness) if occupant == Some(0) => Action::Suffer(sickness),
            _ => worker.turn.as_action(),
        };
        match occupant {
            Some(task) if unwinds_the_occupant && Machine::unwinds(class, &call) => {
                let worker = index;
                self.unwind(ctx, TaskAt { worker, task }, by);
            }
            _ => self.worker(index).pending = Some(by),
        }
        self.run(ctx, index);
    }

    /// A signal that waited for the process to be free; whether its main task could take it.
    pub(super) fn deliver(&mut self, ctx: &mut Ctx<'_>, index: u32) -> bool {
        let blocked = &self.worker(index).task(0).blocked;
        if matches!(blocked, Blocked::Sick(sickness) if !sickness.hears_signals()) {
            return false;
        }
        if matches!(
            blocked,
            Blocked::Forking | Blocked::InHandler | Blocked::Running | Blocked::Nowhere
        ) {
            return false;
        }
        if let Some(by) = self.worker(index).pending.take() {
            let worker = index;
            self.unwind(ctx, TaskAt { worker, task: 0 }, by);
        }
        true
    }

    fn unwind(&mut self, ctx: &mut Ctx<'_>, at: TaskAt, by: Interrupt) {
        let sent = self.worker(at.worker).task(at.task).blocked.sent();
        self.leave(ctx, at);
        self.resume(ctx, at, Outcome::Interrupted { by, sent });
    }

    /// Takes a task out of what it shares with others: the wait for connections, the cores, the turns.
    fn leave(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        self.leave_idle(at);
        if self.worker(at.worker).occupant == Some(at.task) {
            self.vacate(ctx, at.worker);
        }
        let worker = self.worker(at.worker);
        let task = worker.task(at.task);
        task.left = None;
        task.alarm.set(None);
    }

    /// A master is gone. Its workers notice when they look.
    pub(super) fn orphan(&mut self, master: u16) {
        for worker in self.all.iter_mut().filter(|worker| worker.master == master) {
            worker.orphaned = true;
        }
    }

    /// The process is gone; its sockets are closed by the kernel, and its master will hear of it.
    pub(super) fn end(&mut self, ctx: &mut Ctx<'_>, index: u32, status: ExitStatus) {
        self.idle.retain(|at| at.worker != index);
        self.vacate(ctx, index);
        let worker = self.worker(index);
        worker.gone = true;
        worker.ready.clear();
        let conns = std::mem::take(&mut worker.conns);
        for slot in 0..u32::try_from(worker.slots.len()).unwrap_or(u32::MAX) {
            worker.gauge(ctx, slot, (WorkerState::Dead, 0));
        }
        let ended = Ended {
            master: worker.master,
            pid: worker.pid,
            number: worker.number,
            status,
        };
        for conn in conns.into_values() {
            ctx.close(conn.socket);
        }
        self.give_up_listener(ctx, index);
        self.ended.push_back(ended);
    }

    pub(super) fn give_up_listener(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        if std::mem::take(&mut self.worker(index).has_listener) {
            self.close_listener(ctx);
        }
    }

    pub(super) fn tell(&mut self, ctx: &mut Ctx<'_>, index: u32, report: &worker::Report) {
        let state = worker_state(report.state);
        let at = ctx.told(ctx.now());
        let told = report.accepted_at.map(|at| ctx.told(at));
        let worker = self.worker(index);
        worker.booted |= state == WorkerState::Idle;
        if let Some(slot) = report.slot {
            worker.gauge(ctx, slot, (state, report.buffered_bytes));
        }
        let report = WorkerReport {
            request_id: report.request_id,
            accepted_at: told,
            sent_bytes: report.sent_bytes,
            recv_blocked: report.recv_blocked,
            send_blocked: report.send_blocked,
            buffered_bytes: report.buffered_bytes,
            ..WorkerReport::bare(worker.number, worker.pid, report.slot, at, state)
        };
        ctx.report(Report::Worker(report));
    }

    pub(super) fn log(&mut self, ctx: &mut Ctx<'_>, index: u32, level: Level, line: String) {
        let number = self.worker(index).number;
        if level.is_told() {
            let kind = EventKind::WorkerLog { line };
            ctx.event((Source::Worker, kind), None, Some(number));
        }
    }
}

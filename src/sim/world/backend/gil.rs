//! Threads of a worker and the interpreter's lock: [`Gil`](crate::machine::worker::Gil) decides who has it. A thread wants it as soon as
//! something has come of its call, and lets go of it when it waits again. Whoever is woken looks [`WAKE_UP`] later.
//!
//! A call that does not wait lets go of the lock as well, but its thread is back before anybody else is awake. A `send` is not so quick, since it
//! wakes its reader: whoever waits has the lock by then. Measured on two cores beside a thread that computes without end: with CPython 3.11 a
//! `read`, a `recv` and a `send` that woke nobody lost the lock in 0 to 6 of 100 calls; heads of responses of gunicorn 27 lost it in about half,
//! those of the lab in nine of ten, for 5.4 to 7 ms. The body behind a head did not: whoever had to yield is not back yet.
//!
//! A piece of a large body keeps those awake who read it: on two cores there is none on which whoever waits could be quicker. Pieces of 64 KiB, 1 ms of CPU before
//! each, behind a proxy that passes on: gthread's main thread waited for 0.14 to 0.23 s at the median for a lock that was free a thousand times a second, since
//! whoever is woken by that counts its 5 ms anew (gunicorn 27, CPython 3.11; 0.03 to 0.08 s on the lab). Which of them succeeds is chance; here one in so many.

use super::super::WAKE_UP;
use super::super::ctx::Ctx;
use super::calls::Done;
use super::task::{Blocked, TaskAt};
use super::workers::Workers;
use crate::machine::worker::{Outcome, Take, TaskId};
use crate::time::{Span, Timestamp};

/// Ours: from so much on those who read it are at it for longer than its sender is in the call.
const KEEPS_READERS_AWAKE: u64 = 32 * 1024;

/// Ours: one in so many is quicker all the same (a `send` asks up to three times: for what it costs, for what is read of it, and at its end). Visitors' median is 0.37 s by that in `fast-reader-starves-gevent` (gunicorn 0.21 to 0.41, lab 0.06 to 0.35).
const IS_OUTRUN: u32 = 150;

/// Measured: of so many calls that let go of the lock and wait for nothing one finds it taken, where a thread computes (gunicorn 27's threads: `accept4` 12 of 100, `setblocking` 11,
/// `getsockname` 6, `utime` 9, a selector made and told 31, from its end to the head 39, `read` to `close` at a connection's end 57).
const LOST_ONCE_IN: u32 = 8;

/// With fewer cores than that, sender and readers have all of them.
const CORES_FOR_ANOTHER: u32 = 3;

/// Measured: a `send` that wakes its reader; 20 to 40 us at the median in CPython 3.11.
pub(super) const SEND: Span = Span::from_us(30);

impl Workers {
    /// A thread wants the lock, if it does not have it or wait for it.
    pub(super) fn want_lock(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        let task = TaskId(u32::from(at.task));
        let worker = self.worker(at.worker);
        let comes = worker.lookers.iter().any(|(_, looker)| *looker == task);
        if worker.gil.holder() != Some(task) && !worker.gil.waits(task) && !comes {
            self.look(ctx, at.worker, task);
        }
    }

    /// A thread tries to take the lock; one that has yielded is woken by that.
    fn look(&mut self, ctx: &mut Ctx<'_>, index: u32, task: TaskId) {
        let now = ctx.now();
        let worker = self.worker(index);
        worker.lookers.retain(|(_, looker)| *looker != task);
        if let Take::Has {
            resumes: Some(yielded),
        } = worker.gil.take(now, task)
        {
            worker.lookers.push_back((now + WAKE_UP, yielded));
        }
        self.watch_the_clock(ctx, index);
    }

    /// The holder lets go of the lock, and somebody is woken.
    pub(super) fn let_go(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        let at = ctx.now() + WAKE_UP;
        let worker = self.worker(index);
        if let Some(woken) = worker.gil.release() {
            worker.lookers.push_back((at, woken));
            self.watch_the_clock(ctx, index);
        }
    }

    /// A call that lets go of the lock and is back at once: who is woken finds it taken.
    pub(super) fn lets_go_and_is_back(&mut self, ctx: &mut Ctx<'_>, at: TaskAt) {
        let task = TaskId(u32::from(at.task));
        let gil = &self.worker(at.worker).gil;
        if gil.is_waited_for() && !gil.is_wanted() && gil.holder() == Some(task) {
            self.let_go(ctx, at.worker);
            self.look(ctx, at.worker, task);
        }
    }

    /// Calls that let go of the lock and are back at once, but for the one in so many that is not.
    pub(super) fn call_briefly(
        &mut self,
        ctx: &mut Ctx<'_>,
        at: TaskAt,
        calls: u32,
    ) -> Option<Done> {
        let worker = self.worker(at.worker);
        if worker.gil.is_waited_for() {
            worker.brief += calls;
            if worker.brief >= LOST_ONCE_IN {
                worker.brief %= LOST_ONCE_IN;
                self.sleep(ctx, at, SEND, Blocked::Waiting);
                return None;
            }
            self.lets_go_and_is_back(ctx, at);
        }
        Some(Done::Plain(Outcome::Done))
    }

    /// The one that has the lock goes on; whether there was one.
    pub(super) fn holder_goes_on(&mut self, ctx: &mut Ctx<'_>, index: u32) -> bool {
        let worker = self.worker(index);
        let Some(TaskId(task)) = worker.gil.holder() else {
            return false;
        };
        let task = u16::try_from(task).expect("fewer than 2^16 tasks in a process");
        let at = TaskAt {
            worker: index,
            task,
        };
        let told = worker.ready.iter().position(|(ready, _)| *ready == task);
        if let Some((_, why)) = told.and_then(|place| worker.ready.remove(place)) {
            self.go_on(ctx, at, why);
        } else if let Some(left) = worker.task(task).left {
            self.occupy(ctx, at, left.turn());
        } else {
            self.let_go(ctx, index);
        }
        true
    }

    /// Whoever was woken looks at the lock, and whoever has waited for long enough asks for a turn: one that computes stops, if it can be stopped.
    pub(super) fn look_at_the_lock(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        if self.worker(index).frozen {
            return;
        }
        while let Some(task) = self.next_looker(index, ctx.now()) {
            self.look(ctx, index, task);
        }
        let now = ctx.now();
        let worker = self.worker(index);
        if let (Some(task), Some(began), true) =
            (worker.occupant, worker.turn_began, worker.gil.is_wanted())
        {
            let cut = worker.turn.cut(now.since(began));
            if cut != worker.turn {
                worker.turn = cut;
                worker.task(task).alarm.set(None);
                let worker = index;
                return self.turn_over(ctx, TaskAt { worker, task });
            }
        }
        self.run(ctx, index);
    }

    fn next_looker(&mut self, index: u32, now: Timestamp) -> Option<TaskId> {
        let worker = self.worker(index);
        let is_due = |(due, _): &(Timestamp, TaskId)| *due <= now;
        if worker.lookers.front().is_some_and(is_due) {
            return worker.lookers.pop_front().map(|(_, task)| task);
        }
        let asks = worker.gil.next_to_ask().filter(is_due);
        asks.map(|(_, task)| task)
    }

    /// Sets the lock's alarm for whoever looks at it next.
    fn watch_the_clock(&mut self, ctx: &mut Ctx<'_>, index: u32) {
        let worker = self.worker(index);
        let task = worker.lock();
        let woken = worker.lookers.front().map(|(due, _)| *due);
        let asks = worker.gil.next_to_ask().map(|(due, _)| due);
        let worker = index;
        let at = TaskAt { worker, task };
        match woken.into_iter().chain(asks).min() {
            Some(due) => self.alarm_in(ctx, at, due.since(ctx.now())),
            None => {
                self.worker(index).task(task).alarm.set(None);
            }
        }
    }

    /// Whether a thread that has sent so much finds, when it is back, that another has the lock.
    pub(super) fn loses_the_lock(&mut self, at: TaskAt, sent: u64) -> bool {
        let has_no_core = sent >= KEEPS_READERS_AWAKE && self.cores.all() < CORES_FOR_ANOTHER;
        let worker = self.worker(at.worker);
        if has_no_core {
            worker.outrun = (worker.outrun + 1) % IS_OUTRUN;
            if worker.outrun != 0 {
                return false;
            }
        }
        let sends_a_head = worker.task(at.task).sends_a_head;
        worker.gil.is_waited_for() || sends_a_head && !worker.lookers.is_empty()
    }
}

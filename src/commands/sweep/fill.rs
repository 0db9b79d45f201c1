//! Measuring the points that the table lacks, on as many cores as the engine can use, and writing them in their order.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::super::engine::Ready;
use super::super::finish::talk;
use super::super::progress::Counter;
use super::super::{interrupt, measure};
use super::points::{self, Grid};
use super::rows::{self, Row};
use super::shard::Shard;
use super::table::Table;
use crate::cli::{Engine, SweepArgs};

/// How far a thread may be ahead of the first point that is not written: what a slow point keeps others from writing is bounded.
const MOST_AHEAD: usize = 256;

/// Measures what the table lacks of a shard's points; how many of them it has in the end.
///
/// # Errors
/// A point that is refused, or a disk that is full. What stands before it is written.
pub(super) fn fill(
    args: &SweepArgs,
    engine: &Ready,
    (grid, shard): (&Grid<'_>, Shard),
    table: Table,
) -> anyhow::Result<usize> {
    let (known, all) = (table.known, shard.share_of(grid.len));
    if !args.work.quiet && known > 0 {
        let counts = [("known", known.into()), ("all", all.into())];
        talk(&args.work.speech.shown().say("sweep-resumed", counts));
    }
    let threads = match args.engine {
        Engine::Sim => std::thread::available_parallelism().map_or(1, usize::from),
        // Real sockets share one machine: two runs at once would measure each other.
        Engine::Lab | Engine::Reference | Engine::ReferenceNginx | Engine::ReferenceGunicorn => 1,
    };
    let missing = all.saturating_sub(known);
    let queue = Queue {
        state: Mutex::new(State {
            next: known,
            early: BTreeMap::new(),
            counter: Counter::new(args.work.listener(), missing),
            table,
            is_over: false,
        }),
        moved: Condvar::new(),
        all,
    };
    let work = || {
        let _ended = Ending(&queue);
        while let Some(place) = queue.claim() {
            let point = shard.point(place);
            let done = measured(args, engine, (grid, point), &args.work.out)
                .and_then(|(rows, settings)| queue.put(place, rows, &settings));
            match done {
                Err(_) if interrupt::asked().is_some() => break,
                done => done?,
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(missing))
            .map(|_| scope.spawn(work))
            .collect();
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().expect("a point does not panic"));
        ended.collect::<anyhow::Result<Vec<()>>>()
    })?;
    let state = queue.state.into_inner();
    let mut state = state.unwrap_or_else(PoisonError::into_inner);
    state.counter.done();
    Ok(state.table.known)
}

/// The rows of a point, and what it sets.
fn measured(
    args: &SweepArgs,
    engine: &Ready,
    (grid, point): (&Grid<'_>, usize),
    out: &Path,
) -> anyhow::Result<(Vec<Row>, String)> {
    let values = grid.values(point);
    let plan = points::plan(args, grid, &values)?;
    let summary = measure::measure(&plan, engine, out)?;
    let rows = rows::of(point, &values, &summary);
    Ok((rows, grid.settings(&values).join(" ")))
}

/// Who measures what next, and what waits for its turn to be written.
struct Queue {
    state: Mutex<State>,
    /// Told when a point was written, and at the end.
    moved: Condvar,
    all: usize,
}

struct State {
    /// The place of the next point.
    next: usize,
    /// Points that were measured before one in front of them.
    early: BTreeMap<usize, Vec<Row>>,
    table: Table,
    counter: Counter,
    is_over: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of a point for the thread that asks.
    fn claim(&self) -> Option<usize> {
        let mut state = self.state();
        loop {
            if state.is_over || state.next >= self.all || interrupt::asked().is_some() {
                return None;
            }
            if state.next < state.table.known + MOST_AHEAD {
                state.next += 1;
                return Some(state.next - 1);
            }
            let waited = self.moved.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes a point's rows, and writes what can be written.
    fn put(&self, place: usize, rows: Vec<Row>, settings: &str) -> anyhow::Result<()> {
        let mut guard = self.state();
        let state = &mut *guard;
        state.early.insert(place, rows);
        state.counter.point(settings);
        while let Some(rows) = state.early.remove(&state.table.known) {
            state.table.append(&rows)?;
        }
        self.moved.notify_all();
        Ok(())
    }
}

/// When the first thread ends, however it does, nobody begins another point or waits for one.
struct Ending<'a>(&'a Queue);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.moved.notify_all();
    }
}

//! Measuring the points that the table lacks, on as many cores as the engine can use.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::super::engine::Ready;
use super::super::finish::talk;
use super::super::progress::Counter;
use super::super::vary::Axis;
use super::super::{interrupt, measure};
use super::points::Point;
use super::rows::{self, Row};
use super::table::Table;
use crate::cli::{Engine, SweepArgs};

/// Measures what the table lacks; all rows in order, as far as they are known.
pub(super) fn fill(
    args: &SweepArgs,
    engine: &Ready,
    axes: &[Axis],
    points: &[Point],
    table: Table,
) -> anyhow::Result<Vec<Row>> {
    let missing: Vec<usize> = (0..points.len())
        .filter(|index| !table.has(*index))
        .collect();
    if !args.work.quiet && missing.len() < points.len() {
        let known = [
            ("known", (points.len() - missing.len()).into()),
            ("all", points.len().into()),
        ];
        talk(&args.work.speech.shown().say("sweep-resumed", known));
    }
    let threads = match args.engine {
        Engine::Sim => std::thread::available_parallelism().map_or(1, usize::from),
        // Real sockets share one machine: two runs at once would measure each other.
        Engine::Lab | Engine::Reference | Engine::ReferenceNginx | Engine::ReferenceGunicorn => 1,
    };
    let next = AtomicUsize::new(0);
    let table = Mutex::new((table, Counter::new(args.work.listener(), missing.len())));
    let work = || -> anyhow::Result<()> {
        while interrupt::asked().is_none() {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(index) = missing.get(place) else {
                break;
            };
            let point = &points[*index];
            let summary = match measure::measure(&point.plan, engine, &args.work.out) {
                Err(_) if interrupt::asked().is_some() => break,
                other => other?,
            };
            let rows = rows::of(*index, &point.values, &summary);
            let settings = axes.iter().zip(&point.values);
            let settings: Vec<String> = settings
                .map(|(axis, value)| format!("{}={value}", axis.key))
                .collect();
            let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
            table.0.append(rows)?;
            table.1.point(&settings.join(" "));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(missing.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().expect("a point does not panic"));
        ended.collect::<anyhow::Result<Vec<()>>>()
    })?;
    let (table, mut counter) = table.into_inner().unwrap_or_else(PoisonError::into_inner);
    counter.done();
    table.finish()
}

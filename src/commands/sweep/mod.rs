//! `slowlab sweep`: one run for each value of some keys, into one table and one picture.
//!
//! The points of a sweep are independent: the sim runs them on all cores, the lab one after another. Each finished point is
//! appended to `sweep.csv` at once; the same command again finds the same folder (named by a hash over all that was asked) and
//! goes on with what is missing. At the end the table is put into order, so that its bytes do not depend on the cores.

mod fill;
mod points;
pub(super) mod rows;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use fill::fill;
use points::{combinations, folder, point, rows_per_point};
use rows::Row;
use table::Table;

use super::finish::talk;
use super::vary::Axis;
use super::{engine, interrupt, remains};
use crate::cli::{Engine, ProgramArgs, SweepArgs};
use crate::error::{Exit, Refusal};
use crate::report::chart::{self, SweepCell};
use crate::report::words::Words;

/// Runs the sweep, or the rest of it.
///
/// # Errors
/// A bad scenario or `--vary`, an engine that cannot run a point, results that cannot be written.
pub(super) fn run(args: &SweepArgs) -> anyhow::Result<Exit> {
    let words = args.work.speech.shown();
    let engine = engine::ready(args.engine, &ProgramArgs::default(), &args.kernel)?;
    let axes = args
        .vary
        .iter()
        .map(|text| Axis::parse(text))
        .collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(twice) = twice(&axes) {
        let text = format!(
            "`--vary {twice}` is given twice\nhint: list all its values in one, as in `{twice}=1,2,4`"
        );
        return Err(Refusal::usage(text).into());
    }
    // Every point is read before the first one runs: a value that the scenario refuses must not cost the time of the others.
    let points = combinations(&axes, args.zip)?
        .into_iter()
        .map(|values| point(args, &axes, values))
        .collect::<anyhow::Result<Vec<_>>>()?;
    interrupt::listen()?;
    if args.engine != Engine::Sim {
        remains::before_a_run();
    }
    let dir = folder(args, &points, &engine);
    let keys: Vec<String> = axes.iter().map(|axis| axis.key.clone()).collect();
    let table = Table::open(&dir, &keys, rows_per_point(&points))?;
    let rows = fill(args, &engine, &axes, &points, table)?;
    let mut cells: Vec<SweepCell> = rows.iter().map(Row::cell).collect();
    let mut axes = keys.clone();
    if args.zip {
        // Keys that move together are one axis.
        axes = vec![keys.join(" / ")];
        for cell in &mut cells {
            cell.values = vec![cell.values.join(" / ")];
        }
    }
    let title = points
        .first()
        .map_or("", |point| point.plan.scenario.as_str());
    let place = (title, args.engine.name());
    chart::draw_sweep(place, &axes, &cells, &dir, words).map_err(Refusal::unfit)?;
    let mut out = anstream::stdout();
    out.write_all(rows::text(&keys, &rows, words).as_bytes())?;
    if !args.work.quiet {
        files(&dir, "sweep.csv", words);
    }
    let Some(exit) = interrupt::asked() else {
        return Ok(Exit::Held);
    };
    if !args.work.quiet {
        let known = rows.iter().map(|row| row.point).collect::<BTreeSet<_>>();
        let (known, all) = (known.len(), points.len());
        let counts = [("known", known.into()), ("all", all.into())];
        talk(&words.say("sweep-interrupted", counts));
    }
    Ok(exit)
}

/// Says where a table and its charts are.
pub(super) fn files(dir: &Path, table: &str, words: &Words) {
    for (message, name) in [("sweep-table", table), ("sweep-charts", "charts")] {
        let path = dir.join(name).display().to_string();
        talk(&words.say(message, [("path", path.into())]));
    }
}

/// A key that is given more than once.
fn twice(axes: &[Axis]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    let mut keys = axes.iter().map(|axis| axis.key.as_str());
    keys.find(|key| !seen.insert(*key))
}

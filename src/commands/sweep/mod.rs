//! `slowlab sweep`: one run for each value of some keys, into one table and one picture.
//!
//! The points of a sweep are independent: the sim runs them on all cores, the lab one after another. Each finished point is
//! appended to `sweep.csv` in its turn; the same command again finds the same folder (named by a hash over all that was asked) and
//! goes on with what is missing. A sweep may be divided into shards, each with a table of its own, and put together again.

mod asked;
mod drawn;
mod export;
mod fill;
mod merge;
mod points;
pub(super) mod rows;
mod shard;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use asked::{Asked, Manifest};
use fill::fill;
use points::Grid;
use rows::Row;
use shard::Shard;
use table::{NAME, Rows, Table};

use super::finish::talk;
use super::vary::Axis;
use super::{engine, interrupt, remains};
use crate::cli::{Engine, ProgramArgs, SweepArgs};
use crate::error::{Exit, Refusal};
use crate::report::words::Words;

/// Runs the sweep, or the rest of it; or puts shards together; or writes what others need to run it.
///
/// # Errors
/// A bad scenario or `--vary`, an engine that cannot run a point, results that cannot be written.
pub(super) fn run(args: &SweepArgs) -> anyhow::Result<Exit> {
    if !args.spread.merge.is_empty() {
        let (asked, dir) = merge::merge(&args.spread.merge, &args.work.out)?;
        show(args, &asked, (&dir, None))?;
        return Ok(Exit::Held);
    }
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
    let grid = Grid::new(&axes, args.zip)?;
    points::check(args, &grid)?;
    let engine = engine::ready(
        (args.engine, args.work.speech.shown()),
        &ProgramArgs::default(),
        &args.kernel,
    )?;
    let asked = Asked::of(args, &grid, &engine)?;
    if let (Some(system), Some(to)) = (args.spread.export, &args.spread.to) {
        return export::run(args, &asked, (system, to));
    }
    let shard = args.spread.shard;
    let shard = shard.map(|shard| Shard::of_choice(shard, |name| std::env::var(name).ok()));
    measure(args, &engine, (&asked, &grid), shard.transpose()?)
}

/// Measures what is missing of a sweep or of one of its shards.
fn measure(
    args: &SweepArgs,
    engine: &engine::Ready,
    (asked, grid): (&Asked, &Grid<'_>),
    shard: Option<Shard>,
) -> anyhow::Result<Exit> {
    let first = points::plan(args, grid, &grid.values(0))?;
    engine::leave_the_network(args.engine, [&first]);
    interrupt::listen()?;
    if args.engine != Engine::Sim {
        remains::before_a_run(args.work.speech.shown());
    }
    let part = shard.unwrap_or(Shard::WHOLE);
    let dir = asked.folder(&args.work.out, shard)?;
    let table = Table::open(&dir, &asked.keys(), (part, asked.rows_per_point))?;
    let manifest = Manifest {
        asked: asked.clone(),
        shard,
    };
    manifest.write(&dir)?;
    let known = fill(args, engine, (grid, part), table)?;
    show(args, asked, (&dir, shard))?;
    let Some(exit) = interrupt::asked() else {
        return Ok(Exit::Held);
    };
    if !args.work.quiet {
        let all = part.share_of(grid.len);
        let counts = [("known", known.into()), ("all", all.into())];
        talk(&args.work.speech.shown().say("sweep-interrupted", counts));
    }
    Ok(exit)
}

/// Prints the table, draws its charts, and says where both are. A shard has no charts: the whole has.
fn show(
    args: &SweepArgs,
    asked: &Asked,
    (dir, shard): (&Path, Option<Shard>),
) -> anyhow::Result<()> {
    let words = args.work.speech.shown();
    let keys = asked.keys();
    let path = dir.join(NAME);
    let each = || -> Box<dyn Iterator<Item = Row>> {
        let rows = Rows::open(&path, &keys).into_iter().flatten();
        Box::new(rows.map(|(row, _)| row))
    };
    let mut out = BufWriter::new(anstream::stdout());
    rows::write_text(&keys, &each, words, &mut out)?;
    out.flush()?;
    if shard.is_some() {
        if !args.work.quiet {
            told("sweep-table", &path, words);
            let of = dir.display().to_string();
            talk(&words.say("sweep-merge", [("path", of.into())]));
        }
        return Ok(());
    }
    let thinned = drawn::draw(asked, dir, words)?;
    if args.work.quiet {
        return Ok(());
    }
    files(dir, NAME, words);
    for (key, stride) in thinned {
        let which = [("key", key.into()), ("stride", stride.into())];
        talk(&words.say("sweep-thinned", which));
    }
    Ok(())
}

/// Says where a table and its charts are.
pub(super) fn files(dir: &Path, table: &str, words: &Words) {
    told("sweep-table", &dir.join(table), words);
    told("sweep-charts", &dir.join("charts"), words);
}

fn told(message: &str, path: &Path, words: &Words) {
    let path = path.display().to_string();
    talk(&words.say(message, [("path", path.into())]));
}

/// A key that is given more than once.
fn twice(axes: &[Axis]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    let mut keys = axes.iter().map(|axis| axis.key.as_str());
    keys.find(|key| !seen.insert(*key))
}

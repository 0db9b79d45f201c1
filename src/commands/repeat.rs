//! `slowlab run --repeat N`: which runs that is, in which order, and what they say together.

use std::io::Write as _;

use super::finish::{self, Told};
use super::run::{self, Take};
use crate::cli::RunArgs;
use crate::error::Refusal;
use crate::plan::RunPlan;
use crate::record::folder::{Shelf, write_below};
use crate::report::compare::{Repeats, Side, SideError};
use crate::report::words::Words;

/// In the folder of repeats: their medians.
const TABLE: &str = "repeats.csv";

/// The runs that scenarios' plans ask for, and the shelves that hold repeats. Whatever is not the plain file of a scenario lies beside
/// its `latest`. Repeats come in an order drawn by chance, so that what the machine does meanwhile hits no scenario more than another.
///
/// # Errors
/// A folder for repeats that cannot be made.
pub(super) fn takes(
    scenarios: Vec<Vec<RunPlan>>,
    args: &RunArgs,
) -> anyhow::Result<(Vec<Take>, Vec<Shelf>)> {
    let mut takes = Vec::new();
    let mut sets = Vec::new();
    let mut chance = None;
    for plans in scenarios {
        let Some(first) = plans.first() else {
            continue;
        };
        chance.get_or_insert_with(|| first.seed.stream("order of runs"));
        let plain = Shelf::of(&args.work.out, &first.scenario);
        let shelf = match (args.repeat, args.work.set.is_empty()) {
            (1, true) => plain,
            (1, false) => plain.aside(),
            (count, _) => {
                let set = plain
                    .for_repeats(&run::identity(first, args.engine), count)
                    .map_err(Refusal::unfit)?;
                sets.push(set.clone());
                set
            }
        };
        takes.extend(plans.into_iter().map(|plan| Take {
            plan,
            shelf: shelf.clone(),
        }));
    }
    if let Some(mut chance) = chance.filter(|_| args.repeat > 1) {
        chance.shuffle(&mut takes);
    }
    Ok((takes, sets))
}

/// In which order a run's variants are played: the scenario's, or that of chance where runs are repeated.
pub(super) fn order(run: &RunPlan, repeat: u32) -> Vec<usize> {
    let mut order: Vec<usize> = (0..run.variants.len()).collect();
    if repeat > 1 {
        run.seed.stream("order of variants").shuffle(&mut order);
    }
    order
}

/// Says what repeats have in common, and writes it beside them. Of none that is complete there is nothing to say.
///
/// # Errors
/// A folder that cannot be read or written.
pub(super) fn conclude(set: &Shelf, told: Told, words: &Words) -> anyhow::Result<()> {
    let side = match Side::read(set.path()) {
        Err(SideError::Empty(_)) => {
            // Of a command that ended before its first run nothing stays; a folder with something in it does.
            let _ = std::fs::remove_dir(set.path());
            return Ok(());
        }
        side => side.map_err(Refusal::unfit)?,
    };
    let repeats = Repeats::of(&side);
    let table = set.path().join(TABLE);
    write_below(set.path(), &[TABLE], repeats.to_csv().as_bytes()).map_err(Refusal::unfit)?;
    let text = match told {
        Told::Json { .. } | Told::Nothing { .. } | Told::Line { .. } => return Ok(()),
        told => repeats.render(told == Told::All, words),
    };
    finish::deliver(write!(std::io::stdout(), "\n{text}"))?;
    let name = words.say("repeats-file", []);
    finish::talk(&format!("{name}  {}", table.display()));
    Ok(())
}

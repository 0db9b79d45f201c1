//! The points of a sweep: which there are, and what each of them runs. A point's values follow from its number, so that no list of
//! points is ever kept.

use super::super::load;
use super::super::vary::Axis;
use crate::cli::{Engine, SweepArgs};
use crate::error::Refusal;
use crate::plan::{self, Choices, RunPlan};

/// More points than this are a slip of the hand: at a thousand a second they take a day, and their table some 20 GB. Memory sets no
/// limit, since points are made one at a time.
const MOST_POINTS: usize = 100_000_000;
/// Values of a key that are looked at before the first point runs, at both ends of its list. Lists that somebody wrote are shorter than both; ranges
/// go wrong at their ends.
const CHECKED_AT_AN_END: usize = 32;

/// All combinations, the last axis changing fastest; or the axes side by side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid<'a> {
    axes: &'a [Axis],
    zip: bool,
    /// How many points.
    pub(super) len: usize,
}

impl<'a> Grid<'a> {
    /// The points of these axes.
    ///
    /// # Errors
    /// Too many, or axes of different lengths side by side.
    pub(super) fn new(axes: &'a [Axis], zip: bool) -> anyhow::Result<Grid<'a>> {
        let first = axes.first().map_or(0, |axis| axis.values.len());
        if zip {
            if let Some(other) = axes.iter().find(|axis| axis.values.len() != first) {
                return Err(Refusal::usage(format!(
                    "`{}` has {} values and `{}` has {first}\nhint: with `--zip` every key needs the same number of values",
                    other.key,
                    other.values.len(),
                    axes[0].key
                ))
                .into());
            }
            let len = first;
            return Ok(Grid { axes, zip, len });
        }
        let mut lens = axes.iter().map(|axis| axis.values.len());
        let len = lens.try_fold(1_usize, usize::checked_mul);
        match len.filter(|len| *len <= MOST_POINTS) {
            Some(len) => Ok(Grid { axes, zip, len }),
            None => {
                let text = format!(
                    "that is more than {MOST_POINTS} points\nhint: steps (`1..64:8`) or factors (`1..64*2`)"
                );
                Err(Refusal::usage(text).into())
            }
        }
    }

    /// Where a point is on each axis.
    pub(super) fn places(&self, point: usize) -> Vec<usize> {
        debug_assert!(point < self.len);
        if self.zip {
            return vec![point; self.axes.len()];
        }
        let mut rest = point;
        let mut places: Vec<usize> = (self.axes.iter().rev())
            .map(|axis| {
                let place = rest % axis.values.len();
                rest /= axis.values.len();
                place
            })
            .collect();
        places.reverse();
        places
    }

    /// What a point sets its keys to.
    pub(super) fn values(&self, point: usize) -> Vec<String> {
        self.at(&self.places(point))
    }

    fn at(&self, places: &[usize]) -> Vec<String> {
        let each = self.axes.iter().zip(places);
        each.map(|(axis, place)| axis.values[*place].clone())
            .collect()
    }

    /// A point as `KEY=VALUE`, for `--vary`.
    pub(super) fn settings(&self, values: &[String]) -> Vec<String> {
        let each = self.axes.iter().zip(values);
        each.map(|(axis, value)| format!("{}={value}", axis.key))
            .collect()
    }

    /// What is planned before anything runs: in the lab every point, since each costs its time; in the sim each value of a key beside the first ones
    /// of the others.
    fn looked_at(&self, engine: Engine) -> Vec<Vec<String>> {
        if self.zip || engine != Engine::Sim {
            let len = self.len;
            let ends = |point: &usize| engine != Engine::Sim || is_near_an_end(*point, len);
            return (0..len)
                .filter(ends)
                .map(|point| self.values(point))
                .collect();
        }
        let mut looked_at = Vec::new();
        for (number, axis) in self.axes.iter().enumerate() {
            let len = axis.values.len();
            for place in (0..len).filter(|place| is_near_an_end(*place, len)) {
                let mut places = vec![0; self.axes.len()];
                places[number] = place;
                looked_at.push(self.at(&places));
            }
        }
        looked_at
    }
}

fn is_near_an_end(place: usize, len: usize) -> bool {
    place < CHECKED_AT_AN_END || place + CHECKED_AT_AN_END >= len
}

/// Refuses values that the scenario refuses: they must not cost the time of those before them.
///
/// # Errors
/// Everything that is wrong with the first such point.
pub(super) fn check(args: &SweepArgs, grid: &Grid<'_>) -> anyhow::Result<()> {
    let mut looked_at = grid.looked_at(args.engine).into_iter();
    looked_at.try_for_each(|values| whole(args, grid, &values).map(|_| ()))
}

/// The run of a point. The simulator's points come by the thousand: of a scenario that [`check`] has read whole they read only what they play.
///
/// # Errors
/// Everything that is wrong with the scenario or the values.
pub(super) fn plan(
    args: &SweepArgs,
    grid: &Grid<'_>,
    values: &[String],
) -> anyhow::Result<RunPlan> {
    if args.engine != Engine::Sim {
        return whole(args, grid, values);
    }
    let settings = grid.settings(values);
    let choices = choices(args);
    let scenario = load::point(
        args.scenario.as_deref().unwrap_or_default(),
        (&args.work.set, &settings),
        &choices.variants,
        args.work.speech.shown(),
    )?;
    Ok(plan::build(&scenario, &choices).map_err(Refusal::usage)?)
}

fn whole(args: &SweepArgs, grid: &Grid<'_>, values: &[String]) -> anyhow::Result<RunPlan> {
    let scenario = load::varied(
        args.scenario.as_deref().unwrap_or_default(),
        &args.work.set,
        &grid.settings(values),
        args.work.speech.shown(),
    )?;
    Ok(plan::build(&scenario, &choices(args)).map_err(Refusal::usage)?)
}

fn choices(args: &SweepArgs) -> Choices {
    let variants = match args.variant.is_empty() {
        true => vec![crate::expect::BASELINE.to_owned()],
        false => args.variant.clone(),
    };
    Choices {
        seed: args.work.seed,
        variants,
    }
}

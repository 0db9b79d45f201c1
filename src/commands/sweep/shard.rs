//! Shards: every Nth point from the Ith on. Points that cost much stand side by side (many clients beside more clients), so that turns
//! share the work more evenly than blocks would.

use serde::{Deserialize, Serialize};

use crate::cli::ShardChoice;
use crate::error::Refusal;

/// Which points are measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shard {
    /// From 0.
    pub(super) index: usize,
    /// Of how many.
    pub(super) of: usize,
}

/// Where batch systems say which of the jobs this is, and from what they count.
const NAMES: [(&str, usize); 3] = [
    ("JOB_COMPLETION_INDEX", 0),
    ("SLURM_ARRAY_TASK_ID", 0),
    ("PARALLEL_SEQ", 1),
];

impl Shard {
    /// All points.
    pub(super) const WHOLE: Shard = Shard { index: 0, of: 1 };

    /// What was asked for; `auto` looks into the environment.
    ///
    /// # Errors
    /// `auto` where no batch system says which shard this is, or two do, or one that there is not.
    pub(super) fn of_choice(
        choice: ShardChoice,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Shard, Refusal> {
        let of = choice.of;
        if let Some(index) = choice.index {
            return Ok(Shard { index, of });
        }
        let found = NAMES.map(|(name, first)| (name, first, variable(name)));
        let mut set = found
            .into_iter()
            .filter_map(|(name, first, value)| Some((name, first, value?)));
        let Some((name, first, value)) = set.next() else {
            let names = NAMES.map(|(name, _)| name).join(", ");
            return Err(Refusal::usage(format!(
                "`--shard auto/{of}`, but none of {names} is set\nhint: name the shard, as in `--shard 0/{of}`"
            )));
        };
        if let Some((other, _, also)) = set.next() {
            return Err(Refusal::usage(format!(
                "`--shard auto/{of}`: `{name}` is {value} and `{other}` is {also}; only one may be set\nhint: unset one, or name the shard, \
                 as in `--shard 0/{of}`"
            )));
        }
        let index = value
            .parse::<usize>()
            .ok()
            .and_then(|value| value.checked_sub(first))
            .filter(|index| *index < of);
        index.map(|index| Shard { index, of }).ok_or_else(|| {
            let last = of - 1 + first;
            Refusal::usage(format!(
                "`--shard auto/{of}`: `{name}` is `{value}`, and must be from {first} to {last}\nhint: start {of} jobs"
            ))
        })
    }

    /// The number of its `place`th point.
    pub(super) fn point(self, place: usize) -> usize {
        self.index + place * self.of
    }

    /// How many of so many points are its own.
    pub(super) fn share_of(self, points: usize) -> usize {
        points.saturating_sub(self.index).div_ceil(self.of)
    }
}

//! Which stage of a pipeline all others wait for, by looking at them now and then.
//!
//! A stage that waits in `read` has no input: the brake is before it. One that waits in `write` has no room: the brake is behind it. The brake itself
//! waits for neither: it runs, or sleeps over work of its own. The block travels upstream hop by hop, so that *all* stages before the brake
//! are found in `write` and all behind it in `read` (measured: a slow last stage of three has both others asleep in `write`).

/// A stage that is found at its own work in this share of the looks may be the brake. Ours: beside a brake others are at work in less than a tenth of them.
const AT_WORK: f64 = 0.5;
/// And it must be so in this much more of them than any other: stages that are even share the work.
const MARGIN: f64 = 0.25;
/// Fewer looks say nothing. Ours: a tenth of a second of them.
pub const FEWEST_LOOKS: u64 = 20;

/// How often a stage was found doing what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Looks {
    /// At work of its own: on a core, or asleep over something else than its neighbours.
    pub at_work: u64,
    /// In `read`, for its input.
    pub for_input: u64,
    /// In `write`, for room behind it.
    pub for_room: u64,
    /// Gone: it has ended.
    pub gone: u64,
}

impl Looks {
    /// All of them.
    pub fn all(&self) -> u64 {
        self.at_work + self.for_input + self.for_room + self.gone
    }

    /// The share of them in which it was at work, 0 to 1; 0 if nobody looked.
    pub fn at_work_ratio(&self) -> f64 {
        share(self.at_work, self.all())
    }

    /// The share in which it waited for input.
    pub fn for_input_ratio(&self) -> f64 {
        share(self.for_input, self.all())
    }

    /// The share in which it waited for room.
    pub fn for_room_ratio(&self) -> f64 {
        share(self.for_room, self.all())
    }
}

fn share(part: u64, of: u64) -> f64 {
    match of {
        0 => 0.0,
        of => part as f64 / of as f64,
    }
}

/// The place of the brake among the stages, from 0; `None` where there is none: all are fast, or several are even.
pub fn brake(stages: &[Looks]) -> Option<usize> {
    let at_work = |place: &usize| stages[*place].at_work_ratio();
    let mut places: Vec<usize> = (0..stages.len()).collect();
    places.sort_by(|a, b| at_work(b).total_cmp(&at_work(a)));
    let first = *places.first()?;
    let next = places.get(1).map_or(0.0, at_work);
    let stands_out = stages[first].all() >= FEWEST_LOOKS
        && at_work(&first) >= AT_WORK
        && at_work(&first) - next >= MARGIN;
    stands_out.then_some(first)
}

//! A pipeline as tracks of a pane: a lane for each stage, what it was found doing as shares from the bottom up, and between two of them the pipe.

use super::areas;
use super::pane::{Side, Track};
use super::shapes::Shape;
use super::waiting::Band;
use crate::record::summary::Summary;
use crate::report::data::VariantData;
use crate::report::human;
use crate::report::stage_lanes::{Column, StageLane, WHOLE, lanes};
use crate::report::words::Words;

/// Height of a stage's lane and of a pipe in pixels.
const LANE: usize = 46;
const PIPE: usize = 16;
/// At work, in `read`, in `write`; and a pipe that is full, and one that is empty.
const DOING: [&str; 3] = ["s-work", "s-read", "s-write"];
const FILL: [&str; 3] = ["s-full", "s-between", "s-empty"];

/// Whether it has stages in place of a stack.
pub(super) fn is_pipeline(summary: &Summary) -> bool {
    summary.variants.iter().any(|one| one.pipeline.is_some())
}

/// What the colours mean.
pub(super) fn bands(words: &Words) -> Vec<Band> {
    let keys = [
        (DOING[0], "work"),
        (DOING[1], "input"),
        (DOING[2], "room"),
        (FILL[0], "full"),
        (FILL[2], "empty"),
    ];
    let band = |(class, name)| Band {
        class,
        name: words.say(&format!("chart-stages-{name}"), []),
    };
    keys.map(band).into()
}

/// The tracks of a variant that is a pipeline; none of others.
pub(super) fn tracks(side: &Side<'_>, variant: &VariantData) -> Vec<Track> {
    let stages = lanes(variant, side.axes.end_us);
    let mut numbers = side.summary.variants.iter();
    let numbers = numbers.find(|one| one.name == variant.plan.variant);
    let pipeline = numbers.and_then(|one| one.pipeline.as_ref());
    let mut tracks = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        let found = pipeline.and_then(|pipeline| pipeline.stages.get(at));
        let work = found.map(|found| human::percent(found.at_work_ratio));
        let work = work.map(|work| [("work", work.into())]);
        tracks.push(Track {
            label: stage.name.clone(),
            height: LANE,
            total: work.map_or_else(String::new, |work| {
                side.words.say("chart-stages-share", work)
            }),
            bad: pipeline.is_some_and(|pipeline| pipeline.brake_position == at as u64 + 1),
            ..Track::new("stage-lane", drawn(side, &doing(stage), &DOING))
        });
        if let Some(reader) = stages.get(at + 1) {
            tracks.push(Track {
                label: side.say("chart-stages-pipe"),
                height: PIPE,
                ..Track::new("stage-pipe", drawn(side, &fill(stage, reader), &FILL))
            });
        }
    }
    tracks
}

/// From one instant to another it was so, in parts of [`WHOLE`].
type Shares = (u64, u64, [u64; 3]);

fn doing(stage: &StageLane) -> Vec<Shares> {
    let columns = stage.columns.iter();
    columns
        .map(|one| (one.from_us, one.to_us, one.shares()))
        .collect()
}

/// Areas on one another that end with the last of them.
fn drawn(side: &Side<'_>, shares: &[Shares], classes: &[&str]) -> Shape {
    let end = shares.last().map(|last| (last.1, vec![0; classes.len()]));
    let samples = shares
        .iter()
        .map(|(from_us, _, shares)| (*from_us, shares.to_vec()));
    areas::steps(side.axes, samples.chain(end), WHOLE, classes)
}

/// How full the pipe between two stages was: full, neither, empty. By the looks at who writes, and what those at who reads say of the same time.
fn fill(writer: &StageLane, reader: &StageLane) -> Vec<Shares> {
    let of = |column: &Column| {
        let [_, _, full] = column.shares();
        let mut there = reader.columns.iter();
        let other = there.find(|one| one.to_us > column.from_us);
        let empty = other.map_or(0, |one| one.shares()[1]).min(WHOLE - full);
        (
            column.from_us,
            column.to_us,
            [full, WHOLE - full - empty, empty],
        )
    };
    writer.columns.iter().map(of).collect()
}

//! The lanes: one per slot of a worker. A respawned worker goes on in the lanes of the one it replaces. What the process of a worker
//! with several slots does has no lane: it is no capacity.

use std::collections::BTreeMap;

use super::Scene;
use crate::record::{EventKind, WorkerInterval, WorkerState};
use crate::report::chart::picture::{Align, Picture, text_width};
use crate::report::chart::theme::{self, Hue};
use crate::report::data::VariantData;
use crate::report::human;
use crate::report::words::Words;
use crate::time::Timestamp;

/// A stretch narrower than this is drawn as a tint.
const NARROW_PX: f64 = 1.5;

/// What fills one lane: the slots of workers (by age) that ran in it, one after another.
#[derive(Debug, Default)]
pub(in crate::report) struct Lane<'a> {
    pub(in crate::report) slots: Vec<(u32, u32)>,
    pub(in crate::report) intervals: Vec<&'a WorkerInterval>,
    ends_at: Timestamp,
}

/// What a worker does for a client, as far as the picture tells it apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::report) enum Phase {
    /// The application runs.
    Handler,
    /// It waits for the client: in `recv`, in `send`, or for the connection's end.
    Client,
}

pub(in crate::report) fn phase(interval: &WorkerInterval) -> Option<Phase> {
    interval.slot?;
    match interval.state {
        WorkerState::App => Some(Phase::Handler),
        WorkerState::Reading | WorkerState::Body | WorkerState::Send | WorkerState::Linger => {
            Some(Phase::Client)
        }
        WorkerState::Booting | WorkerState::Idle | WorkerState::Dead => None,
    }
}

/// Puts the slots of workers into lanes, in age order: each into the first lane whose last worker is gone.
pub(in crate::report) fn assign(workers: &[WorkerInterval]) -> Vec<Lane<'_>> {
    let mut by_slot: BTreeMap<(u32, u32), Vec<&WorkerInterval>> = BTreeMap::new();
    for interval in workers {
        if let Some(slot) = interval.slot {
            let place = (interval.worker, slot);
            by_slot.entry(place).or_default().push(interval);
        }
    }
    let mut lanes: Vec<Lane<'_>> = Vec::new();
    for (place, intervals) in by_slot {
        let alive = || {
            intervals
                .iter()
                .filter(|one| one.state != WorkerState::Dead)
        };
        let Some(from) = alive().map(|one| one.from).min() else {
            continue;
        };
        let to = alive()
            .map(|one| one.to.unwrap_or(Timestamp::MAX))
            .max()
            .unwrap_or(from);
        let free = lanes.iter().position(|lane| lane.ends_at <= from);
        let lane = match free {
            Some(index) => &mut lanes[index],
            None => {
                lanes.push(Lane::default());
                lanes.last_mut().expect("one was just pushed")
            }
        };
        lane.slots.push(place);
        lane.ends_at = to;
        lane.intervals.extend(intervals);
    }
    lanes
}

/// Each group's share of all slots' time between the start and the end of the schedule, in words; where slots are not limited, its time.
pub(super) fn shares(variant: &VariantData, words: &Words) -> Vec<String> {
    let plan = &variant.plan;
    let (from, to) = (
        Timestamp::ZERO + plan.warmup,
        Timestamp::ZERO + plan.duration,
    );
    let whole = (plan.backend.slots()).map(|slots| to.since(from).as_secs_f64() * slots as f64);
    let mut held: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for interval in &variant.workers {
        if phase(interval).is_none() {
            continue;
        }
        let start = interval.from.max(from);
        let secs = interval.to.unwrap_or(to).min(to).since(start).as_secs_f64();
        let group = interval.group.as_deref().unwrap_or("none");
        let entry = held.entry(group).or_default();
        entry.0 += secs;
        if matches!(interval.state, WorkerState::Send | WorkerState::Linger) {
            entry.1 += secs;
        }
    }
    let mut held: Vec<_> = held
        .into_iter()
        .filter(|(_, (all, _))| *all > 0.0)
        .collect();
    held.sort_by(|a, b| b.1.0.total_cmp(&a.1.0));
    held.into_iter()
        .filter(|_| whole.is_none_or(|whole| whole > 0.0))
        .map(|(group, (all, send))| {
            let share = match whole {
                Some(whole) => human::percent(all / whole),
                None => human::seconds(all),
            };
            let in_send = if send > all / 2.0 { "yes" } else { "no" };
            let arguments = [
                ("group", group.to_owned().into()),
                ("share", share.into()),
                ("in_send", in_send.into()),
            ];
            words.say("chart-workers-share", arguments)
        })
        .collect()
}

/// Workers that the arbiter killed for a stale heartbeat.
pub(in crate::report) fn kill_count(variant: &VariantData) -> usize {
    let kills = variant
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::WorkerTimeout { .. }));
    kills.count()
}

pub(super) fn draw(picture: &mut Picture, scene: &Scene<'_>, lanes: &[Lane<'_>], height: f64) {
    let label_every = (18.0 / height).ceil().max(1.0) as usize;
    let several = lanes
        .iter()
        .flat_map(|lane| &lane.slots)
        .any(|slot| slot.1 > 0);
    for (index, lane) in lanes.iter().enumerate() {
        let top = super::TOP + height * index as f64;
        let gap = if height > 12.0 { 3.0 } else { 0.5 };
        let (top, bottom) = (top + gap, top + height - gap);
        picture.fill(
            (scene.frame.left, top),
            (scene.frame.right, bottom),
            theme::LANE,
        );
        if index % label_every == 0 {
            let (worker, slot) = lane.slots.first().copied().unwrap_or_default();
            let at = (scene.frame.left - 8.0, f64::midpoint(top, bottom));
            let arguments = [("worker", worker.into()), ("slot", slot.into())];
            let message = if several {
                "chart-lane-slot"
            } else {
                "chart-lane"
            };
            let label = scene.words.say(message, arguments);
            picture.words(at, &label, (theme::LABEL, theme::INK), Align::Right);
        }
        stretches(picture, scene, lane, (top, bottom));
        if bottom - top > 15.0 {
            holds(picture, scene, lane, (top, bottom));
        }
        kills(picture, scene, lane, (top, bottom));
    }
}

/// Wide stretches as boxes, narrow ones summed up per pixel.
fn stretches(picture: &mut Picture, scene: &Scene<'_>, lane: &Lane<'_>, (top, bottom): (f64, f64)) {
    let mut tints: BTreeMap<i64, (f64, Hue)> = BTreeMap::new();
    for interval in &lane.intervals {
        let Some(phase) = phase(interval) else {
            continue;
        };
        let hue = theme::hue_of(&scene.hues, interval.group.as_deref());
        let (from, to) = edges(scene, interval);
        if to - from < NARROW_PX {
            let entry = tints.entry(from.floor() as i64).or_insert((0.0, hue));
            entry.0 += to - from;
            continue;
        }
        match phase {
            Phase::Handler => picture.fill((from, top), (to, bottom), hue.strong),
            Phase::Client => {
                picture.fill((from, top), (to, bottom), hue.light);
                hatch(picture, (from, top), (to, bottom), hue.strong);
            }
        }
    }
    for (x, (share, hue)) in tints {
        let strength = share.clamp(0.6, 1.0);
        let color = theme::blend(theme::LANE, hue.strong, strength);
        picture.fill((x as f64, top), (x as f64 + 1.0, bottom), color);
    }
}

fn edges(scene: &Scene<'_>, interval: &WorkerInterval) -> (f64, f64) {
    let to = interval.to.map_or(scene.end_s, Timestamp::as_secs_f64);
    (
        scene.frame.x(interval.from.as_secs_f64()),
        scene.frame.x(to),
    )
}

/// Slanted lines within a box.
pub(super) fn hatch(
    picture: &mut Picture,
    from: (f64, f64),
    to: (f64, f64),
    color: plotters::style::RGBAColor,
) {
    let height = to.1 - from.1;
    if to.0 - from.0 < 6.0 || height < 6.0 {
        return;
    }
    let color = plotters::style::RGBAColor(color.0, color.1, color.2, 0.28);
    // On a grid of the sheet, so that neighbouring boxes continue one another.
    let step = 8.0;
    let mut x = (from.0 / step).ceil() * step;
    while x < to.0 + height {
        let (start, end) = (x.min(to.0), (x - height).max(from.0));
        if start > end {
            picture.line(
                vec![(start, from.1 + (x - start)), (end, from.1 + (x - end))],
                1.0,
                color,
            );
        }
        x += step;
    }
}

/// Says on each long stretch who held the worker.
fn holds(picture: &mut Picture, scene: &Scene<'_>, lane: &Lane<'_>, (top, bottom): (f64, f64)) {
    let mut spans: BTreeMap<(u32, u64), (f64, f64, &str)> = BTreeMap::new();
    for interval in &lane.intervals {
        let (Some(_), Some(request), Some(group)) = (
            phase(interval),
            interval.request_id,
            interval.group.as_deref(),
        ) else {
            continue;
        };
        let from = interval.from.as_secs_f64();
        let to = interval.to.map_or(scene.end_s, Timestamp::as_secs_f64);
        let span = spans
            .entry((interval.worker, request))
            .or_insert((from, to, group));
        span.0 = span.0.min(from);
        span.1 = span.1.max(to);
    }
    for (from, to, group) in spans.into_values() {
        let (left, right) = (scene.frame.x(from), scene.frame.x(to));
        let span = human::seconds(to - from);
        let arguments = [("group", group.into()), ("span", span.into())];
        let long = scene.words.say("chart-held-by", arguments);
        let short = group.to_owned();
        let line = scene.frame.x(scene.variant.plan.duration.as_secs_f64());
        let Some((text, width, x)) = [long, short].into_iter().find_map(|text| {
            let width = text_width(&text, theme::SMALL);
            Some((text, width, free_middle((left, right), line, width + 16.0)?))
        }) else {
            continue;
        };
        let y = f64::midpoint(top, bottom);
        let hue = theme::hue_of(&scene.hues, Some(group));
        let half = width / 2.0 + 5.0;
        picture.fill((x - half, y - 8.0), (x + half, y + 8.0), hue.light);
        picture.words((x, y), &text, (theme::SMALL, theme::INK), Align::Middle);
    }
}

/// Where between two edges a text so wide is in the middle of what is free: a line that would cross it has it on its wider side.
fn free_middle((left, right): (f64, f64), line: f64, wide: f64) -> Option<f64> {
    let middle = f64::midpoint(left, right);
    let is_crossed = (middle - line).abs() < wide / 2.0;
    let (from, to) = match is_crossed {
        false => (left, right),
        true if line - left > right - line => (left, line),
        true => (line, right),
    };
    (to - from > wide).then_some(f64::midpoint(from, to))
}

/// Crosses where the arbiter killed, and the age of the worker that took over.
fn kills(picture: &mut Picture, scene: &Scene<'_>, lane: &Lane<'_>, (top, bottom): (f64, f64)) {
    let middle = f64::midpoint(top, bottom);
    let radius = ((bottom - top) / 2.0 - 2.0).clamp(2.0, 8.0);
    for event in &scene.variant.events {
        let kill = matches!(event.kind, EventKind::WorkerTimeout { .. });
        let here = |age| lane.slots.iter().any(|(worker, _)| *worker == age);
        if kill && event.worker.is_some_and(here) {
            let x = scene.frame.x(event.at.as_secs_f64());
            picture.fill((x - 1.5, top), (x + 1.5, bottom), theme::PAPER);
            picture.cross((x, middle), radius + 1.0, 5.0, theme::PAPER);
            picture.cross((x, middle), radius, 3.0, theme::FAILURE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_crosses_what_is_said_of_a_hold() {
        assert_eq!(free_middle((0.0, 100.0), 90.0, 40.0), Some(50.0));
        assert_eq!(free_middle((0.0, 100.0), 55.0, 40.0), Some(27.5));
        assert_eq!(free_middle((0.0, 100.0), 45.0, 40.0), Some(72.5));
        assert_eq!(free_middle((0.0, 100.0), 50.0, 60.0), None);
    }
}

//! More slots of workers than lanes fit the sheet, or slots without a limit: how many of them each group held, stacked.
//!
//! Each pixel shows the mean of its time. Groups lie in the plan's order, the one at the bottom first; of each the handlers at work
//! (dark) lie below the workers that wait for their clients (light).

use std::collections::BTreeSet;

use super::Scene;
use super::lanes::{Phase, phase};
use crate::record::{EventKind, WorkerInterval};
use crate::report::chart::frame::{Frame, Scale, round_ticks};
use crate::report::chart::picture::{Align, Picture};
use crate::report::chart::theme;
use crate::time::Timestamp;

/// One colour of the stack: how many workers, by pixel.
struct Band {
    color: plotters::style::RGBAColor,
    held: Vec<f64>,
}

pub(super) fn draw(
    picture: &mut Picture,
    scene: &Scene<'_>,
    workers: usize,
    (top, bottom): (f64, f64),
) {
    let frame = Frame {
        top,
        bottom,
        up: Scale::linear(0.0, workers.max(1) as f64),
        ..scene.frame
    };
    picture.fill((frame.left, top), (frame.right, bottom), theme::LANE);
    let bands = bands(scene);
    let columns = bands.first().map_or(0, |band| band.held.len());
    let mut floor = vec![0.0; columns];
    for band in &bands {
        let ceiling: Vec<f64> = floor.iter().zip(&band.held).map(|(a, b)| a + b).collect();
        if band.held.iter().any(|held| *held > 0.0) {
            picture.shape(outline(&frame, &floor, &ceiling), band.color);
        }
        floor = ceiling;
    }
    let whole = |count: &f64| count.fract() == 0.0;
    let mut ticks: Vec<f64> = round_ticks(0.0, workers as f64, 5);
    ticks.retain(whole);
    let ticks: Vec<(f64, String)> = ticks
        .into_iter()
        .map(|count| (count, format!("{count:.0}")))
        .collect();
    frame.rows(picture, &ticks);
    let middle = f64::midpoint(top, bottom);
    let (noun, all) = match scene.variant.plan.backend.slots_per_worker() {
        Some(1) => ("chart-crowd-workers", "chart-crowd-all"),
        _ => ("chart-crowd-slots", "chart-crowd-used"),
    };
    let all = scene.words.say(all, [("count", workers.into())]);
    for (y, message) in [(middle - 8.0, noun), (middle + 8.0, "chart-crowd-held")] {
        let at = (frame.left - 44.0, y);
        let words = scene.words.say(message, []);
        picture.words(at, &words, (theme::LABEL, theme::INK), Align::Right);
    }
    let at = (frame.right + 10.0, top);
    picture.words(at, &all, (theme::LABEL, theme::INK), Align::Left);
    kills(picture, scene, &frame);
}

/// The bands from the bottom up, one for each group and phase.
fn bands(scene: &Scene<'_>) -> Vec<Band> {
    let columns = scene.frame.width().ceil().max(1.0) as usize;
    let mut bands: Vec<Band> = scene
        .hues
        .iter()
        .map(|(_, hue)| *hue)
        .chain([theme::hue_of(&scene.hues, None)])
        .flat_map(|hue| [hue.strong, hue.light])
        .map(|color| Band {
            color,
            held: vec![0.0; columns],
        })
        .collect();
    for interval in &scene.variant.workers {
        let Some(phase) = phase(interval) else {
            continue;
        };
        let group = interval.group.as_deref();
        let known = scene
            .hues
            .iter()
            .position(|(name, _)| Some(name.as_str()) == group);
        let place = 2 * known.unwrap_or(scene.hues.len()) + usize::from(phase == Phase::Client);
        add(scene, interval, &mut bands[place].held);
    }
    bands
}

/// Adds a stretch to the pixels that it touches, to each by the share of it that it fills.
fn add(scene: &Scene<'_>, interval: &WorkerInterval, held: &mut [f64]) {
    let to = interval.to.map_or(scene.end_s, Timestamp::as_secs_f64);
    let left = scene.frame.left;
    let from = scene.frame.x(interval.from.as_secs_f64()) - left;
    let to = scene.frame.x(to) - left;
    let first = (from.floor() as usize).min(held.len());
    let last = (to.ceil() as usize).min(held.len());
    for (column, sum) in held.iter_mut().enumerate().take(last).skip(first) {
        let column = column as f64;
        *sum += (to.min(column + 1.0) - from.max(column)).max(0.0);
    }
}

/// From the floor's left end along the ceiling and back along the floor.
fn outline(frame: &Frame, floor: &[f64], ceiling: &[f64]) -> Vec<(f64, f64)> {
    let mut shape = steps(frame, ceiling);
    let mut back = steps(frame, floor);
    back.reverse();
    shape.extend(back);
    shape
}

/// One step per change of height.
fn steps(frame: &Frame, heights: &[f64]) -> Vec<(f64, f64)> {
    let mut edge: Vec<(f64, f64)> = Vec::new();
    for (column, height) in heights.iter().enumerate() {
        let (x, y) = (frame.left + column as f64, frame.y(*height));
        let next = (x + 1.0).min(frame.right);
        match edge.last_mut() {
            Some(last) if (last.1 - y).abs() < 0.05 => last.0 = next,
            _ => edge.extend([(x, y), (next, y)]),
        }
    }
    edge
}

/// Crosses along the top where the arbiter killed, one per pixel.
fn kills(picture: &mut Picture, scene: &Scene<'_>, frame: &Frame) {
    let kills = scene.variant.events.iter();
    let pixels: BTreeSet<i64> = kills
        .filter(|event| matches!(event.kind, EventKind::WorkerTimeout { .. }))
        .map(|event| frame.x(event.at.as_secs_f64()).round() as i64)
        .collect();
    for x in pixels {
        let at = (x as f64, frame.top + 6.0);
        picture.cross(at, 5.0, 5.0, theme::PAPER);
        picture.cross(at, 4.0, 2.5, theme::FAILURE);
    }
}

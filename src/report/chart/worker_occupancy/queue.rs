//! The accept queue's depth, under the lanes.

use super::Scene;
use crate::record::QueueSample;
use crate::report::chart::frame::{Frame, Scale, round_ticks};
use crate::report::chart::picture::{Align, Picture, text_width};
use crate::report::chart::theme;
use crate::report::data::RunData;
use crate::tier::Tier;

/// How high a scale must go for the queues of all variants, and for the limits that any of them comes near.
pub(super) fn scale_of(run: &RunData) -> f64 {
    let high = run.variants.iter().map(|variant| {
        let whole = |sample: &&QueueSample| sample.is_whole(Tier::Backend);
        let samples = || variant.queues.iter().filter(whole);
        let peak = samples().filter_map(|sample| sample.accept_queue).max();
        let limit = samples().find_map(|sample| sample.accept_queue_limit);
        let peak = peak.unwrap_or(0);
        near(peak, limit).map_or(peak, |limit| peak.max(limit.saturating_add(1)))
    });
    high.max().unwrap_or(0).max(4) as f64
}

/// A limit that a queue has filled by half.
fn near(peak: u64, limit: Option<u64>) -> Option<u64> {
    limit.filter(|limit| peak.saturating_mul(2) >= *limit)
}

pub(super) fn draw(picture: &mut Picture, scene: &Scene<'_>, (top, bottom): (f64, f64)) {
    let queues = || {
        let queues = scene.variant.queues.iter();
        queues.filter(|sample| sample.is_whole(Tier::Backend))
    };
    let samples: Vec<(f64, u64)> = queues()
        .filter_map(|sample| Some((sample.at.as_secs_f64(), sample.accept_queue?)))
        .collect();
    let left = scene.frame.left;
    let middle = f64::midpoint(top, bottom);
    let name = [(-8.0, "chart-queue-first"), (8.0, "chart-queue-second")];
    for (down, message) in name {
        let at = (left - 44.0, middle + down);
        let words = scene.words.say(message, []);
        picture.words(at, &words, (theme::LABEL, theme::INK), Align::Right);
    }
    let Some(peak) = samples.iter().max_by_key(|sample| sample.1).copied() else {
        let words = scene.words.say("chart-not-measured", []);
        picture.words(
            (left + 8.0, middle),
            &words,
            (theme::SMALL, theme::FAINT),
            Align::Left,
        );
        return;
    };
    let limit = queues().find_map(|sample| sample.accept_queue_limit);
    let high = scene.queue_high;
    let near = near(peak.1, limit).or(limit.filter(|limit| *limit as f64 <= high));
    let frame = Frame {
        top,
        bottom,
        up: Scale::linear(0.0, high * 1.08),
        ..scene.frame
    };
    let ticks: Vec<(f64, String)> = round_ticks(0.0, high, 3)
        .into_iter()
        .filter(|depth| depth.fract() == 0.0)
        .map(|depth| (depth, format!("{depth:.0}")))
        .collect();
    frame.rows(picture, &ticks);
    area(picture, &frame, &samples);
    if let Some(limit) = near {
        let y = frame.y(limit as f64);
        picture.dashed(
            &[(left, y), (frame.right, y)],
            (6.0, 4.0),
            1.5,
            theme::FAILURE,
        );
        let words = scene
            .words
            .say("chart-queue-limit", [("limit", limit.into())]);
        picture.words(
            (frame.right + 10.0, y),
            &words,
            (theme::SMALL, theme::FAILURE),
            Align::Left,
        );
    }
    if peak.1 > 0 {
        let line = near.map(|limit| frame.y(limit as f64));
        let end = scene.frame.x(scene.variant.plan.duration.as_secs_f64());
        let depth = [("depth", peak.1.into())];
        let words = scene.words.say("chart-queue-peak", depth);
        name_peak(picture, &frame, (peak, &words), (line, end));
    }
}

/// Says how deep the queue was, above its peak: the gap under the lanes is left for it. Keeps off the limit's line and off the one at which
/// nothing new starts.
fn name_peak(
    picture: &mut Picture,
    frame: &Frame,
    ((at, depth), words): ((f64, u64), &str),
    (limit, end): (Option<f64>, f64),
) {
    let half = text_width(words, theme::LABEL) / 2.0;
    let y = frame.y(depth as f64) - 11.0;
    let y = match limit {
        Some(line) if (y - line).abs() < 14.0 => line - 11.0,
        _ => y,
    };
    let x = frame.x(at).clamp(frame.left + half, frame.right - half);
    let x = match x - end {
        off if off.abs() >= half + 6.0 => x,
        off if off < 0.0 || end + 2.0 * half + 6.0 > frame.right => end - half - 6.0,
        _ => end + half + 6.0,
    };
    let ink = (theme::LABEL, theme::QUEUE);
    picture.words((x, y), words, ink, Align::Middle);
}

/// A stepped area: each sample holds until the next. Per pixel only the deepest counts.
fn area(picture: &mut Picture, frame: &Frame, samples: &[(f64, u64)]) {
    let mut columns: Vec<(f64, u64)> = Vec::new();
    for (at, depth) in samples {
        let x = frame.x(*at).floor();
        match columns.last_mut() {
            Some(last) if last.0 == x => last.1 = last.1.max(*depth),
            _ => columns.push((x, *depth)),
        }
    }
    let mut edge: Vec<(f64, f64)> = Vec::new();
    for (index, (x, depth)) in columns.iter().enumerate() {
        let next = columns.get(index + 1).map_or(x + 1.0, |next| next.0);
        let y = frame.y(*depth as f64);
        edge.push((*x, y));
        edge.push((next.min(frame.right), y));
    }
    let tint = theme::blend(theme::PAPER, theme::QUEUE, 0.35);
    let mut shape = edge.clone();
    shape.extend(edge.last().map(|last| (last.0, frame.bottom)));
    shape.extend(edge.first().map(|first| (first.0, frame.bottom)));
    picture.shape(shape, tint);
    picture.line(edge, 1.5, theme::QUEUE);
}

//! `bytes_waiting`: what the proxy (of two tiers both together) held for its clients, in memory and in temp files. Drawn only where it held anything.

use std::collections::BTreeMap;

use super::frame::{self, Frame, Scale, round_ticks};
use super::picture::{Align, Picture};
use super::subject::{file_name, last_second, place};
use super::{Chart, theme};
use crate::record::QueueSample;
use crate::report::data::{RunData, VariantData};
use crate::report::words::Words;
use crate::tier::Tier;
use crate::time::Timestamp;
use crate::units::human_bytes;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 400;

pub(super) fn draw(run: &RunData, variant: &VariantData, words: &Words) -> Option<Chart> {
    let mut by_instant: BTreeMap<Timestamp, (u64, u64)> = BTreeMap::new();
    let of_proxies =
        |sample: &&QueueSample| sample.is_whole(Tier::Edge) || sample.is_whole(Tier::Proxy);
    for sample in variant.queues.iter().filter(of_proxies) {
        let (memory, files) = by_instant.entry(sample.at).or_default();
        *memory = memory.saturating_add(sample.buffered_bytes.unwrap_or(0));
        *files = files.saturating_add(sample.spilled_bytes.unwrap_or(0));
    }
    let samples = by_instant.into_iter();
    let samples: Vec<(f64, u64, u64)> = samples
        .map(|(at, (memory, files))| (at.as_secs_f64(), memory, files))
        .collect();
    let holders = match variant.plan.edge {
        None => "proxy",
        Some(_) => "both",
    };
    let peak = samples
        .iter()
        .map(|(_, memory, files)| memory.saturating_add(*files))
        .max()?;
    if peak == 0 {
        return None;
    }
    let end_s = last_second(variant);
    let unit = 1024_f64.powf((peak as f64).log(1024.0).floor());
    let frame = Frame {
        left: 110.0,
        top: 104.0,
        right: 1150.0,
        bottom: f64::from(HEIGHT) - 56.0,
        across: Scale::linear(0.0, end_s),
        up: Scale::linear(0.0, peak as f64 * 1.08),
    };
    let mut picture = Picture::new(WIDTH, HEIGHT);
    picture.fill(
        (0.0, 0.0),
        (f64::from(WIDTH), f64::from(HEIGHT)),
        theme::PAPER,
    );
    let at = place(run, &variant.plan.variant);
    let arguments = [("holders", holders.into()), ("place", at.into())];
    let title = words.say("chart-bytes", arguments);
    let story = words.say("chart-bytes-story", [("peak", human_bytes(peak).into())]);
    frame::header(&mut picture, &title, &story);
    let ticks: Vec<(f64, String)> = round_ticks(0.0, peak as f64 / unit, 5)
        .into_iter()
        .map(|share| (share * unit, human_bytes((share * unit) as u64)))
        .collect();
    frame.rows(&mut picture, &ticks);
    frame.columns(
        &mut picture,
        &frame::second_ticks(end_s),
        &words.say("chart-seconds", []),
    );
    layers(&mut picture, &frame, &samples, words);
    frame.edges(&mut picture);
    let arguments = [("holders", holders.into()), ("story", story.into())];
    Some(Chart {
        name: file_name("bytes_waiting", &variant.plan.variant),
        title,
        caption: words.say("chart-bytes-caption", arguments),
        picture,
    })
}

/// Temp files stacked on memory; per pixel the largest sample.
fn layers(picture: &mut Picture, frame: &Frame, samples: &[(f64, u64, u64)], words: &Words) {
    let mut columns: Vec<(f64, u64, u64)> = Vec::new();
    for (at, memory, files) in samples {
        let x = frame.x(*at).floor();
        match columns.last_mut() {
            Some(last)
                if last.0 == x
                    && last.1.saturating_add(last.2) >= memory.saturating_add(*files) => {}
            Some(last) if last.0 == x => *last = (x, *memory, *files),
            _ => columns.push((x, *memory, *files)),
        }
    }
    let (memory_color, files_color) = (theme::VARIANTS[1], theme::QUEUE);
    let mut edge = Vec::new();
    for (index, (x, memory, files)) in columns.iter().enumerate() {
        let next = columns
            .get(index + 1)
            .map_or(x + 1.0, |next| next.0)
            .min(frame.right);
        let low = frame.y(*memory as f64);
        let high = frame.y(memory.saturating_add(*files) as f64);
        picture.fill(
            (*x, low),
            (next, frame.bottom),
            theme::blend(theme::PAPER, memory_color, 0.55),
        );
        picture.fill(
            (*x, high),
            (next, low),
            theme::blend(theme::PAPER, files_color, 0.35),
        );
        edge.push((*x, high));
        edge.push((next, high));
    }
    picture.line(edge, 1.5, files_color);
    let entries = [
        ("chart-bytes-files", files_color, 0.35),
        ("chart-bytes-memory", memory_color, 0.55),
    ];
    for (index, (message, color, strength)) in entries.into_iter().enumerate() {
        let x = frame.left + 190.0 * index as f64;
        picture.fill(
            (x, 75.0),
            (x + 22.0, 89.0),
            theme::blend(theme::PAPER, color, strength),
        );
        picture.words(
            (x + 28.0, 82.0),
            &words.say(message, []),
            (theme::LABEL, theme::INK),
            Align::Left,
        );
    }
}

//! What the picture says in words: the story in one line, the legend, the phases of the run.

use super::{RIGHT, Scene, TOP, lanes, strip};
use crate::record::EventKind;
use crate::report::chart::picture::{Align, Picture, fitted, text_width};
use crate::report::chart::theme;
use crate::report::data::VariantData;
use crate::report::human;
use crate::report::words::Words;

/// The picture in one line: what became of the others, then who had the workers.
pub(super) fn story(variant: &VariantData, words: &Words) -> String {
    let mut parts: Vec<String> = strip::rows(variant)
        .iter()
        .filter(|row| row.is_failure())
        .map(|row| format!("{}: {}", row.group(words), row.total(words)))
        .collect();
    parts.extend(lanes::shares(variant, words));
    let kills = lanes::kill_count(variant);
    if kills > 0 {
        parts.push(words.say("chart-workers-killed", [("kills", kills.into())]));
    }
    if parts.is_empty() {
        return words.say("chart-workers-idle", []);
    }
    parts.join(" · ")
}

/// Colours of groups and shades of phases.
pub(super) fn legend(picture: &mut Picture, scene: &Scene<'_>, crowded: bool) {
    let mut x = scene.frame.left;
    let y = 86.0;
    for (group, hue) in &scene.hues {
        let label = fitted(group, theme::LABEL, 180.0);
        let width = 52.0 + text_width(&label, theme::LABEL) + 20.0;
        if x + width > RIGHT - 390.0 {
            break;
        }
        picture.fill((x, y - 7.0), (x + 23.0, y + 7.0), hue.strong);
        picture.fill((x + 23.0, y - 7.0), (x + 46.0, y + 7.0), hue.light);
        if !crowded {
            let (from, to) = ((x + 23.0, y - 7.0), (x + 46.0, y + 7.0));
            lanes::hatch(picture, from, to, hue.strong);
        }
        picture.words(
            (x + 52.0, y),
            &label,
            (theme::LABEL, theme::INK),
            Align::Left,
        );
        x += width;
    }
    let crowded = if crowded { "yes" } else { "no" };
    let key = (scene.words).say("chart-workers-key", [("crowded", crowded.into())]);
    picture.words((x, y), &key, (theme::LABEL, theme::FAINT), Align::Left);
}

/// When a backend was told to end for a probe, and when it was started anew, in seconds.
pub(in crate::report) fn restarts(variant: &VariantData, end_s: f64) -> Vec<(f64, f64)> {
    let mut stretches: Vec<(f64, f64)> = Vec::new();
    for event in &variant.events {
        let at = event.at.as_secs_f64();
        match (&event.kind, stretches.last_mut()) {
            (EventKind::ProbeKilled { .. }, _) => stretches.push((at, end_s)),
            (EventKind::BackendRestarted { .. }, Some(last)) => last.1 = at,
            _ => {}
        }
    }
    stretches
}

/// Warm-up and drain, and a backend that ends for a probe, shaded over everything.
pub(super) fn phases(picture: &mut Picture, scene: &Scene<'_>) {
    let plan = &scene.variant.plan;
    let frame = &scene.frame;
    let (warmup, duration) = (plan.warmup.as_secs_f64(), plan.duration.as_secs_f64());
    let mut shade = |from: f64, to: f64, words: &str| {
        let (from, to) = (frame.x(from), frame.x(to));
        if to - from < 1.0 {
            return;
        }
        picture.fill((from, TOP - 18.0), (to, frame.bottom), theme::SHADE);
        picture.words(
            (from + 4.0, TOP - 10.0),
            words,
            (theme::SMALL, theme::FAINT),
            Align::Left,
        );
    };
    shade(0.0, warmup, &scene.words.say("chart-warm-up", []));
    let drain = scene.words.say("chart-drain", []);
    shade(duration, scene.end_s, &drain);
    for (from, to) in restarts(scene.variant, scene.end_s) {
        shade(from, to, "TERM");
    }
    let x = frame.x(duration);
    picture.dashed(
        &[(x, TOP - 18.0), (x, frame.bottom)],
        (5.0, 4.0),
        1.5,
        theme::FAINT,
    );
    if frame.x(scene.end_s) - x < 1.0 {
        let at = human::seconds(duration);
        let words = scene.words.say("chart-end", [("at", at.into())]);
        picture.words(
            (x - 4.0, TOP - 10.0),
            &words,
            (theme::SMALL, theme::FAINT),
            Align::Right,
        );
    }
}

//! `latency_over_time`: every request of a variant at its intended start, failures marked.
//!
//! Points of one kind that fall on the same pixels are drawn once: what is seen is complete, however many requests there were.

use std::collections::{BTreeMap, BTreeSet};

use super::frame::{self, Frame, Scale, latency_scale, latency_ticks};
use super::picture::{Align, Picture, text_width};
use super::subject::{file_name, last_second, place};
use super::worker_occupancy::{ending, ending_word};
use super::{Chart, theme};
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::words::Words;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 560;
/// Points closer than this are one.
const CELL_PX: f64 = 2.5;

/// A group, how its requests ended, and where they lie.
type Kinds = BTreeMap<(usize, String), (u64, BTreeSet<(i64, i64)>)>;

pub(super) fn draw(run: &RunData, variant: &VariantData, words: &Words) -> Chart {
    let (low, high) = latency_scale(
        variant
            .requests
            .iter()
            .filter_map(|request| Some(request.latency()?.as_us() as f64)),
    );
    let end_s = last_second(variant).min(variant.plan.duration.as_secs_f64().max(1e-3));
    let frame = Frame::over_time(HEIGHT, end_s, Scale::log(low, high));
    let mut picture = Picture::sheet(WIDTH, HEIGHT);
    let at = place(run, &variant.plan.variant);
    let title = words.say("chart-latency", [("place", at.into())]);
    let n = human::count(variant.requests.len() as u64);
    let subtitle = words.say("chart-latency-subtitle", [("count", n.into())]);
    frame::header(&mut picture, &title, &subtitle);
    frame.rows(&mut picture, &latency_ticks(low, high));
    frame.axis_up(&mut picture, &words.say("chart-axis-latency", []));
    frame.seconds(&mut picture, end_s, words);
    frame.edges(&mut picture);
    let warm = frame.x(variant.plan.warmup.as_secs_f64());
    if warm - frame.left > 1.0 {
        picture.fill((frame.left, frame.top), (warm, frame.bottom), theme::SHADE);
        let at = (frame.left + 4.0, frame.top + 10.0);
        let warm_up = words.say("chart-warm-up", []);
        picture.words(at, &warm_up, (theme::SMALL, theme::FAINT), Align::Left);
    }
    let kinds = kinds(variant, &frame);
    scatter(&mut picture, variant, &kinds, words);
    let names: Vec<String> = legend(variant, &kinds, words)
        .into_iter()
        .map(|entry| entry.1)
        .collect();
    Chart {
        name: file_name("latency_over_time", &variant.plan.variant),
        title,
        caption: words.say(
            "chart-latency-caption",
            [("groups", names.join(", ").into())],
        ),
        picture,
    }
}

fn kinds(variant: &VariantData, frame: &Frame) -> Kinds {
    let mut kinds = Kinds::new();
    for request in &variant.requests {
        let Some(latency) = request.latency() else {
            continue;
        };
        let groups = &variant.plan.groups;
        let rank = groups.iter().position(|group| group.name == request.group);
        let x = frame.x(request.intended_at.as_secs_f64());
        let y = frame.y(latency.as_us() as f64);
        let cell = ((x / CELL_PX).round() as i64, (y / CELL_PX).round() as i64);
        let kind = kinds
            .entry((rank.unwrap_or(usize::MAX), ending(request)))
            .or_default();
        kind.0 += 1;
        kind.1.insert(cell);
    }
    kinds
}

/// How the requests of a group look.
#[derive(Clone, Copy)]
struct Look {
    hue: theme::Hue,
    slow: bool,
}

fn scatter(picture: &mut Picture, variant: &VariantData, kinds: &Kinds, words: &Words) {
    let groups = &variant.plan.groups;
    let looks: Vec<Look> = theme::hues(&variant.plan)
        .into_iter()
        .zip(groups)
        .map(|((_, hue), group)| Look {
            hue,
            slow: !group.is_healthy(),
        })
        .collect();
    let unknown = Look {
        hue: theme::UNKNOWN,
        slow: false,
    };
    let look = |rank: usize| looks.get(rank).copied().unwrap_or(unknown);
    // Failures last, so that they lie on top.
    for failures in [false, true] {
        for ((rank, _), (_, cells)) in kinds.iter().filter(|one| (one.0.1 != "ok") == failures) {
            for (column, row) in cells {
                let at = (*column as f64 * CELL_PX, *row as f64 * CELL_PX);
                dot(picture, at, look(*rank), failures);
            }
        }
    }
    let mut x = 96.0;
    for (rank, label, failure) in legend(variant, kinds, words) {
        let width = 18.0 + text_width(&label, theme::LABEL) + 24.0;
        if x + width > f64::from(WIDTH) {
            break;
        }
        dot(picture, (x + 6.0, 82.0), look(rank), failure);
        picture.words(
            (x + 18.0, 82.0),
            &label,
            (theme::LABEL, theme::INK),
            Align::Left,
        );
        x += width;
    }
}

fn dot(picture: &mut Picture, at: (f64, f64), look: Look, failure: bool) {
    let (x, y) = at;
    if failure {
        let (radius, width) = if look.slow { (6.5, 3.0) } else { (4.0, 2.0) };
        picture.cross(at, radius, width, theme::FAILURE);
    } else if look.slow {
        let corners = vec![(x, y - 6.0), (x + 6.0, y), (x, y + 6.0), (x - 6.0, y)];
        picture.shape(corners, look.hue.strong);
    } else {
        picture.disc(at, 2.5, look.hue.strong);
    }
}

fn legend(variant: &VariantData, kinds: &Kinds, words: &Words) -> Vec<(usize, String, bool)> {
    kinds
        .iter()
        .map(|((rank, ending), (count, _))| {
            let group = variant.plan.groups.get(*rank);
            let unknown = || words.say("chart-unknown", []);
            let name = group.map_or_else(unknown, |group| group.name.clone());
            let arguments = [
                ("group", name.into()),
                ("ending", ending_word(ending, words).into()),
                ("count", human::count(*count).into()),
            ];
            let label = words.say("chart-latency-kind", arguments);
            (*rank, label, ending != "ok")
        })
        .collect()
}

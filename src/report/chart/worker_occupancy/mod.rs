//! `worker_occupancy`: who held the workers, who waited, who was turned away. The picture that tells the story.
//!
//! One lane per worker slot, the accept queue underneath, and the other clients' requests below that, on one time axis.
//! Limits: more than [`MOST_LANES`] workers are cut off, and the picture says so; a stretch too short for a pixel is shown as a
//! tint as strong as its share of that pixel's time.

mod lanes;
mod queue;
mod strip;

pub(super) use strip::ending;

use super::frame::{self, Frame, Scale};
use super::picture::{Align, Picture, fitted, text_width};
use super::theme::{self, Hue};
use super::{Chart, file_name, last_second, place};
use crate::report::data::{RunData, VariantData};
use crate::report::human;

/// Lanes that fit the sheet.
const MOST_LANES: usize = 96;
const WIDTH: u32 = 1200;
const LEFT: f64 = 128.0;
const RIGHT: f64 = 1056.0;
const TOP: f64 = 122.0;

/// What every part of the picture needs.
struct Scene<'a> {
    variant: &'a VariantData,
    hues: Vec<(String, Hue)>,
    /// The whole height; x in seconds.
    frame: Frame,
    end_s: f64,
}

pub(super) fn draw(run: &RunData, variant: &VariantData) -> Chart {
    let lanes = lanes::assign(&variant.workers);
    let rows = strip::rows(variant);
    let lane_height = (560.0 / lanes.len().max(1) as f64).clamp(5.0, 34.0);
    let lanes_bottom = TOP + lane_height * lanes.len().max(1) as f64;
    let queue_bottom = lanes_bottom + 118.0;
    let strip_top = queue_bottom + 26.0;
    let bottom = strip_top + strip::ROW * rows.len() as f64 + 8.0;
    let end_s = last_second(variant);
    let scene = Scene {
        variant,
        hues: theme::hues(&variant.plan),
        frame: Frame {
            left: LEFT,
            top: TOP,
            right: RIGHT,
            bottom,
            across: Scale::linear(0.0, end_s),
            up: Scale::linear(0.0, 1.0),
        },
        end_s,
    };
    let mut picture = Picture::new(WIDTH, (bottom + 56.0) as u32);
    picture.fill((0.0, 0.0), (f64::from(WIDTH), bottom + 56.0), theme::PAPER);
    let title = format!(
        "Who held the workers: {}",
        place(run, &variant.plan.variant)
    );
    let story = story(variant);
    frame::header(&mut picture, &title, &story);
    legend(&mut picture, &scene);
    scene.frame.columns(
        &mut picture,
        &frame::second_ticks(end_s),
        "seconds since the variant began",
    );
    lanes::draw(&mut picture, &scene, &lanes, lane_height);
    queue::draw(&mut picture, &scene, (lanes_bottom + 30.0, queue_bottom));
    strip::draw(&mut picture, &scene, &rows, strip_top);
    phases(&mut picture, &scene);
    Chart {
        name: file_name("worker_occupancy", &variant.plan.variant),
        title,
        caption: format!(
            "{story}. One lane per worker: dark is the handler at work, light and hatched is the worker blocked in send, a cross is a \
             worker killed by the arbiter. Below: connections waiting in the accept queue, then the other clients' requests by when \
             they were meant to start."
        ),
        picture,
    }
}

/// The picture in one line: what became of the others, then who had the workers.
fn story(variant: &VariantData) -> String {
    let mut parts: Vec<String> = strip::rows(variant)
        .iter()
        .filter(|row| row.is_failure())
        .map(|row| format!("{}: {}", row.group, row.total()))
        .collect();
    parts.extend(lanes::shares(variant));
    let kills = lanes::kill_count(variant);
    if kills > 0 {
        parts.push(format!("{kills} workers killed for a stale heartbeat"));
    }
    if parts.is_empty() {
        return "no worker was ever busy".to_owned();
    }
    parts.join(" · ")
}

fn legend(picture: &mut Picture, scene: &Scene<'_>) {
    let mut x = LEFT;
    let y = 86.0;
    for (group, hue) in &scene.hues {
        let label = fitted(group, theme::LABEL, 180.0);
        let width = 52.0 + text_width(&label, theme::LABEL) + 20.0;
        if x + width > RIGHT - 330.0 {
            break;
        }
        picture.fill((x, y - 7.0), (x + 23.0, y + 7.0), hue.strong);
        picture.fill((x + 23.0, y - 7.0), (x + 46.0, y + 7.0), hue.light);
        lanes::hatch(
            picture,
            (x + 23.0, y - 7.0),
            (x + 46.0, y + 7.0),
            hue.strong,
        );
        picture.words((x + 52.0, y), &label, theme::LABEL, theme::INK, Align::Left);
        x += width;
    }
    let key = "dark: handler at work · hatched: blocked in send";
    picture.words((x, y), key, theme::LABEL, theme::FAINT, Align::Left);
}

/// Warm-up and drain, shaded over everything.
fn phases(picture: &mut Picture, scene: &Scene<'_>) {
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
            theme::SMALL,
            theme::FAINT,
            Align::Left,
        );
    };
    shade(0.0, warmup, "warm-up");
    shade(duration, scene.end_s, "drain");
    let x = frame.x(duration);
    picture.dashed(
        &[(x, TOP - 18.0), (x, frame.bottom)],
        (5.0, 4.0),
        1.5,
        theme::FAINT,
    );
    if frame.x(scene.end_s) - x < 1.0 {
        let words = format!("end, {}", human::seconds(duration));
        picture.words(
            (x, TOP - 10.0),
            &words,
            theme::SMALL,
            theme::FAINT,
            Align::Right,
        );
    }
}

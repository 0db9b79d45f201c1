//! `latency_by_percentile`: one picture per group, one pair of lines per variant.
//!
//! The tail gets the room: x is 1/(1-p), so that 90, 99 and 99.9 lie equally far apart. Latency from the intended start is solid,
//! the naive one from the actual start is dashed: where they part, a slow system delayed its own measurement. Exact order
//! statistics, not histogram buckets; warm-up left out. Of few requests each is a point, because a line would claim what is between them.

use super::frame::{self, Frame, Scale, latency_scale, latency_ticks};
use super::picture::{Align, Picture, Point, fitted, passes, text_width};
use super::ranks::{height_at, points, steps};
use super::subject::file_name;
use super::{Chart, latency_strip, theme};
use crate::record::RequestRecord;
use crate::record::summary::Summary;
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::words::Words;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 620;
/// Dash and gap of a timer's level.
const LEVEL: (f64, f64) = (14.0, 5.0);
/// Dash and gap of the naive line.
const NAIVE: (f64, f64) = (8.0, 5.0);
/// Half of a marker's width.
const MARKER: f64 = 5.0;
/// Ours: fewer requests are points.
const FEW: usize = 20;

/// Sorted latencies of one variant, in microseconds.
pub(super) struct Line {
    pub(super) variant: String,
    pub(super) corrected: Vec<u64>,
    pub(super) from_send: Vec<u64>,
}

/// One chart for each group that any variant has.
pub(super) fn draw(run: &RunData, summary: &Summary, words: &Words) -> Vec<Chart> {
    let mut groups: Vec<&str> = Vec::new();
    for group in run.variants.iter().flat_map(|variant| &variant.plan.groups) {
        if !groups.contains(&group.name.as_str()) {
            groups.push(&group.name);
        }
    }
    groups
        .into_iter()
        .map(|group| draw_group((run, summary), group, words))
        .collect()
}

fn draw_group((run, summary): (&RunData, &Summary), group: &str, words: &Words) -> Chart {
    let lines: Vec<Line> = run
        .variants
        .iter()
        .map(|variant| line(variant, group))
        .filter(|line| !line.corrected.is_empty())
        .collect();
    let (low, high) = latency_scale(
        lines
            .iter()
            .flat_map(|line| line.corrected.iter().chain(&line.from_send))
            .map(|us| *us as f64),
    );
    let most = lines.iter().map(|line| line.corrected.len()).max();
    let most = most.unwrap_or(0);
    if (1..FEW).contains(&most) {
        return of_few((run, summary), group, (&lines, (low, high)), words);
    }
    let tail_end = (most as f64 * 2.0).max(20.0);
    let frame = Frame {
        left: 96.0,
        top: 78.0,
        right: 960.0,
        bottom: f64::from(HEIGHT) - 56.0,
        across: Scale::log(1.0, tail_end),
        up: Scale::log(low, high),
    };
    let mut picture = Picture::sheet(WIDTH, HEIGHT);
    let at = format!("{} ({})", run.manifest.scenario, run.manifest.engine);
    let arguments = [("name", group.to_owned().into()), ("place", at.into())];
    let title = words.say("chart-percentiles", arguments);
    let subtitle = words.say("chart-percentiles-subtitle", []);
    frame::header(&mut picture, &title, &subtitle);
    frame.rows(&mut picture, &latency_ticks(low, high));
    frame.axis_up(&mut picture, &words.say("chart-axis-latency", []));
    frame.columns(
        &mut picture,
        &percentile_ticks(tail_end),
        &words.say("chart-percentiles-axis", []),
    );
    frame.edges(&mut picture);
    let drawn: Vec<Vec<Point>> = (lines.iter())
        .map(|line| match line.corrected.len() {
            0..FEW => points(&frame, &line.corrected),
            _ => steps(&frame, &line.corrected),
        })
        .collect();
    let markers = lines.iter().zip(&drawn);
    let markers = markers.flat_map(|(line, solid)| marked(&frame, line, solid));
    let in_the_way: Vec<Vec<Point>> = drawn.iter().cloned().chain(markers.map(around)).collect();
    levels(&mut picture, &frame, (run, group, words), &in_the_way);
    let mut labels = Vec::new();
    for (index, (line, solid)) in lines.iter().zip(&drawn).enumerate() {
        let label = draw_line(&mut picture, &frame, (line, solid, words), index);
        labels.push(label);
    }
    name_lines(&mut picture, &frame, labels);
    if lines.is_empty() {
        say_nothing_ended(&mut picture, &frame, words);
    }
    Chart {
        name: file_name("latency_by_percentile", group),
        title,
        caption: caption(summary, group, words),
        picture,
    }
}

/// Where no variant has enough requests for percentiles.
fn of_few(
    (run, summary): (&RunData, &Summary),
    group: &str,
    (lines, scale): (&[Line], (f64, f64)),
    words: &Words,
) -> Chart {
    let at = format!("{} ({})", run.manifest.scenario, run.manifest.engine);
    let arguments = [("name", group.to_owned().into()), ("place", at.into())];
    let title = words.say("chart-few", arguments);
    Chart {
        name: file_name("latency_by_percentile", group),
        caption: caption(summary, group, words),
        picture: latency_strip::draw(&title, lines, scale, words),
        title,
    }
}

fn say_nothing_ended(picture: &mut Picture, frame: &Frame, words: &Words) {
    let x = f64::midpoint(frame.left, frame.right);
    let y = f64::midpoint(frame.top, frame.bottom);
    let ink = (theme::LABEL, theme::FAINT);
    let said = words.say("chart-percentiles-none", []);
    picture.words((x, y), &said, ink, Align::Middle);
}

fn line(variant: &VariantData, group: &str) -> Line {
    let warm = Timestamp::ZERO + variant.plan.warmup;
    let sorted = |latency: fn(&RequestRecord) -> Option<Span>| {
        let mut values: Vec<u64> = variant
            .requests
            .iter()
            .filter(|request| request.group == group && request.intended_at >= warm)
            .filter_map(|request| Some(latency(request)?.as_us().max(1)))
            .collect();
        values.sort_unstable();
        values
    };
    Line {
        variant: variant.plan.variant.clone(),
        corrected: sorted(RequestRecord::latency),
        from_send: sorted(RequestRecord::latency_from_send),
    }
}

fn draw_line(
    picture: &mut Picture,
    frame: &Frame,
    (line, solid, words): (&Line, &[Point], &Words),
    index: usize,
) -> (f64, String, usize) {
    let color = theme::VARIANTS[index % theme::VARIANTS.len()];
    if line.corrected.len() < FEW {
        for (x, y) in points(frame, &line.from_send) {
            picture.line(vec![(x - 6.0, y), (x + 6.0, y)], 1.5, color);
        }
    } else {
        picture.dashed(&steps(frame, &line.from_send), NAIVE, 1.5, color);
        picture.line(solid.to_vec(), 3.0, color);
    }
    for at in marked(frame, line, solid) {
        marker(picture, at, index);
    }
    let y = solid.last().map_or(frame.bottom, |last| last.1);
    let n = human::count(line.corrected.len() as u64);
    let arguments = [("name", line.variant.clone().into()), ("count", n.into())];
    (y, words.say("chart-percentiles-n", arguments), index)
}

/// Where a line has its markers, by which variants are told apart without colour: on the line as it is drawn, or at each of few points.
fn marked(frame: &Frame, line: &Line, solid: &[Point]) -> Vec<Point> {
    if line.corrected.len() < FEW {
        return solid.to_vec();
    }
    let quantiles = [0.5, 0.9, 0.99, 0.999].into_iter();
    let supported = quantiles.filter(|of| (1.0 - of) * line.corrected.len() as f64 >= 1.0);
    let across = supported.map(|quantile| frame.x(1.0 / (1.0 - quantile)));
    across
        .filter_map(|x| Some((x, height_at(solid, x)?)))
        .collect()
}

/// The square that a marker fills.
fn around((x, y): Point) -> Vec<Point> {
    let r = MARKER + 1.0;
    let (left, right, top, bottom) = (x - r, x + r, y - r, y + r);
    vec![
        (left, top),
        (right, top),
        (right, bottom),
        (left, bottom),
        (left, top),
    ]
}

pub(super) fn marker(picture: &mut Picture, (x, y): (f64, f64), index: usize) {
    let color = theme::VARIANTS[index % theme::VARIANTS.len()];
    let r = MARKER;
    match index % 4 {
        0 => picture.disc((x, y), r, color),
        1 => picture.fill((x - r, y - r), (x + r, y + r), color),
        2 => picture.shape(
            vec![(x, y - r - 1.0), (x + r + 1.0, y + r), (x - r - 1.0, y + r)],
            color,
        ),
        _ => picture.shape(
            vec![
                (x, y - r - 1.0),
                (x + r + 1.0, y),
                (x, y + r + 1.0),
                (x - r - 1.0, y),
            ],
            color,
        ),
    }
}

/// Names at the right ends of the lines, moved apart where they would overlap.
fn name_lines(picture: &mut Picture, frame: &Frame, mut labels: Vec<(f64, String, usize)>) {
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let line = theme::LABEL + 5.0;
    let mut free_from = frame.top;
    for label in &mut labels {
        label.0 = label.0.max(free_from);
        free_from = label.0 + line;
    }
    let mut free_to = frame.bottom;
    for (y, text, index) in labels.into_iter().rev() {
        let y = y.min(free_to);
        free_to = y - line;
        let color = theme::VARIANTS[index % theme::VARIANTS.len()];
        marker(picture, (frame.right + 16.0, y), index);
        let text = fitted(&text, theme::LABEL, 200.0);
        let at = (frame.right + 28.0, y);
        picture.words(at, &text, (theme::LABEL, color), Align::Left);
    }
}

/// Timers that cut a group's latencies off, in any variant, each once.
pub(in crate::report) fn timer_levels(
    run: &RunData,
    group: &str,
    words: &Words,
) -> Vec<(String, Span)> {
    let mut seen: Vec<(String, Span)> = Vec::new();
    for plan in run.variants.iter().map(|variant| &variant.plan) {
        let tiers = plan.tiers();
        let proxies = tiers.iter().map(|of| {
            let name = match of.tier {
                Tier::Edge => "chart-percentiles-edge",
                Tier::Proxy | Tier::Backend => "proxy_read_timeout",
            };
            (name, of.config.proxy_read_timeout)
        });
        let patience = plan
            .groups
            .iter()
            .find(|one| one.name == group)
            .and_then(|one| Some(("chart-percentiles-patience", one.timeout?)));
        for (name, span) in proxies.chain(patience) {
            let level = (words.say(name, []), span);
            if !seen.contains(&level) {
                seen.push(level);
            }
        }
    }
    seen
}

/// Those that lie within the picture.
fn levels(
    picture: &mut Picture,
    frame: &Frame,
    (run, group, words): (&RunData, &str, &Words),
    lines: &[Vec<Point>],
) {
    for (name, span) in timer_levels(run, group, words) {
        let us = span.as_us() as f64;
        if !frame.up.contains(us) {
            continue;
        }
        let y = frame.y(us);
        picture.dashed(
            &[(frame.left, y), (frame.right, y)],
            LEVEL,
            1.0,
            theme::FAILURE,
        );
        let label = format!("{name} {}", human::seconds(span.as_secs_f64()));
        let at = free_place(frame, y, text_width(&label, theme::SMALL), lines);
        picture.words(at, &label, (theme::SMALL, theme::FAILURE), Align::Left);
    }
}

/// Where the words of a level stand: above it or below, as far to the left as no line and no marker touches them.
fn free_place(frame: &Frame, y: f64, width: f64, lines: &[Vec<Point>]) -> Point {
    let steps = (0..12).map(|step| frame.left + 8.0 + 70.0 * f64::from(step));
    let fits = |x: &f64| x + width < frame.right;
    let places = steps
        .filter(fits)
        .flat_map(|x| [(x, y - 10.0), (x, y + 11.0)]);
    let is_free = |(x, y): &Point| {
        let words = ((x - 4.0, y - 9.0), (x + width + 4.0, y + 9.0));
        !lines.iter().any(|line| passes(line, words))
    };
    let mut places = places.filter(|(_, y)| *y > frame.top && *y < frame.bottom);
    places.find(is_free).unwrap_or((frame.left + 8.0, y - 10.0))
}

/// Percentiles to name on an axis of 1/(1-p) that ends at `tail_end`.
pub(in crate::report) fn percentile_ticks(tail_end: f64) -> Vec<(f64, String)> {
    [
        (1.0, "0"),
        (2.0, "50"),
        (4.0, "75"),
        (10.0, "90"),
        (20.0, "95"),
        (100.0, "99"),
        (200.0, "99.5"),
        (1e3, "99.9"),
        (2e3, "99.95"),
        (1e4, "99.99"),
        (1e5, "99.999"),
    ]
    .into_iter()
    .filter(|(tail, _)| (1.0..=tail_end).contains(tail))
    .map(|(tail, label)| (tail, label.to_owned()))
    .collect()
}

fn caption(summary: &Summary, group: &str, words: &Words) -> String {
    let mut parts = Vec::new();
    for variant in &summary.variants {
        let Some(found) = variant.groups.iter().find(|one| one.name == group) else {
            continue;
        };
        let (true_one, naive) = (&found.latency_us, &found.latency_from_send_us);
        let Some(p50) = true_one.p50 else {
            continue;
        };
        let both = true_one.p99.zip(naive.p99);
        let written = |us: Option<u64>| us.map_or("none".to_owned(), human::micros);
        let arguments = [
            ("name", variant.name.as_str().into()),
            ("p50", human::micros(p50).into()),
            ("p99", written(both.map(|both| both.0)).into()),
            ("naive", written(both.map(|both| both.1)).into()),
        ];
        parts.push(words.say("chart-percentiles-median", arguments));
    }
    let end = if parts.is_empty() { "" } else { "." };
    let parts = format!("{}{end}", parts.join("; "));
    let arguments = [("name", group.to_owned().into()), ("parts", parts.into())];
    words.say("chart-percentiles-caption", arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_named_where_neither_a_line_nor_a_marker_is() {
        let frame = Frame::over_time(300, 10.0, Scale::linear(0.0, 1.0));
        let (y, width) = (frame.y(0.5), 180.0);
        let left = free_place(&frame, y, width, &[]);
        let marker = around((left.0 + 100.0, y));
        let beside = free_place(&frame, y, width, std::slice::from_ref(&marker));
        assert!(beside.0 > left.0 + 100.0 + MARKER, "{beside:?}");
        // What is only above leaves the place below.
        let line = vec![(frame.left, y - 8.0), (frame.right, y - 8.0)];
        let below = free_place(&frame, y, width, &[line]);
        assert!(below.1 > y && below.0 == left.0, "{below:?}");
    }
}

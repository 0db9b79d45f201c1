//! Few requests: each is a point, a column for each variant. Percentiles of five values would claim what nobody measured.

use super::frame::{self, Frame, Scale, latency_ticks};
use super::latency_by_percentile::{Line, marker};
use super::picture::{Align, Picture, fitted};
use super::theme;
use crate::report::human;
use crate::report::words::Words;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 460;
/// How far apart the points of a column lie.
const APART: f64 = 16.0;

/// The picture, under a title; `low` to `high` is the scale of latencies, in microseconds.
pub(super) fn draw(title: &str, lines: &[Line], (low, high): (f64, f64), words: &Words) -> Picture {
    let frame = Frame {
        left: 96.0,
        top: 84.0,
        right: 1150.0,
        bottom: f64::from(HEIGHT) - 62.0,
        across: Scale::linear(0.0, lines.len() as f64),
        up: Scale::log(low, high),
    };
    let mut picture = Picture::sheet(WIDTH, HEIGHT);
    frame::header(&mut picture, title, &words.say("chart-few-subtitle", []));
    frame.rows(&mut picture, &latency_ticks(low, high));
    frame.axis_up(&mut picture, &words.say("chart-axis-latency", []));
    let room = frame.width() / lines.len() as f64 - 12.0;
    for (index, line) in lines.iter().enumerate() {
        let middle = frame.x(index as f64 + 0.5);
        let n = line.corrected.len();
        let apart = APART.min(room / n as f64);
        let place = |k: usize| middle + (k as f64 - (n as f64 - 1.0) / 2.0) * apart;
        let color = theme::VARIANTS[index % theme::VARIANTS.len()];
        for (k, (felt, naive)) in line.corrected.iter().zip(&line.from_send).enumerate() {
            let (x, y) = (place(k), frame.y(*felt as f64));
            let sent = frame.y(*naive as f64);
            if (sent - y).abs() > 6.0 {
                picture.line(vec![(x - 6.0, sent), (x + 6.0, sent)], 1.5, color);
            }
            marker(&mut picture, (x, y), index);
        }
        let name = fitted(&line.variant, theme::LABEL, room);
        let at = (middle, frame.bottom + 18.0);
        picture.words(at, &name, (theme::LABEL, color), Align::Middle);
        let n = format!("n {}", human::count(n as u64));
        let at = (middle, frame.bottom + 40.0);
        picture.words(at, &n, (theme::SMALL, theme::FAINT), Align::Middle);
    }
    frame.edges(&mut picture);
    picture
}

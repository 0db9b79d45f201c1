//! `latency_heat`: how many requests took how long, over time, as shades: where there are so many that single points say nothing.
//!
//! Fewer are better seen one by one (`latency_over_time`): then it is not drawn.

use std::collections::BTreeMap;

use super::frame::{self, Frame, Scale, latency_scale, latency_ticks};
use super::picture::{Align, Picture};
use super::subject::{file_name, place};
use super::{Chart, theme};
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::words::Words;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 460;
/// Ours: from so many requests on, points hide each other.
const FEWEST: usize = 2_000;
const COLUMNS: f64 = 100.0;
const ROWS: f64 = 36.0;
/// Shades of the scale beside it.
const SHADES: u32 = 5;

/// Requests by cell: the column is time, the row latency.
type Cells = BTreeMap<(u32, u32), u64>;

/// How many requests lay in each cell, of which there are so many across and up.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::report) struct Heat {
    pub(in crate::report) cells: Cells,
    pub(in crate::report) columns: u32,
    pub(in crate::report) rows: u32,
}

impl Heat {
    /// How dark a cell is that has so many, from 0 to 1: a logarithm, so that the few slow ones are seen beside the many quick ones.
    pub(in crate::report) fn shade(&self, count: u64, most: u64) -> f64 {
        Scale::log(1.0, most as f64).share(count as f64)
    }
}

/// A variant's requests over so many seconds, between two latencies in microseconds; `None` of few, which are dots.
pub(in crate::report) fn heat(
    variant: &VariantData,
    end_s: f64,
    (low, high): (f64, f64),
) -> Option<Heat> {
    (variant.requests.len() >= FEWEST).then(|| Heat {
        cells: cells(variant, &Scale::linear(0.0, end_s), &Scale::log(low, high)),
        columns: COLUMNS as u32,
        rows: ROWS as u32,
    })
}

fn cells(variant: &VariantData, over: &Scale, along: &Scale) -> Cells {
    let mut cells = Cells::new();
    for row in &variant.requests {
        let Some(latency) = row.latency() else {
            continue;
        };
        let across = over.share(row.intended_at.as_secs_f64()) * COLUMNS;
        let up = along.share(latency.as_us() as f64) * ROWS;
        let cell = (across.min(COLUMNS - 1.0) as u32, up.min(ROWS - 1.0) as u32);
        *cells.entry(cell).or_default() += 1;
    }
    cells
}

pub(super) fn draw(run: &RunData, variant: &VariantData, words: &Words) -> Option<Chart> {
    let latencies = variant.requests.iter();
    let latencies = latencies.filter_map(|row| Some(row.latency()?.as_us() as f64));
    let (low, high) = latency_scale(latencies);
    let end_s = variant.plan.duration.as_secs_f64().max(1e-3);
    let frame = Frame::over_time(HEIGHT, end_s, Scale::log(low, high));
    let mut picture = Picture::sheet(WIDTH, HEIGHT);
    let at = place(run, &variant.plan.variant);
    let title = words.say("chart-heat", [("place", at.into())]);
    let heat = heat(variant, end_s, (low, high))?;
    let most = heat.cells.values().copied().max()?;
    let n = human::count(variant.requests.len() as u64);
    let subtitle = words.say("chart-heat-subtitle", [("count", n.as_str().into())]);
    frame::header(&mut picture, &title, &subtitle);
    let (wide, tall) = (frame.width() / COLUMNS, (frame.bottom - frame.top) / ROWS);
    for ((column, row), count) in &heat.cells {
        let left = frame.left + f64::from(*column) * wide;
        let bottom = frame.bottom - f64::from(*row) * tall;
        let strength = 0.12 + 0.88 * heat.shade(*count, most);
        let color = theme::blend(theme::PAPER, theme::VARIANTS[1], strength);
        picture.fill((left, bottom - tall), (left + wide, bottom), color);
    }
    frame.rows(&mut picture, &latency_ticks(low, high));
    frame.axis_up(&mut picture, &words.say("chart-axis-latency", []));
    frame.seconds(&mut picture, end_s, words);
    frame.edges(&mut picture);
    scale(&mut picture, most, words);
    let most = human::count(most);
    let arguments = [("count", n.as_str().into()), ("most", most.into())];
    Some(Chart {
        name: file_name("latency_heat", &variant.plan.variant),
        title,
        caption: words.say("chart-heat-caption", arguments),
        picture,
    })
}

/// What the shades mean.
fn scale(picture: &mut Picture, most: u64, words: &Words) {
    let ink = (theme::SMALL, theme::FAINT);
    let one = words.say("chart-heat-one", []);
    picture.words((932.0, 84.0), &one, ink, Align::Right);
    for step in 0..SHADES {
        let strength = 0.12 + 0.88 * f64::from(step) / f64::from(SHADES - 1);
        let color = theme::blend(theme::PAPER, theme::VARIANTS[1], strength);
        let left = 940.0 + 24.0 * f64::from(step);
        picture.fill((left, 76.0), (left + 22.0, 92.0), color);
    }
    picture.words((1068.0, 84.0), &human::count(most), ink, Align::Left);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn few_requests_have_no_heat_and_many_are_all_in_it() {
        let run = fixture::run();
        let mut variant = run.variants[0].clone();
        assert!(draw(&run, &variant, Words::of(Language::English)).is_none());
        variant.requests = (0..5_000)
            .map(|id| fixture::request(id, "visitors", id * 2_000, id * 2_000 + 900 + id, 200))
            .collect();
        let chart = draw(&run, &variant, Words::of(Language::English)).unwrap();
        assert!(chart.picture.marks.len() < 4_000);
        let heat = heat(&variant, 12.0, (100.0, 1e5)).unwrap();
        let counted: u64 = heat.cells.values().sum();
        assert_eq!(counted, 5_000);
    }
}

//! Charts of a sweep: lines over one key, heat maps over two.
//!
//! Drawn from the sweep's table alone. Values of a key stand side by side in the order in which they were asked for, not to scale: they
//! need not be numbers. Latency is the 99th percentile where the sample supports it, otherwise the largest.

use std::path::Path;

use super::file::{self, ChartError, ChartFile};
use super::frame::{self, Frame, Scale, latency_scale, latency_ticks};
use super::picture::{Align, Picture, fitted};
use super::{Chart, theme};
use crate::record::folder::file_name;
use crate::report::human;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 600;
/// More columns or rows than this are thinned out in the labels.
const MOST_LABELS: usize = 16;

/// What one row of a sweep's table says.
#[derive(Clone, PartialEq, Debug)]
pub struct SweepCell {
    /// The values of the keys that vary.
    pub values: Vec<String>,
    /// The variant.
    pub variant: String,
    /// The client group.
    pub group: String,
    /// Its p99 or largest latency in microseconds; `None` if there was no request.
    pub latency_us: Option<u64>,
    /// Its share of requests that did not get a 200.
    pub failed: Option<f64>,
}

/// Draws a sweep of `scenario` over `keys` into `folder`, which is made if it is missing.
///
/// # Errors
/// When a file cannot be written or the drawing library fails.
pub fn draw_sweep(
    scenario: &str,
    engine: &str,
    keys: &[String],
    cells: &[SweepCell],
    folder: &Path,
) -> Result<Vec<ChartFile>, ChartError> {
    std::fs::create_dir_all(folder).map_err(|error| ChartError::Write {
        path: folder.to_owned(),
        error,
    })?;
    let place = format!("{scenario} ({engine})");
    let charts = match keys {
        [] => Vec::new(),
        [key] => vec![lines(&place, key, cells)],
        [down, across, ..] => series(cells)
            .iter()
            .map(|series| heat_map(&place, (down, across), series, cells))
            .collect(),
    };
    charts
        .into_iter()
        .map(|chart| file::save(chart, folder))
        .collect()
}

/// The variants and groups, in the table's order.
fn series(cells: &[SweepCell]) -> Vec<(String, String)> {
    let mut series: Vec<(String, String)> = Vec::new();
    for cell in cells {
        let name = (cell.variant.clone(), cell.group.clone());
        if !series.contains(&name) {
            series.push(name);
        }
    }
    series
}

/// The values of one key, in the table's order.
fn values(cells: &[SweepCell], axis: usize) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for cell in cells {
        if let Some(value) = cell.values.get(axis)
            && !values.contains(value)
        {
            values.push(value.clone());
        }
    }
    values
}

fn sheet(title: &str, subtitle: &str) -> Picture {
    let mut picture = Picture::new(WIDTH, HEIGHT);
    let corner = (f64::from(WIDTH), f64::from(HEIGHT));
    picture.fill((0.0, 0.0), corner, theme::PAPER);
    frame::header(&mut picture, title, subtitle);
    picture
}

fn lines(place: &str, key: &str, cells: &[SweepCell]) -> Chart {
    let title = format!("Latency by {key}: {place}");
    let subtitle =
        "p99, or the largest where p99 is not supported · a cross is a point with failures";
    let mut picture = sheet(&title, subtitle);
    let xs = values(cells, 0);
    let latencies = cells
        .iter()
        .filter_map(|cell| Some(cell.latency_us? as f64));
    let (low, high) = latency_scale(latencies);
    let frame = Frame {
        left: 96.0,
        top: 104.0,
        right: 930.0,
        bottom: f64::from(HEIGHT) - 56.0,
        across: Scale::linear(-0.5, xs.len() as f64 - 0.5),
        up: Scale::log(low, high),
    };
    frame.rows(&mut picture, &latency_ticks(low, high));
    frame.columns(&mut picture, &labels(&xs), key);
    frame.edges(&mut picture);
    for (rank, (variant, group)) in series(cells).iter().enumerate() {
        let color = theme::VARIANTS[rank % theme::VARIANTS.len()];
        let own = cells
            .iter()
            .filter(|cell| (&cell.variant, &cell.group) == (variant, group));
        let mut points = Vec::new();
        for cell in own {
            let x = xs.iter().position(|x| Some(x) == cell.values.first());
            let (Some(x), Some(us)) = (x, cell.latency_us) else {
                continue;
            };
            let at = (frame.x(x as f64), frame.y(us as f64));
            points.push(at);
            if cell.failed.is_some_and(|failed| failed > 0.0) {
                picture.cross(at, 6.0, 2.0, theme::FAILURE);
            } else {
                picture.disc(at, 4.0, color);
            }
        }
        picture.line(points, 2.5, color);
        let y = frame.top + 14.0 + 24.0 * rank as f64;
        picture.fill((952.0, y - 5.0), (966.0, y + 5.0), color);
        let name = fitted(&format!("{group} · {variant}"), theme::SMALL, 200.0);
        picture.words((974.0, y), &name, (theme::SMALL, theme::INK), Align::Left);
    }
    Chart {
        name: format!("sweep-{}", file_name(key)),
        title,
        caption: subtitle.to_owned(),
        picture,
    }
}

fn heat_map(
    place: &str,
    (down, across): (&str, &str),
    (variant, group): &(String, String),
    cells: &[SweepCell],
) -> Chart {
    let title = format!("Latency of {group} by {down} and {across}: {place}, {variant}");
    let subtitle = "p99, or the largest where p99 is not supported · the darker the longer, and the share that failed";
    let mut picture = sheet(&title, subtitle);
    let (ys, xs) = (values(cells, 0), values(cells, 1));
    let (low, high) = latency_scale(
        cells
            .iter()
            .filter_map(|cell| Some(cell.latency_us? as f64)),
    );
    let shade = Scale::log(low, high);
    let frame = Frame {
        left: 190.0,
        top: 104.0,
        right: 1150.0,
        bottom: f64::from(HEIGHT) - 56.0,
        across: Scale::linear(-0.5, xs.len() as f64 - 0.5),
        up: Scale::linear(-0.5, ys.len() as f64 - 0.5),
    };
    frame.columns(&mut picture, &labels(&xs), across);
    for (value, label) in labels(&ys) {
        let at = (frame.left - 8.0, frame.y(value));
        let text = fitted(&label, theme::SMALL, 90.0);
        picture.words(at, &text, (theme::SMALL, theme::FAINT), Align::Right);
    }
    let mut drawn = Vec::new();
    for cell in cells {
        let place =
            |axis: usize, all: &[String]| all.iter().position(|v| Some(v) == cell.values.get(axis));
        let (Some(y), Some(x)) = (place(0, &ys), place(1, &xs)) else {
            continue;
        };
        // With three keys or more the first point of each pair is shown.
        if (&cell.variant, &cell.group) != (variant, group) || drawn.contains(&(x, y)) {
            continue;
        }
        drawn.push((x, y));
        let (x, y) = (x as f64, y as f64);
        let corners = (
            (frame.x(x - 0.5) + 1.0, frame.y(y + 0.5) + 1.0),
            (frame.x(x + 0.5) - 1.0, frame.y(y - 0.5) - 1.0),
        );
        let share = cell.latency_us.map_or(0.0, |us| shade.share(us as f64));
        let color = theme::blend(theme::PAPER, theme::FAILURE, share * 0.75);
        picture.fill(corners.0, corners.1, color);
        let mut text = cell.latency_us.map_or("-".to_owned(), human::micros);
        if let Some(failed) = cell.failed.filter(|failed| *failed > 0.0) {
            text = format!("{text} · {}", human::percent(failed));
        }
        let text = fitted(&text, theme::SMALL, corners.1.0 - corners.0.0 - 4.0);
        let middle = (frame.x(x), frame.y(y));
        picture.words(middle, &text, (theme::SMALL, theme::INK), Align::Middle);
    }
    frame.edges(&mut picture);
    let at = (16.0, frame.top - 14.0);
    picture.words(at, down, (theme::SMALL, theme::FAINT), Align::Left);
    Chart {
        name: format!("sweep-{}-{}", file_name(variant), file_name(group)),
        title,
        caption: subtitle.to_owned(),
        picture,
    }
}

/// A label per value, thinned out where there are many.
fn labels(values: &[String]) -> Vec<(f64, String)> {
    let every = values.len().div_ceil(MOST_LABELS).max(1);
    let labelled = values.iter().enumerate().step_by(every);
    labelled
        .map(|(index, value)| (index as f64, value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(keys: usize) -> Vec<SweepCell> {
        let value = |axis: usize, n: u64| format!("{}", n + axis as u64);
        (0..9)
            .map(|n| SweepCell {
                values: (0..keys)
                    .map(|axis| value(axis, if axis == 0 { n / 3 } else { n % 3 }))
                    .collect(),
                variant: "baseline".to_owned(),
                group: "visitors".to_owned(),
                latency_us: (n != 4).then_some(5_000 * (n + 1)),
                failed: Some(if n > 6 { 0.5 } else { 0.0 }),
            })
            .collect()
    }

    #[test]
    fn one_key_is_a_line_and_two_are_a_map() {
        let dir = tempfile::tempdir().unwrap();
        for (keys, mark) in [
            (1, "Latency by k0"),
            (2, "Latency of visitors by k0 and k1"),
        ] {
            let names: Vec<String> = (0..keys).map(|key| format!("k{key}")).collect();
            let files = draw_sweep("s", "sim", &names, &cells(keys), dir.path()).unwrap();
            assert_eq!(files.len(), 1);
            let svg = std::fs::read_dir(dir.path())
                .unwrap()
                .filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok())
                .find(|text| text.contains(mark));
            assert!(svg.is_some_and(|svg| svg.contains("<svg")), "{mark}");
        }
    }
}

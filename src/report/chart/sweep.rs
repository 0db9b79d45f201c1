//! Charts of a sweep: lines over one key, heat maps over two.
//!
//! Drawn from the sweep's table alone. Values of a key stand side by side in the order in which they were asked for, not to scale: they
//! need not be numbers. Latency is the 99th percentile where the sample supports it, otherwise the largest.

use std::collections::BTreeSet;
use std::path::Path;

use super::file::{self, ChartError, ChartFile};
use super::frame::{self, Frame, Scale, latency_scale, latency_ticks};
use super::picture::{Align, Picture, fitted};
use super::{Chart, theme};
use crate::record::folder::file_name;
use crate::report::human;
use crate::report::words::Words;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 600;
/// More columns or rows than this are thinned out in the labels.
const MOST_LABELS: usize = 16;
/// Lines that can be told apart.
const MOST_LINES: usize = 6;
/// A cell of a map that is lower than this has no words.
const LOWEST_WORDS: f64 = 15.0;
/// And one that is narrower.
const NARROWEST_WORDS: f64 = 48.0;
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

/// Draws a sweep of `scenario` over `keys` into `charts` below `folder`, which must be there.
///
/// # Errors
/// When a file cannot be written or the drawing library fails.
pub fn draw_sweep(
    (scenario, engine): (&str, &str),
    keys: &[String],
    cells: &[SweepCell],
    folder: &Path,
    words: &Words,
) -> Result<Vec<ChartFile>, ChartError> {
    let place = format!("{scenario} ({engine})");
    let sheet = Sheet {
        place: &place,
        cells,
        words,
    };
    let charts = match keys {
        [] => Vec::new(),
        [key] => vec![sheet.over_one_key(key)],
        [down, across, ..] => {
            let keys = (down.as_str(), across.as_str());
            let draw = |series| match few_and_many(cells) {
                Some(axes) => sheet.few_lines(keys, axes, series),
                None => sheet.heat_map(keys, series),
            };
            series(cells).iter().map(draw).collect()
        }
    };
    file::save_all(&charts, folder)
}

/// What all charts of a sweep are about.
struct Sheet<'a> {
    /// The scenario and the engine.
    place: &'a str,
    cells: &'a [SweepCell],
    words: &'a Words,
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
fn values<'a>(cells: impl IntoIterator<Item = &'a SweepCell>, axis: usize) -> Vec<String> {
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

fn blank(title: &str, subtitle: &str) -> Picture {
    let mut picture = Picture::sheet(WIDTH, HEIGHT);
    frame::header(&mut picture, title, subtitle);
    picture
}

/// Which axis has few values and which has many, if a line for each of the few says more than a map with as many narrow rows.
fn few_and_many(cells: &[SweepCell]) -> Option<(usize, usize)> {
    let (first, second) = (values(cells, 0).len(), values(cells, 1).len());
    match (first.min(second), first.max(second)) {
        (few, many) if few > MOST_LINES || many <= MOST_LABELS => None,
        _ if first <= second => Some((0, 1)),
        _ => Some((1, 0)),
    }
}

impl Sheet<'_> {
    /// What a point of a line is.
    fn points(&self) -> String {
        self.words.say("chart-sweep-points", [])
    }

    /// One line for each variant and group.
    fn over_one_key(&self, key: &str) -> Chart {
        let all: Vec<&SweepCell> = self.cells.iter().collect();
        let arguments = [("key", key), ("place", self.place)];
        let chart = Lines {
            title: self.words.tell("chart-sweep", &arguments),
            subtitle: self.points(),
            name: format!("sweep-{}", file_name(key)),
            key,
            axis: 0,
        };
        lines(chart, &all, &|cell| {
            format!("{} · {}", cell.group, cell.variant)
        })
    }

    /// Of one variant and group: one line for each value of the key that has few.
    fn few_lines(
        &self,
        keys: (&str, &str),
        (few, many): (usize, usize),
        (variant, group): &(String, String),
    ) -> Chart {
        let name = |axis: usize| if axis == 0 { keys.0 } else { keys.1 };
        // With three keys or more the first point of each pair is shown.
        let mut own: Vec<&SweepCell> = Vec::new();
        for cell in self.cells {
            let shown = own
                .iter()
                .any(|known| known.values[..2] == cell.values[..2]);
            if (&cell.variant, &cell.group) == (variant, group) && !shown {
                own.push(cell);
            }
        }
        let of = [
            ("group", group.as_str()),
            ("key", name(many)),
            ("place", self.place),
            ("variant", variant),
        ];
        let points = self.points();
        let each = [("key", name(few)), ("points", &points)];
        let chart = Lines {
            title: self.words.tell("chart-sweep-of", &of),
            subtitle: self.words.tell("chart-sweep-lines", &each),
            name: format!("sweep-{}-{}", file_name(variant), file_name(group)),
            key: name(many),
            axis: many,
        };
        lines(chart, &own, &|cell| cell.values[few].clone())
    }
}

/// What a chart of lines is called, and which of the keys it goes along.
struct Lines<'a> {
    title: String,
    subtitle: String,
    name: String,
    key: &'a str,
    axis: usize,
}

/// From the least latency to the largest.
fn scale_of<'a>(cells: impl IntoIterator<Item = &'a SweepCell>) -> (f64, f64) {
    let latencies = cells.into_iter().filter_map(|cell| cell.latency_us);
    latency_scale(latencies.map(|us| us as f64))
}

/// One line for each name that `line_of` gives.
fn lines(chart: Lines<'_>, cells: &[&SweepCell], line_of: &dyn Fn(&SweepCell) -> String) -> Chart {
    let mut picture = blank(&chart.title, &chart.subtitle);
    let axis = chart.axis;
    let xs = values(cells.iter().copied(), axis);
    let (low, high) = scale_of(cells.iter().copied());
    let frame = Frame {
        left: 96.0,
        top: 104.0,
        right: 930.0,
        bottom: f64::from(HEIGHT) - 56.0,
        across: Scale::linear(-0.5, xs.len() as f64 - 0.5),
        up: Scale::log(low, high),
    };
    frame.rows(&mut picture, &latency_ticks(low, high));
    frame.columns(&mut picture, &labels(&xs), chart.key);
    frame.edges(&mut picture);
    let mut names: Vec<String> = Vec::new();
    for cell in cells {
        let name = line_of(cell);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for (rank, name) in names.iter().enumerate() {
        let color = theme::VARIANTS[rank % theme::VARIANTS.len()];
        let mut points = Vec::new();
        for cell in cells.iter().filter(|cell| line_of(cell) == *name) {
            let x = xs.iter().position(|x| Some(x) == cell.values.get(axis));
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
        let name = fitted(name, theme::SMALL, 200.0);
        picture.words((974.0, y), &name, (theme::SMALL, theme::INK), Align::Left);
    }
    Chart {
        name: chart.name,
        title: chart.title,
        caption: chart.subtitle,
        picture,
    }
}

impl Sheet<'_> {
    fn heat_map(&self, (down, across): (&str, &str), (variant, group): &(String, String)) -> Chart {
        let cells = self.cells;
        let of = [
            ("group", group.as_str()),
            ("down", down),
            ("across", across),
            ("place", self.place),
            ("variant", variant),
        ];
        let title = self.words.tell("chart-sweep-map", &of);
        let subtitle = self.words.say("chart-sweep-shades", []);
        let mut picture = blank(&title, &subtitle);
        let (ys, xs) = (values(cells, 0), values(cells, 1));
        let (low, high) = scale_of(cells);
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
        let height = (frame.bottom - frame.top) / ys.len().max(1) as f64;
        let width = frame.width() / xs.len().max(1) as f64;
        let has_words = height >= LOWEST_WORDS && width >= NARROWEST_WORDS;
        let mut drawn = BTreeSet::new();
        for cell in cells {
            let place = |axis: usize, all: &[String]| {
                all.iter().position(|v| Some(v) == cell.values.get(axis))
            };
            let (Some(y), Some(x)) = (place(0, &ys), place(1, &xs)) else {
                continue;
            };
            // With three keys or more the first point of each pair is shown.
            if (&cell.variant, &cell.group) != (variant, group) || !drawn.insert((x, y)) {
                continue;
            }
            let (x, y) = (x as f64, y as f64);
            let corners = (
                (frame.x(x - 0.5) + 1.0, frame.y(y + 0.5) + 1.0),
                (frame.x(x + 0.5) - 1.0, frame.y(y - 0.5) - 1.0),
            );
            shaded(&mut picture, corners, (cell, &shade), has_words);
        }
        if !has_words {
            scale_of_shades(&mut picture, (low, high));
        }
        frame.edges(&mut picture);
        let at = (16.0, frame.top - 14.0);
        picture.words(at, down, (theme::SMALL, theme::FAINT), Align::Left);
        Chart {
            name: format!("sweep-{}-{}", file_name(variant), file_name(group)),
            title,
            caption: subtitle,
            picture,
        }
    }
}

/// A cell of a map: the darker the longer, with words where there is room for them.
fn shaded(
    picture: &mut Picture,
    (from, to): ((f64, f64), (f64, f64)),
    (cell, shade): (&SweepCell, &Scale),
    has_words: bool,
) {
    let share = cell.latency_us.map_or(0.0, |us| shade.share(us as f64));
    let color = theme::blend(theme::PAPER, theme::FAILURE, share * 0.75);
    picture.fill(from, to, color);
    if !has_words {
        return;
    }
    let mut text = cell.latency_us.map_or("-".to_owned(), human::micros);
    if let Some(failed) = cell.failed.filter(|failed| *failed > 0.0) {
        text = format!("{text} · {}", human::percent(failed));
    }
    let text = fitted(&text, theme::SMALL, to.0 - from.0 - 4.0);
    let middle = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    picture.words(middle, &text, (theme::SMALL, theme::INK), Align::Middle);
}

/// What the shades mean, where the cells have no room to say it.
fn scale_of_shades(picture: &mut Picture, (low, high): (f64, f64)) {
    const STEPS: u32 = 5;
    let ink = (theme::SMALL, theme::FAINT);
    let words = [human::micros(low as u64), human::micros(high as u64)];
    picture.words((932.0, 88.0), &words[0], ink, Align::Right);
    for step in 0..STEPS {
        let share = f64::from(step) / f64::from(STEPS - 1);
        let color = theme::blend(theme::PAPER, theme::FAILURE, share * 0.75);
        let left = 940.0 + 24.0 * f64::from(step);
        picture.fill((left, 80.0), (left + 22.0, 96.0), color);
    }
    picture.words((1068.0, 88.0), &words[1], ink, Align::Left);
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
    use super::super::picture::Mark;
    use super::*;
    use crate::report::words::Language;

    fn sheet(cells: &[SweepCell]) -> Sheet<'_> {
        Sheet {
            place: "s (sim)",
            cells,
            words: Words::of(Language::English),
        }
    }

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
    fn few_values_of_one_key_and_many_of_the_other_are_lines() {
        let cell = |x: u64, y: u64| SweepCell {
            values: vec![x.to_string(), format!("buffers {y}")],
            variant: "baseline".to_owned(),
            group: "visitors".to_owned(),
            latency_us: Some(1_000 * (x + 10 * y)),
            failed: Some(0.0),
        };
        let cells: Vec<SweepCell> = (1..=40)
            .flat_map(|x| (0..2).map(move |y| cell(x, y)))
            .collect();
        assert_eq!(few_and_many(&cells), Some((1, 0)));
        let series = ("baseline".to_owned(), "visitors".to_owned());
        let chart = sheet(&cells).few_lines(("count", "buffers"), (1, 0), &series);
        assert!(chart.title.contains("by count") && chart.caption.contains("each buffers"));
        let says = |text: &str| {
            let mut marks = chart.picture.marks.iter();
            marks.any(|mark| matches!(mark, Mark::Words(words) if words.text == text))
        };
        assert!(says("buffers 0") && says("buffers 1"));
        // A square of many has no room for words and no few lines: shades, and what they mean.
        let square: Vec<SweepCell> = (1..=40)
            .flat_map(|x| (0..40).map(move |y| cell(x, y)))
            .collect();
        assert_eq!(few_and_many(&square), None);
        let map = sheet(&square).heat_map(("count", "buffers"), &series);
        assert!(map.picture.marks.len() < 1_600 + 100);
    }

    #[test]
    fn one_key_is_a_line_and_two_are_a_map() {
        let dir = tempfile::tempdir().unwrap();
        for (keys, mark) in [
            (1, "Latency by k0"),
            (2, "Latency of visitors by k0 and k1"),
        ] {
            let names: Vec<String> = (0..keys).map(|key| format!("k{key}")).collect();
            let place = ("s", "sim");
            let words = Words::of(Language::English);
            let files = draw_sweep(place, &names, &cells(keys), dir.path(), words).unwrap();
            assert_eq!(files.len(), 1);
            let svg = std::fs::read_dir(dir.path().join("charts"))
                .unwrap()
                .filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok())
                .find(|text| text.contains(mark));
            assert!(svg.is_some_and(|svg| svg.contains("<svg")), "{mark}");
        }
    }
}

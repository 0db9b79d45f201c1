//! `statuses_over_time`: how requests ended, by when they did, stacked: when a failure began, how bad it got, when it was over.
//!
//! A variant in which nothing failed would be one colour, and is not drawn.

use std::collections::BTreeMap;

use plotters::style::RGBAColor;

use super::frame::{self, Frame, Scale, round_ticks};
use super::picture::{Align, Picture, text_width};
use super::subject::{file_name, last_second, place};
use super::worker_occupancy::{ending, ending_word};
use super::{Chart, theme};
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::words::Words;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 360;
/// Bars that the picture has at most, each as many tenths of a second as it takes.
const MOST_BARS: f64 = 80.0;
/// Kinds of endings that are told apart; what is beyond shares the last one.
const MOST_KINDS: usize = 5;
/// What ended well.
const OK: &str = "ok";

/// What is drawn.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::report) struct Endings {
    /// `ok` first if there is any, then the failures, the most frequent first.
    pub(in crate::report) kinds: Vec<(String, u64)>,
    /// How long a bar is, in seconds.
    pub(in crate::report) step_s: f64,
    /// By bar: how many of each kind ended in it.
    pub(in crate::report) bars: Vec<Vec<u64>>,
}

impl Endings {
    /// Those of a variant; `None` if nothing failed.
    pub(in crate::report) fn of(variant: &VariantData, end_s: f64) -> Option<Endings> {
        let ended: Vec<(f64, String)> = (variant.requests.iter())
            .filter_map(|row| Some((row.ended_at()?.as_secs_f64(), ending(row))))
            .collect();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, kind) in &ended {
            *counts.entry(kind).or_default() += 1;
        }
        if counts.keys().all(|kind| *kind == OK) {
            return None;
        }
        let mut kinds: Vec<(String, u64)> = counts
            .into_iter()
            .map(|(kind, count)| (kind.to_owned(), count))
            .collect();
        kinds.sort_by_key(|(kind, count)| (kind != OK, std::cmp::Reverse(*count)));
        if kinds.len() > MOST_KINDS {
            let rest = kinds.split_off(MOST_KINDS - 1);
            kinds.push(("other".to_owned(), rest.iter().map(|(_, n)| n).sum()));
        }
        let step_s = (end_s / MOST_BARS * 10.0).ceil().max(1.0) / 10.0;
        let mut bars = vec![vec![0; kinds.len()]; (end_s / step_s).ceil().max(1.0) as usize];
        for (at, kind) in &ended {
            let bar = ((at / step_s) as usize).min(bars.len() - 1);
            let place = kinds.iter().position(|(name, _)| name == kind);
            bars[bar][place.unwrap_or(kinds.len() - 1)] += 1;
        }
        Some(Endings {
            kinds,
            step_s,
            bars,
        })
    }
}

/// Its colour: what ended well comes first in [`theme::ENDINGS`], then failures, the most frequent first.
fn color(kinds: &[(String, u64)], index: usize) -> RGBAColor {
    let failures = kinds[..index].iter().filter(|(kind, _)| kind != OK).count();
    let place = match kinds[index].0.as_str() {
        OK => 0,
        _ => (failures + 1).min(theme::ENDINGS.len() - 1),
    };
    theme::ENDINGS[place].1
}

pub(super) fn draw(run: &RunData, variant: &VariantData, words: &Words) -> Option<Chart> {
    let end_s = last_second(variant);
    let series = Endings::of(variant, end_s)?;
    let total = |bar: &Vec<u64>| bar.iter().sum::<u64>();
    let peak = series.bars.iter().map(total).max()? as f64;
    // The last bar is as wide as the others, however soon after its beginning the run ended.
    let end_s = end_s.max(series.bars.len() as f64 * series.step_s);
    let frame = Frame::over_time(HEIGHT, end_s, Scale::linear(0.0, peak * 1.06));
    let mut picture = Picture::sheet(WIDTH, HEIGHT);
    let at = place(run, &variant.plan.variant);
    let title = words.say("chart-endings", [("place", at.into())]);
    let n = human::count(series.kinds.iter().map(|(_, count)| count).sum());
    let step = human::seconds(series.step_s);
    let arguments = [("step", step.into()), ("count", n.into())];
    let subtitle = words.say("chart-endings-subtitle", arguments);
    frame::header(&mut picture, &title, &subtitle);
    let ticks: Vec<(f64, String)> = round_ticks(0.0, peak, 5)
        .into_iter()
        .filter(|count| count.fract() == 0.0)
        .map(|count| (count, format!("{count:.0}")))
        .collect();
    frame.rows(&mut picture, &ticks);
    frame.axis_up(&mut picture, &words.say("chart-axis-requests", []));
    frame.seconds(&mut picture, end_s, words);
    for (index, bar) in series.bars.iter().enumerate() {
        let from = frame.x(index as f64 * series.step_s);
        let to = frame.x((index + 1) as f64 * series.step_s);
        let mut below = 0;
        for (kind, count) in bar.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (low, high) = (frame.y(below as f64), frame.y((below + count) as f64));
            let right = (to - 1.0).max(from + 1.0);
            picture.fill((from, high), (right, low), color(&series.kinds, kind));
            below += count;
        }
    }
    frame.edges(&mut picture);
    legend(&mut picture, &series, words);
    let told: Vec<String> = series
        .kinds
        .iter()
        .map(|(kind, n)| said_of(kind, *n, words))
        .collect();
    Some(Chart {
        name: file_name("statuses_over_time", &variant.plan.variant),
        title,
        caption: words.say(
            "chart-endings-caption",
            [("endings", told.join(", ").into())],
        ),
        picture,
    })
}

pub(in crate::report) fn said_of(kind: &str, count: u64, words: &Words) -> String {
    let count = human::count(count);
    match kind.starts_with(|sign: char| sign.is_ascii_digit()) {
        true => format!("{count} × {kind}"),
        false => format!("{count} {}", ending_word(kind, words)),
    }
}

fn legend(picture: &mut Picture, series: &Endings, words: &Words) {
    let mut x = 96.0;
    for (index, (kind, count)) in series.kinds.iter().enumerate() {
        let label = said_of(kind, *count, words);
        picture.fill((x, 75.0), (x + 22.0, 89.0), color(&series.kinds, index));
        let at = (x + 28.0, 82.0);
        picture.words(at, &label, (theme::LABEL, theme::INK), Align::Left);
        x += 28.0 + text_width(&label, theme::LABEL) + 24.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn every_request_is_in_one_bar() {
        let run = fixture::run();
        for variant in &run.variants {
            let Some(series) = Endings::of(variant, last_second(variant)) else {
                continue;
            };
            let counted: u64 = series.bars.iter().flatten().sum();
            assert_eq!(counted, variant.requests.len() as u64);
            for (index, (_, count)) in series.kinds.iter().enumerate() {
                let of_kind: u64 = series.bars.iter().map(|bar| bar[index]).sum();
                assert_eq!(of_kind, *count);
            }
        }
        let baseline = Endings::of(&run.variants[0], 13.0).unwrap();
        let kinds: Vec<&str> = baseline
            .kinds
            .iter()
            .map(|(kind, _)| kind.as_str())
            .collect();
        assert_eq!(kinds, ["ok", "504"]);
    }

    #[test]
    fn where_nothing_failed_there_is_no_picture() {
        let run = fixture::run();
        let mut variant = run.variants[0].clone();
        variant.requests.retain(|row| ending(row) == OK);
        assert!(
            !variant.requests.is_empty()
                && draw(&run, &variant, Words::of(Language::English)).is_none()
        );
    }
}

//! `time_split`: where each group's time went, a bar per variant and group, by stage of the request's way.
//!
//! Bars are as long as each other, so that a request of 6 ms can be read as well as one of 4 s; how long it took stands beside them.

use plotters::style::RGBAColor;

use super::picture::{Align, Picture, fitted, text_width};
use super::subject::file_name;
use super::{Chart, theme};
use crate::record::Stage;
use crate::record::summary::{Finding, Summary};
use crate::report::data::RunData;
use crate::report::human;
use crate::report::words::Words;

const WIDTH: u32 = 1200;
const LEFT: f64 = 300.0;
const RIGHT: f64 = 1000.0;
const TOP: f64 = 118.0;
const ROW: f64 = 34.0;
/// Bars that one picture shows.
const MOST: usize = 24;

/// A bar.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::report) struct Bar {
    pub(in crate::report) variant: String,
    pub(in crate::report) group: String,
    pub(in crate::report) requests: u64,
    pub(in crate::report) latency_us: u64,
    /// By stage, in order.
    pub(in crate::report) stages_us: [u64; Stage::ALL.len()],
}

/// What is drawn: the accounts of time, as the summary has them.
pub(in crate::report) fn split_of(summary: &Summary) -> Vec<Bar> {
    let accounts = summary.accounts.iter();
    accounts
        .filter(|account| account.kind == "time")
        .filter_map(bar)
        .collect()
}

fn bar(account: &Finding) -> Option<Bar> {
    let number = |name: &str| account.fields.get(name)?.as_u64();
    let mut stages_us = [0; Stage::ALL.len()];
    for (us, stage) in stages_us.iter_mut().zip(Stage::ALL) {
        *us = number(&format!("{}_us", stage.name()))?;
    }
    Some(Bar {
        variant: account.variant.clone(),
        group: account.fields.get("group")?.as_str()?.to_owned(),
        requests: number("requests")?,
        latency_us: number("latency_us")?,
        stages_us,
    })
}

/// A stage in words.
pub(in crate::report) fn stage_words(stage: Stage, words: &Words) -> String {
    words.say("chart-stage", [("stage", stage.name().into())])
}

fn color(stage: Stage) -> RGBAColor {
    theme::STAGES[stage as usize].1
}

pub(super) fn draw(run: &RunData, summary: &Summary, words: &Words) -> Option<Chart> {
    let mut bars = split_of(summary);
    bars.truncate(MOST);
    if bars.is_empty() {
        return None;
    }
    let height = TOP + ROW * bars.len() as f64 + 52.0;
    let mut picture = Picture::sheet(WIDTH, height as u32);
    let place = format!("{} ({})", run.manifest.scenario, run.manifest.engine);
    let title = words.say("chart-time", [("place", place.into())]);
    let subtitle = words.say("chart-time-subtitle", []);
    super::frame::header(&mut picture, &title, &subtitle);
    let seen: Vec<Stage> = (Stage::ALL.into_iter())
        .filter(|stage| bars.iter().any(|bar| is_visible(bar, *stage)))
        .collect();
    legend(&mut picture, &seen, words);
    let hues = run
        .variants
        .first()
        .map(|variant| theme::hues(&variant.plan));
    let hues = hues.unwrap_or_default();
    for (index, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * (index as f64 + 0.5);
        paint(&mut picture, bar, y);
        let before = index.checked_sub(1).map(|before| &bars[before].variant);
        if before != Some(&bar.variant) {
            let at = (24.0, y);
            let name = fitted(&bar.variant, theme::LABEL, 168.0);
            picture.words(at, &name, (theme::LABEL, theme::INK), Align::Left);
        }
        let ink = theme::hue_of(&hues, Some(&bar.group)).strong;
        let name = fitted(&bar.group, theme::LABEL, LEFT - 212.0);
        picture.words((LEFT - 12.0, y), &name, (theme::LABEL, ink), Align::Right);
    }
    scale(&mut picture, TOP + ROW * bars.len() as f64, words);
    Some(Chart {
        name: file_name("time_split", "all"),
        title,
        caption: caption(&bars, words),
        picture,
    })
}

/// What is thinner than a pixel is in nobody's way.
fn is_visible(bar: &Bar, stage: Stage) -> bool {
    bar.stages_us[stage as usize] as f64 >= bar.latency_us as f64 / (RIGHT - LEFT)
}

fn paint(picture: &mut Picture, bar: &Bar, y: f64) {
    let whole = bar.stages_us.iter().sum::<u64>().max(1) as f64;
    let mut x = LEFT;
    for stage in Stage::ALL {
        let share = bar.stages_us[stage as usize] as f64 / whole;
        let next = x + share * (RIGHT - LEFT);
        if next - x >= 0.5 {
            picture.fill((x, y - 11.0), (next, y + 11.0), color(stage));
        }
        x = next;
    }
    let requests = human::count(bar.requests);
    let label = format!("{} · n {requests}", human::micros(bar.latency_us));
    let at = (RIGHT + 12.0, y);
    picture.words(at, &label, (theme::LABEL, theme::INK), Align::Left);
}

fn scale(picture: &mut Picture, bottom: f64, words: &Words) {
    for quarter in 0..=4 {
        let x = LEFT + (RIGHT - LEFT) * f64::from(quarter) / 4.0;
        picture.line(vec![(x, bottom), (x, bottom + 5.0)], 1.0, theme::FAINT);
        let label = format!("{} %", quarter * 25);
        let at = (x, bottom + 16.0);
        picture.words(at, &label, (theme::SMALL, theme::FAINT), Align::Middle);
    }
    let at = (RIGHT + 12.0, bottom + 34.0);
    let axis = words.say("chart-time-axis", []);
    picture.words(at, &axis, (theme::SMALL, theme::FAINT), Align::Left);
}

fn legend(picture: &mut Picture, seen: &[Stage], words: &Words) {
    let mut x = 24.0;
    for stage in seen {
        let label = stage_words(*stage, words);
        picture.fill((x, 77.0), (x + 22.0, 91.0), color(*stage));
        let at = (x + 28.0, 84.0);
        picture.words(at, &label, (theme::LABEL, theme::INK), Align::Left);
        x += 28.0 + text_width(&label, theme::LABEL) + 20.0;
    }
}

/// Each bar by its longest part.
fn caption(bars: &[Bar], words: &Words) -> String {
    let told = bars.iter().map(|bar| {
        let longest = (Stage::ALL.into_iter()).max_by_key(|stage| bar.stages_us[*stage as usize]);
        let stage = longest.unwrap_or(Stage::Starting);
        let part = bar.stages_us[stage as usize] as f64 / bar.latency_us.max(1) as f64;
        let arguments = [
            ("variant", bar.variant.as_str().into()),
            ("group", bar.group.as_str().into()),
            ("latency", human::micros(bar.latency_us).into()),
            ("stage", stage_words(stage, words).into()),
            ("part", human::percent(part).into()),
        ];
        words.say("chart-time-part", arguments)
    });
    format!("{}.", told.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::accounts::accounts;
    use crate::report::chart::fixture;
    use crate::report::words::{Language, Words};

    #[test]
    fn a_bar_has_all_of_its_time() {
        let run = fixture::run();
        let mut summary = fixture::summary(&run);
        assert!(split_of(&summary).is_empty());
        summary.accounts = accounts(&run, Words::of(Language::English));
        let bars = split_of(&summary);
        assert!(!bars.is_empty());
        for bar in &bars {
            let sum: u64 = bar.stages_us.iter().sum();
            // Each is a mean, cut to whole microseconds.
            assert!(bar.latency_us.abs_diff(sum) <= 8, "{bar:?}");
        }
        let starved = bars
            .iter()
            .find(|bar| (&*bar.variant, &*bar.group) == ("baseline", "visitors"));
        let queue = starved.unwrap().stages_us[Stage::AcceptQueue as usize];
        assert!(queue * 2 > starved.unwrap().latency_us, "{starved:?}");
        assert!(draw(&run, &summary, Words::of(Language::English)).is_some());
    }
}

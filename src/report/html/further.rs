//! Pictures below the first screen, folded: where requests' time went, how requests ended over time, how dense their latencies lay, and what waited
//! on its way up. The series are the charts' own.

use std::fmt::Write as _;

use serde::Serialize;

use super::areas;
use super::axes::{Axes, WIDE};
use super::latency::{self, Up};
use super::pane::{Tick, ticks};
use super::shapes::{Shape, stretched};
use super::waiting::{Band, Waiting};
use crate::record::summary::Summary;
use crate::record::{Direction, Stage};
use crate::report::chart::{
    Bar, Endings, heat, round_ticks, said_of, split_of, stage_words, theme,
};
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::words::Words;
use crate::units::human_bytes;

/// Height of a plot in its own units.
const TALL: u64 = 1_000;
/// All of it.
#[derive(Serialize, Debug)]
pub(super) struct Further {
    split: Vec<Split>,
    stages: Vec<Band>,
    statuses: Vec<Small>,
    heats: Vec<Small>,
    uploads: Vec<Small>,
    upload_bands: Vec<Band>,
}

/// Where the time of a group's requests went: a bar of stages, and how long it took in the mean.
#[derive(Serialize, Debug)]
struct Split {
    variant: String,
    group: String,
    svg: minijinja::Value,
    total: String,
    /// The same in words.
    told: String,
}

/// One variant over time.
#[derive(Serialize, Debug)]
struct Small {
    name: String,
    place: usize,
    svg: minijinja::Value,
    up: Vec<Tick>,
    across: Vec<Tick>,
    keys: Vec<Band>,
    /// In words.
    told: String,
}

impl Further {
    pub(super) fn of(run: &RunData, summary: &Summary, axes: &Axes, words: &Words) -> Further {
        let bars = split_of(summary);
        let uploads: Vec<(usize, &VariantData, Waiting)> = (with_rows(run))
            .filter_map(|(place, variant)| {
                let waiting = Waiting::on_the_way(variant, Direction::Request, words)?;
                Some((place, variant, waiting))
            })
            .collect();
        let mut upload_bands: Vec<Band> = Vec::new();
        for band in uploads.iter().flat_map(|(_, _, waiting)| &waiting.bands) {
            if !upload_bands.contains(band) {
                upload_bands.push(band.clone());
            }
        }
        Further {
            stages: stages(&bars, words),
            split: bars.iter().map(|bar| split(bar, words)).collect(),
            statuses: statuses(run, axes, words),
            heats: heats(run, axes, words),
            uploads: uploaded(&uploads, axes),
            upload_bands,
        }
    }
}

fn with_rows(run: &RunData) -> impl Iterator<Item = (usize, &VariantData)> {
    let variants = run.variants.iter().enumerate();
    variants.filter(|(_, variant)| variant.has_pictures())
}

/// The stages that any bar shows.
fn stages(bars: &[Bar], words: &Words) -> Vec<Band> {
    let seen = |stage: &Stage| {
        let mut all = bars.iter();
        all.any(|bar| bar.stages_us[*stage as usize] * 200 >= bar.latency_us.max(1))
    };
    let seen = Stage::ALL.into_iter().filter(seen);
    seen.map(|stage| Band {
        class: class(stage),
        name: stage_words(stage, words),
    })
    .collect()
}

const fn class(stage: Stage) -> &'static str {
    theme::STAGES[stage as usize].0
}

fn split(bar: &Bar, words: &Words) -> Split {
    let whole = bar.stages_us.iter().sum::<u64>().max(1);
    let (mut content, mut told) = (String::new(), Vec::new());
    let mut before = 0;
    for stage in Stage::ALL {
        let us = bar.stages_us[stage as usize];
        let at = |us: u64| (u128::from(us) * u128::from(WIDE) / u128::from(whole)) as u64;
        let (from, to) = (at(before), at(before + us));
        before += us;
        if to > from {
            let class = class(stage);
            let _ = write!(
                content,
                r#"<path class="piece {class}" d="M{from} 0H{to}V{TALL}H{from}z"/>"#
            );
        }
        if us * 100 >= whole {
            told.push(format!(
                "{} {}",
                stage_words(stage, words),
                human::micros(us)
            ));
        }
    }
    Split {
        variant: bar.variant.clone(),
        group: bar.group.clone(),
        svg: minijinja::Value::from_safe_string(stretched(TALL, &content)),
        total: format!(
            "{}, n {}",
            human::micros(bar.latency_us),
            human::count(bar.requests)
        ),
        told: told.join(", "),
    }
}

/// How requests ended over time, on one scale; of variants in which nothing failed only if something did in another.
fn statuses(run: &RunData, axes: &Axes, words: &Words) -> Vec<Small> {
    let end_s = axes.end_us as f64 / 1e6;
    let series: Vec<(usize, &VariantData, Endings)> = with_rows(run)
        .filter_map(|(place, variant)| Some((place, variant, Endings::of(variant, end_s)?)))
        .collect();
    let tallest = |endings: &Endings| endings.bars.iter().map(|bar| bar.iter().sum::<u64>()).max();
    let high = series.iter().filter_map(|(_, _, one)| tallest(one)).max();
    let high = high.unwrap_or(1).max(1);
    let up = counts_up(high);
    let small = |(place, variant, endings): &(usize, &VariantData, Endings)| Small {
        name: variant.plan.variant.clone(),
        place: *place,
        svg: minijinja::Value::from_safe_string(stacked(endings, axes, high)),
        up: up.clone(),
        across: ticks(axes.end_us),
        keys: keys(endings, words),
        told: String::new(),
    };
    series.iter().map(small).collect()
}

/// Round counts of an axis that ends at the highest.
fn counts_up(high: u64) -> Vec<Tick> {
    let round = round_ticks(0.0, high as f64, 3).into_iter();
    let whole = round.filter(|count| count.fract() == 0.0 && *count > 0.0);
    let tick = |count: f64| Tick {
        at: format!("{:.2}%", (1.0 - count / high as f64) * 100.0),
        text: human::count(count as u64),
    };
    whole.map(tick).collect()
}

/// The class of each kind of ending, in the series' order: `ok` first, if there is any. Failures that are many share the last.
fn classes(endings: &Endings) -> Vec<&'static str> {
    let [well, failures @ .., last] = theme::ENDINGS.map(|(class, _)| class);
    let mut failures = failures.into_iter();
    let mut class = |kind: &str| match kind {
        "ok" => well,
        _ => failures.next().unwrap_or(last),
    };
    endings.kinds.iter().map(|(kind, _)| class(kind)).collect()
}

fn keys(endings: &Endings, words: &Words) -> Vec<Band> {
    let kinds = endings.kinds.iter().zip(classes(endings));
    kinds
        .map(|((kind, count), class)| Band {
            class,
            name: said_of(kind, *count, words),
        })
        .collect()
}

fn stacked(endings: &Endings, axes: &Axes, high: u64) -> Shape {
    let x = |bar: usize| axes.x((bar as f64 * endings.step_s * 1e6) as u64);
    let y = |count: u64| TALL - count * TALL / high;
    let mut content = String::new();
    for (kind, class) in classes(endings).into_iter().enumerate() {
        let mut path = String::new();
        for (index, bar) in endings.bars.iter().enumerate() {
            let below: u64 = bar[..kind].iter().sum();
            if bar[kind] > 0 {
                let (low, top) = (y(below), y(below + bar[kind]));
                // A hair between bars, as long as they are wider than that.
                let (from, to) = (x(index), x(index + 1));
                let to = to.saturating_sub(WIDE / 1_500).max(from + 1);
                let _ = write!(path, "M{from} {low}V{top}H{to}V{low}z");
            }
        }
        let _ = write!(content, r#"<path class="piece {class}" d="{path}"/>"#);
    }
    stretched(TALL, &content)
}

/// Of variants with so many requests that dots lie on one another: a cell is darker the more of them it has.
fn heats(run: &RunData, axes: &Axes, words: &Words) -> Vec<Small> {
    let (low, high) = latency::range(&run.all());
    let up = Up::between(low, high);
    let end_s = axes.end_us as f64 / 1e6;
    let small = |(place, variant): (usize, &VariantData)| {
        let heat = heat(variant, end_s, (low, high))?;
        let most = heat.cells.values().copied().max()?;
        let (wide, tall) = (WIDE / u64::from(heat.columns), TALL / u64::from(heat.rows));
        // A path per shade: many cells have the same.
        let mut shades: [String; 8] = Default::default();
        for ((column, row), count) in &heat.cells {
            let (x, y) = (u64::from(*column) * wide, TALL - u64::from(*row + 1) * tall);
            let shade = heat.shade(*count, most) * 7.0;
            let _ = write!(
                shades[shade.round() as usize],
                "M{x} {y}h{wide}v{tall}h-{wide}z"
            );
        }
        let mut content = String::new();
        for (shade, path) in shades
            .iter()
            .enumerate()
            .filter(|(_, path)| !path.is_empty())
        {
            let _ = write!(content, r#"<path class="heat h{shade}" d="{path}"/>"#);
        }
        let told = [
            ("count", human::count(variant.requests.len() as u64).into()),
            ("most", human::count(most).into()),
        ];
        Some(Small {
            name: variant.plan.variant.clone(),
            place,
            svg: minijinja::Value::from_safe_string(stretched(TALL, &content)),
            up: up.ticks(),
            across: ticks(axes.end_us),
            keys: Vec::new(),
            told: words.say("page-heat-told", told),
        })
    };
    with_rows(run).filter_map(small).collect()
}

fn uploaded(uploads: &[(usize, &VariantData, Waiting)], axes: &Axes) -> Vec<Small> {
    let high = uploads.iter().map(|(_, _, one)| one.most()).max();
    let high = high.unwrap_or(0).max(1);
    let small = |(place, variant, waiting): &(usize, &VariantData, Waiting)| {
        let classes: Vec<&str> = waiting.bands.iter().map(|band| band.class).collect();
        let shape = areas::steps(axes, waiting.looks.iter().cloned(), high, &classes);
        Small {
            name: variant.plan.variant.clone(),
            place: *place,
            svg: minijinja::Value::from_safe_string(shape),
            up: vec![Tick {
                at: "0%".to_owned(),
                text: human_bytes(high),
            }],
            across: ticks(axes.end_us),
            keys: Vec::new(),
            told: human_bytes(waiting.most()),
        }
    };
    uploads.iter().map(small).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::accounts::accounts;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    fn further(run: &RunData, language: Language) -> Further {
        let words = Words::of(language);
        let mut summary = fixture::summary(run);
        summary.accounts = accounts(run, words);
        Further::of(run, &summary, &Axes::of(run), words)
    }

    #[test]
    fn a_bar_of_stages_is_as_long_as_its_axis_and_tells_the_longest() {
        let all = further(&fixture::run(), Language::English);
        let starved = all
            .split
            .iter()
            .find(|one| (&*one.variant, &*one.group) == ("baseline", "visitors"));
        let starved = starved.unwrap();
        assert!(starved.told.contains("accept queue"), "{starved:?}");
        assert!(
            starved.svg.to_string().contains(&format!("H{WIDE}V")),
            "{starved:?}"
        );
        assert!(all.stages.iter().any(|one| one.class == "st-queue"));
    }

    #[test]
    fn endings_are_stacked_on_one_scale_and_counted_in_words() {
        let all = further(&fixture::run(), Language::English);
        assert_eq!(all.statuses[0].name, "baseline");
        let keys: Vec<&str> = all.statuses[0].keys.iter().map(|key| key.class).collect();
        assert_eq!(keys, ["e-ok", "e-0"]);
        assert!(all.statuses[0].keys[1].name.contains("504"));
        assert!(all.statuses.windows(2).all(|pair| pair[0].up == pair[1].up));
    }

    #[test]
    fn heat_is_for_many_requests_only() {
        let mut run = fixture::run();
        assert!(further(&run, Language::English).heats.is_empty());
        run.variants[0].requests = (0..5_000)
            .map(|id| fixture::request(id, "visitors", id * 2_000, id * 2_000 + 900 + id, 200))
            .collect();
        let all = further(&run, Language::Korean);
        assert_eq!(all.heats.len(), 1);
        assert!(all.heats[0].svg.to_string().contains("class=\"heat h7\""));
        assert!(
            all.heats[0].told.contains("5,000") || all.heats[0].told.contains("5000"),
            "{:?}",
            all.heats[0].told
        );
    }
}

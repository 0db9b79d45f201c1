//! Latency of a group by percentile, a line per variant; and of single requests over time, a pane per variant on shared axes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::axes::{Axes, WIDE, kind};
use super::palette;
use super::pane::{Tick, ticks};
use super::segments::group_of;
use super::shapes::{Shape, share, stretched};
use crate::record::RequestRecord;
use crate::report::chart::{latency_scale, latency_ticks, percentile_ticks, timer_levels};
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::words::Words;
use crate::time::{Span, Timestamp};

/// Height of a plot in its own units.
const TALL: u64 = 1_000;
/// Points per line: more than enough for its pixels.
const MOST_POINTS: u64 = 240;
/// Units between points over time that are drawn once: across, up.
const CELL: (u64, u64) = (WIDE / 600, TALL / 110);

/// One group's percentiles.
#[derive(Clone, Serialize, Debug)]
pub(super) struct Percentiles {
    pub(super) group: String,
    svg: minijinja::Value,
    names: Vec<Name>,
    across: Vec<Tick>,
    up: Vec<Tick>,
    levels: Vec<Tick>,
}

/// The name at the end of a line.
#[derive(Clone, Serialize, Debug)]
struct Name {
    /// From the top.
    at: String,
    text: String,
    class: String,
}

/// One variant's requests over time.
#[derive(Clone, Serialize, Debug)]
pub(super) struct OverTime {
    pub(super) name: String,
    pub(super) place: usize,
    svg: minijinja::Value,
    across: Vec<Tick>,
    up: Vec<Tick>,
}

/// Logarithmic: from microseconds to units from the top.
#[derive(Clone, Copy)]
pub(super) struct Up {
    low: f64,
    high: f64,
}

impl Up {
    pub(super) fn between(low: f64, high: f64) -> Up {
        Up { low, high }
    }

    fn of(latencies: impl Iterator<Item = f64>) -> Up {
        let (low, high) = latency_scale(latencies);
        Up { low, high }
    }

    fn share(self, us: f64) -> f64 {
        ((us.max(self.low) / self.low).ln() / (self.high / self.low).ln()).clamp(0.0, 1.0)
    }

    fn y(self, us: f64) -> u64 {
        ((1.0 - self.share(us)) * TALL as f64).round() as u64
    }

    fn tick(self, us: f64, text: String) -> Tick {
        Tick {
            at: format!("{:.2}%", (1.0 - self.share(us)) * 100.0),
            text,
        }
    }

    pub(super) fn ticks(self) -> Vec<Tick> {
        let ticks = latency_ticks(self.low, self.high);
        let many = ticks.len().div_ceil(7).max(1);
        // One that lies at the lower end would meet the words of the axis below.
        let some = ticks.into_iter().step_by(many);
        let some = some.filter(|(us, _)| self.share(*us) > 0.06);
        some.map(|(us, text)| self.tick(us, text)).collect()
    }
}

/// The percentiles of each group that any variant has.
pub(super) fn percentiles(run: &RunData, words: &Words) -> Vec<Percentiles> {
    let mut groups: Vec<&str> = Vec::new();
    for group in run.variants.iter().flat_map(|variant| &variant.plan.groups) {
        if !groups.contains(&group.name.as_str()) {
            groups.push(&group.name);
        }
    }
    let found = groups
        .into_iter()
        .filter_map(|group| of_group(run, group, words));
    found.collect()
}

fn of_group(run: &RunData, group: &str, words: &Words) -> Option<Percentiles> {
    let lines: Vec<(usize, Vec<u64>)> = (run.variants.iter().enumerate())
        .map(|(place, variant)| (place, sorted(variant, group, RequestRecord::latency)))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    let most = lines.iter().map(|(_, line)| line.len()).max()?;
    let up = Up::of(lines.iter().flat_map(|(_, line)| line).map(|us| *us as f64));
    let tail_end = (most as f64 * 2.0).max(20.0);
    let mut content = String::new();
    let mut names = Vec::new();
    for (place, line) in &lines {
        let class = format!("v{}", place % 6);
        let (path, end) = curve(line, tail_end, up);
        let from_send = sorted(
            &run.variants[*place],
            group,
            RequestRecord::latency_from_send,
        );
        let naive = curve(&from_send, tail_end, up).0;
        let _ = write!(content, r#"<path class="naive {class}" d="{naive}"/>"#);
        let _ = write!(content, r#"<path class="curve {class}" d="{path}"/>"#);
        let variant = &run.variants[*place].plan.variant;
        names.push((
            end,
            format!("{variant}, n {}", human::count(line.len() as u64)),
            class,
        ));
    }
    let across = percentile_ticks(tail_end).into_iter();
    let levels = timer_levels(run, group, words).into_iter();
    let levels = levels.filter(|(_, span)| (up.low..up.high).contains(&(span.as_us() as f64)));
    Some(Percentiles {
        group: group.to_owned(),
        svg: minijinja::Value::from_safe_string(stretched(TALL, &content)),
        names: apart(names),
        across: across
            .map(|(tail, text)| Tick {
                at: format!("{:.2}%", tail.ln() / tail_end.ln() * 100.0),
                text,
            })
            .collect(),
        up: up.ticks(),
        levels: levels
            .map(|(name, span)| up.tick(span.as_us() as f64, format!("{name} {span}")))
            .collect(),
    })
}

/// A group's latencies, the warm-up left out, in order.
fn sorted(
    variant: &VariantData,
    group: &str,
    latency: fn(&RequestRecord) -> Option<Span>,
) -> Vec<u64> {
    let warm = Timestamp::ZERO + variant.plan.warmup;
    let counted = |request: &&RequestRecord| request.group == group && request.intended_at >= warm;
    let requests = variant.requests.iter().filter(counted);
    let mut values: Vec<u64> = requests
        .filter_map(|request| Some(latency(request)?.as_us().max(1)))
        .collect();
    values.sort_unstable();
    values
}

/// A path of steps through the sorted values, and where it ends; the k-th of n holds from the share of the ranks below it to its own, so that at 99 % it is
/// as high as the 99th percentile of the tables.
fn curve(sorted: &[u64], tail_end: f64, up: Up) -> (String, u64) {
    let n = sorted.len() as f64;
    let mut path = String::new();
    let mut last: Option<(u64, u64)> = None;
    let x = |rank: f64| ((1.0 / (1.0 - rank / n)).ln() / tail_end.ln() * WIDE as f64) as u64;
    for (index, us) in sorted.iter().enumerate() {
        let x = x(index as f64);
        let y = up.y(*us as f64);
        let far = last.is_none_or(|(at, level)| x - at >= WIDE / MOST_POINTS || level - y >= 3);
        if far || index + 1 == sorted.len() {
            let _ = match last {
                None => write!(path, "M{x} {y}"),
                Some(_) => write!(path, "H{x}V{y}"),
            };
            last = Some((x, y));
        }
    }
    if !sorted.is_empty() {
        let _ = write!(path, "H{}", x(n - 0.5));
    }
    (path, last.map_or(TALL, |(_, y)| y))
}

/// Names moved apart where they would lie on one another.
fn apart(mut names: Vec<(u64, String, String)>) -> Vec<Name> {
    const LINE: u64 = TALL / 13;
    names.sort();
    let mut free_from = 0;
    for name in &mut names {
        name.0 = name.0.max(free_from);
        free_from = name.0 + LINE;
    }
    let mut free_to = TALL - LINE / 2;
    let mut placed = Vec::new();
    for (y, text, class) in names.into_iter().rev() {
        let y = y.min(free_to);
        free_to = y.saturating_sub(LINE);
        placed.push(Name {
            at: format!("{:.1}%", y as f64 * 100.0 / TALL as f64),
            text,
            class,
        });
    }
    placed
}

/// Lowest and highest latency of an axis that holds all requests of these variants, in microseconds.
pub(super) fn range(variants: &[&VariantData]) -> (f64, f64) {
    let requests = variants.iter().flat_map(|variant| &variant.requests);
    latency_scale(requests.filter_map(|request| Some(request.latency()?.as_us() as f64)))
}

/// Every variant's requests over time; of a run without rows none.
pub(super) fn over_time(run: &RunData, axes: &Axes) -> Vec<OverTime> {
    let (low, high) = range(&run.all());
    let up = Up::between(low, high);
    let with_rows = run.variants.iter().enumerate();
    with_rows
        .filter(|(_, variant)| variant.has_pictures())
        .map(|(place, variant)| OverTime {
            name: variant.plan.variant.clone(),
            place,
            svg: minijinja::Value::from_safe_string(points(variant, axes, up)),
            across: ticks(axes.end_us),
            up: up.ticks(),
        })
        .collect()
}

/// Dots of a group's colour, larger for groups that are slow on purpose, and crosses for failures on top of them.
fn points(variant: &VariantData, axes: &Axes, up: Up) -> Shape {
    let classes = palette::classes(&variant.plan);
    let mut dots: Vec<BTreeSet<(u64, u64)>> = vec![BTreeSet::new(); classes.len() + 1];
    let mut crosses = BTreeSet::new();
    for request in &variant.requests {
        let Some(latency) = request.latency() else {
            continue;
        };
        let x = axes.x(request.intended_at.as_us()) / CELL.0 * CELL.0;
        let y = up.y(latency.as_us() as f64) / CELL.1 * CELL.1;
        match &*kind(request) {
            "ok" => dots[group_of(&variant.plan, Some(&request.group))].insert((x, y)),
            _ => crosses.insert((x, y)),
        };
    }
    let mut content = String::new();
    for (group, places) in dots.iter().enumerate() {
        let class = classes.get(group).copied().unwrap_or(palette::UNKNOWN);
        let slow = variant
            .plan
            .groups
            .get(group)
            .is_some_and(|one| !one.is_healthy());
        let kind = if slow { "dot large" } else { "dot" };
        let mut path = String::new();
        for (x, y) in places {
            let _ = write!(path, "M{x} {y}h0");
        }
        let _ = write!(content, r#"<path class="{kind} {class}" d="{path}"/>"#);
    }
    let mut svg = stretched(TALL, &content);
    svg.push_str(r#"<svg class="marks" aria-hidden="true">"#);
    for (x, y) in crosses {
        let y = crate::units::trimmed(y as f64 * 100.0 / TALL as f64);
        let _ = write!(svg, r##"<use href="#cross" x="{}%" y="{y}%"/>"##, share(x));
    }
    svg + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn each_group_has_a_line_for_each_variant() {
        let run = fixture::run();
        let all = percentiles(&run, Words::of(Language::English));
        let groups: Vec<&str> = all.iter().map(|one| &*one.group).collect();
        assert_eq!(groups, ["slow", "visitors"]);
        for one in &all {
            assert_eq!(one.svg.to_string().matches("class=\"curve").count(), 3);
            assert_eq!(one.names.len(), 3);
        }
        assert!(
            all[1].levels.iter().any(|level| level.text.contains("3s")),
            "{all:?}"
        );
    }

    #[test]
    fn a_curve_rises_to_the_right_and_ends_at_its_slowest() {
        let up = Up {
            low: 1.0,
            high: 1e6,
        };
        let (path, end) = curve(&[1, 1000, 1_000_000], 20.0, up);
        assert!(
            path.starts_with("M0 ") && path.matches('V').count() == 2,
            "{path}"
        );
        assert_eq!(end, 0, "the slowest is at the top");
        let (one, _) = curve(&[5], 20.0, up);
        assert!(one.starts_with("M0 ") && one.contains('H'), "{one}");
        // Of 182 the 181st is the 99th percentile: at 99 % the path has risen to it.
        let sorted: Vec<u64> = (1..=182)
            .map(|rank| if rank > 180 { 15_000 } else { 5_000 })
            .collect();
        let (path, _) = curve(&sorted, 364.0, up);
        let at = (100_f64.ln() / 364_f64.ln() * WIDE as f64) as u64;
        let rise = path
            .split_once('V')
            .and_then(|(before, _)| before.rsplit_once('H'));
        let rise: u64 = rise.unwrap().1.parse().unwrap();
        assert!(rise < at, "{rise} {at} {path}");
    }

    #[test]
    fn names_never_lie_on_one_another() {
        let names = (0..8).map(|at| (980 + at % 2, format!("{at}"), "v0".to_owned()));
        let mut at: Vec<f64> = apart(names.collect())
            .iter()
            .map(|name| name.at.trim_end_matches('%').parse().unwrap())
            .collect();
        at.sort_by(f64::total_cmp);
        assert!(at.windows(2).all(|pair| pair[1] - pair[0] > 6.0), "{at:?}");
        assert!(at[7] <= 100.0);
    }
}

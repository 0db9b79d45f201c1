//! What several panes have in common: their axes, and the rows of requests below the workers.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::segments::group_of;
use crate::record::hgrm::is_measured;
use crate::record::summary::Summary;
use crate::record::{Direction, Outcome, RequestRecord};
use crate::report::chart::{last_second, most_waiting};
use crate::report::data::{RunData, VariantData};
use crate::tier::Tier;

/// Pixels of a plot in the narrowest pane side by side: what words within it can count on.
const NARROWEST: f64 = 380.0;
/// Rough width of a letter of words in lanes, and of what is around them, in pixels.
const LETTER: f64 = 8.6;
const AROUND: f64 = 12.0;

/// Width of a plot in its own units: fine enough to be enlarged fifty times.
pub(super) const WIDE: u64 = 100_000;
/// Rows that panes side by side show; what is beyond shares the last one.
const MOST_ROWS: usize = 8;

/// Axes that all variants of a run share.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Axes {
    /// The end of the time axis, in microseconds.
    pub(super) end_us: u64,
    /// The top of the accept queue's axis, in connections.
    pub(super) queue_high: u64,
    /// The top of the axis of bytes that wait.
    pub(super) bytes_high: u64,
}

impl Axes {
    pub(super) fn of(run: &RunData) -> Axes {
        Axes::over(&run.all())
    }

    /// Axes that these share, whichever run they are from.
    pub(super) fn over(all: &[&VariantData]) -> Axes {
        let variants = || all.iter().copied();
        let end_s = variants().map(last_second).fold(1e-3, f64::max);
        let deepest = variants().flat_map(queue).map(|(_, depth)| depth).max();
        let most = variants().map(|variant| most_waiting(variant, Direction::Response));
        Axes {
            end_us: ((end_s * 1e6).ceil() as u64).max(1),
            queue_high: deepest.unwrap_or(0).max(4),
            bytes_high: most.max().unwrap_or(0),
        }
    }

    /// An instant in a plot's own units.
    pub(super) fn x(&self, us: u64) -> u64 {
        (u128::from(us.min(self.end_us)) * u128::from(WIDE) / u128::from(self.end_us)) as u64
    }

    /// Whether words fit into what lasts so long, in the narrowest pane.
    pub(super) fn has_room(&self, lasts_us: u64, text: &str) -> bool {
        let pixels = lasts_us as f64 / self.end_us as f64 * NARROWEST;
        text.chars().count() as f64 * LETTER + AROUND < pixels
    }

    /// How long so many pixels are, in the narrowest pane.
    pub(super) fn lasts_us(&self, pixels: f64) -> u64 {
        (pixels / NARROWEST * self.end_us as f64) as u64
    }

    /// An instant as a share of the axis in per cent, for CSS.
    pub(super) fn percent(&self, us: u64) -> String {
        format!(
            "{:.3}%",
            us.min(self.end_us) as f64 * 100.0 / self.end_us as f64
        )
    }
}

/// Depth of the accept queue by instant, in microseconds.
pub(super) fn queue(variant: &VariantData) -> impl Iterator<Item = (u64, u64)> + '_ {
    let samples = variant
        .queues
        .iter()
        .filter(|one| one.is_whole(Tier::Backend));
    samples.filter_map(|one| Some((one.at.as_us(), one.accept_queue?)))
}

/// One kind of end of one group's requests.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct RowKey {
    /// The group's place in the plan.
    pub(super) rank: usize,
    /// Whether it is a failure: those come below.
    pub(super) failed: bool,
    /// `ok`, a status, or an outcome, by its name in the records.
    pub(super) kind: String,
    /// The group's name.
    pub(super) group: String,
}

impl RowKey {
    /// Whether it is the row of a request that ended so. A group has its place from the plan that it is in: the same name may have another one elsewhere.
    fn is_of(&self, (rank, kind, group): (usize, &str, &str)) -> bool {
        (self.rank, &*self.kind, &*self.group) == (rank, kind, group)
    }
}

/// How a request ended, in one word of the records: `ok` below 400, otherwise the status, otherwise the outcome.
pub(super) fn kind(request: &RequestRecord) -> Cow<'static, str> {
    match (request.outcome, request.status) {
        (Outcome::Complete, Some(status)) if status >= 400 => status.to_string().into(),
        (Outcome::Complete, _) => "ok".into(),
        (outcome, _) => outcome.name().into(),
    }
}

/// The rows that panes side by side have, in order. Requests of kinds beyond the last row are in the last row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rows {
    pub(super) keys: Vec<RowKey>,
    /// Whether the last row is for whatever has no row of its own.
    pub(super) mixed: bool,
    /// The group that the run's sentence is about.
    harmed: Option<String>,
}

/// One row of one pane.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Row {
    /// Intended starts, in microseconds.
    pub(super) at_us: Vec<u64>,
    /// How many of them count: the warm-up does not, here as in every table.
    pub(super) measured: u64,
}

/// The rows of one pane, and which of them each request is in, in the order of the requests.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Filled {
    pub(super) rows: Vec<Row>,
    pub(super) places: Vec<Option<usize>>,
}

impl Rows {
    /// Those of the groups that behave as they should, and of the one that the run's sentence is about; of all groups if there are no others.
    pub(super) fn of(variants: &[&VariantData], summary: &Summary) -> Rows {
        let fields = summary.headline.iter().map(|headline| &headline.fields);
        let harmed = fields.filter_map(|fields| fields.get("group")?.as_str());
        let harmed = harmed.map(str::to_owned).next();
        let mut keys = BTreeSet::new();
        for variant in variants {
            let told = told_groups(variant, harmed.as_deref());
            let requests = variant.requests.iter();
            let requests = requests.filter(|request| told.contains(request.group.as_str()));
            // Names are borrowed: of many requests there are few rows.
            keys.extend(requests.map(|request| {
                let rank = group_of(&variant.plan, Some(&request.group));
                let kind = kind(request);
                (rank, kind != "ok", kind, request.group.as_str())
            }));
        }
        let keys = keys.into_iter().map(|(rank, failed, kind, group)| RowKey {
            rank,
            failed,
            kind: kind.into_owned(),
            group: group.to_owned(),
        });
        let mut keys: Vec<RowKey> = keys.collect();
        let mixed = keys.len() > MOST_ROWS;
        if mixed {
            // Failures are what a reader must see: rows of answers give way first.
            keys.sort_by_key(|key| (!key.failed, key.clone()));
            keys.truncate(MOST_ROWS);
            keys.sort();
        }
        Rows {
            keys,
            mixed,
            harmed,
        }
    }

    /// The row of each request; `None` if its group has none.
    fn places(&self, variant: &VariantData) -> Vec<Option<usize>> {
        let told = told_groups(variant, self.harmed.as_deref());
        let place = |request: &RequestRecord| {
            let rank = group_of(&variant.plan, Some(&request.group));
            let (kind, group) = (kind(request), request.group.as_str());
            let mut keys = self.keys.iter();
            let own = keys.position(|key| key.is_of((rank, &kind, group)));
            own.or_else(|| (self.mixed && told.contains(group)).then(|| self.keys.len() - 1))
        };
        variant.requests.iter().map(place).collect()
    }

    /// What each row of a variant has.
    pub(super) fn fill(&self, variant: &VariantData) -> Filled {
        let places = self.places(variant);
        let mut rows = vec![Row::default(); self.keys.len()];
        for (request, place) in variant.requests.iter().zip(&places) {
            if let Some(place) = *place {
                let row = &mut rows[place];
                row.at_us.push(request.intended_at.as_us());
                row.measured += u64::from(is_measured(request, variant.plan.warmup));
            }
        }
        Filled { rows, places }
    }
}

/// Names of the groups that are not slow on purpose, and of the one that was harmed; of all if there are no others.
fn told_groups<'a>(variant: &'a VariantData, harmed: Option<&str>) -> BTreeSet<&'a str> {
    let groups = || variant.plan.groups.iter();
    let healthy: BTreeSet<&str> = groups()
        .filter(|group| group.is_healthy() || Some(group.name.as_str()) == harmed)
        .map(|group| group.name.as_str())
        .collect();
    match healthy.is_empty() {
        true => groups().map(|group| group.name.as_str()).collect(),
        false => healthy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;

    #[test]
    fn panes_side_by_side_have_the_same_rows() {
        let run = fixture::run();
        let pair: Vec<&VariantData> = run.variants.iter().take(2).collect();
        let rows = Rows::of(&pair, &fixture::summary(&run));
        let names: Vec<&str> = rows.keys.iter().map(|key| &*key.kind).collect();
        assert_eq!(names, ["ok", "504"]);
        assert!(!rows.mixed);
        let [sick, cured] = [0, 1].map(|place| rows.fill(pair[place]).rows);
        assert!(sick[1].measured > 100 && cured[1].measured == 0);
        assert!(cured[0].measured > sick[0].measured);
    }

    #[test]
    fn axes_hold_what_all_variants_have() {
        let run = fixture::run();
        let axes = Axes::of(&run);
        let end = run.variants.iter().map(last_second).fold(0.0, f64::max);
        assert!(axes.end_us as f64 >= end * 1e6);
        assert_eq!(axes.x(axes.end_us), WIDE);
        assert_eq!(axes.x(u64::MAX), WIDE);
        assert_eq!(axes.percent(0), "0.000%");
        assert!(axes.queue_high > 20 && axes.bytes_high > 1 << 20);
    }
}

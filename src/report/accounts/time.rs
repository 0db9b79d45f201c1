//! Where a group's time went, stage by stage.

use std::collections::BTreeMap;

use super::Books;
use crate::record::{RequestRecord, Split, Stage};
use crate::report::findings::Seen;
use crate::time::{Span, Timestamp};

/// One account per group of which anything is known: the mean of each stage, over all its requests that count.
pub(super) fn time(books: &Books<'_>) -> Vec<Seen> {
    let mut by_group: BTreeMap<&str, Vec<(&RequestRecord, Split)>> = BTreeMap::new();
    for row in books.variant.measured() {
        if let Some(split) = books.split(row) {
            by_group.entry(&row.group).or_default().push((row, split));
        }
    }
    let groups = books.variant.plan.groups.iter();
    groups
        .filter_map(|group| {
            let rows = by_group.get(group.name.as_str())?;
            Some(told(&group.name, rows))
        })
        .collect()
}

fn told(group: &str, rows: &[(&RequestRecord, Split)]) -> Seen {
    let mean = |of: &dyn Fn(&Split) -> Span| {
        let sum: u128 = (rows.iter())
            .map(|(_, split)| u128::from(of(split).as_ns()))
            .sum();
        Span::from_ns(u64::try_from(sum / rows.len() as u128).unwrap_or(u64::MAX))
    };
    let total = mean(&Split::total);
    let slowest = rows.iter().max_by_key(|(_, split)| split.total());
    let mut seen = Seen::new("time", Timestamp::ZERO)
        .with("group", group)
        .with("requests", rows.len())
        .span("latency_us", total);
    seen.requests = slowest.iter().map(|(row, _)| row.request_id).collect();
    for stage in Stage::ALL {
        let span = mean(&|split| split.of(stage));
        let percent = percent_of(span, total);
        let name = stage.name();
        seen = seen
            .span(&format!("{name}_us"), span)
            .with(&format!("{name}_percent"), percent);
    }
    seen
}

/// A part in whole hundredths.
pub(super) fn percent_of(part: Span, whole: Span) -> u64 {
    let whole = whole.as_ns().max(1);
    (u128::from(part.as_ns()) * 100 + u128::from(whole) / 2).div_euclid(u128::from(whole)) as u64
}

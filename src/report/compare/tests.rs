//! Comparisons of hand-made runs.

use super::metrics::Bound;
use super::*;
use crate::record::Outcome;
use crate::report::chart::fixture::run;
use crate::report::data::RunData;
use crate::time::{Span, Timestamp};

fn row<'a>(comparison: &'a Comparison, metric: &str) -> &'a Row {
    let found = comparison.rows.iter().find(|row| row.metric == metric);
    found.unwrap_or_else(|| panic!("no {metric} in {:?}", comparison.rows))
}

/// The group whose requests the tests change, in the first variant.
fn group(run: &RunData) -> String {
    run.variants[0].requests[0].group.clone()
}

#[test]
fn a_run_is_equal_to_itself() {
    let run = run();
    let comparison = compare(&run, &run);
    assert_eq!(comparison.count(Verdict::Beyond), 0);
    assert_eq!(comparison.count(Verdict::Unknown), 0);
    assert!(
        comparison.count(Verdict::Within) > 3,
        "{:?}",
        comparison.rows
    );
    assert!(comparison.rows.iter().all(|row| row.first == row.second));
    assert!(comparison.alone.is_empty());
}

#[test]
fn a_longer_hold_is_beyond_its_bound() {
    let first = run();
    let mut second = run();
    for row in &mut second.variants[0].requests {
        row.worker_released_at = row.worker_released_at.map(|at| at + Span::from_secs(30));
    }
    let comparison = compare(&first, &second);
    let metric = format!("{}.hold.p50", group(&first));
    assert_eq!(row(&comparison, &metric).verdict, Verdict::Beyond);
    assert!(row(&comparison, &metric).difference_ratio > Some(0.05));
    assert!(render(&comparison).contains("BEYOND"));
}

#[test]
fn a_status_that_one_side_never_saw_counts_as_zero() {
    let first = run();
    let mut second = run();
    let warmup_end = Timestamp::ZERO + second.variants[0].plan.warmup;
    let group = group(&first);
    let of_group = second.variants[0]
        .requests
        .iter_mut()
        .filter(|row| row.group == group);
    for row in of_group.take(5) {
        row.status = Some(502);
        row.outcome = Outcome::Complete;
        row.intended_at = warmup_end;
    }
    let comparison = compare(&first, &second);
    let metric = format!("{group}.status.502");
    let row = row(&comparison, &metric);
    assert_eq!(
        (row.first, row.second, row.verdict),
        (Some(0.0), Some(5.0), Verdict::Beyond)
    );
}

#[test]
fn variants_of_one_side_are_named() {
    let first = run();
    let mut second = run();
    second.variants[0].plan.variant = "another".to_owned();
    let comparison = compare(&first, &second);
    assert_eq!(
        comparison.alone,
        [first.variants[0].plan.variant.clone(), "another".to_owned()]
    );
}

#[test]
fn bounds_are_a_share_or_close_enough_or_one_per_burst() {
    for (bound, first, second, bursts, holds) in [
        (
            Bound::Share(0.05, 1_000.0),
            3_400_000.0,
            3_550_000.0,
            0,
            Some(true),
        ),
        (
            Bound::Share(0.05, 1_000.0),
            3_400_000.0,
            3_600_000.0,
            0,
            Some(false),
        ),
        (Bound::Share(0.05, 1_000.0), 5_000.0, 5_900.0, 0, Some(true)),
        (Bound::Share(0.05, 0.0), 0.0, 1.0, 0, Some(false)),
        (Bound::PerBurst, 113.0, 114.0, 1, Some(true)),
        (Bound::PerBurst, 113.0, 115.0, 1, Some(false)),
        (Bound::PerBurst, 113.0, 115.0, 2, Some(true)),
        (Bound::PerBurst, 0.0, 1.0, 0, Some(true)),
        (Bound::None, 1.0, 2.0, 0, None),
    ] {
        assert_eq!(
            bound.holds(first, second, bursts),
            holds,
            "{bound:?} {first} {second}"
        );
    }
}

#[test]
fn the_csv_has_a_line_per_row_and_nothing_for_what_is_not_known() {
    let run = run();
    let comparison = compare(&run, &run);
    let csv = to_csv(&comparison);
    assert!(
        csv.starts_with("variant,metric,unit,first,second,difference_ratio,bound,verdict\n"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), comparison.rows.len() + 1);
}

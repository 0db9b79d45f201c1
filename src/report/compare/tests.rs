//! Comparisons of hand-made runs.

use super::metrics::Bound;
use super::*;
use crate::machine::behavior::{Behavior, Stall};
use crate::record::{Outcome, RequestRecord};
use crate::report::chart::fixture::run;
use crate::report::data::RunData;
use crate::report::words::{Language, Words};
use crate::time::{Span, Timestamp};

fn english() -> &'static Words {
    Words::of(Language::English)
}

fn row<'a>(comparison: &'a Comparison, metric: &str) -> &'a Row {
    let found = comparison.rows.iter().find(|row| row.metric == metric);
    found.unwrap_or_else(|| panic!("no {metric} in {:?}", comparison.rows))
}

/// Two single runs, compared.
fn of(first: &RunData, second: &RunData) -> Comparison {
    compare(
        &Side::of(std::slice::from_ref(first)),
        &Side::of(std::slice::from_ref(second)),
    )
}

/// The group whose requests the tests change, in the first variant.
fn group(run: &RunData) -> String {
    run.variants[0].requests[0].group.clone()
}

#[test]
fn a_run_is_equal_to_itself() {
    let run = run();
    let comparison = of(&run, &run);
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

/// What is compared follows from the table of metrics, in its order.
#[test]
fn metrics_are_spelt_as_expectations_spell_them() {
    let run = run();
    let comparison = of(&run, &run);
    for row in &comparison.rows {
        crate::metrics::Metric::parse(&row.metric).unwrap_or_else(|unknown| panic!("{unknown:?}"));
    }
    let group = group(&run);
    let shown: Vec<&str> = (comparison.rows.iter())
        .filter(|row| row.variant == run.variants[0].plan.variant)
        .filter_map(|row| row.metric.strip_prefix(&format!("{group}.")))
        .collect();
    assert_eq!(
        shown[..3],
        ["requests", "latency.p50", "latency.p99"],
        "{shown:?}"
    );
}

#[test]
fn a_longer_hold_is_beyond_its_bound() {
    let first = run();
    let mut second = run();
    for row in &mut second.variants[0].requests {
        row.worker_released_at = row.worker_released_at.map(|at| at + Span::from_secs(30));
    }
    let comparison = of(&first, &second);
    let metric = format!("{}.hold.p50", group(&first));
    assert_eq!(row(&comparison, &metric).verdict, Verdict::Beyond);
    assert!(row(&comparison, &metric).difference_ratio > Some(0.05));
    assert!(render(&comparison, english()).contains("BEYOND"));
    let korean = render(&comparison, Words::of(Language::Korean));
    for word in ["첫째", "벗어남", "한계 안", "또는"] {
        assert!(korean.contains(word), "no `{word}` in\n{korean}");
    }
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
    let comparison = of(&first, &second);
    let metric = format!("{group}.status.502");
    let row = row(&comparison, &metric);
    assert_eq!(
        (row.first, row.second, row.verdict),
        (Some(0.0), Some(5.0), Verdict::Beyond)
    );
}

/// A run whose first group has one client that stalls for good, and whose worker had sent so much when it left.
fn stalled(bind: &str, sent: u64) -> RunData {
    let mut run = run();
    let variant = &mut run.variants[0];
    let from = Timestamp::ZERO + variant.plan.warmup;
    let group = variant.requests[0].group.clone();
    variant.plan.backend.bind = serde_json::from_value(bind.into()).unwrap();
    for plan in variant.plan.groups.iter_mut().filter(|g| g.name == group) {
        plan.behavior = Behavior::Stall(Stall::default());
    }
    variant
        .requests
        .retain(|row| row.group != group || row.request_id == 1);
    variant.requests[0] = RequestRecord {
        intended_at: from,
        outcome: Outcome::Timeout,
        received_bytes: 0,
        sent_bytes: Some(sent),
        proxy_read_bytes: Some(30_000),
        proxy_sent_bytes: Some(26_000),
        group,
        ..variant.requests[0].clone()
    };
    run
}

#[test]
fn absorbed_bytes_are_held_to_five_percent_over_unix_and_to_fifteen_over_tcp() {
    for (bind, verdict) in [("unix", Verdict::Beyond), ("tcp", Verdict::Within)] {
        let (first, second) = (stalled(bind, 230_000), stalled(bind, 250_000));
        let comparison = of(&first, &second);
        let group = group(&first);
        let upstream = row(&comparison, &format!("{group}.absorbed_bytes.upstream"));
        assert_eq!(
            (upstream.first, upstream.second, upstream.verdict),
            (Some(200_000.0), Some(220_000.0), verdict),
            "{bind}: {}",
            upstream.bound
        );
        let downstream = row(&comparison, &format!("{group}.absorbed_bytes.downstream"));
        assert_eq!(downstream.verdict, Verdict::Within);
    }
}

#[test]
fn absorbed_bytes_of_a_client_that_reads_on_are_only_shown() {
    let mut first = stalled("unix", 230_000);
    for plan in &mut first.variants[0].plan.groups {
        plan.behavior = Behavior::Stall(Stall {
            duration: Some(Span::from_secs(1)),
            ..Stall::default()
        });
    }
    let comparison = of(&first, &stalled("unix", 900_000));
    let metric = format!("{}.absorbed_bytes.upstream", group(&first));
    assert_eq!(row(&comparison, &metric).verdict, Verdict::Shown);
}

#[test]
fn failures_more_than_a_second_apart_are_another_burst() {
    let first = run();
    let mut second = run();
    let group = group(&first);
    let start = Timestamp::ZERO + second.variants[0].plan.warmup;
    let of_group = second.variants[0].requests.iter_mut();
    let failed = of_group.filter(|row| row.group == group).take(4);
    for (row, at_ms) in failed.zip([0, 1_000, 2_001, 2_100]) {
        row.status = Some(502);
        row.intended_at = start + Span::from_ms(at_ms);
    }
    let comparison = of(&first, &second);
    let row = row(&comparison, &format!("{group}.status.502"));
    assert_eq!((row.second, row.bound.as_str()), (Some(4.0), "+-2"));
}

#[test]
fn repeats_are_judged_by_their_medians_and_by_how_far_apart_they_lie() {
    let held_for = |secs: u64| {
        let mut run = run();
        for row in &mut run.variants[0].requests {
            row.worker_released_at = row.worker_accepted_at.map(|at| at + Span::from_secs(secs));
        }
        run
    };
    let side =
        |holds: &[u64]| Side::of(&holds.iter().map(|secs| held_for(*secs)).collect::<Vec<_>>());
    let metric = format!("{}.hold.p50", group(&run()));
    for (first, second, verdict) in [
        (&[20, 10, 40][..], &[20, 90, 1][..], Verdict::Within),
        (&[20, 10, 40], &[30, 30, 30], Verdict::Spread),
        (&[20, 10, 40], &[50], Verdict::Beyond),
        (&[20, 40], &[35], Verdict::Beyond),
        (&[20, 40], &[30], Verdict::Within),
    ] {
        let comparison = compare(&side(first), &side(second));
        let row = row(&comparison, &metric);
        assert_eq!(row.verdict, verdict, "{first:?} {second:?}: {row:?}");
    }
    let comparison = compare(&side(&[20, 10, 40]), &side(&[30]));
    let held = row(&comparison, &metric);
    assert!(held.first_min < held.first && held.first < held.first_max);
    assert!(render(&comparison, english()).contains("medians of 3 runs"));
}

#[test]
fn a_folder_of_runs_is_a_side_unless_they_are_no_repeats() {
    let dir = tempfile::tempdir().unwrap();
    let none = Side::read(dir.path()).unwrap_err();
    assert!(matches!(none, SideError::Empty(_)), "{none}");
    let write = |name: &str, engine: &str, partial: bool| {
        let folder = dir.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut manifest = run().manifest;
        manifest.variants.clear();
        (manifest.engine, manifest.partial) = (engine.to_owned(), partial);
        let json = serde_json::to_string(&manifest).unwrap();
        std::fs::write(folder.join("manifest.json"), json).unwrap();
        std::fs::write(folder.join("scenario.toml"), "").unwrap();
    };
    write("a", "lab", false);
    write("b", "lab", false);
    write("c.partial", "sim", true);
    let side = Side::read(dir.path()).unwrap();
    let title = side.title.say(english());
    assert!(title.contains("2 runs"), "{title}");
    write("d", "sim", false);
    let mixed = Side::read(dir.path()).unwrap_err();
    assert!(matches!(mixed, SideError::Mixed(_)), "{mixed}");
    // As `--repeat` leaves them.
    for run in ["sets/1-x1/a", "sets/2-x3/a", "sets/2-x3/b", "sets/2-x3/c"] {
        write(run, "sim", false);
    }
    let side = Side::read(&dir.path().join("sets")).unwrap();
    let title = side.title.say(english());
    assert!(title.contains("3 runs"), "{title}");
}

#[test]
fn both_sides_become_one_run_pair_by_pair() {
    let first = [run(), run()];
    let mut other = run();
    other.variants.remove(1);
    let gone = first[0].variants[1].plan.variant.clone();
    let merged = Merged::of(first.into(), vec![other]);
    let names = |run: &RunData| -> Vec<String> {
        let variants = run.variants.iter();
        variants.map(|one| one.plan.variant.clone()).collect()
    };
    let wanted: Vec<String> = (merged.names.iter())
        .flat_map(|name| ["A", "B"].map(|letter| format!("{letter} {name}")))
        .collect();
    assert!(merged.names.len() == 2 && !merged.names.contains(&gone));
    assert_eq!(
        (names(&merged.firsts), names(&merged.pooled)),
        (wanted.clone(), wanted)
    );
    assert!(merged.has_several);
    let of_all = merged.pooled.variants[0].requests.len();
    assert_eq!(of_all, 2 * merged.firsts.variants[0].requests.len());
    assert_eq!(of_all, 2 * merged.pooled.variants[1].requests.len());
}

#[test]
fn variants_of_one_side_are_named() {
    let first = run();
    let mut second = run();
    second.variants[0].plan.variant = "another".to_owned();
    let comparison = of(&first, &second);
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
    let comparison = of(&run, &run);
    let csv = to_csv(&comparison);
    assert!(
        csv.starts_with(
            "variant,metric,unit,first,second,difference_ratio,bound,verdict,first_min,first_max,beyond_noise\n"
        ),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), comparison.rows.len() + 1);
}

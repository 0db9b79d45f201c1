//! Points and tables.

use super::points::Point;
use super::*;
use crate::cli::{Engine, KernelChoice, WorkArgs};

fn axes() -> Vec<Axis> {
    ["a=1..2", "b=x,y"]
        .map(|text| Axis::parse(text).unwrap())
        .into()
}

#[test]
fn every_combination_or_side_by_side() {
    let all = combinations(&axes(), false).unwrap();
    assert_eq!(all, [["1", "x"], ["1", "y"], ["2", "x"], ["2", "y"]]);
    let zipped = combinations(&axes(), true).unwrap();
    assert_eq!(zipped, [["1", "x"], ["2", "y"]]);
    let uneven = [
        Axis::parse("a=1..3").unwrap(),
        Axis::parse("b=x,y").unwrap(),
    ];
    assert!(combinations(&uneven, true).is_err());
    let many = [
        Axis::parse("a=1..1000").unwrap(),
        Axis::parse("b=1..1000").unwrap(),
    ];
    assert!(combinations(&many, false).is_err());
}

#[test]
fn a_resumed_sweep_has_the_table_of_one_that_was_not_cut_short() {
    let dir = tempfile::tempdir().unwrap();
    let args = SweepArgs {
        scenario: "worker-starvation".to_owned(),
        vary: vec!["clients.slow.count=1..4".to_owned()],
        zip: false,
        engine: Engine::Sim,
        kernel: KernelChoice::Measured,
        variant: Vec::new(),
        work: WorkArgs {
            set: Vec::new(),
            seed: None,
            out: dir.path().to_owned(),
            quiet: true,
        },
    };
    let axes = [Axis::parse(&args.vary[0]).unwrap()];
    let points: Vec<Point> = combinations(&axes, false)
        .unwrap()
        .into_iter()
        .map(|values| point(&args, &axes, values).unwrap())
        .collect();
    let keys = [axes[0].key.clone()];
    let engine = engine::ready(args.engine, &ProgramArgs::default(), &args.kernel).unwrap();
    let path = folder(&args, &points, &engine);
    let csv = path.join("sweep.csv");
    fill(
        &args,
        &engine,
        &axes,
        &points,
        Table::open(&path, &keys, rows_per_point(&points)).unwrap(),
    )
    .unwrap();
    let whole = std::fs::read_to_string(&csv).unwrap();
    // Two lines and a torn third, as a kill leaves them; then the rest.
    let torn: String = whole.split_inclusive('\n').take(3).collect::<String>() + "1,2";
    std::fs::write(&csv, torn).unwrap();
    let rows = fill(
        &args,
        &engine,
        &axes,
        &points,
        Table::open(&path, &keys, rows_per_point(&points)).unwrap(),
    )
    .unwrap();
    assert_eq!(std::fs::read_to_string(&csv).unwrap(), whole);
    assert_eq!(rows.len(), 8);
    let starved: Vec<u64> = rows
        .iter()
        .filter(|row| row.group == "visitors")
        .map(|row| row.status_504)
        .collect();
    assert!(starved[..3] == [0, 0, 0] && starved[3] > 50, "{starved:?}");
}

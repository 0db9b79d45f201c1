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

/// The table is a contract: scripts read it, and a sweep that an older slowlab began is taken up again.
#[test]
fn the_columns_stay_and_old_rows_are_read_as_they_were_written() {
    let header = Row::header(&["clients.slow.count".to_owned()]).join(",");
    assert_eq!(
        header,
        "point,clients.slow.count,variant,group,requests,complete,status_200,status_502,status_504,truncated,timeout,unfinished,\
         latency_p50_us,latency_p99_us,latency_max_us,hold_p50_us,hold_max_us,worker_busy_ratio,accept_queue_max,spilled_bytes"
    );
    let fields = |row: &str| row.split(',').map(str::to_owned).collect::<Vec<_>>();
    for row in [
        "0,4,baseline,visitors,360,360,317,0,43,0,0,0,5050,3003391,3008511,5051,10003,0.9731,11,0",
        "1,8,no-proxy,slow,4,0,0,0,0,4,0,0,,,,,,,,",
    ] {
        let read = Row::read(&fields(row), 1).unwrap();
        assert_eq!(read.fields(), fields(row));
    }
    for torn in [
        "0,4,baseline,visitors,360,360",
        "0,4,baseline,visitors,many,,,,,,,,,,,,,,,",
        "",
    ] {
        assert_eq!(Row::read(&fields(torn), 1), None, "{torn}");
    }
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
            speech: crate::cli::SpeechArgs::default(),
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
        .map(|row| row.number("status_504").unwrap())
        .collect();
    assert!(starved[..3] == [0, 0, 0] && starved[3] > 50, "{starved:?}");
}

//! Points, shards and tables.

use super::*;
use crate::cli::{Engine, KernelChoice, ShardChoice, SpreadArgs, WorkArgs};
use std::fs;
use std::path::PathBuf;

fn axes(texts: &[&str]) -> Vec<Axis> {
    texts
        .iter()
        .map(|text| Axis::parse(text).unwrap())
        .collect()
}

#[test]
fn every_combination_or_side_by_side() {
    let two = axes(&["a=1..2", "b=x,y"]);
    let all = |zip| {
        let grid = Grid::new(&two, zip).unwrap();
        (0..grid.len)
            .map(|point| grid.values(point))
            .collect::<Vec<_>>()
    };
    assert_eq!(all(false), [["1", "x"], ["1", "y"], ["2", "x"], ["2", "y"]]);
    assert_eq!(all(true), [["1", "x"], ["2", "y"]]);
    assert!(Grid::new(&axes(&["a=1..3", "b=x,y"]), true).is_err());
    let million = axes(&["a=1..1000", "b=1..1000"]);
    let grid = Grid::new(&million, false).unwrap();
    assert_eq!(grid.values(grid.len - 1), ["1000", "1000"]);
    let too_many = axes(&["a=1..1000", "b=1..1000", "c=1..1000"]);
    assert!(Grid::new(&too_many, false).is_err());
}

#[test]
fn shards_are_each_point_once() {
    for points in [1, 7, 16] {
        for of in [1, 3, 16] {
            let mut all: Vec<usize> = (0..of)
                .flat_map(|index| {
                    let shard = Shard { index, of };
                    (0..shard.share_of(points)).map(move |place| shard.point(place))
                })
                .collect();
            all.sort_unstable();
            assert!(
                all.into_iter().eq(0..points),
                "{points} points in {of} shards"
            );
        }
    }
}

#[test]
fn a_batch_system_names_the_shard() {
    let auto = |set: &[(&str, &str)]| {
        let variable = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Shard::of_choice("auto/4".parse::<ShardChoice>().unwrap(), variable)
            .map(|shard| shard.index)
            .map_err(|error| error.to_string())
    };
    assert_eq!(auto(&[("JOB_COMPLETION_INDEX", "0")]), Ok(0));
    assert_eq!(auto(&[("SLURM_ARRAY_TASK_ID", "3")]), Ok(3));
    assert_eq!(auto(&[("PARALLEL_SEQ", "4")]), Ok(3));
    for (set, says) in [
        (&[][..], "none of JOB_COMPLETION_INDEX"),
        (&[("PARALLEL_SEQ", "0")], "from 1 to 4"),
        (&[("PARALLEL_SEQ", "5")], "from 1 to 4"),
        (&[("SLURM_ARRAY_TASK_ID", "4")], "from 0 to 3"),
        (&[("SLURM_ARRAY_TASK_ID", "x")], "`x`"),
        (
            &[("SLURM_ARRAY_TASK_ID", "1"), ("PARALLEL_SEQ", "2")],
            "only one",
        ),
    ] {
        let error = auto(set).unwrap_err();
        assert!(error.contains(says) && error.contains("hint:"), "{error}");
    }
    for bad in ["4/4", "1", "x/4", "0/0", "auto/0"] {
        assert!(bad.parse::<ShardChoice>().is_err(), "{bad}");
    }
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

fn args(out: &Path) -> SweepArgs {
    SweepArgs {
        scenario: Some("worker-starvation".to_owned()),
        vary: vec!["clients.slow.count=1..4".to_owned()],
        zip: false,
        engine: Engine::Sim,
        kernel: KernelChoice::Measured,
        variant: Vec::new(),
        spread: SpreadArgs::default(),
        work: WorkArgs {
            set: Vec::new(),
            seed: None,
            out: out.to_owned(),
            quiet: true,
            speech: crate::cli::SpeechArgs::default(),
        },
    }
}

/// Measures what is missing; the folder.
fn measured(args: &SweepArgs, shard: Option<Shard>) -> PathBuf {
    let axes = [Axis::parse(&args.vary[0]).unwrap()];
    let grid = Grid::new(&axes, false).unwrap();
    let engine = engine::ready(
        (args.engine, args.work.speech.shown()),
        &ProgramArgs::default(),
        &args.kernel,
    )
    .unwrap();
    let asked = Asked::of(args, &grid, &engine).unwrap();
    let dir = asked.folder(&args.work.out, shard).unwrap();
    let part = shard.unwrap_or(Shard::WHOLE);
    let table = Table::open(&dir, &asked.keys(), (part, asked.rows_per_point)).unwrap();
    Manifest { asked, shard }.write(&dir).unwrap();
    fill(args, &engine, (&grid, part), table).unwrap();
    dir
}

#[test]
fn a_resumed_sweep_has_the_table_of_one_that_was_not_cut_short() {
    let place = tempfile::tempdir().unwrap();
    let args = args(place.path());
    let csv = measured(&args, None).join(NAME);
    let whole = fs::read_to_string(&csv).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    // As a kill leaves it: a torn row; a row whose last number lost digits; points out of order; a point twice.
    let torn = [
        lines[..3].concat() + "1,2",
        lines[..5].concat() + lines[5].trim_end(),
        lines[..3].concat() + &lines[5..].concat(),
        lines[..3].concat() + &lines[1..].concat(),
    ];
    for torn in torn {
        fs::write(&csv, &torn).unwrap();
        measured(&args, None);
        assert_eq!(fs::read_to_string(&csv).unwrap(), whole, "{torn}");
    }
    let rows = Rows::open(&csv, &["clients.slow.count".to_owned()]).unwrap();
    let rows: Vec<Row> = rows.map(|(row, _)| row).collect();
    assert_eq!(rows.len(), 8);
    let starved: Vec<u64> = rows
        .iter()
        .filter(|row| row.group == "visitors")
        .map(|row| row.number("status_504").unwrap())
        .collect();
    assert!(starved[..3] == [0, 0, 0] && starved[3] > 50, "{starved:?}");
}

#[test]
fn shards_merge_into_the_table_of_the_whole_and_misfits_are_named() {
    let place = tempfile::tempdir().unwrap();
    let args = args(place.path());
    let whole = measured(&args, None);
    let of = 3;
    let dirs: Vec<PathBuf> = (0..of)
        .map(|index| measured(&args, Some(Shard { index, of })))
        .collect();
    let out = tempfile::tempdir().unwrap();
    let shuffled = [dirs[2].clone(), dirs[0].clone(), dirs[1].clone()];
    let (_, merged) = merge::merge(&shuffled, out.path()).unwrap();
    for file in [NAME, "sweep.json"] {
        let read = |dir: &Path| fs::read_to_string(dir.join(file)).unwrap();
        assert_eq!(read(&merged), read(&whole), "{file}");
    }
    let refused = |dirs: &[PathBuf], says: &str| {
        let error = merge::merge(dirs, out.path()).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("hint:"), "{error}");
    };
    refused(&dirs[..2], "2/3");
    refused(&[&dirs[..], &dirs[..1]].concat(), "given twice");
    refused(std::slice::from_ref(&whole), "no shard");
    refused(&[PathBuf::from("/nowhere")], "sweep.json");
    let mut other = self::args(place.path());
    other.work.seed = Some(77);
    let strange = measured(&other, Some(Shard { index: 2, of }));
    refused(&[&dirs[..2], &[strange]].concat(), "seed");
    let table = dirs[1].join(NAME);
    let text = fs::read_to_string(&table).unwrap();
    let short: String = text.split_inclusive('\n').take(2).collect();
    fs::write(&table, short).unwrap();
    refused(&dirs, "lacks point 1");
}

//! Pipelines of real tools, played.

use crate::support::{Place, expect, read, rows};

const COUNTED: &str = r#"schema = 1
question = "q"
duration = "20s"
[pipeline]
lines = 4000
stages = ["read", "slow", "address", "sort", "count", "top"]
[pipeline.stage.read]
tail = { lines = 4000 }
[pipeline.stage.slow]
paced = { rate = "800KiB/s" }
[pipeline.stage.address]
awk = { prints = "address" }
[pipeline.stage.sort]
sort = { memory = "32KiB" }
[pipeline.stage.count]
uniq = {}
[pipeline.stage.top]
head = { lines = 3 }
"#;

#[test]
fn a_pipeline_is_looked_at_until_its_last_stage_has_ended() {
    let place = Place::new(
        &(COUNTED.to_owned()
            + &expect("pipeline.brake == 2")
            + &expect("pipeline.answer_lines == 3")),
    );
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    place.assert_nothing_left();
    let variant = place.results().join("baseline");
    let answer = read(variant.join("answer.txt"));
    assert!(
        answer.lines().all(|line| line.contains(" 198.51.100.")),
        "{answer}"
    );
    let looks = rows(variant.join("stages.csv"));
    let of = |stage: &'static str| looks.iter().filter(move |row| row["stage"] == stage);
    // Every stage has one last row, and says how it ended.
    for stage in ["read", "slow", "address", "sort", "count", "top"] {
        let ends: Vec<&str> = of(stage)
            .map(|row| &*row["exit"])
            .filter(|exit| !exit.is_empty())
            .collect();
        assert!(matches!(ends[..], ["0" | "141"]), "{stage}: {ends:?}");
    }
    let waits = |stage, what: &str| of(stage).filter(|row| row["waits"] == what).count();
    assert!(waits("read", "room") > 10 && waits("address", "input") > 10);
    let spilled = of("sort").any(|row| row["temp_bytes"].parse().is_ok_and(|bytes: u64| bytes > 0));
    assert!(spilled, "sort had 32 KiB and more to hold");
}

#[test]
fn one_that_takes_too_long_is_ended() {
    let slow = COUNTED
        .replace("800KiB/s", "1KiB/s")
        .replace("duration = \"20s\"", "duration = \"500ms\"");
    let place = Place::new(&slow);
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    place.assert_nothing_left();
    let looks = rows(place.results().join("baseline/stages.csv"));
    assert!(looks.iter().any(|row| row["exit"] == "137"), "SIGKILL");
}

#[test]
fn what_no_pipeline_has_is_said_where_it_stands() {
    for (with, complaint) in [
        ("[backend]\n", "a pipeline is played without `backend`"),
        (
            "[pipeline.stage.idle]\nhead = { lines = 0 }\n",
            "nothing would come of it",
        ),
    ] {
        let place = Place::new(&(COUNTED.to_owned() + with));
        let done = place.run(&[]);
        assert_eq!(done.code, 2, "{}", done.err);
        assert!(done.err.contains(complaint), "{}", done.err);
    }
    let place = Place::new(&COUNTED.replace("\"top\"]", "\"bottom\"]"));
    let done = place.run(&[]);
    assert!(
        done.code == 2 && done.err.contains("there is no stage `bottom`"),
        "{}",
        done.err
    );
    let place = Place::new(COUNTED);
    let done = place.run(&["--engine", "sim"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(
        done.err.contains("its stages are real tools"),
        "{}",
        done.err
    );
}

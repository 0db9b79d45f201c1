//! Runs that reach their end: the folder as the README promises it, and the exit codes.

use std::fs;
use std::process::Stdio;

use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::{Value, json};

use crate::support::{
    Place, QUICK, done, expect, json as read_json, read, requests, rows, spawn, wait,
};

const REQUEST_COLUMNS: &str = "request_id,group,client,path,intended_at_us,started_at_us,connected_at_us,\
    proxy_accepted_at_us,upstream_connected_at_us,worker,worker_accepted_at_us,app_done_at_us,worker_released_at_us,\
    upstream_released_at_us,first_byte_at_us,last_byte_at_us,closed_at_us,status,outcome,ended_by,expected_bytes,\
    received_bytes,sent_bytes";

/// The part of `summary.json` that scripts rely on.
fn summary_shape() -> Value {
    let latency = json!({ "count": 0, "min": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "p999": 0, "max": 0 });
    let outcomes = json!({ "complete": 0, "truncated": 0, "refused": 0, "reset": 0, "timeout": 0, "aborted": 0,
        "unfinished": 0 });
    let group = json!({ "name": "", "requests": 0, "complete": 0, "outcomes": outcomes, "status": { "200": 0 },
        "received_bytes": 0, "latency_us": latency, "latency_from_send_us": latency });
    json!({
        "schema": 1, "scenario": "", "engine": "", "seed": 7, "partial": false,
        "variants": [{ "name": "", "groups": [group],
            "workers": { "count": 4, "busy_ratio": 0.0, "held_s_by_group": { "visitors": 0.0 }, "blocked_in_send_s": 0.0,
                "spawned": 0, "killed_by_timeout": 0 },
            "accept_queue": { "max": 0, "mean": 0.0, "limit": 0, "refused": 0 },
            "proxy": { "peak_buffered_bytes": 0, "spilled_bytes": 0, "upstream_held_s": { "p50": 0.0, "max": 0.0 },
                "timers_fired": { "proxy_read_timeout": 0, "send_timeout": 0 } } }],
        "expectations": [{ "claim": "", "that": "", "verdict": "", "measured": "" }],
        "findings": [], "warnings": [] })
}

/// Every key of `shape` is in `value`, with a value of the same kind or `null`.
fn assert_shaped(value: &Value, shape: &Value, at: &str) {
    match (value, shape) {
        (Value::Object(value), Value::Object(shape)) => {
            for (key, shape) in shape {
                let there = value.get(key);
                let there = there.unwrap_or_else(|| panic!("{at}.{key} is missing"));
                assert_shaped(there, shape, &format!("{at}.{key}"));
            }
        }
        (Value::Array(values), Value::Array(shapes)) => {
            for (value, shape) in values.iter().zip(shapes.iter().cycle()) {
                assert_shaped(value, shape, at);
            }
            assert!(shapes.is_empty() || !values.is_empty(), "{at} is empty");
        }
        (Value::Null, _) | (Value::Bool(_), Value::Bool(_)) => {}
        (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => {}
        _ => panic!("{at} is {value}, not like {shape}"),
    }
}

#[test]
fn a_run_leaves_the_folder_that_is_promised() {
    let scenario = QUICK.to_owned() + &expect("visitors.outcomes.complete >= 10");
    let place = Place::new(&scenario);
    let done = place.run(&[]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert!(
        done.out.contains("The one expectation held.") && done.out.contains("visitors"),
        "{}",
        done.out
    );
    place.assert_nothing_left();
    let results = place.results();
    let name = results.file_name().unwrap().to_str().unwrap();
    assert!(name.ends_with("Z-lab-3"), "{name}");
    assert_eq!(
        fs::read_link(place.path("out/s/latest")).unwrap().to_str(),
        Some(name)
    );
    assert!(done.out.contains("report.html") && results.join("report.html").exists());
    assert!(read(results.join("scenario.toml")).contains("Does it work at all?"));
    assert_eq!(read_json(results.join("manifest.json"))["partial"], false);
    let summary = read_json(results.join("summary.json"));
    assert_shaped(&summary, &summary_shape(), "summary");
    assert!(summary.get("partial") == Some(&json!(false)) && summary["schema"] == 1);

    let files: Vec<_> = fs::read_dir(results.join("baseline")).unwrap().collect();
    let files: Vec<_> = files
        .iter()
        .map(|f| f.as_ref().unwrap().file_name())
        .collect();
    for name in [
        "plan.json",
        "requests.csv",
        "events.csv",
        "workers.csv",
        "queues.csv",
        "sockets.csv",
        "access.log",
        "error.log",
        "backend.log",
        "latency-visitors.hgrm",
        "latency-visitors.hlog",
    ] {
        assert!(
            files.iter().any(|file| file == name),
            "{name} is missing: {files:?}"
        );
    }
    assert!(
        !files
            .iter()
            .any(|file| file.to_string_lossy().contains("pending")),
        "{files:?}"
    );
    let table = results.join("baseline/requests.csv");
    assert!(
        read(&table).starts_with(REQUEST_COLUMNS),
        "{}",
        read(&table).lines().next().unwrap()
    );
    // 40/s for a second; those of the warm-up have rows but do not count.
    assert!(rows(&table).len() as u64 > requests(&summary) && requests(&summary) >= 10);
    assert_histograms(&results.join("baseline"), requests(&summary));
    assert_charts(&results.join("charts"));
}

fn assert_histograms(variant: &std::path::Path, requests: u64) {
    let hgrm = read(variant.join("latency-visitors.hgrm"));
    assert!(
        hgrm.contains(&format!("Total count    = {requests:>12}]")),
        "{hgrm}"
    );
    let bytes = fs::read(variant.join("latency-visitors.hlog")).unwrap();
    let entries = IntervalLogIterator::new(&bytes).map(|entry| entry.unwrap());
    let intervals = entries.filter(|entry| matches!(entry, LogEntry::Interval(_)));
    assert!(intervals.count() >= 1);
}

fn assert_charts(folder: &std::path::Path) {
    let mut kinds = [0, 0];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("svg") => {
                let text = read(&path);
                assert!(
                    text.starts_with("<svg") && text.trim_end().ends_with("</svg>"),
                    "{path:?}"
                );
                kinds[0] += 1;
            }
            Some("png") => {
                let file = std::io::BufReader::new(fs::File::open(&path).unwrap());
                let mut reader = png::Decoder::new(file).read_info().unwrap();
                let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
                reader.next_frame(&mut pixels).unwrap();
                assert!(
                    pixels.iter().any(|byte| *byte != pixels[0]),
                    "{path:?} is blank"
                );
                kinds[1] += 1;
            }
            _ => panic!("{path:?} is no chart"),
        }
    }
    assert!(kinds[0] >= 3 && kinds[0] == kinds[1], "{kinds:?}");
}

#[test]
fn json_is_alone_on_standard_output_and_report_finds_the_same_again() {
    let place = Place::new(&(QUICK.to_owned() + &expect("visitors.outcomes.complete >= 10")));
    let run = place.run(&["--json", "--quiet"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let printed: Value = serde_json::from_str(&run.out).unwrap();
    let results = place.results();
    let written = read(results.join("summary.json"));
    assert_eq!(printed, serde_json::from_str::<Value>(&written).unwrap());
    fs::remove_file(results.join("summary.json")).unwrap();
    fs::remove_dir_all(results.join("charts")).unwrap();
    let again = done(place.slowlab(&["report", "out/s/latest"]));
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.out.contains("HELD"), "{}", again.out);
    assert_eq!(read(results.join("summary.json")), written);
    assert_charts(&results.join("charts"));
}

#[test]
fn the_verdict_is_the_exit_code() {
    let variant =
        "[[variant]]\nname = \"one\"\nwhy = \"fewer\"\nset = { \"backend.workers\" = 1 }\n";
    // A percentile that 40 requests cannot support is undecided.
    for (that, code, word) in [
        ("visitors.outcomes.complete < 1", 1, "failed"),
        ("visitors.latency.p999 < 1m", 3, "undecided"),
    ] {
        let place = Place::new(&(QUICK.to_owned() + variant + &expect(that)));
        let run = place.run(&["--variant", "baseline", "--seed", "99", "--quiet"]);
        assert_eq!(run.code, code, "{}{}", run.out, run.err);
        assert!(
            run.out.contains(word) && run.err.is_empty(),
            "{}{}",
            run.out,
            run.err
        );
        let results = place.results();
        assert!(
            results.to_str().unwrap().ends_with("-lab-99"),
            "{results:?}"
        );
        assert!(results.join("baseline").exists() && !results.join("one").exists());
        let again = done(place.slowlab(&["report", "out/s/latest"]));
        assert_eq!(again.code, code, "{}", again.err);
        place.assert_nothing_left();
    }
}

/// `slowlab run … | head -1` must not turn a failure into a success.
#[test]
fn a_reader_that_goes_away_does_not_change_the_verdict() {
    let place = Place::new(&(QUICK.to_owned() + &expect("visitors.outcomes.complete < 1")));
    let mut child = spawn(place.slowlab(&["run", "s.toml", "--out", "out"]));
    drop(child.stdout.take());
    let run = wait(child);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(!run.err.contains("error"), "{}", run.err);
}

#[test]
fn a_full_device_behind_standard_output_is_said() {
    let place = Place::new(QUICK);
    let full = || {
        Stdio::from(
            fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .unwrap(),
        )
    };
    for arguments in [&["list"][..], &["run", "s.toml", "--out", "out"]] {
        let mut command = place.slowlab(arguments);
        command.stdout(full()).stderr(Stdio::piped());
        let output = command.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{err}");
        assert!(
            err.contains("error: cannot write to standard output"),
            "{err}"
        );
    }
}

#[test]
fn two_runs_in_one_folder_and_a_latest_that_is_not_ours() {
    let place = Place::new(QUICK);
    fs::create_dir_all(place.path("out/s/latest/mine")).unwrap();
    let (first, second) = (place.start(), place.start());
    for run in [wait(first), wait(second)] {
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(
            run.err.contains("warning: the run is complete, but"),
            "{}",
            run.err
        );
    }
    assert_eq!(place.all_results().len(), 2, "{:?}", place.all_results());
    assert!(place.path("out/s/latest/mine").exists());
    place.assert_nothing_left();
}

//! The sim engine from the outside: every scenario holds, and a repetition is the same to the last byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn slowlab(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("slowlab").expect("the binary is built for its tests");
    command.args(args);
    command
}

/// The tables and plans of a run, by their path within it. Manifests and `.hlog` files carry the wall clock.
fn tables(out: &Path, scenario: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let run = fs::canonicalize(out.join(scenario).join("latest")).expect("a complete run");
    let mut tables = BTreeMap::new();
    for variant in fs::read_dir(&run).expect("a run's folder") {
        let variant = variant.expect("a readable entry").path();
        if !variant.is_dir() {
            continue;
        }
        for file in fs::read_dir(&variant).expect("a variant's folder") {
            let file = file.expect("a readable entry").path();
            let kind = file.extension().and_then(|kind| kind.to_str());
            if matches!(kind, Some("csv" | "hgrm" | "json")) {
                let name = file.strip_prefix(&run).expect("below the run").to_owned();
                tables.insert(name, fs::read(&file).expect("a readable file"));
            }
        }
    }
    tables
}

#[test]
fn every_scenario_holds_in_virtual_time() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().display().to_string();
    slowlab(&["run", "--all", "--engine", "sim", "--quiet", "--out", &out])
        .assert()
        .code(0);
}

#[test]
fn two_runs_with_one_seed_are_identical_and_another_seed_is_not() {
    let out: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    for (dir, seed) in out.iter().zip(["7", "7", "8"]) {
        let dir = dir.path().display().to_string();
        slowlab(&[
            "run",
            "worker-starvation",
            "--engine",
            "sim",
            "--seed",
            seed,
            "--quiet",
            "--out",
            &dir,
        ])
        .assert()
        .success();
    }
    let [first, second, other] = [0, 1, 2].map(|n| tables(out[n].path(), "worker-starvation"));
    assert!(first.len() >= 5 * 6, "{} files", first.len());
    for (name, bytes) in &first {
        assert!(bytes == &second[name], "{} differs", name.display());
    }
    assert!(first != other);
}

#[test]
fn break_finds_where_the_site_falls_over() {
    let assert = slowlab(&[
        "break",
        "worker-starvation",
        "--vary",
        "clients.slow.count=1..64",
        "--until",
        "visitors.status.504 >= 10",
        "--quiet",
    ])
    .assert()
    .success();
    let said = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    // As many slow readers as there are workers.
    assert!(said.contains("clients.slow.count=4 on"), "{said}");
}

#[test]
fn show_predicts_by_simulation() {
    let assert = slowlab(&["show", "read-timeout-misfire", "--predict"])
        .assert()
        .success();
    let said = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let predicted = said
        .split("# Predicted by simulation")
        .nth(1)
        .expect("a prediction");
    assert!(predicted.contains("x 504"), "{predicted}");
}

/// The numbers of every group, without the last digit of what is a time: rows are written in microseconds, counting goes on in nanoseconds.
fn counts(out: &Path) -> Vec<(String, serde_json::Value, serde_json::Value)> {
    let run = fs::canonicalize(out.join("worker-starvation/latest")).expect("a run");
    let text = fs::read_to_string(run.join("summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let list = |value: &serde_json::Value| value.as_array().expect("a list").clone();
    let variants = list(&summary["variants"]).into_iter();
    let groups = variants.flat_map(|variant| list(&variant["groups"]));
    groups
        .map(|group| {
            let latency = group["latency_us"]["p90"].as_u64().map(|us| us / 10);
            (
                format!("{} {} {latency:?}", group["name"], group["requests"]),
                group["outcomes"].clone(),
                group["status"].clone(),
            )
        })
        .collect()
}

#[test]
fn without_rows_the_numbers_and_the_verdicts_are_the_same() {
    let (with, without) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (out, rows) in [(&with, "all"), (&without, "none")] {
        let dir = out.path().display().to_string();
        let run = ["run", "worker-starvation", "--engine", "sim", "--quiet"];
        slowlab(&[&run[..], &["--rows", rows, "--out", &dir]].concat())
            .assert()
            .success();
    }
    assert_eq!(counts(with.path()), counts(without.path()));
    let run = without.path().join("worker-starvation/latest");
    assert!(!run.join("baseline/requests.csv").exists());
    assert!(run.join("baseline/latency-visitors.hgrm").exists());
    // A report can be drawn from what is there, and says what is not.
    let redrawn = slowlab(&["report", &run.display().to_string(), "--json"])
        .assert()
        .success();
    let said = String::from_utf8(redrawn.get_output().stdout.clone()).unwrap();
    assert!(said.contains("no row was kept"), "{said}");
    slowlab(&["run", "worker-starvation", "--rows", "none", "--quiet"])
        .assert()
        .code(2);
}

#[test]
fn a_simulated_run_says_how_it_goes() {
    let out = tempfile::tempdir().unwrap();
    let dir = out.path().display().to_string();
    let run = ["run", "worker-starvation", "--engine", "sim"];
    let assert = slowlab(&[&run[..], &["--variant", "baseline", "--out", &dir]].concat())
        .assert()
        .code(0); // what is expected of other variants is left out
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    let line = said
        .lines()
        .find(|line| line.starts_with("1/1 baseline"))
        .unwrap_or_else(|| panic!("{said}"));
    assert!(
        line.contains("virtual in") && line.contains("events"),
        "{line}"
    );
    assert!(line.len() <= 80, "{line}");
}

#[test]
fn the_sockets_of_this_machine_can_be_measured_kept_and_simulated() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (kept, out) = (path("here.toml"), path("out"));
    let doctor = slowlab(&["doctor", "--calibrate", &kept])
        .assert()
        .success();
    let said = String::from_utf8_lossy(&doctor.get_output().stdout).into_owned();
    assert!(said.contains("SO_SNDBUF") && said.contains(&kept), "{said}");
    let run = [
        "run",
        "unix-vs-tcp",
        "--variant",
        "tcp",
        "--quiet",
        "--out",
        &out,
        "--kernel",
        &kept,
    ];
    slowlab(&[&run[..], &["--engine", "sim"]].concat())
        .assert()
        .code(0);
    let folder = dir.path().join("out/unix-vs-tcp/latest/manifest.json");
    let manifest = fs::read_to_string(folder).unwrap();
    let told = format!("--kernel {kept}");
    assert!(manifest.contains(&told), "{manifest}");
    let refused = slowlab(&run).assert().code(2);
    let why = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(why.contains("--engine sim"), "{why}");
}

#[test]
fn hundreds_of_workers_behind_several_proxies_run_from_one_file() {
    let out = tempfile::tempdir().unwrap();
    let dir = out.path().display().to_string();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/production.toml");
    let run = ["run", file, "--engine", "sim", "--rows", "none", "-v"];
    // A minute and a half instead of an hour, in a debug build: half of the workers are held by then.
    let short = ["--set", "duration=90s", "--set", "drain=1s"];
    let assert = slowlab(&[&run[..], &short, &["--out", &dir]].concat())
        .assert()
        .code(1);
    let said = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(said.contains("workers 400, busy"), "{said}");
    assert!(said.contains("HELD       buffering cures it"), "{said}");
}

/// A client that is far away, not slow.
const FAR: &str = r#"
schema = 1
question = "Does distance hold a worker?"
duration = "30s"
[backend]
bind = "tcp"
workers = 2
socket.sndbuf = "16KiB"
[backend.app."/"]
response = "256KiB"
[[clients]]
name = "far"
arrival.once = { count = 1 }
request.path = "/"
behavior.slow-read = { rate = "1MiB/s", rcvbuf = "4KiB" }
link = { rate = "10Mbit/s", rtt = "20ms" }
"#;

#[test]
fn distance_varies_in_a_sweep_and_jitter_is_for_real_sockets() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("far.toml");
    fs::write(&file, FAR).unwrap();
    let (file, out) = (
        file.display().to_string(),
        place.path().display().to_string(),
    );
    let vary = "clients.far.link.rtt=20ms,100ms,180ms";
    slowlab(&["sweep", &file, "--vary", vary, "--out", &out])
        .assert()
        .success();
    let dir = fs::read_dir(place.path().join("far"))
        .unwrap()
        .next()
        .unwrap();
    let table = fs::read_to_string(dir.unwrap().path().join("sweep.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let column = rows
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == "latency_max_us")
        .unwrap();
    let times: Vec<f64> = rows
        .records()
        .map(|row| row.unwrap()[column].parse().unwrap())
        .collect();
    assert_eq!(times.len(), 3);
    let steps = [times[1] - times[0], times[2] - times[1]];
    // 256 KiB in flights of 2896 bytes: 90 round trips, each 80 ms longer.
    for step in steps {
        assert!((step / 7.3e6 - 1.0).abs() < 0.1, "{times:?}");
    }
    // What a line in virtual time does not have is not left out quietly.
    let jitter = "clients.far.link.jitter=5ms";
    let run = [
        "run", &file, "--engine", "sim", "--out", &out, "--set", jitter,
    ];
    let refused = slowlab(&run).assert().code(2);
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        said.contains("clients.link") && said.contains("--engine lab"),
        "{said}"
    );
}

/// The sentence of a simulated run.
fn headline(args: &[&str]) -> String {
    let out = tempfile::tempdir().expect("a folder");
    let mut command = slowlab(&["run", "--engine", "sim", "--json", "--quiet", "--out"]);
    let output = command.arg(out.path()).args(args).output().expect("it ran");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a summary");
    let text = summary["headline"]["text"].as_str();
    text.expect("a sentence").to_owned()
}

#[test]
fn a_run_says_who_was_harmed_and_names_a_cure_only_if_it_saw_one() {
    let text = headline(&["worker-starvation"]);
    assert!(
        text.contains("`visitors` requests got 504; `slow` held every worker for"),
        "{text}"
    );
    assert!(
        text.ends_with("; `buffered` and `twice-the-workers` cure it"),
        "{text}"
    );
    let text = headline(&["worker-starvation", "--variant", "baseline"]);
    assert!(!text.contains("cure"), "{text}");
    let text = headline(&["worker-starvation", "--set", "backend.workers=8"]);
    assert!(
        text.starts_with("nobody was harmed") || text.starts_with("in `"),
        "{text}"
    );
    assert!(headline(&["healthy"]).starts_with("nobody was harmed: "));
}

#[test]
fn a_cure_that_was_taken_out_of_the_file_is_not_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let text = fs::read_to_string("scenarios/worker-starvation.toml").unwrap();
    let parts: Vec<&str> = text.split("[[variant]]").collect();
    let kept = parts
        .iter()
        .filter(|part| !part.contains("\nname = \"buffered\"\n"));
    let text = kept.copied().collect::<Vec<&str>>().join("[[variant]]");
    let end = text.find("[[expect]]").unwrap_or(text.len());
    fs::write(&file, &text[..end]).unwrap();
    let text = headline(&[file.to_str().unwrap()]);
    assert!(text.ends_with("; `twice-the-workers` cures it"), "{text}");
}

#[test]
fn a_gate_can_ask_for_more_and_read_the_verdicts() {
    let out = tempfile::tempdir().expect("a folder");
    let dir = out.path().display().to_string();
    let (junit, page) = (out.path().join("verdicts.xml"), out.path().join("page.md"));
    let condition = "visitors.latency.p99 < 1us";
    slowlab(&["run", "healthy", "--engine", "sim", "-q", "--out", &dir])
        .args(["--expect", condition, "--junit"])
        .arg(&junit)
        .arg("--markdown")
        .arg(&page)
        .assert()
        .code(1);
    let xml = fs::read_to_string(&junit).expect("JUnit's XML");
    assert!(xml.contains("failures=\"1\""), "{xml}");
    assert!(
        xml.contains("name=\"visitors.latency.p99 &lt; 1us\""),
        "{xml}"
    );
    let page = fs::read_to_string(&page).expect("a page");
    assert!(
        page.contains("| FAILED | visitors.latency.p99 \\< 1us |"),
        "{page}"
    );
    // The results folder keeps the condition: judged anew, it fails anew. Its scenario's folder will do.
    let folder = out.path().join("healthy").display().to_string();
    let again = slowlab(&["report", &folder, "--format", "junit"])
        .assert()
        .code(1);
    assert_eq!(String::from_utf8_lossy(&again.get_output().stdout), xml);
    let refused = slowlab(&["run", "healthy", "--expect", "visitors <"])
        .assert()
        .code(2);
    let why = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(why.contains("--expect"), "{why}");
}

#[test]
fn a_file_that_cannot_be_written_is_refused_before_anything_runs() {
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("out");
    for (flag, path) in [("--junit", "no/such/folder.xml"), ("--markdown", ".")] {
        let refused = slowlab(&["run", "healthy", "--engine", "sim", "-q", "--out"])
            .arg(&out)
            .args([flag, path])
            .assert()
            .code(4);
        let why = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(why.contains(&format!("cannot write `{path}`")), "{why}");
        assert!(!out.exists());
    }
}

#[test]
fn without_expectations_nothing_was_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    let text = fs::read_to_string("scenarios/healthy.toml").expect("a scenario");
    let end = text.find("[[expect]]").unwrap_or(text.len());
    fs::write(&file, &text[..end]).expect("a file");
    let out = folder.path().display().to_string();
    let run = |more: &[&str]| {
        let mut command = slowlab(&["run", "--engine", "sim", "-q", "--out", &out]);
        command.arg(&file).args(more).assert()
    };
    let [junit, page] =
        ["x.xml", "x.md"].map(|name| folder.path().join(name).display().to_string());
    let files = ["--junit", &*junit, "--markdown", &page];
    let read = |path: &str| fs::read_to_string(path).expect("a file that was asked for");
    run(&files).code(0);
    let said = "The scenario states no expectations: nothing was judged";
    assert!(read(&junit).contains("<property name=\"judged\" value=\"nothing\"/>"));
    assert!(read(&junit).contains(&format!("<system-out>{said}")));
    assert!(read(&page).contains(said));
    // Who looks at no exit status must not take this for a success.
    run(&[&files[..], &["--require-expectations"]].concat()).code(3);
    let xml = read(&junit);
    assert!(
        xml.contains("tests=\"1\" failures=\"0\" errors=\"1\""),
        "{xml}"
    );
    assert!(read(&page).contains("exit status 3"));
}

/// Five lines that were the same would not say which run was which.
#[test]
fn lines_of_repeats_tell_their_seeds() {
    let out = tempfile::tempdir().unwrap();
    let run = [
        "run", "healthy", "--engine", "sim", "--seed", "7", "-q", "--out",
    ];
    let said = |more: &[&str]| -> Vec<String> {
        let assert = slowlab(&run).arg(out.path()).args(more).assert().code(0);
        let text = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    };
    let mut lines = said(&["--repeat", "3"]);
    lines.sort_unstable();
    let [first, second, third] = &lines[..] else {
        panic!("{lines:?}")
    };
    for (line, seed) in [(first, 7), (second, 8), (third, 9)] {
        let start = format!("healthy (sim, seed {seed}): ");
        assert!(line.starts_with(&start), "{line}");
    }
    assert!(said(&[])[0].starts_with("healthy: "));
}

/// Repeats lie in a folder of their own, which `compare` takes; the scenario's newest plain run stays what it was.
#[test]
fn repeats_have_medians_and_do_not_become_the_latest() {
    let out = tempfile::tempdir().unwrap();
    let dir = out.path().display().to_string();
    let run = ["run", "healthy", "--engine", "sim", "--out", &dir];
    slowlab(&run).assert().code(0);
    let latest = fs::read_link(out.path().join("healthy/latest")).unwrap();
    slowlab(&[&run[..], &["--quiet", "--set", "backend.workers=3"]].concat())
        .assert()
        .code(0);
    let assert = slowlab(&[&run[..], &["--repeat", "5", "--json"]].concat())
        .assert()
        .code(0);
    let said = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let summaries: serde_json::Value = serde_json::from_str(&said).unwrap();
    let mut seeds: Vec<u64> = (summaries.as_array().unwrap().iter())
        .map(|summary| summary["seed"].as_u64().unwrap())
        .collect();
    seeds.sort_unstable();
    assert_eq!(seeds, (seeds[0]..seeds[0] + 5).collect::<Vec<u64>>());
    assert_eq!(
        fs::read_link(out.path().join("healthy/latest")).unwrap(),
        latest
    );
    let folders = fs::read_dir(out.path().join("healthy")).unwrap();
    let set = folders
        .map(|entry| entry.unwrap().path())
        .find(|path| path.join("repeats.csv").exists())
        .expect("a folder of repeats");
    let table = fs::read_to_string(set.join("repeats.csv")).unwrap();
    let row = table
        .lines()
        .find(|line| line.starts_with("baseline,visitors.latency.p99,us,5,"))
        .unwrap_or_else(|| panic!("{table}"));
    assert!(row.split(',').all(|field| !field.is_empty()), "{row}");
    let set = set.display().to_string();
    slowlab(&["compare", &set, &set]).assert().code(0);
}

#[test]
fn a_limit_leaves_its_table_and_its_picture() {
    let out = tempfile::tempdir().unwrap();
    let dir = out.path().display().to_string();
    let until = "visitors.latency.p99 > 1s";
    slowlab(&[
        "break",
        "worker-starvation",
        "--vary",
        "clients.slow.count=1..8",
        "--until",
        until,
        "--repeats",
        "1",
        "--quiet",
        "--out",
        &dir,
    ])
    .assert()
    .code(0);
    let mut folders = fs::read_dir(out.path().join("worker-starvation")).unwrap();
    let folder = folders.next().unwrap().unwrap().path();
    let table = fs::read_to_string(folder.join("break.csv")).unwrap();
    assert!(
        table.starts_with("key,value,seed,condition,verdict,measured\n"),
        "{table}"
    );
    assert!(
        table.contains("clients.slow.count,4,7,visitors.latency.p99 > 1s,held,"),
        "{table}"
    );
    assert_eq!(fs::read_dir(folder.join("charts")).unwrap().count(), 2);
}

/// A file without rows has its header too, or no reader of CSV takes it.
#[test]
fn every_csv_file_has_a_header() {
    let out = tempfile::tempdir().unwrap();
    let dir = out.path().display().to_string();
    slowlab(&[
        "run", "healthy", "--engine", "sim", "--quiet", "--out", &dir,
    ])
    .assert()
    .code(0);
    let variant = out.path().join("healthy/latest/baseline");
    let files = fs::read_dir(variant)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.extension().is_some_and(|it| it == "csv")) {
        let text = fs::read_to_string(&file).unwrap();
        let header = text.lines().next().unwrap_or_default();
        assert!(
            header.split(',').count() > 3,
            "{}: {header:?}",
            file.display()
        );
    }
}

#[test]
fn schemas_and_keys_are_printed() {
    for of in ["scenario", "summary", "manifest"] {
        let assert = slowlab(&["schema", of]).assert().success();
        let schema: serde_json::Value =
            serde_json::from_slice(&assert.get_output().stdout).unwrap();
        assert!(schema["properties"]["schema"].is_object(), "{of}");
    }
    let assert = slowlab(&["keys", "proxy_read_timeout"]).assert().success();
    let said = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(
        said.contains("proxy.proxy_read_timeout: a duration"),
        "{said}"
    );
    slowlab(&["keys", "nothing.of.this.name"]).assert().code(2);
}

/// Responses of 1 to 16 MiB to a reader of 8 MB/s, as `scripts/stairs` has them, one after the other.
fn stairs(rcvbuf: &str) -> String {
    let asked = match rcvbuf {
        "" => String::new(),
        bytes => format!(", rcvbuf = \"{bytes}B\""),
    };
    let mut apps = String::new();
    let mut clients = String::new();
    for (place, kib) in STAIRS_KIB.iter().enumerate() {
        apps +=
            &format!("[backend.app.\"/{kib}\"]\nresponse = \"{kib}KiB\"\nwrite_size = \"64KiB\"\n");
        clients += &format!(
            "[[clients]]\nname = \"k{kib}\"\nrequest = {{ path = \"/{kib}\", timeout = \"60s\" }}\n\
             arrival.once = {{ count = 1, start = \"{}s\" }}\nbehavior.slow-read = {{ rate = \"8MB/s\"{asked} }}\n",
            place * 3
        );
    }
    format!(
        "schema = 1\nquestion = \"How long is a worker held?\"\nduration = \"{}s\"\n\
         [backend]\nbind = \"tcp\"\nworkers = 1\nlinger = \"0s\"\ntimeout = \"60s\"\n\
         {apps}[proxy]\nenabled = false\n{clients}",
        STAIRS_KIB.len() * 3
    )
}

const STAIRS_KIB: [u32; 8] = [1024, 3072, 4096, 4608, 6144, 8192, 10240, 16384];

/// The whole engine, CPU time of the sender included. A reader's first reads come a millisecond apart on real machines, so a hold of two
/// of them is so much longer there.
#[test]
fn a_hold_is_the_staircase_of_the_lab_and_of_gunicorn() {
    for rcvbuf in ["", "1048576"] {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("stairs.toml");
        fs::write(&file, stairs(rcvbuf)).unwrap();
        let [file, dir] = [&file, out.path()].map(|path| path.display().to_string());
        let run = ["run", &file, "--engine", "sim", "--quiet", "--out", &dir];
        slowlab(&run).assert().code(0);
        let held = held_us(&out.path().join("stairs/latest/baseline/requests.csv"));
        assert_eq!(held.len(), STAIRS_KIB.len());
        for row in measured_stairs(rcvbuf) {
            let Some(held) = held.get(&format!("k{}", row.kib)) else {
                continue;
            };
            let least = (row.least * 0.95).min(row.least - 3_000.0);
            let most = (row.most * 1.05).max(row.most + 1_000.0);
            assert!((least..=most).contains(held), "{rcvbuf:?}: {held}, {row:?}");
        }
    }
}

/// What was measured of a size: microseconds of the shortest and of the longest hold.
#[derive(Debug)]
struct Stair {
    kib: u64,
    least: f64,
    most: f64,
}

fn measured_stairs(rcvbuf: &str) -> Vec<Stair> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/reference/stairs.csv");
    let mut table = csv::Reader::from_path(path).expect("a table of measurements");
    let rows = table.records().map(|row| row.expect("a row"));
    let number =
        |row: &csv::StringRecord, column: usize| row[column].parse::<f64>().expect("a number");
    rows.filter(|row| (&row[1], &row[2], &row[3]) == ("", rcvbuf, "8000000"))
        .map(|row| Stair {
            kib: number(&row, 4) as u64 / 1024,
            least: number(&row, 6),
            most: number(&row, 8),
        })
        .collect()
}

/// How long each group held a worker, in microseconds.
fn held_us(requests: &Path) -> BTreeMap<String, f64> {
    let mut table = csv::Reader::from_path(requests).expect("a table of requests");
    let headers = table.headers().expect("a header").clone();
    let at = |name: &str| headers.iter().position(|it| it == name).expect("a column");
    let (group, from, until) = (
        at("group"),
        at("worker_accepted_at_us"),
        at("worker_released_at_us"),
    );
    let rows = table.records().map(|row| row.expect("a row"));
    let us = |row: &csv::StringRecord, column: usize| row[column].parse::<f64>().expect("a number");
    rows.map(|row| (row[group].to_owned(), us(&row, until) - us(&row, from)))
        .collect()
}

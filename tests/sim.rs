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
    let assert = slowlab(&["show", "read-timeout-misfire"])
        .assert()
        .success();
    let said = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let predicted = said
        .split("# Predicted by simulation")
        .nth(1)
        .expect("a prediction");
    assert!(predicted.contains("x 504"), "{predicted}");
}

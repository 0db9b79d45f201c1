//! What other people's parsers make of our formats: JUnit, OpenMetrics, JSON Schema, Kubernetes. Python's, where they are installed
//! (`pip install junitparser prometheus_client jsonschema kubernetes-validate`); without them a test says so and is no witness.

use std::path::Path;
use std::process::{Command, Output};

/// What a Python script says of its standard input; nothing without the modules that it needs.
#[expect(clippy::print_stderr, reason = "says that a witness is missing")]
fn asked(script: &str, modules: &[&str], file: &Path) -> Option<String> {
    let imports: Vec<String> = modules
        .iter()
        .map(|module| format!("import {module}"))
        .collect();
    let has = |test: &str| {
        Command::new("python3")
            .args(["-c", test])
            .output()
            .is_ok_and(|done| done.status.success())
    };
    if !has(&imports.join("\n")) {
        eprintln!("not judged: python3 has not all of {modules:?}");
        return None;
    }
    let done = Command::new("python3")
        .args(["-c", script])
        .arg(file)
        .output()
        .expect("python3 runs");
    let Output {
        status,
        stdout,
        stderr,
    } = done;
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    Some(String::from_utf8_lossy(&stdout).trim().to_owned())
}

/// A run of a scenario with failures, two groups and several variants, in a format, in a file.
fn formatted(out: &Path, format: &str) -> std::path::PathBuf {
    let slowlab = |arguments: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_slowlab"))
            .args(arguments)
            .output()
            .expect("slowlab runs");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        done.stdout
    };
    let results = out.join("results").display().to_string();
    slowlab(&[
        "run",
        "worker-starvation",
        "--engine",
        "sim",
        "--quiet",
        "--out",
        &results,
    ]);
    let run = format!("{results}/worker-starvation");
    let text = slowlab(&["report", &run, "--format", format]);
    let file = out.join(format);
    std::fs::write(&file, text).expect("a file");
    file
}

#[test]
fn junit_is_read_by_junitparser() {
    let out = tempfile::tempdir().expect("a folder");
    let file = formatted(out.path(), "junit");
    let script = "
import sys, junitparser
suites = junitparser.JUnitXml.fromfile(sys.argv[1])
cases = [case for suite in suites for case in suite]
print(len(cases), suites.failures, suites.errors, suites.skipped)";
    if let Some(said) = asked(script, &["junitparser"], &file) {
        assert_eq!(said, "11 0 0 0");
    }
}

#[test]
fn openmetrics_is_read_by_prometheus() {
    let out = tempfile::tempdir().expect("a folder");
    let file = formatted(out.path(), "openmetrics");
    let script = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = {family.name: family for family in text_string_to_metric_families(open(sys.argv[1]).read())}
[failed] = [s.value for s in families['slowlab_group_status'].samples if s.labels['code'] == '504' and s.labels['variant'] == 'baseline' and s.labels['group'] == 'visitors']
[p99] = [s.value for s in families['slowlab_group_latency_seconds'].samples if s.labels['point'] == 'p99' and s.labels['variant'] == 'baseline' and s.labels['group'] == 'visitors']
print(int(failed), 0.9 < p99 < 1.2, len(families) > 20)";
    if let Some(said) = asked(script, &["prometheus_client"], &file) {
        let failed: u64 = said
            .split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a count");
        assert!(
            (90..140).contains(&failed) && said.ends_with("True True"),
            "{said}"
        );
    }
}

#[test]
fn files_fit_their_schemas() {
    let out = tempfile::tempdir().expect("a folder");
    formatted(out.path(), "md");
    for of in ["scenario", "summary", "manifest"] {
        let done = Command::new(env!("CARGO_BIN_EXE_slowlab"))
            .args(["schema", of])
            .output()
            .expect("slowlab runs");
        std::fs::write(out.path().join(format!("{of}.schema.json")), done.stdout).expect("a file");
    }
    let script = "
import sys, json, pathlib, jsonschema, tomllib
root = pathlib.Path(sys.argv[1])
schema = lambda of: json.loads((root / f'{of}.schema.json').read_text())
run = root / 'results/worker-starvation/latest'
for of in ('summary', 'manifest'):
    jsonschema.validate(json.loads((run / f'{of}.json').read_text()), schema(of), cls=jsonschema.Draft202012Validator)
judge = jsonschema.Draft202012Validator(schema('scenario'))
files = sorted(pathlib.Path('scenarios').glob('*.toml'))
for file in files:
    judge.validate(tomllib.loads(file.read_text()))
broken = tomllib.loads(files[0].read_text())
broken['backend']['wrkers'] = 3
assert not judge.is_valid(broken)
print(len(files))";
    if let Some(said) = asked(script, &["jsonschema", "tomllib"], out.path()) {
        assert!(said.parse::<u32>().is_ok_and(|files| files >= 33), "{said}");
    }
}

#[test]
fn manifests_of_a_sweep_fit_kubernetes_schemas() {
    let out = tempfile::tempdir().expect("a folder");
    let file = out.path().join("it's mine.toml");
    let text = std::fs::read_to_string("scenarios/worker-starvation.toml").expect("a scenario");
    std::fs::write(&file, text).expect("a file");
    let to = out.path().join("manifests");
    let done = Command::new(env!("CARGO_BIN_EXE_slowlab"))
        .args([
            "sweep",
            "--vary",
            "clients.slow.count=1..4",
            "--export",
            "kubernetes",
        ])
        .args([
            "--shard",
            "auto/3",
            "--image",
            "registry.test/slowlab:1",
            "--volume-claim",
            "results",
        ])
        .arg("--to")
        .arg(&to)
        .arg(&file)
        .output()
        .expect("slowlab runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{said}");
    let script = "
import sys, pathlib, yaml, kubernetes_validate
found = []
for name in ['job.yaml', 'merge.yaml']:
    for one in yaml.safe_load_all((pathlib.Path(sys.argv[1]) / name).read_text()):
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
        found.append(one['kind'])
print(*found)";
    if let Some(said) = asked(script, &["yaml", "kubernetes_validate"], &to) {
        assert_eq!(said, "ConfigMap Job Job");
    }
}

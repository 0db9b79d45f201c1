//! The generated tables of the README and of the results folder's. `SLOWLAB_BLESS=1 cargo test --test readme` rewrites them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use slowlab::{metrics, scenario};

/// A hold below this is a quick handler: its share of difference is the scheduler's.
const LONG_HOLD_US: f64 = 100_000.0;

fn in_the_house(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Checks what stands between the markers of a table of a page, or rewrites it.
fn keep_true(page: &str, name: &str, table: &str) {
    let begin = format!("<!-- {name}: begin (tests/readme.rs keeps this table true) -->\n");
    let end = format!("<!-- {name}: end -->");
    let path = in_the_house(page);
    let page = fs::read_to_string(&path).expect("a page");
    let (before, rest) = page.split_once(&begin).expect("the begin marker");
    let (_, after) = rest.split_once(&end).expect("the end marker");
    let fresh = format!("{before}{begin}{table}{end}{after}");
    if std::env::var_os("SLOWLAB_BLESS").is_some() {
        fs::write(&path, &fresh).expect("a writable page");
    }
    assert!(
        page == fresh,
        "the table of {name} is old: run SLOWLAB_BLESS=1 cargo test --test readme -- --test-threads=1\n{table}"
    );
}

#[test]
fn the_scenario_table_is_true() {
    let mut table = "| scenario | question | variants |\n|---|---|---|\n".to_owned();
    for (name, _) in scenario::embedded() {
        let loaded = scenario::load_embedded(name, &[])
            .unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
        let variants: Vec<&str> = loaded
            .variants
            .iter()
            .map(|variant| variant.name.as_str())
            .collect();
        table.push_str(&format!(
            "| [`{name}`](scenarios/{name}.toml){} | {} | {} |\n",
            if loaded.is_for_sim_only() {
                " (sim)"
            } else {
                ""
            },
            loaded.question,
            variants.join(", ")
        ));
    }
    keep_true("README.md", "scenarios", &table);
}

#[test]
fn the_table_of_keys_is_true() {
    let mut table = "| key | value | default | meaning |\n|---|---|---|---|\n".to_owned();
    for key in scenario::keys() {
        let cells = [&key.kind, &key.default, &key.meaning].map(|cell| cell.replace('|', "\\|"));
        let [kind, default, meaning] = cells;
        table.push_str(&format!(
            "| `{}` | {kind} | {default} | {meaning} |\n",
            key.path
        ));
    }
    keep_true("docs/keys.md", "keys", &table);
}

/// The lines of the workflow and those before it, one after another, as a runner would.
#[test]
fn the_gate_of_the_page_on_ci_works_step_by_step() {
    let page = fs::read_to_string(in_the_house("docs/ci.md")).expect("a page");
    let lines = page.lines().filter_map(|line| {
        let line = line.trim_start();
        let step = line.strip_prefix("- run: ").unwrap_or(line);
        step.starts_with("slowlab ").then_some(step)
    });
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let dir = tempfile::tempdir().expect("a folder");
    let deploy = dir.path().join("deploy");
    fs::create_dir(&deploy).expect("a folder");
    let nginx = "http { server { listen 80; location / { proxy_pass http://127.0.0.1:8000; } } }";
    fs::write(deploy.join("nginx.conf"), nginx).expect("a file");
    fs::write(deploy.join("gunicorn.conf.py"), "workers = 4\n").expect("a file");
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_slowlab"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", binary.parent().expect("a folder").display());
    for line in lines {
        let done = std::process::Command::new("sh")
            .args(["-ec", line])
            .current_dir(dir.path())
            .env("PATH", &path)
            .env("GITHUB_STEP_SUMMARY", dir.path().join("summary.md"))
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{line}: {said}");
    }
    let summary = fs::read_to_string(dir.path().join("summary.md")).expect("a summary");
    assert!(summary.contains("HELD"), "{summary}");
    let junit = fs::read_to_string(dir.path().join("slowlab.xml")).expect("JUnit");
    assert!(junit.contains("<testcase"), "{junit}");
}

#[test]
fn the_dictionary_of_metrics_is_true() {
    keep_true("results/README.md", "metrics", &metrics::markdown());
}

/// One scenario of `results/reference/fidelity.csv`: the lab against the real programs.
#[derive(Default)]
struct Fidelity {
    within: u32,
    spread: u32,
    beyond: u32,
    /// The largest difference of a hold, as a share.
    hold: Option<f64>,
    /// 499s, 502s, 504s, short bodies and killed workers: real and lab.
    failures: (f64, f64),
}

impl Fidelity {
    fn count(&mut self, row: &BTreeMap<String, String>) {
        let number = |column: &str| row[column].parse::<f64>().ok();
        match row["lab_verdict"].as_str() {
            "within" => self.within += 1,
            "spread" => self.spread += 1,
            "beyond" => self.beyond += 1,
            _ => return,
        }
        let (Some(real), Some(lab)) = (number("real"), number("lab")) else {
            return;
        };
        if row["metric"].ends_with(".hold.p50") && real >= LONG_HOLD_US {
            let apart = (lab / real - 1.0).abs();
            self.hold = Some(self.hold.unwrap_or(0.0).max(apart));
        }
        if row["bound"].starts_with("+-") {
            self.failures.0 += real;
            self.failures.1 += lab;
        }
    }
}

#[test]
fn the_fidelity_table_is_what_was_measured() {
    let measured = in_the_house("results/reference/fidelity.csv");
    let mut reader = csv::Reader::from_path(measured).expect("scripts/fidelity wrote it");
    let mut scenarios: BTreeMap<String, Fidelity> = BTreeMap::new();
    for row in reader.deserialize() {
        let row: BTreeMap<String, String> = row.expect("a row of text");
        let scenario = row["scenario"].clone();
        scenarios.entry(scenario).or_default().count(&row);
    }
    let mut table = "| scenario | metrics within bounds | no further off than real runs from each other | beyond | holds differ by at most | failures, real | lab |\n\
                     |---|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for (name, seen) in &scenarios {
        let hold = seen
            .hold
            .map_or(String::new(), |share| format!("{:.1} %", share * 100.0));
        table.push_str(&format!(
            "| `{name}` | {} | {} | {} | {hold} | {} | {} |\n",
            seen.within, seen.spread, seen.beyond, seen.failures.0, seen.failures.1
        ));
    }
    keep_true("README.md", "fidelity", &table);
}

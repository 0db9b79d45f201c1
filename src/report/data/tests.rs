//! Reading back what the collector and the folder wrote.

use std::fs;

use super::*;
use crate::record::folder::RunFolder;
use crate::report::findings::tests::{plan, request};

fn write_run(out: &Path, complete: bool) -> PathBuf {
    let mut manifest = Manifest {
        scenario: "s".to_owned(),
        engine: "lab".to_owned(),
        started_utc: "2026-11-22T21:35:00Z".to_owned(),
        variants: vec!["baseline".to_owned(), "not-begun".to_owned()],
        ..Manifest::default()
    };
    let run = RunFolder::create(out, &manifest, "schema = 1\n").unwrap();
    let json = serde_json::to_string(&plan(1, true)).unwrap();
    let variant = run.variant("baseline", &json).unwrap();
    let rows = [request(2, "visitors", 1, 2), request(1, "slow", 1, 2)];
    let mut writer = csv::Writer::from_path(variant.path().join("requests.csv")).unwrap();
    rows.iter().for_each(|row| writer.serialize(row).unwrap());
    writer.flush().unwrap();
    if !complete {
        let mut writer = csv::Writer::from_path(variant.path().join(PENDING)).unwrap();
        for row in [request(2, "twice", 1, 2), request(3, "visitors", 1, 2)] {
            writer.serialize(row).unwrap();
        }
        writer.flush().unwrap();
    }
    manifest.partial = !complete;
    run.finish(&manifest).unwrap()
}

#[test]
fn a_run_reads_back_in_the_manifests_order() {
    let out = tempfile::tempdir().unwrap();
    let run = RunData::read(&write_run(out.path(), true)).unwrap();
    assert_eq!(run.variants.len(), 1);
    assert_eq!(run.scenario_toml, "schema = 1\n");
    let requests = &run.variants[0].requests;
    assert_eq!(
        *requests,
        [request(1, "slow", 1, 2), request(2, "visitors", 1, 2)]
    );
    assert_eq!(run.variants[0].plan, plan(1, true));
}

#[test]
fn a_killed_run_gives_its_pending_rows_and_loses_only_a_torn_line() {
    let out = tempfile::tempdir().unwrap();
    let path = write_run(out.path(), false);
    let file = path.join("baseline/requests.csv");
    let mut text = fs::read_to_string(&file).unwrap();
    text.push_str("9,visitors,0,/,12");
    fs::write(&file, text).unwrap();
    let run = RunData::read(&path).unwrap();
    let ids: Vec<u64> = run.variants[0]
        .requests
        .iter()
        .map(|row| row.request_id)
        .collect();
    assert_eq!(ids, [1, 2, 3]);
    assert!(
        run.variants[0]
            .requests
            .iter()
            .all(|row| row.group != "twice")
    );
}

#[test]
fn a_damaged_row_is_named_with_file_and_line() {
    let out = tempfile::tempdir().unwrap();
    let path = write_run(out.path(), true);
    let file = path.join("baseline/requests.csv");
    let text = fs::read_to_string(&file)
        .unwrap()
        .replacen("complete", "complexe", 1);
    fs::write(&file, text).unwrap();
    let error = RunData::read(&path).unwrap_err().to_string();
    assert!(
        error.contains("requests.csv`, line 2") && error.contains("hint:"),
        "{error}"
    );
    let error = RunData::read(out.path()).unwrap_err().to_string();
    assert!(
        error.contains("manifest.json") && error.contains("hint:"),
        "{error}"
    );
}

//! What was measured on real sockets: results/reference/incidents.csv, and how it is written from runs.

use std::collections::BTreeMap;
use std::path::Path;

use slowlab::record::folder;
use slowlab::record::summary::VariantSummary;

use crate::data::Incident;
use crate::{in_the_house, sim};

const FILE: &str = "results/reference/incidents.csv";
const COLUMNS: [&str; 5] = ["scenario", "variant", "metric", "real", "lab"];
/// As `--engine` names them.
const ENGINES: [&str; 2] = ["reference", "lab"];

/// Real and lab, by scenario, variant and metric.
pub(crate) type Known = BTreeMap<(String, String, String), [String; 2]>;

pub(crate) fn known() -> Known {
    let mut reader = csv::Reader::from_path(in_the_house(FILE)).unwrap();
    assert_eq!(reader.headers().unwrap(), COLUMNS.as_slice());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let text = |column: usize| row[column].to_owned();
        ((text(0), text(1), text(2)), [text(3), text(4)])
    });
    rows.collect()
}

/// Reads the runs `DIR/<engine>/<scenario>.<variant>/<scenario>/latest`, where they are, and writes the table. What was not played there stays as it
/// was measured before.
pub(crate) fn write(incidents: &[Incident], runs: &Path) {
    let before = known();
    let mut writer = csv::Writer::from_path(in_the_house(FILE)).unwrap();
    writer.write_record(COLUMNS).unwrap();
    for incident in incidents {
        let Some(scenario) = &incident.scenario else {
            continue;
        };
        let summaries = ENGINES.map(|engine| {
            let run = format!("{engine}/{scenario}.{}/{scenario}/latest", incident.variant);
            only_variant(&runs.join(run))
        });
        for fact in &incident.facts {
            let key = (scenario.clone(), incident.variant.clone(), fact.clone());
            let mut shown = before.get(&key).cloned().unwrap_or_else(unmeasured);
            for (shown, summary) in shown.iter_mut().zip(&summaries) {
                if let Some(summary) = summary {
                    *shown = sim::shown(fact, summary);
                }
            }
            let [real, lab] = shown;
            let row = [scenario, &incident.variant, fact, &real, &lab];
            writer.write_record(row).unwrap();
        }
    }
    writer.flush().unwrap();
}

fn unmeasured() -> [String; 2] {
    ["–", "–"].map(str::to_owned)
}

fn only_variant(run: &Path) -> Option<VariantSummary> {
    let summary = folder::read_summary(run).ok()??;
    summary.variants.into_iter().next()
}

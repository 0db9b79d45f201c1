//! Under which conditions a run was made: its versions, its machine, its limits.

use crate::record::summary::Summary;
use crate::record::{NOTE, SHORTFALL, UNPLAYABLE};
use crate::report::data::RunData;
use crate::report::human;
use crate::report::rows::NOT_MEASURED;
use crate::report::words::Words;

/// Names and values.
pub(super) fn rows(run: &RunData, words: &Words) -> Vec<(String, String)> {
    let manifest = &run.manifest;
    let or_not = |value: &Option<String>| value.clone().unwrap_or(NOT_MEASURED.to_owned());
    let say = |name: &str| words.say(&format!("page-condition-{name}"), []);
    let mut rows = vec![
        ("slowlab".to_owned(), manifest.version.clone()),
        (say("commit"), or_not(&manifest.commit)),
        (say("engine"), manifest.engine.clone()),
        (say("seed"), manifest.seed.to_string()),
        (say("hash"), manifest.scenario_hash.clone()),
        (say("started"), manifest.started_utc.clone()),
        (say("kernel"), or_not(&manifest.kernel)),
        ("CPU".to_owned(), or_not(&manifest.cpu)),
    ];
    if let Some((soft, hard)) = manifest.nofile {
        rows.push((say("nofile"), format!("{soft}, {hard}")));
    }
    if let Some((median, worst)) = manifest.tick_error_us {
        let arguments = [
            ("median", human::micros(median).into()),
            ("worst", human::micros(worst).into()),
        ];
        let late = words.say("page-condition-median-and-worst", arguments);
        rows.push((say("late"), late));
    }
    for (name, value) in &manifest.sysctls {
        rows.push((name.clone(), value.clone()));
    }
    for name in manifest.engine_facts.keys() {
        let value = words.engine_fact(manifest, name);
        rows.push((fact_name(name, words), value.unwrap_or_default()));
    }
    if let Some(plan) = run.variants.first().map(|variant| &variant.plan) {
        let arguments = [
            ("duration", plan.duration.to_string().into()),
            ("warmup", plan.warmup.to_string().into()),
            ("drain", plan.drain.to_string().into()),
        ];
        rows.push((
            say("duration"),
            words.say("page-condition-spans", arguments),
        ));
    }
    rows
}

/// Most facts are named alike in every language; those about a variant are not.
fn fact_name(name: &str, words: &Words) -> String {
    let told = [
        (UNPLAYABLE, "page-condition-left-out"),
        (SHORTFALL, "page-condition-shortfall"),
        (NOTE, "page-condition-note"),
    ];
    let mut told = told.into_iter();
    let told = told.find_map(|(prefix, message)| Some((name.strip_prefix(prefix)?, message)));
    told.map_or_else(
        || name.to_owned(),
        |(whose, message)| words.tell(message, &[("whose", whose)]),
    )
}

pub(super) fn engine_words(summary: &Summary, words: &Words) -> String {
    match &*summary.engine {
        _ if super::stages::is_pipeline(summary) => words.say("page-engine-pipeline", []),
        engine @ ("lab" | "sim" | "reference") => words.say(&format!("page-engine-{engine}"), []),
        _ => words.say("page-engine-mixed", []),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn every_condition_has_a_name_in_every_language() {
        for language in Language::ALL {
            let rows = rows(&fixture::run(), Words::of(language));
            assert!(rows.len() >= 12);
            for (name, value) in rows {
                assert!(
                    !name.starts_with("page-") && !value.starts_with("page-"),
                    "{name}"
                );
            }
        }
    }
}

//! What workers, queue and proxy did in each variant, beside one another: a row per fact, a column per variant.

use serde::Serialize;

use crate::record::summary::{Summary, VariantSummary};
use crate::report::human;
use crate::report::rows::{NOT_MEASURED, facts};
use crate::report::words::Words;

/// One fact of all variants.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub(super) struct FactRow {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// The facts that any variant has, in the order in which they are told.
pub(super) fn rows(summary: &Summary, words: &Words) -> Vec<FactRow> {
    let told: Vec<Vec<(String, String)>> = (summary.variants.iter())
        .map(|variant| all_facts(variant, words))
        .collect();
    let mut names: Vec<&str> = Vec::new();
    for (place, facts) in told.iter().enumerate() {
        let mut after = 0;
        for (name, _) in facts {
            match names.iter().position(|known| known == name) {
                Some(known) => after = known + 1,
                None if place == 0 => names.push(name),
                None => {
                    names.insert(after, name);
                    after += 1;
                }
            }
        }
    }
    let value = |facts: &Vec<(String, String)>, name: &str| {
        let fact = facts.iter().find(|fact| fact.0 == name);
        fact.map_or(NOT_MEASURED.to_owned(), |fact| fact.1.clone())
    };
    names
        .into_iter()
        .map(|name| FactRow {
            name: name.to_owned(),
            values: told.iter().map(|facts| value(facts, name)).collect(),
        })
        .collect()
}

fn all_facts(variant: &VariantSummary, words: &Words) -> Vec<(String, String)> {
    let held_by = |group: &str| words.say("page-held-time", [("group", group.into())]);
    let mut all = facts(variant, words);
    let held = variant.workers.held_s_by_group.iter();
    all.extend(held.map(|(group, secs)| (held_by(group), human::seconds(*secs))));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn each_fact_is_a_row_with_a_value_for_every_variant() {
        let summary = fixture::summary(&fixture::run());
        let rows = rows(&summary, Words::of(Language::English));
        assert!(rows.iter().all(|row| row.values.len() == 3));
        let names: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len(), "{names:?}");
        assert!(names.contains(&"workers"));
        assert!(names.iter().any(|name| name.contains("held by")));
    }
}

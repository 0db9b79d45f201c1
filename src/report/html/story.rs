//! A variant in a line: whose requests failed and how, who had the workers, who was killed.

use crate::record::summary::{PipelineSummary, Summary, VariantSummary};
use crate::report::human;
use crate::report::rows::{NOT_MEASURED, failures_of};
use crate::report::words::Words;

/// Groups that had less of the workers than this share of the one that had most are not told.
const WORTH_TELLING: f64 = 0.02;

/// The line of a variant; empty if the summary does not have it.
pub(super) fn story(summary: &Summary, variant: &str, words: &Words) -> String {
    let found = summary.variants.iter().find(|one| one.name == variant);
    found.map_or(String::new(), |variant| line(variant, words))
}

fn line(variant: &VariantSummary, words: &Words) -> String {
    if let Some(pipeline) = &variant.pipeline {
        return of_stages(pipeline, words);
    }
    let mut parts = Vec::new();
    for group in &variant.groups {
        let failures = failures_of(group, words).into_iter();
        let failures = failures.map(|(count, what)| format!("{} {what}", human::count(count)));
        let failures: Vec<String> = failures.collect();
        if !failures.is_empty() {
            parts.push(format!("{}: {}", group.name, failures.join(", ")));
        }
    }
    let held = &variant.workers.held_s_by_group;
    let most = held.values().copied().fold(0.0, f64::max);
    let mut held: Vec<(&String, f64)> = held.iter().map(|(group, secs)| (group, *secs)).collect();
    held.sort_by(|one, other| other.1.total_cmp(&one.1));
    for (group, secs) in held {
        if secs > most * WORTH_TELLING {
            let span = human::seconds(secs);
            let arguments = [("group", group.as_str().into()), ("span", span.into())];
            parts.push(words.say("page-story-held", arguments));
        }
    }
    if variant.workers.killed_by_timeout > 0 {
        let kills = variant.workers.killed_by_timeout;
        parts.push(words.say("page-story-killed", [("kills", kills.into())]));
    }
    match parts.is_empty() {
        true => words.say("page-story-idle", []),
        false => parts.join(" · "),
    }
}

/// Who held all others up, for how long, and PIPESTATUS.
fn of_stages(pipeline: &PipelineSummary, words: &Words) -> String {
    let exits = pipeline.stages.iter().map(|stage| {
        let exit = stage.exit.map(|exit| exit.to_string());
        exit.unwrap_or_else(|| NOT_MEASURED.to_owned())
    });
    let exits: Vec<String> = exits.collect();
    let brake = pipeline.brake.clone().unwrap_or_else(|| "none".to_owned());
    let arguments = [
        ("brake", brake.into()),
        ("span", human::micros(pipeline.lasted_us).into()),
        ("exits", exits.join(", ").into()),
    ];
    words.say("page-story-brake", arguments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn it_tells_who_failed_and_who_had_the_workers() {
        let mut summary = fixture::summary(&fixture::run());
        let told = story(&summary, "baseline", Words::of(Language::English));
        assert!(told.contains("164 × 504"), "{told}");
        assert!(told.contains("slow held"), "{told}");
        assert_eq!(story(&summary, "nobody", Words::of(Language::English)), "");
        summary.variants[0].groups.clear();
        summary.variants[0].workers.held_s_by_group.clear();
        summary.variants[0].workers.killed_by_timeout = 0;
        let told = story(&summary, "baseline", Words::of(Language::English));
        assert_eq!(told, "no worker was ever busy");
    }
}

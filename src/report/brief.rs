//! The end of a run on one screen: its sentence, a line for each variant, what did not hold, where the rest is.

use std::collections::BTreeMap;
use std::path::Path;

use super::columns::{columns, lines};
use super::human;
use super::rows::{NOT_MEASURED, failures_of, micros, ok, verdict};
use super::stages;
use super::text::{Page, title};
use super::words::Words;
use crate::record::summary::{GroupSummary, Summary, VariantSummary, Verdict};

/// Kinds of failures that a variant's line names.
const MOST_FAILURES: usize = 2;

/// The short report, `width` columns wide, ending in a line break. `results` is the run's folder.
pub fn render(
    summary: &Summary,
    results: &Path,
    (width, color): (usize, bool),
    words: &Words,
) -> String {
    let page = Page::new(width, color, words);
    let mut blocks = vec![];
    if let Some(headline) = &summary.headline {
        blocks.push(page.bold(&page.wrapped(&sentence(&headline.text), "", "")));
    }
    if !summary.variants.is_empty() {
        let stages = stages::table(&page, summary, words);
        blocks.push(stages.unwrap_or_else(|| variants(&page, summary, words)));
    }
    for warning in &summary.warnings {
        blocks.push(page.warning(warning));
    }
    let mut end: Vec<String> = (summary.expectations.iter())
        .filter(|one| match one.verdict {
            Verdict::Failed => true,
            // Of a run that was cut short every other one is undecided, and for that reason.
            Verdict::Undecided => !summary.partial,
            Verdict::Held | Verdict::LeftOut => false,
        })
        .map(|one| page.judgement(one))
        .collect();
    end.push(page.bold(&verdict(summary, words)));
    end.push(page.report(results));
    blocks.push(end.join("\n"));
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

/// All of it in one line, ending in a line break; with the seed where a scenario has several.
pub fn line(summary: &Summary, with_seed: bool, words: &Words) -> String {
    let headline = summary.headline.as_ref();
    let headline = headline.map_or(String::new(), |one| format!(" {}", sentence(&one.text)));
    let verdict = verdict(summary, words);
    let run = match with_seed {
        true => title(summary, words),
        false => summary.scenario.clone(),
    };
    format!("{run}: {verdict}{headline}\n")
}

/// A finding's words as a sentence of their own.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}

fn variants(page: &Page<'_>, summary: &Summary, words: &Words) -> String {
    let group = told_group(summary);
    let of_group = |name: &str| words.say("column-p99-of", [("group", name.to_owned().into())]);
    let say = |column| words.say(column, []);
    let header = [
        say("column-variant"),
        say("column-requests"),
        say("column-ok"),
        say("column-failures"),
        group.map_or("p99".to_owned(), of_group),
        say("column-busy"),
    ];
    let rows = (summary.variants.iter()).map(|variant| row(variant, group, words));
    lines(&columns(page.width(), &[0, 3], header, rows))
}

fn row(variant: &VariantSummary, group: Option<&str>, words: &Words) -> [String; 6] {
    let sum = |of: fn(&GroupSummary) -> u64| -> u64 { variant.groups.iter().map(of).sum() };
    let told = variant.groups.iter().find(|one| Some(&*one.name) == group);
    let latency = told.and_then(|one| one.latency_us.p99.or(one.latency_us.max));
    let busy = variant.workers.busy_ratio;
    [
        variant.name.clone(),
        human::count(sum(|group| group.requests)),
        human::count(sum(ok)),
        failures(variant, words),
        micros(latency),
        busy.map_or(NOT_MEASURED.to_owned(), human::percent),
    ]
}

/// Of all groups together, the most frequent ones.
fn failures(variant: &VariantSummary, words: &Words) -> String {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    let failures = |group| failures_of(group, words);
    for (count, word) in variant.groups.iter().flat_map(failures) {
        *all.entry(word).or_default() += count;
    }
    let mut all: Vec<(u64, String)> = all.into_iter().map(|(word, count)| (count, word)).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.0));
    let rest: u64 = all.iter().skip(MOST_FAILURES).map(|one| one.0).sum();
    all.truncate(MOST_FAILURES);
    if rest > 0 {
        all.push((rest, words.say("outcome-others", [])));
    }
    let words = all
        .into_iter()
        .map(|(count, word)| format!("{} {word}", human::count(count)));
    words.collect::<Vec<String>>().join(", ")
}

/// Whose latency is worth a column: the group that the sentence is about, or the one that asked most.
fn told_group(summary: &Summary) -> Option<&str> {
    let headline = summary.headline.as_ref();
    let named = headline.and_then(|headline| headline.fields.get("group")?.as_str());
    named.or_else(|| {
        let groups = summary.variants.iter().flat_map(|variant| &variant.groups);
        let largest = groups.max_by_key(|group| group.requests);
        largest.map(|group| &*group.name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::headline::headline;
    use crate::report::words::Language;

    fn summary() -> Summary {
        let run = fixture::run();
        let mut summary = fixture::summary(&run);
        summary.headline = Some(headline(&run, &summary, Words::of(Language::English)));
        summary
    }

    fn rendered() -> String {
        let words = Words::of(Language::English);
        render(&summary(), Path::new("results/s/1"), (80, false), words)
    }

    #[test]
    fn it_fits_one_screen_of_eighty_columns() {
        let text = rendered();
        assert!(text.lines().count() <= 24, "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_run_that_was_cut_short_fits_one_screen_too() {
        let undecided = |mut summary: Summary| {
            let one = summary.expectations[0].clone();
            summary.expectations = vec![one; 30];
            (summary.expectations.iter_mut()).for_each(|one| one.verdict = Verdict::Undecided);
            summary.partial = true;
            render(
                &summary,
                Path::new("."),
                (80, false),
                Words::of(Language::English),
            )
        };
        let text = undecided(summary());
        assert!(text.lines().count() <= 24, "{text}");
        assert!(
            text.contains("30 of 30 expectations are undecided"),
            "{text}"
        );
    }

    #[test]
    fn a_quiet_run_says_one_line() {
        let words = Words::of(Language::English);
        for (with_seed, run) in [
            (false, "slow-readers"),
            (true, "slow-readers (lab, seed 7)"),
        ] {
            let line = line(&summary(), with_seed, words);
            assert_eq!(line.matches('\n').count(), 1);
            let start = format!("{run}: 1 of 3 expectations failed");
            assert!(line.starts_with(&start), "{line}");
        }
    }

    #[test]
    fn what_held_is_not_repeated_and_what_did_not_has_its_value() {
        let text = rendered();
        assert!(!text.contains("HELD"), "{text}");
        assert!(text.contains("FAILED     buffering cures it"), "{text}");
        assert!(text.contains("visitors.status.504 = 163"), "{text}");
    }
}

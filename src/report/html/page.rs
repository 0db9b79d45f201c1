//! What the template gets: words, numbers and pictures of a run, in the order in which the page tells them.

use minijinja::{HtmlEscape, Value};
use serde::Serialize;

use super::axes::Axes;
use super::drawn::{Drawn, Shown, alike};
use super::further::Further;
use super::latency::{OverTime, Percentiles};
use super::numbers::FactRow;
use super::pane::{Pane, Side, named};
use super::payload::{Payload, Thinned};
use super::waiting::Band;
use super::{assets, conditions, latency, numbers, palette, stages};
use crate::record::summary::{Summary, Verdict};
use crate::report::brief::sentence;
use crate::report::data::{RunData, VariantData};
use crate::report::human;
use crate::report::rows::{GroupRow, verdict, verdict_name, verdict_word};
use crate::report::symptoms::{self, Said};
use crate::report::words::Words;

/// The page.
#[derive(Serialize)]
pub(super) struct Page {
    lang: &'static str,
    policy: String,
    style: Value,
    import_map: Value,
    start: Value,
    payload: Value,
    scenario: String,
    headline: Option<String>,
    question: String,
    engine: String,
    engine_words: String,
    pipeline: bool,
    partial: bool,
    verdict: String,
    verdict_class: &'static str,
    all_held: bool,
    expectations: Vec<Expectation>,
    hatches: Vec<&'static str>,
    named: String,
    groups_legend: Vec<Chip>,
    /// Where bytes wait, in the panes of the first screen and in the others.
    hero_bands: Vec<Band>,
    other_bands: Vec<Band>,
    /// The variant that the sentence is about, and one that cures it.
    heroes: Vec<Pane>,
    /// Whether their tracks have the same names, so that those of the first one do.
    same_lanes: bool,
    others: Vec<Pane>,
    /// What the page leaves out, in words.
    thinned: String,
    findings: Vec<FindingRow>,
    logs: Vec<LogRow>,
    accounts: Vec<AccountRow>,
    warnings: Vec<String>,
    groups: Vec<GroupRow>,
    percentiles: Vec<Percentiles>,
    over_time: Vec<OverTime>,
    further: Further,
    variant_names: Vec<String>,
    facts: Vec<FactRow>,
    conditions: Vec<(String, String)>,
    scenario_toml: String,
}

#[derive(Serialize)]
struct Expectation {
    claim: String,
    that: String,
    measured: String,
    word: String,
    class: &'static str,
}

#[derive(Serialize)]
struct FindingRow {
    variant: String,
    at: String,
    /// Where scripts show it.
    link: String,
    text: String,
}

/// What time and bytes come to.
#[derive(Serialize)]
struct AccountRow {
    variant: String,
    text: String,
}

/// A symptom in the logs, and the truth about it.
#[derive(Serialize)]
pub(super) struct LogRow {
    title: String,
    lines: Vec<LogLine>,
    truth: String,
    cure: String,
}

#[derive(Serialize)]
struct LogLine {
    log: String,
    text: String,
    /// How often, if more than once.
    times: String,
}

/// A group and its colours.
#[derive(Serialize, PartialEq, Eq)]
pub(super) struct Chip {
    name: String,
    class: &'static str,
}

impl Page {
    pub(super) fn of(
        run: &RunData,
        summary: &Summary,
        said: &[Said],
        words: &'static Words,
    ) -> Page {
        let axes = Axes::of(run);
        let shown = Shown::of(run, summary);
        let side = |of| Side::new((run, summary), &axes, words, of);
        let sides = [side(&shown.heroes), side(&shown.others)];
        let latency = latency::range(&run.all());
        let payload = Payload::of(&shown.beside(run, &sides), summary, &axes, latency, words);
        let drawn = Drawn::of(&shown, &sides, words);
        let import_map = assets::import_map();
        Page {
            lang: words.language().code(),
            policy: assets::policy(&import_map),
            style: Value::from_safe_string(assets::style()),
            import_map: Value::from_safe_string(import_map),
            start: Value::from_safe_string(assets::START.to_owned()),
            thinned: thinned(&payload.thinned(), words),
            payload: Value::from_safe_string(payload.json()),
            scenario: summary.scenario.clone(),
            headline: (summary.headline.as_ref()).map(|one| sentence(&one.text)),
            question: run.manifest.question.clone(),
            engine: summary.engine.clone(),
            pipeline: stages::is_pipeline(summary),
            engine_words: conditions::engine_words(summary, words),
            partial: summary.partial,
            verdict: verdict(summary, words),
            verdict_class: verdict_class(summary),
            all_held: (summary.expectations.iter())
                .all(|one| matches!(one.verdict, Verdict::Held | Verdict::LeftOut)),
            expectations: expectations(summary, words),
            hatches: palette::all_classes(),
            named: named([&drawn.heroes, &drawn.others]),
            groups_legend: legend(&run.all()),
            hero_bands: drawn.bands.0,
            other_bands: drawn.bands.1,
            same_lanes: alike(&drawn.heroes),
            heroes: drawn.heroes,
            others: drawn.others,
            findings: findings(summary),
            logs: logs(said, words),
            accounts: (summary.accounts.iter())
                .map(|account| AccountRow {
                    variant: account.variant.clone(),
                    text: account.text.clone(),
                })
                .collect(),
            warnings: summary.warnings.clone(),
            groups: groups(summary, words),
            percentiles: latency::percentiles(run, words),
            over_time: latency::over_time(run, &axes),
            further: Further::of(run, summary, &axes, words),
            variant_names: (summary.variants.iter())
                .map(|variant| variant.name.clone())
                .collect(),
            facts: numbers::rows(summary, words),
            conditions: conditions::rows(run, words),
            scenario_toml: run.scenario_toml.clone(),
        }
    }
}

/// Each group once, with its colours.
pub(super) fn legend(variants: &[&VariantData]) -> Vec<Chip> {
    let mut chips: Vec<Chip> = Vec::new();
    for variant in variants {
        let groups = variant
            .plan
            .groups
            .iter()
            .zip(palette::classes(&variant.plan));
        for (group, class) in groups {
            let chip = Chip {
                name: group.name.clone(),
                class,
            };
            if !chips.contains(&chip) {
                chips.push(chip);
            }
        }
    }
    chips
}

fn thinned(thinned: &[Thinned<'_>], words: &Words) -> String {
    let all = thinned.iter().map(|one| {
        let message = match one.requests {
            true => "page-thinned",
            false => "page-joined",
        };
        let count = |count: usize| human::count(count as u64).into();
        let arguments = [
            ("variant", one.variant.to_owned().into()),
            ("kept", count(one.kept)),
            ("all", count(one.all)),
        ];
        words.say(message, arguments)
    });
    all.collect::<Vec<String>>().join(" ")
}

fn findings(summary: &Summary) -> Vec<FindingRow> {
    let findings = summary.findings.iter();
    findings
        .map(|finding| {
            let first = finding.requests.first();
            let request = first.map_or(String::new(), |id| format!("&req={id}"));
            FindingRow {
                variant: finding.variant.clone(),
                at: human::seconds(finding.at_s),
                link: format!(
                    "variant={}&t={:.3}{request}",
                    in_address(&finding.variant),
                    finding.at_s.max(0.0)
                ),
                text: finding.text.clone(),
            }
        })
        .collect()
}

/// A name as an address has it.
pub(crate) fn in_address(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    name.bytes().map(byte).collect()
}

fn groups(summary: &Summary, words: &Words) -> Vec<GroupRow> {
    let variants = summary.variants.iter();
    variants
        .flat_map(|variant| {
            let groups = variant.groups.iter();
            groups.map(|group| GroupRow::new(&variant.name, group, words))
        })
        .collect()
}

fn verdict_class(summary: &Summary) -> &'static str {
    let any = |verdict| (summary.expectations.iter()).any(|one| one.verdict == verdict);
    match (any(Verdict::Failed), any(Verdict::Undecided)) {
        (true, _) => "failed",
        (_, true) => "undecided",
        _ => "held",
    }
}

fn expectations(summary: &Summary, words: &Words) -> Vec<Expectation> {
    let expectations = summary.expectations.iter();
    expectations
        .map(|one| Expectation {
            claim: one.claim.clone(),
            that: one.that.clone(),
            measured: one.measured.clone(),
            word: verdict_word(one.verdict, words),
            class: verdict_name(one.verdict),
        })
        .collect()
}

/// What the logs said, beside what happened.
pub(super) fn logs(said: &[Said], words: &Words) -> Vec<LogRow> {
    let part =
        |one: &Said, part: &str| words.say(&format!("symptom-{}.{part}", one.symptom.key), []);
    said.iter()
        .map(|one| LogRow {
            title: symptoms::title(one.symptom, words),
            lines: (one.lines.iter())
                .map(|line| LogLine {
                    log: line.log.name().to_owned(),
                    text: line.text.clone(),
                    times: if line.count > 1 {
                        human::count(line.count as u64)
                    } else {
                        String::new()
                    },
                })
                .collect(),
            truth: part(one, "truth"),
            cure: part(one, "cure"),
        })
        .collect()
}

/// Text as HTML in which what stands between backticks is code.
pub(super) fn code(text: &str) -> Value {
    let pieces = text.split('`').enumerate().map(|(index, piece)| {
        let piece = HtmlEscape(piece).to_string();
        if index % 2 == 1 {
            format!("<code>{piece}</code>")
        } else {
            piece
        }
    });
    Value::from_safe_string(pieces.collect())
}

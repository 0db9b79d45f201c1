//! Rows of tables that the text and the HTML report have in common.

use serde::Serialize;

use super::human;
use super::stages;
use super::words::Words;
use crate::record::Outcome;
use crate::record::summary::{
    GroupSummary, Judgement, ProbeSummary, ProxySummary, Summary, VariantSummary, Verdict,
};
use crate::units::human_bytes;

/// What a percentile shows that the sample cannot support, and any value that was not measured.
pub(super) const NOT_MEASURED: &str = "–";

/// One group of one variant, ready to be printed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct GroupRow {
    pub(super) variant: String,
    pub(super) group: String,
    pub(super) requests: String,
    pub(super) complete: String,
    pub(super) ok: String,
    /// `164 × 504, 2 truncated`; empty if nothing failed.
    pub(super) failures: String,
    pub(super) p50: String,
    pub(super) p99: String,
    pub(super) p50_from_send: String,
    pub(super) p99_from_send: String,
    pub(super) hold_p50: String,
}

impl GroupRow {
    pub(super) fn new(variant: &str, group: &GroupSummary, words: &Words) -> GroupRow {
        GroupRow {
            variant: variant.to_owned(),
            group: group.name.clone(),
            requests: human::count(group.requests),
            complete: human::count(group.complete),
            ok: human::count(ok(group)),
            failures: failures(group, words).join(", "),
            p50: micros(group.latency_us.p50),
            p99: micros(group.latency_us.p99),
            p50_from_send: micros(group.latency_from_send_us.p50),
            p99_from_send: micros(group.latency_from_send_us.p99),
            hold_p50: micros(group.hold_us.p50),
        }
    }
}

/// Complete answers with a status below 400.
pub(super) fn ok(group: &GroupSummary) -> u64 {
    let refused: u64 = group.status.range(400..).map(|(_, count)| count).sum();
    group.complete.saturating_sub(refused)
}

/// Everything else as a count and its word, by status or by outcome, the most frequent first.
pub(super) fn failures_of(group: &GroupSummary, words: &Words) -> Vec<(u64, String)> {
    let by_status = group
        .status
        .range(400..)
        .map(|(status, count)| (*count, format!("× {status}")));
    let by_outcome = group
        .outcomes
        .iter()
        .filter_map(|(outcome, count)| Some((*count, outcome_word(*outcome, words)?)));
    let mut all: Vec<(u64, String)> = by_status
        .chain(by_outcome)
        .filter(|one| one.0 > 0)
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.0));
    all
}

fn failures(group: &GroupSummary, words: &Words) -> Vec<String> {
    let all = failures_of(group, words).into_iter();
    all.map(|(count, word)| format!("{} {word}", human::count(count)))
        .collect()
}

/// How it ended, for readers; nothing for a complete response, which has a status.
pub(super) fn outcome_word(outcome: Outcome, words: &Words) -> Option<String> {
    match outcome {
        Outcome::Complete => None,
        outcome => Some(words.say(&format!("outcome-{}", outcome.name()), [])),
    }
}

pub(super) fn micros(us: Option<u64>) -> String {
    us.map_or(NOT_MEASURED.to_owned(), human::micros)
}

/// What the workers, the queue and the proxy did, as pairs of a word and a value.
pub(super) fn facts(variant: &VariantSummary, words: &Words) -> Vec<(String, String)> {
    if let Some(pipeline) = &variant.pipeline {
        return stages::facts(pipeline, words);
    }
    let mut facts = of_workers(variant, words);
    for (tier, proxy) in [("edge", &variant.edge), ("proxy", &variant.proxy)] {
        facts.extend(proxy.iter().flat_map(|proxy| of_proxy(tier, proxy, words)));
    }
    for probe in &variant.probes {
        let name = words.say("fact-probe", [("probe", probe.name.as_str().into())]);
        facts.push((name, told_of(probe, words)));
    }
    facts
}

fn of_workers(variant: &VariantSummary, words: &Words) -> Vec<(String, String)> {
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut say = |name: &str, value: String| facts.push((words.say(name, []), value));
    let workers = &variant.workers;
    say("fact-workers", workers.count.to_string());
    if workers.slots != Some(workers.count) {
        let no_limit = || words.say("fact-no-limit", []);
        say(
            "fact-slots",
            workers.slots.map_or_else(no_limit, human::count),
        );
    }
    if let Some(ratio) = workers.busy_ratio {
        say("fact-busy", human::percent(ratio));
    }
    if let Some(secs) = workers.blocked_in_send_s {
        say("fact-blocked-in-send", human::seconds(secs));
    }
    if let Some(bytes) = workers.peak_rss_bytes {
        say("fact-largest-worker", human_bytes(bytes));
    }
    if let Some(bytes) = workers.peak_buffered_bytes {
        say("fact-most-buffered", human_bytes(bytes));
    }
    say("fact-killed", human::count(workers.killed_by_timeout));
    let queue = &variant.accept_queue;
    if let Some(max) = queue.max {
        let limit = queue.limit.map_or("none".to_owned(), human::count);
        let arguments = [("depth", human::count(max).into()), ("limit", limit.into())];
        say("fact-deepest-queue", words.say("fact-depth", arguments));
    }
    if queue.refused > 0 {
        say("fact-refused", human::count(queue.refused));
    }
    facts
}

/// Of the proxies of a tier.
fn of_proxy(tier: &'static str, proxy: &ProxySummary, words: &Words) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if let Some(peak) = proxy.peak_buffered_bytes {
        let name = words.say("fact-proxy-held", [("tier", tier.into())]);
        facts.push((name, human_bytes(peak)));
    }
    if let Some(spilled @ 1..) = proxy.spilled_bytes {
        let name = words.say("fact-spilled", [("tier", tier.into())]);
        facts.push((name, human_bytes(spilled)));
    }
    for (timer, count) in proxy.timers_fired.iter().filter(|one| *one.1 > 0) {
        let arguments = [("tier", tier.into()), ("timer", timer.as_str().into())];
        let times = words.say("fact-times", [("count", human::count(*count).into())]);
        facts.push((words.say("fact-timer", arguments), times));
    }
    facts
}

/// `6 of 8 failed, 2 kills`.
fn told_of(probe: &ProbeSummary, words: &Words) -> String {
    let arguments = [
        ("failures", human::count(probe.failures).into()),
        ("attempts", human::count(probe.attempts).into()),
        ("kills", probe.kills.into()),
    ];
    words.say("fact-probe-failed", arguments)
}

/// The run's verdict in one sentence.
pub(super) fn verdict(summary: &Summary, words: &Words) -> String {
    let all = &summary.expectations;
    let count = |verdict| {
        all.iter()
            .filter(|one: &&Judgement| one.verdict == verdict)
            .count()
    };
    let judged = all.len() - count(Verdict::LeftOut);
    let left_out = all.len() - judged;
    let (failed, undecided) = (count(Verdict::Failed), count(Verdict::Undecided));
    let message = match (judged, failed, undecided) {
        (0, _, _) if left_out > 0 => "verdict-nothing-judged",
        (0, _, _) => "verdict-nothing-expected",
        (1, 0, 0) => "verdict-one-held",
        (_, 0, 0) => "verdict-all-held",
        (_, 0, _) => "verdict-some-undecided",
        (_, _, 0) => "verdict-some-failed",
        (_, _, _) => "verdict-failed-and-undecided",
    };
    let arguments = [
        ("all", judged.into()),
        ("failed", failed.into()),
        ("undecided", undecided.into()),
    ];
    let partial = summary.partial.then(|| words.say("verdict-partial", []));
    let left_out =
        (left_out > 0).then(|| words.say("verdict-left-out-too", [("count", left_out.into())]));
    let said = partial.into_iter().chain([words.say(message, arguments)]);
    let said = said.chain(left_out);
    said.collect::<Vec<String>>().join(" ")
}

/// The verdict as the word that reports print.
pub(super) fn verdict_word(verdict: Verdict, words: &Words) -> String {
    words.say(&format!("verdict-{}", verdict_name(verdict)), [])
}

/// The verdict's name in a style sheet, whatever the language.
pub(super) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "held",
        Verdict::Failed => "failed",
        Verdict::Undecided => "undecided",
        Verdict::LeftOut => "left-out",
    }
}

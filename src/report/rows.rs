//! Rows of tables that the text and the HTML report have in common.

use serde::Serialize;

use super::human;
use crate::record::Outcome;
use crate::record::summary::{
    GroupSummary, Judgement, ProbeSummary, Summary, VariantSummary, Verdict,
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
    pub(super) fn new(variant: &str, group: &GroupSummary) -> GroupRow {
        GroupRow {
            variant: variant.to_owned(),
            group: group.name.clone(),
            requests: human::count(group.requests),
            complete: human::count(group.complete),
            ok: human::count(ok(group)),
            failures: failures(group).join(", "),
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
pub(super) fn failures_of(group: &GroupSummary) -> Vec<(u64, String)> {
    let by_status = group
        .status
        .range(400..)
        .map(|(status, count)| (*count, format!("× {status}")));
    let by_outcome = group
        .outcomes
        .iter()
        .filter_map(|(outcome, count)| Some((*count, outcome_word(*outcome)?.to_owned())));
    let mut all: Vec<(u64, String)> = by_status
        .chain(by_outcome)
        .filter(|one| one.0 > 0)
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.0));
    all
}

fn failures(group: &GroupSummary) -> Vec<String> {
    let all = failures_of(group).into_iter();
    all.map(|(count, word)| format!("{} {word}", human::count(count)))
        .collect()
}

fn outcome_word(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Complete => None,
        Outcome::Truncated => Some("truncated"),
        Outcome::Refused => Some("refused"),
        Outcome::Reset => Some("reset"),
        Outcome::Timeout => Some("gave up"),
        Outcome::Aborted => Some("aborted"),
        Outcome::Unfinished => Some("unfinished"),
    }
}

pub(super) fn micros(us: Option<u64>) -> String {
    us.map_or(NOT_MEASURED.to_owned(), human::micros)
}

/// What the workers, the queue and the proxy did, as pairs of a word and a value.
pub(super) fn facts(variant: &VariantSummary) -> Vec<(String, String)> {
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut say = |name: &str, value: String| facts.push((name.to_owned(), value));
    let workers = &variant.workers;
    say("workers", workers.count.to_string());
    if workers.slots != Some(workers.count) {
        say(
            "slots",
            workers.slots.map_or("no limit".to_owned(), human::count),
        );
    }
    if let Some(ratio) = workers.busy_ratio {
        say("busy", human::percent(ratio));
    }
    if let Some(secs) = workers.blocked_in_send_s {
        say("blocked in send", human::seconds(secs));
    }
    if let Some(bytes) = workers.peak_rss_bytes {
        say("largest worker", human_bytes(bytes));
    }
    if let Some(bytes) = workers.peak_buffered_bytes {
        say("most buffered by a worker", human_bytes(bytes));
    }
    say("killed by timeout", human::count(workers.killed_by_timeout));
    let queue = &variant.accept_queue;
    if let Some(max) = queue.max {
        let limit = queue.limit.map_or(String::new(), |limit| {
            format!(" (backlog {})", human::count(limit))
        });
        say(
            "deepest accept queue",
            format!("{}{limit}", human::count(max)),
        );
    }
    if queue.refused > 0 {
        say("refused by a full queue", human::count(queue.refused));
    }
    for (name, whose, proxy) in [
        ("edge", "the edge's ", &variant.edge),
        ("proxy", "", &variant.proxy),
    ] {
        let Some(proxy) = proxy else {
            continue;
        };
        if let Some(peak) = proxy.peak_buffered_bytes {
            say(&format!("most held by the {name}"), human_bytes(peak));
        }
        if let Some(spilled @ 1..) = proxy.spilled_bytes {
            say(
                &format!("spilled to {whose}temp files"),
                human_bytes(spilled),
            );
        }
        for (timer, count) in proxy.timers_fired.iter().filter(|one| *one.1 > 0) {
            say(
                &format!("{whose}{timer} fired"),
                format!("{} times", human::count(*count)),
            );
        }
    }
    for probe in &variant.probes {
        say(&format!("probe {}", probe.name), told_of(probe));
    }
    facts
}

/// `6 of 8 failed, 2 kills`.
fn told_of(probe: &ProbeSummary) -> String {
    let failed = format!(
        "{} of {} failed",
        human::count(probe.failures),
        human::count(probe.attempts)
    );
    match probe.kills {
        0 => failed,
        1 => format!("{failed}, 1 kill"),
        kills => format!("{failed}, {} kills", human::count(kills)),
    }
}

/// The run's verdict in one sentence.
pub(super) fn verdict(summary: &Summary) -> String {
    let all = &summary.expectations;
    let count = |verdict| {
        all.iter()
            .filter(|one: &&Judgement| one.verdict == verdict)
            .count()
    };
    let judged = all.len() - count(Verdict::LeftOut);
    let left_out = match all.len() - judged {
        0 => String::new(),
        1 => " One is left out: its variant was not asked for.".to_owned(),
        count => format!(" {count} are left out: their variants were not asked for."),
    };
    let (failed, undecided) = (count(Verdict::Failed), count(Verdict::Undecided));
    let partial = if summary.partial {
        "The run was cut short. "
    } else {
        ""
    };
    let said = match (judged, failed, undecided) {
        (0, _, _) if !left_out.is_empty() => "Nothing was judged.".to_owned(),
        (0, _, _) => "The scenario states no expectations.".to_owned(),
        (1, 0, 0) => "The one expectation held.".to_owned(),
        (all, 0, 0) => format!("All {all} expectations held."),
        (all, 0, undecided) => {
            format!("Nothing failed, but {undecided} of {all} expectations are undecided.")
        }
        (all, failed, 0) => format!("{failed} of {all} expectations failed."),
        (all, failed, undecided) => {
            format!("{failed} of {all} expectations failed, {undecided} undecided.")
        }
    };
    format!("{partial}{said}{left_out}")
}

/// The verdict as the word that reports print.
pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "HELD",
        Verdict::Failed => "FAILED",
        Verdict::Undecided => "UNDECIDED",
        Verdict::LeftOut => "LEFT OUT",
    }
}

//! What a change of configuration does to each break-point: two answers side by side.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Verdict};
use crate::report::words::Words;

/// A threat before and after.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Moved {
    /// Its name.
    pub threat: String,
    /// What is counted.
    pub unit: String,
    /// Where the first visitor failed; unset is nowhere up to `tried_before`.
    pub before: Option<u64>,
    /// Where the first visitor fails now.
    pub after: Option<u64>,
    /// The most that was tried before.
    pub tried_before: u64,
    /// The most that was tried now.
    pub tried_after: u64,
    /// What was read differently.
    pub because: Vec<String>,
}

/// Compares two answers, threat by threat. Break-points within a twentieth of each other are the same.
pub fn moved(before: &Answer, after: &Answer, words: &Words) -> Vec<Moved> {
    let mut because = only_in(&after.read, &before.read);
    if because.is_empty() {
        because = (only_in(&before.read, &after.read).iter())
            .map(|line| words.tell("site-no-longer", &[("line", line)]))
            .collect();
    }
    let mut out = Vec::new();
    for now in &after.findings {
        let Some(then) = before.findings.iter().find(|one| one.threat == now.threat) else {
            continue;
        };
        let decided = |verdict| matches!(verdict, Verdict::Breaks | Verdict::Holds);
        if !decided(now.verdict) || !decided(then.verdict) {
            continue;
        }
        let (old, new) = (then.first_at(), now.first_at());
        let same = match (old, new) {
            (Some(old), Some(new)) => old.abs_diff(new) <= old.max(new) / 20,
            (None, None) => true,
            _ => false,
        };
        if !same {
            out.push(Moved {
                threat: now.threat.clone(),
                unit: now.unit.clone(),
                before: old,
                after: new,
                tried_before: then.tried_up_to,
                tried_after: now.tried_up_to,
                because: because.clone(),
            });
        }
    }
    out
}

/// What lines say that others do not, setting by setting; that something stands elsewhere is no difference.
fn only_in(lines: &[String], others: &[String]) -> Vec<String> {
    let parts = |lines: &[String]| -> Vec<String> {
        let parts = lines.iter().flat_map(|line| line.split(" · "));
        parts.map(str::to_owned).collect()
    };
    let known: Vec<String> = parts(others)
        .iter()
        .map(|part| without_place(part))
        .collect();
    let mut new = parts(lines);
    new.retain(|part| !known.contains(&without_place(part)));
    new
}

/// Without what stands in brackets: where it was found, and how it was worked out.
fn without_place(part: &str) -> String {
    let mut depth = 0_u32;
    let outside = part.chars().filter(|c| {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0
    });
    outside.collect()
}

impl Moved {
    /// In words: `lowers slow readers from 36 to 9`.
    pub fn sentence(&self, words: &Words) -> String {
        let shown = |at: Option<u64>, tried: u64| match at {
            Some(at) => at.to_string(),
            None => words.tell("site-more-than", &[("most", &tried.to_string())]),
        };
        let less = self.after.unwrap_or(u64::MAX) < self.before.unwrap_or(u64::MAX);
        let message = if less { "site-lowers" } else { "site-raises" };
        let facts = [
            ("unit", &self.unit[..]),
            ("before", &shown(self.before, self.tried_before)),
            ("after", &shown(self.after, self.tried_after)),
        ];
        words.tell(message, &facts)
    }
}

//! Who asks again, and what that makes of the load.

use std::collections::BTreeSet;

use super::Seen;
use super::view::View;
use crate::record::RequestRecord;

/// Fewer repetitions amplify nothing.
const LEAST: u64 = 8;

/// What people wanted was asked for several times, by themselves or by a proxy that asks the next peer.
pub(super) fn retry_amplification(view: &View<'_>) -> Vec<Seen> {
    let retried: BTreeSet<&str> = groups_that_repeat(view);
    if retried.is_empty() {
        return Vec::new();
    }
    let rows: Vec<&RequestRecord> = (view.variant.requests.iter())
        .filter(|row| retried.contains(row.group.as_str()))
        .collect();
    let wanted = rows.iter().filter(|row| row.attempt == 1).count() as u64;
    let requests = rows.len() as u64;
    let asked = rows.iter().map(|row| attempts(view, row)).sum::<u64>();
    // By half at least, and not by a handful: else it is a hiccup.
    let repeated = asked.saturating_sub(wanted);
    if wanted == 0 || repeated < LEAST || 2 * asked < 3 * wanted {
        return Vec::new();
    }
    let again: Vec<&RequestRecord> = (rows.iter().copied())
        .filter(|row| row.attempt > 1 || attempts(view, row) > 1)
        .collect();
    let Some(first) = again.iter().map(|row| row.started_at).min() else {
        return Vec::new();
    };
    let by = match (requests > wanted, asked > requests) {
        (true, true) => "both",
        (true, false) => "clients",
        (false, _) => "proxies",
    };
    let for_nobody = rows.iter().filter(|row| row.is_zombie()).count();
    let seen = Seen::new("retry_amplification", first)
        .befell(again.iter().copied())
        .with("wanted", wanted)
        .with("made", requests)
        .with("asked", asked)
        .with("by", by)
        .with("for_nobody", for_nobody);
    vec![seen]
}

fn groups_that_repeat<'a>(view: &View<'a>) -> BTreeSet<&'a str> {
    let rows = view.variant.requests.iter();
    rows.filter(|row| row.attempt > 1 || attempts(view, row) > 1)
        .map(|row| row.group.as_str())
        .collect()
}

/// How often the backend was asked for a request; once where no proxy says otherwise.
fn attempts(view: &View<'_>, row: &RequestRecord) -> u64 {
    view.attempts_at(row.request_id).max(1)
}

//! Hoarding: a worker accepts more connections than it has threads for, and those that it cannot serve wait inside it while another is idle.

use super::Seen;
use super::view::{View, WAIT};
use crate::machine::backend_config::WorkerClass;
use crate::record::Hold;
use crate::time::{Span, Timestamp};

/// A request that waited inside the worker that had accepted it.
struct Hoarded<'a> {
    hold: &'a Hold,
    from: Timestamp,
    wait: Span,
}

/// Requests that waited inside a worker while a slot of another was free.
pub(super) fn hoarding(view: &View<'_>) -> Vec<Seen> {
    let backend = &view.variant.plan.backend;
    // Sync workers take one at a time, and a loop begins with whatever it accepts.
    if backend.class() != WorkerClass::Gthread {
        return Vec::new();
    }
    let each = backend.threads;
    let others = (backend.all_workers() - 1).saturating_mul(u64::from(each));
    let hoarded: Vec<Hoarded<'_>> = (view.variant.holds.iter())
        .filter_map(waited)
        .filter(|one| has_idle_neighbour(view, one, others))
        .collect();
    let Some(first) = hoarded.iter().min_by_key(|one| one.from) else {
        return Vec::new();
    };
    let longest = hoarded.iter().map(|one| one.wait).max();
    let rows = hoarded.iter();
    let rows = rows.filter_map(|one| view.request(one.hold.request_id));
    let seen = Seen::new("hoarding", first.from)
        .with("worker", first.hold.worker)
        .with("threads", each)
        .befell(rows)
        .span("longest_us", longest);
    vec![seen]
}

fn waited(hold: &Hold) -> Option<Hoarded<'_>> {
    let from = hold.accepted_at?;
    let wait = hold.began_at?.since(from);
    (wait >= WAIT).then_some(Hoarded { hold, from, wait })
}

/// Whether at the middle of its wait fewer slots of the `others` were held than there are.
fn has_idle_neighbour(view: &View<'_>, one: &Hoarded<'_>, others: u64) -> bool {
    let middle = one.from + Span::from_ns(one.wait.as_ns() / 2);
    let held = view.at(middle);
    let held = held.filter(|row| row.worker != one.hold.worker && row.is_hold());
    (held.count() as u64) < others
}

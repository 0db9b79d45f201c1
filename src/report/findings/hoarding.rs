//! Hoarding: a worker accepts more connections than it has threads for, and those that it cannot serve wait inside it while another is idle.

use std::collections::BTreeMap;

use super::Seen;
use super::view::{View, WAIT};
use crate::machine::backend_config::WorkerClass;
use crate::record::{Hold, WorkerInterval};
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
    if others == 0 {
        return Vec::new();
    }
    let taken = Taken::by_worker(&view.variant.workers);
    let hoarded: Vec<Hoarded<'_>> = (view.variant.holds.iter())
        .filter_map(waited)
        .filter(|one| has_idle_neighbour(&taken, one, others))
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

/// When slots were taken and let go, each in order: how many were held at an instant is found without looking at all of them.
#[derive(Default)]
struct Taken {
    from: Vec<Timestamp>,
    to: Vec<Timestamp>,
}

impl Taken {
    /// All workers' under `None`, and each one's.
    fn by_worker(rows: &[WorkerInterval]) -> BTreeMap<Option<u32>, Taken> {
        let mut all: BTreeMap<Option<u32>, Taken> = BTreeMap::new();
        let lasts = |row: &&WorkerInterval| row.to.is_none_or(|to| to > row.from);
        for row in rows.iter().filter(|row| row.is_hold()).filter(lasts) {
            for whose in [None, Some(row.worker)] {
                let taken = all.entry(whose).or_default();
                taken.from.push(row.from);
                taken.to.extend(row.to);
            }
        }
        for taken in all.values_mut() {
            taken.from.sort_unstable();
            taken.to.sort_unstable();
        }
        all
    }

    fn at(&self, instant: Timestamp) -> usize {
        let until = |all: &[Timestamp]| all.partition_point(|at| *at <= instant);
        until(&self.from) - until(&self.to)
    }
}

/// Whether at the middle of its wait fewer slots of the `others` were held than there are.
fn has_idle_neighbour(
    taken: &BTreeMap<Option<u32>, Taken>,
    one: &Hoarded<'_>,
    others: u64,
) -> bool {
    let middle = one.from + Span::from_ns(one.wait.as_ns() / 2);
    let held = |whose| taken.get(&whose).map_or(0, |taken| taken.at(middle));
    let held = held(None) - held(Some(one.hold.worker));
    (held as u64) < others
}

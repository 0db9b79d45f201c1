//! What it cost to look.

use super::Books;
use crate::record::EventKind;
use crate::report::findings::Seen;

/// CPU time and grid of whoever looked; nothing is said of a simulation that looked as often as usual.
pub(super) fn observer(books: &Books<'_>) -> Vec<Seen> {
    let events = books.variant.events.iter();
    let told = events.filter_map(|event| {
        let EventKind::Observed {
            cpu_us,
            elapsed_us,
            looks,
            widest_us,
        } = &event.kind
        else {
            return None;
        };
        let share = |cpu_us: u64| cpu_us as f64 / (*elapsed_us).max(1) as f64;
        let cpu = cpu_us.map(share);
        let seen = Seen::new("observer", event.at)
            // In thousandths of a core, since a share of one would be written as 0 %.
            .with("core_percent", cpu.map(|cpu| (cpu * 1000.0).round() / 10.0))
            .with("looks", *looks)
            .with("widest_us", *widest_us);
        Some(seen)
    });
    told.collect()
}

//! The metrics: every number of `summary.json` that can be named, in one table.
//!
//! [`TABLE`] (with [`PROXIES`] and [`SYSTEM`]) has an entry per metric or family of metrics: its path, its unit, where the summary has it, what it means, and how far
//! apart `compare` lets it be. Everything else is derived from it: which paths a condition may use and what it says of a wrong one
//! (`expect`), what `compare` shows and judges, the columns of `sweep.csv`, `slowlab list --metrics` and the dictionary in
//! `results/README.md`. A new metric is one entry.
//!
//! A path is `<group>.<name>` or begins with a place (`workers`, `accept_queue`, `proxy`, `edge`), which cannot name a group. A family's
//! last word is open: `<group>.latency.<point>`, `proxy.timers_fired.<directive>`.
//!
//! This part knows the records' summary, and of the machines the names of nginx's timers; it does not know who asks.

mod absent;
mod dictionary;
mod each;
mod entry;
mod path;
mod proxies;
mod reading;
mod system;
mod table;

pub use absent::Absent;
pub use dictionary::{markdown, text};
pub use each::Each;
pub use entry::{Allowed, Entry, Unit};
pub use path::{Metric, UnknownMetric, places};
pub use proxies::PROXIES;
pub use system::SYSTEM;
pub use table::TABLE;

/// Every entry of the table.
pub fn entries() -> impl Iterator<Item = &'static Entry> + Clone {
    TABLE.iter().chain(PROXIES).chain(SYSTEM)
}

#[cfg(test)]
mod tests;

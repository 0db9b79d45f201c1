//! Two runs side by side, metric by metric: the lab against the real programs, or one configuration against another.
//!
//! Reads results folders and nothing else. Several runs of one scenario by one engine are repeats: their medians are compared. A
//! metric that has a bound is judged, others are only shown; what one side does not know is not compared.

mod bootstrap;
mod comparison;
mod merged;
mod metrics;
mod repeats;
mod side;
mod table;

pub use comparison::{Comparison, Row, Verdict, compare};
pub use merged::Merged;
pub use repeats::Repeats;
pub use side::{Side, SideError, Title};
pub(in crate::report) use table::cells;
pub use table::{render, to_csv};

#[cfg(test)]
mod tests;

//! Two runs side by side, metric by metric: the lab against the real programs, or one configuration against another.
//!
//! Reads two results folders and nothing else. A metric that has a bound is judged, others are only shown; what one side does not
//! know is not compared.

mod comparison;
mod metrics;
mod table;

pub use comparison::{Comparison, Row, Verdict, compare};
pub use table::{render, to_csv};

#[cfg(test)]
mod tests;

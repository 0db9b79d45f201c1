//! One metric by its path, outside of a condition: for those who compare runs.

use super::eval::{Speech, value_of};
use super::unit::Unit;
use crate::metrics::Metric;
use crate::record::summary::VariantSummary;

/// A value and how it is written for people.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// In seconds, bytes or a plain number.
    pub value: f64,
    /// With its unit.
    pub text: String,
}

/// The metric at `path` (as in a condition, without a variant) of one variant.
///
/// # Errors
/// Why there is none: an unknown path, or, as `say` says it, nothing was measured.
pub fn measure(path: &str, of: &VariantSummary, say: Speech<'_>) -> Result<Measured, String> {
    let metric = Metric::parse(path).map_err(|unknown| unknown.what)?;
    let value = value_of(&metric, of, say)?;
    Ok(Measured {
        value,
        text: Unit::of(metric.unit()).human(value),
    })
}

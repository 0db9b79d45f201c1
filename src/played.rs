//! A plan in virtual time, for somebody who waits for it: bounded, and left off when nobody wants it any more. Nothing of it is written.

use crate::plan::Plan;
use crate::record::Report;
use crate::record::collect::Keeping;
use crate::report::data::VariantData;
use crate::sim::{self, SimStatus};

/// How much one is waited for, and what is looked at.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// Events that it may take.
    pub most_events: u64,
    /// Asked now and then; once it says yes, the run ends.
    pub stop: &'a dyn Fn() -> bool,
    /// Cores on which handlers burn.
    pub cores: u32,
    /// Whether somebody looks at where bytes were.
    pub counts_bytes: bool,
}

impl<'a> Patience<'a> {
    /// For so many events, unless it is stopped: everything is looked at, on the cores that any plan has.
    pub fn of(most_events: u64, stop: &'a dyn Fn() -> bool) -> Patience<'a> {
        let sim::Options {
            cores,
            counts_bytes,
            ..
        } = sim::Options::default();
        Patience {
            most_events,
            stop,
            cores,
            counts_bytes,
        }
    }
}

/// Why it did not come to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// It took more events than it may.
    TooManyEvents,
    /// It was asked to stop.
    Stopped,
}

/// Plays a plan to its end, and hands on what its parts report.
///
/// # Errors
/// It did not come to its end.
pub fn reports(
    plan: &Plan,
    patience: Patience<'_>,
    take: &mut dyn FnMut(Report),
) -> Result<(), Cut> {
    let mut too_many = false;
    let mut go_on = |status: &SimStatus| {
        too_many = status.events > patience.most_events;
        !too_many && !(patience.stop)()
    };
    let options = sim::Options {
        cores: patience.cores,
        counts_bytes: patience.counts_bytes,
        ..sim::Options::default()
    };
    let stats = sim::run_while(plan, options, &mut go_on, take);
    match stats.interrupted {
        true if too_many => Err(Cut::TooManyEvents),
        true => Err(Cut::Stopped),
        false => Ok(()),
    }
}

/// Plays a plan and keeps its rows: those that `run --engine sim` would have written, to the last digit; of bytes none if nobody looks at them.
///
/// # Errors
/// It did not come to its end.
pub fn rows(plan: &Plan, patience: Patience<'_>) -> Result<VariantData, Cut> {
    let mut keeping = Keeping::default();
    reports(plan, patience, &mut |report| keeping.take(report))?;
    Ok(VariantData::of_kept(plan.clone(), keeping.finish()))
}

//! The machine's load, and logs as files.

use crate::record::summary::{LogsSummary, MachineSummary};
use crate::record::{EventKind, LogSample, MachineSample};
use crate::report::data::VariantData;
use crate::time::{Span, Timestamp};

/// The kernel brings the load average up to date this often (`LOAD_FREQ`), a tick more than 5 s.
const UPDATED_EVERY: Span = Span::from_secs(5);
/// What is left of it by then of the old value: `exp(-5 / 60)`.
const KEPT: f64 = 0.920_044_414_629_323;

/// Of a variant whose machine was looked at.
pub(super) fn machine(variant: &VariantData) -> Option<MachineSummary> {
    let samples = &variant.machine;
    let since = last_act(variant);
    let after: Vec<&MachineSample> = samples.iter().filter(|one| one.at >= since).collect();
    let (first, last) = (after.first()?, after.last()?);
    let (busy, idle) = (
        last.busy_us.saturating_sub(first.busy_us),
        last.idle_us.saturating_sub(first.idle_us),
    );
    let share = |us: u64| Some(us as f64 / (busy + idle) as f64).filter(|share| share.is_finite());
    let lasted = last.at.since(first.at).as_us() as f64;
    let psi = last.psi_io_us.zip(first.psi_io_us);
    // The one who looks runs as well.
    let running: f64 = (after.iter())
        .map(|one| one.running_tasks.saturating_sub(1) as f64)
        .sum();
    Some(MachineSummary {
        active_tasks: active_tasks(&after),
        running_tasks: Some(running / after.len() as f64),
        busy_ratio: share(busy),
        iowait_ratio: share(last.iowait_us.saturating_sub(first.iowait_us)),
        psi_io_ratio: psi
            .map(|(last, first)| last.saturating_sub(first) as f64 / lasted)
            .filter(|share| share.is_finite()),
        load_1m: (samples.iter())
            .map(|one| one.load_1m_hundredths)
            .max()
            .map(|load| load as f64 / 100.0),
    })
}

/// When the last thing was done to the stack; the beginning if nothing was.
fn last_act(variant: &VariantData) -> Timestamp {
    let acts = variant.events.iter();
    let acts = acts.filter(|event| matches!(event.kind, EventKind::Act { .. }));
    acts.map(|event| event.at).max().unwrap_or(Timestamp::ZERO)
}

/// `n = (L' - L k) / (1 - k)`: what the kernel added to the load at its last update. The median over all pairs of readings that lie as far apart as two
/// updates; `None` if the time was too short for one.
fn active_tasks(samples: &[&MachineSample]) -> Option<f64> {
    let mut derived: Vec<f64> = Vec::new();
    for (place, before) in samples.iter().enumerate() {
        let wanted = before.at + UPDATED_EVERY;
        let Some(after) = samples[place..].iter().find(|one| one.at >= wanted) else {
            break;
        };
        let load = |one: &MachineSample| one.load_1m_hundredths as f64 / 100.0;
        derived.push((load(after) - load(before) * KEPT) / (1.0 - KEPT));
    }
    derived.sort_by(f64::total_cmp);
    derived.get(derived.len() / 2).copied()
}

/// Of a variant whose logs were looked at.
pub(super) fn logs(variant: &VariantData) -> Option<LogsSummary> {
    let samples = &variant.logs;
    samples.first()?;
    let most = |of: fn(&LogSample) -> Option<u64>| samples.iter().filter_map(of).max();
    Some(LogsSummary {
        deleted_bytes: most(|one| one.deleted_bytes),
        hole_bytes: most(|one| Some(one.size_bytes.saturating_sub(one.allocated_bytes))),
        named_bytes: most(|one| Some(one.named_bytes)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_tasks_is_had_back_from_the_load() {
        // From the table of the measurement: 20 tasks asleep on a quiet machine.
        let loads = [(60, 15.19), (65, 15.58), (70, 15.93), (75, 16.26)];
        let sample = |(at_s, load): (u64, f64)| MachineSample {
            at: Timestamp::ZERO + Span::from_secs(at_s),
            load_1m_hundredths: (load * 100.0_f64).round() as u64,
            running_tasks: 1,
            blocked_tasks: 0,
            busy_us: 0,
            idle_us: 0,
            iowait_us: 0,
            psi_io_us: None,
        };
        let samples = loads.map(sample);
        let n = active_tasks(&samples.iter().collect::<Vec<_>>()).unwrap();
        assert!((n - 20.0).abs() < 0.3, "{n}");
        assert_eq!(active_tasks(&[&samples[0]]), None);
    }
}

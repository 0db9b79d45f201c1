//! One run of a threat in the simulator: how the visitors fared, and nothing else. It ends as soon as that is known.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::stack::{Stack, StackError};
use super::threat::{Clients, VISITORS};
use crate::plan::Plan;
use crate::played::{self, Patience};
use crate::record::collect::{Rows, Stream};
use crate::record::{
    EndedBy, Event, Hold, Hop, Outcome, ProbeRecord, QueueSample, Report, RequestRecord,
    WorkerInterval,
};
use crate::report::data::VariantData;
use crate::time::Span;

/// Asked now and then; when it says yes, a run ends early and the answer with it.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// How visitors failed: status, who ended it.
type Kind = (Option<u16>, EndedBy, Outcome);

/// What came of a run.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Played {
    /// Visitors of whom the end is known.
    pub(super) visitors: u64,
    /// From when on a whole page is too late, if ever.
    pub(super) late: Option<Span>,
    /// Of these, those without a whole page in time.
    pub(super) failed: u64,
    /// How, and how often; with the time that it took, summed.
    pub(super) kinds: BTreeMap<String, Failed>,
    /// Complaints of nginx about its own connections.
    pub(super) out_of_connections: u64,
    /// And about its descriptors.
    pub(super) out_of_descriptors: u64,
}

/// One way to fail.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Failed {
    pub(super) kind: Kind,
    pub(super) count: u64,
    pub(super) took: Span,
}

impl Played {
    /// The share of visitors that failed.
    pub(super) fn share(&self) -> f64 {
        match self.visitors {
            0 => 0.0,
            all => self.failed as f64 / all as f64,
        }
    }

    /// The way in which most of them fail.
    pub(super) fn worst(&self) -> Option<&Failed> {
        self.kinds.values().max_by_key(|failed| failed.count)
    }
}

impl Rows for Played {
    fn request(&mut self, row: &RequestRecord) {
        if row.group != VISITORS {
            return;
        }
        self.visitors += 1;
        let whole =
            row.outcome == Outcome::Complete && row.status.is_some_and(|status| status < 400);
        let took = row
            .closed_at
            .map_or(Span::ZERO, |closed| closed.since(row.started_at));
        let fine = match self.late {
            Some(late) => whole && took <= late,
            None => whole || row.outcome == Outcome::Unfinished,
        };
        if fine {
            return;
        }
        self.failed += 1;
        let kind = (row.status, row.ended_by, row.outcome);
        let key = format!("{kind:?}");
        let failed = self.kinds.entry(key).or_insert(Failed {
            kind,
            count: 0,
            took: Span::ZERO,
        });
        failed.count += 1;
        failed.took = failed.took.saturating_add(took);
    }

    fn hop(&mut self, _: &Hop) {}
    fn interval(&mut self, _: &WorkerInterval) {}
    fn hold(&mut self, _: &Hold) {}

    fn event(&mut self, event: &Event) {
        self.out_of_connections += u64::from(event.kind.is_out_of_slots());
        self.out_of_descriptors += u64::from(event.kind.is_out_of_files());
    }

    fn queue(&mut self, _: &QueueSample) {}
    fn probe(&mut self, _: &ProbeRecord) {}
}

/// The mean of shares; of none it is zero.
pub fn mean(shares: &[f64]) -> f64 {
    shares.iter().sum::<f64>() / shares.len().max(1) as f64
}

/// Plays so many of a threat.
///
/// # Errors
/// A plan that cannot be made; an interruption.
pub(super) fn play(
    stack: &Stack,
    clients: &Clients,
    seed: u64,
    stop: Stop<'_>,
) -> Result<Played, StackError> {
    let plan = stack.plan(&clients.toml, clients.times, seed)?;
    let expected = clients.visitors;
    let mut stream = Stream::new(Played {
        late: clients.late,
        ..Played::default()
    });
    let seen = Cell::new(0_u64);
    let is_known = || seen.get() >= expected;
    let until_known = || stop() || is_known();
    let patience = Patience {
        counts_bytes: false,
        ..patience(stack.cpus, &until_known)
    };
    let played = played::reports(&plan, patience, &mut |report| {
        if let Report::Client(half) = &report
            && half.group == VISITORS
        {
            seen.set(seen.get() + 1);
        }
        stream.take(report);
    });
    match played {
        Err(_) if !is_known() => Err(StackError::Interrupted),
        _ => Ok(stream.finish()),
    }
}

/// Plays a plan to its end and keeps all its rows.
///
/// # Errors
/// An interruption.
pub(super) fn keep(plan: &Plan, cores: u32, stop: Stop<'_>) -> Result<VariantData, StackError> {
    played::rows(plan, patience(cores, stop)).map_err(|_| StackError::Interrupted)
}

/// However long it takes: whoever asks about a site has bounded its crowds.
fn patience<'a>(cores: u32, stop: &'a dyn Fn() -> bool) -> Patience<'a> {
    Patience {
        cores,
        ..Patience::of(u64::MAX, stop)
    }
}

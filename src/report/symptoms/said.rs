//! What the logs of a run said, beside what happened in it.

use std::collections::BTreeSet;

use super::{Line, Log, Symptom};
use crate::record::summary::Summary;
use crate::record::{Event, EventKind, ExitStatus};
use crate::report::data::RunData;

/// SIGKILL.
const KILL: i32 = 9;

/// A symptom that a run shows, with its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// It.
    pub symptom: &'static Symptom,
    /// By place in its table: the line of this run where it wrote one, the usual one otherwise.
    pub lines: Vec<SaidLine>,
}

/// A line of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaidLine {
    /// Where it stands.
    pub log: Log,
    /// It, from the level on.
    pub text: String,
    /// How often this run wrote one like it; 0 is the usual line, which this run did not keep.
    pub count: usize,
}

/// Of the variant that the sentence of the run is about: what its findings look like from outside.
pub fn said(run: &RunData, summary: &Summary) -> Vec<Said> {
    let Some(headline) = &summary.headline else {
        return Vec::new();
    };
    let mut variants = run.variants.iter();
    let Some(variant) = variants.find(|one| one.plan.variant == headline.variant) else {
        return Vec::new();
    };
    let findings = summary.findings.iter();
    let kinds = findings.filter(|finding| finding.variant == headline.variant);
    let mut told = BTreeSet::new();
    let symptoms = kinds.flat_map(|finding| Symptom::of_kind(&finding.kind));
    symptoms
        .filter(|symptom| told.insert(symptom.key))
        .map(|symptom| Said {
            symptom,
            lines: (symptom.lines.iter())
                .map(|line| line_of(line, &variant.events))
                .collect(),
        })
        .filter(Said::is_of_this_run)
        .collect()
}

impl Said {
    /// A symptom that shows in lines is one only where some of them were written.
    fn is_of_this_run(&self) -> bool {
        let written = self.lines.iter().any(|line| line.count > 0);
        written || self.symptom.lines.iter().all(|line| line.fixed.is_empty())
    }
}

fn line_of(line: &Line, events: &[Event]) -> SaidLine {
    let usual = SaidLine {
        log: line.log,
        text: line.shown(),
        count: 0,
    };
    if line.fixed.is_empty() {
        return usual;
    }
    let lines = events.iter().filter_map(|event| logged(&event.kind));
    let mut alike = lines.filter(|text| text.contains(line.fixed));
    let Some(first) = alike.next() else {
        return usual;
    };
    SaidLine {
        text: match line.log {
            Log::Error(level) => format!("[{level}] {first}"),
            _ => first,
        },
        count: 1 + alike.count(),
        ..usual
    }
}

/// A line of a log, if that is what an event is; what the arbiter logs of a worker's end is an event of its own.
pub fn logged(kind: &EventKind) -> Option<String> {
    match kind {
        EventKind::ProxyError { line, .. }
        | EventKind::TimerFired { line, .. }
        | EventKind::MasterLog { line }
        | EventKind::WorkerLog { line } => Some(line.clone()),
        EventKind::WorkerTimeout { .. }
        | EventKind::SignalHandled { .. }
        | EventKind::SpillStarted { .. } => Some(kind.text()),
        EventKind::WorkerExited { pid, status } => match status {
            ExitStatus::Code(0) => None,
            ExitStatus::Code(code) => Some(format!(
                "[ERROR] Worker (pid:{pid}) exited with code {code}."
            )),
            ExitStatus::Signal(KILL) => Some(format!(
                "[ERROR] Worker (pid:{pid}) was sent SIGKILL! Perhaps out of memory?"
            )),
            ExitStatus::Signal(_) => None,
        },
        _ => None,
    }
}

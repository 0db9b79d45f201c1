//! What the logs of a run said, beside what happened in it.

use std::collections::BTreeSet;

use super::{Line, Log, Symptom};
use crate::record::summary::{Finding, Summary};
use crate::record::{Event, EventKind, ExitStatus, RequestRecord};
use crate::report::data::{RunData, VariantData};

/// SIGKILL.
const KILL: i32 = 9;

/// A symptom that a run shows, with its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// It.
    pub symptom: &'static Symptom,
    /// By place in its table: those that this run wrote, and what clients usually say of it.
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
    let found: Vec<&Finding> = findings
        .filter(|finding| finding.variant == headline.variant)
        .collect();
    let mut told = BTreeSet::new();
    let symptoms = (found.iter()).flat_map(|finding| Symptom::of_kind(&finding.kind));
    symptoms
        .filter(|symptom| told.insert(symptom.key))
        .map(|symptom| Said {
            symptom,
            lines: Run {
                variant,
                evidence: evidence(symptom, &found),
            }
            .lines(symptom),
        })
        .filter(Said::is_of_this_run)
        .collect()
}

/// The requests by which findings show a symptom.
fn evidence(symptom: &Symptom, found: &[&Finding]) -> BTreeSet<u64> {
    let shown = found
        .iter()
        .filter(|finding| symptom.kinds.contains(&&*finding.kind));
    shown
        .flat_map(|finding| &finding.requests)
        .copied()
        .collect()
}

/// Where a run wrote lines.
struct Run<'a> {
    variant: &'a VariantData,
    evidence: BTreeSet<u64>,
}

impl Run<'_> {
    /// Where only the access log would show it and what it has is not known, the usual lines: "nothing is logged" would be wrong.
    fn lines(&self, symptom: &Symptom) -> Vec<SaidLine> {
        let written = self.written(symptom);
        match written.is_empty() {
            true => symptom
                .lines
                .iter()
                .map(|line| line_of(line, &[]))
                .collect(),
            false => written,
        }
    }

    fn written(&self, symptom: &Symptom) -> Vec<SaidLine> {
        let lines = symptom.lines.iter();
        lines
            .filter_map(|line| match line.log {
                Log::Access => self.access(line),
                Log::Client => Some(self.client(line)),
                Log::Error(_) | Log::Gunicorn => {
                    Some(line_of(line, &self.variant.events)).filter(|line| line.count > 0)
                }
            })
            .collect()
    }

    fn rows(&self) -> impl Iterator<Item = &RequestRecord> {
        let rows = self.variant.requests.iter();
        rows.filter(|row| self.evidence.contains(&row.request_id))
    }

    /// What the access log has of the first of them that ended with the line's status.
    fn access(&self, line: &Line) -> Option<SaidLine> {
        let status: u16 = line
            .text
            .rsplit('"')
            .next()?
            .split_whitespace()
            .next()?
            .parse()
            .ok()?;
        let row = self.rows().find(|row| row.proxy_status == Some(status))?;
        let mut groups = self.variant.plan.groups.iter();
        let method = groups.find(|group| group.name == row.group)?.method;
        let (path, bytes) = (&row.path, row.proxy_sent_bytes?);
        Some(SaidLine {
            log: line.log,
            text: format!("\"{method} {path} HTTP/1.1\" {status:03} {bytes}"),
            count: 1,
        })
    }

    /// What a client says; how much was missing is known.
    fn client(&self, line: &Line) -> SaidLine {
        let missing = self.rows().find_map(|row| {
            let missing = row.expected_bytes?.checked_sub(row.received_bytes)?;
            (missing > 0).then_some(missing)
        });
        let mut usual = line_of(line, &[]);
        if let (Some(missing), Some((before, rest))) = (missing, line.text.split_once("with "))
            && let Some((_, after)) = rest.split_once(" bytes remaining")
        {
            usual.text = format!("{before}with {missing} bytes remaining{after}");
        }
        usual
    }
}

impl Said {
    /// A symptom that shows in lines is one only where some of them were written.
    fn is_of_this_run(&self) -> bool {
        let is_logged = |line: &SaidLine| line.log != Log::Access && line.count > 0;
        let written = self.lines.iter().any(is_logged);
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

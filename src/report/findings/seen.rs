//! A finding before it is told: what was seen, as facts whose names carry their units.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::record::summary::Finding;
use crate::record::{ExitStatus, RequestRecord};
use crate::report::words::Words;
use crate::time::{Span, Timestamp};

/// Requests that are named as evidence; the fields say how many there were.
const MOST_EVIDENCE: usize = 20;

/// One thing that was seen in a variant.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::report) struct Seen {
    pub(in crate::report) kind: &'static str,
    pub(in crate::report) at: Timestamp,
    pub(in crate::report) fields: BTreeMap<String, Value>,
    pub(in crate::report) requests: Vec<u64>,
}

impl Seen {
    pub(in crate::report) fn new(kind: &'static str, at: Timestamp) -> Seen {
        Seen {
            kind,
            at,
            fields: BTreeMap::new(),
            requests: Vec::new(),
        }
    }

    /// A fact; `None` is one that is not known, or not there.
    pub(in crate::report) fn with(mut self, name: &str, value: impl Into<Value>) -> Seen {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// A span, in microseconds.
    pub(in crate::report) fn span(self, name: &str, span: impl Into<Option<Span>>) -> Seen {
        self.with(name, span.into().map(Span::as_us))
    }

    /// An instant, in seconds since the variant's origin.
    pub(in crate::report) fn instant(self, name: &str, at: Timestamp) -> Seen {
        self.with(name, at.as_secs_f64())
    }

    /// How a process ended: an exit code, or the signal that ended it.
    pub(in crate::report) fn ended_with(self, status: ExitStatus) -> Seen {
        let (code, signal) = match status {
            ExitStatus::Code(code) => (Some(code), None),
            ExitStatus::Signal(number) => (None, Some(number)),
        };
        self.with("exit_code", code).with("signal", signal)
    }

    /// Names of groups, each once.
    pub(in crate::report) fn groups<'a>(
        self,
        name: &str,
        groups: impl Iterator<Item = &'a str>,
    ) -> Seen {
        let unique: BTreeSet<&str> = groups.collect();
        self.with(name, unique.into_iter().collect::<Vec<&str>>())
    }

    /// It in these words, as a finding of this variant.
    pub(super) fn told(self, variant: &str, words: &Words) -> Finding {
        let mut finding = Finding {
            kind: self.kind.to_owned(),
            variant: variant.to_owned(),
            at_s: self.at.as_secs_f64(),
            text: String::new(),
            fields: self.fields,
            requests: self.requests,
        };
        finding.text = words.finding(&finding);
        finding
    }

    /// Those to whom it happened: how many (`requests`), of which groups (`groups`), and the first of them by id.
    pub(in crate::report) fn befell<'a>(
        mut self,
        rows: impl Iterator<Item = &'a RequestRecord> + Clone,
    ) -> Seen {
        self.requests = rows.clone().map(|row| row.request_id).collect();
        self.requests.sort_unstable();
        let count = self.requests.len();
        self.requests.truncate(MOST_EVIDENCE);
        self.with("requests", count)
            .groups("groups", rows.map(|row| row.group.as_str()))
    }
}

//! One entry of the table.

use super::Each;
use crate::record::RequestRecord;
use crate::record::summary::{GroupSummary, ProbeSummary, ProxySummary, VariantSummary};

/// What a metric's value is counted in, as `summary.json` has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// A plain number: a count, a depth.
    Plain,
    /// A share, 0 to 1.
    Share,
    /// Microseconds.
    Micros,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// As files write it; nothing for plain numbers and shares.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Plain | Unit::Share => "",
            Unit::Micros => "us",
            Unit::Seconds => "s",
            Unit::Bytes => "bytes",
        }
    }

    /// For the dictionary: what a condition writes it in.
    pub(super) fn words(self) -> &'static str {
        match self {
            Unit::Plain => "number",
            Unit::Share => "share",
            Unit::Micros | Unit::Seconds => "duration",
            Unit::Bytes => "bytes",
        }
    }
}

/// How far apart `compare` lets two runs be. The shares are those that the lab is held to against the real programs.
#[derive(Clone, Copy, Debug)]
pub enum Allowed {
    /// As far as they like: it is only shown.
    Any,
    /// A share of the first value, or so little that schedulers and pages differ by as much.
    Share(f64),
    /// Failures come in bursts, and each may differ by one. Tells the requests that are counted (of the word in the family's path).
    PerBurst(fn(&RequestRecord, &str) -> bool),
    /// Where bytes waited: a share that depends on whether TCP lies between, and only of clients that never read on.
    Absorbed {
        /// Over Unix sockets and in user space.
        unix: f64,
        /// Over TCP.
        tcp: f64,
    },
}

/// Why a summary has no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Missing {
    /// It was not measured.
    Value,
    /// Nothing of the whole family was.
    Family,
    /// So many values do not support this percentile.
    TooFew(u64),
    /// For another reason: its message.
    Because(&'static str),
}

/// What a getter returns.
pub(super) type Reading = Result<f64, Missing>;

/// Where the summary has it. The text is the last word of a family's path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Getter {
    Group(fn(&GroupSummary, &str) -> Reading),
    Stack(fn(&VariantSummary, &str) -> Reading),
    Tier(fn(&ProxySummary, &str) -> Reading),
    Probe(fn(&ProbeSummary, &str) -> Reading),
}

/// Of what an entry has a metric: once for the stack, or for each of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    Group,
    Stack,
    /// A tier of proxies.
    Tier,
    Probe,
}

/// The first word of the path of a probe's metric; its name follows.
pub(super) const PROBES: &str = "probes";

/// A metric, or a family of metrics.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its path without the group, tier or probe before it and without the last word of a family.
    pub(super) stem: &'static str,
    /// What it has one metric for each of.
    pub each: Each,
    /// The unit of its values.
    pub unit: Unit,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    pub(super) getter: Getter,
    /// What `compare` has of it: words of the family (`5xx` is any of 500 to 599, `*` is any) and how far apart they may be.
    pub(super) compared: &'static [(&'static str, Allowed)],
}

impl Entry {
    const fn new(
        stem: &'static str,
        each: Each,
        unit: Unit,
        meaning: &'static str,
        getter: Getter,
    ) -> Entry {
        Entry {
            stem,
            each,
            unit,
            meaning,
            getter,
            compared: &[],
        }
    }

    /// Of each client group.
    pub(super) const fn of_group(
        stem: &'static str,
        each: Each,
        unit: Unit,
        meaning: &'static str,
        get: fn(&GroupSummary, &str) -> Reading,
    ) -> Entry {
        Entry::new(stem, each, unit, meaning, Getter::Group(get))
    }

    /// Of the workers or the accept queue; the first word says of which.
    pub(super) const fn of_stack(
        stem: &'static str,
        each: Each,
        unit: Unit,
        meaning: &'static str,
        get: fn(&VariantSummary, &str) -> Reading,
    ) -> Entry {
        Entry::new(stem, each, unit, meaning, Getter::Stack(get))
    }

    /// Of each tier of proxies.
    pub(super) const fn of_tier(
        stem: &'static str,
        each: Each,
        unit: Unit,
        meaning: &'static str,
        get: fn(&ProxySummary, &str) -> Reading,
    ) -> Entry {
        Entry::new(stem, each, unit, meaning, Getter::Tier(get))
    }

    /// Of each probe.
    pub(super) const fn of_probe(
        stem: &'static str,
        each: Each,
        unit: Unit,
        meaning: &'static str,
        get: fn(&ProbeSummary, &str) -> Reading,
    ) -> Entry {
        Entry::new(stem, each, unit, meaning, Getter::Probe(get))
    }

    /// The same entry, and what `compare` has of it.
    pub(super) const fn compared(self, compared: &'static [(&'static str, Allowed)]) -> Entry {
        Entry { compared, ..self }
    }

    /// Of what it has a metric.
    pub(super) fn level(&self) -> Level {
        match self.getter {
            Getter::Group(_) => Level::Group,
            Getter::Stack(_) => Level::Stack,
            Getter::Tier(_) => Level::Tier,
            Getter::Probe(_) => Level::Probe,
        }
    }

    /// Its name where names have no dots and no owners: `group_latency`, `workers_busy_ratio`, `proxy_spilled_bytes`.
    pub fn plain_name(&self) -> String {
        let of = match self.level() {
            Level::Group => "group.",
            Level::Stack => "",
            Level::Tier => "proxy.",
            Level::Probe => "probe.",
        };
        format!("{of}{}", self.stem).replace('.', "_")
    }

    /// How its path is written, placeholders included: `<group>.latency.<point>`.
    pub fn shape(&self) -> String {
        let of = match self.level() {
            Level::Group => "<group>.",
            Level::Stack => "",
            Level::Tier => "<tier>.",
            Level::Probe => "probes.<probe>.",
        };
        format!("{of}{}{}", self.stem, self.each.placeholder())
    }

    /// Its metrics, without the group, tier or probe before them. A family that is open (by group) has only its shape.
    pub(super) fn names(&self) -> Vec<String> {
        if self.each == Each::Group {
            return vec![format!("{}{}", self.stem, self.each.placeholder())];
        }
        let words = self.each.words().into_iter();
        words.map(|word| self.name(&word)).collect()
    }

    /// The metric with this last word.
    pub(super) fn name(&self, word: &str) -> String {
        match self.each {
            Each::One => self.stem.to_owned(),
            _ => format!("{}.{word}", self.stem),
        }
    }

    /// How far apart `compare` lets the metric with this last word be; nothing if it leaves it out.
    pub fn allowed(&self, word: &str) -> Option<Allowed> {
        let mut compared = self.compared.iter();
        let found = compared.find(|(pattern, _)| fits(pattern, word));
        found.map(|(_, allowed)| *allowed)
    }
}

/// Whether a pattern of `compared` means this word.
pub(super) fn fits(pattern: &str, word: &str) -> bool {
    let alike = |(wanted, found): (char, char)| {
        wanted == found || (wanted == 'x' && found.is_ascii_digit())
    };
    pattern == "*" || (pattern.len() == word.len() && pattern.chars().zip(word.chars()).all(alike))
}

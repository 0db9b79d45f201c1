//! What the last word of a family's path may be.

use std::ops::RangeInclusive;

use crate::machine::timers::Directive;
use crate::record::summary::{AbsorbedSummary, LatencySummary};
use crate::record::{Outcome, ProbeOutcome};

/// A word of a family, and what it reads.
type Named<T> = (&'static str, fn(&T) -> Option<u64>);

/// The points of a distribution that a summary has, beside the number of its values.
pub(super) const POINTS: [Named<LatencySummary>; 8] = [
    ("min", |summary| summary.min),
    ("mean", |summary| summary.mean),
    ("p50", |summary| summary.p50),
    ("p90", |summary| summary.p90),
    ("p95", |summary| summary.p95),
    ("p99", |summary| summary.p99),
    ("p999", |summary| summary.p999),
    ("max", |summary| summary.max),
];
/// Where the bytes of a response wait.
pub(super) const HOPS: [Named<AbsorbedSummary>; 4] = [
    ("total", |summary| summary.total),
    ("upstream", |summary| summary.upstream),
    ("proxy", |summary| summary.proxy),
    ("downstream", |summary| summary.downstream),
];

/// What a word of such a list reads.
pub(super) fn read<T>(list: &[Named<T>], word: &str, from: &T) -> Option<u64> {
    let (_, get) = list.iter().find(|(name, _)| *name == word)?;
    get(from)
}

const STATUSES: RangeInclusive<u16> = 100..=599;
/// errno(3), as Linux has them.
const ERRNOS: RangeInclusive<u16> = 1..=133;

/// Whether a word is a number of these, written as a number is: without a sign or a zero in front.
fn is_number(word: &str, numbers: RangeInclusive<u16>) -> bool {
    let plain = !word.starts_with(['0', '+']);
    plain
        && word
            .parse()
            .is_ok_and(|number: u16| numbers.contains(&number))
}

/// What an entry has one metric for each of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Each {
    /// The entry is a single metric.
    One,
    /// A percentile, the mean or an end of a distribution.
    Point,
    /// A hop of a response.
    Hop,
    /// An [`Outcome`].
    Outcome,
    /// A [`ProbeOutcome`].
    ProbeOutcome,
    /// A status code, 100 to 599.
    Status,
    /// The number of an error of the kernel, 1 to 133 (errno(3)).
    Errno,
    /// One of nginx's timers.
    Directive,
    /// A client group of the scenario.
    Group,
}

impl Each {
    /// As it stands in the path of a family, with the dot before it.
    pub fn placeholder(self) -> &'static str {
        match self {
            Each::One => "",
            Each::Point => ".<point>",
            Each::Hop => ".<hop>",
            Each::Outcome => ".<outcome>",
            Each::ProbeOutcome => ".<answer>",
            Each::Status => ".<code>",
            Each::Errno => ".<errno>",
            Each::Directive => ".<directive>",
            Each::Group => ".<group>",
        }
    }

    /// Every word that may stand there, in order; of a single metric the empty one. Groups are the scenario's: none are known here.
    pub fn words(self) -> Vec<String> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self {
            Each::One => vec![String::new()],
            Each::Point => owned(&POINTS.map(|(word, _)| word)),
            Each::Hop => owned(&HOPS.map(|(word, _)| word)),
            Each::Outcome => owned(&Outcome::ALL.map(Outcome::name)),
            Each::ProbeOutcome => owned(&ProbeOutcome::ALL.map(ProbeOutcome::name)),
            Each::Status => STATUSES.map(|code| code.to_string()).collect(),
            Each::Errno => ERRNOS.map(|errno| errno.to_string()).collect(),
            Each::Directive => owned(&Directive::ALL.map(Directive::name)),
            Each::Group => Vec::new(),
        }
    }

    /// Whether a word may stand there.
    pub(super) fn takes(self, word: &str) -> bool {
        match self {
            Each::Group => !word.is_empty(),
            // Words are looked up again and again, and these are hundreds.
            Each::Status => is_number(word, STATUSES),
            Each::Errno => is_number(word, ERRNOS),
            Each::One => word.is_empty(),
            Each::Point => POINTS.iter().any(|(known, _)| *known == word),
            Each::Hop => HOPS.iter().any(|(known, _)| *known == word),
            Each::Outcome => Outcome::ALL.iter().any(|known| known.name() == word),
            Each::ProbeOutcome => (ProbeOutcome::ALL.iter()).any(|known| known.name() == word),
            Each::Directive => Directive::ALL.iter().any(|known| known.name() == word),
        }
    }

    /// The words in short, for people; nothing where the placeholder says it.
    pub(super) fn in_short(self) -> Option<String> {
        match self {
            Each::One | Each::Group => None,
            Each::Status => Some("100 to 599".to_owned()),
            Each::Errno => Some("1 to 133".to_owned()),
            _ => Some(self.words().join(", ")),
        }
    }
}

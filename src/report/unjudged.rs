//! Why a run in which no condition failed and none stayed open is no success all the same. The exit status follows from it, and so does what
//! programs read that look at no exit status.

use super::words::Words;
use crate::record::summary::{Doubt, Summary, Verdict};

/// A reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unjudged<'a> {
    /// Nobody asked anything, and no pipeline was looked at.
    NothingMeasured,
    /// Numbers of a sick laboratory are no result, whether anything is expected of them or not.
    Doubted(&'a Doubt),
    /// All that is expected is about variants that were not asked for.
    AllLeftOut,
    /// Nothing is expected.
    NothingExpected,
}

impl Unjudged<'_> {
    /// The first that a run has.
    pub fn of(summary: &Summary) -> Option<Unjudged<'_>> {
        let has = |verdict| (summary.expectations.iter()).any(|one| one.verdict == verdict);
        if !is_measured(summary) {
            return Some(Unjudged::NothingMeasured);
        }
        if let Some(doubt) = summary.doubts.first() {
            return Some(Unjudged::Doubted(doubt));
        }
        match () {
            () if summary.expectations.is_empty() => Some(Unjudged::NothingExpected),
            () if has(Verdict::LeftOut) && !has(Verdict::Held) => Some(Unjudged::AllLeftOut),
            () => None,
        }
    }

    /// Whether a run may end well with it: nobody expected anything, and nobody (`required`) asked that something be.
    pub fn is_well(self, required: bool) -> bool {
        self == Unjudged::NothingExpected && !required
    }

    /// In words; `required` as above.
    pub fn text(self, required: bool, words: &Words) -> String {
        match self {
            Unjudged::NothingMeasured => words.say("verdict-nothing-measured", []),
            Unjudged::Doubted(doubt) => {
                let said = words.tell("warning-doubt", &[("text", &doubt.text)]);
                format!("{}: {said}", doubt.variant)
            }
            Unjudged::AllLeftOut => words.say("verdict-nothing-judged", []),
            Unjudged::NothingExpected if required => words.say("verdict-required", []),
            Unjudged::NothingExpected => words.say("verdict-nothing-expected", []),
        }
    }
}

/// Whether anything was measured at all.
pub fn is_measured(summary: &Summary) -> bool {
    let variants = &summary.variants;
    let mut groups = variants.iter().flat_map(|variant| &variant.groups);
    let mut pipelines = (variants.iter()).filter_map(|variant| variant.pipeline.as_ref());
    groups.any(|group| group.requests > 0) || pipelines.any(|pipeline| pipeline.looks > 0)
}

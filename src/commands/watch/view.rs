//! The live view's state: what the looks so far add up to. Nothing in here reads a clock or a terminal.

use std::collections::BTreeMap;

use super::glance::{Glance, Heading};
use super::strip::Strip;
use crate::record::{BytePlace, Holder};
use crate::report::words::Words;
use crate::time::Span;

/// The view.
pub(super) struct View {
    pub(super) words: &'static Words,
    /// Whether to use colours.
    pub(super) color: bool,
    pub(super) heading: Option<Heading>,
    pub(super) strip: Strip,
    /// The newest look.
    pub(super) now: Option<Glance>,
    /// The most that was ever in each place that had something, in the order of the way of a response.
    pub(super) most_bytes: BTreeMap<(Holder, BytePlace), u64>,
}

impl View {
    /// Nothing was seen yet.
    pub(super) fn new(words: &'static Words, color: bool) -> View {
        View {
            words,
            color,
            heading: None,
            strip: Strip::default(),
            now: None,
            most_bytes: BTreeMap::new(),
        }
    }

    /// A variant begins.
    pub(super) fn begin(&mut self, heading: Heading) {
        *self = View {
            heading: Some(heading),
            ..View::new(self.words, self.color)
        };
    }

    /// Takes in a look.
    pub(super) fn see(&mut self, glance: Glance) {
        self.strip.see(&glance);
        for one in glance.bytes.iter().filter(|one| one.bytes > 0) {
            let most = self.most_bytes.entry((one.tier, one.place)).or_default();
            *most = one.bytes.max(*most);
        }
        self.now = Some(glance);
    }

    /// The end of the time axis.
    pub(super) fn end(&self) -> Span {
        // How long a pipeline may take says nothing of how long it does.
        let of = |glance: &Glance| match self.is_pipeline() {
            true => glance.elapsed,
            false => glance.duration.max(glance.elapsed),
        };
        self.now.as_ref().map_or(Span::ZERO, of)
    }

    /// Whether what is watched is a pipeline.
    pub(super) fn is_pipeline(&self) -> bool {
        let mut heading = self.heading.iter();
        heading.any(|heading| !heading.stages.is_empty())
    }

    /// What is in a place now.
    pub(super) fn bytes(&self, place: (Holder, BytePlace)) -> u64 {
        let all = self.now.iter().flat_map(|glance| &glance.bytes);
        let here = all.filter(|one| (one.tier, one.place) == place);
        here.map(|one| one.bytes).sum()
    }

    /// A message without arguments.
    pub(super) fn say(&self, message: &str) -> String {
        self.words.say(message, [])
    }
}

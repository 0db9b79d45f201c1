//! Where text came from: the scenario file and each `--set`, laid end to end in one address space.
//!
//! A [`Place`] is a range in that space, so a value keeps its origin wherever it is copied: an error in a variant's `set`
//! points into the file, and one in a flag points at the flag.

use std::ops::Range;

/// What settings of the command line are called.
pub(super) const SET: &str = "--set";

/// A range of bytes in the address space of a [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// One text with the name under which errors show it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) label: String,
    pub(super) text: String,
    base: usize,
    flag: bool,
}

/// All texts of one load.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources(Vec<Source>);

impl Place {
    /// The range of `span` in a text that begins at `base`.
    pub(super) fn at(base: usize, span: Range<usize>) -> Place {
        Place {
            start: base + span.start,
            end: base + span.end,
        }
    }
}

impl Source {
    /// A flag as it was typed, and how far into that its text begins; `None` of a file.
    pub(super) fn typed(&self) -> Option<(String, usize)> {
        let before = self.label.len() + 1;
        self.flag
            .then(|| (format!("{} {}", self.label, self.text), before))
    }
}

impl Sources {
    /// Adds the text of a file and returns where it begins.
    pub(super) fn add(&mut self, label: &str, text: &str) -> usize {
        self.push(label, text, false)
    }

    /// Adds what a flag brought.
    pub(super) fn add_flag(&mut self, flag: &str, text: &str) -> usize {
        self.push(flag, text, true)
    }

    fn push(&mut self, label: &str, text: &str, flag: bool) -> usize {
        // One byte of distance keeps an empty range at the end of a text out of the next one.
        let base = self
            .0
            .last()
            .map_or(0, |last| last.base + last.text.len() + 1);
        self.0.push(Source {
            label: label.to_string(),
            text: text.to_string(),
            base,
            flag,
        });
        base
    }

    /// Calls texts that a flag brought by that flag's name.
    pub(super) fn relabel(&mut self, texts: &[String], label: &str) {
        for source in &mut self.0 {
            if source.label == SET && texts.contains(&source.text) {
                label.clone_into(&mut source.label);
            }
        }
    }

    /// The text that a place belongs to, and its range there, on character boundaries and never empty-handed.
    pub(super) fn find(&self, place: Place) -> Option<(&Source, Range<usize>)> {
        let source = self
            .0
            .iter()
            .rev()
            .find(|source| source.base <= place.start)?;
        let clamp = |at: usize| {
            let mut at = (at - source.base).min(source.text.len());
            while !source.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = clamp(place.start);
        let end = clamp(place.end.max(place.start)).max(start);
        Some((source, start..end))
    }

    /// Line and column (both from 1, in characters) of a place.
    pub(super) fn line_column(&self, place: Place) -> Option<(usize, usize)> {
        let (source, range) = self.find(place)?;
        let before = &source.text[..range.start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Some((line, column))
    }
}

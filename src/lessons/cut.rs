//! A lesson's Markdown, cut at its headings and fences.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use super::file::Kind;

/// A text, cut at its headings.
#[derive(Debug, Default)]
pub(super) struct Cut {
    /// The first heading.
    pub(super) title: Option<String>,
    /// One for each `##`.
    pub(super) sections: Vec<Section>,
    /// The heading that is being read.
    heading: Option<String>,
    /// The block that is being read.
    block: Option<Block>,
}

#[derive(Debug)]
pub(super) struct Section {
    /// Its heading.
    pub(super) heading: String,
    /// Where its heading begins.
    pub(super) start: usize,
    /// Its text below the heading.
    pub(super) body: Range<usize>,
    /// What is fenced in it, as far as a lesson knows it.
    pub(super) blocks: Vec<Block>,
}

#[derive(Debug)]
pub(super) struct Block {
    /// Which.
    pub(super) kind: Kind,
    /// With its fences.
    pub(super) fences: Range<usize>,
    /// Its TOML.
    pub(super) text: Range<usize>,
}

impl Cut {
    /// Of a whole text.
    pub(super) fn of(text: &str) -> Cut {
        let mut cut = Cut::default();
        for (event, range) in Parser::new(text).into_offset_iter() {
            cut.take(event, range, text.len());
        }
        cut
    }

    fn take(&mut self, event: Event<'_>, range: Range<usize>, end: usize) {
        match event {
            Event::Start(Tag::Heading { .. }) => self.heading = Some(String::new()),
            Event::End(TagEnd::Heading(level)) => self.headed(level, range, end),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                self.block = Kind::of_fence(&info).map(|kind| Block {
                    kind,
                    text: range.end..range.end,
                    fences: range,
                });
            }
            Event::End(TagEnd::CodeBlock) => {
                let section = self.sections.last_mut();
                if let (Some(block), Some(section)) = (self.block.take(), section) {
                    section.blocks.push(block);
                }
            }
            Event::Text(words) | Event::Code(words) => self.read(&words, range),
            _ => {}
        }
    }

    /// Words of a heading, or of a block.
    fn read(&mut self, words: &str, range: Range<usize>) {
        if let Some(said) = &mut self.heading {
            said.push_str(words);
        } else if let Some(block) = &mut self.block {
            block.text = block.text.start.min(range.start)..range.end;
        }
    }

    /// A heading is read: a section begins, and that before it ends.
    fn headed(&mut self, level: HeadingLevel, range: Range<usize>, end: usize) {
        let said = self.heading.take().unwrap_or_default();
        match level {
            HeadingLevel::H1 if self.title.is_none() => self.title = Some(said),
            HeadingLevel::H2 => {
                if let Some(before) = self.sections.last_mut() {
                    before.body.end = range.start;
                }
                self.sections.push(Section {
                    heading: said,
                    start: range.start,
                    body: range.end..end,
                    blocks: Vec::new(),
                });
            }
            _ => {}
        }
    }
}

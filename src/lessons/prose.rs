//! Markdown for readers: as HTML, and as lines for a terminal. Tags in the text are shown, not obeyed: a lesson may be anybody's.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use crate::report::human::wrapped;

/// Columns by which logs and listings stand in.
const INDENT: &str = "    ";

fn parser(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES)
}

/// As HTML.
pub fn to_html(markdown: &str) -> String {
    let mut is_refused = false;
    let events = parser(markdown).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        // Of addresses only those that lead somewhere by themselves; links stand in no links.
        Event::Start(Tag::Link { dest_url, .. }) if !is_plain(&dest_url) => {
            is_refused = true;
            Event::Start(Tag::Emphasis)
        }
        Event::End(TagEnd::Link) if std::mem::take(&mut is_refused) => Event::End(TagEnd::Emphasis),
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        event => event,
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

/// Neither a script nor data.
fn is_plain(address: &str) -> bool {
    ["https://", "http://", "#"]
        .iter()
        .any(|start| address.starts_with(start))
}

/// As lines of at most `width` columns; listings keep theirs.
pub fn to_text(markdown: &str, width: usize) -> String {
    let mut page = Page {
        width,
        ..Page::default()
    };
    parser(markdown).for_each(|event| page.take(event));
    page.lines.trim_end().to_owned()
}

#[derive(Default)]
struct Page {
    width: usize,
    lines: String,
    /// The paragraph that is being read.
    words: String,
    in_listing: bool,
    /// Items so far of each list that is open; `None` counts nothing.
    lists: Vec<Option<u64>>,
    /// A new item's mark, until its text comes.
    mark: Option<String>,
}

impl Page {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => self.in_listing = true,
            Event::End(TagEnd::CodeBlock) => {
                self.in_listing = false;
                self.lines.push('\n');
            }
            Event::Text(text) if self.in_listing => {
                for line in text.lines() {
                    self.lines.push_str(&format!("{INDENT}{line}\n"));
                }
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.words.push_str(&text);
            }
            Event::Code(text) => self.words.push_str(&format!("`{text}`")),
            Event::SoftBreak | Event::HardBreak => self.words.push(' '),
            Event::Start(Tag::List(first)) => {
                self.flush(false);
                self.lists.push(first);
            }
            Event::End(TagEnd::List(_)) => {
                self.lists.pop();
                self.lines.push('\n');
            }
            Event::Start(Tag::Item) => self.mark = Some(self.next_mark()),
            Event::End(TagEnd::Item | TagEnd::TableRow | TagEnd::TableHead) => self.flush(false),
            Event::End(TagEnd::TableCell) => self.words.push_str("  "),
            Event::End(TagEnd::Table) => self.lines.push('\n'),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_)) => {
                self.flush(self.lists.is_empty());
            }
            _ => {}
        }
    }

    fn next_mark(&mut self) -> String {
        match self.lists.last_mut() {
            Some(Some(next)) => {
                *next += 1;
                format!("{}. ", *next - 1)
            }
            _ => "* ".to_owned(),
        }
    }

    /// Ends a paragraph.
    fn flush(&mut self, is_apart: bool) {
        let words = std::mem::take(&mut self.words);
        let words = words.trim();
        if words.is_empty() {
            return;
        }
        let mark = self.mark.take();
        let depth = if self.lists.is_empty() { 0 } else { 2 };
        let indent = " ".repeat(depth * self.lists.len());
        let mut text = wrapped(self.width, words, &indent);
        if let Some(mark) = mark {
            let start = indent.len().saturating_sub(mark.len().min(indent.len()));
            text.replace_range(start..indent.len(), &mark);
        }
        self.lines.push_str(&text);
        self.lines.push_str(if is_apart { "\n\n" } else { "\n" });
    }
}

//! What is wrong with a scenario, all of it at once, each with its place and a way out.

use std::fmt;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::sources::{Place, Sources};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The scenario cannot be run.
    Error,
    /// It can, but check this before trusting the result.
    Warning,
}

/// One mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, without a final full stop.
    pub title: String,
    /// A few words beside the marked place.
    pub label: String,
    /// What to do.
    pub hint: Option<String>,
    /// The variant in which it is wrong, if the plain configuration is right.
    pub variant: Option<String>,
    pub(super) place: Place,
}

/// All mistakes of one scenario, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    pub(super) sources: Sources,
    items: Vec<Diagnostic>,
}

/// What makes one text of two.
pub type Pair = dyn Fn(&str, &str) -> String;

/// The words between which mistakes stand: a reader's language.
pub struct Frame {
    /// Before one that forbids a run.
    pub error: String,
    /// Before one that does not.
    pub warning: String,
    /// Before what to do.
    pub hint: String,
    /// What is wrong, and the variant in which it is.
    pub in_variant: Box<Pair>,
}

impl Default for Frame {
    fn default() -> Frame {
        Frame {
            error: "error".to_owned(),
            warning: "warning".to_owned(),
            hint: "hint".to_owned(),
            in_variant: Box::new(|title, variant| format!("{title} (in variant `{variant}`)")),
        }
    }
}

impl Diagnostic {
    pub(super) fn error(place: Place, title: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            title: title.into(),
            label: String::new(),
            hint: None,
            variant: None,
            place,
        }
    }

    pub(super) fn warning(place: Place, title: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::error(place, title)
        }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn maybe_hint(mut self, hint: Option<String>) -> Diagnostic {
        self.hint = hint.or(self.hint);
        self
    }
}

impl Diagnostics {
    pub(super) fn new(sources: Sources) -> Diagnostics {
        Diagnostics {
            sources,
            items: Vec::new(),
        }
    }

    /// Adds one, unless the same is already said of the same place (a variant repeats the mistakes of its baseline).
    pub(super) fn push(&mut self, item: Diagnostic) {
        let said = self
            .items
            .iter()
            .any(|other| other.place == item.place && other.title == item.title);
        if !said {
            self.items.push(item);
            self.items.sort_by_key(|item| (item.place, item.severity));
        }
    }

    /// Says of settings that another flag than `--set` brought where they come from.
    pub fn relabel(&mut self, settings: &[String], flag: &str) {
        self.sources.relabel(settings, flag);
    }

    /// The mistakes, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// Whether nothing is wrong, not even a warning.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many of them forbid a run.
    pub fn errors(&self) -> usize {
        self.items
            .iter()
            .filter(|item| item.severity == Severity::Error)
            .count()
    }

    /// File, line and column of a diagnostic.
    pub fn position(&self, item: &Diagnostic) -> (String, usize, usize) {
        let (line, column) = self.sources.line_column(item.place).unwrap_or((1, 1));
        let label = self
            .sources
            .find(item.place)
            .map_or(String::new(), |(source, _)| source.label.clone());
        (label, line, column)
    }

    /// All of them as text, in rustc's style.
    pub fn render(&self, colour: bool) -> String {
        self.framed(colour, &Frame::default())
    }

    /// The same between other words: what is wrong itself is said in English.
    pub fn framed(&self, colour: bool, frame: &Frame) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        }
        .decor_style(DecorStyle::Ascii)
        .term_width(100);
        let texts: Vec<String> = self
            .items
            .iter()
            .map(|item| self.render_one(item, &renderer, frame))
            .collect();
        texts.join("\n\n")
    }

    fn render_one(&self, item: &Diagnostic, renderer: &Renderer, frame: &Frame) -> String {
        let level = match item.severity {
            Severity::Error => Level::ERROR.with_name(frame.error.as_str()),
            Severity::Warning => Level::WARNING.with_name(frame.warning.as_str()),
        };
        let title = match &item.variant {
            Some(variant) => (frame.in_variant)(&item.title, variant),
            None => item.title.clone(),
        };
        let hint = |hint| Level::HELP.with_name(frame.hint.as_str()).message(hint);
        let Some((source, span)) = self.sources.find(item.place) else {
            let hints = item.hint.iter().map(|text| hint(text.as_str()));
            return renderer.render(&[level.primary_title(title).elements(hints)]);
        };
        // A flag has no lines: it is shown as it was typed.
        let (text, before) = source.typed().unwrap_or((source.text.clone(), 0));
        let span = span.start + before..span.end + before;
        let path = (before == 0).then_some(source.label.as_str());
        let annotation = AnnotationKind::Primary
            .span(span)
            .label(item.label.as_str());
        let snippet = Snippet::source(text).path(path).annotation(annotation);
        let mut group = level.primary_title(title).element(snippet);
        if let Some(text) = &item.hint {
            group = group.element(hint(text.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// "did you mean", where one of the known words is close enough.
pub(super) fn did_you_mean<'a>(
    found: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(found, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min()
        .map(|(_, word)| format!("did you mean `{word}`?"))
}

/// `a`, `b` and `c`, each in backticks.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "none".to_string(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

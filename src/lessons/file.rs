//! From Markdown to a [`Lesson`]: a title, and seven sections, each of which but the first has one fenced block.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::blocks::{Fix, Predict, Quiz, Reveal, Run, Teacher};
use super::cut::{Cut, Section};
use super::mistakes::{Mistake, Mistakes};
use super::places::Places;
use crate::report::words::Language;

/// A lesson takes no longer.
pub const MOST_MINUTES: u32 = 10;

/// The steps of a lesson, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A ticket and a log.
    Story,
    /// What do you think will happen?
    Predict,
    /// It happens.
    Run,
    /// What happened, beside what was thought.
    Reveal,
    /// Mend it.
    Fix,
    /// Explain it.
    Quiz,
    /// For whoever teaches it; students do not see it.
    Teacher,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Kind; 7] = [
        Kind::Story,
        Kind::Predict,
        Kind::Run,
        Kind::Reveal,
        Kind::Fix,
        Kind::Quiz,
        Kind::Teacher,
    ];

    /// The word behind the fence.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Story => "story",
            Kind::Predict => "predict",
            Kind::Run => "run",
            Kind::Reveal => "reveal",
            Kind::Fix => "fix",
            Kind::Quiz => "quiz",
            Kind::Teacher => "teacher",
        }
    }

    /// The story has no block.
    pub(super) fn of_fence(info: &str) -> Option<Kind> {
        let word = info.split_whitespace().next()?;
        let mut blocks = Kind::ALL.into_iter().skip(1);
        blocks.find(|kind| kind.name() == word)
    }
}

/// A lesson in one language.
#[derive(Clone, PartialEq, Debug)]
pub struct Lesson {
    /// Its folder's name: `02-four-slow-readers`.
    pub name: String,
    /// Of its words.
    pub language: Language,
    /// Its first heading.
    pub title: String,
    /// Seven, in order.
    pub steps: Vec<Step>,
    /// What is asked before.
    pub predict: Predict,
    /// What is played.
    pub run: Run,
    /// What it says.
    pub reveal: Reveal,
    /// What to mend.
    pub fix: Fix,
    /// What to explain.
    pub quiz: Quiz,
    /// For teachers.
    pub teacher: Teacher,
    file: String,
}

/// A section: its heading and its text around its block, as Markdown.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Which.
    pub kind: Kind,
    /// Its heading.
    pub heading: String,
    /// What stands before the block.
    pub before: String,
    /// What stands after it.
    pub after: String,
    /// The line on which the block's text begins; of the story, on which the section does.
    first_line: usize,
    toml: String,
    places: Places,
}

impl Lesson {
    /// Its number, from its name: 2 of `02-four-slow-readers`.
    pub fn number(&self) -> u32 {
        number(&self.name)
    }

    /// How long it takes: the sum of its steps.
    pub fn minutes(&self) -> u32 {
        self.teacher.step.iter().map(|step| step.minutes).sum()
    }

    /// A step.
    pub fn step(&self, kind: Kind) -> &Step {
        let mut steps = self.steps.iter();
        steps
            .find(|step| step.kind == kind)
            .expect("a lesson is only made with all its steps")
    }

    /// Something wrong with a key of a block.
    pub(super) fn mistake(&self, kind: Kind, path: &str, what: String) -> Mistake {
        let step = self.step(kind);
        Mistake {
            file: self.file.clone(),
            line: step.line_at(step.places.start(path)),
            key: format!("{}.{path}", kind.name()),
            what,
            hint: None,
        }
    }
}

impl Step {
    /// The line of the file on which a byte of the block's text stands.
    fn line_at(&self, at: usize) -> usize {
        self.first_line + self.toml[..at.min(self.toml.len())].matches('\n').count()
    }
}

/// The number at the beginning of a lesson's name; 0 where there is none.
pub(super) fn number(name: &str) -> u32 {
    let end = name
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(name.len());
    name[..end].parse().unwrap_or(0)
}

/// Reads a lesson; `file` is what mistakes call it.
///
/// # Errors
/// Everything that is wrong with its form. What it says of scenarios is looked at by [`super::check`].
pub fn parse(name: &str, language: Language, file: &str, text: &str) -> Result<Lesson, Mistakes> {
    let cut = Cut::of(text);
    let reader = Reader { file, text };
    let mut mistakes = Mistakes::default();
    let steps = reader.in_order(&cut, &mut mistakes);
    let title = cut.title.clone().unwrap_or_default();
    if title.is_empty() {
        let hint = "begin with a line `# …`";
        mistakes
            .0
            .push(reader.mistake(0, "", "the lesson has no title", Some(hint)));
    }
    let (predict, run, reveal) = (
        reader.block(&steps, Kind::Predict, &mut mistakes),
        reader.block(&steps, Kind::Run, &mut mistakes),
        reader.block(&steps, Kind::Reveal, &mut mistakes),
    );
    let (fix, quiz, teacher) = (
        reader.block(&steps, Kind::Fix, &mut mistakes),
        reader.block(&steps, Kind::Quiz, &mut mistakes),
        reader.block(&steps, Kind::Teacher, &mut mistakes),
    );
    let whole = (predict, run, reveal, fix, quiz, teacher);
    let (Some(predict), Some(run), Some(reveal), Some(fix), Some(quiz), Some(teacher)) = whole
    else {
        return Err(mistakes);
    };
    mistakes.unless(Lesson {
        name: name.to_owned(),
        language,
        title,
        steps,
        predict,
        run,
        reveal,
        fix,
        quiz,
        teacher,
        file: file.to_owned(),
    })
}

/// Reads sections, and says what is wrong with them.
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        1 + self.text[..at].matches('\n').count()
    }

    fn mistake(&self, at: usize, key: &str, what: &str, hint: Option<&str>) -> Mistake {
        Mistake {
            file: self.file.to_owned(),
            line: self.line(at),
            key: key.to_owned(),
            what: what.to_owned(),
            hint: hint.map(str::to_owned),
        }
    }

    /// The sections as steps; which are missing, too many or out of order is told.
    fn in_order(&self, cut: &Cut, mistakes: &mut Mistakes) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for section in &cut.sections {
            if let Some(second) = section.blocks.get(1) {
                let what = format!("a second block in one section: `{}`", second.kind.name());
                let hint = "each block has a section of its own, which begins with `## …`";
                let at = second.fences.start;
                mistakes.0.push(self.mistake(at, "", &what, Some(hint)));
            }
            let step = self.step(section);
            match steps.last() {
                Some(before) if before.kind >= step.kind => {
                    let (name, before) = (step.kind.name(), before.kind.name());
                    let what = format!("`{name}` comes after `{before}`");
                    let hint = "the order is story, predict, run, reveal, fix, quiz, teacher; only the story has no block";
                    let at = section.start;
                    mistakes.0.push(self.mistake(at, "", &what, Some(hint)));
                }
                _ => steps.push(step),
            }
        }
        for kind in Kind::ALL {
            if !steps.iter().any(|step| step.kind == kind) {
                let what = format!("there is no section `{}`", kind.name());
                let hint = match kind {
                    Kind::Story => {
                        "the first section (`## …`) has no block and tells the story".to_owned()
                    }
                    kind => format!(
                        "it is a `## …` with a block that is fenced by ```{}",
                        kind.name()
                    ),
                };
                let end = self.text.len();
                mistakes.0.push(self.mistake(end, "", &what, Some(&hint)));
            }
        }
        steps
    }

    fn step(&self, section: &Section) -> Step {
        let block = section.blocks.first();
        let body = section.body.clone();
        let (before, after) = match block {
            None => (body, self.text.len()..self.text.len()),
            Some(block) => (body.start..block.fences.start, block.fences.end..body.end),
        };
        let toml = block.map_or("", |block| &self.text[block.text.clone()]);
        Step {
            kind: block.map_or(Kind::Story, |block| block.kind),
            heading: section.heading.clone(),
            before: self.text[before].trim().to_owned(),
            after: self.text[after].trim().to_owned(),
            first_line: self.line(block.map_or(section.start, |block| block.text.start)),
            toml: toml.to_owned(),
            places: Places::of(toml),
        }
    }

    /// The block of a step; `None` where it is missing or wrong, which is told.
    fn block<T: DeserializeOwned>(
        &self,
        steps: &[Step],
        kind: Kind,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let step = steps.iter().find(|step| step.kind == kind)?;
        match toml::from_str(&step.toml) {
            Ok(block) => Some(block),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let key = step.places.key_at(at).unwrap_or_default();
                let dot = if key.is_empty() { "" } else { "." };
                mistakes.0.push(Mistake {
                    file: self.file.to_owned(),
                    line: step.line_at(at),
                    key: format!("{}{dot}{key}", kind.name()),
                    what: error.message().replace('\n', ", "),
                    hint: Some("docs/lessons.md has the keys of each block".to_owned()),
                });
                None
            }
        }
    }
}

//! The fenced blocks of a lesson, as their TOML says them. Facts are the same in every language; words (`says`, `ask`, `label`, …) are not.

use serde::Deserialize;

use super::file::Kind;
use super::series::Curve;

/// `predict`: what is asked before the run.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// One to three.
    pub question: Vec<Question>,
}

/// A question that the run answers.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name, for progress and for the reveal.
    pub id: String,
    /// In words.
    pub ask: String,
    /// What kind of answer it has.
    pub answer: Answer,
}

/// The kinds of answer, and how the run gives each.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// One of several; the run decides which.
    Choice(Vec<Choice>),
    /// A metric of the run.
    Number(Number),
    /// The smallest value of a key at which a condition holds.
    Limit(Limit),
    /// A curve over the time of the run.
    Line(Line),
}

/// One of several answers.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// In words.
    pub says: String,
    /// The condition under which it is right; exactly one of a question's holds.
    pub when: String,
}

/// A number to guess.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// A metric: `visitors.status.504`, or of a variant `buffered: proxy.spilled_bytes`.
    pub of: String,
    /// The least that can be guessed, in `unit`.
    pub low: f64,
    /// The most.
    pub high: f64,
    /// `ms`, `s`, `KiB`, `MiB`, `%`, or nothing for a count.
    #[serde(default)]
    pub unit: Unit,
}

/// In what a number is guessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Unit {
    /// A count.
    #[default]
    #[serde(rename = "")]
    Count,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Millis,
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// 1024 bytes.
    #[serde(rename = "KiB")]
    KiB,
    /// 1024 times as many.
    #[serde(rename = "MiB")]
    MiB,
    /// Hundredths.
    #[serde(rename = "%")]
    Percent,
}

impl Unit {
    /// As a guess ends.
    pub const fn text(self) -> &'static str {
        match self {
            Unit::Count => "",
            Unit::Millis => "ms",
            Unit::Seconds => "s",
            Unit::KiB => "KiB",
            Unit::MiB => "MiB",
            Unit::Percent => "%",
        }
    }

    /// How much one of it is in seconds, bytes or plain numbers.
    pub const fn size(self) -> f64 {
        match self {
            Unit::Count | Unit::Seconds => 1.0,
            Unit::Millis => 1e-3,
            Unit::KiB => 1024.0,
            Unit::MiB => 1_048_576.0,
            Unit::Percent => 0.01,
        }
    }
}

/// A limit to guess: how many it takes.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The key: `clients.slow.count`.
    pub vary: String,
    /// Its smallest value that is tried, and can be guessed.
    pub low: u64,
    /// Its largest.
    pub high: u64,
    /// Behind the number, as the file would write it: `KiB`, `s`, or nothing.
    #[serde(default)]
    pub unit: String,
    /// The condition that is looked for.
    pub until: String,
}

/// A curve to draw.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Of what.
    pub of: Curve,
    /// The upper end of the empty chart.
    pub high: f64,
    /// In which unit.
    #[serde(default)]
    pub unit: Unit,
}

/// `run`: what is played.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// A scenario of the binary, or a file beside the lesson (`site.toml`).
    pub scenario: String,
    /// Its variants that are played; the first is the one that is looked at.
    #[serde(default = "baseline_only")]
    pub variants: Vec<String>,
    /// Settings over it, as with `--set`.
    #[serde(default)]
    pub set: Vec<String>,
}

fn baseline_only() -> Vec<String> {
    vec![crate::plan::BASELINE.to_owned()]
}

/// `reveal`: what the run says, beside what was predicted.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// The curve that is shown first.
    pub look_at: Curve,
    /// Numbers worth seeing.
    pub row: Vec<Row>,
}

/// A number of the run.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// In words.
    pub label: String,
    /// The metric, as in [`Number::of`].
    pub of: String,
    /// What the simulator measures, as the text states it. `prove` holds it true.
    pub sim: String,
}

/// `fix`: something to mend.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// In words.
    pub ask: String,
    /// The condition that shall hold.
    pub until: String,
    /// How many knobs may be turned.
    pub most: usize,
    /// What may be turned: one to three.
    pub knob: Vec<Knob>,
    /// Ways that work; each with what it costs.
    pub solution: Vec<Solution>,
    /// Ways that look as if they worked.
    #[serde(default)]
    pub trap: Vec<Trap>,
    /// What every attempt costs, measured.
    #[serde(default)]
    pub price: Vec<Price>,
}

/// The value of a knob that the scenario does not set.
pub(super) const UNSET: &str = "-";

/// A key and the values that it can be given.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knob {
    /// Dotted: `backend.workers`.
    pub key: String,
    /// What it is called.
    pub label: String,
    /// As the file would write them, in order.
    pub values: Vec<String>,
    /// The one that it has; `-` if the scenario does not set it, and then only that one can be `-`.
    pub now: String,
}

/// A way that works.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Solution {
    /// `key=value`, at most as many as the fix allows.
    pub set: Vec<String>,
    /// What it costs, in words.
    pub price: String,
}

/// A way that does not.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trap {
    /// `key=value`.
    pub set: Vec<String>,
    /// Why not.
    pub why: String,
}

/// A number that tells what an attempt costs.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// In words.
    pub label: String,
    /// The metric.
    pub of: String,
}

/// `quiz`: what can be explained now.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quiz {
    /// Usually three.
    pub question: Vec<QuizQuestion>,
}

/// A question whose answer needs the picture.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuizQuestion {
    /// In words.
    pub ask: String,
    /// To choose from.
    pub options: Vec<String>,
    /// Which is right, from 1.
    pub right: usize,
    /// Why, and where one sees it.
    pub because: String,
}

/// `teacher`: for whoever teaches it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teacher {
    /// A note per step, with its time.
    pub step: Vec<TeacherStep>,
    /// What classes get wrong.
    #[serde(default)]
    pub wrong: Vec<Wrong>,
    /// What to show in a terminal beside it.
    #[serde(default)]
    pub command: Vec<TeacherCommand>,
}

/// What to do in a step, and how long it takes.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherStep {
    /// Which.
    pub of: Kind,
    /// Whole ones.
    pub minutes: u32,
    /// What to say and do.
    pub note: String,
}

/// What is got wrong.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrong {
    /// What they say.
    pub says: String,
    /// What to answer.
    pub answer: String,
}

/// A command for the terminal beside the lesson; `slowlab stage` prints it with the numbers filled in.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeacherCommand {
    /// The command line.
    pub run: String,
    /// What one sees.
    pub shows: String,
}

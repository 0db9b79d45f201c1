//! The page itself: what its template and its script get.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{grid, picture};
use crate::lessons::judge::{CLOSE_WITHIN, RIGHT_WITHIN};
use crate::lessons::{Answer, Folder, Kind, Lesson, PlayError, to_html};
use crate::report::html::{FONT, HtmlError, in_script, strips, strips_style};
use crate::report::words::Words;
use crate::units::trimmed;

const TEMPLATE: &str = include_str!("lesson.html.jinja");
const CSS: &str = include_str!("lesson.css");
/// The page's script.
const SCRIPT: &str = include_str!("lesson.js");

/// What the script says: messages, and the arguments that it fills in.
const SAYS: [(&str, &[&str]); 23] = [
    ("lesson-you", &[]),
    ("lesson-simulated", &[]),
    ("lesson-right", &[]),
    ("lesson-close", &[]),
    ("lesson-far", &[]),
    ("lesson-lock", &[]),
    ("lesson-lock-first", &[]),
    ("lesson-go-on", &[]),
    ("lesson-try", &[]),
    ("lesson-holds", &["measured"]),
    ("lesson-holds-not", &["measured"]),
    ("lesson-too-many-knobs", &["asked", "most"]),
    ("lesson-unplayable", &[]),
    ("lesson-price", &[]),
    ("lesson-show-answers", &[]),
    ("lesson-quiz-right", &[]),
    ("lesson-quiz-wrong", &["right"]),
    ("lesson-most", &["most"]),
    ("lesson-before", &[]),
    ("lesson-after", &[]),
    ("lesson-done", &["near", "asked", "explained", "questions"]),
    ("lesson-progress-other", &[]),
    ("lesson-knob-now", &["now"]),
];

/// A page, and what it may do: run its one script and show its own style, nothing else.
#[derive(Clone, Debug)]
pub struct Page {
    /// The whole file.
    pub html: String,
    /// Its content security policy, which also stands in it.
    pub policy: String,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The lesson's run cannot be played.
    #[error(transparent)]
    Play(#[from] PlayError),
    /// The template failed.
    #[error("a lesson's template failed: {0:#}\nhint: please report this as a bug")]
    Template(#[from] minijinja::Error),
    /// That of the lanes.
    #[error(transparent)]
    Lanes(#[from] HtmlError),
}

/// Whether teachers' notes are in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum For {
    /// No notes.
    Students,
    /// With notes.
    Teachers,
    /// A page of the server's: with notes, and a way back to the lessons.
    Server,
}

/// What the template gets.
#[derive(Serialize)]
struct Sheet<'a> {
    lang: &'static str,
    title: &'a str,
    heading: String,
    minutes: u32,
    policy: String,
    css: Value,
    script: Value,
    data: Value,
    steps: Vec<Section>,
    questions: Vec<Asked>,
    rows: &'a [(String, String)],
    /// Who had the workers, variant by variant.
    lanes: Value,
    curves: Value,
    fix: Fix<'a>,
    quiz: Vec<Quiz<'a>>,
    teacher: Option<Notes<'a>>,
    /// The address of the lessons, where the page is served.
    home: Option<Value>,
    run_told: String,
    turn: String,
}

#[derive(Serialize)]
struct Section {
    name: &'static str,
    heading: String,
    before: Value,
    after: Value,
}

#[derive(Serialize)]
struct Asked {
    id: String,
    ask: String,
    kind: &'static str,
    options: Vec<String>,
    low: String,
    high: String,
    unit: String,
    truth: String,
}

#[derive(Serialize)]
struct Fix<'a> {
    ask: &'a str,
    until: &'a str,
    knobs: Vec<(&'a str, &'a str, &'a [String], &'a str)>,
    solutions: Vec<(String, &'a str)>,
    traps: Vec<(String, &'a str)>,
}

#[derive(Serialize)]
struct Quiz<'a> {
    ask: &'a str,
    options: &'a [String],
    right: &'a str,
    because: &'a str,
}

#[derive(Serialize)]
struct Notes<'a> {
    steps: Vec<(&'static str, u32, Value)>,
    wrong: Vec<(&'a str, &'a str)>,
    commands: Vec<(&'a str, &'a str)>,
}

/// Computes and writes a page.
///
/// # Errors
/// A run that cannot be played; a template that fails.
pub fn page(
    lesson: &Lesson,
    folder: &Folder,
    whom: For,
    words: &'static Words,
) -> Result<Page, PageError> {
    let answers = grid::answers(lesson, folder)?;
    let attempts = grid::grid(lesson, folder, words);
    let policy = policy();
    let data = data(lesson, &answers, &attempts, words);
    let number = lesson.number().to_string();
    let heading = [("number", &*number), ("title", &*lesson.title)];
    let mut played = answers.run.variants.iter();
    let first = played.next().map(|first| first.plan.variant.as_str());
    let of = first.filter(|_| played.next().is_some());
    let curves = picture::curves(lesson.reveal.look_at, (&answers.series, of), words);
    let sheet = Sheet {
        lang: lesson.language.code(),
        title: &lesson.title,
        heading: words.tell("lesson-heading", &heading),
        minutes: lesson.minutes(),
        policy: policy.clone(),
        css: Value::from_safe_string(style()),
        script: Value::from_safe_string(SCRIPT.to_owned()),
        data: Value::from_safe_string(in_script(&data.to_string())),
        steps: sections(lesson),
        questions: questions(lesson, &answers),
        rows: &answers.rows,
        lanes: Value::from_safe_string(strips(&answers.run, words)?),
        curves: Value::from_safe_string(curves),
        fix: fix(lesson),
        quiz: quiz(lesson),
        teacher: (whom != For::Students).then(|| notes(lesson)),
        home: (whom == For::Server).then(|| home(words)),
        run_told: words.tell("lesson-run-told", &[("scenario", &lesson.run.scenario)]),
        turn: words.say("lesson-knobs", [("most", lesson.fix.most.into())]),
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_function("t", move |message: String| words.say(&message, []));
    let html = environment.render_str(TEMPLATE, Serde(sheet))?;
    Ok(Page { html, policy })
}

/// The style, with the charts' font for laptops that have none with Hangul in it.
fn style() -> String {
    let font = STANDARD.encode(FONT);
    format!(
        "@font-face {{ font-family: \"slowlab\"; src: url(data:font/woff2;base64,{font}) format(\"woff2\"); }}\n{}{CSS}",
        strips_style()
    )
}

/// The address of the list of lessons.
fn home(words: &Words) -> Value {
    Value::from_safe_string(format!("/lessons?lang={}", words.language().code()))
}

/// Only this script, whose text is known.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    format!(
        "default-src 'none'; script-src 'sha256-{hash}'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )
}

fn html(markdown: &str) -> Value {
    Value::from_safe_string(to_html(markdown))
}

fn sections(lesson: &Lesson) -> Vec<Section> {
    let steps = lesson
        .steps
        .iter()
        .filter(|step| step.kind != Kind::Teacher);
    steps
        .map(|step| Section {
            name: step.kind.name(),
            heading: step.heading.clone(),
            before: html(&step.before),
            after: html(&step.after),
        })
        .collect()
}

fn questions(lesson: &Lesson, answers: &grid::Answers) -> Vec<Asked> {
    let questions = lesson.predict.question.iter().zip(&answers.truths);
    questions
        .map(|(question, truth)| {
            let (low, high, unit) = match &question.answer {
                Answer::Choice(choices) => (1.0, choices.len() as f64, String::new()),
                Answer::Number(number) => (number.low, number.high, number.unit.text().to_owned()),
                Answer::Limit(limit) => (limit.low as f64, limit.high as f64, limit.unit.clone()),
                Answer::Line(line) => (0.0, line.high, line.unit.text().to_owned()),
            };
            let options = match &question.answer {
                Answer::Choice(choices) => choices.iter().map(|one| one.says.clone()).collect(),
                _ => Vec::new(),
            };
            let truth = match truth {
                grid::Told::Choice(index) => options[*index].clone(),
                grid::Told::Number { text, .. } => text.clone(),
                grid::Told::Line(values) => {
                    let values: Vec<String> = values.iter().map(|value| trimmed(*value)).collect();
                    values.join(" · ")
                }
            };
            Asked {
                id: question.id.clone(),
                ask: question.ask.clone(),
                kind: grid::kind(&question.answer),
                options,
                low: trimmed(low),
                high: trimmed(high),
                unit,
                truth,
            }
        })
        .collect()
}

fn fix(lesson: &Lesson) -> Fix<'_> {
    let fix = &lesson.fix;
    let knobs = fix.knob.iter();
    Fix {
        ask: &fix.ask,
        until: &fix.until,
        knobs: knobs
            .map(|knob| (&*knob.key, &*knob.label, &*knob.values, &*knob.now))
            .collect(),
        solutions: (fix.solution.iter())
            .map(|one| (one.set.join(" "), &*one.price))
            .collect(),
        traps: (fix.trap.iter())
            .map(|one| (one.set.join(" "), &*one.why))
            .collect(),
    }
}

fn quiz(lesson: &Lesson) -> Vec<Quiz<'_>> {
    let questions = lesson.quiz.question.iter();
    questions
        .map(|one| Quiz {
            ask: &one.ask,
            options: &one.options,
            right: &one.options[one.right - 1],
            because: &one.because,
        })
        .collect()
}

fn notes(lesson: &Lesson) -> Notes<'_> {
    let teacher = &lesson.teacher;
    Notes {
        steps: (teacher.step.iter())
            .map(|step| (step.of.name(), step.minutes, html(&step.note)))
            .collect(),
        wrong: (teacher.wrong.iter())
            .map(|one| (&*one.says, &*one.answer))
            .collect(),
        commands: (teacher.command.iter())
            .map(|one| (&*one.run, &*one.shows))
            .collect(),
    }
}

/// What the script gets.
fn data(
    lesson: &Lesson,
    answers: &grid::Answers,
    attempts: &std::collections::BTreeMap<String, grid::Attempt>,
    words: &Words,
) -> serde_json::Value {
    let mut said: serde_json::Map<String, serde_json::Value> = (SAYS.iter())
        .map(|(message, arguments)| {
            let blanks: Vec<(&str, String)> = (arguments.iter())
                .map(|name| (*name, format!("{{{name}}}")))
                .collect();
            let blanks: Vec<(&str, &str)> = (blanks.iter())
                .map(|(name, blank)| (*name, blank.as_str()))
                .collect();
            ((*message).to_owned(), words.tell(message, &blanks).into())
        })
        .collect();
    let curve = format!("lesson-curve-{}", lesson.reveal.look_at.name());
    said.insert(curve.clone(), words.say(&curve, []).into());
    let quiz: Vec<(usize, &str)> = (lesson.quiz.question.iter())
        .map(|one| (one.right, one.because.as_str()))
        .collect();
    let knobs: Vec<(&str, &[String], &str)> = (lesson.fix.knob.iter())
        .map(|knob| (&*knob.key, &*knob.values, &*knob.now))
        .collect();
    serde_json::json!({
        "name": lesson.name,
        "truths": answers.truths,
        "within": [RIGHT_WITHIN, CLOSE_WITHIN],
        "span_s": answers.span_s,
        "series": answers.series,
        "look_at": lesson.reveal.look_at,
        "knobs": knobs,
        "most": lesson.fix.most,
        "attempts": attempts,
        "quiz": quiz,
        "words": said,
    })
}

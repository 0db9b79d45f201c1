//! Attempts at the repair: played, judged by the engine of expectations, priced.

use super::Lesson;
use super::blocks::{Fix, Knob};
use super::folder::Folder;
use super::judge::holds_in;
use super::play::{PlayError, Played, plan, play, value};
use crate::record::summary::Verdict;
use crate::report::words::Words;

/// What came of an attempt.
#[derive(Clone, PartialEq, Debug)]
pub struct Mended {
    /// Whether the condition holds now.
    pub holds: bool,
    /// What was measured, in the words of whoever asks.
    pub measured: String,
    /// What it costs, measured: label and number, which is a dash where there is none.
    pub prices: Vec<(String, String)>,
    /// What the lesson says of just this: the price of a solution, or why it is none.
    pub says: Option<String>,
    /// The run.
    pub played: Played,
}

/// Plays a lesson with these settings (`key=value`) over it and judges it.
///
/// # Errors
/// A setting that is none, more knobs than the lesson allows, a key that it does not name, a value that cannot be played.
pub fn mend(
    lesson: &Lesson,
    folder: &Folder,
    set: &[String],
    words: &Words,
) -> Result<Mended, PlayError> {
    let fix = &lesson.fix;
    let turned = turned(fix, set, words)?;
    let one = [crate::plan::BASELINE.to_owned()];
    let plan = plan(&lesson.run, &one, folder, &turned)?;
    let played = play(&plan)?;
    let (verdict, measured) = holds_in(&fix.until, &played.summary, words);
    let prices = fix.price.iter().map(|price| {
        let number = value(&played.summary, &price.of);
        let text = number.map_or_else(|_| "–".to_owned(), |number| number.text);
        (price.label.clone(), text)
    });
    Ok(Mended {
        holds: verdict == Verdict::Held,
        measured,
        prices: prices.collect(),
        says: said_of(fix, &turned),
        played,
    })
}

/// The settings that change something.
fn turned(fix: &Fix, set: &[String], words: &Words) -> Result<Vec<String>, PlayError> {
    let refuse = |message: &str, arguments: &[(&str, &str)]| {
        PlayError::NoNumber(words.tell(message, arguments))
    };
    let mut turned: Vec<String> = Vec::new();
    for setting in set {
        let Some((key, value)) = setting.split_once('=') else {
            return Err(refuse("lesson-no-setting", &[("text", setting)]));
        };
        let (key, value) = (key.trim(), value.trim());
        let Some(knob) = knob(fix, key) else {
            let keys: Vec<&str> = fix.knob.iter().map(|knob| knob.key.as_str()).collect();
            let keys = keys.join(", ");
            return Err(refuse("lesson-no-knob", &[("key", key), ("keys", &keys)]));
        };
        let before = format!("{key}=");
        turned.retain(|other| !other.starts_with(&before));
        if !same(value, &knob.now) {
            turned.push(format!("{key}={value}"));
        }
    }
    if turned.len() > fix.most {
        let (most, asked) = (fix.most.to_string(), turned.len().to_string());
        let arguments = [("most", &*most), ("asked", &*asked)];
        return Err(refuse("lesson-too-many-knobs", &arguments));
    }
    Ok(turned)
}

/// The knob of a key.
fn knob<'a>(fix: &'a Fix, key: &str) -> Option<&'a Knob> {
    fix.knob.iter().find(|knob| knob.key == key)
}

/// `on` and `true` are the same.
fn same(a: &str, b: &str) -> bool {
    let plain = |text: &str| match text {
        "on" => "true".to_owned(),
        "off" => "false".to_owned(),
        other => other.trim_matches('"').to_owned(),
    };
    plain(a) == plain(b)
}

/// What the lesson says of these settings, in whatever order they come.
fn said_of(fix: &Fix, turned: &[String]) -> Option<String> {
    let is = |set: &[String]| {
        let has = |setting: &String| turned.iter().any(|other| same_setting(setting, other));
        set.len() == turned.len() && set.iter().all(has)
    };
    let mut solutions = fix.solution.iter();
    let mut traps = fix.trap.iter();
    let price = solutions.find(|solution| is(&solution.set));
    let why = traps.find(|trap| is(&trap.set));
    let price = price.map(|solution| &solution.price);
    price.or(why.map(|trap| &trap.why)).cloned()
}

fn same_setting(a: &str, b: &str) -> bool {
    match (a.split_once('='), b.split_once('=')) {
        (Some((key, value)), Some((other, its))) => {
            key.trim() == other.trim() && same(value.trim(), its.trim())
        }
        _ => false,
    }
}

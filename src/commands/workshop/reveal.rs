//! The reveal: what was guessed beside what happened, numbers, and curves as bars of characters.

use super::ask::range;
use super::page::{Page, WIDTH};
use crate::lessons::{
    Answer, Curve, Folder, Grade, Guess, Lesson, Played, Question, Series, Truth, grade, truth,
    value,
};
use crate::record::summary::Summary;
use crate::report::human;
use crate::units::{human_bytes, trimmed};

/// Heights of a bar.
const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Shows each guess beside the truth; how many were right or close.
///
/// # Errors
/// A run that does not answer a question; those of writing.
pub(super) fn guesses(
    (lesson, folder): (&Lesson, &Folder),
    guesses: &[Guess],
    (played, lab): (&Played, Option<&Summary>),
    page: &mut Page<'_>,
) -> anyhow::Result<usize> {
    let mut near = 0;
    for (question, guess) in lesson.predict.question.iter().zip(guesses) {
        let truth = truth(question, played, (&lesson.run, folder))?;
        let grade = grade(guess, &truth, range(&question.answer));
        near += usize::from(grade > Grade::Far);
        page.say(&question.ask)?;
        let graded = page.words.tell("lesson-grade", &[("grade", grade.name())]);
        let guessed = format!("{} ({graded})", guessed(question, guess));
        side("lesson-you", &guessed, page)?;
        side("lesson-simulated", &told(question, &truth), page)?;
        if let (Answer::Number(number), Some(lab)) = (&question.answer, lab) {
            side("lesson-on-sockets", &value(lab, &number.of)?.text, page)?;
        }
        writeln!(page.out)?;
    }
    Ok(near)
}

/// One side of the comparison, behind who it is from.
fn side(who: &str, text: &str, page: &mut Page<'_>) -> std::io::Result<()> {
    let who = page.words.say(who, []);
    let pad = " ".repeat(14_usize.saturating_sub(human::columns(&who)));
    writeln!(page.out, "    {who}{pad}{text}")
}

fn guessed(question: &Question, guess: &Guess) -> String {
    match (&question.answer, guess) {
        (Answer::Choice(choices), Guess::Choice(index)) => choices[*index].says.clone(),
        (Answer::Line(line), Guess::Line(values)) => bar(values, line.high),
        (Answer::Number(number), Guess::Number(value)) => {
            let text = format!("{} {}", trimmed(*value), number.unit.text());
            text.trim_end().to_owned()
        }
        (_, Guess::Number(value)) => trimmed(*value),
        _ => String::new(),
    }
}

fn told(question: &Question, truth: &Truth) -> String {
    match (&question.answer, truth) {
        (Answer::Choice(choices), Truth::Choice(index)) => choices[*index].says.clone(),
        (Answer::Line(line), Truth::Line(values)) => {
            let numbers: Vec<String> = values.iter().map(|value| trimmed(*value)).collect();
            format!("{}  ({})", bar(values, line.high), numbers.join(" "))
        }
        (_, Truth::Number { text, .. }) => text.clone(),
        _ => String::new(),
    }
}

/// The lesson's numbers, and on real sockets the same beside them.
///
/// # Errors
/// A number that was not measured; those of writing.
pub(super) fn rows(
    lesson: &Lesson,
    (played, lab): (&Played, Option<&Summary>),
    page: &mut Page<'_>,
) -> anyhow::Result<()> {
    for row in &lesson.reveal.row {
        let simulated = value(&played.summary, &row.of)?.text;
        let beside = match lab {
            None => String::new(),
            Some(lab) => {
                let on_sockets = page.words.say("lesson-on-sockets", []);
                format!(" ({on_sockets}: {})", value(lab, &row.of)?.text)
            }
        };
        // The number stands before its words, and these under themselves.
        let indent = " ".repeat(16);
        let mut text = human::wrapped(WIDTH, &format!("{}{beside}", row.label), &indent);
        text.replace_range(..indent.len(), &format!("{simulated:>14}  "));
        writeln!(page.out, "{text}")?;
    }
    writeln!(page.out)?;
    Ok(())
}

/// The curves of a variant, that one first which the lesson looks at; those that stay at nothing are left out.
///
/// # Errors
/// Those of writing.
pub(super) fn curves(look_at: Curve, series: &Series, page: &mut Page<'_>) -> std::io::Result<()> {
    let others = Curve::ALL.into_iter().filter(|curve| *curve != look_at);
    for curve in [look_at].into_iter().chain(others) {
        let values = series.curves.get(&curve).map_or(&[][..], Vec::as_slice);
        let most = values.iter().copied().fold(0.0, f64::max);
        if most == 0.0 && curve != look_at {
            continue;
        }
        let label = page
            .words
            .say(&format!("lesson-curve-{}", curve.name()), []);
        let most_text = match curve {
            Curve::ProxyBytes => human_bytes(most as u64),
            _ => trimmed(most),
        };
        let most_text = page.words.tell("lesson-most", &[("most", &most_text)]);
        writeln!(page.out, "    {label} ({most_text})")?;
        let end = format!("{} s", trimmed(series.step_s * values.len() as f64));
        let room = WIDTH - 12 - end.len();
        writeln!(
            page.out,
            "    0 {} {end}",
            bar(&thinned(values, room), most)
        )?;
    }
    writeln!(page.out)
}

/// At most so many values, each the most of those that it stands for.
fn thinned(values: &[f64], room: usize) -> Vec<f64> {
    let each = values.len().div_ceil(room).max(1);
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    values.chunks(each).map(most).collect()
}

/// A bar per value.
fn bar(values: &[f64], most: f64) -> String {
    let height = |value: &f64| match (*value / most.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0) {
        share if share <= 0.0 => ' ',
        share => EIGHTHS[((share * 8.0).ceil() as usize).clamp(1, 8) - 1],
    };
    values.iter().map(height).collect()
}

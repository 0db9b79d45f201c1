//! The repair: attempts as `key=value`, each played and judged.

use super::page::Page;
use crate::lessons::{Folder, Lesson, mend};

/// At which attempt it held; 0 if it was given up.
///
/// # Errors
/// The input ends.
pub(super) fn attempts(
    (lesson, folder): (&Lesson, &Folder),
    page: &mut Page<'_>,
) -> anyhow::Result<usize> {
    let fix = &lesson.fix;
    page.say(&fix.ask)?;
    page.indented(&format!("{}\n", fix.until))?;
    let turn = page.words.say("lesson-knobs", [("most", fix.most.into())]);
    page.say(&turn)?;
    for knob in &fix.knob {
        let now = page.words.tell("lesson-knob-now", &[("now", &knob.now)]);
        let values = knob.values.join(" ");
        let values = page
            .words
            .tell("lesson-knob-values", &[("values", &values)]);
        page.indented(&format!("{} ({now}; {values}): {}", knob.key, knob.label))?;
    }
    let prompt = page.words.say("lesson-fix-input", []);
    let mut count = 0;
    loop {
        writeln!(page.out)?;
        let text = page.answer(&prompt)?;
        if text.is_empty() {
            count = 0;
            break;
        }
        count += 1;
        let set: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if attempt((lesson, folder), &set, page)? {
            let attempts = count.to_string();
            page.tell("lesson-mended", &[("attempts", &attempts)])?;
            break;
        }
    }
    answers(lesson, page)?;
    Ok(count)
}

/// Whether it holds. What cannot be played is said, and is an attempt like another.
fn attempt(
    (lesson, folder): (&Lesson, &Folder),
    set: &[String],
    page: &mut Page<'_>,
) -> anyhow::Result<bool> {
    let mended = match mend(lesson, folder, set, page.words) {
        Ok(mended) => mended,
        Err(error) => {
            page.say(&error.to_string())?;
            return Ok(false);
        }
    };
    let message = match mended.holds {
        true => "lesson-holds",
        false => "lesson-holds-not",
    };
    page.tell(message, &[("measured", &mended.measured)])?;
    for (label, number) in &mended.prices {
        page.indented(&format!("{label}: {number}"))?;
    }
    if let Some(says) = &mended.says {
        page.indented(says)?;
    }
    Ok(mended.holds)
}

/// Every way that works, and those that do not.
fn answers(lesson: &Lesson, page: &mut Page<'_>) -> anyhow::Result<()> {
    writeln!(page.out)?;
    page.tell("lesson-solutions", &[])?;
    for solution in &lesson.fix.solution {
        page.indented(&format!("{}: {}", solution.set.join(" "), solution.price))?;
    }
    if !lesson.fix.trap.is_empty() {
        page.tell("lesson-traps", &[])?;
    }
    for trap in &lesson.fix.trap {
        page.indented(&format!("{}: {}", trap.set.join(" "), trap.why))?;
    }
    Ok(())
}

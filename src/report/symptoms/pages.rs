//! A symptom for readers: the index, one entry, and docs/symptoms.md.

use std::fmt::Write as _;

use super::{Line, SYMPTOMS, Said, Symptom};
use crate::report::human;
use crate::report::words::Words;

/// Where titles of other symptoms begin.
const OTHERS: usize = 28;

/// Every symptom by its name, `width` columns wide, ending in a line break.
pub fn index(words: &Words, width: usize) -> String {
    let longest = SYMPTOMS.iter().map(|symptom| symptom.key.len()).max();
    let column = longest.unwrap_or(0) + 2;
    let indent = " ".repeat(column);
    let room = width.max(column + 20) - column;
    let mut text = String::new();
    for symptom in &SYMPTOMS {
        let title = filled(&title(symptom, words), room, &indent);
        let _ = writeln!(text, "{:column$}{}", symptom.key, title.trim_start());
    }
    text
}

/// A line for each of these, `width` columns wide, ending in a line break.
pub fn others(symptoms: &[&Symptom], words: &Words, width: usize) -> String {
    let indent = " ".repeat(OTHERS);
    let line = |symptom: &&Symptom| {
        let title = filled(
            &title(symptom, words),
            width.max(OTHERS + 20) - OTHERS,
            &indent,
        );
        let key = format!("  {}", symptom.key);
        format!("{key:OTHERS$}{}\n", title.trim_start())
    };
    symptoms.iter().map(line).collect()
}

/// All of a symptom, `width` columns wide, ending in a line break.
pub fn entry(symptom: &Symptom, words: &Words, width: usize) -> String {
    let mut text = format!("{}\n", title(symptom, words));
    let _ = writeln!(text, "\n{}", words.say("symptom-log", []));
    if symptom.lines.is_empty() {
        let _ = writeln!(text, "  {}", words.say("symptom-nothing-logged", []));
    }
    for line in symptom.lines {
        let _ = writeln!(text, "  {:<12}{}", line.log.name(), line.shown());
    }
    for (heading, part) in [("symptom-truth", "truth"), ("symptom-cure", "cure")] {
        let sentence = words.say(&format!("symptom-{}.{part}", symptom.key), []);
        let sentence = filled(&sentence, width.clamp(40, 100) - 2, "  ");
        let _ = writeln!(text, "\n{}\n{sentence}", words.say(heading, []));
    }
    let _ = writeln!(text, "\n{}", words.say("symptom-shown-by", []));
    for [scenario, variant] in symptom.shown_by {
        let _ = writeln!(text, "  slowlab run {scenario} --engine sim   ({variant})");
    }
    text
}

/// What the logs of a run said and what happened, `width` columns wide, ending in a line break; empty where there is nothing to say.
pub fn text(said: &[Said], words: &Words, width: usize) -> String {
    if said.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", words.say("symptom-heading", []));
    for one in said {
        let _ = writeln!(text, "  {}", title(one.symptom, words));
        for line in &one.lines {
            let count = match line.count {
                0 | 1 => String::new(),
                count => format!(" (×{count})"),
            };
            let _ = writeln!(text, "    {:<12}{}{count}", line.log.name(), line.text);
        }
        for part in ["truth", "cure"] {
            let sentence = words.say(&format!("symptom-{}.{part}", one.symptom.key), []);
            let heading = words.say(&format!("symptom-{part}"), []);
            let _ = writeln!(
                text,
                "{}",
                filled(
                    &format!("{heading}: {sentence}"),
                    width.clamp(60, 140) - 4,
                    "    "
                )
            );
        }
    }
    text
}

/// The title, as it stands in the index.
pub fn title(symptom: &Symptom, words: &Words) -> String {
    words.say(&format!("symptom-{}", symptom.key), [])
}

/// Lines of so many columns, each behind `indent`.
fn filled(text: &str, width: usize, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && human::columns(&line) + 1 + human::columns(word) > width {
            lines.push(format!("{indent}{line}"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(format!("{indent}{line}"));
    lines.join("\n")
}

const OPENING: &str = "# Symptoms

What the logs say, and what happened. The lines are those of nginx 1.22.1 and gunicorn 27 (`scripts/symptoms` asks them). `slowlab symptom \"upstream timed out\"` finds an entry by its
words, and `slowlab symptom` lists them all.

Made by `tests/screens` from [the table](../src/report/symptoms/table.rs): `SLOWLAB_BLESS=1 cargo test --test screens`.
";

/// docs/symptoms.md.
pub fn markdown(words: &Words) -> String {
    let mut page = OPENING.to_owned();
    page.push_str("\n| symptom | in a log |\n|---|---|\n");
    for symptom in &SYMPTOMS {
        let first = symptom.lines.first().map(Line::shown);
        let first = first.map_or("nothing".to_owned(), |line| format!("`{line}`"));
        let _ = writeln!(
            page,
            "| [{}](#{}) | {first} |",
            title(symptom, words),
            symptom.key
        );
    }
    for symptom in &SYMPTOMS {
        section(&mut page, symptom, words);
    }
    page
}

fn section(page: &mut String, symptom: &Symptom, words: &Words) {
    let say = |part: &str| words.say(&format!("symptom-{}.{part}", symptom.key), []);
    let _ = write!(
        page,
        "\n## {}\n\n{}.\n\n",
        symptom.key,
        title(symptom, words)
    );
    if !symptom.lines.is_empty() {
        page.push_str("```text\n");
        for line in symptom.lines {
            let _ = writeln!(page, "{:<12}{}", line.log.name(), line.shown());
        }
        page.push_str("```\n\n");
    }
    let _ = write!(
        page,
        "**What happened:** {}\n\n**What cures it:** {}\n\n",
        say("truth"),
        say("cure")
    );
    let played = symptom.shown_by.iter();
    let played: Vec<String> = played
        .map(|[scenario, variant]| {
            format!("[`{scenario}`](../scenarios/{scenario}.toml), {variant}")
        })
        .collect();
    let kinds = symptom.kinds.iter().map(|kind| format!("`{kind}`"));
    let kinds: Vec<String> = kinds.collect();
    let found = match kinds.is_empty() {
        true => String::new(),
        false => format!("; found as {}", kinds.join(", ")),
    };
    let _ = writeln!(page, "**Played by:** {}{found}", played.join("; "));
}

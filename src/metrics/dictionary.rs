//! The table for people: what can be named, in which unit, and what it means.

use super::{Allowed, Each, Entry, entries};

/// The dictionary as a Markdown table.
pub fn markdown() -> String {
    let mut text = "| metric | unit | meaning | in `compare` |\n|---|---|---|---|\n".to_owned();
    for entry in entries() {
        let row = format!(
            "| `{}` | {} | {} | {} |\n",
            entry.shape(),
            entry.unit.words(),
            entry.meaning,
            compared(entry)
        );
        text.push_str(&row);
    }
    text.push('\n');
    for (placeholder, words) in placeholders() {
        text.push_str(&format!("* `<{placeholder}>`: {words}\n"));
    }
    text
}

/// Terminals narrower than this have meanings below their metrics.
const WIDE: usize = 110;

/// The dictionary: a line per entry, then what stands for what. On a terminal of so many columns meanings are folded.
pub fn text(columns: Option<usize>) -> String {
    let told = |head: String, meaning: &str| match columns {
        None => format!("{head}{meaning}\n"),
        Some(columns) if columns < WIDE => {
            let below = folded(meaning, columns.max(20) - 4, "    ");
            format!("{}\n    {below}\n", head.trim_end())
        }
        Some(columns) => {
            let indent = " ".repeat(head.len());
            format!("{head}{}\n", folded(meaning, columns - head.len(), &indent))
        }
    };
    let width = entries().map(|entry| entry.shape().len()).max();
    let width = width.unwrap_or(0);
    let lines = entries().map(|entry| {
        let (shape, unit) = (entry.shape(), entry.unit.words());
        told(format!("{shape:width$}  {unit:8}  "), entry.meaning)
    });
    let words = placeholders().into_iter().map(|(placeholder, words)| {
        let shape = format!("<{placeholder}>");
        told(format!("{shape:width$}  "), &words)
    });
    lines.chain(["\n".to_owned()]).chain(words).collect()
}

/// Words in lines of so many letters, all but the first behind `indent`.
fn folded(text: &str, width: usize, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("it begins with one");
        match last.is_empty() {
            true => last.push_str(word),
            false if last.len() + 1 + word.len() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            false => lines.push(word.to_owned()),
        }
    }
    lines.join(&format!("\n{indent}"))
}

/// Placeholders with what may stand there, in the order of the table.
fn placeholders() -> Vec<(&'static str, String)> {
    let tiers = "proxy, or edge where there is one".to_owned();
    let mut seen: Vec<Each> = entries().map(|entry| entry.each).collect();
    let mut kept = Vec::new();
    seen.retain(|each| {
        let fresh = !kept.contains(each);
        kept.push(*each);
        fresh
    });
    let words = seen.into_iter().filter_map(|each| {
        let name = each.placeholder().trim_matches(['.', '<', '>']);
        Some((name, each.in_short()?))
    });
    words.chain([("tier", tiers)]).collect()
}

fn compared(entry: &Entry) -> String {
    let each = entry.compared.iter().map(|(pattern, allowed)| {
        let bound = match allowed {
            Allowed::Any => "shown".to_owned(),
            Allowed::Share(share) => format!("{:.0} %", share * 100.0),
            Allowed::PerBurst(_) => "one per burst".to_owned(),
            Allowed::Absorbed { unix, tcp } => format!(
                "{:.0} %, over TCP {:.0} %, of clients that stall for good",
                unix * 100.0,
                tcp * 100.0
            ),
        };
        match *pattern {
            "" | "*" => bound,
            pattern => format!("`{pattern}`: {bound}"),
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

//! The table of verdicts.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};

use crate::compare::{FactVerdict, Held, RowVerdict, Value};
use crate::play::Engine;
use crate::row::Real;
use crate::rows;

/// Of a fact whose every run forbade a verdict.
const UNDECIDED: &str = "undecided";

/// Which facts are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    /// All of them.
    All,
    /// Those that did not agree at the first attempt, or never.
    Differing,
}

impl Which {
    /// Of chosen rows and beside the real programs, where the numbers themselves are asked for, all; otherwise what differed, which must
    /// not drown in what did not.
    pub(crate) fn of(engines: &[Engine]) -> Which {
        match rows::some_are_chosen() || engines.contains(&Engine::Real) {
            true => Which::All,
            false => Which::Differing,
        }
    }
}

/// The verdicts as a table, and a line that sums them up.
pub(crate) fn of(verdicts: &[RowVerdict], engines: &[Engine], which: Which) -> String {
    let real = engines.contains(&Engine::Real);
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Disabled);
    let mut header = vec!["row", "fact", "lab", "sim", "sim may", "verdict"];
    if real {
        header = vec![
            "row", "fact", "real", "lab", "lab may", "sim", "sim may", "verdict",
        ];
    }
    table.set_header(header);
    for row in verdicts {
        for fact in &row.facts {
            if which == Which::All || !fact.agrees() || attempts(fact) > 1 {
                table.add_row(cells(row, fact, real));
            }
        }
    }
    let mut text = table.to_string();
    let facts = || verdicts.iter().flat_map(|row| &row.facts);
    let undecided = facts().filter(|fact| verdict(fact) == UNDECIDED).count();
    let apart = facts().filter(|fact| !fact.agrees()).count() - undecided;
    let late = facts()
        .filter(|fact| fact.agrees() && attempts(fact) > 1)
        .count();
    let _ = write!(
        text,
        "\n{} rows, {} facts: {apart} beyond their bands, {undecided} undecided, {late} within them only when played again",
        verdicts.len(),
        facts().count()
    );
    for row in verdicts.iter().filter(|row| !row.agrees()) {
        let (name, late) = (row.row.name, row.late.human());
        let _ = write!(text, "\n{name}: the lab's samples were up to {late} late");
    }
    if real && which == Which::All {
        for row in verdicts {
            if let Real::Cannot(why) = row.row.real {
                let _ = write!(
                    text,
                    "\nthe real programs do not play {}: {why}",
                    row.row.name
                );
            }
        }
    }
    text
}

fn cells(row: &RowVerdict, fact: &FactVerdict, real: bool) -> Vec<String> {
    let text = |value| Value::shown(value).to_owned();
    let values = &fact.values;
    let mut cells = vec![row.row.name.to_owned(), fact.fact.path.to_owned()];
    if real {
        cells.push(text(&values.real));
    }
    cells.push(text(&values.lab));
    if real {
        cells.push(fact.fact.lab.to_string());
    }
    cells.extend([text(&values.sim), fact.fact.sim.to_string(), verdict(fact)]);
    cells
}

fn verdict(fact: &FactVerdict) -> String {
    let apart: Vec<&str> = [(fact.lab, "lab"), (fact.sim, "sim")]
        .into_iter()
        .filter_map(|(held, engine)| (held == Held::Never).then_some(engine))
        .collect();
    match (apart.is_empty(), attempts(fact)) {
        (false, _) => format!("{} DIFFERS", apart.join(" and ")),
        (true, _) if !fact.agrees() => UNDECIDED.to_owned(),
        (true, 0 | 1) => "agrees".to_owned(),
        (true, attempt) => format!("agrees at attempt {attempt}"),
    }
}

fn attempts(fact: &FactVerdict) -> usize {
    let at = |held| match held {
        Held::At(attempt) => attempt,
        Held::NotCompared | Held::Never | Held::Undecided => 0,
    };
    at(fact.sim).max(at(fact.lab))
}

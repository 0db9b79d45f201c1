//! What became of the other clients: one row for answers, one for each way to fail.

use std::collections::{BTreeMap, BTreeSet};

use super::Scene;
use crate::record::hgrm::is_measured;
use crate::record::{Outcome, RequestRecord};
use crate::report::chart::picture::{Align, Picture, fitted, text_width};
use crate::report::chart::theme;
use crate::report::data::VariantData;
use crate::report::human;
use crate::report::words::Words;

/// Height of a row in pixels.
pub(super) const ROW: f64 = 30.0;

/// Left and right of a row's name.
const PADDING: f64 = 16.0;

/// The kind of the row that others share.
const MIXED: &str = "mixed";

/// Rows that the picture shows; what is beyond shares the last one.
const MOST_ROWS: usize = 10;

/// One kind of end, of one group.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Row {
    pub(super) group: String,
    /// `ok`, a status, or an outcome.
    pub(super) kind: String,
    /// Intended starts in seconds.
    at_s: Vec<f64>,
    /// How many of them count: the warm-up does not, here as in every table.
    measured: u64,
}

impl Row {
    pub(super) fn is_failure(&self) -> bool {
        self.kind != "ok"
    }

    /// `43 × 504`, `318 ok`.
    pub(super) fn total(&self, words: &Words) -> String {
        let count = human::count(self.measured);
        if self.kind.starts_with(|sign: char| sign.is_ascii_digit()) {
            format!("{count} × {}", self.kind)
        } else {
            format!("{count} {}", ending_word(&self.kind, words))
        }
    }

    /// Its group for readers; the rows that share the last one have none.
    pub(super) fn group(&self, words: &Words) -> String {
        match self.kind == MIXED {
            true => words.say("outcome-others", []),
            false => self.group.clone(),
        }
    }
}

/// A kind of end for readers.
pub(in crate::report) fn ending_word(kind: &str, words: &Words) -> String {
    match kind {
        "ok" | "other" | MIXED => words.say(&format!("chart-ending-{kind}"), []),
        "gave up" => words.say("outcome-timeout", []),
        status if status.starts_with(|sign: char| sign.is_ascii_digit()) => status.to_owned(),
        outcome => words.say(&format!("outcome-{outcome}"), []),
    }
}

/// How a request ended, in one word: `ok` below 400, otherwise the status, otherwise the outcome.
pub(in crate::report) fn ending(request: &RequestRecord) -> String {
    match (request.outcome, request.status) {
        (Outcome::Complete, Some(status)) if status >= 400 => status.to_string(),
        (Outcome::Complete, _) => "ok".to_owned(),
        (Outcome::Truncated, _) => "truncated".to_owned(),
        (Outcome::Refused, _) => "refused".to_owned(),
        (Outcome::Reset, _) => "reset".to_owned(),
        (Outcome::Timeout, _) => "gave up".to_owned(),
        (Outcome::Aborted, _) => "aborted".to_owned(),
        (Outcome::Unfinished, _) => "unfinished".to_owned(),
    }
}

/// The rows of the groups that are not slow on purpose; of all groups if there are no others.
pub(super) fn rows(variant: &VariantData) -> Vec<Row> {
    let groups = &variant.plan.groups;
    let others: BTreeSet<&str> = groups
        .iter()
        .filter(|group| group.is_healthy())
        .map(|group| group.name.as_str())
        .collect();
    let mut rows: BTreeMap<(usize, bool, String), Row> = BTreeMap::new();
    for request in &variant.requests {
        if !others.is_empty() && !others.contains(request.group.as_str()) {
            continue;
        }
        let rank = groups.iter().position(|group| group.name == request.group);
        let kind = ending(request);
        let row = rows
            .entry((rank.unwrap_or(usize::MAX), kind != "ok", kind.clone()))
            .or_insert_with(|| Row {
                group: request.group.clone(),
                kind,
                at_s: Vec::new(),
                measured: 0,
            });
        row.at_s.push(request.intended_at.as_secs_f64());
        row.measured += u64::from(is_measured(request, variant.plan.warmup));
    }
    fold(rows.into_values().collect())
}

/// Keeps the first rows and puts the rest into one.
fn fold(mut rows: Vec<Row>) -> Vec<Row> {
    if rows.len() > MOST_ROWS {
        let rest = rows.split_off(MOST_ROWS - 1);
        rows.push(Row {
            group: String::new(),
            kind: MIXED.to_owned(),
            measured: rest.iter().map(|row| row.measured).sum(),
            at_s: rest.into_iter().flat_map(|row| row.at_s).collect(),
        });
    }
    rows
}

/// The room that the names of rows ask for.
pub(super) fn room(rows: &[Row], words: &Words) -> f64 {
    let names = rows.iter().map(|row| {
        let name = format!("{} {}", row.group(words), ending_word(&row.kind, words));
        text_width(&name, theme::LABEL)
    });
    names.fold(0.0, f64::max) + PADDING
}

pub(super) fn draw(picture: &mut Picture, scene: &Scene<'_>, rows: &[Row], top: f64) {
    let frame = &scene.frame;
    for (index, row) in rows.iter().enumerate() {
        let y = top + ROW * (index as f64 + 0.5);
        let failure = row.is_failure();
        let color = if failure {
            theme::FAILURE
        } else {
            theme::hue_of(&scene.hues, Some(&row.group)).strong
        };
        picture.line(
            vec![(frame.left, y + 12.0), (frame.right, y + 12.0)],
            1.0,
            theme::GRID,
        );
        let kind = ending_word(&row.kind, scene.words);
        let room = frame.left - PADDING - text_width(&format!(" {kind}"), theme::LABEL);
        let group = fitted(&row.group(scene.words), theme::LABEL, room);
        let label = format!("{group} {kind}");
        let at = (frame.left - 8.0, y);
        picture.words(at, &label, (theme::LABEL, color), Align::Right);
        let pixels: BTreeSet<i64> = row
            .at_s
            .iter()
            .map(|at| frame.x(*at).round() as i64)
            .collect();
        for x in pixels.into_iter().map(|x| x as f64) {
            if failure {
                picture.cross((x, y), 4.5, 2.0, color);
            } else {
                picture.fill((x - 0.5, y - 7.0), (x + 0.5, y + 7.0), color);
            }
        }
        let total = row.total(scene.words);
        let room = f64::from(picture.width) - frame.right - 16.0;
        let large = failure && text_width(&total, theme::TITLE) < room;
        let size = if large { theme::TITLE } else { theme::LABEL };
        let at = (frame.right + 12.0, y);
        picture.words(at, &fitted(&total, size, room), (size, color), Align::Left);
    }
}

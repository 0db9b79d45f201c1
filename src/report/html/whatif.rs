//! One variant of a run for a page that asks for it again and again: its pane with what was before behind it, the words around it, and the series
//! that the page's scripts know. The same shapes, words and payload as a report's.

use serde::Serialize;

use super::axes::Axes;
use super::page::{Chip, LogRow, legend, logs};
use super::pane::{Pane, Side};
use super::payload::Payload;
use super::waiting::Band;
use super::{HtmlError, fill, latency, palette, stages};
use crate::record::summary::Summary;
use crate::report::data::{RunData, VariantData};
use crate::report::rows::GroupRow;
use crate::report::symptoms::Said;
use crate::report::words::Words;

const TEMPLATE: &str = include_str!("whatif.html.jinja");

#[derive(Serialize)]
struct Parts {
    hatches: Vec<&'static str>,
    groups_legend: Vec<Chip>,
    bands: Vec<Band>,
    pipeline: bool,
    /// The macro that draws it is called `pane`.
    pane_of: Pane,
    rows: Vec<Compared>,
    findings: Vec<String>,
    logs: Vec<LogRow>,
}

/// A group, now and before.
#[derive(Serialize)]
struct Compared {
    now: GroupRow,
    was: Option<GroupRow>,
}

/// Of what is asked about, which is a run's last variant, with what was before behind it; `summary` has the numbers of both, those of before first.
///
/// `seen` is handed legend, pane, groups and logs, parts that a page puts where it wants them (`data-part`), before the series are made, which takes as long. These come
/// back as the scripts of a report get them: JSON on one line.
///
/// # Errors
/// When the template fails.
pub fn picture(
    (run, before): (&RunData, Option<&VariantData>),
    (summary, said): (&Summary, &[Said]),
    words: &'static Words,
    seen: &mut dyn FnMut(String),
) -> Result<Option<String>, HtmlError> {
    let Some(last) = run.variants.last() else {
        return Ok(None);
    };
    let shown: Vec<&VariantData> = before.into_iter().chain([last]).collect();
    let axes = Axes::over(&shown);
    let side = Side::new((run, summary), &axes, words, &shown);
    let mut pane = side.pane(last, "");
    if let Some(before) = before {
        side.behind(&mut pane, before);
    }
    // What was before is a shape and nothing that answers.
    pane.place = 0;
    let parts = Parts {
        hatches: palette::all_classes(),
        groups_legend: legend(&shown),
        bands: match last.plan.pipeline {
            Some(_) => stages::bands(words),
            None => side.bands.clone(),
        },
        pipeline: last.plan.pipeline.is_some(),
        rows: compared(summary, words),
        findings: (summary.findings.iter())
            .filter(|finding| finding.variant == last.plan.variant)
            .map(|finding| finding.text.clone())
            .collect(),
        logs: logs(said, words),
        pane_of: pane,
    };
    seen(fill(TEMPLATE, parts, words)?);
    let latency = latency::range(&shown);
    let payload = Payload::of(&[(last, &side)], summary, &axes, latency, words);
    Ok(Some(payload.with_flows(&[last]).plain()))
}

fn compared(summary: &Summary, words: &Words) -> Vec<Compared> {
    let (Some(first), Some(last)) = (summary.variants.first(), summary.variants.last()) else {
        return Vec::new();
    };
    let before = |name: &str| {
        let group = first.groups.iter().find(|group| group.name == name)?;
        (first.name != last.name).then(|| GroupRow::new(&first.name, group, words))
    };
    let groups = last.groups.iter();
    groups
        .map(|group| Compared {
            now: GroupRow::new(&last.name, group, words),
            was: before(&group.name),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;
    use crate::report::words::Language;

    #[test]
    fn what_is_asked_about_is_drawn_before_what_was_there() {
        let mut run = fixture::run();
        run.variants.truncate(2);
        let mut summary = fixture::summary(&run);
        summary.variants.truncate(2);
        let words = Words::of(Language::Korean);
        let before = run.variants.remove(0);
        let mut html = String::new();
        let payload = picture(
            (&run, Some(&before)),
            (&summary, &[]),
            words,
            &mut |drawn| {
                html = drawn;
            },
        );
        for part in ["legend", "pane", "groups", "logs"] {
            let part = format!("data-part=\"{part}\"");
            assert!(html.contains(&part), "{part}");
        }
        assert_eq!(html.matches("<article class=\"pane").count(), 1);
        assert!(html.contains("class=\"ghost"));
        let payload = payload.unwrap().unwrap();
        assert!(!payload.contains('\n'));
        let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(payload["variants"].as_array().unwrap().len(), 1);
        run.variants.clear();
        let nothing = picture((&run, None), (&summary, &[]), words, &mut |_| {
            panic!("nothing to see");
        });
        assert!(nothing.unwrap().is_none());
    }
}

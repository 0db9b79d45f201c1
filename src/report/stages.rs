//! Pipelines in tables: a line for each variant, and what each stage was found doing.

use super::columns::{columns, lines};
use super::findings::Seen;
use super::human;
use super::rows::NOT_MEASURED;
use super::text::Page;
use super::words::Words;
use crate::record::summary::{PipelineSummary, StageSummary, Summary, VariantSummary};
use crate::time::Timestamp;
use crate::units::human_bytes;

/// The variants of a run of pipelines, a line each; `None` for any other run.
pub(super) fn table(page: &Page<'_>, summary: &Summary, words: &Words) -> Option<String> {
    let each = |variant: &VariantSummary| Some(row(variant, variant.pipeline.as_ref()?, words));
    let rows: Option<Vec<[String; 5]>> = summary.variants.iter().map(each).collect();
    let header = [
        "column-variant",
        "column-brake",
        "column-lasted",
        "column-answer",
        "column-temp-files",
    ];
    let header = header.map(|name| words.say(name, []));
    Some(lines(&columns(page.width(), &[0, 1], header, rows?)))
}

fn row(variant: &VariantSummary, pipeline: &PipelineSummary, words: &Words) -> [String; 5] {
    let none = || words.say("stage-none", []);
    let temp = pipeline.stages.iter().filter_map(|one| one.peak_temp_bytes);
    let temp = temp.max();
    [
        variant.name.clone(),
        pipeline.brake.clone().unwrap_or_else(none),
        human::micros(pipeline.lasted_us),
        pipeline
            .answer_lines
            .map_or(NOT_MEASURED.to_owned(), human::count),
        temp.map_or(NOT_MEASURED.to_owned(), human_bytes),
    ]
}

/// What each stage was found doing, as pairs of its name and words.
pub(super) fn facts(pipeline: &PipelineSummary, words: &Words) -> Vec<(String, String)> {
    let said = |stage: &StageSummary| {
        let share = |ratio| human::percent(ratio).into();
        let arguments = [
            ("work", share(stage.at_work_ratio)),
            ("input", share(stage.for_input_ratio)),
            ("room", share(stage.for_room_ratio)),
            (
                "cpu",
                stage
                    .cpu_us
                    .map_or(NOT_MEASURED.to_owned(), human::micros)
                    .into(),
            ),
            (
                "memory",
                stage
                    .peak_rss_bytes
                    .map_or(NOT_MEASURED.to_owned(), human_bytes)
                    .into(),
            ),
            (
                "exit",
                stage
                    .exit
                    .map_or(NOT_MEASURED.to_owned(), |exit| exit.to_string())
                    .into(),
            ),
        ];
        (stage.name.clone(), words.say("fact-stage", arguments))
    };
    pipeline.stages.iter().map(said).collect()
}

/// What the sentence of a run of pipelines is about: the first of them.
pub(super) fn sentence(variant: &VariantSummary) -> Option<Seen> {
    let pipeline = variant.pipeline.as_ref()?;
    let kind = match pipeline.brake {
        Some(_) => "pipeline",
        None => "pipeline-even",
    };
    let seen = Seen::new(kind, Timestamp::ZERO)
        .with("stage", pipeline.brake.as_deref())
        .with("position", pipeline.brake_position)
        .with("stages", pipeline.stages.len())
        .with("lasted_us", pipeline.lasted_us);
    Some(seen)
}

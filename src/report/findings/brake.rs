//! Pipelines: who is the brake, and what did not fit into memory.

use super::seen::Seen;
use super::view::View;
use crate::machine::pipeline::FEWEST_LOOKS;
use crate::record::summary::{PipelineSummary, StageSummary};
use crate::time::Timestamp;

/// Which stage all others wait for, or that there is none.
pub(super) fn brake(view: &View<'_>) -> Vec<Seen> {
    let Some(pipeline) = &view.numbers.pipeline else {
        return Vec::new();
    };
    let mut stages: Vec<&StageSummary> = pipeline.stages.iter().collect();
    stages.sort_by(|a, b| b.at_work_ratio.total_cmp(&a.at_work_ratio));
    let [first, next, ..] = stages[..] else {
        return Vec::new();
    };
    if pipeline.looks < FEWEST_LOOKS {
        return Vec::new();
    }
    let kind = match pipeline.brake {
        Some(_) => "brake",
        None => "no_brake",
    };
    let seen = Seen::new(kind, Timestamp::ZERO)
        .with("stage", first.name.as_str())
        .with("at_work_ratio", first.at_work_ratio)
        .with("next_ratio", next.at_work_ratio);
    vec![seen]
}

/// A stage that kept in temp files what it did not hold.
pub(super) fn stage_spilled(view: &View<'_>) -> Vec<Seen> {
    let of = |pipeline: &PipelineSummary| {
        let stages = pipeline.stages.iter();
        let spilled = stages.filter(|stage| stage.peak_temp_bytes > Some(0));
        let told = spilled.map(|stage| {
            Seen::new("stage_spilled", Timestamp::ZERO)
                .with("stage", stage.name.as_str())
                .with("temp_bytes", stage.peak_temp_bytes)
                .with("memory_bytes", stage.peak_rss_bytes)
        });
        told.collect()
    };
    view.numbers.pipeline.as_ref().map_or_else(Vec::new, of)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{plan, run_of, variant};
    use super::*;
    use crate::machine::pipeline::PipelineConfig;
    use crate::record::{StageSample, StageWait};
    use crate::report::data::VariantData;
    use crate::report::summarize::summarize;
    use crate::report::words::{Language, Words};
    use crate::time::Span;

    /// Two stages that are looked at a hundred times: how often the first waits for room, and the second for input; whether the second keeps files.
    fn kinds(room: u64, input: u64, temp: Option<u64>) -> Vec<String> {
        let config = "stages = [\"a\", \"b\"]\nstage.a.paced = {}\nstage.b.sort = {}\n";
        let config: PipelineConfig = toml::from_str(config).unwrap();
        let mut variant = variant(plan(1, false));
        variant.plan.pipeline = Some(config);
        for look in 0..100 {
            let at = Timestamp::ZERO + Span::from_ms(5 * look);
            let a = StageSample {
                waits: (look < room).then_some(StageWait::Room),
                ..StageSample::of(at, 1, "a", 1)
            };
            let b = StageSample {
                waits: (look < input).then_some(StageWait::Input),
                temp_bytes: temp,
                ..StageSample::of(at, 2, "b", 2)
            };
            variant.stages.extend([a, b]);
        }
        told(variant)
    }

    fn told(variant: VariantData) -> Vec<String> {
        let run = run_of(variant);
        let summary = summarize(&run);
        let found = super::super::find(&run, &summary, Words::of(Language::English));
        let mut kinds: Vec<String> = found.into_iter().map(|finding| finding.kind).collect();
        kinds.retain(|kind| kind.contains("brake") || kind == "stage_spilled");
        kinds
    }

    #[test]
    fn the_brake_is_named_and_none_where_stages_are_even() {
        assert_eq!(kinds(3, 97, Some(0)), ["brake"]);
        assert_eq!(kinds(95, 2, None), ["brake"]);
        assert_eq!(kinds(5, 10, None), ["no_brake"]);
        assert_eq!(kinds(95, 2, Some(4096)), ["brake", "stage_spilled"]);
        assert!(told(variant(plan(1, false))).is_empty());
    }
}

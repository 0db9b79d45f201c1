//! A pipeline: what each stage was found doing, and which of them is the brake.

use crate::machine::pipeline::{Looks, brake};
use crate::record::summary::{PipelineSummary, StageSummary};
use crate::record::{StageSample, StageWait};
use crate::report::data::VariantData;
use crate::time::Timestamp;

/// Of a variant that is a pipeline.
pub(super) fn pipeline(variant: &VariantData) -> Option<PipelineSummary> {
    let config = variant.plan.pipeline.as_ref()?;
    let samples = &variant.stages;
    let instants = samples.iter().map(|one| one.at);
    let mut grid: Vec<Timestamp> = instants.collect();
    grid.dedup();
    let of_stage = |place: usize| {
        samples
            .iter()
            .filter(move |one| one.position as usize == place + 1)
    };
    let looks: Vec<Looks> = (0..config.stages.len())
        .map(|place| looks(of_stage(place), &grid))
        .collect();
    let stages: Vec<StageSummary> = config
        .stages
        .iter()
        .enumerate()
        .map(|(place, name)| {
            let rows: Vec<&StageSample> = of_stage(place).collect();
            let most =
                |of: fn(&StageSample) -> Option<u64>| rows.iter().filter_map(|row| of(row)).max();
            StageSummary {
                name: name.clone(),
                at_work_ratio: looks[place].at_work_ratio(),
                for_input_ratio: looks[place].for_input_ratio(),
                for_room_ratio: looks[place].for_room_ratio(),
                cpu_us: most(|row| row.cpu_us),
                peak_rss_bytes: most(|row| row.rss_bytes),
                peak_temp_bytes: most(|row| row.temp_bytes),
                exit: rows.iter().find_map(|row| row.exit),
            }
        })
        .collect();
    let found = brake(&looks);
    let lasted = grid.last().copied().unwrap_or(Timestamp::ZERO);
    Some(PipelineSummary {
        brake: found.map(|place| config.stages[place].clone()),
        brake_position: found.map_or(0, |place| place as u64 + 1),
        looks: grid.len() as u64,
        lasted_us: lasted.since(Timestamp::ZERO).as_us(),
        answer_lines: samples.iter().find_map(|one| one.lines),
        stages,
    })
}

/// What a stage was doing at the instants at which the pipeline was looked at, until its last stage had ended.
fn looks<'a>(rows: impl Iterator<Item = &'a StageSample>, grid: &[Timestamp]) -> Looks {
    let mut looks = Looks::default();
    for row in rows.filter(|row| row.exit.is_none()) {
        match row.waits {
            Some(StageWait::Input) => looks.for_input += 1,
            Some(StageWait::Room) => looks.for_room += 1,
            None => looks.at_work += 1,
        }
    }
    looks.gone = (grid.len() as u64).saturating_sub(looks.all());
    looks
}

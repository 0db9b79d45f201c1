//! What the stages of a pipeline were found doing over time, and what follows from that for the pipes between them: the series that the chart and the
//! page draw.
//!
//! A look finds a stage at work, asleep in `read` or asleep in `write`. Nobody asks a pipe how full it is, since to open it would be to read from it; but it is
//! full while who writes into it sleeps in `write`, and empty while who reads from it sleeps in `read`.

use crate::record::{StageSample, StageWait};
use crate::report::data::VariantData;

/// Columns of the whole time axis: looks of one column are one share.
const COLUMNS: u64 = 240;
/// What shares are parts of.
pub(super) const WHOLE: u64 = 1_000;

/// A stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct StageLane {
    pub(super) name: String,
    /// One after another.
    pub(super) columns: Vec<Column>,
    /// When it ended, and with which code; a stage that the run cut off has none.
    pub(super) ended: Option<(u64, i32)>,
}

/// Some looks that follow one another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Column {
    pub(super) from_us: u64,
    pub(super) to_us: u64,
    /// How often it was found so: at work, in `read`, in `write`.
    looks: [u64; 3],
}

/// The stages of a pipeline in their order, for a time axis of so many microseconds; empty for a stack.
pub(super) fn lanes(variant: &VariantData, axis_us: u64) -> Vec<StageLane> {
    let stages = variant
        .plan
        .pipeline
        .iter()
        .flat_map(|pipeline| &pipeline.stages);
    let lanes = stages.zip(1..).map(|(name, position)| {
        let rows = variant.stages.iter();
        StageLane::of(name, rows.filter(|row| row.position == position), axis_us)
    });
    lanes.collect()
}

impl StageLane {
    fn of<'a>(name: &str, rows: impl Iterator<Item = &'a StageSample>, axis_us: u64) -> StageLane {
        let least_us = axis_us / COLUMNS;
        let mut lane = StageLane {
            name: name.to_owned(),
            columns: Vec::new(),
            ended: None,
        };
        let mut open: Option<Column> = None;
        for row in rows {
            let at_us = row.at.as_us();
            if let Some(column) = &mut open {
                // A look speaks until the next one.
                column.to_us = at_us;
            }
            let is_wide = |column: &mut Column| column.to_us - column.from_us > least_us;
            lane.columns.extend(open.take_if(is_wide));
            if let Some(exit) = row.exit {
                lane.ended = Some((at_us, exit));
                break;
            }
            open.get_or_insert(Column {
                from_us: at_us,
                to_us: at_us,
                looks: [0; 3],
            })
            .count(row.waits);
        }
        lane.columns
            .extend(open.filter(|last| last.to_us > last.from_us));
        lane
    }
}

impl StageLane {
    /// From which instant on it was mostly at work (0), in `read` (1) or in `write` (2), and from which on it was gone (3).
    pub(super) fn mostly(&self) -> Vec<(u64, u8)> {
        let mut mostly: Vec<(u64, u8)> = Vec::new();
        for column in &self.columns {
            let shares = column.shares();
            let kind = (0..3)
                .max_by_key(|kind| shares[usize::from(*kind)])
                .unwrap_or(0);
            if mostly.last().is_none_or(|last| last.1 != kind) {
                mostly.push((column.from_us, kind));
            }
        }
        mostly.extend(self.columns.last().map(|last| (last.to_us, 3)));
        mostly
    }
}

impl Column {
    fn count(&mut self, waits: Option<StageWait>) {
        let kind = match waits {
            None => 0,
            Some(StageWait::Input) => 1,
            Some(StageWait::Room) => 2,
        };
        self.looks[kind] += 1;
    }

    /// Shares of at work, in `read` and in `write`, of [`WHOLE`] together.
    pub(super) fn shares(&self) -> [u64; 3] {
        let all = self.looks.iter().sum::<u64>().max(1);
        let [_, input, room] = self.looks.map(|looks| looks * WHOLE / all);
        [WHOLE - input - room, input, room]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::pipeline::PipelineConfig;
    use crate::report::findings::tests::{plan, variant};
    use crate::time::{Span, Timestamp};

    /// Ten looks, one each 5 ms, at two stages: the first sleeps in `write` from its second look on, and the second ends with 141.
    fn looked_at() -> VariantData {
        let config = "stages = [\"a\", \"b\"]\nstage.a.paced = {}\nstage.b.sort = {}\n";
        let config: PipelineConfig = toml::from_str(config).unwrap();
        let mut variant = variant(plan(1, false));
        variant.plan.pipeline = Some(config);
        for look in 0..10 {
            let at = Timestamp::ZERO + Span::from_ms(5 * look);
            let waits = (look > 0).then_some(StageWait::Room);
            let a = StageSample {
                waits,
                ..StageSample::of(at, 1, "a", 1)
            };
            let b = StageSample {
                exit: (look == 9).then_some(141),
                ..StageSample::of(at, 2, "b", 2)
            };
            variant.stages.extend([a, b]);
        }
        variant
    }

    #[test]
    fn looks_of_a_column_are_shares_and_the_last_row_is_the_end() {
        let [a, b] = &lanes(&looked_at(), 1)[..] else {
            panic!("two stages");
        };
        assert_eq!((a.ended, b.ended), (None, Some((45_000, 141))));
        assert_eq!(a.columns.len(), 9);
        assert_eq!(a.columns[0].shares(), [WHOLE, 0, 0]);
        assert_eq!(a.columns[1].shares(), [0, 0, WHOLE]);
        let last = b.columns.last().unwrap();
        assert_eq!((last.to_us, last.shares()), (45_000, [WHOLE, 0, 0]));
        assert_eq!(a.mostly(), [(0, 0), (5_000, 2), (45_000, 3)]);
        // Wider columns hold several looks.
        let wide = &lanes(&looked_at(), 240 * 19_000)[0];
        assert_eq!(wide.columns[0].shares(), [250, 0, 750]);
        assert!(lanes(&variant(plan(1, false)), 1).is_empty(), "no pipeline");
    }
}

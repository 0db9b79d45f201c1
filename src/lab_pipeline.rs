//! A pipeline as a run of the lab: what is told of it while it goes on, and how it ended.

use std::path::Path;

use crate::lab::{Ended, Phase, Status, Wish, note};
use crate::lab_error::LabError;
use crate::leave::Leave;
use crate::machine::pipeline::PipelineConfig;
use crate::pipeline;
use crate::plan::Plan;
use crate::record::{EventKind, Sink};
use crate::time::Clock;

/// Plays a pipeline, which has no stack.
pub(crate) fn stages(
    plan: &Plan,
    config: &PipelineConfig,
    (results, sink, leave): (&Path, &Sink, &Leave),
    (status, look): (&mut Status, &mut dyn FnMut(&Status) -> Wish),
) -> Result<Ended, LabError> {
    let clock = Clock::start();
    let spec = pipeline::Spec {
        config,
        seed: plan.seed,
        duration: plan.duration,
        results,
        clock,
        sink,
        leave,
    };
    status.phase = Phase::Running;
    let came_to_its_end = pipeline::play(&spec, &mut |elapsed| {
        status.elapsed = elapsed;
        look(status) == Wish::GoOn
    });
    match came_to_its_end.map_err(LabError::Pipeline)? {
        true => Ok(Ended::Complete),
        false => {
            note(sink, clock, EventKind::Interrupted { settling: false });
            Ok(Ended::Interrupted)
        }
    }
}

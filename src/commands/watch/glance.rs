//! What one look at a run saw, as plain values.

use crate::lab::{Phase, Status};
use crate::machine::backend_config::Bind;
use crate::plan::Plan;
use crate::record::collect::{LiveBytes, LiveGroup, LiveStage};
use crate::record::{StageWait, WorkerState};
use crate::time::{Span, Timestamp};

/// What does not change while a variant lasts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Heading {
    /// The scenario.
    pub(super) scenario: String,
    /// The variant's place and name, such as `2/5 buffered`.
    pub(super) variant: String,
    /// Its groups, in the plan's order.
    pub(super) groups: Vec<Group>,
    /// Whether the link to the backend is one queue in the kernel.
    pub(super) unix: bool,
    /// Whether a worker has several slots, so that a lane is named by both.
    pub(super) has_slots: bool,
    /// The stages of a pipeline, which has no workers, no clients and no proxy.
    pub(super) stages: Vec<String>,
}

/// A group of clients.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    /// Whether it behaves as it should.
    pub(super) healthy: bool,
}

/// One look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Glance {
    pub(super) phase: Phase,
    pub(super) elapsed: Span,
    pub(super) duration: Span,
    /// Until clients start no more requests, in this variant and in those after it.
    pub(super) left: Span,
    /// Requests that all workers serve at a time; `None` if nothing limits them.
    pub(super) slots: Option<u64>,
    pub(super) busy: u64,
    pub(super) queue: u64,
    /// Client connections that are open.
    pub(super) connections: u64,
    pub(super) lanes: Vec<Lane>,
    /// The stages of a pipeline, as lanes.
    pub(super) stages: Vec<Lane>,
    pub(super) bytes: Vec<LiveBytes>,
    pub(super) groups: Vec<LiveGroup>,
}

impl Lane {
    /// A stage does as a worker does: it works, or it waits for whoever takes what it has, or nobody gives it anything.
    fn of_stage(stage: &LiveStage, now: Timestamp) -> Lane {
        let state = match (stage.ended, stage.waits) {
            (true, _) => WorkerState::Dead,
            (false, None) => WorkerState::App,
            (false, Some(StageWait::Room)) => WorkerState::Send,
            (false, Some(StageWait::Input)) => WorkerState::Idle,
        };
        Lane {
            place: (stage.position, 0),
            state,
            lasts: now.since(stage.since),
            group: None,
        }
    }
}

/// A slot of a worker at that look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Lane {
    /// The worker's age, and the slot.
    pub(super) place: (u32, u32),
    pub(super) state: WorkerState,
    /// How long it has been in this state.
    pub(super) lasts: Span,
    /// Whom it serves: the group's place in the plan.
    pub(super) group: Option<usize>,
}

impl Heading {
    /// Of a variant that begins.
    pub(crate) fn of(scenario: &str, variant: &str, plan: &Plan) -> Heading {
        let groups = plan.groups.iter();
        Heading {
            scenario: scenario.to_owned(),
            variant: variant.to_owned(),
            groups: groups
                .map(|group| Group {
                    name: group.name.clone(),
                    healthy: group.is_healthy(),
                })
                .collect(),
            unix: plan.backend.bind == Bind::Unix,
            has_slots: plan.backend.slots_per_worker() != Some(1),
            stages: (plan.pipeline.iter())
                .flat_map(|pipeline| pipeline.stages.clone())
                .collect(),
        }
    }
}

impl Glance {
    /// Reads a few locks and counters; waits for nobody.
    pub(super) fn at(status: &Status, later: Span) -> Glance {
        let gauges = &status.gauges;
        let now = Timestamp::ZERO + status.elapsed;
        let lanes = status.live.lanes().into_iter().map(|lane| {
            let group = lane.request_id.and_then(|id| gauges.visitors.asks(id));
            Lane {
                place: (lane.worker, lane.slot),
                state: lane.state,
                lasts: now.since(lane.since),
                group: group.map(|group| group as usize),
            }
        });
        Glance {
            phase: status.phase,
            elapsed: status.elapsed,
            duration: status.duration,
            left: (status.duration.saturating_sub(status.elapsed)).saturating_add(later),
            slots: status.slots,
            busy: gauges.busy_slots.get(),
            queue: gauges.accept_queue.get(),
            connections: gauges.held_connections.get(),
            lanes: lanes.collect(),
            stages: (status.live.stages().iter())
                .map(|stage| Lane::of_stage(stage, now))
                .collect(),
            bytes: status.live.bytes(),
            groups: status.live.groups(),
        }
    }
}

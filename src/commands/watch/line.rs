//! A look as a line of JSON, for a page that watches a run.

use serde_json::{Value, json};

use super::glance::Glance;
use crate::lab::{Phase, Status};
use crate::record::collect::LiveGroup;
use crate::time::Span;

/// What a look sees, in one line.
pub(crate) fn line(status: &Status, later: Span) -> String {
    of(&Glance::at(status, later)).to_string()
}

fn of(glance: &Glance) -> Value {
    let lanes = glance.lanes.iter().map(|lane| {
        json!({
            "worker": lane.place.0,
            "slot": lane.place.1,
            "state": lane.state,
            "group": lane.group,
        })
    });
    let bytes = glance
        .bytes
        .iter()
        .map(|one| json!({ "tier": one.tier, "place": one.place, "bytes": one.bytes }));
    json!({
        "phase": phase(glance.phase),
        "elapsed_us": glance.elapsed.as_us(),
        "duration_us": glance.duration.as_us(),
        "slots": glance.slots,
        "busy": glance.busy,
        "queue": glance.queue,
        "connections": glance.connections,
        "lanes": lanes.collect::<Vec<_>>(),
        "bytes": bytes.collect::<Vec<_>>(),
        "groups": glance.groups.iter().map(group).collect::<Vec<_>>(),
    })
}

fn group(group: &LiveGroup) -> Value {
    json!({
        "name": group.group,
        "finished": group.finished,
        "failed": group.failed,
        "kinds": group.kinds,
        "p50_us": group.p50.map(Span::as_us),
        "p99_us": group.p99.map(Span::as_us),
    })
}

const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Starting => "starting",
        Phase::WarmingUp => "warm-up",
        Phase::Running => "running",
        Phase::Draining => "draining",
        Phase::Settling => "settling",
    }
}

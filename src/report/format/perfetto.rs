//! A run as Chrome's trace format, which Perfetto reads: a process per variant, a lane per slot of a worker, lanes for the clients with an
//! arrow from each request to the worker that took it, counters for queues and bytes.
//!
//! The format: "Trace Event Format" (Chromium), the events X (complete), C (counter), M (metadata), s and f (flow). Instants are
//! microseconds from the run's origin, whatever the variant, so that variants lie above one another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::record::{BytePlace, RequestRecord, WorkerInterval, WorkerState};
use crate::report::data::{RunData, VariantData};
use crate::time::{Span, Timestamp};

/// Lanes of clients come after those of workers, group by group.
const CLIENT_LANES: u64 = 1_000_000_000;
/// Lanes that one group may have.
const LANES_PER_GROUP: u64 = 1_000_000;
/// Slots that one worker may have, in lane numbers.
const SLOTS_PER_WORKER: u64 = 10_000;

/// The trace, ending in a line break.
pub(super) fn render(run: &RunData) -> String {
    let mut events = Vec::new();
    for (index, variant) in run.variants.iter().enumerate() {
        let process = index as u64 + 1;
        let mut track = Track {
            process,
            events: &mut events,
        };
        let name = format!("{}: {}", run.manifest.scenario, variant.plan.variant);
        track.name("process_name", 0, &name);
        track.workers(variant);
        track.clients(variant);
        track.counters(variant);
    }
    let trace = json!({
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {
            "scenario": run.manifest.scenario,
            "engine": run.manifest.engine,
            "seed": run.manifest.seed,
            "version": run.manifest.version,
        },
    });
    format!("{trace}\n")
}

/// The events of one variant.
struct Track<'a> {
    process: u64,
    events: &'a mut Vec<Value>,
}

impl Track<'_> {
    /// Names a process or a lane.
    fn name(&mut self, what: &str, lane: u64, name: &str) {
        self.events.push(json!({
            "ph": "M", "name": what, "pid": self.process, "tid": lane, "args": { "name": name },
        }));
    }

    fn workers(&mut self, variant: &VariantData) {
        let mut lanes = BTreeSet::new();
        // Of the process of a worker with several slots, only the slots say whom it served.
        for row in variant.workers.iter().filter(|row| row.slot.is_some()) {
            let lane = lane_of(row);
            if lanes.insert(lane) {
                let (worker, slot) = (row.worker, row.slot.unwrap_or(0));
                let name = match variant.plan.backend.slots_per_worker() {
                    Some(1) => format!("worker {worker}"),
                    _ => format!("worker {worker}, slot {slot}"),
                };
                self.name("thread_name", lane, &name);
            }
            if row.state != WorkerState::Idle {
                self.events.push(json!({
                    "ph": "X", "name": state_name(row.state), "cat": "worker", "pid": self.process, "tid": lane,
                    "ts": row.from.as_us(), "dur": until(variant, row).since(row.from).as_us(),
                    "args": { "request": row.request_id, "group": row.group, "pid": row.pid },
                }));
            }
        }
    }

    fn clients(&mut self, variant: &VariantData) {
        let began = taken_up(variant);
        for (index, group) in variant.plan.groups.iter().enumerate() {
            let rows = variant
                .requests
                .iter()
                .filter(|row| row.group == group.name);
            let mut lanes: Vec<Timestamp> = Vec::new();
            for row in in_order(rows) {
                let end = end_of(variant, row);
                // The first lane that is free: as many as there are requests at once.
                let free = lanes.iter().position(|until| *until <= row.intended_at);
                let number = free.unwrap_or(lanes.len());
                let lane = CLIENT_LANES + index as u64 * LANES_PER_GROUP + number as u64;
                match free {
                    Some(free) => lanes[free] = end,
                    None => {
                        lanes.push(end);
                        self.name(
                            "thread_name",
                            lane,
                            &format!("{} {}", group.name, number + 1),
                        );
                    }
                }
                self.request(row, lane, end);
                if let Some((worker_lane, at)) = began.get(&row.request_id) {
                    self.arrow(row.request_id, (lane, row.intended_at), (*worker_lane, *at));
                }
            }
        }
    }

    fn request(&mut self, row: &RequestRecord, lane: u64, end: Timestamp) {
        let fate = row
            .status
            .map_or(row.outcome.name().to_owned(), |status| status.to_string());
        self.events.push(json!({
            "ph": "X", "name": format!("{} {fate}", row.path), "cat": "request", "pid": self.process, "tid": lane,
            "ts": row.intended_at.as_us(), "dur": end.since(row.intended_at).as_us(),
            "args": {
                "request": row.request_id, "group": row.group, "client": row.client, "outcome": row.outcome.name(),
                "ended_by": row.ended_by, "worker": row.worker, "received_bytes": row.received_bytes,
            },
        }));
    }

    /// From a request to the worker that took it up.
    fn arrow(&mut self, id: u64, from: (u64, Timestamp), to: (u64, Timestamp)) {
        let common = |phase: &str, (lane, at): (u64, Timestamp)| {
            json!({
                "ph": phase, "name": "taken up", "cat": "request", "id": id, "pid": self.process, "tid": lane, "ts": at.as_us(),
            })
        };
        let mut end = common("f", to);
        end["bp"] = "e".into();
        self.events.extend([common("s", from), end]);
    }

    fn counters(&mut self, variant: &VariantData) {
        for sample in variant
            .queues
            .iter()
            .filter(|sample| sample.instance.is_none())
        {
            if let Some(waiting) = sample.accept_queue {
                let name = format!("accept queue of {}", sample.tier.name());
                self.counter(&name, sample.at, &[("connections", waiting)]);
            }
        }
        let mut bytes: BTreeMap<Timestamp, BTreeMap<String, u64>> = BTreeMap::new();
        for sample in &variant.bytes {
            if sample.place != BytePlace::Delivered {
                let place = format!("{} {}", word(sample.tier), word(sample.place));
                *bytes
                    .entry(sample.at)
                    .or_default()
                    .entry(place)
                    .or_default() += sample.bytes;
            }
        }
        for (at, places) in bytes {
            let places: Vec<(&str, u64)> = places
                .iter()
                .map(|(place, bytes)| (place.as_str(), *bytes))
                .collect();
            self.counter("bytes that wait", at, &places);
        }
    }

    fn counter(&mut self, name: &str, at: Timestamp, values: &[(&str, u64)]) {
        let values: serde_json::Map<String, Value> = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect();
        self.events.push(json!({
            "ph": "C", "name": name, "pid": self.process, "tid": 0, "ts": at.as_us(), "args": values,
        }));
    }
}

fn lane_of(row: &WorkerInterval) -> u64 {
    u64::from(row.worker) * SLOTS_PER_WORKER
        + u64::from(row.slot.unwrap_or(0)).min(SLOTS_PER_WORKER - 1)
        + 1
}

/// Which slot took a request up first, and when.
fn taken_up(variant: &VariantData) -> BTreeMap<u64, (u64, Timestamp)> {
    let mut began = BTreeMap::new();
    for row in variant.workers.iter().filter(|row| row.is_hold()) {
        if let Some(id) = row.request_id {
            began.entry(id).or_insert((lane_of(row), row.from));
        }
    }
    began
}

fn in_order<'a>(rows: impl Iterator<Item = &'a RequestRecord>) -> Vec<&'a RequestRecord> {
    let mut rows: Vec<&RequestRecord> = rows.collect();
    rows.sort_by_key(|row| (row.intended_at, row.request_id));
    rows
}

/// When a request was over; one that still went on when the run ended goes on to there.
fn end_of(variant: &VariantData, row: &RequestRecord) -> Timestamp {
    let end = row
        .closed_at
        .or(row.last_byte_at)
        .unwrap_or(run_end(variant));
    end.max(row.intended_at)
}

fn until(variant: &VariantData, row: &WorkerInterval) -> Timestamp {
    row.to.unwrap_or(run_end(variant)).max(row.from)
}

fn run_end(variant: &VariantData) -> Timestamp {
    let span: Span = variant.plan.duration.saturating_add(variant.plan.drain);
    Timestamp::ZERO + span
}

fn state_name(state: WorkerState) -> String {
    word(state)
}

/// A name as the files have it, with spaces.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text.replace('_', " "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::fixture;

    fn events() -> Vec<Value> {
        let trace: Value = serde_json::from_str(&render(&fixture::run())).unwrap();
        trace["traceEvents"].as_array().unwrap().clone()
    }

    /// What the format's description demands of each kind of event.
    #[test]
    fn every_event_has_what_its_kind_needs() {
        let mut seen = BTreeSet::new();
        for event in events() {
            let phase = event["ph"].as_str().unwrap().to_owned();
            assert!(
                event["pid"].is_u64() && event["tid"].is_u64() && event["name"].is_string(),
                "{event}"
            );
            match phase.as_str() {
                "X" => assert!(event["ts"].is_u64() && event["dur"].is_u64(), "{event}"),
                "C" => assert!(
                    event["args"]
                        .as_object()
                        .unwrap()
                        .values()
                        .all(Value::is_u64),
                    "{event}"
                ),
                "s" | "f" => assert!(event["id"].is_u64() && event["ts"].is_u64(), "{event}"),
                "M" => assert!(event["args"]["name"].is_string(), "{event}"),
                other => panic!("{other}: {event}"),
            }
            seen.insert(phase);
        }
        assert!(
            ["C", "M", "X", "f", "s"]
                .iter()
                .all(|phase| seen.contains(*phase)),
            "{seen:?}"
        );
    }

    /// Slices of a lane lie in one another or apart: Perfetto drops what overlaps.
    #[test]
    fn no_two_requests_of_a_lane_overlap() {
        let mut lanes: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
        for event in events()
            .iter()
            .filter(|event| event["cat"] == "request" && event["ph"] == "X")
        {
            let lane = (
                event["pid"].as_u64().unwrap(),
                event["tid"].as_u64().unwrap(),
            );
            let from = event["ts"].as_u64().unwrap();
            lanes
                .entry(lane)
                .or_default()
                .push((from, from + event["dur"].as_u64().unwrap()));
        }
        assert!(lanes.len() > 2);
        for slices in lanes.values_mut() {
            slices.sort_unstable();
            assert!(
                slices.windows(2).all(|pair| pair[0].1 <= pair[1].0),
                "{slices:?}"
            );
        }
    }
}

//! A made-up run for tests: a first-come-first-served queue with patience, in three variants. Not the simulator, and no claim
//! about real systems: it only has the shape of one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use serde_json::json;

use crate::plan::Plan;
use crate::record::{
    ClientHalf, EndedBy, Event, EventKind, Manifest, Outcome, QueueSample, RequestRecord, SCHEMA,
    Source, WorkerInterval, WorkerState,
};
use crate::report::data::{RunData, VariantData};
use crate::seed::Seed;
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

pub(crate) use super::fixture_summary::summary;

pub(super) const WORKERS: u32 = 4;
const PATIENCE_US: u64 = 3_000_000;

/// Slow readers starve visitors; buffering cures it; a short worker timeout kills.
pub(crate) fn run() -> RunData {
    let variants = vec![
        variant("baseline", 4_200_000, None),
        variant("buffered", 9_000, None),
        variant("short-timeout", 4_200_000, Some(2_500_000)),
    ];
    RunData {
        manifest: Manifest {
            schema: SCHEMA,
            version: "0.1.0".into(),
            commit: Some("0123abc".into()),
            scenario: "slow-readers".into(),
            scenario_hash: "cbf29ce484222325".into(),
            question: "Can four slow readers take a healthy site down?".into(),
            engine: "lab".into(),
            seed: 7,
            started_utc: "2026-11-22T21:00:00Z".into(),
            partial: false,
            variants: variants
                .iter()
                .map(|variant| variant.plan.variant.clone())
                .collect(),
            kernel: Some("6.12.0".into()),
            sysctls: BTreeMap::from([("net.core.somaxconn".into(), "4096".into())]),
            nofile: Some((1024, 1_048_576)),
            cpu: Some("2 x Example <CPU>".into()),
            tick_error_us: Some((70, 1_900)),
            engine_facts: BTreeMap::new(),
            told: BTreeMap::new(),
        },
        scenario_toml: "schema = 1\nquestion = \"<script>alert(1)</script>\"\n".into(),
        variants,
    }
}

/// A plan of the fixture's scenario.
pub(crate) fn plan(variant: &str) -> Plan {
    let group = |name: &str, path: &str, behavior| {
        json!({ "name": name, "path": path, "timeout": null, "keepalive": false,
            "behavior": behavior, "schedule": { "starts": { "at": [] } } })
    };
    let slow = json!({ "slow-read": { "rate": "100KiB/s", "rcvbuf": "4KiB" } });
    let plan = json!({
        "scenario": "slow-readers", "variant": variant, "seed": 7,
        "duration": "12s", "warmup": "1s", "drain": "10s",
        "backend": { "workers": WORKERS },
        "proxy": { "proxy_read_timeout": "3s" },
        "groups": [
            group("slow", "/report", slow),
            group("visitors", "/", json!({ "healthy": {} })),
        ],
    });
    serde_json::from_value(plan).unwrap()
}

/// A request that took from `at` to `end`, with nothing else known.
pub(crate) fn request(id: u64, group: &str, at: u64, end: u64, status: u16) -> RequestRecord {
    RequestRecord::from_client(ClientHalf {
        request_id: id,
        group: group.into(),
        client: 0,
        path: "/".into(),
        intended_at: Timestamp::from_us(at),
        started_at: Timestamp::from_us(at + 150),
        connected_at: Some(Timestamp::from_us(at + 200)),
        first_byte_at: Some(Timestamp::from_us(end)),
        last_byte_at: Some(Timestamp::from_us(end)),
        closed_at: Timestamp::from_us(end),
        status: Some(status),
        outcome: Outcome::Complete,
        ended_by: EndedBy::Completion,
        expected_bytes: Some(2048),
        received_bytes: 2048,
        rcvbuf_requested_bytes: None,
        rcvbuf_granted_bytes: None,
        client_port: None,
        attempt: 1,
    })
}

/// An interval in microseconds.
pub(crate) fn interval(
    worker: u32,
    state: WorkerState,
    (from, to): (u64, u64),
    of: Option<(u64, &str)>,
) -> WorkerInterval {
    WorkerInterval {
        worker,
        pid: 1000 + worker,
        slot: Some(0),
        state,
        from: Timestamp::from_us(from),
        to: Some(Timestamp::from_us(to)),
        request_id: of.map(|(id, _)| id),
        group: of.map(|(_, group)| group.into()),
        rss_bytes: None,
        buffered_bytes: None,
    }
}

struct Queue {
    out: VariantData,
    /// When each slot is free, and the age of the worker in it.
    slots: Vec<(u64, u32)>,
    next_age: u32,
    send_us: u64,
    kill_after: Option<u64>,
}

fn variant(name: &str, send_us: u64, kill_after: Option<u64>) -> VariantData {
    let mut queue = Queue {
        out: VariantData::new(plan(name)),
        slots: (1..=WORKERS).map(|age| (0, age)).collect(),
        next_age: WORKERS + 1,
        send_us,
        kill_after,
    };
    let mut chance = Seed(7).stream("visitors");
    let mut arrivals = BinaryHeap::new();
    let (mut at, mut id) = (0.0, 0_u64);
    loop {
        at += chance.exponential(1.0 / 40.0);
        if at >= 12.0 {
            break;
        }
        id += 1;
        arrivals.push(Reverse(((at * 1e6) as u64, id, false)));
    }
    for client in 0..4 {
        arrivals.push(Reverse((
            2_000_000 + client * 90_000,
            10_000 + client,
            true,
        )));
    }
    let mut waits = Vec::new();
    while let Some(Reverse((at, id, slow))) = arrivals.pop() {
        let (taken, end) = queue.serve(at, id, slow);
        waits.push((at, taken));
        if slow && end + 40_000 < 12_000_000 {
            arrivals.push(Reverse((end + 40_000, id + 4, true)));
        }
    }
    queue.out.queues = samples(&waits, send_us);
    queue.out
}

impl Queue {
    fn serve(&mut self, at: u64, id: u64, slow: bool) -> (u64, u64) {
        let slot = (0..self.slots.len())
            .min_by_key(|slot| self.slots[*slot].0)
            .unwrap();
        let (free, age) = self.slots[slot];
        let taken = at.max(free) + 120;
        let group = if slow { "slow" } else { "visitors" };
        let app = taken + if slow { 20_000 } else { 5_000 };
        let wanted = app + if slow { self.send_us } else { 300 };
        let killed = self
            .kill_after
            .map(|after| app + after)
            .filter(|kill| *kill < wanted);
        let done = killed.unwrap_or(wanted);
        let of = Some((id, group));
        self.out
            .workers
            .push(interval(age, WorkerState::Idle, (free, taken), None));
        self.out
            .workers
            .push(interval(age, WorkerState::App, (taken, app), of));
        self.out
            .workers
            .push(interval(age, WorkerState::Send, (app, done), of));
        self.slots[slot].0 = done;
        let client_end = if slow && self.send_us < 1_000_000 {
            done + 4_200_000
        } else {
            done
        };
        let mut record = request(id, group, at, client_end + 200, 200);
        record.worker = Some(age);
        record.worker_accepted_at = Some(Timestamp::from_us(taken));
        record.request_read_at = Some(Timestamp::from_us(taken));
        record.app_done_at = Some(Timestamp::from_us(app));
        record.response_sent_at = Some(Timestamp::from_us(done));
        record.worker_released_at = Some(Timestamp::from_us(done));
        if let Some(kill) = killed {
            record.outcome = Outcome::Truncated;
            record.ended_by = EndedBy::WorkerTimeout;
            self.kill(slot, kill);
        } else if !slow && done > at + PATIENCE_US {
            let gone = Some(Timestamp::from_us(at + PATIENCE_US));
            record.status = Some(504);
            record.ended_by = EndedBy::ProxyReadTimeout;
            record.closed_at = gone;
            record.last_byte_at = gone;
        }
        self.out.requests.push(record);
        (taken, client_end)
    }

    fn kill(&mut self, slot: usize, at: u64) {
        let age = self.slots[slot].1;
        let kind = EventKind::WorkerTimeout { pid: 1000 + age };
        let event = Event::new(Timestamp::from_us(at), Source::Master, kind);
        self.out.events.push(event.of_worker(Some(age)));
        let mut dead = interval(age, WorkerState::Dead, (at, at), None);
        dead.to = None;
        self.out.workers.push(dead);
        self.slots[slot] = (at + 120_000, self.next_age);
        self.out.workers.push(interval(
            self.next_age,
            WorkerState::Booting,
            (at + 60_000, at + 120_000),
            None,
        ));
        self.next_age += 1;
    }
}

fn samples(waits: &[(u64, u64)], send_us: u64) -> Vec<QueueSample> {
    (0..=600)
        .flat_map(|index| {
            let at = index * 25_000;
            let depth = waits
                .iter()
                .filter(|(from, to)| *from <= at && *to > at + 120)
                .count();
            let spilled = if send_us < 1_000_000 && (2_000_000..14_000_000).contains(&at) {
                let progress = (at % 4_200_000) as f64 / 4_200_000.0;
                ((1.0 - progress) * f64::from(16 << 20)) as u64
            } else {
                0
            };
            let of = |tier| QueueSample::of(Timestamp::from_us(at), Span::from_us(80), tier, None);
            let backend = QueueSample {
                accept_queue: Some(depth as u64),
                accept_queue_limit: Some(2048),
                ..of(Tier::Backend)
            };
            let proxy = QueueSample {
                held_connections: Some(depth as u64 + 4),
                buffered_bytes: Some(if spilled > 0 { 144 << 10 } else { 0 }),
                spilled_bytes: Some(spilled),
                ..of(Tier::Proxy)
            };
            [backend, proxy]
        })
        .collect()
}

//! A made-up run for tests: a first-come-first-served queue with patience, in three variants. Not the simulator, and no claim
//! about real systems: it only has the shape of one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::machine::arrival::Schedule;
use crate::machine::backend_config::BackendConfig;
use crate::machine::behavior::{Behavior, Healthy, SlowRead};
use crate::machine::proxy_config::ProxyConfig;
use crate::plan::{GroupPlan, Plan};
use crate::record::summary::{
    AcceptQueueSummary, Finding, GroupSummary, HeldSummary, Judgement, LatencySummary,
    ProxySummary, SCHEMA, Summary, VariantSummary, Verdict, WorkersSummary,
};
use crate::record::{
    ClientHalf, EndedBy, Event, EventKind, Manifest, Outcome, QueueSample, RequestRecord, Source,
    WorkerInterval, WorkerState,
};
use crate::report::data::{RunData, VariantData};
use crate::seed::Seed;
use crate::time::{Span, Timestamp};
use crate::units::{ByteRate, Bytes};

const WORKERS: u32 = 4;
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
            schema: 1,
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
        },
        scenario_toml: "schema = 1\nquestion = \"<script>alert(1)</script>\"\n".into(),
        variants,
    }
}

/// A plan of the fixture's scenario.
pub(crate) fn plan(variant: &str) -> Plan {
    let group = |name: &str, path: &str, behavior| GroupPlan {
        name: name.into(),
        path: path.into(),
        timeout: None,
        keepalive: false,
        behavior,
        schedule: Schedule::Starts { at: Vec::new() },
    };
    let mut backend: BackendConfig = toml::from_str("workers = 4").unwrap();
    backend.workers = WORKERS;
    let proxy: ProxyConfig = toml::from_str("proxy_read_timeout = \"3s\"").unwrap();
    let slow = SlowRead {
        rate: ByteRate(100 << 10),
        rcvbuf: Some(Bytes::kib(4)),
        mss: None,
    };
    Plan {
        scenario: "slow-readers".into(),
        variant: variant.into(),
        seed: Seed(7),
        duration: Span::from_secs(12),
        warmup: Span::from_secs(1),
        drain: Span::from_secs(10),
        backend,
        proxy: Some(proxy),
        groups: vec![
            group("slow", "/report", Behavior::SlowRead(slow)),
            group("visitors", "/", Behavior::Healthy(Healthy::default())),
        ],
    }
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
        state,
        from: Timestamp::from_us(from),
        to: Some(Timestamp::from_us(to)),
        request_id: of.map(|(id, _)| id),
        group: of.map(|(_, group)| group.into()),
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
        out: VariantData {
            plan: plan(name),
            requests: Vec::new(),
            events: Vec::new(),
            workers: Vec::new(),
            queues: Vec::new(),
            sockets: Vec::new(),
            procs: Vec::new(),
        },
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
        self.out.events.push(Event {
            at: Timestamp::from_us(at),
            source: Source::Master,
            kind: EventKind::WorkerTimeout,
            request_id: None,
            worker: Some(age),
            text: format!("WORKER TIMEOUT (pid:{})", 1000 + age),
        });
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
        .map(|index| {
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
            QueueSample {
                at: Timestamp::from_us(at),
                late: Span::from_us(80),
                accept_queue: Some(depth as u64),
                accept_queue_limit: Some(2048),
                busy_workers: None,
                sending_workers: None,
                held_connections: depth as u64 + 4,
                proxy_buffered_bytes: Some(if spilled > 0 { 144 << 10 } else { 0 }),
                proxy_spilled_bytes: Some(spilled),
                upstream_connections: None,
            }
        })
        .collect()
}

/// A summary of the run, by plain order statistics.
pub(crate) fn summary(run: &RunData) -> Summary {
    Summary {
        schema: SCHEMA,
        scenario: run.manifest.scenario.clone(),
        engine: run.manifest.engine.clone(),
        seed: run.manifest.seed,
        partial: run.manifest.partial,
        variants: run.variants.iter().map(summarize).collect(),
        expectations: vec![
            judgement("visitors are starved while all workers are held", Verdict::Held),
            judgement("buffering cures it", Verdict::Failed),
            judgement("by two orders of magnitude & more", Verdict::Undecided),
        ],
        findings: vec![Finding {
            kind: "starvation".into(),
            variant: "baseline".into(),
            at_s: 2.27,
            text: "all 4 workers were held by slow from 2.27 s on; visitors waited in the accept queue behind them".into(),
        }],
        warnings: vec!["the sampler was up to 1.90 ms late".into()],
    }
}

fn judgement(claim: &str, verdict: Verdict) -> Judgement {
    Judgement {
        claim: claim.into(),
        that: "visitors.status.504 >= 10".into(),
        verdict,
        measured: "visitors.status.504 = 163".into(),
    }
}

fn summarize(variant: &VariantData) -> VariantSummary {
    let groups = variant
        .plan
        .groups
        .iter()
        .map(|group| summarize_group(variant, &group.name));
    VariantSummary {
        name: variant.plan.variant.clone(),
        groups: groups.collect(),
        workers: WorkersSummary {
            count: u64::from(WORKERS),
            busy_ratio: Some(0.87),
            held_s_by_group: BTreeMap::from([("slow".into(), 38.1), ("visitors".into(), 1.9)]),
            blocked_in_send_s: Some(37.9),
            spawned: 4,
            killed_by_timeout: variant.events.len() as u64,
        },
        accept_queue: AcceptQueueSummary {
            max: variant
                .queues
                .iter()
                .filter_map(|sample| sample.accept_queue)
                .max(),
            mean: Some(31.5),
            limit: Some(2048),
            refused: 0,
        },
        proxy: Some(ProxySummary {
            peak_buffered_bytes: Some(16 << 20),
            spilled_bytes: 64 << 20,
            upstream_held_s: HeldSummary {
                p50: Some(0.0054),
                max: Some(4.23),
            },
            timers_fired: BTreeMap::from([("proxy_read_timeout".into(), 163)]),
        }),
    }
}

fn summarize_group(variant: &VariantData, name: &str) -> GroupSummary {
    let all: Vec<&RequestRecord> = variant
        .requests
        .iter()
        .filter(|one| one.group == name && one.intended_at.as_us() >= 1_000_000)
        .collect();
    let mut outcomes = BTreeMap::new();
    let mut status = BTreeMap::new();
    for one in &all {
        *outcomes.entry(one.outcome).or_insert(0) += 1;
        *status.entry(one.status.unwrap()).or_insert(0) += 1;
    }
    GroupSummary {
        name: name.into(),
        requests: all.len() as u64,
        complete: outcomes.get(&Outcome::Complete).copied().unwrap_or(0),
        outcomes,
        proxy_status: status.clone(),
        status,
        received_bytes: 123_456_789,
        zombies: 12,
        latency_us: latency(&all, RequestRecord::latency),
        latency_from_send_us: latency(&all, RequestRecord::latency_from_send),
        hold_us: latency(&all, RequestRecord::hold),
        queue_wait_us: LatencySummary::default(),
    }
}

fn latency(all: &[&RequestRecord], of: fn(&RequestRecord) -> Option<Span>) -> LatencySummary {
    let mut values: Vec<u64> = all
        .iter()
        .filter_map(|one| Some(of(one)?.as_us()))
        .collect();
    values.sort_unstable();
    let n = values.len();
    let at = |quantile: f64| {
        let supported = n > 0 && (1.0 - quantile) * n as f64 >= 1.0;
        supported.then(|| values[(quantile * n as f64) as usize])
    };
    LatencySummary {
        count: n as u64,
        min: values.first().copied(),
        mean: (n > 0).then(|| values.iter().sum::<u64>() / n as u64),
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        p999: at(0.999),
        max: values.last().copied(),
    }
}

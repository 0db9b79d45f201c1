//! `summary.json`: the numbers that scripts and tests rely on. The keys are fixed by `schema`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Outcome, ProbeOutcome};

/// The version of this file's shape.
pub const SCHEMA: u32 = 1;

/// A whole run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The scenario's name.
    pub scenario: String,
    /// `lab`, `sim` or `reference`.
    pub engine: String,
    /// The seed.
    pub seed: u64,
    /// Whether the run was cut short.
    pub partial: bool,
    /// One entry per variant, in the order in which they ran.
    pub variants: Vec<VariantSummary>,
    /// The scenario's expectations, judged.
    pub expectations: Vec<Judgement>,
    /// What the run showed, in words.
    pub findings: Vec<Finding>,
    /// What time and bytes come to, and what theory says of it: of the same shape as a finding; older folders have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Finding>,
    /// All of it in one sentence; older folders have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<Headline>,
    /// What to check before trusting the numbers.
    pub warnings: Vec<String>,
    /// What forbids a verdict: expectations about these variants are undecided; left out where there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
}

/// Something that the laboratory could not do and that nobody asked for: whatever was measured of this variant is not about the stack.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Doubt {
    /// The variant.
    pub variant: String,
    /// A stable name, such as `clients_starved`.
    pub kind: String,
    /// In words.
    pub text: String,
}

/// One variant.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VariantSummary {
    /// The variant's name; `baseline` for the plain configuration.
    pub name: String,
    /// One entry per client group, in the scenario's order.
    pub groups: Vec<GroupSummary>,
    /// The backend's workers.
    pub workers: WorkersSummary,
    /// The backend's accept queue.
    pub accept_queue: AcceptQueueSummary,
    /// The proxy before the proxy; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<ProxySummary>,
    /// The proxy; `null` where clients went straight to the backend.
    pub proxy: Option<ProxySummary>,
    /// One entry per probe, in the scenario's order; left out where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeSummary>,
    /// The machine, where it was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineSummary>,
    /// The logs, where they were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<LogsSummary>,
    /// The pipeline, where there is one in place of clients and a backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<PipelineSummary>,
}

/// A pipeline, by looking at its stages.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct PipelineSummary {
    /// The stage that all others wait for; `null` where there is none: all are fast, or several are even.
    pub brake: Option<String>,
    /// Its place, from 1; 0 where there is none.
    pub brake_position: u64,
    /// How often it was looked at; a brake is named from 20 on.
    pub looks: u64,
    /// From its start to the end of its last stage.
    pub lasted_us: u64,
    /// Lines that the last stage has written; `null` if it did not end.
    pub answer_lines: Option<u64>,
    /// One entry per stage, in order.
    pub stages: Vec<StageSummary>,
}

/// One stage of a pipeline. Shares are of the looks at the pipeline.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct StageSummary {
    /// Its name.
    pub name: String,
    /// Found at work of its own: on a core, or asleep over something else than a pipe.
    pub at_work_ratio: f64,
    /// Found in `read`, for input.
    pub for_input_ratio: f64,
    /// Found in `write`, for room.
    pub for_room_ratio: f64,
    /// CPU time that it took.
    pub cpu_us: Option<u64>,
    /// The most memory that it was found with.
    pub peak_rss_bytes: Option<u64>,
    /// The most that its temp files took.
    pub peak_temp_bytes: Option<u64>,
    /// How it ended: its exit code, or 128 and the signal's number.
    pub exit: Option<i32>,
}

/// One client group. Requests that were meant to start during the warm-up are left out.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct GroupSummary {
    /// The group's name.
    pub name: String,
    /// Requests made.
    pub requests: u64,
    /// Of these, retries: requests for what an earlier one had not brought.
    #[serde(default)]
    pub retries: u64,
    /// Of all, complete ones (any status).
    pub complete: u64,
    /// By outcome; every outcome is present.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// By status that the client saw.
    pub status: BTreeMap<u16, u64>,
    /// By status that the proxy logged, where there was a proxy.
    pub proxy_status: BTreeMap<u16, u64>,
    /// Body bytes read by the clients.
    pub received_bytes: u64,
    /// Requests that a worker ran after nobody waited for them any more.
    pub zombies: u64,
    /// From the intended start: what a user would have felt.
    pub latency_us: LatencySummary,
    /// From the actual start: the naive number.
    pub latency_from_send_us: LatencySummary,
    /// From the intended start to the first byte of the response.
    #[serde(default)]
    pub first_byte_us: LatencySummary,
    /// From the first byte of the response to the last.
    #[serde(default)]
    pub reading_us: LatencySummary,
    /// How long a slot of a worker belonged to one request of this group; `zombies`, which nobody waited for any more, are left out.
    pub hold_us: LatencySummary,
    /// From the upstream connection being there to a worker taking it up.
    pub queue_wait_us: LatencySummary,
    /// Where the bytes of responses waited whose clients gave them up.
    #[serde(default)]
    pub absorbed_bytes: AbsorbedSummary,
}

/// Body bytes that a worker had sent and its client had not read when the client let go (outcomes `timeout`, `aborted`, `unfinished`):
/// medians over the requests, in all and by hop. `null` where nobody observed it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AbsorbedSummary {
    /// Requests counted.
    pub count: u64,
    /// From the worker's `send` to the client's `recv`.
    pub total: Option<u64>,
    /// In the kernel between worker and proxy.
    pub upstream: Option<u64>,
    /// In the proxy: memory and temp file.
    pub proxy: Option<u64>,
    /// In the kernel before the client: between it and the proxy, or the worker if there is no proxy.
    pub downstream: Option<u64>,
}

/// A distribution in microseconds. A percentile that the sample cannot support is `null`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LatencySummary {
    /// Values recorded.
    pub count: u64,
    /// Smallest.
    pub min: Option<u64>,
    /// Arithmetic mean.
    pub mean: Option<u64>,
    /// Median.
    pub p50: Option<u64>,
    /// 90th percentile.
    pub p90: Option<u64>,
    /// 95th percentile; `null` in older folders.
    #[serde(default)]
    pub p95: Option<u64>,
    /// 99th percentile.
    pub p99: Option<u64>,
    /// 99.9th percentile.
    pub p999: Option<u64>,
    /// Largest.
    pub max: Option<u64>,
}

/// The backend's workers over the measured part of a variant.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct WorkersSummary {
    /// How many processes there should be.
    pub count: u64,
    /// How many connections all of them serve at once: their slots; `null` where nothing limits it.
    #[serde(default)]
    pub slots: Option<u64>,
    /// Share of the slots' time spent holding a connection, 0 to 1; `null` where their number is not limited.
    pub busy_ratio: Option<f64>,
    /// Slot-seconds held, by client group.
    pub held_s_by_group: BTreeMap<String, f64>,
    /// Slot-seconds inside `send`.
    pub blocked_in_send_s: Option<f64>,
    /// Workers forked, the first ones included.
    pub spawned: u64,
    /// Workers that the arbiter killed for a stale heartbeat.
    pub killed_by_timeout: u64,
    /// The largest resident memory of one worker's process, by the samples; `null` where nobody looked.
    #[serde(default)]
    pub peak_rss_bytes: Option<u64>,
    /// The most bytes that one worker's process held for its connections beyond what the kernel took; `null` where none tells.
    #[serde(default)]
    pub peak_buffered_bytes: Option<u64>,
}

/// The machine, where a plan makes every worker sick: from the last act on.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct MachineSummary {
    /// How many tasks the load average counts now: two readings 5 s apart give it back (see `results/README.md`).
    pub active_tasks: Option<f64>,
    /// Of them those that run or could; the mean of the samples.
    pub running_tasks: Option<f64>,
    /// Share of the cores' time that they were busy.
    pub busy_ratio: Option<f64>,
    /// Share of the cores' time that they were idle with a disk at work.
    pub iowait_ratio: Option<f64>,
    /// Share of the time in which somebody waited for a disk.
    pub psi_io_ratio: Option<f64>,
    /// The highest load average over a minute.
    pub load_1m: Option<f64>,
}

/// The logs, where a plan rotates some.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LogsSummary {
    /// The most that a file took on the disk which a writer has open and nobody can name.
    pub deleted_bytes: Option<u64>,
    /// The most by which a log was larger than what it takes on the disk: a hole.
    pub hole_bytes: Option<u64>,
    /// The most that logs and older ones took on the disk, as `du` adds up.
    pub named_bytes: Option<u64>,
}

/// The backend's accept queue.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AcceptQueueSummary {
    /// Deepest sample.
    pub max: Option<u64>,
    /// Mean of the samples.
    pub mean: Option<f64>,
    /// The backlog granted; the queue holds one more.
    pub limit: Option<u64>,
    /// Connections that found it full and were turned away (Unix) or timed out connecting (TCP).
    pub refused: u64,
}

/// The proxies of a tier. Where there are two tiers, what is counted by request is counted from the rows of `hops.csv` of this tier that were
/// accepted after the warm-up.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ProxySummary {
    /// Most bytes held in memory and temp files at once, by the samples and by single requests.
    pub peak_buffered_bytes: Option<u64>,
    /// Bytes written to temp files; `null` where the proxy does not tell.
    pub spilled_bytes: Option<u64>,
    /// How long connections to the tier behind it were held.
    pub upstream_held_s: HeldSummary,
    /// The longest time between two reads of one response from the tier behind it, in seconds; `null` where the proxy does not tell.
    #[serde(default)]
    pub longest_silence_s: Option<f64>,
    /// By directive.
    pub timers_fired: BTreeMap<String, u64>,
    /// Attempts at requests that were accepted after the warm-up, by status (rows of `hops.csv`): that of the access log, or of an earlier
    /// attempt 502 or 504.
    #[serde(default)]
    pub attempts: BTreeMap<u16, u64>,
    /// Connects to the tier behind it that failed, by the number of the error; left out where there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub connect_failed: BTreeMap<u16, u64>,
}

/// One probe. Its attempts count from the first to the last one: nobody who probes knows of a warm-up.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ProbeSummary {
    /// The probe's name.
    pub name: String,
    /// Attempts that were judged.
    pub attempts: u64,
    /// Of these, those that failed.
    pub failures: u64,
    /// The most failures in a row.
    pub most_in_a_row: u64,
    /// How often the backend was told to end for it.
    pub kills: u64,
    /// By outcome; every outcome is present.
    pub outcomes: BTreeMap<ProbeOutcome, u64>,
    /// How long attempts took, those that were given up included.
    pub latency_us: LatencySummary,
}

/// Seconds.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct HeldSummary {
    /// Median.
    pub p50: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

/// What became of an expectation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It held.
    Held,
    /// It did not.
    Failed,
    /// The run does not say.
    Undecided,
    /// It is about a variant that was not asked for (`--variant`).
    LeftOut,
}

/// An expectation and its verdict.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// In words, from the scenario.
    pub claim: String,
    /// The condition, from the scenario.
    pub that: String,
    /// What became of it.
    pub verdict: Verdict,
    /// The values that were compared, or why nothing could be.
    pub measured: String,
}

/// Something that the run showed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// A stable name, such as `starvation` or `read_timeout_misfire`.
    pub kind: String,
    /// The variant in which it was seen.
    pub variant: String,
    /// When it began, in seconds since the variant's origin.
    pub at_s: f64,
    /// In words.
    pub text: String,
    /// What the words are made of: units are in the names, `null` is what was not seen or not known.
    #[serde(default)]
    pub fields: BTreeMap<String, serde_json::Value>,
    /// The requests that show it, by id: the first of them, the fields say how many there were.
    #[serde(default)]
    pub requests: Vec<u64>,
}

/// The run in one sentence: who was harmed most, by what, and which variant cures it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Headline {
    /// `failed`, `waited`, `killed` (workers, and nobody felt it), `nothing`, or `untested` where no request was made.
    pub kind: String,
    /// The variant that it is about.
    pub variant: String,
    /// In words.
    pub text: String,
    /// What the words are made of, as in a [`Finding`].
    #[serde(default)]
    pub fields: BTreeMap<String, serde_json::Value>,
}

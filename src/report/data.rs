//! A finished run, read back into memory: what reports and charts draw from.

use crate::plan::Plan;
use crate::record::{
    Event, Manifest, ProcSample, QueueSample, RequestRecord, SocketSample, WorkerInterval,
};

/// A whole run.
#[derive(Clone, PartialEq, Debug)]
pub struct RunData {
    /// Under which conditions it was made.
    pub manifest: Manifest,
    /// The scenario as run.
    pub scenario_toml: String,
    /// In the order in which they ran.
    pub variants: Vec<VariantData>,
}

/// One variant.
#[derive(Clone, PartialEq, Debug)]
pub struct VariantData {
    /// What was to be done.
    pub plan: Plan,
    /// `requests.csv`.
    pub requests: Vec<RequestRecord>,
    /// `events.csv`.
    pub events: Vec<Event>,
    /// `workers.csv`.
    pub workers: Vec<WorkerInterval>,
    /// `queues.csv`.
    pub queues: Vec<QueueSample>,
    /// `sockets.csv`.
    pub sockets: Vec<SocketSample>,
    /// `procs.csv`.
    pub procs: Vec<ProcSample>,
}

//! What a run writes down: the same structs from every engine, one struct per CSV file.
//!
//! Engines send [`Report`]s through a [`Sink`]; the [`collect`] half joins the client's, the proxy's and the worker's
//! view of each request into one [`RequestRecord`] and writes the results folder. Expectations, reports and
//! charts read that folder and nothing else.

mod bytes;
pub mod collect;
mod event;
pub mod folder;
mod folder_error;
mod gauges;
pub mod hgrm;
pub mod hlog;
mod hold;
mod hop;
mod manifest;
mod numbers;
mod passages;
mod probe;
mod request;
mod sample;
mod sink;
mod split;
mod stage;
pub mod summary;
mod worker;

pub use bytes::{ByteKey, ByteLedger, BytePlace, ByteSample, Direction, Holder};
pub use event::{
    ClientStep, Event, EventKind, EventRow, ExitStatus, LineWay, Loss, ReadEvent, Remedy, Source,
};
pub use gauges::{Gauge, Gauges};
pub use hold::{Hold, HoldEnd};
pub use hop::{Attempt, Hop};
pub use manifest::{Manifest, NOTE, SCHEMA, SHORTFALL, Told, UNPLAYABLE};
pub(crate) use numbers::Numbers;
pub use passages::{Endpoint, Kept, Pass, Passage, Passages, Visitors};
pub use probe::{ProbeOutcome, ProbeRecord};
pub use request::{ClientHalf, EndedBy, Outcome, ProxyHalf, RequestRecord};
pub use sample::{LogSample, MachineSample, ProcRole, ProcSample, QueueSample, SocketSample};
pub use sink::{Report, Shift, Sink};
pub use split::{Split, Stage};
pub use stage::{StageSample, StageWait};
pub use worker::{WorkerInterval, WorkerReport, WorkerState};

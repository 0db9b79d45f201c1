//! What probes saw: one row of `probes.csv` for each attempt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tier::Tier;
use crate::time::{Span, Timestamp, as_us, span_as_us};

/// How an attempt ended.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ProbeOutcome {
    /// A success: a status from 200 to 399, or the connection alone if that is all that it wants.
    Ok,
    /// An answer with another status.
    Status,
    /// No answer in time.
    Timeout,
    /// No connection.
    Refused,
    /// The connection was lost, or closed, before there was an answer.
    Reset,
}

impl ProbeOutcome {
    /// All of them.
    pub const ALL: [ProbeOutcome; 5] = [
        ProbeOutcome::Ok,
        ProbeOutcome::Status,
        ProbeOutcome::Timeout,
        ProbeOutcome::Refused,
        ProbeOutcome::Reset,
    ];

    /// As files write it.
    pub fn name(self) -> &'static str {
        match self {
            ProbeOutcome::Ok => "ok",
            ProbeOutcome::Status => "status",
            ProbeOutcome::Timeout => "timeout",
            ProbeOutcome::Refused => "refused",
            ProbeOutcome::Reset => "reset",
        }
    }
}

/// One attempt of a probe.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProbeRecord {
    /// When it began.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// The probe's name.
    pub probe: String,
    /// The tier that it asked.
    pub to: Tier,
    /// How long it took; for one that was given up, how long it was waited for.
    #[serde(rename = "latency_us", with = "span_as_us")]
    pub latency: Span,
    /// How it ended.
    pub outcome: ProbeOutcome,
    /// The status of an HTTP answer.
    pub status: Option<u16>,
    /// Failures in a row, this one included; 0 after a success.
    pub failures: u32,
}

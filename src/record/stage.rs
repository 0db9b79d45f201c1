//! Stages of a pipeline, looked at: `stages.csv`.

use serde::{Deserialize, Serialize};

use crate::time::{Timestamp, as_us};

/// Which neighbour a stage waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageWait {
    /// In `read`: nobody before it has written.
    Input,
    /// In `write`: nobody behind it has read.
    Room,
}

/// One stage at one instant, from `/proc`: one row of `stages.csv`, only where a plan is a pipeline. What this kernel or this user may not see is empty.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StageSample {
    /// When it was taken.
    #[serde(rename = "at_us", with = "as_us")]
    pub at: Timestamp,
    /// Its place in the pipeline, from 1.
    pub position: u32,
    /// Its name.
    pub stage: String,
    /// Process id.
    pub pid: u32,
    /// The state letter of `/proc/PID/stat`.
    pub state: Option<char>,
    /// Which neighbour it waits for: `input` (in `read`) or `room` (in `write`); empty if it is at work of its own, or gone.
    pub waits: Option<StageWait>,
    /// Where it sleeps, by `/proc/PID/wchan`.
    pub wchan: String,
    /// Time on a CPU, cumulative.
    pub cpu_us: Option<u64>,
    /// Resident memory, by `/proc/PID/statm`.
    pub rss_bytes: Option<u64>,
    /// What its temp files take.
    pub temp_bytes: Option<u64>,
    /// How it ended, in its last row: its exit code, or 128 and the number of the signal that ended it, as a shell's PIPESTATUS says it.
    pub exit: Option<i32>,
    /// Lines of the answer, in the last row of the last stage.
    pub lines: Option<u64>,
}

impl StageSample {
    /// A look that saw nothing yet.
    pub fn of(at: Timestamp, position: u32, stage: &str, pid: u32) -> StageSample {
        StageSample {
            at,
            position,
            stage: stage.to_owned(),
            pid,
            state: None,
            waits: None,
            wchan: String::new(),
            cpu_us: None,
            rss_bytes: None,
            temp_bytes: None,
            exit: None,
            lines: None,
        }
    }
}

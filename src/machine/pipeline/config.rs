//! The section of the file: how many lines, which stages, and what each is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Span;
use crate::units::{ByteRate, Bytes};

/// The kernel's own (`PIPE_DEF_BUFFERS` pages).
const PIPE: Bytes = Bytes(65_536);
/// Ours: some megabytes, a second or two of the tools.
const LINES: u64 = 50_000;
/// Ours: what a paced stage reads at once, a page.
pub const PIECE: u64 = 4096;
/// Ours: more are mistyped.
pub const MOST_STAGES: usize = 12;
/// Ours: 200 MB of log.
pub const MOST_LINES: u64 = 2_000_000;

/// `[pipeline]`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineConfig {
    /// Lines of an access log, about 100 bytes each, that the first stage gets; they follow from the seed.
    #[serde(default = "lines")]
    pub lines: u64,
    /// What each pipe holds (`F_SETPIPE_SZ`).
    #[serde(default = "pipe")]
    pub pipe: Bytes,
    /// The stages by name, the first one first.
    pub stages: Vec<String>,
    /// What each of them is.
    pub stage: BTreeMap<String, Stage>,
}

fn lines() -> u64 {
    LINES
}

fn pipe() -> Bytes {
    PIPE
}

/// What a stage is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// One of ours: passes on what it reads, at its pace.
    Paced(Paced),
    /// `tail -n LINES`.
    Tail(Tail),
    /// `grep -v -F` with a text that lines are dropped for.
    Grep(Grep),
    /// `awk` that prints one field.
    Awk(Awk),
    /// `sort`, with its temp files inside of the run.
    Sort(Sort),
    /// `uniq -c`: counts lines that follow one another.
    Uniq(Uniq),
    /// `head -n LINES`: ends when it has them.
    Head(Head),
}

/// One of ours.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paced {
    /// At most so much passes through it; unset is as fast as it goes.
    #[serde(default)]
    pub rate: Option<ByteRate>,
    /// CPU time that it burns for each 4 KiB.
    #[serde(default)]
    pub cpu: Span,
}

/// `tail`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tail {
    /// The last so many.
    pub lines: u64,
}

/// `grep`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grep {
    /// Which lines it drops.
    pub drops: Dropped,
}

/// Lines that are dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dropped {
    /// Those of health checks, one in five.
    HealthChecks,
}

/// `awk`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Awk {
    /// Which field it prints.
    pub prints: Field,
    /// Of which lines: those from the second of June on, by this comparison; of all if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
}

/// How a day of the log is compared with another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// As the log writes it, by its letters: `28/May/2026` is behind `02/Jun/2026`.
    Text,
    /// Year, month and day as numbers, in this order.
    Date,
}

/// A field of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The client's address.
    Address,
    /// The day, as the log writes it: `28/May/2026`, which does not sort as text.
    Day,
    /// The status.
    Status,
}

/// `sort`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sort {
    /// How much it holds in memory (`-S`); what is more goes to temp files. Unset is its own choice.
    #[serde(default)]
    pub memory: Option<Bytes>,
    /// The largest number first (`-rn`), and not as text.
    #[serde(default)]
    pub largest_first: bool,
}

/// `uniq -c`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uniq {}

/// `head`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The first so many.
    pub lines: u64,
}

impl PipelineConfig {
    /// The stages in order, each with its name. Names without a stage are left out; `check` refuses them.
    pub fn in_order(&self) -> impl Iterator<Item = (&str, &Stage)> {
        self.stages.iter().filter_map(|name| {
            let (name, stage) = self.stage.get_key_value(name)?;
            Some((name.as_str(), stage))
        })
    }
}

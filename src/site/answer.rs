//! The answer as data: what was read, what breaks the site and at how much of it, what would help. `slowlab schema site` describes it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::words::Words;

/// The version of this format.
pub(super) const SCHEMA: u32 = 1;

/// Everything that `slowlab site` says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The version of the format.
    pub schema: u32,
    /// What was read, a line each: where requests go, what gunicorn is, what nginx does.
    pub read: Vec<String>,
    /// Slots of workers: requests that are served at once; `null` where nothing limits them, or it is not known.
    pub slots: Option<u64>,
    /// What must be answered before there are numbers; empty if there are.
    pub questions: Vec<Asked>,
    /// A threat each.
    pub findings: Vec<Finding>,
    /// Changes of configuration, the best first.
    pub cures: Vec<Cure>,
    /// What the numbers rest on and nobody knows.
    pub unsure: Vec<String>,
}

/// A question and how to answer it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// About what: `workers`.
    pub about: String,
    /// Why it is not known.
    pub why: String,
    /// The flag that answers it.
    pub hint: String,
}

/// What one threat does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Its name: `slow-readers`.
    pub threat: String,
    /// What is counted: `slow readers`.
    pub unit: String,
    /// What one of them does, in words.
    pub what: String,
    /// How it came out.
    pub verdict: Verdict,
    /// The fewest at which a visitor fails, half of them, 95 of a hundred; unset if not reached.
    pub first: Option<BreakPoint>,
    /// Half of the visitors.
    pub half: Option<BreakPoint>,
    /// 95 of a hundred.
    pub most: Option<BreakPoint>,
    /// From how many addresses those at `first` come at least, where nginx limits each (`limit_conn`).
    #[serde(default)]
    pub addresses: Option<u64>,
    /// The most that was tried.
    pub tried_up_to: u64,
    /// Who fails, and how, where half of them (or the first) do.
    pub failure: Option<Failure>,
    /// The control: as many that do no harm, and what came of it.
    pub control: Option<Control>,
}

/// How a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Visitors fail from some number on.
    Breaks,
    /// Not up to the most that was tried.
    Holds,
    /// Visitors fail without any of it: nothing can be said.
    Inconclusive,
    /// It does not apply to this site.
    LeftOut,
}

/// A number at which something begins, between what was seen on both sides of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BreakPoint {
    /// From here on.
    pub at: u64,
    /// Up to here not.
    pub not_at: u64,
    /// Seeds with which both sides were tried.
    pub seeds: u32,
    /// Of these seeds, how many agree at `at`.
    pub agree: u32,
}

/// How visitors fail.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// At how many.
    pub at: u64,
    /// Of all visitors.
    pub share: f64,
    /// The status that they see most; `null` is none.
    pub status: Option<u16>,
    /// The timer that ran out, or what refused them.
    pub by: String,
    /// When, counted from the request, in seconds.
    pub after_s: f64,
    /// What a log says of it.
    pub log: String,
    /// Where the limit is.
    pub limit: String,
}

/// The healthy twin of a threat.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// What was played instead.
    pub what: String,
    /// How many.
    pub count: u64,
    /// Share of visitors that failed.
    pub share: f64,
}

/// A change of configuration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cure {
    /// Against which threat.
    pub threat: String,
    /// What to change: one change, or two where one does not do.
    pub changes: Vec<Change>,
    /// The same as for `--set`.
    pub set: Vec<String>,
    /// Where the first visitor fails then; unset if not up to `tried_up_to`.
    pub first: Option<u64>,
    /// Where half of them do.
    pub half: Option<u64>,
    /// From how many addresses those at `first` come at least then, where nginx limits each.
    #[serde(default)]
    pub addresses: Option<u64>,
    /// The most that was tried.
    pub tried_up_to: u64,
    /// What is the limit then.
    pub then: String,
    /// What it costs, and what it exposes.
    pub price: String,
}

/// One edit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// In the user's words: `proxy_buffering on`.
    pub setting: String,
    /// Where: `site.conf:31`.
    pub place: String,
    /// The line that goes, if there is one.
    pub minus: Option<String>,
    /// The line that comes.
    pub plus: String,
}

impl Asked {
    /// In words: `workers: nothing says how gunicorn is started. Say --gunicorn FILE`.
    pub fn sentence(&self, words: &Words) -> String {
        let facts = [
            ("about", &self.about[..]),
            ("why", &self.why),
            ("hint", &self.hint),
        ];
        words.tell("site-asked", &facts)
    }
}

impl Cure {
    /// What is set, in the user's words: `proxy_buffering on`.
    pub fn settings(&self, words: &Words) -> String {
        let settings = self.changes.iter().map(|one| one.setting.clone());
        let both = settings
            .reduce(|one, other| words.tell("site-and", &[("one", &one), ("other", &other)]));
        both.unwrap_or_default()
    }
}

impl Finding {
    /// The number at which the first visitor fails.
    pub fn first_at(&self) -> Option<u64> {
        self.first.map(|point| point.at)
    }
}

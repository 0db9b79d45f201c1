//! Whom an act is for.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tier::Tier;

/// A process of the stack.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// The backend's master; while there are two, the older one.
    Backend,
    /// The master that the backend's master has started at USR2, while both are there.
    NewBackend,
    /// A worker by its number: 1 is the first that was ever forked, by whichever master.
    Worker(u32),
    /// All workers that live at that instant: for faults only.
    EveryWorker,
    /// The proxy, all of its instances: nginx's master.
    Proxy,
    /// The edge, likewise.
    Edge,
}

impl Target {
    /// Which tier of proxies it is, if one.
    pub fn tier(self) -> Option<Tier> {
        match self {
            Target::Proxy => Some(Tier::Proxy),
            Target::Edge => Some(Tier::Edge),
            Target::Backend | Target::NewBackend | Target::Worker(_) | Target::EveryWorker => None,
        }
    }
}

impl FromStr for Target {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Target, &'static str> {
        match text {
            "backend" => return Ok(Target::Backend),
            "new-backend" => return Ok(Target::NewBackend),
            "proxy" => return Ok(Target::Proxy),
            "edge" => return Ok(Target::Edge),
            "every worker" => return Ok(Target::EveryWorker),
            _ => {}
        }
        match text.strip_prefix("worker ").map(str::parse) {
            Some(Ok(0)) => Err("workers are counted from 1"),
            Some(Ok(age)) => Ok(Target::Worker(age)),
            _ => Err(
                "it is neither `backend` nor `new-backend` nor `proxy` nor `edge` nor `worker` and a number",
            ),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Target, &'static str> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> String {
        target.to_string()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Backend => f.write_str("backend"),
            Target::NewBackend => f.write_str("new-backend"),
            Target::Proxy => f.write_str("proxy"),
            Target::Edge => f.write_str("edge"),
            Target::EveryWorker => f.write_str("every worker"),
            Target::Worker(age) => write!(f, "worker {age}"),
        }
    }
}

//! Things that happened: one row of `events.csv` each. What happened has fields of its own kind; words are made from them, never
//! the other way round.

mod kind;
mod remedy;
mod row;
mod words;

use serde::{Deserialize, Serialize};

use crate::tier::Tier;
use crate::time::Timestamp;

pub use kind::{ClientStep, EventKind, ExitStatus, LineWay, Loss};
pub use remedy::Remedy;
pub use row::{EventRow, ReadEvent};

/// Who observed an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A client.
    Client,
    /// A proxy; the event's tier says which.
    Proxy,
    /// The backend's master.
    Master,
    /// A worker of the backend.
    Worker,
    /// The lab itself.
    Lab,
}

/// One event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who saw it.
    pub source: Source,
    /// What it was.
    pub kind: EventKind,
    /// The request concerned.
    pub request_id: Option<u64>,
    /// The tier concerned.
    pub tier: Option<Tier>,
    /// The worker concerned (its age).
    pub worker: Option<u32>,
    /// The worker's slot concerned.
    pub slot: Option<u32>,
}

impl Event {
    /// An event of its source's tier that concerns no request and no worker.
    pub fn new(at: Timestamp, source: Source, kind: EventKind) -> Event {
        Event {
            at,
            source,
            kind,
            request_id: None,
            tier: source.tier(),
            worker: None,
            slot: None,
        }
    }

    /// The same of a request, if it is known.
    pub fn of_request(self, request_id: Option<u64>) -> Event {
        Event { request_id, ..self }
    }

    /// The same seen by a proxy of this tier.
    pub fn in_tier(self, tier: Tier) -> Event {
        Event {
            tier: Some(tier),
            ..self
        }
    }

    /// The same of a worker, if it is known.
    pub fn of_worker(self, worker: Option<u32>) -> Event {
        Event { worker, ..self }
    }
}

impl Source {
    /// Where it stands.
    fn tier(self) -> Option<Tier> {
        match self {
            Source::Proxy => Some(Tier::Proxy),
            Source::Master | Source::Worker => Some(Tier::Backend),
            Source::Client | Source::Lab => None,
        }
    }
}

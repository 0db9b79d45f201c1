//! A group of clients, expanded: what each asks for, when, and how it treats the response.

use serde::{Deserialize, Serialize};

use crate::machine::arrival::Schedule;
use crate::machine::behavior::Behavior;
use crate::machine::http::{REQUEST_ID_HEADER, connection_field};
use crate::machine::link::Link;
use crate::time::Span;

/// One group of clients.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupPlan {
    /// The group's name.
    pub name: String,
    /// The path that they ask for.
    pub path: String,
    /// The client's own patience; `None` waits for ever.
    pub timeout: Option<Span>,
    /// Keep the connection for the next request (looping clients only).
    pub keepalive: bool,
    /// How they treat the response.
    pub behavior: Behavior,
    /// When they start.
    pub schedule: Schedule,
    /// How far away they are; `None` is loopback. Sim engine only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

impl GroupPlan {
    /// Whether its clients take the response as fast as it comes, and so are not slow on purpose.
    pub fn is_healthy(&self) -> bool {
        matches!(self.behavior, Behavior::Healthy(_))
    }

    /// The request that a client of the group sends, up to the empty line.
    pub fn request_text(&self, host: &str, request_id: u64) -> String {
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: slowlab/{version}\r\n\
             {REQUEST_ID_HEADER}: {request_id}\r\n{connection}\r\n",
            path = self.path,
            version = env!("CARGO_PKG_VERSION"),
            connection = connection_field(self.keepalive),
        )
    }
}

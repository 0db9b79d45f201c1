//! A group of clients, expanded: what each asks for, when, and how it treats the response.

use serde::{Deserialize, Serialize};

use crate::machine::arrival::Schedule;
use crate::machine::behavior::Behavior;
use crate::machine::http::{Method, REQUEST_ID_HEADER, Upload, connection_field};
use crate::machine::link::Link;
use crate::machine::visit::Terms;
use crate::time::{Span, Timestamp};
use crate::units::Bytes;

/// One group of clients.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupPlan {
    /// The group's name.
    pub name: String,
    /// What is asked to be done.
    #[serde(default, skip_serializing_if = "Method::is_get")]
    pub method: Method,
    /// The path that they ask for.
    pub path: String,
    /// Data in the request's body; zero is no body.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub body: Bytes,
    /// The body goes in chunks, without telling its length beforehand.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chunked: bool,
    /// The client's own patience; `None` waits for ever.
    pub timeout: Option<Span>,
    /// Keep the connection for the next request (looping clients only).
    pub keepalive: bool,
    /// How they treat the connection, the request and the response.
    pub behavior: Behavior,
    /// When they start.
    pub schedule: Schedule,
    /// How far away they are; `None` is loopback. Sim engine only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

impl GroupPlan {
    /// Clients that GET a path, patient and near. What else there is to say is set on it.
    pub fn asking(path: &str, behavior: Behavior, schedule: Schedule) -> GroupPlan {
        GroupPlan {
            name: "clients".to_owned(),
            method: Method::Get,
            path: path.to_owned(),
            body: Bytes(0),
            chunked: false,
            timeout: None,
            keepalive: false,
            behavior,
            schedule,
            link: None,
        }
    }

    /// Whether its clients take the response as fast as it comes, and so are not slow on purpose.
    pub fn is_healthy(&self) -> bool {
        matches!(self.behavior, Behavior::Healthy(_))
    }

    /// What a client's visit depends on, in a run in which nothing starts from `ends_at` on.
    pub fn terms(&self, ends_at: Timestamp) -> Terms<'_> {
        Terms {
            behavior: &self.behavior,
            schedule: &self.schedule,
            patience: self.timeout,
            keepalive: self.keepalive,
            body: self.upload().wire_bytes(),
            idempotent: self.method.is_idempotent(),
            ends_at,
        }
    }

    /// The request's body.
    pub fn upload(&self) -> Upload {
        Upload {
            bytes: self.body.0,
            chunked: self.chunked,
        }
    }

    /// The request that a client of the group sends, up to the empty line. Its body, if it has one, is [`GroupPlan::upload`].
    pub fn request_text(&self, host: &str, request_id: u64) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: slowlab/{version}\r\n\
             {REQUEST_ID_HEADER}: {request_id}\r\n{length}{connection}\r\n",
            method = self.method,
            path = self.path,
            version = env!("CARGO_PKG_VERSION"),
            length = self.upload().head_field(),
            connection = connection_field(self.keepalive),
        )
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_nothing(bytes: &Bytes) -> bool {
    bytes.0 == 0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::machine::behavior::Healthy;

    pub(in crate::plan) fn group(schedule: Schedule) -> GroupPlan {
        GroupPlan::asking("/p", Behavior::Healthy(Healthy::default()), schedule)
    }

    #[test]
    fn a_request_announces_its_body() {
        let mut group = group(Schedule::Starts { at: Vec::new() });
        let version = env!("CARGO_PKG_VERSION");
        let text = |method: &str, field: &str| {
            format!(
                "{method} /p HTTP/1.1\r\nHost: h\r\nUser-Agent: slowlab/{version}\r\n\
                 x-slowlab-request: 7\r\n{field}Connection: close\r\n\r\n"
            )
        };
        assert_eq!(group.request_text("h", 7), text("GET", ""));
        (group.method, group.body) = (Method::Post, Bytes(12));
        let length = "Content-Length: 12\r\n";
        assert_eq!(group.request_text("h", 7), text("POST", length));
        group.chunked = true;
        let chunked = "Transfer-Encoding: chunked\r\n";
        assert_eq!(group.request_text("h", 7), text("POST", chunked));
        assert_eq!(group.terms(Timestamp::MAX).body, 12 + 5 + 5);
    }

    #[test]
    fn what_is_not_said_is_not_in_the_file() {
        let group = group(Schedule::Starts { at: Vec::new() });
        let text = serde_json::to_string(&group).unwrap();
        assert!(!text.contains("method") && !text.contains("body"), "{text}");
        assert_eq!(serde_json::from_str::<GroupPlan>(&text).unwrap(), group);
    }
}

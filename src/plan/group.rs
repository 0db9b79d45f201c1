//! A group of clients, expanded: what each asks for, when, and how it treats the response.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::apart::client_address;
use crate::machine::arrival::Schedule;
use crate::machine::behavior::Behavior;
use crate::machine::http::{Method, REQUEST_ID_HEADER, Upload, connection_field};
use crate::machine::link::{Link, Nature};
use crate::machine::visit::{Retry, Terms};
use crate::seed::Seed;
use crate::time::{Span, Timestamp};
use crate::units::{ByteRate, Bytes};

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
    /// Each client's own rate, where the behaviour's is drawn; otherwise empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<ByteRate>,
    /// Whether they ask again for what they did not get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// What the pauses before that are drawn from.
    #[serde(default = "no_chance", skip_serializing_if = "has_no_chance")]
    pub chance: Seed,
    /// From how many addresses they come; one is 127.0.0.1, as anybody else.
    #[serde(default = "one_address", skip_serializing_if = "is_one")]
    pub addresses: u32,
    /// How far away they are; `None` is loopback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

const fn no_chance() -> Seed {
    Seed(0)
}

const fn one_address() -> u32 {
    1
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
            rates: Vec::new(),
            retry: None,
            chance: no_chance(),
            addresses: one_address(),
            link: None,
        }
    }

    /// Whether its clients take the response as fast as it comes, and so are not slow on purpose.
    pub fn is_healthy(&self) -> bool {
        matches!(self.behavior, Behavior::Healthy(_))
    }

    /// What a client's visit depends on, in a run in which nothing starts from `ends_at` on.
    #[inline]
    pub fn terms(&self, client: u32, ends_at: Timestamp) -> Terms<'_> {
        Terms {
            client,
            behavior: &self.behavior,
            rate: self.rates.get(client as usize).copied(),
            schedule: &self.schedule,
            patience: self.timeout,
            keepalive: self.keepalive,
            body: self.upload().wire_bytes(),
            idempotent: self.method.is_idempotent(),
            retry: self.retry.as_ref(),
            chance: self.chance,
            ends_at,
        }
    }

    /// Where a client comes from, if its group (at this place in the plan) comes from several addresses: its share of 127.0.0.0/8, all of
    /// which is local without any setup, does not overlap with that of another group.
    pub fn source(&self, place: u32, client: u32) -> Option<Ipv4Addr> {
        if self.addresses <= 1 {
            return None;
        }
        let [_, _, high, low] = (client % self.addresses + 1).to_be_bytes();
        // 127.0.x.x is for those who have one address.
        Some(Ipv4Addr::new(127, (place % 254 + 1) as u8, high, low))
    }

    /// Where a client of a group that is far away comes from: an address of its own, by which its line is known.
    pub fn far_source(&self, place: u32, client: u32) -> Option<Ipv4Addr> {
        self.link.map(|_| client_address(place, client))
    }

    /// Why only the sim engine can play it, if so: the key, and what real sockets of one machine do not have.
    pub fn is_for_sim_only(&self) -> Option<(&'static str, &'static str)> {
        let vanishes = self.behavior.vanishes() && self.link.is_none();
        vanishes.then_some((
            "behavior.vanish",
            "on loopback nobody vanishes unseen; with a `link` packets can be dropped",
        ))
    }

    /// What the sim cannot play of it, if anything: the key, and what its lines do not have.
    pub(super) fn is_for_sockets_only(&self) -> Option<(&'static str, &'static str)> {
        let link = self.link?;
        if self.behavior.vanishes() {
            let why = "in virtual time a client that vanishes has no line to come back by";
            return Some(("clients.behavior.vanish", why));
        }
        let why = "a line in virtual time is one client's own, steady, and keeps its order";
        (link.nature != Nature::default()).then_some(("clients.link", why))
    }

    /// The request's body.
    #[inline]
    pub fn upload(&self) -> Upload {
        Upload {
            bytes: self.body.0,
            chunked: self.chunked,
        }
    }

    /// The request that a client of the group sends, up to the empty line. Its body, if it has one, is [`GroupPlan::upload`].
    pub fn request_text(&self, host: &str, request_id: u64) -> String {
        let (before, after) = self.request_around_id(host);
        format!("{before}{request_id}{after}")
    }

    /// The same text before and after the id of the request.
    pub fn request_around_id(&self, host: &str) -> (String, String) {
        let before = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: slowlab/{version}\r\n\
             {REQUEST_ID_HEADER}: ",
            method = self.method,
            path = self.path,
            version = env!("CARGO_PKG_VERSION"),
        );
        let after = format!(
            "\r\n{length}{connection}\r\n",
            length = self.upload().head_field(),
            connection = connection_field(self.keepalive),
        );
        (before, after)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn has_no_chance(chance: &Seed) -> bool {
    *chance == no_chance()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_one(addresses: &u32) -> bool {
    *addresses == one_address()
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
        assert_eq!(group.terms(0, Timestamp::MAX).body, 12 + 5 + 5);
    }

    #[test]
    fn sources_are_the_groups_own() {
        let mut group = group(Schedule::Starts { at: Vec::new() });
        assert_eq!(group.source(0, 3), None);
        group.addresses = 3;
        let cases = [
            (0, 0, [127, 1, 0, 1]),
            (0, 2, [127, 1, 0, 3]),
            (0, 3, [127, 1, 0, 1]),
            (4, 1, [127, 5, 0, 2]),
        ];
        for (place, client, address) in cases {
            assert_eq!(group.source(place, client), Some(address.into()));
        }
        group.addresses = 60_000;
        assert_eq!(group.source(0, 59_999), Some([127, 1, 234, 96].into()));
    }

    #[test]
    fn what_is_not_said_is_not_in_the_file() {
        let group = group(Schedule::Starts { at: Vec::new() });
        let text = serde_json::to_string(&group).unwrap();
        assert!(!text.contains("method") && !text.contains("body"), "{text}");
        assert_eq!(serde_json::from_str::<GroupPlan>(&text).unwrap(), group);
    }
}

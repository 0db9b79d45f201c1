//! Requests as whoever reads them knows them. Those of one group differ in nothing but their id, so their texts are written once.

use super::ctx::Asks;
use super::heads::passed_on_by;
use crate::machine::http::{CLIENTS_HOST, REQUEST_ID_HEADER, Upload};
use crate::machine::proxy_config::ProxyConfig;
use crate::plan::Plan;

/// A request around its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    before: String,
    /// What follows the id; a probe's request has none, and all of it is `before`.
    after: Option<String>,
    /// The body that goes behind it.
    pub(super) upload: Upload,
}

/// What ends a line of a head.
const LINE_END: &str = "\r\n";

/// Of how many digits a number consists.
fn digits(id: u64) -> usize {
    id.checked_ilog10().unwrap_or(0) as usize + 1
}

impl Request {
    /// Bytes of its head.
    pub(super) fn len(&self, asks: Asks) -> u64 {
        let id = asks.request_id().zip(self.after.as_ref());
        let rest = id.map_or(0, |(id, after)| digits(id) + after.len());
        (self.before.len() + rest) as u64
    }

    /// Whether the line with its id is among so many bytes.
    pub(super) fn has_id(&self, asks: Asks, read: u64) -> bool {
        let id = asks.request_id().filter(|_| self.after.is_some());
        id.is_some_and(|id| read >= (self.before.len() + digits(id) + LINE_END.len()) as u64)
    }

    /// Its head.
    pub(super) fn text(&self, asks: Asks) -> String {
        match asks.request_id().zip(self.after.as_ref()) {
            None => self.before.clone(),
            Some((id, after)) => format!("{}{id}{after}", self.before),
        }
    }

    /// Whether so many bytes are more than its first line.
    pub(super) fn has_line(&self, read: u64) -> bool {
        (self.before.find('\n')).is_some_and(|end| read > end as u64)
    }

    /// As whoever asks sends it.
    fn sent(plan: &Plan, asks: Asks) -> Request {
        match asks {
            Asks::Client { group, .. } => {
                let group = &plan.groups[group as usize];
                let (before, after) = group.request_around_id(CLIENTS_HOST);
                let (after, upload) = (Some(after), group.upload());
                Request {
                    before,
                    after,
                    upload,
                }
            }
            Asks::Probe(probe) => Request {
                before: plan.probes[usize::from(probe)].request_text(CLIENTS_HOST),
                after: None,
                upload: Upload::default(),
            },
        }
    }

    /// What a proxy before so many peers makes of it: of a body in chunks one piece of known length.
    fn passed_on((proxy, peers): (&ProxyConfig, usize), plan: &Plan, asks: Asks) -> Request {
        let opening = |method: &str, target: &str| {
            let parts = proxy.request_opening((method, target), "localhost", peers);
            parts.concat()
        };
        match asks {
            Asks::Client { group, .. } => {
                let group = &plan.groups[group as usize];
                let upload = Upload {
                    chunked: false,
                    ..group.upload()
                };
                let before = format!(
                    "{}{}User-Agent: slowlab/{}\r\n{REQUEST_ID_HEADER}: ",
                    opening(group.method.name(), &group.path),
                    upload.head_field(),
                    env!("CARGO_PKG_VERSION"),
                );
                Request {
                    before,
                    after: Some("\r\n\r\n".to_owned()),
                    upload,
                }
            }
            Asks::Probe(probe) => {
                let probe = &plan.probes[usize::from(probe)];
                let opening = opening("GET", &probe.path);
                Request {
                    before: format!("{opening}{}\r\n", probe.fields()),
                    after: None,
                    upload: Upload::default(),
                }
            }
        }
    }
}

/// The requests of all who ask: groups, then probes.
#[derive(Clone, Debug)]
pub(super) struct Requests(Vec<Request>);

impl Requests {
    /// As whoever listens in the tier with the index `at` reads them: those of the proxy before, or the senders' own.
    pub(super) fn read_at(plan: &Plan, at: usize) -> Requests {
        let tiers = plan.tiers();
        let peers = match tiers.get(at) {
            Some(tier) => tier.config.instances,
            None => plan.backend.instances,
        };
        let of = |asks| match passed_on_by(plan, asks, at) {
            None => Request::sent(plan, asks),
            Some(before) => {
                let proxy = (tiers[before].config, peers.max(1) as usize);
                Request::passed_on(proxy, plan, asks)
            }
        };
        Requests(askers(plan).map(of).collect())
    }

    /// As a proxy before so many peers passes them on.
    pub(super) fn passed_on(proxy: (&ProxyConfig, usize), plan: &Plan) -> Requests {
        let of = |asks| Request::passed_on(proxy, plan, asks);
        Requests(askers(plan).map(of).collect())
    }

    /// The request of who asks.
    pub(super) fn of(&self, plan: &Plan, asks: Asks) -> &Request {
        let index = match asks {
            Asks::Client { group, .. } => group as usize,
            Asks::Probe(probe) => plan.groups.len() + usize::from(probe),
        };
        &self.0[index]
    }
}

fn askers(plan: &Plan) -> impl Iterator<Item = Asks> {
    let groups = (0..plan.groups.len() as u32).map(|group| Asks::Client {
        group,
        address: 0,
        request_id: 0,
    });
    groups.chain((0..plan.probes.len() as u16).map(Asks::Probe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_as_long_as_its_text_whatever_its_id() {
        let request = Request {
            before: "GET / HTTP/1.1\r\nid: ".to_owned(),
            after: Some("\r\n\r\n".to_owned()),
            upload: Upload::default(),
        };
        for request_id in [0, 9, 10, 99, 100, u64::MAX] {
            let asks = Asks::Client {
                group: 0,
                address: 0,
                request_id,
            };
            let text = request.text(asks);
            assert!(text.contains(&format!("id: {request_id}\r\n")));
            assert_eq!(text.len() as u64, request.len(asks));
            let line_end = text.len() as u64 - 2;
            assert!(!request.has_id(asks, line_end - 1) && request.has_id(asks, line_end));
        }
        assert!(!request.has_id(Asks::Probe(0), u64::MAX));
        assert!(!request.has_line(15) && request.has_line(16));
    }
}

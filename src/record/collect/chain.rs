//! What the proxies on a request's way say of it, tier by tier.
//!
//! Usually that is one word of each. A tier that asks again makes the one behind it tell of the same request twice: then what was begun last
//! counts.

use crate::record::{EndedBy, ProxyHalf, RequestRecord};
use crate::tier::Tier;

/// The halves of one request.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// Rare: few stacks have an edge.
    edge: Option<Box<Told>>,
    proxy: Option<Told>,
}

/// What a tier has told.
#[derive(Debug)]
struct Told {
    half: ProxyHalf,
    /// Its attempts at this request so far.
    attempts: u32,
}

/// Which tiers have ever spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Heard {
    edge: bool,
    proxy: bool,
}

impl Heard {
    /// A proxy of this tier has.
    pub(super) fn hear(&mut self, tier: Tier) {
        match tier {
            Tier::Edge => self.edge = true,
            Tier::Proxy | Tier::Backend => self.proxy = true,
        }
    }
}

impl Chain {
    /// A proxy is done with the request.
    pub(super) fn add(&mut self, half: ProxyHalf) {
        let attempts = self.attempts(half.tier) + half.earlier.len() as u32 + 1;
        let known = self.of(half.tier);
        let half = match known {
            Some(known) if known.accepted_at > half.accepted_at => known.clone(),
            _ => half,
        };
        let tier = half.tier;
        let told = Told { half, attempts };
        match tier {
            Tier::Edge => self.edge = Some(Box::new(told)),
            Tier::Proxy | Tier::Backend => self.proxy = Some(told),
        }
    }

    /// How many attempts at the request a tier has told of.
    pub(super) fn attempts(&self, tier: Tier) -> u32 {
        self.told(tier).map_or(0, |told| told.attempts)
    }

    /// Whether nothing more will come from the proxies, and whether a worker is to be expected, for a client that has connected or not.
    pub(super) fn is_done(&self, heard: Heard, connected: bool) -> (bool, bool) {
        let tiers = [(heard.edge, Tier::Edge), (heard.proxy, Tier::Proxy)];
        let mut reached = connected || self.edge.is_some() || self.proxy.is_some();
        for (heard, tier) in tiers {
            if !(heard && reached) {
                continue;
            }
            match self.of(tier) {
                Some(half) => reached = half.upstream_connected_at.is_some(),
                None => return (false, reached),
            }
        }
        (true, reached)
    }

    /// Who ended the request as the proxies see it. What a tier blames on the one behind it, or passes on as if it were in order, is that one's
    /// to explain.
    pub(super) fn ended_by(&self) -> EndedBy {
        let (outer, inner) = (self.of(Tier::Edge), self.of(Tier::Proxy));
        let inner = inner.map(|half| half.ended_by);
        match (outer.map(|half| half.ended_by), inner) {
            (None, inner) => inner.unwrap_or(EndedBy::Completion),
            (Some(EndedBy::Completion | EndedBy::Upstream), Some(inner)) if explains(inner) => {
                inner
            }
            (Some(outer), _) => outer,
        }
    }

    /// Fills in what the proxies know: of the tier that the client met how it was served, of the one before the backend how that was asked.
    pub(super) fn fill(&self, row: &mut RequestRecord) {
        let (edge, proxy) = (self.of(Tier::Edge), self.of(Tier::Proxy));
        if let Some(met) = edge.or(proxy) {
            row.proxy_accepted_at = Some(met.accepted_at);
            row.proxy_status = Some(met.status);
            row.proxy_sent_bytes = Some(met.sent_bytes);
            row.proxy_done_at = met.done_at;
            row.spilled_bytes = met.spilled_bytes;
            row.peak_buffered_bytes = met.peak_buffered_bytes;
        }
        if let Some(asked) = proxy {
            row.upstream_connected_at = asked.upstream_connected_at;
            row.upstream_released_at = asked.upstream_released_at;
            row.upstream_header_at = asked.upstream_header_at;
            row.proxy_read_bytes = asked.read_bytes;
            row.longest_silence = asked.longest_silence;
        }
    }

    fn of(&self, tier: Tier) -> Option<&ProxyHalf> {
        self.told(tier).map(|told| &told.half)
    }

    fn told(&self, tier: Tier) -> Option<&Told> {
        match tier {
            Tier::Edge => self.edge.as_deref(),
            Tier::Proxy | Tier::Backend => self.proxy.as_ref(),
        }
    }
}

/// Whether an end that the inner tier saw was its own or its backend's doing: not one that the outer tier made, as its client, nor a good one.
fn explains(inner: EndedBy) -> bool {
    !matches!(
        inner,
        EndedBy::Completion | EndedBy::Client | EndedBy::RunEnd
    )
}

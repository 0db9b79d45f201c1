//! The proxies of a stack as a list of tiers.

use super::Plan;
use crate::machine::proxy_config::ProxyConfig;
use crate::tier::Tier;

/// A tier of proxies.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProxyTier<'a> {
    /// Its name.
    pub tier: Tier,
    /// How each of its proxies is configured.
    pub config: &'a ProxyConfig,
}

impl Plan {
    /// The tiers of proxies, in the order in which a request meets them: none, `[proxy]`, or `[edge]` and `[proxy]`.
    pub fn tiers(&self) -> Vec<ProxyTier<'_>> {
        let tiers = [(Tier::Edge, &self.edge), (Tier::Proxy, &self.proxy)];
        let there = tiers
            .into_iter()
            .filter_map(|(tier, config)| Some((tier, config.as_ref()?)));
        there
            .map(|(tier, config)| ProxyTier { tier, config })
            .collect()
    }

    /// The tier whose `proxy_read_timeout` is up first for a backend that does not answer: what it says, the tier before passes on.
    pub fn least_patient(&self) -> Option<ProxyTier<'_>> {
        let tiers = self.tiers().into_iter();
        tiers.min_by_key(|of| of.config.proxy_read_timeout)
    }

    /// The configuration of the proxies that clients meet.
    pub fn front(&self) -> Option<&ProxyConfig> {
        self.edge.as_ref().or(self.proxy.as_ref())
    }
}

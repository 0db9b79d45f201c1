//! The proxies of a tier: what they held, spilled and timed out.

use std::collections::BTreeMap;

use super::distribution::Distribution;
use super::upstream_held;
use crate::machine::timers::Directive;
use crate::record::summary::{HeldSummary, ProxySummary};
use crate::record::{EndedBy, Event, EventKind, Hop, QueueSample, RequestRecord};
use crate::tier::Tier;
use crate::time::{Span, Timestamp};

/// The timers that the summary has also where they never fired.
const ALWAYS_TOLD: [Directive; 2] = [Directive::ProxyReadTimeout, Directive::SendTimeout];

/// The numbers of a tier while they are counted.
#[derive(Debug)]
pub(super) struct ProxyTally {
    tier: Tier,
    /// Whether it is the only tier, so that the joined columns of a request's row are its own; those of two tiers are in `hops.csv` only.
    alone: bool,
    /// When the warm-up is over.
    from: Timestamp,
    peak_buffered_bytes: Option<u64>,
    spilled_bytes: Option<u64>,
    held: Distribution,
    longest_hold: Option<Span>,
    longest_silence: Option<Span>,
    timers_fired: BTreeMap<String, u64>,
    attempts: BTreeMap<u16, u64>,
    connect_failed: BTreeMap<u16, u64>,
}

impl ProxyTally {
    /// Nothing counted yet of a tier, the only one or one of two.
    pub(super) fn new((tier, alone): (Tier, bool), from: Timestamp) -> ProxyTally {
        ProxyTally {
            tier,
            alone,
            from,
            peak_buffered_bytes: None,
            spilled_bytes: None,
            held: Distribution::default(),
            longest_hold: None,
            longest_silence: None,
            timers_fired: BTreeMap::new(),
            attempts: BTreeMap::new(),
            connect_failed: BTreeMap::new(),
        }
    }

    /// Its tier.
    pub(super) fn tier(&self) -> Tier {
        self.tier
    }

    /// Counts a request that is not of the warm-up.
    pub(super) fn request(&mut self, row: &RequestRecord) {
        if !self.alone {
            return;
        }
        self.peak_buffered_bytes = self.peak_buffered_bytes.max(row.peak_buffered_bytes);
        if let Some(bytes) = row.spilled_bytes {
            *self.spilled_bytes.get_or_insert(0) += bytes;
        }
        self.longest_silence = self.longest_silence.max(row.longest_silence);
        if row.ended_by == EndedBy::ClientBodyTimeout {
            self.fired(Directive::ClientBodyTimeout.name());
        }
        if let Some(span) = upstream_held(row) {
            self.held.add(span);
            self.longest_hold = self.longest_hold.max(Some(span));
        }
    }

    /// Counts an attempt.
    pub(super) fn hop(&mut self, hop: &Hop) {
        if hop.tier != self.tier || hop.accepted_at < self.from {
            return;
        }
        *self.attempts.entry(hop.status).or_default() += 1;
        if self.alone {
            return;
        }
        self.peak_buffered_bytes = self.peak_buffered_bytes.max(hop.peak_buffered_bytes);
        if let Some(bytes) = hop.spilled_bytes {
            *self.spilled_bytes.get_or_insert(0) += bytes;
        }
        self.longest_silence = self.longest_silence.max(hop.longest_silence);
        if hop.ended_by == EndedBy::ClientBodyTimeout {
            self.fired(Directive::ClientBodyTimeout.name());
        }
        if let (Some(from), Some(to)) = (hop.connected_at, hop.released_at) {
            self.held.add(to.since(from));
            self.longest_hold = self.longest_hold.max(Some(to.since(from)));
        }
    }

    /// Lines of the error log, in which nginx says nothing of a body that did not come.
    pub(super) fn event(&mut self, event: &Event) {
        if event.tier != Some(self.tier) {
            return;
        }
        if let EventKind::TimerFired { directive, .. } = &event.kind {
            self.fired(directive);
        }
        let failed = event.kind.connect_error().map(u16::try_from);
        if let Some(Ok(errno)) = failed.filter(|_| event.at >= self.from) {
            *self.connect_failed.entry(errno).or_default() += 1;
        }
    }

    fn fired(&mut self, directive: &str) {
        let fired = self.timers_fired.entry(directive.to_owned());
        *fired.or_default() += 1;
    }

    pub(super) fn queue(&mut self, sample: &QueueSample) {
        if !sample.is_whole(self.tier) {
            return;
        }
        let held = sample
            .buffered_bytes
            .map(|bytes| bytes + sample.spilled_bytes.unwrap_or(0));
        self.peak_buffered_bytes = self.peak_buffered_bytes.max(held);
    }

    pub(super) fn finish(self) -> ProxySummary {
        let mut timers_fired: BTreeMap<String, u64> = ALWAYS_TOLD
            .map(|directive| (directive.name().to_owned(), 0))
            .into();
        timers_fired.extend(self.timers_fired);
        let held_us = self.held.summary();
        ProxySummary {
            peak_buffered_bytes: self.peak_buffered_bytes,
            spilled_bytes: self.spilled_bytes,
            upstream_held_s: HeldSummary {
                p50: held_us.p50.map(|us| us as f64 / 1e6),
                max: self.longest_hold.map(Span::as_secs_f64),
            },
            longest_silence_s: self.longest_silence.map(Span::as_secs_f64),
            timers_fired,
            attempts: self.attempts,
            connect_failed: self.connect_failed,
        }
    }
}

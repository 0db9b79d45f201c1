//! The byte ledger: where all bytes of the world are, on the grid of the lab's ledger. Exact, and checked against the books at every look.
//!
//! Of a thousand connections a few change between two looks, so the sums stand, and only those are counted anew.

use std::sync::Arc;

use super::ctx::Ctx;
use super::standing::{Ends, Standing};
use crate::machine::stages::{SAMPLE_INTERVAL, counting_interval};
use crate::record::{ByteLedger, BytePlace, Direction, EventKind, Holder, Report, Source};
use crate::sim::kernel::ListenerId;
use crate::time::{Span, Timestamp};

/// Whoever counts.
#[derive(Debug, Default)]
pub(super) struct Counter {
    ledger: ByteLedger,
    groups: Vec<Arc<str>>,
    standing: Standing,
    due_at: Timestamp,
    looks: u64,
    widest: Span,
}

impl Counter {
    /// Counts, if it is time to.
    pub(super) fn look(&mut self, ctx: &mut Ctx<'_>) {
        if ctx.now() < self.due_at {
            return;
        }
        if self.groups.is_empty() {
            let groups = ctx.plan.groups.iter();
            self.groups = groups.map(|group| group.name.as_str().into()).collect();
        }
        self.count(ctx);
        let rows = self.ledger.close(ctx.told(ctx.now()), &self.groups);
        if !rows.is_empty() {
            ctx.report(Report::Bytes(rows));
        }
        let interval = counting_interval(ctx.kernel.places(), Span::ZERO);
        self.due_at = ctx.now() + interval;
        self.widest = self.widest.max(interval);
        self.looks += 1;
    }

    /// It looks no more; says so if it looked less often than usual.
    pub(super) fn stop(&self, ctx: &mut Ctx<'_>) {
        if self.widest > SAMPLE_INTERVAL {
            let kind = EventKind::Observed {
                cpu_us: None,
                elapsed_us: ctx.told(ctx.now()).as_us(),
                looks: self.looks,
                widest_us: self.widest.as_us(),
            };
            ctx.event((Source::Lab, kind), None, None);
        }
    }

    fn count(&mut self, ctx: &mut Ctx<'_>) {
        self.standing.follow(ctx);
        let ends = ends(ctx);
        for (listener, held) in (0..).zip(self.standing.held(ends.len())) {
            let books = ctx.kernel.ledger(ListenerId(listener));
            let booked = books.map(|book| book.written - book.read - book.lost);
            assert_eq!(held, booked, "queues are what their ends have not passed");
        }
        self.standing.put(&ends, &mut self.ledger);
        self.user_space(ctx);
    }

    /// What proxies and workers hold, and what clients have got.
    fn user_space(&mut self, ctx: &Ctx<'_>) {
        let tiers = ctx.plan.tiers();
        for (of, held_by) in tiers.iter().zip(&ctx.gauges.held_by) {
            let nobody = held_by.len() - 1;
            for (group, held) in held_by.iter().enumerate() {
                let group = (group < nobody).then_some(group as u32);
                let tier = of.tier.into();
                let response = (group, Direction::Response, tier);
                self.ledger.add_held(response, held.response);
                let request = (group, Direction::Request, tier);
                self.ledger.add_held(request, held.request);
            }
        }
        let by_tier = ctx.gauges.tiers.iter().zip(&ctx.gauges.held_by);
        for (proxies, held_by) in by_tier {
            let whole: u64 = proxies.iter().map(|one| one.buffered + one.spilled).sum();
            let parts: u64 = held_by.iter().map(|held| held.memory() + held.file()).sum();
            assert_eq!(whole, parts, "every byte of a proxy is somebody's");
        }
        let response = Direction::Response;
        let workers = (None, response, Holder::Backend, BytePlace::Memory);
        self.ledger.add(workers, ctx.gauges.worker_buffered);
        for (group, bytes) in (0..).zip(&ctx.gauges.delivered) {
            let key = (Some(group), response, Holder::Client, BytePlace::Delivered);
            self.ledger.add(key, *bytes);
        }
    }
}

/// Who has the ends of a listener's connections, by listener.
fn ends(ctx: &Ctx<'_>) -> Vec<Ends> {
    let tiers = ctx.plan.tiers();
    let holder = |tier: usize| tiers.get(tier).map(|of| of.tier.into());
    let before = |tier: usize| tier.checked_sub(1).and_then(holder);
    let listeners = ctx.backs.len() + ctx.tiers.iter().map(Vec::len).sum::<usize>();
    let of = |listener: usize| match ctx.station_of(ListenerId(listener as u8)) {
        Some((tier, _)) => {
            let tier = usize::from(tier);
            let own = holder(tier).unwrap_or(Holder::Proxy);
            (before(tier).unwrap_or(Holder::Client), own)
        }
        None => {
            let before = before(tiers.len()).unwrap_or(Holder::Client);
            (before, Holder::Backend)
        }
    };
    (0..listeners).map(of).collect()
}

//! How far away a client is, and its luck with segments.

use std::collections::BTreeMap;

use crate::plan::Plan;
use crate::sim::kernel::Line;

/// By group and index: how often a client of a lossy line has dialled.
#[derive(Debug, Default)]
pub(super) struct Dials(BTreeMap<(u32, u32), u32>);

impl Dials {
    /// The client's line, with a stream of chance that depends on the client and on how often it has dialled, on nobody else.
    pub(super) fn line(&mut self, plan: &Plan, group: u32, index: u32) -> Option<Line> {
        let of = &plan.groups[group as usize];
        let link = of.link?;
        let mut chances = [None, None];
        if link.loss > 0.0 {
            let dials = self.0.entry((group, index)).or_insert(0);
            *dials += 1;
            let stream = |way: &str| {
                let name = format!("{}/{index}/link/{dials}/{way}", of.name);
                Some(plan.seed.stream(&name))
            };
            chances = [stream("up"), stream("down")];
        }
        Some(Line { link, chances })
    }
}

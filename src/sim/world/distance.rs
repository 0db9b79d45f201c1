//! How far away a client is, and its luck with segments.

use super::World;
use crate::sim::kernel::Line;

impl World<'_> {
    /// The client's line, with a stream of chance that depends on the client and on how often it has dialled, on nobody else.
    pub(super) fn line(&mut self, client: u32) -> Option<Line> {
        let slot = &self.clients.slots[client as usize];
        let (group, index) = (slot.group, slot.index);
        let plan = &self.plan.groups[group as usize];
        let link = plan.link?;
        let mut chances = [None, None];
        if link.loss > 0.0 {
            let dials = self.clients.dials.entry((group, index)).or_insert(0);
            *dials += 1;
            let stream = |way: &str| {
                let name = format!("{}/{index}/link/{dials}/{way}", plan.name);
                Some(self.plan.seed.stream(&name))
            };
            chances = [stream("up"), stream("down")];
        }
        Some(Line { link, chances })
    }
}

//! What must hold after every event, whatever fails: bytes are conserved, no timer is overdue, no slot, descriptor or count is lost.

use super::ctx::{Ctx, Owner};
use super::engine::World;
use super::event::Event;
use super::proxy::Proxy;
use crate::sim::kernel::SocketId;

impl World<'_> {
    /// Looks at everything, in a run with faults.
    ///
    /// # Panics
    /// If something does not add up: a bug of a machine or of the model.
    #[inline]
    pub(super) fn check(&self) {
        if self.ctx.chance.is_some() {
            self.check_all();
        }
    }

    fn check_all(&self) {
        self.ctx.kernel.audit();
        for proxy in &self.proxies {
            proxy.check(&self.ctx);
        }
    }

    /// The same at the end, when nothing may be left.
    pub(super) fn check_end(&self) {
        if self.ctx.chance.is_some() {
            self.check();
            self.proxies.iter().for_each(Proxy::check_end);
            let held = self.ctx.gauges.held;
            assert_eq!(held, 0, "connections of clients are left");
        }
    }
}

impl Ctx<'_> {
    /// Whether a system call fails that could have worked.
    pub(super) fn fails(&mut self) -> bool {
        let chance = self.chance.as_mut();
        chance.is_some_and(|chance| chance.call_fails())
    }

    /// The sockets that somebody has.
    fn owned(&self) -> Vec<SocketId> {
        let owners = (0..).zip(&self.owners);
        let owned = owners.filter(|(_, owner)| **owner != Owner::Nobody);
        owned.map(|(index, _)| SocketId(index)).collect()
    }

    /// A connection breaks: both of its ends are told of a reset. And it is said when the next one does.
    pub(super) fn break_one(&mut self) {
        let owned = self.owned();
        let Some(chance) = &mut self.chance else {
            return;
        };
        let picked = (!owned.is_empty()).then(|| owned[chance.pick(owned.len())]);
        let next = self.queue.now() + chance.until_break();
        if let Some(socket) = picked {
            self.kernel.sever(socket);
        }
        self.push(next, Event::Breaks);
    }
}

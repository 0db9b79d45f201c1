//! Acknowledgements that a reader puts off, where a blocked sender waits for one.
//!
//! What arrives during a read is acknowledged by the next one (see `tcp`). If none comes the kernel does it after 40 ms. A timer is set
//! only where that decides when a sender is woken, so that it costs the others nothing.

use super::flow::Flow;
use super::table::Kernel;
use super::{SocketId, Wake};
use crate::time::Span;

/// Kernel: the least delay of an acknowledgement (`TCP_ATO_MIN`).
const DELAY: Span = Span::from_ms(40);

impl Kernel {
    /// After bytes of `sender` have moved: it is woken if it may write again, at once or when what arrived is acknowledged.
    pub(super) fn let_write(&mut self, sender: SocketId) {
        let at = self.now + DELAY;
        let connection = &mut self.connections[sender.connection()];
        let own = sender.end();
        if !connection.ends[own].short {
            return;
        }
        if connection.flows[own].is_writable() {
            connection.ends[own].short = false;
            self.wakes.push(Wake::Writable(sender));
            return;
        }
        if let Flow::Tcp(flow) = &mut connection.flows[own]
            && flow.put_off(at)
        {
            self.line_timer(sender, at);
        }
    }

    /// The timer of an acknowledgement.
    pub(super) fn acknowledge_late(&mut self, sender: SocketId) {
        if self.gives_up(sender) {
            return;
        }
        let now = self.now;
        let connection = &mut self.connections[sender.connection()];
        let Flow::Tcp(flow) = &mut connection.flows[sender.end()] else {
            return;
        };
        let before = flow.unread();
        if let Some(at) = flow.acknowledge_late(now) {
            return self.line_timer(sender, at);
        }
        if flow.unread() > before {
            self.notify(sender.peer(), false);
        }
        self.let_write(sender);
    }
}

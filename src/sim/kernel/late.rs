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

    /// The timer of an acknowledgement, or of what was held back.
    pub(super) fn acknowledge_late(&mut self, sender: SocketId) {
        if self.gives_up(sender) {
            return;
        }
        let now = self.now;
        let connection = &mut self.connections[sender.connection()];
        let flow = &mut connection.flows[sender.end()];
        let before = flow.unread();
        let again = match flow {
            Flow::Tcp(flow) => flow.acknowledge_late(now),
            Flow::Skbs(flow) => {
                flow.on_alarm(now);
                None
            }
            Flow::Unix(_) | Flow::Far(_) => return,
        };
        let arrived = flow.unread() > before;
        if let Some(at) = again {
            return self.line_timer(sender, at);
        }
        if arrived {
            self.notify(sender.peer(), false);
        }
        self.let_write(sender);
        self.set_alarm(sender);
    }

    /// Where skbs are followed one by one: what happens next by itself, if there is no timer for it yet.
    pub(super) fn set_alarm(&mut self, sender: SocketId) {
        let now = self.now;
        let connection = &mut self.connections[sender.connection()];
        let short = connection.ends[sender.end()].short;
        if let Flow::Skbs(flow) = &mut connection.flows[sender.end()]
            && let Some(at) = flow.alarm(now, short)
        {
            self.line_timer(sender, at);
        }
    }
}

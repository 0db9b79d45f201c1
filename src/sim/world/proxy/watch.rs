//! What a relay waits for, and what its machine is told of what came.

use super::super::ctx::Ctx;
use super::super::event::Wakeup;
use super::relay::Relay;
use crate::machine::downstream::Downstream;
use crate::machine::exchange::{Exchange, ReadWait, Wait};
use crate::sim::kernel::Errno;

impl Relay {
    pub(super) fn watch(&self, ctx: &mut Ctx<'_>, wait: &Wait) {
        if let Some(upstream) = self.upstream {
            match wait.upstream_read {
                ReadWait::No => ctx.kernel.unwatch(upstream),
                ReadWait::Readable => ctx.kernel.watch(upstream),
                ReadWait::MoreArrives if self.upstream_end_told => ctx.kernel.unwatch(upstream),
                ReadWait::MoreArrives => ctx.kernel.watch_edge(upstream),
            }
        }
        // Bytes that the client sends early wake nobody; only its end does.
        if wait.client_read {
            ctx.kernel.watch(self.seat.client);
        } else if wait.client_closed {
            ctx.kernel.watch_end(self.seat.client);
        } else {
            ctx.kernel.unwatch(self.seat.client);
        }
    }

    /// Something happened on the client's connection; whether the machine was told.
    pub(super) fn on_downstream(
        &mut self,
        machine: &mut Downstream,
        ctx: &Ctx<'_>,
        what: Wakeup,
    ) -> bool {
        let gone = ctx.kernel.peer_is_gone(self.seat.client);
        let watched = machine
            .exchange_in_hand()
            .is_some_and(Exchange::watches_client_close);
        match what {
            Wakeup::Writable(_) | Wakeup::Readable(_) if gone && watched => {
                machine.exchange().on_client_closed(ctx.now());
            }
            Wakeup::Readable(_) if self.reads_client => machine.on_client_readable(),
            Wakeup::Writable(_) if machine.exchange_in_hand().is_some() => {
                machine.exchange().on_client_writable();
            }
            _ => return false,
        }
        true
    }

    /// Something happened on the connection to what is behind; whether the machine was told.
    pub(super) fn on_upstream(
        &mut self,
        machine: &mut Downstream,
        ctx: &Ctx<'_>,
        what: Wakeup,
    ) -> bool {
        let Some(socket) = self.upstream else {
            return false;
        };
        let (now, exchange) = (ctx.now(), machine.exchange());
        self.upstream_end_told |= ctx.kernel.peer_is_gone(socket);
        match what {
            Wakeup::Connected(_) => exchange.on_connected(now),
            Wakeup::ConnectFailed(_) => {
                let error = Errno::TimedOut.as_os_error();
                exchange.on_connect_failed(now, &error);
            }
            Wakeup::Writable(_) => exchange.on_upstream_writable(),
            Wakeup::Readable(_) => exchange.on_upstream_readable(),
        }
        true
    }
}

//! The report of a request that is over.

use super::super::ctx::Ctx;
use super::client::Client;
use crate::attribution::client_end;
use crate::machine::backend_config::Bind;
use crate::machine::visit::End;
use crate::record::ClientHalf;

impl Client {
    /// The client's view of a request that ends now.
    pub(super) fn half(&self, ctx: &Ctx<'_>, end: End) -> ClientHalf {
        let plan = &ctx.plan.groups[self.group as usize];
        let (milestones, read) = (self.visit.milestones(), self.visit.read());
        let response = self
            .connection
            .and_then(|socket| ctx.traffic(socket).response)
            .filter(|response| read >= response.head);
        let unix_front = ctx.plan.proxy.is_none() && ctx.plan.backend.bind == Bind::Unix;
        let asked = plan.behavior.socket().rcvbuf.filter(|_| !unix_front);
        let port = self.connection.and_then(|socket| ctx.kernel.port(socket));
        let granted = (port.is_some() && milestones.connected_at.is_some())
            .then(|| ctx.kernel.granted_rcvbuf(asked.map(|bytes| bytes.0)));
        let (outcome, ended_by) = client_end(end, ctx.plan.proxy.is_some());
        ClientHalf {
            request_id: self.request_id,
            group: plan.name.clone(),
            client: self.index,
            path: plan.path.clone(),
            intended_at: ctx.told(milestones.intended_at),
            started_at: ctx.told(milestones.started_at),
            connected_at: milestones.connected_at.map(|at| ctx.told(at)),
            first_byte_at: milestones.first_byte_at.map(|at| ctx.told(at)),
            last_byte_at: milestones.last_byte_at.map(|at| ctx.told(at)),
            closed_at: ctx.told(ctx.now()),
            status: response.map(|response| response.status),
            outcome,
            ended_by,
            expected_bytes: response.and_then(|response| response.length()),
            received_bytes: match (response, self.connection) {
                (Some(_), Some(socket)) => ctx.body_read(socket, read),
                _ => 0,
            },
            rcvbuf_requested_bytes: asked.map(|bytes| bytes.0),
            rcvbuf_granted_bytes: granted,
            client_port: port,
            attempt: self.visit.attempt(),
        }
    }
}

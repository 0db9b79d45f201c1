//! How clients' requests end, and the report of it.

use super::super::ctx::Ctx;
use super::client::{Client, Request};
use crate::machine::backend_config::Bind;
use crate::record::{ClientHalf, EndedBy, Outcome};

/// How a request ended.
pub(super) type End = (Outcome, EndedBy);

pub(super) const COMPLETE: End = (Outcome::Complete, EndedBy::Completion);
pub(super) const IMPATIENT: End = (Outcome::Timeout, EndedBy::ClientTimeout);
pub(super) const UNFINISHED: End = (Outcome::Unfinished, EndedBy::RunEnd);

/// The other side ended it: the proxy, where there is one.
pub(super) fn end_by_peer(ctx: &Ctx<'_>, outcome: Outcome) -> End {
    let by = match ctx.plan.proxy {
        Some(_) => EndedBy::Proxy,
        None => EndedBy::Upstream,
    };
    (outcome, by)
}

impl Client {
    /// The client's view of a request that ends now.
    pub(super) fn half(&self, ctx: &Ctx<'_>, request: &Request, end: End) -> ClientHalf {
        let plan = &ctx.plan.groups[self.group as usize];
        let response = self
            .connection
            .and_then(|socket| ctx.traffic(socket).response)
            .filter(|response| request.read_bytes >= response.head);
        let unix_front = ctx.plan.proxy.is_none() && ctx.plan.backend.bind == Bind::Unix;
        let asked = plan.behavior.socket().rcvbuf.filter(|_| !unix_front);
        let port = self.connection.and_then(|socket| ctx.kernel.port(socket));
        let granted = (port.is_some() && request.connected_at.is_some())
            .then(|| ctx.kernel.granted_rcvbuf(asked.map(|bytes| bytes.0)));
        let (outcome, ended_by) = end;
        ClientHalf {
            request_id: self.request_id,
            group: plan.name.clone(),
            client: self.index,
            path: plan.path.clone(),
            intended_at: ctx.told(request.intended_at),
            started_at: ctx.told(request.started_at),
            connected_at: request.connected_at.map(|at| ctx.told(at)),
            first_byte_at: request.first_byte_at.map(|at| ctx.told(at)),
            last_byte_at: request.last_byte_at.map(|at| ctx.told(at)),
            closed_at: ctx.told(ctx.now()),
            status: response.map(|response| response.status),
            outcome,
            ended_by,
            expected_bytes: response.map(|response| response.length),
            received_bytes: response.map_or(0, |response| request.read_bytes - response.head),
            rcvbuf_requested_bytes: asked.map(|bytes| bytes.0),
            rcvbuf_granted_bytes: granted,
            client_port: port,
        }
    }
}

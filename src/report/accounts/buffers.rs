//! Socket buffers of the connections that clients read from: asked for, granted, and what they came to; and what that lets lie between
//! a sender and a reader, by the model of `machine::sockbuf` and by the socket tables.

use std::collections::BTreeMap;

use super::Books;
use crate::machine::backend_config::Bind;
use crate::machine::sockbuf::KernelBuffers;
use crate::plan::{GroupPlan, Plan};
use crate::record::SocketSample;
use crate::report::findings::Seen;
use crate::time::Timestamp;

/// The looks at both ends of a connection to a client.
#[derive(Default)]
struct Pair {
    /// The largest SO_SNDBUF of whoever sends, and SO_RCVBUF of the client.
    sndbuf: Option<u64>,
    rcvbuf: Option<u64>,
    /// By instant: bytes with the sender, and with the reader.
    queued: BTreeMap<Timestamp, u64>,
}

/// One account per group whose connections were looked at.
pub(super) fn buffers(books: &Books<'_>) -> Vec<Seen> {
    let variant = books.variant;
    let sends = match (&variant.plan.proxy, &variant.plan.edge) {
        (_, Some(_)) => "edge_downstream",
        (Some(_), None) => "proxy_downstream",
        (None, None) => "worker",
    };
    let mut pairs: BTreeMap<u16, Pair> = BTreeMap::new();
    for row in &variant.sockets {
        match row.hop.as_str() {
            "client" => pairs.entry(row.port).or_default().look(row, false),
            hop if hop == sends => pairs.entry(row.port).or_default().look(row, true),
            _ => {}
        }
    }
    let groups = variant.plan.groups.iter();
    groups
        .filter_map(|group| {
            let ports = (variant.requests.iter())
                .filter(|row| row.group == group.name)
                .filter_map(|row| pairs.get(&row.client_port?));
            told(&variant.plan, group, &ports.collect::<Vec<_>>())
        })
        .collect()
}

impl Pair {
    fn look(&mut self, row: &SocketSample, sends: bool) {
        let queued = self.queued.entry(row.at).or_default();
        match sends {
            true => {
                self.sndbuf = self.sndbuf.max(row.sndbuf_bytes);
                *queued += row.send_q_bytes;
            }
            false => {
                self.rcvbuf = self.rcvbuf.max(row.rcvbuf_bytes);
                *queued += row.recv_q_bytes;
            }
        }
    }
}

fn told(plan: &Plan, group: &GroupPlan, pairs: &[&Pair]) -> Option<Seen> {
    let largest = |of: fn(&Pair) -> Option<u64>| pairs.iter().filter_map(|pair| of(pair)).max();
    let (sndbuf, rcvbuf) = (largest(|pair| pair.sndbuf)?, largest(|pair| pair.rcvbuf)?);
    let most = largest(|pair| pair.queued.values().max().copied());
    let kernel = KernelBuffers::default();
    let asked_sndbuf = asked_sndbuf(plan);
    let asked_rcvbuf = group.behavior.socket().rcvbuf.map(|bytes| bytes.0);
    Some(
        Seen::new("buffers", Timestamp::ZERO)
            .with("group", group.name.as_str())
            .with("asked_sndbuf_bytes", asked_sndbuf)
            .with(
                "granted_sndbuf_bytes",
                asked_sndbuf.map(|asked| kernel.effective_sndbuf(asked)),
            )
            .with("sndbuf_bytes", sndbuf)
            .with("asked_rcvbuf_bytes", asked_rcvbuf)
            .with(
                "granted_rcvbuf_bytes",
                asked_rcvbuf.map(|asked| kernel.effective_rcvbuf(asked)),
            )
            .with("rcvbuf_bytes", rcvbuf)
            .with(
                "predicted_bytes",
                kernel.tcp_absorbs(asked_sndbuf, asked_rcvbuf),
            )
            .with("most_bytes", most),
    )
}

/// SO_SNDBUF of whoever sends to clients; over a Unix socket there is no such connection.
fn asked_sndbuf(plan: &Plan) -> Option<u64> {
    let asked = match plan.front() {
        Some(front) => front.listen.sndbuf,
        None if plan.backend.bind == Bind::Tcp => plan.backend.socket.sndbuf,
        None => None,
    };
    asked.map(|bytes| bytes.0)
}

//! The backend's accept queue, by netlink where that works and by `/proc/net/tcp` where it does not.

use std::fs;
use std::net::SocketAddr;

use super::sock_diag::{AcceptQueue, SockDiag};
use crate::net::Address;

/// State number of a listening socket in `/proc/net/tcp`.
const TCP_LISTEN: &str = "0A";

/// The accept queue of whoever listens at `backend`. Without netlink the limit, and anything about Unix sockets, is unknown.
pub(super) fn accept_queue(
    diag: Option<&mut SockDiag>,
    backend: &Address,
) -> (Option<u64>, Option<u64>) {
    let by_netlink = diag.and_then(|diag| {
        match backend {
            Address::Tcp(address) => diag.tcp_accept_queue(*address),
            Address::Unix(path) => diag.unix_accept_queue(path),
        }
        .ok()
        .flatten()
    });
    match (by_netlink, backend) {
        (Some(AcceptQueue { depth, limit }), _) => (Some(depth), Some(limit)),
        (None, Address::Tcp(address)) => {
            let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
            (depth_in_table(&table, *address), None)
        }
        (None, Address::Unix(_)) => (None, None),
    }
}

/// `rx_queue` of the listener's line; the kernel puts the accept queue's depth there.
fn depth_in_table(table: &str, address: SocketAddr) -> Option<u64> {
    let port = format!(":{:04X}", address.port());
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (local, _peer, state, queues) = (
            fields.next()?,
            fields.next()?,
            fields.next()?,
            fields.next()?,
        );
        let (_tx, rx) = queues.split_once(':')?;
        (local.ends_with(&port) && state == TCP_LISTEN)
            .then(|| u64::from_str_radix(rx, 16).ok())
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_by_port_and_state() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n\
            \x20  0: 0100007F:1F90 00000000:0000 0A 00000000:0000000B 00:00000000 00000000  0\n\
            \x20  1: 0100007F:1F91 0100007F:C350 01 00000000:00000007 00:00000000 00000000  0\n";
        let depth = |port| depth_in_table(table, SocketAddr::from(([127, 0, 0, 1], port)));
        assert_eq!(depth(8080), Some(11));
        assert_eq!(depth(8081), None);
        assert_eq!(depth(80), None);
    }
}
